/// The machine's only clock. Time is counted in ticks, one for each instruction that retires or faults (an iteration of a
/// repeated string instruction counts as one); a halted processor skips to the next event. `rate` ticks are one virtual second.
///
/// Chips compute their own cycle counts from it and schedule their next deadline on it. Nothing here looks at the host's time.
public final class Clock {
    /// Ticks per virtual second, at least 1.
    public let rate: UInt64

    /// The words that the processor's run loop shares with the clock: kept in memory of fixed address, because they are read at the end of each block.
    public struct Cells {
        /// Ticks since power-on.
        public var now: UInt64 = 0
        /// The earliest deadline of any event; `UInt64.max` when there is none.
        public var nextDeadline: UInt64 = .max
    }

    /// SAFETY: allocated once in `init`, freed in `deinit`; whoever keeps the pointer keeps the clock.
    public let cells: UnsafeMutablePointer<Cells>

    private struct Entry {
        let name: String
        var deadline: UInt64
        let handler: () -> Void
    }
    private var entries: [Entry] = []

    /// A registered event; scheduling it again replaces its deadline.
    public struct Event: Hashable, Sendable {
        fileprivate let index: Int
    }

    /// A clock at tick 0. `rate` is the number of ticks in a virtual second, more than 0.
    public init(rate: UInt64) {
        precondition(rate > 0, "a clock without ticks")
        self.rate = rate
        cells = .allocate(capacity: 1)
        cells.initialize(to: Cells())
    }

    deinit { cells.deallocate() }

    /// Ticks since power-on.
    public var now: UInt64 { cells.pointee.now }

    /// Those of them that passed without instructions, by `skip(to:)`.
    public private(set) var skipped: UInt64 = 0

    /// Instructions since power-on: the ticks that were not skipped.
    public var instructions: UInt64 { now - skipped }

    /// Ticks since `tick`; 0 where the clock was put back before it. Whoever keeps a tick asks here: a debugger may go back in time.
    public func passed(since tick: UInt64) -> UInt64 { now > tick ? now - tick : 0 }

    /// The place where the last run of such ticks began that nothing interrupted, and where it ended.
    private var idle: (start: UInt64, end: UInt64) = (0, 0)

    /// The tick at which the present idle time began: now, unless the tick before was skipped. Not looked back for beyond `restart(at:skipped:)`.
    public var idleStart: UInt64 { idle.end == now ? idle.start : now }

    /// Makes an event that calls `handler` when its deadline has come. Events due at the same tick fire in order of registration.
    public func register(_ name: String, handler: @escaping () -> Void) -> Event {
        entries.append(Entry(name: name, deadline: .max, handler: handler))
        return Event(index: entries.count - 1)
    }

    /// Fires `event` at tick `deadline`, or at once at the next opportunity if that has passed. Replaces an earlier deadline.
    public func schedule(_ event: Event, at deadline: UInt64) {
        entries[event.index].deadline = deadline
        updateNextDeadline()
    }

    /// Takes an event's deadline away; it does not happen until it is scheduled again.
    public func cancel(_ event: Event) {
        guard entries[event.index].deadline != .max else { return }
        entries[event.index].deadline = .max
        updateNextDeadline()
    }

    /// The deadline of `event`, if it is scheduled.
    public func deadline(of event: Event) -> UInt64? {
        let deadline = entries[event.index].deadline
        return deadline == .max ? nil : deadline
    }

    /// Calls the handlers of all events whose deadline is not after `now`, earliest first.
    public func fireDueEvents() {
        while cells.pointee.nextDeadline <= now {
            let due = cells.pointee.nextDeadline
            guard let index = entries.firstIndex(where: { $0.deadline == due }) else { return updateNextDeadline() }
            entries[index].deadline = .max
            updateNextDeadline()
            entries[index].handler()
        }
    }

    /// Moves time forward without instructions: what HLT does until the next event.
    public func skip(to tick: UInt64) {
        precondition(tick >= now, "time runs forward")
        idle = (idle.end == now ? idle.start : now, tick)
        skipped &+= tick &- cells.pointee.now
        cells.pointee.now = tick
    }

    /// Puts the clock to `tick`, forwards or backwards, without any deadline: whoever keeps events schedules them again. For putting
    /// back the state of a machine.
    /// `skipped` of the ticks before passed without instructions.
    public func restart(at tick: UInt64, skipped: UInt64) {
        cells.pointee.now = tick
        idle = (tick, tick)
        self.skipped = min(skipped, tick)
        for index in entries.indices { entries[index].deadline = .max }
        updateNextDeadline()
    }

    private func updateNextDeadline() {
        var earliest = UInt64.max
        for entry in entries where entry.deadline < earliest { earliest = entry.deadline }
        cells.pointee.nextDeadline = earliest
    }
}

extension Clock {
    /// Whole cycles that an oscillator of `hertz` has completed at tick `tick` (by default now): tick × hertz ÷ rate, rounded down.
    public func cycles(of hertz: UInt64, at tick: UInt64? = nil) -> UInt64 {
        let product = (tick ?? now).multipliedFullWidth(by: hertz)
        guard product.high < rate else { return .max }
        return rate.dividingFullWidth(product).quotient
    }

    /// The first tick at which an oscillator of `hertz` has completed `cycle` cycles: cycle × rate ÷ hertz, rounded up.
    public func tick(ofCycle cycle: UInt64, of hertz: UInt64) -> UInt64 {
        let product = cycle.multipliedFullWidth(by: rate)
        guard product.high < hertz else { return .max }
        let division = hertz.dividingFullWidth(product)
        return division.quotient &+ (division.remainder == 0 ? 0 : 1)
    }

    /// Ticks in `microseconds` of virtual time, at least 1.
    public func ticks(microseconds: UInt64) -> UInt64 {
        max(1, tick(ofCycle: microseconds, of: 1_000_000))
    }
}
