import ArgumentParser
import Session

/// The measurements of a run: which code was reached, and where the time went.
struct MeasureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("File for the source lines and functions that were reached, as lcov's tracefile.", valueName: "file"),
        completion: .file())
    var coverage: String?
    @Flag(help: "With --coverage: which ways each conditional branch went, too; on the interpreter.")
    var coverageBranches = false
    @Option(
        help: ArgumentHelp(
            "File for stacks of functions by virtual time: folded for flame graphs, or for speedscope where its name ends in .json.",
            valueName: "file"),
        completion: .file())
    var profile: String?
    @Option(
        help: ArgumentHelp(
            "Ticks between two stacks of a profile; without it 100,000, and twice as many each time 500 were taken.",
            valueName: "ticks"))
    var profileEvery: Count?

    @Option(
        help: ArgumentHelp(
            "File for modes, interrupts, ports, disk requests and processors over time, as Chrome's trace events for Perfetto.",
            valueName: "file"),
        completion: .file())
    var timeline: String?

    func validate() throws {
        if coverageBranches, coverage == nil { throw ValidationError("--coverage-branches needs a file; add --coverage FILE") }
        if profileEvery?.value == 0 { throw ValidationError("--profile-every 0: one tick is the least") }
    }

    var plan: MeasurePlan {
        var plan = MeasurePlan()
        plan.coverageBranches = coverageBranches
        (plan.coverage, plan.profile, plan.profileEvery, plan.timeline) = (coverage, profile, profileEvery?.value, timeline)
        return plan
    }
}
