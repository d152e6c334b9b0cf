import Board
import Processor

/// The instruction that changed some bytes of memory last, found in the machine's past.
public struct LastWriter: Sendable {
    package let place: Branch.Place
    package let base: UInt64
    package let text: String
    /// The bytes before and after it.
    package let old: UInt64
    package let new: UInt64
    /// Paging was on.
    package let wasPaged: Bool

    /// Of `size` bytes at a physical address, up to 8, between two ticks. nil where they have been what they are, or no program's instruction changed them.
    /// `final` is what they are then, where the caller knows it.
    package init?(_ past: Rerun, physical: UInt64, size: Int, from earliest: UInt64 = 0, before tick: UInt64, final: UInt64? = nil)
    {
        func read(_ pc: PC) -> UInt64 {
            (0..<UInt64(size)).reduce(0) { $0 | UInt64(pc.peek(physical: physical &+ $1)) << (8 * $1) }
        }
        let start = max(earliest, past.earliest)
        guard start < tick, let final = final ?? past.machine(at: tick).map(read) else { return nil }
        // What came and went between two samples may have done so lately.
        let search =
            past.last(from: start, before: tick) { read($0) != final }
            ?? (tick &- min(LastMoments.window, tick &- start))..<tick
        guard let pc = past.machine(at: search.lowerBound), pc.observed.isAlone else { return nil }
        var found: LastWriter?
        while pc.clock.now < search.upperBound {
            let before = MachineView(pc)
            let (line, old, now) = (before.instructions(count: 1).first, read(pc), pc.clock.now)
            if case .ended = past.run(until: now &+ 1) { break }
            let new = read(pc)
            if new != old { found = LastWriter(before, line?.text ?? "", old: old, new: new) }
            if pc.clock.now == now { break }
        }
        guard let found, found.new == final, found.isOfProgram else { return nil }
        self = found
    }

    private init(_ view: MachineView, _ text: String, old: UInt64, new: UInt64) {
        place = Branch.Place(cs: view.state.cs.selector, rip: view.state.rip)
        (base, self.text, self.old, self.new) = (view.state.cs.base, text, old, new)
        wasPaged = view.state.cr0.contains(.PG)
    }

    /// The firmware loads programs.
    private var isOfProgram: Bool { !(MachineView.firmwareArea ~= (base &+ place.rip) & 0xFFFF_FFFF) }
}
