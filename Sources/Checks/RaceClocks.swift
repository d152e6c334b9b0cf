/// The knowledge that each processor has of the others: vector clocks whose times are ticks, so that each access has a time of its own and each store may be a release.
///
/// An access at tick t of one processor is before what another one does when the other's clock for it is t or more. What a processor knew at an
/// earlier tick, when it stored what is read now, is kept for a while; beyond that more is taken as ordered than is.
struct RaceClocks {
    /// What a processor knew from each of some ticks on, in their order: `RaceClocks.count` clocks for each.
    private struct Past {
        var ticks: [UInt64] = []
        var known: [UInt64] = []
    }

    private let count: Int
    /// `count` clocks for each processor.
    private var known: [UInt64]
    private var past: [Past]
    /// The knowledge that came with messages that are not delivered yet, by processor and vector.
    private var messages: [[UInt8: [UInt64]]]
    private static let mostMoments = 1024

    init(processors: Int) {
        count = processors
        known = .init(repeating: 0, count: processors * processors)
        past = .init(repeating: Past(), count: processors)
        messages = .init(repeating: [:], count: processors)
    }

    /// The last tick of `other` that is before what `processor` does next.
    @inline(__always) func last(of other: Int, before processor: Int) -> UInt64 { known[processor &* count &+ other] }

    /// Notes that what `other` did until tick `time` is before what `processor` does from tick `now` on, and so is what `other` knew then.
    mutating func join(_ processor: Int, _ other: Int, until time: UInt64, now: UInt64) {
        guard processor != other, last(of: other, before: processor) < time else { return }
        keepFirst(of: processor)
        let first = past[other].ticks.isEmpty ? nil : moment(of: other, at: time) * count
        for third in 0..<count where third != processor && third != other {
            learn(processor, third, first.map { past[other].known[$0 + third] } ?? last(of: third, before: other))
        }
        learn(processor, other, time)
        keep(processor, now)
    }

    /// A message from `sender` is on its way.
    mutating func send(_ vector: UInt8, from sender: Int, to target: Int, now: UInt64) {
        guard sender != target else { return }
        var news = Array(known[sender * count..<(sender + 1) * count])
        news[sender] = now
        messages[target][vector] = messages[target][vector].map { zip($0, news).map { max($0, $1) } } ?? news
    }

    /// The handler of a message begins.
    mutating func receive(_ vector: UInt8, at processor: Int, now: UInt64) {
        guard let news = messages[processor].removeValue(forKey: vector) else { return }
        keepFirst(of: processor)
        for other in 0..<count where other != processor { learn(processor, other, news[other]) }
        keep(processor, now)
    }

    /// Another past than was seen.
    mutating func forget() { self = RaceClocks(processors: count) }

    /// The number of the last moment of `processor` that is not after a tick, or of the first one that is kept.
    private func moment(of processor: Int, at tick: UInt64) -> Int {
        // The first one after it.
        var (low, high) = (0, past[processor].ticks.count)
        while low < high {
            let middle = (low + high) / 2
            if past[processor].ticks[middle] <= tick { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    private mutating func learn(_ processor: Int, _ other: Int, _ time: UInt64) {
        known[processor * count + other] = max(known[processor * count + other], time)
    }

    /// What a processor knew before it learned anything.
    private mutating func keepFirst(of processor: Int) {
        if past[processor].ticks.isEmpty { keep(processor, 0) }
    }

    /// Keeps what a processor knows from tick `now` on.
    private mutating func keep(_ processor: Int, _ now: UInt64) {
        if past[processor].ticks.last == now {
            past[processor].known.removeLast(count)
        } else {
            past[processor].ticks.append(now)
        }
        past[processor].known += known[processor * count..<(processor + 1) * count]
        guard past[processor].ticks.count > Self.mostMoments else { return }
        past[processor].ticks.removeFirst(Self.mostMoments / 2)
        past[processor].known.removeFirst(Self.mostMoments / 2 * count)
    }
}
