extension UserNetwork {
    /// Places in a BOOTP message. RFC 951, section 3.
    private enum Field {
        static let flags = 10, ciaddr = 12, yiaddr = 16, siaddr = 20, chaddr = 28, file = 108, cookie = 236, options = 240
        static let fileLength = 128
    }

    /// Kinds of DHCP messages, and options. RFC 2132.
    private enum Message {
        static let discover: UInt8 = 1, offer: UInt8 = 2, request: UInt8 = 3, acknowledge: UInt8 = 5, refuse: UInt8 = 6,
            inform: UInt8 = 8
    }
    private enum Option {
        static let mask: UInt8 = 1, router: UInt8 = 3, nameServer: UInt8 = 6, requested: UInt8 = 50, lease: UInt8 = 51
        static let kind: UInt8 = 53, server: UInt8 = 54, end: UInt8 = 255
    }

    private static let cookie: UInt32 = 0x6382_5363
    private static let leaseSeconds: UInt32 = 86400

    /// DHCP and BOOTP: everybody who asks gets 10.0.2.15. RFC 2131.
    func configure(_ packet: InternetPacket) {
        let question = packet.payload
        guard question.count >= Field.options, question[0] == 1, question[1] == 1, question[2] == 6,
            question.doubleword(at: Field.cookie) == Self.cookie
        else { return }
        let options = Self.options(question)
        let kind = options[Option.kind]?.first
        let own = question.doubleword(at: Field.ciaddr)
        var answer = Array(question[..<Field.options])
        answer[0] = 2
        var isAllowed = true
        switch kind {
        case nil, Message.discover: break
        case Message.request:
            let asked = options[Option.requested].flatMap { $0.count == 4 ? $0.doubleword(at: 0) : nil } ?? own
            let server = options[Option.server].flatMap { $0.count == 4 ? $0.doubleword(at: 0) : nil }
            // The client has chosen another server.
            if let server, server != Self.gateway { return }
            isAllowed = asked == Self.guest
        case Message.inform: break
        default: return
        }
        for place in Field.yiaddr..<Field.chaddr { answer[place] = 0 }
        for place in 44..<Field.cookie { answer[place] = 0 }
        var reply: [UInt8] = []
        func add(_ option: UInt8, _ value: UInt32) {
            reply += [option, 4] + (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) }
        }
        if let kind {
            reply += [Option.kind, 1, !isAllowed ? Message.refuse : kind == Message.discover ? Message.offer : Message.acknowledge]
            add(Option.server, Self.gateway)
        }
        if isAllowed {
            if kind != Message.inform { answer.setDoubleword(Self.guest, at: Field.yiaddr) }
            answer.setDoubleword(Self.gateway, at: Field.siaddr)
            for (place, byte) in bootFile.utf8.prefix(Field.fileLength - 1).enumerated() { answer[Field.file + place] = byte }
            add(Option.mask, Self.mask)
            add(Option.router, Self.gateway)
            add(Option.nameServer, Self.nameServer)
            if kind != nil, kind != Message.inform { add(Option.lease, Self.leaseSeconds) }
        }
        answer += reply + [Option.end]
        // BOOTP's messages have 300 bytes at least.
        if answer.count < 300 { answer += [UInt8](repeating: 0, count: 300 - answer.count) }
        let isToAll = question[Field.flags] & 0x80 != 0 || !isAllowed
        let station = isToAll ? Self.broadcast : Array(question[Field.chaddr..<Field.chaddr + 6])
        let address = own != 0 && isAllowed && !isToAll ? own : Self.everybody
        let (server, client) = (end(Self.gateway, port: 67), NetworkEnd(station: station, address: address, port: 68))
        self.answer(InternetPacket.datagram(from: server, to: client, number: nextNumber(), answer))
    }

    /// By number, the first of each.
    private static func options(_ message: [UInt8]) -> [UInt8: [UInt8]] {
        var options: [UInt8: [UInt8]] = [:]
        var place = Field.options
        while place < message.count, message[place] != Option.end {
            guard message[place] != 0 else {
                place += 1
                continue
            }
            guard place + 1 < message.count, case let length = Int(message[place + 1]), place + 2 + length <= message.count else {
                break
            }
            if options[message[place]] == nil { options[message[place]] = Array(message[place + 2..<place + 2 + length]) }
            place += 2 + length
        }
        return options
    }
}
