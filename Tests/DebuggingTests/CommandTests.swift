import Board
import MachineKit
import Testing

@testable import Debugging
@testable import Executables

/// A host with files in memory.
final class FakeHost: DebuggerHost {
    var files: [String: String] = [:]
    var traced: [String] = []
    var pressed: [String] = []
    func readText(_ path: String) throws(DebuggerError) -> String {
        guard let text = files[path] else { throw DebuggerError("\(path): no such file") }
        return text
    }
    func readBytes(_ path: String) throws(DebuggerError) -> [UInt8] { Array(try readText(path).utf8) }
    func writeText(_ text: String, to path: String) { files[path] = text }
    func writeBytes(_ bytes: [UInt8], to path: String) { files[path] = String(decoding: bytes, as: UTF8.self) }
    func openTrace(_ path: String?) {}
    func trace(_ line: String) { traced.append(line) }
    func saveMachine(_ path: String) {}
    func loadMachine(_ path: String) {}
    func press(_ chord: String) { pressed.append(chord) }
    func type(_ text: String) { pressed.append(text) }
    func changeDisc(_ name: String?) { pressed.append(name ?? "eject") }
    func changeDiskette(of drive: Int, _ name: String?) { pressed.append("\(drive) \(name ?? "eject")") }
    func screenLines() -> [String]? { ["hello"] }
    func sourceLines(_ path: String) -> [String]? { nil }
}

/// The table of commands, and dialogues with it.
@Suite struct CommandTests {
    /// The answers to `lines`, by a machine that runs `code`.
    private func answers(
        _ code: [UInt8], _ lines: [String], host: FakeHost = FakeHost(), symbols: [String: UInt64] = [:]
    ) throws -> (answers: [[String]], session: CommandSession) {
        let debugger = Debugger(try Guests.entered(code))
        var answer: [String] = []
        let session = CommandSession(debugger, host: host) { answer.append($0) }
        var answers: [[String]] = []
        for line in lines {
            answer = []
            session.execute(line)
            answers.append(answer)
        }
        return (answers, session)
    }

