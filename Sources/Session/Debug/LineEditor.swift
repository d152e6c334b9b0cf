import Screen

/// A line that is being typed: cursor, history, completion.
struct LineEditor {
    private(set) var text: [Character] = []
    private(set) var cursor = 0
    private var history: [String] = []
    /// The line's place in the history; its length when it is new.
    private var place = 0
    private static let mostRemembered = 500
    /// Completes a line's beginning to whole lines.
    var complete: (String) -> [String] = { _ in [] }

    var line: String { String(text) }

    /// Takes a key. Yields a line that was finished, or what a completion could become.
    enum Outcome: Equatable {
        case edited
        case line(String)
        case choices([String])
        /// Not a key of an editor.
        case unused
    }

    mutating func take(_ key: TerminalInput.Keystroke) -> Outcome {
        switch key {
        case .character(let character):
            text.insert(character, at: cursor)
            cursor += 1
        case .enter: return finish()
        case .backspace where cursor > 0:
            cursor -= 1
            text.remove(at: cursor)
        case .backspace: break
        case .delete where cursor < text.count, .control("d") where cursor < text.count: text.remove(at: cursor)
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(text.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = text.count
        case .up, .control("p"): recall(place - 1)
        case .down, .control("n"): recall(place + 1)
        case .control("u"):
            text.removeSubrange(..<cursor)
            cursor = 0
        case .control("k"): text.removeSubrange(cursor...)
        case .control("w"):
            let end = cursor
            while cursor > 0, text[cursor - 1] == " " { cursor -= 1 }
            while cursor > 0, text[cursor - 1] != " " { cursor -= 1 }
            text.removeSubrange(cursor..<end)
        case .tab: return completed()
        default: return .unused
        }
        return .edited
    }

    mutating func set(_ line: String) {
        text = Array(line)
        cursor = text.count
    }

    private mutating func finish() -> Outcome {
        let line = self.line
        if !line.isEmpty, history.last != line { history.append(line) }
        if history.count > Self.mostRemembered { history.removeFirst() }
        place = history.count
        set("")
        return .line(line)
    }

    private mutating func recall(_ index: Int) {
        guard index >= 0, index <= history.count else { return }
        place = index
        set(index < history.count ? history[index] : "")
    }

    private mutating func completed() -> Outcome {
        let choices = complete(String(text[..<cursor]))
        guard var common = choices.first.map(Array.init) else { return .choices([]) }
        for choice in choices {
            let letters = Array(choice)
            var count = 0
            while count < min(common.count, letters.count), common[count] == letters[count] { count += 1 }
            common = Array(common[..<count])
        }
        if common.count > cursor || choices.count == 1 {
            let rest = Array(text[cursor...])
            text = common + (choices.count == 1 && rest.isEmpty ? [" "] : []) + rest
            cursor = text.count - rest.count
            return .edited
        }
        return .choices(choices)
    }
}
