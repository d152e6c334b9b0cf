import Board
import Inspection
import Processor

/// A recursion without an end that had left its stack long before the machine ended: it had gone down through memory to a ROM, which takes no write and
/// raises no fault. What came later (a reset, an NMI, code that is none) is what it had written over, or what it wrote to a device.
struct RunawayStack: Sendable {
    /// The call that was executed most often in the moments before.
    let call: LastMoments.Call
    /// Calls without a return in those moments, and the bytes that they have taken.
    let frames: Int
    let bytes: UInt64
    /// The stack pointer when the first write went to a ROM, and its name.
    let pointer: UInt64
    let name: String

    private static let least = 16

    /// The tick of the first write of the program's that a ROM has not taken.
    static func lostWrite(_ pc: PC) -> UInt64? {
        pc.log.tallies.first { !$0.entry.isFirmware && $0.entry.diagnostic.message.hasPrefix("a write to the ROM") }?.entry.tick
    }

    /// Nil where nothing was lost in a ROM, or where that was no stack.
    init?(_ pc: PC, _ past: Rerun) {
        guard let tick = Self.lostWrite(pc), let moments = LastMoments(past, before: tick),
            moments.depth >= Self.least, let call = moments.frequentCall, call.count >= Self.least,
            let view = past.machine(at: tick).map({ MachineView($0) }), view.isProtected, !view.isVirtual8086
        else { return nil }
        // The frame that begins there is not larger than a page or two.
        let reach = [0, 0x1000, 0x2000].map { (view.linearSP &- $0) & view.linearMask }
        guard reach.contains(where: { !view.isRAM(linear: $0) }) else { return nil }
        self.call = call
        frames = moments.depth
        bytes = moments.stackRange.upperBound - moments.stackRange.lowerBound
        (pointer, name) = (view.stackPointer, view.nameOfSP)
    }
}
