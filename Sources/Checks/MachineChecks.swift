import Board
import Executables
import Inspection
import Processor
import Wiring
import X86

/// Follows a machine that runs and looks for mistakes of the guest: each found once for each place, named with the instruction and its callers.
///
/// The machine runs as it would without, on the interpreter. What was before the checks began, in a restored snapshot, is taken as right.
public final class MachineChecks: ExecutionObserver {
    /// The mistakes that are looked for.
    public let checks: Set<Check>
    /// The findings, in the order in which it first happened.
    public private(set) var findings: [CheckFinding] = []
    /// Places beyond those that are kept.
    public private(set) var unkept: UInt64 = 0
    /// Places that are kept at most; more are counted in `unkept`.
    public static let mostFindings = 100

    let pc: PC
    let sources: SourceMap?
    private var known: [Key: Int] = [:]
    /// The instruction that each processor executes.
    private let here: PerProcessor<CodePlace>
    private let staleTLB: StaleTranslations?
    private let stack: StackCheck?
    private let uninit: UninitCheck?
    private let races: RaceCheck?
    /// Hears of each finding as it happens the first time.
    public var onFinding: ((CheckFinding) -> Void)?

    /// The parts that two findings share which are one.
    private struct Key: Hashable {
        let check: Check
        let rip: UInt64
        let base: UInt64
        let subject: UInt64
    }

    /// Begins to follow the processors of `pc`, which no translation engine is connected to.
    /// `isRestored`: memory has a past that nobody saw. Throws when the host has no memory for what the checks remember.
    public init(
        _ pc: PC, _ checks: Set<Check>, sources: SourceMap?, isRestored: Bool = false
    ) throws(HostMemory.Exhausted) {
        self.pc = pc
        self.checks = checks
        self.sources = sources
        let (processors, memoryBytes) = (pc.processors.count, pc.configuration.memoryBytes)
        staleTLB = checks.contains(.staleTLB) ? StaleTranslations(processors: processors, memoryBytes: memoryBytes) : nil
        stack = checks.contains(.stack) ? try StackCheck(processors: processors, memoryBytes: memoryBytes) : nil
        uninit =
            checks.contains(.uninit)
            ? try UninitCheck(processors: processors, memoryBytes: memoryBytes, isRestored: isRestored) : nil
        races =
            checks.contains(.races) && processors > 1
            ? try RaceCheck(processors: processors, memoryBytes: memoryBytes, quantum: pc.configuration.quantum) : nil
        here = PerProcessor(repeating: CodePlace(), count: processors)
        if races != nil { hearMessages() }
        for cpu in pc.processors { cpu.observe(self) }
    }

    deinit {
        stopHearingMessages()
        here.deallocate()
    }

    private func hearMessages() {
        for (number, apic) in (pc.parts.apic?.locals ?? []).enumerated() {
            // A weak reference would make each count of references slow.
            apic.onMessage = { [unowned self] message in
                races?.messaged(message, number, by: pc.processors[pc.turn.processor], self)
            }
        }
    }

    private func stopHearingMessages() {
        for apic in pc.parts.apic?.locals ?? [] { apic.onMessage = nil }
    }

    /// Tells what is certain at the end only.
    public func settle() { races?.finish(self) }

    /// Lets the machine go.
    public func finish() {
        settle()
        stopHearingMessages()
        for cpu in pc.processors { cpu.observe(nil) }
    }

    /// All findings in words.
    public var lines: [String] {
        findings.flatMap(\.lines) + (unkept > 0 ? ["and at \(unkept) more places"] : [])
    }

    // MARK: What the checks say

    /// Takes a mistake in, unless it is known at this place; `subject` tells several of one instruction apart.
    func report(_ check: Check, subject: UInt64 = 0, by cpu: CPU, _ words: () -> (sentence: String, details: [String])) {
        let place = place(cpu)
        let key = Key(check: check, rip: place.rip, base: place.base, subject: subject)
        if let index = known[key] { return findings[index].count += 1 }
        guard findings.count < Self.mostFindings else { return unkept += 1 }
        known[key] = findings.count
        let (sentence, details) = words()
        tell(finding(check, by: cpu, sentence: sentence, details: details))
    }

