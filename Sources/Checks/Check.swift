/// A kind of mistake that `--check` looks for in a guest that runs, and that no compiler of a kernel finds.
public enum Check: String, CaseIterable, Sendable {
    /// A translation was used that the page tables no longer hold.
    case staleTLB = "stale-tlb"
    /// A return address was overwritten, a stack ran over its lower end, or an interrupt went over a red zone.
    case stack
    /// A byte was used before anybody wrote it since power-on.
    case uninit
    /// Two processors used the same bytes with nothing that orders them.
    case races

    /// The checks of a list with commas; nil with the name of one that does not exist.
    public static func list(_ text: String) -> Result<Set<Check>, UnknownCheck> {
        var checks: Set<Check> = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            guard let check = Check(rawValue: name) else { return .failure(UnknownCheck(name: name)) }
            checks.insert(check)
        }
        return .success(checks)
    }

    /// A name that no check has.
    public struct UnknownCheck: Error, Equatable {
        /// The name, as it was given.
        public let name: String
    }
}

/// A mistake of the guest that a check has found, with the place of the instruction that came upon it.
public struct CheckFinding: Equatable, Sendable {
    /// The check that found it.
    public let check: Check
    /// "0010:00100123 kmain+0x1c (kernel.c:42)".
    public let place: String
    /// The finding in one line.
    public let sentence: String
    /// More that is known, a line each.
    public let details: [String]
    /// The time at which it was found first, in ticks.
    public let tick: UInt64
    /// Number of times that it was found at this place.
    public internal(set) var count: UInt64 = 1

    /// As a post-mortem prints it.
    public var lines: [String] {
        ["check \(check.rawValue): \(sentence)\(count > 1 ? ", \(count) times" : "")", "  at \(place)"] + details.map { "  " + $0 }
    }
}
