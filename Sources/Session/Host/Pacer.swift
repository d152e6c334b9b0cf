/// Keeps virtual time from running ahead of the host's, for `--speed real` and factors of it. Where the host is too slow, time that was lost stays lost:
/// the machine does not race to catch up.
package struct Pacer {
    /// Ticks in a nanosecond of the host.
    private let pace: Double
    private var startTick: UInt64
    private var startTime: UInt64
    /// Nanoseconds of being late after which the count begins anew.
    private static let patience: Double = 100_000_000

    /// `rate` ticks are a virtual second, and `factor` of those shall pass in one of the host's.
    package init(rate: UInt64, factor: Double, tick: UInt64, time: UInt64) {
        pace = Double(rate) * factor / 1e9
        (startTick, startTime) = (tick, time)
    }

    /// Ticks that pass in about five milliseconds, at most `limit`.
    func slice(limit: UInt64) -> UInt64 { min(limit, max(1, UInt64(pace * 5e6))) }

    /// Nanoseconds that the machine, at `tick`, is ahead of the host, whose clock shows `time`; 0 when it is late, or went back in time.
    package mutating func lead(tick: UInt64, time: UInt64) -> UInt64 {
        guard tick >= startTick, time >= startTime else {
            (startTick, startTime) = (tick, time)
            return 0
        }
        let due = Double(tick - startTick) / pace
        let passed = Double(time - startTime)
        if passed - due > Self.patience { (startTick, startTime) = (tick, time) }
        return due > passed ? UInt64(due - passed) : 0
    }
}
