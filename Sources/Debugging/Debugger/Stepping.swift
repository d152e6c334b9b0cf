import Board
import Inspection
import Processor
import X86

/// Steps of all lengths.
extension Debugger {
    /// Ticks that the handler of an interrupt may take before a step over it gives up.
    private static let handlerBudget: UInt64 = 100_000_000

    /// Executes `count` instructions; an iteration of a repeated one counts as one. A halted processor sleeps until an interrupt comes.
    public func step(_ count: UInt64 = 1) -> StopReport {
        for _ in 0..<count {
            let report = stepOnce()
            guard report.isDone else { return report }
        }
        return StopReport(.done, pc)
    }

    private func stepOnce() -> StopReport {
        pc.focus = pc.observed.number
        if let report = wake() { return report }
        for _ in 0..<16 {
            let start = view
            if let report = runOne() { return report }
            guard !stepsIntoInterrupts, wasInterrupted(at: start, tick: pc.clock.now &- 1) else { break }
            let (linear, sp) = (start.linearIP, start.linearSP)
            let report = run(to: linear, accepting: { $0.linearSP == sp }, budget: Self.handlerBudget)
            guard report.isDone else { return report }
        }
        return StopReport(.done, pc)
    }

    /// One instruction of the processor that is looked at; others may have their turns before.
    private func runOne() -> StopReport? {
        repeat {
            if let report = run(until: pc.clock.now &+ 1) { return report }
        } while pc.turn.processor != pc.observed.number
        return nil
    }

    /// Lets time pass for a halted processor until it is awake.
    private func wake() -> StopReport? {
        while isAsleep {
            let due = pc.clock.cells.pointee.nextDeadline
            let now = pc.clock.now
            if let report = run(until: due == .max ? now &+ 1 : max(due, now &+ 1)) { return report }
            if betweenSlices(self) { return StopReport(.asked, pc) }
            // The event that was due has not fired yet.
            if isAsleep, pc.clock.now == due, let report = run(until: due &+ 1) { return report }
        }
        return nil
    }

    private var isAsleep: Bool {
        let activity = pc.observed.state.activity
        return activity.awaitsInterrupt || activity == .waitForSIPI
    }

    /// An external interrupt came instead of the instruction at `start`.
    private func wasInterrupted(at start: MachineView, tick: UInt64) -> Bool {
        guard let last = pc.observed.history.recent.last?.delivery else { return false }
        return last.tick == tick && last.source == .external && last.rip == start.state.rip && last.cs == start.state.cs.selector
    }

    /// Like `step`, but what CALL, INT n, LOOP and repeated string instructions lead to runs in one go.
    public func stepOver() -> StopReport {
        let start = view
        guard let i = start.instruction, Self.comesBack(i) else { return step() }
        let sp = start.linearSP
        return run(to: (start.linearIP &+ UInt64(i.length)) & start.linearMask, accepting: { $0.linearSP >= sp })
    }

    /// Tells whether an instruction is expected to go on behind itself, after more than one tick.
    static func comesBack(_ i: Instruction) -> Bool {
        switch i.operation {
        case .call, .callIndirect, .callFar, .callFarIndirect, .int, .int3, .into, .loop, .loope, .loopne, .sysenter, .syscall: true
        default: Table.traits(of: i).contains(.repeatable) && !i.prefixes.isDisjoint(with: [.rep, .repne])
        }
    }

    /// Runs to linear address `address`.
    public func until(_ address: UInt64) -> StopReport { run(to: address) }

    /// Like `stepOver`, but a jump backwards runs until the loop is left.
    public func untilPast() -> StopReport {
        let start = view
        guard let i = start.instruction, [.jcc, .jcxz, .loop, .loope, .loopne].contains(i.operation),
            Int64(bitPattern: i.immediate) < 0
        else { return stepOver() }
        return run(to: (start.linearIP &+ UInt64(i.length)) & start.linearMask)
    }

    /// Runs until the function that CS:EIP is in has returned.
    public func out() -> StopReport {
        let start = view
        let sp = start.linearSP
        // The handler of an interrupt has returned when the stack is what it was.
        if let outer = CallStack(start, sources: sources, deepest: 2).frames.dropFirst().first, outer.isInterrupted,
            let pointer = outer.stackPointer
        {
            return run(to: outer.address, accepting: { $0.stackPointer == pointer })
        }
        if let caller = Backtrace(start, sources: sources).frames.first, start.linear(sp, 4) != nil {
            return run(to: caller.address, accepting: { $0.linearSP > sp })
        }
        for _ in 0..<10_000_000 {
            let here = view
            let isReturn = here.instruction.map { [.ret, .retFar, .iret, .sysexit, .sysret].contains($0.operation) } ?? false
            let report = isReturn && here.linearSP >= sp ? step() : stepOver()
            if isReturn && here.linearSP >= sp || !report.isDone { return report }
        }
        return StopReport(.budget, pc)
    }
}
