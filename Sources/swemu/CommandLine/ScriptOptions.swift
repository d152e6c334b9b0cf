import ArgumentParser
import Session

/// Options of `swemu run` that wait for something and do something then.
struct ScriptOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Script of steps to do and texts that mean failure, in YAML.", valueName: "file"), completion: .file())
    var script: String?
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A step as in a script, after its steps: 'serial: \"login:\"'; may be repeated.", valueName: "yaml"))
    var step: [String] = []
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Wait for this text on COM1, the debug console or the screen; may be repeated.", valueName: "text"))
    var expect: [String] = []
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("End with failure when this text appears there; may be repeated.", valueName: "text"))
    var failOn: [String] = []

    func validate() throws {
        if (expect + failOn).contains("") { throw ValidationError("an empty text is everywhere; say what to wait for") }
    }

    var plan: ScriptPlan {
        var plan = ScriptPlan()
        (plan.script, plan.step, plan.expect, plan.failOn) = (script, step, expect, failOn)
        return plan
    }
}
