import Board
import Screen
import Testing

@testable import Session

/// Scripts: read, refused, and carried out.
@Suite struct ScriptTests {
    private func script(_ yaml: String) throws -> Script {
        var script = Script()
        script.steps = try ScriptReader(file: "t.yaml").steps(YAML.parse(yaml, file: "t.yaml"))
        return script
    }

    @Test func stepsAreRead() throws {
        let script = try script(
            """
            - serial: "login: "
              within: 5M
            - send: "root\\n"
            - screen: "^Welcome"
              regex: true
              rows: 1-3
              columns: 1-20
            - type: "ls\\n"
            - keys: [ctrl-alt-delete, ret]
            - wait: 1_000
            - screenshot: a.png
            - exit: passed
            """)
        #expect(script.steps.count == 8)
        #expect(script.steps[0].within == 5_000_000 && script.steps[0].place == "t.yaml:1")
        #expect(script.steps[2].words == "\"^Welcome\" on the screen in rows 1 to 3 in columns 1 to 20")
        guard case .keys(let typed) = script.steps[3].action, case .keys(let chords) = script.steps[4].action else {
            Issue.record("keys")
            return
        }
        #expect(typed == [[.l], [.s], [.enter]] && chords == [[.ctrl, .alt, .delete], [.enter]])
    }

    @Test func mistakesNameTheLineAndARemedy() {
        let cases = [
            ("- expct: a", "t.yaml:1: a step has no key expct; did you mean expect?"),
            ("- serial: a\n  send: b", "2 things to do"),
            ("- serial: a\n- serial: [1]", "t.yaml:2: a text is expected here"),
            ("- within: 5M", "0 things to do"),
            ("- serial: a\n  within: soon", "no count of instructions: soon"),
            ("- serial: '(a'\n  regex: true", "no regular expression"),
            ("- serial: '(a)\\1'\n  regex: true", "without back references"),
            ("- type: \"é\"", "no key of the layout us types"),
            ("- type: a\n  layout: dvorak", "known: us, uk, de, fr"),
            ("- keys: [foo]", "no key foo"),
            ("- screen: a\n  row: 0", "count from 1"), ("- screen: a\n  columns: -3", "count from 1"),
            ("- screen: a\n  rows: 3-", "count from 1"),
            ("- exit: maybe", "exit is no code"),
            ("- serial: \"\"", "everywhere"),
            ("- screenshot: after.bmp", "let its name end in .png, .ppm or .txt"),
            ("- serial: a\n---\n- serial: b", "t.yaml:2: a second document"),
            ("- serial: a\n--- [", "a second document"),
            ("- \"a\nb: [", "no valid YAML"),
            ("steps", "begin each step with a dash"),
        ]
        for (yaml, words) in cases {
            do {
                _ = try script(yaml)
                Issue.record("taken: \(yaml)")
            } catch let error as UserError {
                #expect(error.description.contains(words), "\(error)")
                #expect(error.status == .scriptFile && !error.description.contains("\n"))
            } catch { Issue.record("\(error)") }
        }
    }

    @Test func diskettesAreNamedByDriveAndNumberOrFile() throws {
        var floppies = FloppyPlan()
        floppies.given = [["one.img", "images/two.img"], []]
        func change(_ yaml: String) throws -> [Int?] {
            let reader = ScriptReader(file: "t.yaml", media: ScriptMedia(discs: CDROMPlan(), floppies: floppies))
            guard case .diskette(let drive, let number) = try reader.step(YAML.parse(yaml, file: "t.yaml")).action else {
                return []
            }
            return [drive, number]
        }
        #expect(try change("insert: { fda: 2 }") == [0, 1] && change("insert: {fda: two.img}") == [0, 1])
        #expect(try change("eject: fda") == [0, nil])
        for (yaml, words) in [
            ("insert: { fda: 3 }", "no diskette 3; known: 1 one.img, 2 images/two.img"),
            ("insert: {fda: [1]}", "write insert: { fda: 2 }"),
            ("insert: { fdb: 1 }", "there is no floppy drive B; give --fdb FILE"), ("eject: fdb", "there is no floppy drive B"),
        ] {
            #expect(try #require(mistake { _ = try change(yaml) }).contains(words), "\(yaml)")
        }
    }

