import Board
import Processor

/// A change of control that was not "the next instruction": a jump taken, a call, a return, an interrupt.
public struct Branch: Equatable, Sendable {
    public struct Place: Equatable, Sendable {
        public var cs: UInt16
        public var rip: UInt64
    }

    public var from: Place
    public var to: Place
    /// Base of the code segment it left.
    public var base: UInt64
    /// How often it was taken in a row.
    public var count: UInt64 = 1
}

/// The branches at the end of a run, taken from a second run of the same machine: nothing is recorded while the first one runs.
public enum LastBranches {
    /// Instructions before the end that are looked at one by one, and branches that are kept.
    private static let window: UInt64 = 4096
    private static let kept = 12

    /// Runs `twin`, a machine built as the first one was, to `tick` and answers its last branches, oldest first. nil when the twin did not end
    /// where the first one is: then something from outside made the difference.
    public static func trace(_ twin: PC, to tick: UInt64, endingAt end: MachineView) -> [Branch]? {
        let start = tick > window ? tick - window : 0
        while twin.clock.now < start {
            if case .ended = twin.run(until: start) { return nil }
        }
        var branches: [Branch] = []
        while twin.clock.now < tick {
            let before = MachineView(twin)
            let next = before.instructions(count: 1).first.map { before.state.rip &+ UInt64($0.bytes.count) }
            let pause = twin.run(until: min(twin.clock.now &+ 1, tick))
            let after = twin.cpu.state
            let isStraight = after.rip == next || after.rip == before.state.rip && after.cs.selector == before.state.cs.selector
            let from = Branch.Place(cs: before.state.cs.selector, rip: before.state.rip)
            let to = Branch.Place(cs: after.cs.selector, rip: after.rip)
            let isLoop =
                after.rip == before.state.rip && before.instruction.map { [.jmp, .jcc, .loop].contains($0.operation) } ?? false
            if !isStraight || isLoop {
                if branches.last?.from == from, branches.last?.to == to {
                    branches[branches.count - 1].count += 1
                } else {
                    branches.append(Branch(from: from, to: to, base: before.state.cs.base))
                    if branches.count > kept { branches.removeFirst() }
                }
            }
            if case .ended = pause { break }
        }
        let last = twin.cpu.state
        return last.rip == end.state.rip && last.rsp == end.state.rsp && last.rax == end.state.rax && twin.clock.now == tick
            ? branches : nil
    }
}
