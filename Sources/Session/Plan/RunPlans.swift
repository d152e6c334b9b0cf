/// The measurements of a run: which code was reached, and where the time went. Each is the name of a file.
package struct MeasurePlan {
    package var coverage: String?
    /// Both ways of conditional branches are told, too, by the interpreter.
    package var coverageBranches = false
    package var profile: String?
    /// Ticks between two stacks of a profile. Nil: 100,000 at first, and more as the run goes on.
    package var profileEvery: UInt64?
    package var timeline: String?

    package init() {}
}

/// A machine's bounds on the host, and what it leaves when it does not pass.
package struct Ceilings {
    /// Instructions since power-on, and ticks, which are instructions and halted time.
    package var instructions: UInt64?
    package var ticks: UInt64?
    /// Bytes on serial lines, debug console and port 80h.
    package var output: UInt64?
    /// Bytes of the host's memory.
    package var hostMemory: UInt64?
    /// Nanoseconds of the host.
    package var timeout: UInt64?
    /// The folder for what is left of a machine that did not pass, and whether it is filled for one that did, too.
    package var evidence: String?
    package var evidenceAlways = false

    package init() {}
}

/// Snapshots and recordings.
package struct StatePlan {
    package var restore: String?
    /// The file that snapshots go to; "{tick}" in it becomes the moment.
    package var save: String?
    package var saveAt: [SaveMoment] = []
    package var record: String?
    package var replay: String?

    package init() {}
}

/// Monitors with QEMU's words, and with its machine protocol.
package struct MonitorPlan {
    package var monitor: [MonitorAddress] = []
    package var qmp: [GDBAddress] = []

    package init() {}

    package var isPresent: Bool { !monitor.isEmpty || !qmp.isEmpty }
    package var usesStandardOutput: Bool { monitor.contains(.link(.stdio)) || qmp.contains(.stdio) }
}

/// The beginning of a debugger's dialogue.
package struct DialoguePlan {
    /// A dialogue in lines, in a terminal, too.
    package var isPlain = false
    /// A file of commands, and commands behind it.
    package var commandFile: String?
    package var commands: [String] = []

    package init(isPlain: Bool = false, commandFile: String? = nil, commands: [String] = []) {
        self.isPlain = isPlain
        self.commandFile = commandFile
        self.commands = commands
    }
}
