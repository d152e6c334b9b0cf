import Wiring

/// The network that a card's cable leads to: inside the machine, and nowhere else. It looks as QEMU's user network does: 10.0.2.0/24 with a gateway
/// 10.0.2.2, a name server 10.0.2.3, and the guest at 10.0.2.15.
///
/// Emulated: ARP, ICMP echo, DHCP and BOOTP, TFTP of files that were given, a name server that knows no name. Everything else is refused as a real network
/// refuses it: TCP by RST, a closed port and what lies behind the gateway by ICMP. Not emulated: fragments, IPv6, the world outside.
///
/// Each answer comes 100 microseconds after its question, on the machine's clock: a run is the same each time.
public final class UserNetwork: Chip {
    public struct State: Codable, Equatable, Sendable {
        var deliveries: [Delivery] = []
        var transfers: [Transfer] = []
        /// Identification of the next packet.
        var number: UInt16 = 0
        /// TFTP's port of the next transfer is by so much above the first one.
        var transferNumber: UInt16 = 0
    }

    /// An answer on its way.
    struct Delivery: Codable, Equatable, Sendable {
        var tick: UInt64
        var frame: [UInt8]
    }

    /// A file that TFTP offers, by the name that clients ask for.
    public struct File: Equatable, Sendable {
        /// The name.
        public var name: String
        /// The bytes.
        public var contents: [UInt8]

        /// A file under a name.
        public init(_ name: String, _ contents: [UInt8]) { (self.name, self.contents) = (name, contents) }
    }

    static let gateway: UInt32 = 0x0A00_0202, nameServer: UInt32 = 0x0A00_0203, guest: UInt32 = 0x0A00_020F
    static let network: UInt32 = 0x0A00_0200, mask: UInt32 = 0xFFFF_FF00, everybody: UInt32 = .max
    static let broadcast = [UInt8](repeating: 0xFF, count: 6)
    private static let latency: UInt64 = 100
    /// Answers on their way at most; further ones are lost.
    private static let mostDeliveries = 64
    private static let longestFrame = 1514

    public let name: String
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    /// Takes each frame that comes to the card.
    public var onFrame: (([UInt8]) -> Void)?
    let files: [File]
    /// The file that DHCP tells who boots from the network; empty for none.
    let bootFile: String
    private let clock: Clock
    private var event: Clock.Event?
    private var deliveries: [Delivery] = []
    var transfers: [Transfer] = []
    private var number: UInt16 = 0
    var transferNumber: UInt16 = 0

    /// A network that offers these files; `bootFile` is what DHCP names, empty for none.
    public init(name: String = "network", clock: Clock, files: [File] = [], bootFile: String = "") {
        self.name = name
        self.clock = clock
        self.files = files
        self.bootFile = bootFile
        event = clock.register(name) { [unowned self] in deliver() }
    }

    public var state: State {
        get { State(deliveries: deliveries, transfers: transfers, number: number, transferNumber: transferNumber) }
        set {
            deliveries = newValue.deliveries.filter { $0.frame.count <= Self.longestFrame }
            deliveries = Array(deliveries.prefix(Self.mostDeliveries))
            transfers = Array(newValue.transfers.filter(\.isWellFormed).prefix(Self.mostTransfers))
            (number, transferNumber) = (newValue.number, newValue.transferNumber)
            schedule()
        }
    }

    /// A machine's reset does not reach what is behind the cable.
    public func reset() {}

    // MARK: Time

    private func schedule() {
        guard let event else { return }
        guard let next = deliveries.first else { return clock.cancel(event) }
        clock.schedule(event, at: next.tick)
    }

    /// Hands over the answers whose time has come.
    private func deliver() {
        while let next = deliveries.first, next.tick <= clock.now {
            deliveries.removeFirst()
            onFrame?(next.frame)
        }
        schedule()
    }

    func answer(_ frame: [UInt8]) {
        guard deliveries.count < Self.mostDeliveries, frame.count <= Self.longestFrame else { return }
        deliveries.append(Delivery(tick: clock.now + clock.ticks(microseconds: Self.latency), frame: frame))
        schedule()
    }

    /// Sends `payload` back to where `packet` came from.
    func answer(_ packet: InternetPacket, from port: UInt16? = nil, _ payload: [UInt8]) {
        var source = end(packet.destination.address)
        source.port = port ?? packet.destination.port
        answer(InternetPacket.datagram(from: source, to: packet.source, number: nextNumber(), payload))
    }

    func nextNumber() -> UInt16 {
        number &+= 1
        return number
    }

    /// The station of an address of ours; behind the gateway are all others.
    func end(_ address: UInt32, port: UInt16 = 0) -> NetworkEnd {
        let host = address == Self.nameServer ? address : Self.gateway
        let station = [0x52, 0x55] + (0..<4).map { UInt8(truncatingIfNeeded: host >> UInt32(24 - 8 * $0)) }
        return NetworkEnd(station: station, address: address, port: port)
    }

    private func isOurs(_ address: UInt32) -> Bool { address == Self.gateway || address == Self.nameServer }

    // MARK: Questions

