import Board
import Processor

/// The instruction that made the stack pointer leave memory for good: by room for more variables than the stack has.
public struct StackDeparture: Sendable {
    package let reservation: LastMoments.Reservation

    private static let samples: UInt64 = 64

    /// nil where the stack pointer is in RAM at `tick`, or left it otherwise.
    package init?(_ past: Rerun, before tick: UInt64) {
        func isIn(_ pc: PC) -> Bool { MachineView(pc).isRAM(linear: MachineView(pc).linearSP) }
        guard let end = past.machine(at: tick), end.observed.isAlone, MachineView(end).isProtected, !isIn(end) else { return nil }
        var (low, high) = (past.earliest, tick)
        while high &- low > LastMoments.window {
            let step = (high &- low) / Self.samples
            var last: UInt64?
            var now = low
            while now < high, let pc = past.machine(at: now) {
                if isIn(pc) { last = now }
                now &+= step
            }
            guard let last else { return nil }
            (low, high) = (last, min(last &+ step, high))
        }
        guard let pc = past.machine(at: low) else { return nil }
        while pc.clock.now < high {
            let (before, now) = (MachineView(pc), pc.clock.now)
            let line = before.instructions(count: 1).first
            if case .ended = past.run(until: now &+ 1) { return nil }
            if pc.clock.now == now { return nil }
            let after = MachineView(pc)
            guard before.isRAM(linear: before.linearSP), !after.isRAM(linear: after.linearSP) else { continue }
            guard let room = LastMoments.Reservation(before, line, after) else { return nil }
            reservation = room
            return
        }
        return nil
    }
}
