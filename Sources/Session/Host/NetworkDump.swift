import Board

/// Writes frames in libpcap's format with nanoseconds, at the machine's time.
enum NetworkDump {
    /// Writes what passes on the cable of a machine to be built into `stream`, behind a header: link type 1 is Ethernet.
    static func listen(to configuration: inout PC.Configuration, _ stream: ByteStream) {
        let version: UInt32 = 4 << 16 | 2
        for word in [0xA1B2_3C4D, version, 0, 0, 0xFFFF, 1] { put(word, stream) }
        let rate = configuration.ticksPerSecond
        configuration.frameOutput = { put($0, rate: rate, stream) }
    }

    private static func put(_ frame: NetworkFrame, rate: UInt64, _ stream: ByteStream) {
        let (seconds, ticks) = frame.tick.quotientAndRemainder(dividingBy: max(1, rate))
        // A rate has at most 40 bits.
        let nanoseconds = ticks.multipliedFullWidth(by: 1_000_000_000)
        let part = max(1, rate).dividingFullWidth(nanoseconds).quotient
        let count = UInt32(truncatingIfNeeded: frame.bytes.count)
        for word in [UInt32(truncatingIfNeeded: seconds), UInt32(truncatingIfNeeded: part), count, count] { put(word, stream) }
        for byte in frame.bytes { stream.put(byte) }
    }

    private static func put(_ word: UInt32, _ stream: ByteStream) {
        for byte in 0..<4 { stream.put(UInt8(truncatingIfNeeded: word >> UInt32(8 * byte))) }
    }
}
