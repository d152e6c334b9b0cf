/// What a guest has said on one line, for searching: without escape sequences and carriage returns, and only the part that was not matched yet.
struct Transcript {
    /// Bytes that are kept: what a pattern can reach back.
    private static let limit = 1 << 16

    private(set) var bytes: [UInt8] = []
    /// The last lines, matched or not, for telling what was there instead.
    private(set) var tail: [UInt8] = []
    private var escape = Escape.none

    private enum Escape {
        case none
        /// After ESC.
        case begun
        /// After ESC [.
        case control
    }

    mutating func append(_ byte: UInt8) {
        switch escape {
        case .begun: escape = byte == UInt8(ascii: "[") ? .control : .none
        case .control: if (0x40...0x7E).contains(byte) { escape = .none }
        case .none where byte == 0x1B: escape = .begun
        case .none where byte == 0x0D: break
        case .none:
            bytes.append(byte)
            tail.append(byte)
            if bytes.count >= 2 * Self.limit { bytes.removeFirst(Self.limit) }
            if tail.count >= 2048 { tail.removeFirst(1024) }
        }
    }

    /// Whether `pattern` occurs; what is before its end will not be searched again.
    mutating func consume(_ pattern: Pattern) -> Bool {
        guard let end = pattern.end(in: bytes) else { return false }
        bytes.removeFirst(end)
        return true
    }

    /// Forgets all but the last `count` bytes.
    mutating func keepLast(_ count: Int) {
        if bytes.count > count { bytes.removeFirst(bytes.count - count) }
    }

    /// The last line that has something on it.
    var lastLine: String {
        let lines = String(decoding: tail, as: UTF8.self).split(separator: "\n")
        return lines.last { !$0.allSatisfy(\.isWhitespace) }.map(String.init) ?? ""
    }
}
