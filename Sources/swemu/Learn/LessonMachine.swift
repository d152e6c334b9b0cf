import Board
import Debugging
import Executables
import Formats
import Inspection
import Processor
import Session
import X86

/// A lesson's machine: its program with the student's part in it, under the debugger.
final class LessonMachine {
    let session: DebugSession
    /// Linear addresses of the student's part.
    private let part: Range<UInt64>
    /// The place where the program is when that is done.
    private let end: UInt64?
    private(set) var startTick: UInt64 = 0
    private var startInstructions: UInt64 = 0
    private let image: String
    /// The guest's output on COM1 and port E9h.
    private(set) var output: [UInt8] = []
    /// Ticks that the way to the beginning and a student's part may take: the BIOS, and a second of the machine's time.
    private static let longestStart: UInt64 = 50_000_000, longest: UInt64 = 100_000_000

    /// Two processors, in short turns of a length that no loop's is a divisor of: they meet in every possible way.
    private static let turn: UInt64 = 97

    /// Builds the machine and lets it run to its `start`, or with a `student`'s part to that. Throws what the assembler complains of, for the lines of
    /// that part.
    init(_ lesson: Lesson, student: String? = nil) throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((base + "/swemu-lesson-" + String(repeating: "X", count: 6)).utf8CString)
        let descriptor = mkstemp(&template)
        image = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else {
            throw UserError(
                .hostFailure, "no file for the lesson's machine (\(hostReason()))", image, remedy: "check the space there")
        }
        close(descriptor)
        let path = image
        defer { unlink(path) }
        let program = try LessonProgram(lesson.machine, student: student ?? "")
        try OutputFile.write(program.bytes, to: path)
        var plan = SessionPlan()
        if lesson.machine.kind == .c { plan.boot.kernel = path } else { plan.image = path }
        plan.memory = 16 << 20
        plan.serial = [.null]
        plan.serialPace = .instant
        plan.noPostMortem = true
        if lesson.machine.isDual {
            (plan.topology, plan.quantum) = (ProcessorTopology(sockets: 2, cores: 1, threads: 1), Self.turn)
        }
        session = try DebugSession(plan.underDebugger(writesThrough: false))
        if let symbols = program.symbols { session.debugger.sources = SourceMap(symbols: symbols) }
        let names = session.debugger.sources?.symbols
        let begin = names?.address(of: "yours") ?? 0
        part = begin..<max(begin, names?.address(of: "yours_end") ?? 0)
        end = names?.address(of: lesson.machine.kind == .c || lesson.machine.isDual ? "done" : "yours_end")
        let parts = session.host.pc.parts
        parts.serial1.onTransmit = { [unowned self] in take($0) }
        parts.debugConsole.onByte = { [unowned self] in take($0) }
        let place = student == nil || part.lowerBound == 0 ? "start" : "yours"
        session.put = { _ in }
        if let address = names?.address(of: place) { _ = run(to: address, atMost: Self.longestStart) }
        (startTick, startInstructions) = (session.host.pc.clock.now, session.host.pc.clock.instructions)
        output = []
    }

    deinit {
        session.host.pc.parts.serial1.onTransmit = nil
        session.host.pc.parts.debugConsole.onByte = nil
    }

    private func take(_ byte: UInt8) {
        if !session.commands.isInPast, output.count < 1 << 16 { output.append(byte) }
    }

    var view: MachineView { session.debugger.view }

    /// Runs the student's part to its end, or to the machine's. What stopped it in between, in words; nil where nothing did.
    func runPart() -> String? {
        guard let end, view.linearIP != end else { return nil }
        return run(to: end, atMost: Self.longest)
    }

    private func run(to address: UInt64, atMost ticks: UInt64) -> String? {
        session.debugger.add(.linear(address), isTemporary: true)
        defer { session.debugger.removeAll() }
        var lines: [String] = []
        session.put = { if lines.count < 40 { lines.append($0) } }
        defer { session.put = { _ in } }
        guard let report = session.move(by: "continue \(ticks)") else { return nil }
        switch report.cause {
        case .reached, .done: return nil
        case .budget: return "it was still running after \(ticks) ticks"
        default: return (session.commands.reason(for: report) + lines.prefix(6)).joined(separator: "\n")
        }
    }

    /// Instructions since the beginning of the student's part; 0 where the machine was taken back before it.
    private var executed: UInt64 { max(session.host.pc.clock.instructions, startInstructions) - startInstructions }

    /// Exceptions since the beginning of the student's part.
    private var faults: [CPU.Delivery] {
        session.host.pc.observed.history.recent.map(\.delivery).filter { $0.source == .exception && $0.tick >= startTick }
    }

    /// Instructions of the student's part that lock memory: LOCK, and XCHG with memory. SDM Vol. 3A, section 9.1.2.2.
    private var locks: UInt64 {
        let bytes = view.bytes(at: part.lowerBound, count: part.count)
        let instructions = Disassembly(bytes, codeSize: view.codeSize).compactMap(\.instruction)
        return UInt64(instructions.count { $0.prefixes.contains(.lock) || $0.operation == .xchg && $0.hasMemoryOperand })
    }

    // MARK: Checks

    /// Names that are no registers: what checks can count.
    private var counts: [String: UInt64] {
        [
            "instructions": executed, "bytes": UInt64(part.count),
            "faults": UInt64(faults.count), "here": view.linearIP, "ended": session.host.pc.ending == nil ? 0 : 1,
            "locks": locks, "paging": view.isPaged ? 1 : 0, "protected": view.isProtected ? 1 : 0, "ring": UInt64(view.state.cpl),
        ]
    }

    /// The value of a check's expression. Texts are looked for by `screen shows "…"` and `output shows "…"`.
    func value(_ expression: String, answer: UInt64? = nil) throws(DebuggerError) -> UInt64 {
        for (word, text) in [("screen", screen), ("output", String(decoding: output, as: UTF8.self))] {
            guard expression.hasPrefix(word + " shows \""), expression.hasSuffix("\"") else { continue }
            return text.contains(String(expression.dropFirst(word.count + 8).dropLast())) ? 1 : 0
        }
        var values = counts
        values["answer"] = answer
        return try Expression(Self.filled(expression, values)).value(in: session.debugger.context)
    }

    private var screen: String {
        session.host.pc.vga.isTextMode ? session.host.pc.vga.textFrame().text : ""
    }

    /// The expression with its counts as numbers.
    private static func filled(_ text: String, _ values: [String: UInt64]) -> String {
        var (result, word) = ("", "")
        for character in text + " " {
            if character.isLetter || character.isNumber || character == "_" {
                word.append(character)
            } else {
                result += values[word].map { "(\($0))" } ?? word
                result.append(character)
                word = ""
            }
        }
        return String(result.dropLast())
    }

    /// Explains each instruction of the student's part, from its beginning; a few lines.
    func told(atMost count: Int) -> [String] {
        session.commands.execute("go-to \(startTick)")
        var lines: [String] = []
        for _ in 0..<count where part.contains(view.linearIP) && session.host.pc.ending == nil {
            lines += session.commands.explainNext().brief
            guard session.move(by: "step")?.isDone == true else { break }
        }
        return lines
    }
}
