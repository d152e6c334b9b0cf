/// The knowledge that each processor has of the others: vector clocks whose times are ticks, so that each access has a time of its own and each store may be a release.
///
/// An access at tick t of one processor is before what another one does when the other's clock for it is t or more. What a processor knew at an
/// earlier tick, when it stored what is read now, is kept for a while; beyond that more is taken as ordered than is.
struct RaceClocks {
    /// The knowledge of a processor from a tick on.
    private struct Moment {
        let tick: UInt64
        let known: [UInt64]
    }

    private let count: Int
    private var known: [[UInt64]]
    private var past: [[Moment]]
    /// The knowledge that came with messages that are not delivered yet, by processor and vector.
    private var messages: [[UInt8: [UInt64]]]
    private static let mostMoments = 1024

    init(processors: Int) {
        count = processors
        known = .init(repeating: .init(repeating: 0, count: processors), count: processors)
        past = .init(repeating: [], count: processors)
        messages = .init(repeating: [:], count: processors)
    }

    /// The last tick of `other` that is before what `processor` does next.
    @inline(__always) func last(of other: Int, before processor: Int) -> UInt64 { known[processor][other] }

    /// Notes that what `other` did until tick `time` is before what `processor` does from tick `now` on, and so is what `other` knew then.
    mutating func join(_ processor: Int, _ other: Int, until time: UInt64, now: UInt64) {
        guard processor != other, known[processor][other] < time else { return }
        var news = knowledge(of: other, at: time)
        news[other] = time
        join(processor, news, now: now)
    }

    /// A message from `sender` is on its way.
    mutating func send(_ vector: UInt8, from sender: Int, to target: Int, now: UInt64) {
        guard sender != target else { return }
        var news = known[sender]
        news[sender] = now
        messages[target][vector] = messages[target][vector].map { zip($0, news).map { max($0, $1) } } ?? news
    }

    /// The handler of a message begins.
    mutating func receive(_ vector: UInt8, at processor: Int, now: UInt64) {
        guard let news = messages[processor].removeValue(forKey: vector) else { return }
        join(processor, news, now: now)
    }

    /// Another past than was seen.
    mutating func forget() { self = RaceClocks(processors: count) }

    private func knowledge(of processor: Int, at tick: UInt64) -> [UInt64] {
        let moments = past[processor]
        // The first one after it.
        var (low, high) = (0, moments.count)
        while low < high {
            let middle = (low + high) / 2
            if moments[middle].tick <= tick { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? moments[low - 1].known : moments.first.map(\.known) ?? known[processor]
    }

    private mutating func join(_ processor: Int, _ news: [UInt64], now: UInt64) {
        if past[processor].isEmpty { past[processor].append(Moment(tick: 0, known: known[processor])) }
        for other in 0..<count where other != processor { known[processor][other] = max(known[processor][other], news[other]) }
        if past[processor].last?.tick == now { past[processor].removeLast() }
        past[processor].append(Moment(tick: now, known: known[processor]))
        if past[processor].count > Self.mostMoments { past[processor].removeFirst(Self.mostMoments / 2) }
    }
}
