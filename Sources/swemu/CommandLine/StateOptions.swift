import ArgumentParser
import Session

/// Options of `swemu run` about the machine's state: snapshots, recordings, and the time limit of the host.
struct StateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Go on from this snapshot instead of power-on.", valueName: "file"), completion: .file())
    var restore: String?
    @Option(
        help: ArgumentHelp(
            "Save snapshots here: when --save-at says, and on SIGUSR1. {tick} in the name becomes the instruction count.",
            valueName: "file"), completion: .file())
    var save: String?
    @Option(
        help: ArgumentHelp(
            "When to save: \(SaveMoment.words).", valueName: "when"))
    var saveAt: [SaveMoment] = []
    @Option(
        help: ArgumentHelp("Keep all outside input with its instruction count, for --replay.", valueName: "file"),
        completion: .file())
    var record: String?
    @Option(help: ArgumentHelp("Repeat a recorded run; no other input is taken.", valueName: "file"), completion: .file())
    var replay: String?
    @Option(
        help: ArgumentHelp(
            "End after this much of the host's time, as in 30s or 5m. A safety net: --max-instructions judges the guest.",
            valueName: "time"))
    var timeout: HostTime?

    func validate() throws {
        if save == nil, !saveAt.isEmpty { throw ValidationError("--save-at says when to save; say where with --save FILE") }
        if record != nil, record == replay {
            throw ValidationError("--record would overwrite the recording that is replayed; give it another name")
        }
    }

    var plan: StatePlan {
        var plan = StatePlan()
        (plan.restore, plan.save, plan.saveAt, plan.record, plan.replay) = (restore, save, saveAt, record, replay)
        return plan
    }
}
