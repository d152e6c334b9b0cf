import Processor

/// Races that were found. They are told a while later: a word may turn out to be one that somebody waits for.
struct RaceFindings {
    /// An access that is not ordered with an earlier one of another processor.
    struct Race {
        let kind: RaceAccess.Kind
        let other: RaceAccess.Kind
        let otherPlace: CodePlace
        /// The first byte that both access, by its physical and its linear address, and all of them in its eight bytes.
        let first: UInt64
        let linear: UInt64
        let bytes: UInt8
    }

    /// Two instructions, whichever comes first.
    private struct Pair: Hashable {
        let low: UInt64
        let high: UInt64

        init(_ a: UInt64, _ b: UInt64) { (low, high) = (min(a, b), max(a, b)) }
    }

    private struct Pending {
        let first: UInt64
        let bytes: UInt8
        let pair: Pair
        let due: UInt64
        var finding: CheckFinding
    }

    /// The tick from which the next finding may be told; never without one.
    private(set) var nextTick = UInt64.max
    private var pending: [Pending] = []
    /// Told findings by their bytes and by their instructions.
    private var places: [UInt64: Int] = [:]
    private var pairs: [Pair: Int] = [:]
    private let delay: UInt64

    /// `delay`: ticks in which each processor has come to its next look at a word that it waits for.
    init(delay: UInt64) { self.delay = delay }

    mutating func add(_ race: Race, _ cpu: CPU, _ checks: MachineChecks) {
        let place = checks.place(cpu)
        let pair = Pair(place.base &+ place.rip, race.otherPlace.base &+ race.otherPlace.rip)
        if let told = places[race.first] ?? pairs[pair] { return checks.countAgain(told) }
        if let index = pending.firstIndex(where: { $0.first == race.first || $0.pair == pair }) {
            pending[index].finding.count += 1
            return
        }
        guard pending.count < MachineChecks.mostFindings else { return checks.leaveOut() }
        let finding = checks.finding(
            .races, by: cpu, sentence: Self.sentence(race, place, checks), details: Self.details(race, cpu, checks))
        pending.append(Pending(first: race.first, bytes: race.bytes, pair: pair, due: place.tick &+ delay, finding: finding))
        nextTick = min(nextTick, place.tick &+ delay)
    }

    /// The word is one that synchronises: what was found of it is no mistake.
    mutating func drop(_ eight: UInt64, _ bytes: UInt8) {
        guard !pending.isEmpty else { return }
        pending.removeAll { $0.first & ~7 == eight && $0.bytes & bytes != 0 }
    }

    /// Tells what is due.
    mutating func settle(_ tick: UInt64, _ checks: MachineChecks) {
        for found in pending where found.due <= tick {
            guard let index = checks.tell(found.finding) else { continue }
            places[found.first] = index
            pairs[found.pair] = index
        }
        pending.removeAll { $0.due <= tick }
        nextTick = pending.map(\.due).min() ?? .max
    }

    mutating func forget() {
        pending = []
        nextTick = .max
    }

    // MARK: In words

    private static func sentence(_ race: Race, _ place: CodePlace, _ checks: MachineChecks) -> String {
        let verb = ["is read by", "is written by", "is changed by", "is changed by"][Int(race.kind.rawValue)]
        let earlier = ["was read by", "was written by", "was changed by", "was changed by"][Int(race.other.rawValue)]
        return
            "\(checks.name(race.linear)) \(verb) processor \(place.processor) and \(earlier) processor \(race.otherPlace.processor), "
            + "and nothing orders the two"
    }

    private static func details(_ race: Race, _ cpu: CPU, _ checks: MachineChecks) -> [String] {
        let other = checks.pc.processors[race.otherPlace.processor]
        var details = [
            "by: \(checks.text(cpu))",
            "the other: \(checks.text(at: race.otherPlace, of: other)) at \(race.otherPlace.words(checks.sources)) on processor "
                + "\(race.otherPlace.processor), tick \(race.otherPlace.tick)",
        ]
        switch (race.kind, race.other) {
        case (.locked, .change): details.append("the other one has no LOCK prefix: what this one writes may be lost")
        case (.change, .locked): details.append("this one has no LOCK prefix: what the other writes may be lost")
        default:
            details.append(
                "no lock, no store that processor \(cpu.number) waited for and no interrupt is between the two")
        }
        return details
    }
}