    @Test func shortestNamesAreUnambiguous() throws {
        for command in CommandTable.commands {
            #expect(command.name.hasPrefix(command.shortest))
            for word in [command.name, command.shortest] + command.synonyms {
                #expect(try CommandTable.command(word).name == command.name, "\(word)")
                let named = CommandTable.commands.filter { $0.name == word || $0.synonyms.contains(word) || $0.shortest == word }
                #expect(named.count == 1, "\(word): \(named.map(\.name))")
            }
        }
        let names = CommandTable.commands.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func discsAreChangedByTheHost() throws {
        let host = FakeHost()
        let (answers, _) = try answers(
            [0x90], ["insert 2", "insert", "eject", "ins disk2.iso", "insert fda 2", "eject fdb"], host: host)
        #expect(host.pressed == ["2", "eject", "disk2.iso", "0 2", "1 eject"])
        #expect(answers[1].joined().contains("which disc?"))
    }

    @Test func everyCommandIsExplained() throws {
        let all = try CommandTable.help("")
        for command in CommandTable.commands {
            #expect(!command.what.isEmpty && !command.what.hasSuffix("."))
            #expect(try CommandTable.command(String(command.example.split(separator: " ")[0])).name == command.name)
            #expect(try CommandTable.help(command.name).count >= 3)
            #expect(all.contains { $0.contains(command.usage) }, "\(command.name)")
        }
    }

    @Test func mistakesNameWhatIsNear() throws {
        let (answers, _) = try answers(
            [0xEB, 0xFE], ["brek 1", "zzzzz", "break", "delete 7", "info", "x /16q 0", "print", "set explain maybe", "s"])
        #expect(answers[0] == ["brek is no command; did you mean break?"])
        #expect(answers[1][0].contains("`help` lists them all"))
        #expect(answers[2][0].contains("breakpoint at 00100000h"))
        #expect(answers[3] == ["there is no number 7; `blist` lists them"])
        #expect(answers[4][0].contains("gdt, idt"))
        #expect(answers[5][0].contains("formats are"))
        #expect(answers[6][0].contains("an expression is missing"))
        #expect(answers[7] == ["explain is on or off"])
    }

    /// What a number cannot be is refused in a line that names the range; nothing is cut.
    @Test(arguments: [
        ("set al = -129", "al has 8 bits, from -128 to 255, and -129 does not fit"), ("set al = 256", "from -128 to 255"),
        ("set zf = 2", "0 or 1"), ("set ax = 0x10000", "from -32768 to 65535"),
        ("set eax = 0x100000000", "from -2147483648 to 4294967295"), ("set byte[0x500] = 0x1ff", "8 bits, from -128 to 255"),
        ("set word[0x500] = -32769", "from -32768 to 65535"), ("setpmem 0x500 1 0x1ff", "8 bits, from -128 to 255"),
        ("setpmem 0x500 3 1", "a size is 1, 2 or 4"), ("break 0x1ffffffff", "a linear address goes from 0 to FFFFFFFFh"),
        ("until 0x100000000", "a linear address"), ("watch 0x1ffffffff", "a linear address"), ("x 0x1ffffffff", "a linear address"),
        ("watch 0x500 0", "a length goes from 1 to 16777216"), ("watch 0x500 -4", "a length goes from 1"),
        ("step -1", "a count goes from 1"), ("step 0", "a count goes from 1"), ("next -1", "a count"), ("continue -1", "a count"),
        ("ignore 1 -1", "a count goes from 0"), ("catch interrupt 256", "a vector goes from 0 to 255, and 256 is none"),
        ("iobreak 0x10000", "a port goes from 0 to 65535"), ("vbreak 0x10008:0", "a selector goes from 0 to"),
        ("info gdt 8192", "an entry goes from 0 to 8191"), ("cpu 1", "a processor's number goes from 0 to 0"),
        ("stack 1001", "a count goes from 1 to 1000"), ("find 0x500 -1 41", "a length"), ("page 0x123456789", "a linear address"),
    ])
    func numbersHaveRanges(_ line: String, _ words: String) throws {
        let (answers, _) = try answers([0x90, 0x90, 0xEB, 0xFE], [line])
        #expect(answers[0].count == 1 && answers[0][0].contains(words), "\(answers[0])")
    }

    /// A negative number is as wide as its place, and an address below 0 comes back from the end.
    @Test func negativeNumbersFit() throws {
        let (answers, _) = try answers(
            [0x90], ["set al = -128", "print al", "set ax = -1", "print ax", "set ebx = -1", "print ebx", "x /1xb -1", "break ebx"])
        #expect(
            answers[1][0].hasPrefix("00000080h") && answers[3][0].hasPrefix("0000FFFFh") && answers[5][0].hasPrefix("FFFFFFFFh"))
        #expect(answers[6][0].hasPrefix("ffffffff"), "\(answers[6])")
        #expect(answers[7][0].contains("FFFFFFFFh"))
    }

