import Board
import Explanations
import Inspection
import Processor

/// A host as a debugger's commands need it: files. Everything else they have themselves.
public protocol DebuggerHost: AnyObject {
    /// The text of a file; throws what is in the way, in words for the user.
    func readText(_ path: String) throws(DebuggerError) -> String
    /// The bytes of a file.
    func readBytes(_ path: String) throws(DebuggerError) -> [UInt8]
    /// Makes or replaces a file.
    func writeText(_ text: String, to path: String) throws(DebuggerError)
    /// Makes or replaces a file of bytes.
    func writeBytes(_ bytes: [UInt8], to path: String) throws(DebuggerError)
    /// Opens a file for a trace; nil closes it. Lines go to `trace(_:)`.
    func openTrace(_ path: String?) throws(DebuggerError)
    /// Writes a line to the trace that is open; without one, to the user.
    func trace(_ line: String)
    /// Keeps the machine's whole state in a file.
    func saveMachine(_ path: String) throws(DebuggerError)
    /// Makes the machine what the file says.
    func loadMachine(_ path: String) throws(DebuggerError)
    /// Presses keys of the machine's keyboard by name: "ctrl-alt-delete".
    func press(_ chord: String) throws(DebuggerError)
    /// Types a text on the machine's keyboard.
    func type(_ text: String) throws(DebuggerError)
    /// Puts a disc, by its number from 1 or its file, into the CD-ROM drive; nil takes out what is in.
    func changeDisc(_ name: String?) throws(DebuggerError)
    /// Changes the diskette of floppy drive A (0) or B (1).
    func changeDiskette(of drive: Int, _ name: String?) throws(DebuggerError)
    /// The guest's screen as text; nil for a picture of dots.
    func screenLines() -> [String]?
    /// The lines of a source file, if it can be found.
    func sourceLines(_ path: String) -> [String]?
}

/// A switch of the debugger.
public enum Setting: String, CaseIterable, Sendable {
    /// Tell after each step what the instruction did.
    case explain
    /// Step into the handlers of interrupts that come meanwhile.
    case interrupts
    /// Show the registers that changed after each stop.
    case changes
    /// Stop at XCHG BX,BX.
    case magic

    var what: String {
        switch self {
        case .explain: "tell after each step what the instruction did and why each flag is as it is"
        case .interrupts: "step into the handlers of interrupts that come during a step"
        case .changes: "show after each stop which registers and flags changed"
        case .magic: "stop behind XCHG BX,BX"
        }
    }
}

/// One user's dialogue with a debugger: carries out lines, and puts lines out.
public final class CommandSession {
    /// The debugger that carries out what is typed.
    public let debugger: Debugger
    let host: any DebuggerHost
    /// Takes each line of output.
    public var put: (String) -> Void
    /// Shows a stop itself when set; otherwise it is put out as text.
    public var onStop: ((StopReport) -> Void)?
    /// The switches that are on.
    public internal(set) var settings: Set<Setting> = [.explain, .changes]
    /// The tool whose words win where tools disagree.
    public var vocabulary = Vocabulary.gdb
    /// The user has asked for the end.
    public internal(set) var wantsEnd = false
    /// The registers before the last command that moved the machine.
    public internal(set) var before: CPUState
    /// The stop that was reported last; nil before the first.
    public internal(set) var lastReport: StopReport?
    /// The stop whose last words were told last.
    private var told: StopReport?
    /// The explanation of the last step; nil after other movements, and where it is not to be told.
    public private(set) var lastExplanation: Explanation?
    /// The machine's past, where it is kept; otherwise why it is not.
    private let past: Result<Backwards, Timeline.Refusal>
    let explainer: Explainer
    /// The place where `x` and `disassemble` go on, and in which form.
    var examineNext: (address: UInt64, isPhysical: Bool) = (0, false)
    var examineForm = ExamineForm()
    /// The place where `x` began last.
    var memoryShown: UInt64?
    var disassembleNext: UInt64?
    var isTracing = false
    /// Expressions that are shown after each stop, by their numbers.
    var displays: [(number: Int, text: String)] = []
    var lastDisplay = 0
    /// The command that an empty line repeats.
    private var repeatable = ""
    private var depth = 0

    /// A dialogue about the debugger's machine. `put` takes each line of output.
    public init(_ debugger: Debugger, host: any DebuggerHost, put: @escaping (String) -> Void) {
        self.debugger = debugger
        self.host = host
        self.put = put
        before = debugger.pc.observed.state
        explainer = Explainer(debugger.pc)
        examineNext.address = debugger.view.linearSP
        do throws(Timeline.Refusal) {
            past = .success(try Backwards(debugger))
        } catch {
            past = .failure(error)
        }
    }

    /// The machine's past, where it is kept.
    public var timeline: Timeline? { (try? past.get())?.timeline }

    /// The machine is where it was before already.
    public var isInPast: Bool { timeline?.isInPast ?? false }

    package func backwards() throws(DebuggerError) -> Backwards {
        do throws(Timeline.Refusal) {
            return try past.get()
        } catch {
            throw DebuggerError("there is no way back: \(error)")
        }
    }

    /// Explains the next instruction. Changes nothing.
    public func explainNext() -> Explanation { explainer.explain() }

    /// Carries out no more lines of a script: the host has to end.
    public func end() { wantsEnd = true }