    @Test func discsAreNamedByNumberOrFile() throws {
        var discs = CDROMPlan()
        discs.given = ["none", "cd/one.iso", "two.iso", "2"]
        func change(_ yaml: String) throws -> Int? {
            let step = try ScriptReader(file: "t.yaml", media: ScriptMedia(discs: discs, floppies: FloppyPlan())).step(
                YAML.parse(yaml, file: "t.yaml"))
            guard case .medium(let number) = step.action, step.isInput else { return -1 }
            return number
        }
        for (yaml, number) in [
            ("insert: 1", 0), ("insert: {cdrom: 1}", 0), ("insert: { cdrom: two.iso }", 1), ("insert: one.iso", 0),
            ("insert: cd/one.iso", 0), ("insert: \"2\"", 2), ("insert: 3", 2), ("eject: cdrom", nil),
        ] as [(String, Int?)] {
            #expect(try change(yaml) == number, "\(yaml)")
        }
        for (yaml, words) in [
            ("insert: 4", "no disc 4; known: 1 cd/one.iso, 2 two.iso, 3 2"), ("insert: 0", "no disc 0"),
            ("insert: [1]", "write insert: 2"),
            ("insert: {floppy: 1}", "write insert: 2"), ("eject: floppy", "write eject: cdrom"),
        ] {
            #expect(try #require(mistake { _ = try change(yaml) }).contains(words), "\(yaml)")
        }
        discs.given = []
        for yaml in ["insert: 1", "eject: cdrom"] {
            #expect(try #require(mistake { _ = try change(yaml) }).contains("there is no CD-ROM drive; give --cdrom FILE"))
        }
    }

    private func mistake(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch let error as UserError {
            return error.description
        } catch {
            return "\(error)"
        }
    }

    @Test func transcriptsAreSearchedOnce() {
        var transcript = SearchedOutput()
        for byte in "\u{1B}[1;31mlogin\u{1B}[0m: root\r\nlogin: ".utf8 { transcript.append(byte) }
        let found = (0..<3).map { _ in transcript.consume(Pattern(text: "login: ")) }
        #expect(found == [true, true, false], "each occurrence counts once")
        #expect(transcript.lastLine == "login: ")
        for _ in 0..<300_000 { transcript.append(UInt8(ascii: "x")) }
        #expect(transcript.bytes.count < 1 << 18 && transcript.tail.count <= 2048)
    }

    @Test func patternsAreTextsOrPOSIXExpressions() throws {
        let bytes = Array("one\ntwo 2\nthree".utf8)
        #expect(Pattern(text: "two").end(in: bytes) == 7)
        #expect(Pattern(text: "two.").end(in: bytes) == nil)
        #expect(try Pattern(regularExpression: "^two [0-9]+$").end(in: bytes) == 9)
        #expect(try Pattern(regularExpression: "^wo").end(in: bytes) == nil)
        #expect(try Pattern(regularExpression: "a.b").end(in: [0x61, 0, 0x62]) == 3)
        #expect(throws: RegularExpression.Mistake.self) { try Pattern(regularExpression: "(") }
    }

    @Test func layoutsTypeWhatTheirKeysAreLabelled() {
        #expect(KeyLayout.de.chord(typing: "z") == [.y] && KeyLayout.de.chord(typing: "Z") == [.shift, .y])
        #expect(KeyLayout.de.chord(typing: "@") == [.altRight, .q])
        #expect(KeyLayout.de.chord(typing: "|") == [.altRight, .less] && KeyLayout.de.chord(typing: "µ") == [.altRight, .m])
        #expect(KeyLayout.de.chord(typing: "~") == [.altRight, .bracketRight])
        #expect(KeyLayout.fr.chord(typing: "a") == [.q] && KeyLayout.fr.chord(typing: "1") == [.shift, .digit1])
        #expect(KeyLayout.fr.chord(typing: "}") == [.altRight, .equal] && KeyLayout.fr.chord(typing: "<") == [.less])
        #expect(KeyLayout.uk.chord(typing: "#") == [.backslash] && KeyLayout.uk.chord(typing: "\"") == [.shift, .digit2])
        #expect(KeyLayout.us.chord(typing: "\"") == [.shift, .apostrophe])
        #expect(KeyLayout.es.chord(typing: "ñ") == [.semicolon] && KeyLayout.es.chord(typing: "@") == [.altRight, .digit2])
        #expect(
            KeyLayout.es.chord(typing: "}") == [.altRight, .backslash] && KeyLayout.es.chord(typing: "/") == [.shift, .digit7])
        #expect(KeyLayout.it.chord(typing: "@") == [.altRight, .semicolon] && KeyLayout.it.chord(typing: "\\") == [.graveAccent])
        #expect(KeyLayout.it.chord(typing: "{") == [.altRight, .digit7] && KeyLayout.it.chord(typing: "è") == [.bracketLeft])
        for layout in KeyLayout.allCases {
            let missing = (0x20...0x7E).map { Unicode.Scalar(UInt8($0)) }.filter { layout.chord(typing: $0) == nil }
            #expect(missing.isEmpty, "\(layout): \(missing)")
        }
    }
}
