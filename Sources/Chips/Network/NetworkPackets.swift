/// Packets of the Internet protocols as they lie in Ethernet frames: what is read of those that a guest sends, and how answers are made.
struct NetworkEnd: Equatable {
    /// Six bytes.
    var station: [UInt8]
    var address: UInt32
    var port: UInt16 = 0
}

/// An IPv4 packet in an Ethernet frame, not a fragment, with a right header checksum. RFC 791.
struct InternetPacket {
    enum Kind: UInt8 { case ICMP = 1, TCP = 6, UDP = 17 }

    let source: NetworkEnd
    let destination: NetworkEnd
    let kind: UInt8
    /// The packet with its header, as errors quote it.
    let whole: [UInt8]
    /// The bytes behind the header, of UDP behind its header, too.
    let payload: [UInt8]

    /// Nil where the frame has none, or a damaged one.
    init?(frame: [UInt8]) {
        guard frame.count >= 34, frame.word(at: 12) == 0x0800, frame[14] >> 4 == 4 else { return nil }
        let (header, total) = (Int(frame[14] & 15) * 4, Int(frame.word(at: 16)))
        guard header >= 20, total >= header, 14 + total <= frame.count, FrameChecks.sum(frame[14..<14 + header]) == 0xFFFF,
            frame.word(at: 20) & 0x3FFF == 0
        else { return nil }
        let packet = frame[14..<14 + total]
        var body = Array(packet.dropFirst(header))
        kind = frame[23]
        var source = NetworkEnd(station: Array(frame[6..<12]), address: frame.doubleword(at: 26))
        var destination = NetworkEnd(station: Array(frame[..<6]), address: frame.doubleword(at: 30))
        if kind == Kind.UDP.rawValue || kind == Kind.TCP.rawValue {
            guard body.count >= 8 else { return nil }
            (source.port, destination.port) = (body.word(at: 0), body.word(at: 2))
        }
        if kind == Kind.UDP.rawValue {
            let length = Int(body.word(at: 4))
            guard (8...body.count).contains(length) else { return nil }
            // 0: without a checksum.
            let start = FrameChecks.pseudoHeader(packet, length: length)
            guard body.word(at: 6) == 0 || FrameChecks.sum(body[..<length], from: start) == 0xFFFF else { return nil }
            body = Array(body[8..<length])
        }
        (self.source, self.destination) = (source, destination)
        whole = Array(packet)
        payload = body
    }

    /// The frame of a new packet.
    static func frame(_ kind: Kind, from source: NetworkEnd, to destination: NetworkEnd, number: UInt16, _ payload: [UInt8])
        -> [UInt8]
    {
        var packet = [UInt8](repeating: 0, count: 20) + payload
        packet[0] = 0x45
        packet.setWord(UInt16(truncatingIfNeeded: packet.count), at: 2)
        packet.setWord(number, at: 4)
        (packet[8], packet[9]) = (64, kind.rawValue)
        packet.setDoubleword(source.address, at: 12)
        packet.setDoubleword(destination.address, at: 16)
        packet.setWord(~FrameChecks.sum(packet[..<20]), at: 10)
        if let place = kind == .UDP ? 26 : kind == .TCP ? 36 : nil, packet.count > place + 1 {
            let sum = ~FrameChecks.sum(packet[20...], from: FrameChecks.pseudoHeader(packet[...], length: payload.count))
            packet.setWord(sum == 0 ? 0xFFFF : sum, at: place)
        }
        return ethernet(from: source.station, to: destination.station, type: 0x0800, packet)
    }

    static func datagram(from source: NetworkEnd, to destination: NetworkEnd, number: UInt16, _ payload: [UInt8]) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 8)
        header.setWord(source.port, at: 0)
        header.setWord(destination.port, at: 2)
        header.setWord(UInt16(truncatingIfNeeded: payload.count + 8), at: 4)
        return frame(.UDP, from: source, to: destination, number: number, header + payload)
    }

    static func ethernet(from source: [UInt8], to destination: [UInt8], type: UInt16, _ payload: [UInt8]) -> [UInt8] {
        destination + source + [UInt8(type >> 8), UInt8(truncatingIfNeeded: type)] + payload
    }
}
