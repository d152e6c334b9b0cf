import Board
import Executables
import Formats
import Trace
import Wiring

/// The files of `--coverage` and `--profile`.
package struct Measures {
    private let coverage: Coverage?
    private var coverageFile: OutputFile?
    private var profile: Profile?
    private var profileFile: OutputFile?

    /// Throws where coverage is asked for, and no file has lines.
    init(_ plan: MeasurePlan, _ pc: PC, _ sources: SourceMap?) throws {
        if let path = plan.coverage {
            guard let sources, !sources.lines.rows.isEmpty, sources.hasSections else {
                throw UserError(
                    .usage, "no source lines are known", "--coverage \(path)",
                    remedy: "compile with -g, and give the ELF file with --kernel or --symbols")
            }
            coverage = Coverage(pc.processors, sources: sources, withBranches: plan.coverageBranches)
            coverageFile = try OutputFile(path)
        } else {
            coverage = nil
        }
        profileFile = try plan.profile.map { try OutputFile($0) }
        do throws(HostMemory.Exhausted) {
            profile =
                plan.profile == nil
                ? nil
                : try Profile(pc, every: plan.profileEvery ?? 100_000, isStretched: plan.profileEvery == nil, sources: sources)
        } catch {
            throw UserError(.outOfHostMemory(bytes: error.bytes))
        }
    }

    /// The tick at which the machine has to be looked at.
    var next: UInt64 { profile?.next ?? .max }

    mutating func take(_ pc: PC) { profile?.take(pc) }

    /// Writes the files.
    mutating func finish() {
        if let coverage { coverageFile?.renew(Array(coverage.tracefile.utf8)) }
        coverageFile?.finish()
        if let profile, let path = profileFile?.path {
            profileFile?.renew(Array((path.hasSuffix(".json") ? Self.speedscope(profile).file : profile.folded).utf8))
        }
        profileFile?.finish()
    }

    /// Files that are not whole, in words.
    var losses: [String] { [coverageFile?.loss, profileFile?.loss].compactMap { $0 } }

    /// A sampled profile as speedscope reads it (its file format schema).
    private static func speedscope(_ profile: Profile) -> JSON {
        var numbers: [String: UInt64] = [:]
        var names: [JSON] = []
        func number(_ name: String) -> JSON {
            let known = numbers[name] ?? UInt64(names.count)
            if numbers.updateValue(known, forKey: name) == nil { names.append(.object([("name", .text(name))])) }
            return .number(known)
        }
        let stacks = profile.stacks
        let samples = stacks.map { stack in JSON.list(stack.frames.map(number)) }
        let weights = stacks.map { JSON.number($0.samples * profile.interval) }
        let total = stacks.reduce(0) { $0 + $1.samples } * profile.interval
        return .object([
            ("$schema", .text("https://www.speedscope.app/file-format-schema.json")), ("exporter", .text("swemu \(swemuVersion)")),
            ("shared", .object([("frames", .list(names))])),
            (
                "profiles",
                .list([
                    .object([
                        ("type", .text("sampled")), ("name", .text("virtual time in ticks")), ("unit", .text("none")),
                        ("startValue", .number(0)), ("endValue", .number(total)), ("samples", .list(samples)),
                        ("weights", .list(weights)),
                    ])
                ])
            ),
        ])
    }
}
