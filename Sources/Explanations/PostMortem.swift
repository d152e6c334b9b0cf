import Board
import Executables
import Inspection
import Processor
import Wiring
import X86

/// The reason why a machine stopped, in words: the chain of faults with the check that failed in each, what to look at first, code, callers, branches and
/// registers. A reading of the stopped machine; it changes nothing.
public struct PostMortem {
    /// The way in which a machine stopped.
    public enum Cause: Equatable, Sendable {
        case tripleFault
        /// HLT with IF = 0.
        case deadHalt
        /// A reset that the guest asked for and that ends the machine.
        case reset
        case dead(DeadMachine)
        /// The guest said by itself that it has failed.
        case exit
        /// Somebody else stopped it: a budget, a signal, an expectation.
        case stopped
    }

    let view: MachineView
    let cause: Cause
    let sources: SourceMap?
    let branches: [Branch]
    private let advisor: Advisor

    /// `sources` names addresses; `past` is gone through for the last branches, where the machine's past is kept.
    public init(_ pc: PC, cause: Cause, sources: SourceMap? = nil, past: Rerun? = nil) {
        self.cause = cause
        self.sources = sources
        let told = past.flatMap { Recollection(pc, cause, $0, sources) }
        view = MachineView(pc)
        branches = told?.last.branches ?? []
        advisor = Advisor(view: view, cause: cause, sources: sources, moments: told?.first, recollection: told)
    }

    /// Advises without going through the past.
    public static func advice(of pc: PC, _ cause: Cause) -> String? {
        Advisor(view: MachineView(pc), cause: cause, sources: nil).sentence
    }

    /// The sentence a newcomer needs most; nil when there is nothing to be said beyond the cause.
    public var advice: String? { advisor.sentence }

    /// The instruction that the processor is at: after HLT, which has one byte, EIP is behind it.
    private var rip: UInt64 { view.state.activity == .halted ? view.state.rip &- 1 : view.state.rip }

    /// The place where the processor is: "0010:00100123 kmain+0x1c (kernel.c:42)".
    public var place: String {
        let place = place(view.state.cs.selector, rip, base: view.state.cs.base)
        return view.cpu.isAlone ? place : "\(place) on processor \(view.cpu.number)"
    }

    /// Its beginning: how it ended, how one fault led to the next, and what to look at first.
    public var summary: [String] {
        ["post-mortem: \(title) at \(place)"] + chain.map { "  " + $0 } + (advice.map { ["look first: \($0)"] } ?? [])
    }

    /// The whole text.
    public var lines: [String] {
        var lines = summary
        lines += section("what hardware answered with silence:", Self.silences(view.pc))
        lines += section("code:", view.instructions(count: 4, from: rip).map { listing($0) })
        lines += section("called from:", callers)
        lines += section("last branches, oldest first:", branches.map { words($0) })
        lines += section("before that:", recent)
        if !view.cpu.isAlone { lines += section("processors:", ProcessorListing.lines(view.pc)) }
        lines += section("registers:", RegisterBlock(view).words + RegisterBlock(view).lines)
        return lines
    }

    /// Lists what the chips heard at the wrong time, a line for each place with its count, the first ten.
    public static func silences(_ pc: PC) -> [String] {
        let tallies = pc.log.tallies
        let lines = tallies.prefix(10).map(\.description)
        return tallies.count > 10 ? lines + ["and at \(tallies.count - 10) more places; --report has all"] : lines
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : [title] + lines.map { "  " + $0 }
    }

    private var title: String {
        switch cause {
        case .tripleFault: "triple fault"
        case .deadHalt where view.state.activity == .frozen: "frozen before an x87 instruction, with interrupts off"
        case .deadHalt: "halted for good (HLT with interrupts off)"
        case .reset: "the guest reset the machine"
        case .dead(let death): death.words
        case .exit: "the guest ended by itself"
        case .stopped: "stopped"
        }
    }

    // MARK: The chain of faults

    /// The chain of faults, each of which led to the next.
    private var chain: [String] {
        guard cause == .tripleFault else { return [] }
        var lines: [String] = []
        let failures = view.cpu.failedDeliveries
        for (index, failure) in failures.enumerated() {
            if index == 0 || failure.source == .external { lines += first(failure) }
            let obstacle = DeliveryObstacle(
                view, vector: failure.delivering.vector,
                hasErrorCode: failure.delivering.hasErrorCode && failure.source != .external)
            let why = obstacle.map { ": \($0.words(vector: failure.delivering.vector))" } ?? ""
            let what = failure.source == .external ? "interrupt \(failure.delivering.vector)" : failure.delivering.name
            lines.append("delivering \(what) failed with \(failure.raised.name)\(why)")
        }
        lines.append("an exception while delivering #DF shuts the processor down; a PC then resets it")
        return lines
    }

    private func first(_ failure: FailedDelivery) -> [String] {
        if failure.source == .external {
            let name = view.pc.interruptOutlook.line(ofVector: failure.delivering.vector).map { " (IRQ \($0))" } ?? ""
            return ["interrupt \(failure.delivering.vector)\(name) came"]
        }
        let fault = FaultDescription(fault: failure.delivering, cr2: failure.cr2)
        var lines = ["\(failure.delivering.name): \(fault.words)"]
        if failure.delivering.vector == 14,
            let words = PageWalk(view, linear: failure.cr2, errorCode: failure.delivering.errorCode).words
        {
            lines.append("  \(words)")
        }
        return lines
    }

    /// The last deliveries, for context.
    private var recent: [String] {
        view.cpu.history.recent.suffix(6).map { record in
            let delivery = record.delivery
            let what =
                switch delivery.source {
                case .external: "interrupt \(delivery.fault.vector)"
                case .software: "INT \(hexDigits(UInt64(delivery.fault.vector), 2))h"
                case .trap: "INT1"
                case .exception: delivery.fault.name + (delivery.fault.vector == 14 ? " on \(h(record.cr2))" : "")
                }
            return
                "tick \(delivery.tick): \(what) at \(place(delivery.cs, delivery.rip, base: record.isProtected ? 0 : UInt64(delivery.cs) << 4))"
        }
    }

    // MARK: Words

    private var callers: [String] { CallerLines(view, sources: sources).lines }

    private func words(_ branch: Branch) -> String {
        let times = branch.count > 1 ? ", \(branch.count) times" : ""
        return
            "\(place(branch.from.cs, branch.from.rip, base: branch.base)) -> \(place(branch.to.cs, branch.to.rip, base: branch.base))\(times)"
    }

    private func place(_ cs: UInt16, _ rip: UInt64, base: UInt64) -> String {
        let address = "\(hexDigits(UInt64(cs), 4)):\(hexDigits(rip, 8))"
        // Symbols are of flat code: what runs in real mode is the BIOS, or a loader.
        guard base == 0 else { return address }
        return name(rip & view.linearMask).map { "\(address) \($0)" } ?? address
    }

    private func name(_ address: UInt64) -> String? { view.isProtected ? sources?.describe(address) : nil }

    private func listing(_ line: Disassembly.Line) -> String {
        let bytes = line.bytes.map { hexDigits(UInt64($0), 2) }.joined()
        return "\(hexDigits(line.address, 8))  \(bytes)\(String(repeating: " ", count: max(1, 20 - bytes.count)))\(line.text)"
    }
}
