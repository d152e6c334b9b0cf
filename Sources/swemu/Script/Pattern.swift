/// A text to look for: as it is, or a regular expression (POSIX, extended: regex(7)).
///
/// Back references are refused: with them, what a guest prints could make a search last for ever.
final class Pattern {
    /// As the user wrote it.
    let source: String
    private let literal: [UInt8]?
    private var expression = regex_t()

    init(text: String) {
        source = text
        literal = Array(text.utf8)
    }

    /// nil when it is no regular expression, or has a back reference.
    init?(regularExpression: String) {
        source = regularExpression
        literal = nil
        let hasBackReference = zip(regularExpression.unicodeScalars, regularExpression.unicodeScalars.dropFirst()).contains {
            $0 == "\\" && ("1"..."9").contains($1)
        }
        guard !hasBackReference, regcomp(&expression, regularExpression, REG_EXTENDED | REG_NEWLINE) == 0 else { return nil }
    }

    deinit { if literal == nil { regfree(&expression) } }

    /// The end of the first occurrence in `bytes`.
    func end(in bytes: [UInt8]) -> Int? {
        guard let literal else { return matchEnd(bytes) }
        guard !literal.isEmpty, bytes.count >= literal.count else { return nil }
        for start in 0...(bytes.count - literal.count)
        where bytes[start] == literal[0] && bytes[start..<(start + literal.count)].elementsEqual(literal) {
            return start + literal.count
        }
        return nil
    }

    private func matchEnd(_ bytes: [UInt8]) -> Int? {
        // A C string ends at a zero, and guests may print zeros.
        let text = bytes.map { CChar(bitPattern: $0 == 0 ? 0x20 : $0) } + [0]
        var match = regmatch_t()
        guard regexec(&expression, text, 1, &match, 0) == 0 else { return nil }
        return Int(match.rm_eo)
    }
}
