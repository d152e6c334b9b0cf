/// A guest's words on one line, for searching: without escape sequences and carriage returns, and only the part that was not matched yet.
struct SearchedOutput {
    /// Bytes that are kept: what a pattern can reach back.
    private static let limit = 1 << 16

    private(set) var bytes: [UInt8] = []
    /// The last lines, matched or not, for telling what was there instead.
    private(set) var tail: [UInt8] = []
    private var escape = Escape.none
    /// The search for the pattern that is waited for, how many of `bytes` it has seen, and how many more it saw that are not kept.
    private var search: PatternSearch?
    private var seen = 0
    private var forgotten = 0

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
            if bytes.count >= 2 * Self.limit { forget(Self.limit) }
            if tail.count >= 2048 { tail.removeFirst(1024) }
        }
    }

    private mutating func forget(_ count: Int) {
        bytes.removeFirst(count)
        if seen < count { search = nil }
        (seen, forgotten) = (max(seen - count, 0), forgotten + count)
    }

    /// Tells whether `pattern` occurs; what is before its end will not be searched again, nor what was searched for it in vain.
    mutating func consume(_ pattern: Pattern) -> Bool {
        if search?.pattern !== pattern { (search, seen, forgotten) = (PatternSearch(pattern), 0, 0) }
        let end = search?.end(feeding: bytes[seen...])
        seen = bytes.count
        guard let end else { return false }
        search = nil
        bytes.removeFirst(end - forgotten)
        return true
    }

    /// Takes all that has come since the last call.
    mutating func takeAll() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    /// The last line that has something on it.
    var lastLine: String {
        let lines = String(decoding: tail, as: UTF8.self).split(separator: "\n")
        return lines.last { !$0.allSatisfy(\.isWhitespace) }.map(String.init) ?? ""
    }
}