    /// Words that Bochs and QEMU have, and whose they are where tools disagree. To look runs nothing.
    @Test func wordsOfOtherToolsAreKnown() throws {
        let host = FakeHost()
        let (answers, session) = try answers(
            [0x90, 0x90, 0xEB, 0xFE],
            [
                "set words bochs", "u /1 0x100000", "u 0x100000 0x100002", "b 0x100001", "sreg", "creg", "dreg", "ptime",
                "info idt 1 2",
                "info ivt 8", "info tab", "print-string 0x100000", "writemem \"f\" 0x100002 2", "watch read 0x500", "watch",
                "set words qemu",
                "i /b 0x64", "o /b 0x80 5", "u 0x100000", "stop", "set words gdb", "set words vax", "go-to -1", "i /b 0x64",
            ], host: host)
        #expect(answers[1].count == 1 && answers[1][0].contains("nop"))
        #expect(answers[2].count == 2, "\(answers[2])")
        #expect(answers[3][0].contains("physical 00100001h"), "\(answers[3])")
        #expect(answers[4][0].hasPrefix("ES") && answers[5][0].hasPrefix("CR0") && answers[6][0].hasPrefix("DR"))
        #expect(
            answers[7][0].hasPrefix("tick ") && answers[8].count == 2 && answers[9][0].hasPrefix("08h  to "), "\(answers[7...9])")
        #expect(answers[10] == ["paging is off: linear addresses are physical ones"] && !answers[11].isEmpty)
        #expect(host.files["f"]?.isEmpty == false && answers[12][0].contains("2 bytes"))
        #expect(answers[13][0].contains("watchpoint") && answers[14].count == 2, "\(answers[13...14])")
        #expect(
            answers[16][0].hasPrefix("port 0064h has ") && answers[17].isEmpty && answers[18][0].contains("nop"),
            "\(answers[16...18])")
        #expect(answers[19][0].hasPrefix("the machine stands") && answers[21][0].contains("gdb, or bochs, or qemu"))
        #expect(answers[22][0].contains("ticks are counted from power-on") && answers[23][0].contains("info what?"))
        #expect(session.view.state.rip == 0x10_0000)
    }

    @Test func aDialogue() throws {
        let (answers, session) = try answers(
            DebuggerTests.loop,
            [
                "step", "break 0x100005 if ecx == 3", "continue", "print ecx * 2", "set ecx = 999", "registers ecx",
                "x /3xb 0x100000",
                "disassemble /2 0x100005", "until", "set byte[0x200000] = 0x41", "x /s 0x200000", "find 0x200000 16 \"A\"", "blist",
                "disable 1",
                "continue 100", "print zf",
            ])
        #expect(answers[0].contains { $0.contains("mov ecx") } && answers[0].last?.contains("inc ecx") == true)
        #expect(answers[1] == ["1  breakpoint at 00100005h if ecx == 3"])
        #expect(answers[2][0] == "1: breakpoint at 00100005h")
        #expect(answers[3] == ["00000006h = 6"])
        #expect(answers[5] == ["ecx = 000003E7h = 999"])
        #expect(answers[6][0].hasPrefix("00100000: b9 00 00"))
        #expect(answers[7].count == 2 && answers[7][0].hasPrefix("> ") && answers[7][1].contains("cmp ecx, 0x3e8"))
        #expect(answers[10] == ["00200000: \"A\""])
        #expect(answers[11] == ["00200000h"])
        #expect(answers[12][0].contains("1 hit"))
        #expect(answers[14][0].contains("as many instructions"))
        #expect(session.view.state.rcx == 1000)
    }

    @Test func savedBreakpointsComeBack() throws {
        let host = FakeHost()
        let (_, session) = try answers(
            DebuggerTests.loop,
            [
                "break 0x100005 if ecx == 3", "pbreak 0x100006", "vbreak 0x10:0x100007", "watch rw 0x500 4", "pwatch 0x600",
                "catch port 0x60 in",
                "catch exception 14", "catch interrupt", "catch mode", "catch cr 3", "catch magic", "ignore 2 5", "disable 3",
                "set changes off",
                "save points",
            ], host: host)
        let (answers, other) = try answers(DebuggerTests.loop, ["break 1", "load points", "blist"], host: host)
        #expect(other.debugger.points.map(\.trigger) == session.debugger.points.map(\.trigger))
        #expect(other.debugger.points.map(\.conditionSource) == session.debugger.points.map(\.conditionSource))
        #expect(other.debugger.points.map(\.ignoreCount) == session.debugger.points.map(\.ignoreCount))
        #expect(other.debugger.points.map(\.isEnabled) == session.debugger.points.map(\.isEnabled))
        #expect(answers[2].count == 11 && !other.settings.contains(.changes))
    }

    @Test func scriptsStopAtTheirFirstMistake() throws {
        let host = FakeHost()
        host.files = ["good": "# a comment\nstep\n\nprint ecx\n", "bad": "step\nnonsense\nstep\n", "loop": "source loop\n"]
        let (answers, session) = try answers(
            DebuggerTests.loop, ["source good", "source bad", "source loop", "source none"], host: host)
        #expect(answers[0].last == "00000000h = 0")
        #expect(answers[1].last?.hasPrefix("bad, line 2: nonsense is no command") == true)
        #expect(answers[2].last?.contains("nested too deeply") == true)
        #expect(answers[3] == ["none: no such file"])
        #expect(session.view.state.rip == 0x10_0006)
    }

    @Test func tracesAndKeysGoToTheHost() throws {
        let host = FakeHost()
        _ = try answers(
            DebuggerTests.loop, ["trace on", "step 5", "trace off", "step", "key ctrl-alt-delete ret", "type \"a\\n\""], host: host)
        #expect(host.traced.count == 5 && host.traced[1].contains("inc ecx"))
        #expect(host.pressed == ["ctrl-alt-delete", "ret", "a\n"])
    }

    @Test func thePastIsAStepAway() throws {
        let (answers, session) = try answers(
            DebuggerTests.loop,
            [
                "step 10", "step-back 3", "back-to register ecx", "break 0x100005", "continue", "continue", "reverse-continue",
                "step-back 1000000",
            ])
        #expect(answers.allSatisfy { !$0.isEmpty })
        // After the second stop and back to the first: before the third increment.
        #expect(session.view.state.rip == 0x10_0000)
        #expect(answers[2].last?.contains("inc ecx") == true)
        #expect(answers[6].first?.contains("breakpoint at 00100005h") == true)
        #expect(answers[7].first?.contains("as far back") == true)
    }

    @Test func anyMomentCanBeGoneTo() throws {
        let debugger = Debugger(try Guests.entered(DebuggerTests.loop))
        var answer: [String] = []
        let session = CommandSession(debugger, host: FakeHost()) { answer.append($0) }
        let start = session.pc.clock.now
        session.execute("step 10")
        let ecx = session.view.state.rcx
        session.execute("go-to \(start + 4)")
        #expect(session.pc.clock.now == start + 4 && session.isInPast)
        session.execute("go-to \(start + 10)")
        #expect(session.pc.clock.now == start + 10 && session.view.state.rcx == ecx && !session.isInPast)
        // Beyond the present the machine runs, and can be stopped.
        session.execute("break 0x100005")
        session.execute("go-to \(start + 1000)")
        #expect(session.pc.clock.now < start + 1000 && session.view.linearIP == 0x10_0005)
        answer = []
        #expect(!session.execute("go-to"))
        #expect(answer.first?.contains("which moment") == true)
    }

    @Test func linesAreCompleted() throws {
        let (_, session) = try answers([0xEB, 0xFE], [])
        session.debugger.sources = SourceMap(symbols: ["kmain": 0x10_0000, "kprint": 0x10_0001])
        #expect(CommandTable.completions(of: "disas", in: session) == ["disassemble"])
        #expect(CommandTable.completions(of: "break km", in: session) == ["break kmain"])
        #expect(
            CommandTable.completions(of: "print kmain + es", in: session) == [
                "print kmain + es", "print kmain + esi", "print kmain + esp",
            ])
        #expect(CommandTable.completions(of: "info ke", in: session) == ["info keyboard"])
        #expect(CommandTable.completions(of: "nonsense ke", in: session).isEmpty)
    }

    /// Each `info` and each explanation says something in every mode, and changes nothing.
    @Test func everythingCanBeShown() throws {
        for code in [DebuggerTests.loop, [0xF4]] {
            let (_, session) = try answers(code, ["step"])
            let hash = session.pc.stateHash()
            var lines = InfoTable.allCases.map { "info \($0.rawValue)" } + ["explain", "stack", "backtrace", "screen", "help"]
            lines +=
                ["gdt", "idt", "tss", "paging", "pic"].map { "explain \($0)" } + ["info gdt 1", "info idt 8", "page 0x100000"]
            for line in lines {
                var count = 0
                session.put = { _ in count += 1 }
                #expect(session.execute(line), "\(line)")
                #expect(count > 0, "\(line)")
            }
            #expect(session.pc.stateHash() == hash)
        }
    }
}

extension SourceMap {
    /// Names alone.
    init(symbols: [String: UInt64]) {
        self.init(symbols: SymbolTable(symbols.map { .init(name: $0.key, address: $0.value, size: 1, isFunction: true) }))
    }
}
