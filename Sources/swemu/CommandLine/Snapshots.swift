import ArgumentParser
import Board
import Checks
import Formats
import Session

/// `swemu snapshot`: a machine's whole state in a file.
struct Snapshots: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Save a machine's whole state, describe and check what was saved.",
        discussion: """
            A snapshot is opened with --restore by swemu run and swemu debug.

            Examples:
              swemu snapshot save disk.img --at serial=login: -o booted.snap
              swemu run disk.img --snapshot --restore booted.snap
              swemu debug disk.img --restore booted.snap
              swemu snapshot info booted.snap
              swemu snapshot check booted.snap
            """,
        subcommands: [Save.self, Info.self, Check.self])
}

extension Snapshots {
    struct Save: ParsableCommand, StatusCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a machine up to a moment, and save it.",
            discussion: """
                Saves when the first of these comes and ends then: a moment of --at, the last step of --script, --step and --expect, \
                or SIGUSR1. Everything swemu run accepts for the machine is accepted here. What the guest writes to its disks goes into the \
                snapshot and not into the images, so give --snapshot with --restore. To go on after saving, or to save more than \
                once, see --save of swemu run.

                Examples:
                  swemu snapshot save disk.img --at 500M -o early.snap
                  swemu snapshot save disk.img --headless --expect login: --step 'send: "root\\n"' --expect "# " -o shell.snap
                  swemu snapshot save --kernel kernel.elf --headless --at triple-fault -o died.snap
                  swemu snapshot save disk.img --at end -o left.snap     (Ctrl-A x leaves)

                Exit status: 0 saved; 20 the guest ended with success before; otherwise that of swemu run.
                """)

        @OptionGroup var machine: Run

        @Option(help: ArgumentHelp("When to save: \(SaveMoment.words). Again for more; the first one counts.", valueName: "when"))
        var at: [SaveMoment] = []
        @Option(
            name: [.customShort("o"), .long],
            help: ArgumentHelp("The snapshot; {tick} in the name becomes the instruction count.", valueName: "file"),
            completion: .file())
        var output: String

        func run() throws -> Int32 {
            var plan = try machine.plan
            plan.state.save = output
            plan.state.saveAt = at
            if !plan.readOnly { plan.snapshot = true }
            let session = try HostSession(plan, endsAtSave: true)
            if at.isEmpty, session.script == nil { complain("swemu: saves when told to: kill -USR1 \(getpid())") }
            return session.run()
        }

        func validate() throws {
            if machine.state.save != nil || !machine.state.saveAt.isEmpty {
                throw ValidationError("--save and --save-at are for swemu run; here they are -o and --at")
            }
            if machine.connections.awaitsDebugger { throw ValidationError("--gdb and --dap are for swemu run; leave them out") }
        }

        func run() throws { _ = try run() as Int32 }
    }

    struct Info: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a snapshot is of.",
            discussion: "The whole file is read; whether it makes a machine is for swemu snapshot check.")

        @Argument(help: "The snapshot.", completion: .file())
        var file: String
        @Flag(help: "As JSON.")
        var json = false

        func run() throws {
            let snapshot = try StateFile.snapshot(file)
            let contents = try StateFile.naming(file) { () throws(SnapshotError) in try snapshot.contents() }
            let description = SnapshotDescription(path: file, machine: snapshot.machine, contents: contents)
            try StandardOutput.write(json ? description.json.file : description.lines.joined(separator: "\n") + "\n")
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a snapshot's machine together, without its disks, and compare it with the one that was saved.",
            discussion: "Exit status: 0 whole; 56 it cannot be read; 68 damaged, from another version, or no snapshot.")

        @Argument(help: "The snapshot.", completion: .file())
        var file: String

        func run() throws {
            let snapshot = try StateFile.snapshot(file)
            let hash = try StateFile.naming(file) { () throws(SnapshotError) in try snapshot.verify() }
            try StandardOutput.write(line: "\(file): whole; state \(hash) at tick \(snapshot.machine.tick)")
        }
    }
}
