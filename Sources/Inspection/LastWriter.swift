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

    /// Samples of one look through the past.
    private static let samples: UInt64 = 64

    /// Of `size` bytes at a physical address, up to 8, between two ticks. nil where they have been what they are, or no program's instruction changed them.
    /// `final` is what they are then, where the caller knows it.
    package init?(_ past: Rerun, physical: UInt64, size: Int, from earliest: UInt64 = 0, before tick: UInt64, final: UInt64? = nil)
    {
        func read(_ pc: PC) -> UInt64 {
            (0..<UInt64(size)).reduce(0) { $0 | UInt64(pc.peek(physical: physical &+ $1)) << (8 * $1) }
        }
        var (low, high) = (max(earliest, past.earliest), tick)
        guard low < high, let final = final ?? past.machine(at: tick).map(read) else { return nil }
        // The past is gone through forwards; each look narrows it to the part behind the last sample that differs.
        while high &- low > LastMoments.window {
            let step = (high &- low) / Self.samples
            var last: UInt64?
            var now = low
            while now < high, let pc = past.machine(at: now) {
                if read(pc) != final { last = now }
                now &+= step
            }
            // What came and went between two samples may have done so lately.
            (low, high) = last.map { ($0, min($0 &+ step, high)) } ?? (high &- LastMoments.window, high)
        }
        guard let pc = past.machine(at: low), pc.observed.isAlone else { return nil }
        var found: LastWriter?
        while pc.clock.now < high {
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
