import Wiring

/// The speed of the machine, for a window's title.
struct Speedometer {
    struct Reading: Equatable {
        /// Millions of instructions in a second of the host.
        let MIPS: UInt64
        /// The processor was halted nearly all the time.
        let isIdle: Bool
    }

    private var instructions: UInt64
    private var skipped: UInt64
    private var time: UInt64?

    init(_ clock: Clock) { (instructions, skipped) = (clock.instructions, clock.skipped) }

    /// The speed since the last reading, where `now` is the host's time in nanoseconds; nil at the first, and where the machine went back in
    /// time since.
    mutating func read(_ clock: Clock, _ now: UInt64) -> Reading? {
        let last = self
        (instructions, skipped, time) = (clock.instructions, clock.skipped, now)
        guard let time = last.time, now > time, instructions >= last.instructions, skipped >= last.skipped else { return nil }
        let (done, idle) = (instructions - last.instructions, skipped - last.skipped)
        return Reading(MIPS: UInt64(Double(done) * 1000 / Double(now - time)), isIdle: Double(idle) > 20 * Double(done))
    }
}