    var pc: PC { debugger.pc }
    var view: MachineView { debugger.view }

    /// Carries out one line as a user types it. A mistake is one line of output; false then.
    @discardableResult
    public func execute(_ line: String) -> Bool {
        let text = line.trimmed
        guard !text.hasPrefix("#") else { return true }
        do throws(DebuggerError) {
            try carryOut(text.isEmpty ? repeatable : text)
            return true
        } catch {
            put(error.description)
            return false
        }
    }

    private func carryOut(_ line: String) throws(DebuggerError) {
        guard !line.isEmpty else { return }
        let text = vocabulary.translated(line)
        let end = text.firstIndex { $0 == " " || $0 == "/" || $0 == "\t" } ?? text.endIndex
        let command = try CommandTable.command(String(text[..<end]).lowercased())
        repeatable = Self.repeats.contains(command.name) ? text : ""
        try command.action(self, String(text[end...]).trimmed)
    }

    private static let repeats: Set<String> = [
        "step", "next", "stepline", "nextline", "x", "xp", "disassemble", "step-back", "next-back", "list",
    ]

    /// Carries out the lines of a script, up to the first mistake.
    func source(_ path: String) throws(DebuggerError) {
        guard depth < 8 else { throw DebuggerError("\(path): scripts are nested too deeply") }
        let lines = try host.readText(path).split(separator: "\n", omittingEmptySubsequences: false)
        depth += 1
        defer { depth -= 1 }
        for (number, line) in lines.enumerated() where !wantsEnd {
            let text = String(line).trimmed
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            do throws(DebuggerError) {
                try carryOut(text)
            } catch {
                throw DebuggerError("\(path), line \(number + 1): \(error)")
            }
        }
    }

    // MARK: Moving

    /// Moves the machine and shows where it stopped. `isStep` tells what the instruction did, if that is wanted.
    func move(isStep: Bool = false, _ body: () -> StopReport) {
        before = pc.observed.state
        debugger.stepsIntoInterrupts = settings.contains(.interrupts)
        let explanation = isStep && settings.contains(.explain) && pc.observed.state.activity == .active ? explainer.explain() : nil
        let report = body()
        show(report, explanation)
    }

    func show(_ report: StopReport, _ explanation: Explanation? = nil) {
        lastReport = report
        lastExplanation = explanation
        disassembleNext = nil
        // A machine that was dead before has said it.
        let lastWords = report.isRepetition(of: told) ? [] : lastWords(report)
        told = report
        if let onStop {
            for line in (explanation?.brief ?? []) + lastWords + VariableListing(self).displays { put(line) }
            return onStop(report)
        }
        for line in explanation?.brief ?? [] { put(line) }
        for line in lastWords + StopDescription(report, self).lines + VariableListing(self).displays { put(line) }
    }

    /// Steps with a line of trace for each instruction, when that is on.
    func step(_ count: UInt64) -> StopReport {
        guard isTracing else { return debugger.step(count) }
        for _ in 0..<count {
            host.trace(TraceListing.line(view))
            let report = debugger.step()
            guard report.isDone else { return report }
        }
        return StopReport(.done, pc)
    }

    // MARK: Values

    func value(_ text: String) throws(DebuggerError) -> UInt64 { try Expression(text).value(in: debugger.context) }

    /// Sets a register, a variable or memory, without a word.
    public func assign(_ target: String, _ value: String) throws(DebuggerError) {
        let put = put
        defer { self.put = put }
        self.put = { _ in }
        try Assignment.assign(self, target, value)
    }

    /// The names of symbols, for completion.
    func symbolNames(startingWith beginning: String) -> [String] {
        guard !beginning.isEmpty, let symbols = debugger.sources?.symbols.symbols else { return [] }
        return symbols.lazy.map(\.name).filter { $0.hasPrefix(beginning) }.prefix(50).map { $0 }
    }

    /// The linear address of a place: an expression, or `file.c:12`.
    func place(_ text: String) throws(DebuggerError) -> UInt64 {
        if let colon = text.lastIndex(of: ":"), let line = UInt32(text[text.index(after: colon)...]), text[..<colon].contains(".") {
            guard let sources = debugger.sources else {
                throw DebuggerError("no symbols are known; give an ELF file with --symbols")
            }
            guard let address = sources.lines.address(ofFile: String(text[..<colon]), line: line) else {
                throw DebuggerError("\(text): no code comes from there, or the file was compiled without -g")
            }
            return address
        }
        return try address(text.hasPrefix("*") ? String(text.dropFirst()) : text)
    }

    /// The linear address at which a breakpoint stands. On the name of a function that is where its variables have their values; `*` means the first
    /// instruction.
    func placesOfBreakpoint(_ text: String) throws(DebuggerError) -> (first: UInt64, others: [UInt64]) {
        try debugger.places(ofBreakpoint: text) { () throws(DebuggerError) in try place(text) }
    }
}

extension String {
    /// Without spaces at both ends.
    package var trimmed: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    /// The first word and the rest.
    var firstWord: (word: String, rest: String) {
        let end = firstIndex { $0.isWhitespace } ?? endIndex
        return (String(self[..<end]), String(self[end...]).trimmed)
    }

    var words: [String] { split { $0.isWhitespace }.map(String.init) }
}
