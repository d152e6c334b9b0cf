import Testing
import Wiring

@testable import Screen

@Suite("TerminalKeys: what a terminal sends as keys") struct TerminalKeysTests {
    /// Chords as `sendkey` writes them, commands by name.
    private func decode(_ input: String) -> [String] {
        var keys = TerminalKeys()
        return (keys.decode(Array(input.utf8)) + keys.finish()).map { event in
            switch event {
            case .press(let chord): chord.map(\.rawValue).joined(separator: "-")
            case .quit: "quit"
            case .help: "help"
            case .monitor: "monitor"
            default: "\(event)"
            }
        }
    }

    @Test("characters of the US layout, with Shift where it needs it") func characters() {
        #expect(decode("aZ0 ") == ["a", "shift-z", "0", "spc"])
        #expect(
            decode("-_=+[{]};:'\"") == [
                "minus", "shift-minus", "equal", "shift-equal", "bracket_left", "shift-bracket_left", "bracket_right",
                "shift-bracket_right",
                "semicolon", "shift-semicolon", "apostrophe", "shift-apostrophe",
            ])
        #expect(
            decode("`~\\|,<.>/?") == [
                "grave_accent", "shift-grave_accent", "backslash", "shift-backslash", "comma", "shift-comma", "dot", "shift-dot",
                "slash",
                "shift-slash",
            ])
        #expect(decode("!@#$%^&*()") == (1...10).map { "shift-\($0 % 10)" })
        for code in 0x20...0x7E { #expect(Key.chord(typing: Unicode.Scalar(UInt8(code))) != nil, "code \(code)") }
    }

    @Test("control characters, Alt, Esc alone and before keys") func control() {
        #expect(decode("\r\t\u{7F}\u{08}\u{03}\u{1A}\n") == ["ret", "tab", "backspace", "backspace", "ctrl-c", "ctrl-z", "ctrl-j"])
        #expect(
            decode("\u{00}\u{1C}\u{1D}\u{1E}\u{1F}") == [
                "ctrl-spc", "ctrl-backslash", "ctrl-bracket_right", "ctrl-shift-6", "ctrl-shift-minus",
            ])
        #expect(decode("\u{1B}") == ["esc"])
        #expect(decode("\u{1B}x\u{1B}\u{1B}") == ["alt-x", "esc", "esc"])
        #expect(decode("\u{1B}X\u{1B}\r\u{1B}\u{03}") == ["alt-shift-x", "alt-ret", "alt-ctrl-c"])
    }

    @Test("cursor and function keys of xterm, rxvt and the Linux console, with modifiers") func functionKeys() {
        #expect(decode("\u{1B}[A\u{1B}OB\u{1B}[C\u{1B}[D\u{1B}[H\u{1B}OF") == ["up", "down", "right", "left", "home", "end"])
        #expect(
            decode("\u{1B}[1~\u{1B}[2~\u{1B}[3~\u{1B}[4~\u{1B}[5~\u{1B}[6~\u{1B}[Z") == [
                "home", "insert", "delete", "end", "pgup", "pgdn", "shift-tab",
            ])
        #expect(
            decode("\u{1B}OP\u{1B}[[A\u{1B}[11~\u{1B}[15~\u{1B}[[E\u{1B}[17~\u{1B}[24~") == [
                "f1", "f1", "f1", "f5", "f5", "f6", "f12",
            ])
        #expect(
            decode("\u{1B}[1;5C\u{1B}[1;2P\u{1B}[3;3~\u{1B}[5;8~") == [
                "ctrl-right", "shift-f1", "alt-delete", "ctrl-alt-shift-pgup",
            ])
    }

    @Test("Ctrl-A: x quits, a sends it, h and c are commands, anything else is dropped") func prefix() {
        #expect(decode("\u{01}x") == ["quit"])
        #expect(decode("\u{01}\u{01}\u{01}a") == ["ctrl-a", "ctrl-a"])
        #expect(decode("\u{01}h\u{01}c\u{01}zq") == ["help", "monitor", "q"])
        var keys = TerminalKeys()
        #expect(
            keys.decode([0x01]).isEmpty && !keys.isWaiting && keys.finish().isEmpty && keys.decode([UInt8(ascii: "x")]) == [.quit])
    }

    @Test("sequences may come in pieces, and unknown or broken ones swallow nothing behind them") func pieces() {
        var keys = TerminalKeys()
        var events: [TerminalKeys.Event] = []
        for byte in "\u{1B}[1;5Dé\u{1B}[6~".utf8 { events += keys.decode([byte]) }
        #expect(events == [.press([.ctrl, .left]), .press([.pageDown])])
        #expect(decode("\u{1B}[99~\u{1B}[?1;2c\u{1B}OzaéЖ漢😀b") == ["a", "b"])
        #expect(decode("\u{1B}[1;\u{1B}[A") == ["up"])
        #expect(decode("\u{1B}[\u{1B}") == ["esc"])
        #expect(decode("\u{1B}[99999999999999999999999;99999999999999999999999A").count == 1)
        #expect(TerminalKeys.decodeOnce([0xC3, UInt8(ascii: "a")]) == [.press([.a])])
        #expect(TerminalKeys.decodeOnce([0x80, 0xFF, 0xC0, UInt8(ascii: "a")]) == [.press([.a])])
    }

    @Test("200,000 random bytes neither trap nor pile up") func fuzz() {
        var generator = Generator(state: 3)
        var keys = TerminalKeys()
        var count = 0
        for _ in 0..<200_000 {
            let byte =
                generator.next(upTo: 3) == 0
                ? [0x1B, 0x5B, 0x4F, 0x3B, 0x01][generator.next(upTo: 5)] : UInt8(generator.next(upTo: 256))
            count += keys.decode([byte]).count
        }
        #expect(count > 10_000)
    }

    @Test("names are QEMU's, and chords are parsed as sendkey does") func names() {
        #expect(Key.chord(named: "ctrl-alt-delete") == [.ctrl, .alt, .delete])
        #expect(
            Key.chord(named: "ret") == [.enter] && Key.chord(named: "kp_enter") == [.keypadEnter]
                && Key.chord(named: "5") == [.digit5])
        #expect(Key.chord(named: "ctrl-") == nil && Key.chord(named: "") == nil && Key.chord(named: "enter") == nil)
        #expect(Set(Key.allCases.map(\.rawValue)).count == Key.allCases.count)
    }
}

extension TerminalKeys {
    fileprivate static func decodeOnce(_ bytes: [UInt8]) -> [Event] {
        var keys = TerminalKeys()
        return keys.decode(bytes)
    }
}
