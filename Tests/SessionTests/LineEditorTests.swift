import Screen
import Testing

@testable import Session

/// The line of commands.
@Suite struct LineEditorTests {
    private func type(_ text: String, _ editor: inout LineEditor) {
        for character in text { _ = editor.take(.character(character)) }
    }

    @Test func editing() {
        var editor = LineEditor()
        type("step 1x", &editor)
        for key: TerminalInput.Keystroke in [
            .backspace, .left, .left, .character("-"), .home, .delete, .character("S"), .end, .character("0"),
        ] {
            #expect(editor.take(key) == .edited)
        }
        #expect(editor.line == "Step- 10" && editor.cursor == 8)
        _ = editor.take(.control("w"))
        #expect(editor.line == "Step- ")
        #expect(editor.take(.control("u")) == .edited && editor.line.isEmpty)
        #expect(editor.take(.function(5)) == .unused && editor.take(.backspace) == .edited)
    }

    @Test func history() {
        var editor = LineEditor()
        for line in ["one", "two", "two", ""] {
            type(line, &editor)
            #expect(editor.take(.enter) == .line(line))
        }
        var seen: [String] = []
        for key: TerminalInput.Keystroke in [.up, .up, .up, .down, .down] {
            _ = editor.take(key)
            seen.append(editor.line)
        }
        #expect(seen == ["two", "one", "one", "two", ""])
    }

    @Test func completion() {
        var editor = LineEditor()
        editor.complete = { beginning in ["break", "breakpoints", "blist"].filter { $0.hasPrefix(beginning) } }
        type("bre", &editor)
        #expect(editor.take(.tab) == .edited && editor.line == "break")
        #expect(editor.take(.tab) == .choices(["break", "breakpoints"]))
        _ = editor.take(.control("u"))
        type("bl", &editor)
        #expect(editor.take(.tab) == .edited && editor.line == "blist ")
        _ = editor.take(.control("u"))
        type("x", &editor)
        #expect(editor.take(.tab) == .choices([]))
    }

    @Test func longLinesAreFoldedBetweenWords() {
        var layout = PageLayout()
        layout.resize(columns: 40, rows: 25)
        let words = Array(repeating: "word", count: 20).joined(separator: " ")
        let lines = layout.folded(words)
        #expect(lines.count == 3 && lines.allSatisfy { $0.count <= 40 } && lines[1].hasPrefix("    word"))
        #expect(layout.folded(String(repeating: "x", count: 85)).map(\.count) == [40, 40, 13])
        #expect(layout.folded("") == [""])
    }
}
