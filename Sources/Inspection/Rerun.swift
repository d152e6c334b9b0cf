import Board
import Processor

/// A machine's past, gone through once more by whoever asks how the machine came to be as it is. Nothing is recorded while it runs: time is counted in
/// instructions, so the same machine from the same beginning comes through the same states.
public final class Rerun {
    private let begin: (UInt64) -> PC?
    private let move: (PC, UInt64) -> PC.Pause
    private let finish: () -> Void
    private var current: PC?
    private var wasUsed = false
    /// The first tick that can be gone to.
    package let earliest: UInt64
    /// The number of the processor that is asked about.
    package var processor = 0

    /// `twin` makes another machine as the first one was when it was switched on; nil where that cannot be done.
    public init(twin: @escaping () -> PC?) {
        begin = { tick in
            guard let pc = twin() else { return nil }
            while pc.clock.now < tick {
                if case .ended = pc.run(until: tick) { return nil }
            }
            return pc
        }
        move = { $0.run(until: $1) }
        finish = {}
        earliest = 0
    }

    /// The machine itself, which goes back and comes to its present again with `end()`.
    public init(_ timeline: Timeline) {
        let (pc, end, ending) = (timeline.pc, timeline.pc.clock.now, timeline.pc.ending)
        let stops = pc.stopConditions
        begin = { tick in
            guard tick >= timeline.earliest, tick < end else { return nil }
            pc.stop(at: StopConditions())
            timeline.go(to: tick)
            return pc.clock.now == tick ? pc : nil
        }
        move = { timeline.run(until: $1) }
        earliest = timeline.earliest
        finish = {
            timeline.go(to: end)
            // A fault that ends the machine takes no time: the end lies behind the last tick.
            if ending != nil, pc.ending == nil { _ = timeline.run(until: end + 1) }
            pc.stop(at: stops)
            pc.focus = nil
        }
    }

    /// The machine at a tick of its past; nil where that is not kept.
    package func machine(at tick: UInt64) -> PC? {
        if let current, current.clock.now <= tick {
            while current.clock.now < tick {
                if case .ended = move(current, tick) { return nil }
            }
            return current
        }
        wasUsed = true
        current = begin(tick)
        current?.focus = processor
        return current
    }

    /// Ticks of the past that are searched for something that may have come long ago: they are gone through two or three times more.
    package static let longestSearch: UInt64 = 300_000_000

    /// Samples of one look through the past.
    private static let samples: UInt64 = 64

    /// The last sample of the past, between two ticks, for which something holds, and the way from it to the next sample: at most as long as the last
    /// moments. The past is gone through forwards; each look narrows it to the part behind the last sample that holds. nil where none does.
    package func last(from begin: UInt64, before end: UInt64, where holds: (PC) -> Bool) -> Range<UInt64>? {
        var (low, high) = (max(begin, earliest), end)
        guard low < high else { return nil }
        while high &- low > LastMoments.window {
            let step = (high &- low) / Self.samples
            var last: UInt64?
            var now = low
            while now < high, let pc = machine(at: now) {
                if holds(pc) { last = now }
                now &+= step
            }
            guard let last else { return nil }
            (low, high) = (last, min(last &+ step, high))
        }
        return low..<high
    }

    /// Runs the machine up to a tick.
    func run(until tick: UInt64) -> PC.Pause { current.map { move($0, tick) } ?? .limit }

    /// Everything is as it was before the first question.
    package func end() {
        guard wasUsed else { return }
        (current, wasUsed) = (nil, false)
        finish()
    }
}
