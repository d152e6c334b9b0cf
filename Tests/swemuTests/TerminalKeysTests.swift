import Testing

@testable import swemu

@Suite struct TerminalKeysTests {
    @Test func bytesBecomeKeys() {
        let cases: [(String, String)] = [
            ("a", "a"), ("A", "shift-a"), ("\r", "ret"), ("\n", "ctrl-j"), ("\u{3}", "ctrl-c"), ("\u{7F}", "backspace"),
            ("\t", "tab"),
            ("\u{1B}[A", "up"), ("\u{1B}OA", "up"), ("\u{1B}[1;5C", "ctrl-right"), ("\u{1B}[1;2P", "shift-f1"), ("\u{1B}OP", "f1"),
            ("\u{1B}[[A", "f1"), ("\u{1B}[[E", "f5"), ("\u{1B}[15~", "f5"), ("\u{1B}[24~", "f12"), ("\u{1B}[3~", "delete"),
            ("\u{1B}[3;3~", "alt-delete"), ("\u{1B}[Z", "shift-tab"), ("\u{1B}x", "alt-x"), ("\u{1B}[A\u{1B}[Bq", "up down q"),
            ("\u{1}a", "ctrl-a"), ("\u{1}\u{1}", "ctrl-a"), ("\u{1}q", ""), ("\u{1B}[99~", ""),
            ("\u{1B}[1;99999999999999999999A", "up"),
            ("é", ""),
        ]
        for (bytes, keys) in cases {
            var decoder = TerminalKeys()
            let chords = decoder.take(Array(bytes.utf8))
            #expect(chords.map { $0.joined(separator: "-") }.joined(separator: " ") == keys, "\(bytes.debugDescription)")
            #expect(!decoder.wantsEnd)
        }
    }

    @Test func anEscapeAloneWaitsForTheRest() {
        var decoder = TerminalKeys()
        #expect(decoder.take([0x1B]).isEmpty)
        #expect(decoder.finish() == [["esc"]])
        #expect(decoder.finish().isEmpty)
        #expect(decoder.take([0x1B]).isEmpty)
        #expect(decoder.take([UInt8(ascii: "[")]).isEmpty)
        #expect(decoder.take([UInt8(ascii: "B")]) == [["down"]])
    }

    @Test func ControlAXEnds() {
        var decoder = TerminalKeys()
        #expect(decoder.take([1, UInt8(ascii: "x")]).isEmpty)
        #expect(decoder.wantsEnd)
    }

    /// Whatever a terminal sends, the decoder keeps little and every key it names exists.
    @Test func anyBytesAreHarmless() {
        var seed: UInt64 = 1
        var decoder = TerminalKeys()
        for _ in 0..<100_000 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            for chord in decoder.take([UInt8(truncatingIfNeeded: seed >> 33) & 0x7F]) {
                for name in chord where KeyScript.key(named: name) == nil { Issue.record("no key \(name)") }
            }
        }
    }
}