    /// A frame comes from the card.
    public func take(_ frame: [UInt8]) {
        guard frame.count >= 14, frame[6] & 1 == 0 else { return }
        if frame.word(at: 12) == 0x0806 { return resolve(frame) }
        guard let packet = InternetPacket(frame: frame) else { return }
        let destination = packet.destination.address
        let isToAll = destination == Self.everybody || destination == Self.network | ~Self.mask
        if packet.kind == InternetPacket.Kind.UDP.rawValue, packet.destination.port == 67, isToAll || destination == Self.gateway {
            return configure(packet)
        }
        guard !isToAll, frame[0] & 1 == 0 else { return }
        guard isOurs(destination) else {
            // The gateway leads nowhere. Other hosts of this network do not answer, as nobody asks for their stations.
            if destination & Self.mask != Self.network { refuse(packet, code: 0) }
            return
        }
        switch InternetPacket.Kind(rawValue: packet.kind) {
        case .ICMP: echo(packet)
        case .TCP: reset(packet)
        case .UDP:
            switch (destination, packet.destination.port) {
            case (Self.nameServer, 53): answerName(packet)
            case (Self.gateway, 69): beginTransfer(packet)
            default: if !continueTransfer(packet) { refuse(packet, code: 3) }
            }
        case nil: refuse(packet, code: 2)
        }
    }

    /// ARP: who has an address of ours, is told. RFC 826.
    private func resolve(_ frame: [UInt8]) {
        guard frame.count >= 42, frame.doubleword(at: 14) == 0x0001_0800, frame.doubleword(at: 18) == 0x0604_0001 else { return }
        let target = frame.doubleword(at: 38)
        guard isOurs(target) else { return }
        let station = end(target).station
        var reply: [UInt8] = [0, 1, 8, 0, 6, 4, 0, 2]
        reply += station + frame[38..<42] + frame[22..<32]
        answer(InternetPacket.ethernet(from: station, to: Array(frame[22..<28]), type: 0x0806, reply))
    }

    /// ICMP echo. RFC 792.
    private func echo(_ packet: InternetPacket) {
        guard packet.payload.count >= 8, packet.payload[0] == 8, FrameChecks.sum(packet.payload[...]) == 0xFFFF else { return }
        var reply = packet.payload
        reply[0] = 0
        reply.setWord(0, at: 2)
        reply.setWord(~FrameChecks.sum(reply[...]), at: 2)
        send(.ICMP, to: packet, reply)
    }

    /// Destination unreachable: network (0), protocol (2) or port (3). RFC 792; nothing is said about a message of ICMP but echo.
    private func refuse(_ packet: InternetPacket, code: UInt8) {
        if packet.kind == InternetPacket.Kind.ICMP.rawValue, packet.payload.first != 8 { return }
        var message: [UInt8] = [3, code, 0, 0, 0, 0, 0, 0] + packet.whole.prefix(28)
        message.setWord(~FrameChecks.sum(message[...]), at: 2)
        let source = end(code == 0 ? Self.gateway : packet.destination.address)
        answer(InternetPacket.frame(.ICMP, from: source, to: packet.source, number: nextNumber(), message))
        if code == 0 {
            diagnostics?.report(
                Diagnostic(
                    chip: "network",
                    message: "a packet to \(Self.words(packet.destination.address)): behind the gateway there is nothing",
                    isUnbidden: true))
        }
    }

    /// Nobody listens. RFC 9293, section 3.5.2.
    private func reset(_ packet: InternetPacket) {
        let segment = packet.payload
        guard segment.count >= 20, segment[13] & 4 == 0 else { return }
        let header = Int(segment[12] >> 4) * 4
        guard (20...segment.count).contains(header) else { return }
        let (isAcknowledged, takesOne) = (segment[13] & 0x10 != 0, segment[13] & 3 != 0)
        var reply = [UInt8](repeating: 0, count: 20)
        reply.setWord(packet.destination.port, at: 0)
        reply.setWord(packet.source.port, at: 2)
        if isAcknowledged {
            reply.setDoubleword(segment.doubleword(at: 8), at: 4)
        } else {
            let length = UInt32(segment.count - header + (takesOne ? 1 : 0))
            reply.setDoubleword(segment.doubleword(at: 4) &+ length, at: 8)
        }
        (reply[12], reply[13]) = (0x50, isAcknowledged ? 0x04 : 0x14)
        send(.TCP, to: packet, reply)
    }

    private func send(_ kind: InternetPacket.Kind, to packet: InternetPacket, _ payload: [UInt8]) {
        answer(
            InternetPacket.frame(
                kind, from: end(packet.destination.address), to: packet.source, number: nextNumber(), payload))
    }

    /// DNS: no such name. RFC 1035, section 4.1.
    private func answerName(_ packet: InternetPacket) {
        guard packet.payload.count >= 12, packet.payload[2] & 0x80 == 0 else { return }
        var reply = packet.payload
        // A response, recursion is available, name error; of the sections the question alone.
        reply[2] = reply[2] & 0x79 | 0x80
        reply[3] = 0x83
        guard let end = Self.endOfQuestion(reply) else { return }
        for place in stride(from: 6, to: 12, by: 2) { reply.setWord(0, at: place) }
        answer(packet, Array(reply[..<end]))
    }

    /// Finds the end of the one question; nil where there are none or several, or it is damaged.
    private static func endOfQuestion(_ message: [UInt8]) -> Int? {
        guard message.word(at: 4) == 1 else { return nil }
        var place = 12
        while place < message.count, message[place] > 0, message[place] < 64 { place += Int(message[place]) + 1 }
        guard place + 5 <= message.count, message[place] == 0 else { return nil }
        return place + 5
    }

    /// "10.0.2.2"
    static func words(_ address: UInt32) -> String {
        (0..<4).map { String(address >> UInt32(24 - 8 * $0) & 0xFF) }.joined(separator: ".")
    }
}
