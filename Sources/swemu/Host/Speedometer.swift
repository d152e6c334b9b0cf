import Wiring

/// How fast the machine runs, for a window's title.
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

    init(_ clock: Clock) {
        instructions = clock.now - clock.skipped
        skipped = clock.skipped
    }

    /// The speed since the last reading; `nil` at the first.
    mutating func read(_ clock: Clock, _ now: UInt64) -> Reading? {
        let done = clock.now - clock.skipped - instructions, idle = clock.skipped - skipped
        defer {
            instructions = clock.now - clock.skipped
            skipped = clock.skipped
            time = now
        }
        guard let time, now > time else { return nil }
        return Reading(MIPS: done * 1000 / (now - time), isIdle: idle > 20 * done)
    }
}
