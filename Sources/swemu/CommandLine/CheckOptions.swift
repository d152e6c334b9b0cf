import ArgumentParser
import Debugging

/// Mistakes that are looked for while the guest runs.
struct CheckOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Look for mistakes while the guest runs, on the interpreter: \(Check.allCases.map(\.rawValue).joined(separator: ", ")); separated by commas.",
            valueName: "checks"))
    var check: [String] = []

    /// The checks that were asked for. Unknown ones were refused before.
    var checks: Set<Check> { (try? Self.checks(check)) ?? [] }

    func validate() throws { _ = try Self.checks(check) }

    static func checks(_ lists: [String]) throws -> Set<Check> {
        var checks: Set<Check> = []
        for list in lists {
            switch Check.list(list) {
            case .success(let named): checks.formUnion(named)
            case .failure(let unknown): throw ValidationError("--check \(unknown.name): \(hint(unknown.name))")
            }
        }
        return checks
    }

    /// The right names for that of a check that there is not.
    static func hint(_ name: String) -> String {
        let names = Check.allCases.map(\.rawValue)
        return nearestName(to: name, among: names).map { "did you mean \($0)?" } ?? "known: \(names.joined(separator: ", "))"
    }
}

extension Run {
    /// The interpreter alone runs: it was asked for, or something that only it tells.
    var interprets: Bool {
        engine == .interpreter || tracing.wantsInstructions || !checking.checks.isEmpty || measuring.coverageBranches
    }
}
