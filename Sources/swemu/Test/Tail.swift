import Session

/// The last lines of what a guest printed, for reports that people read: bounded, and without anything that moves a terminal's cursor.
enum Tail {
    static let lines = 20
    private static let bytes = 4096
    private static let longestLine = 300

    /// The last lines of the file at `path`; none where it cannot be read.
    static func lines(ofFile path: String) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        guard size > 0, lseek(descriptor, max(0, size - off_t(bytes)), SEEK_SET) >= 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: bytes)
        let count = read(descriptor, &buffer, bytes)
        return count > 0 ? lines(of: buffer[..<count]) : []
    }

    static func lines(of bytes: some Collection<UInt8>) -> [String] {
        let lines = String(decoding: bytes, as: UTF8.self).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let shown = lines.map { Self.shown(String($0)) }
        let end = shown.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
        return Array(shown[..<end].suffix(Self.lines))
    }

    /// A line as it can be shown anywhere: escape sequences (ECMA-48, 5.4) are left out, other control characters are question marks.
    static func shown(_ line: String) -> String {
        var (text, length) = ("", 0)
        var isSequence = false, isIntroduced = false
        for scalar in line.unicodeScalars where length < longestLine {
            if isIntroduced {
                isIntroduced = false
                isSequence = scalar == "["
                if isSequence { continue }
            }
            if isSequence {
                isSequence = !("\u{40}"..."\u{7E}").contains(scalar)
                continue
            }
            switch scalar {
            case "\u{1B}": isIntroduced = true
            case "\t": text += " "
            case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}": text += "?"
            default: text.unicodeScalars.append(scalar)
            }
            length += 1
        }
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