    /// A mistake at the instruction that a processor executes, with its callers.
    func finding(_ check: Check, by cpu: CPU, sentence: String, details: [String]) -> CheckFinding {
        let view = MachineView(pc, of: cpu, state: cpu.state)
        let callers = CallerLines(view, sources: sources).lines
        let place = place(cpu)
        let name = place.words(sources)
        return CheckFinding(
            check: check, place: cpu.isAlone ? name : "\(name) on processor \(cpu.number)", sentence: sentence,
            details: details + (callers.isEmpty ? [] : ["called from:"] + callers.map { "  " + $0 }), tick: place.tick)
    }

    /// Takes a finding in; nil where there are too many.
    @discardableResult
    func tell(_ finding: CheckFinding) -> Int? {
        guard findings.count < Self.mostFindings else {
            unkept += 1
            return nil
        }
        findings.append(finding)
        onFinding?(finding)
        return findings.count - 1
    }

    /// A finding happened once more.
    func countAgain(_ index: Int) { findings[index].count += 1 }

    /// A mistake for which there is no room.
    func leaveOut() { unkept += 1 }

    /// The instruction that a processor executes, or has executed last.
    func place(_ cpu: CPU) -> CodePlace { here[cpu.number] }

    /// That instruction as it is written in a listing.
    func text(_ cpu: CPU) -> String { text(at: place(cpu), of: cpu) }

    /// An instruction of a processor, as memory has it now.
    func text(at place: CodePlace, of cpu: CPU) -> String {
        let view = MachineView(pc, of: cpu, state: cpu.state)
        let bytes = view.bytes(at: place.base &+ place.rip, count: 15)
        return Disassembly(bytes, at: place.rip, codeSize: view.codeSize).first { _ in true }?.text ?? "an instruction"
    }

    /// "00103004h (table+0x4)", where a symbol is known.
    func name(_ linear: UInt64) -> String {
        guard let (symbol, offset) = sources?.symbols.symbol(at: linear) else { return h(linear) }
        return "\(h(linear)) (\(symbol.name)\(offset == 0 ? "" : "+0x\(String(offset, radix: 16))"))"
    }

    /// Tells whether code at a physical address is the firmware's.
    @inline(__always)
    static func isFirmware(_ physical: UInt64) -> Bool {
        MachineView.firmwareArea ~= physical || physical >= 0xFF00_0000
    }

    // MARK: What the processors tell

    package func willExecute(_ instruction: Instruction, at linear: UInt64, physical: UInt64, by cpu: CPU) {
        here[cpu.number] = CodePlace(cpu)
        staleTLB?.fetched(linear, physical, cpu, self)
        stack?.willExecute(instruction, cpu, self)
        uninit?.willExecute(instruction, physical: physical, cpu, self)
        races?.willExecute(instruction, physical: physical, cpu, self)
    }

    package func didAccess(_ access: ObservedAccess, by cpu: CPU) {
        staleTLB?.accessed(access, cpu, self)
        stack?.accessed(access, cpu, self)
        uninit?.accessed(access, cpu, self)
        races?.accessed(access, cpu, self)
    }

    package func didDeliver(_ delivery: CPU.Delivery, by cpu: CPU) {
        staleTLB?.delivered(delivery, cpu)
        stack?.delivered(delivery, cpu, self)
        uninit?.delivered(delivery, cpu)
        races?.delivered(delivery, cpu)
    }

    package func didExecute(by cpu: CPU) {
        stack?.didExecute(cpu, self)
        uninit?.didExecute(cpu, self)
        races?.didExecute(cpu, self)
    }

    package func didForgetTranslations(keepingGlobal: Bool, by cpu: CPU) {
        staleTLB?.forgot(keepingGlobal: keepingGlobal, cpu)
    }

    package func didForgetTranslation(of linear: UInt64, by cpu: CPU) { staleTLB?.forgot(linear, cpu) }

    package func didReplaceState(of cpu: CPU) {
        stack?.replaced(cpu)
        uninit?.replaced(cpu)
    }

    package func didWrite(physical: UInt64, count: Int) {
        staleTLB?.wrote(physical: physical, count: count)
        uninit?.wrote(physical: physical, count: count)
        races?.wrote(physical: physical, count: count)
    }
}
