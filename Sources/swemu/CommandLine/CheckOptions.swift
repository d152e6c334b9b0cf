import ArgumentParser
import Checks
import Formats
import Session

/// Mistakes that are looked for while the guest runs.
struct CheckOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Look for mistakes while the guest runs, on the interpreter: \(CheckOptions.names.joined(separator: ", ")); separated by commas.",
            valueName: "checks"))
    var check: [String] = []

    static let names = Check.allCases.map(\.rawValue)

    /// The checks that were asked for. Unknown ones were refused before.
    var checks: Set<Check> { (try? Self.checks(check)) ?? [] }

    func validate() throws { _ = try Self.checks(check) }

    static func checks(_ lists: [String]) throws -> Set<Check> {
        var checks: Set<Check> = []
        for list in lists {
            switch Check.list(list) {
            case .success(let named): checks.formUnion(named)
            case .failure(let unknown): throw ValidationError("--check \(unknown.name): \(remedy(for: unknown.name, among: names))")
            }
        }
        return checks
    }
}
