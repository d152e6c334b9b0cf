import GDB

/// gdb's end of a session: bytes in, packets out, acknowledgements between.
final class GDBHost {
    let link: GDBLink
    private var reader = PacketReader()
    /// Packets that have arrived and were not served yet.
    private var events: [PacketReader.Event] = []
    /// The last reply, for a far end that asks for it again.
    private var lastReply: [UInt8] = []
    /// `+` and `-` are sent.
    var acknowledges = true
    /// Events that wait at most: gdb sends one packet at a time.
    private static let eventLimit = 256

    init(_ address: GDBAddress) throws { link = try GDBLink(address) }

    /// A new far end.
    func begin() {
        reader = PacketReader()
        (events, lastReply, acknowledges) = ([], [], true)
    }

    /// Reads what has arrived, and says whether somebody asked for a stop: Ctrl-C, or the far end is gone.
    func wantsStop() -> Bool {
        read()
        if let index = events.firstIndex(of: .interrupt) {
            events.remove(at: index)
            return true
        }
        return !link.isConnected
    }

    /// The next packet, if there is one. Sends acknowledgements and repetitions.
    func nextPacket() -> [UInt8]? {
        link.flush()
        guard link.isFlushed else { return nil }
        read()
        while !events.isEmpty {
            switch events.removeFirst() {
            case .packet(let body):
                if acknowledges { link.send([UInt8(ascii: "+")]) }
                return body
            case .damaged: if acknowledges { link.send([UInt8(ascii: "-")]) }
            case .refused: if acknowledges { link.send(lastReply) }
            case .acknowledged, .interrupt: break
            }
        }
        return nil
    }

    private func read() {
        link.flush()
        guard events.count < Self.eventLimit, let bytes = link.take() else { return }
        events += reader.take(bytes)
    }

    func send(_ body: [UInt8]) {
        lastReply = PacketWriter.packet(body)
        link.send(lastReply)
    }
}
