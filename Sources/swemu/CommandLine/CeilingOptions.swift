import ArgumentParser
import Session

/// A machine's bounds on the host, and what it leaves when it does not pass.
struct CeilingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("End when this many instructions are executed since power-on, as in 500M.", valueName: "count"))
    var maxInstructions: Count?
    @Option(help: ArgumentHelp("End at this tick: instructions and halted time, as in 500M.", valueName: "count"))
    var maxTicks: Count?
    @Option(
        help: ArgumentHelp("End after this many bytes on serial lines, debug console and port 80h, as in 16M.", valueName: "count"))
    var maxOutput: Count?
    @Option(help: ArgumentHelp("End when this program takes more of the host's memory, as in 1G.", valueName: "size"))
    var maxHostMemory: String?
    @Option(
        help: ArgumentHelp(
            "Folder for screen, post-mortem, snapshot and recording of a machine that did not pass.", valueName: "folder"),
        completion: .directory)
    var evidence: String?
    @Flag(help: "Leave it when the machine passed, too.")
    var evidenceAlways = false

    func validate() throws {
        if let maxHostMemory, MemorySize(argument: maxHostMemory) == nil, UInt64(maxHostMemory) == nil {
            throw ValidationError("--max-host-memory \(maxHostMemory) is no size; write a unit, as in 512M or 4G")
        }
    }

    func plan(timeout: HostTime?) -> Ceilings {
        var plan = Ceilings()
        (plan.instructions, plan.ticks) = (maxInstructions?.value, maxTicks?.value)
        plan.output = maxOutput?.value
        // A number of more than eight digits without a unit is bytes already.
        plan.hostMemory = maxHostMemory.flatMap { text in
            if let bytes = UInt64(text), bytes > 99_999_999 { return bytes }
            return MemorySize(argument: text)?.bytes
        }
        plan.timeout = timeout?.nanoseconds
        (plan.evidence, plan.evidenceAlways) = (evidence, evidenceAlways)
        return plan
    }
}
