import Testing
import Wiring

@testable import Screen

/// Keys from what terminals send.
@Suite struct TerminalInputTests {
    private func keys(_ text: String) -> [TerminalInput.Keystroke] {
        var input = TerminalInput()
        return input.decode(text.utf8) + input.finish()
    }

    @Test func keysOfTerminals() {
        #expect(keys("aé€") == [.character("a"), .character("é"), .character("€")])
        #expect(keys("\r\t\u{7F}\u{08}\u{03}") == [.enter, .tab, .backspace, .backspace, .control("c")])
        #expect(keys("\u{1B}[A\u{1B}OB\u{1B}[C\u{1B}[D\u{1B}[H\u{1B}[F") == [.up, .down, .right, .left, .home, .end])
        #expect(keys("\u{1B}[5~\u{1B}[6~\u{1B}[3~") == [.pageUp, .pageDown, .delete])
        #expect(keys("\u{1B}OP\u{1B}[11~\u{1B}[[E\u{1B}[15~\u{1B}[21~\u{1B}[24~") == [1, 1, 5, 5, 10, 12].map { .function($0) })
        #expect(keys("\u{1B}") == [.escape])
        #expect(keys("\u{1B}\u{1B}[A") == [.escape, .up])
        #expect(keys("\u{1B}[1;5A") == [.up])
    }

    @Test func sequencesMayComeInPieces() {
        var input = TerminalInput()
        #expect(input.decode([0x1B]).isEmpty && input.isWaiting)
        #expect(input.decode(Array("[1".utf8)).isEmpty)
        #expect(input.decode(Array("8~".utf8)) == [.function(7)])
        #expect(!input.isWaiting)
    }

    /// Whatever comes, nothing grows and nothing is waited for without end.
    @Test func nonsenseIsHarmless() {
        var input = TerminalInput()
        var state: UInt64 = 1
        for _ in 0..<100_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            _ = input.decode([UInt8(truncatingIfNeeded: state >> 56)])
        }
        _ = input.finish()
        #expect(input.decode([0x61]) == [.character("a")])
    }
}
