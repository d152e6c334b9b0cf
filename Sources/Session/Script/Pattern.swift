/// A text to look for: as it is, or a regular expression (POSIX, extended: regex(7)).
///
/// Back references are refused: with them, what a guest prints could make a search last for ever.
package final class Pattern {
    /// As the user wrote it.
    let source: String
    fileprivate enum Kind {
        case literal([UInt8])
        case expression(RegularExpression)
    }
    fileprivate let kind: Kind

    init(text: String) {
        source = text
        kind = .literal(Array(text.utf8))
    }

    /// Throws why it is no regular expression that can be used.
    package init(regularExpression: String) throws(RegularExpression.Mistake) {
        source = regularExpression
        kind = .expression(try RegularExpression(regularExpression))
    }

    /// The end of the first occurrence in `bytes`.
    package func end(in bytes: [UInt8]) -> Int? {
        var search = PatternSearch(self)
        return search.end(feeding: bytes[...])
    }
}

/// A search for a pattern in bytes that come bit by bit; each is looked at once.
struct PatternSearch {
    let pattern: Pattern
    private var state: State

    private enum State {
        case literal(LiteralSearch)
        case expression(RegularExpressionSearch)
    }

    init(_ pattern: Pattern) {
        self.pattern = pattern
        switch pattern.kind {
        case .literal(let text): state = .literal(LiteralSearch(text))
        case .expression(let expression): state = .expression(RegularExpressionSearch(expression))
        }
    }

    /// Tells where the first occurrence ends, counted from the first byte of all; nil where none has come with `bytes`, the next ones.
    mutating func end(feeding bytes: ArraySlice<UInt8>) -> Int? {
        switch state {
        case .literal(var search):
            let end = search.end(feeding: bytes)
            state = .literal(search)
            return end
        case .expression(var search):
            // Moved out and back, so that its arrays are not copied.
            state = .literal(LiteralSearch([]))
            let end = search.end(feeding: bytes)
            state = .expression(search)
            return end
        }
    }
}

/// Knuth, Morris and Pratt's search (SIAM J. Comput. 6, 1977).
private struct LiteralSearch {
    private let text: [UInt8]
    /// Number of bytes of the text that are still there when it goes wrong behind so many.
    private let borders: [Int]
    private var matched = 0
    private var position = 0

    init(_ text: [UInt8]) {
        self.text = text
        var borders = [0, 0]
        var border = 0
        for end in text.indices.dropFirst() {
            while border > 0, text[border] != text[end] { border = borders[border] }
            if text[border] == text[end] { border += 1 }
            borders.append(border)
        }
        self.borders = borders
    }

    mutating func end(feeding bytes: ArraySlice<UInt8>) -> Int? {
        guard !text.isEmpty else { return nil }
        for byte in bytes {
            while matched > 0, text[matched] != byte { matched = borders[matched] }
            if text[matched] == byte { matched += 1 }
            position += 1
            if matched == text.count { return position }
        }
        return nil
    }
}
