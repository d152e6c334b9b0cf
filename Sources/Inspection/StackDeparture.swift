import Board
import Processor

/// The instruction that made the stack pointer leave memory for good: by room for more variables than the stack has.
public struct StackDeparture: Sendable {
    package let reservation: LastMoments.Reservation

    /// nil where the stack pointer is in RAM at `tick`, or left it otherwise, or before `earliest`.
    package init?(_ past: Rerun, from earliest: UInt64 = 0, before tick: UInt64) {
        func isIn(_ pc: PC) -> Bool { MachineView(pc).isRAM(linear: MachineView(pc).linearSP) }
        guard let end = past.machine(at: tick), end.observed.isAlone, MachineView(end).isProtected, !isIn(end),
            let search = past.last(from: earliest, before: tick, where: isIn), let pc = past.machine(at: search.lowerBound)
        else { return nil }
        while pc.clock.now < search.upperBound {
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
