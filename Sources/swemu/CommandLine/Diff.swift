import ArgumentParser
import Board
import Debugging
import Session

/// `swemu diff`: what is different in two snapshots.
struct Diff: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is different in two snapshots: registers, variables, memory, chips.",
        discussion: """
            Names come from --symbols. Disks are not compared.

            Examples:
              swemu diff before.snap after.snap --symbols kernel.elf

            Exit status: 0 nothing is different; 1 something is; 56 a file cannot be read; 68 a file is damaged, or no snapshot.
            """)

    @Argument(help: "The earlier snapshot.", completion: .file())
    var first: String
    @Argument(help: "The later one.", completion: .file())
    var second: String
    @Option(help: ArgumentHelp("ELF file with symbols.", valueName: "file"), completion: .file())
    var symbols: String?

    func run() throws -> Int32 {
        let sources = try symbols.map { try HostSession.symbols($0) }
        let machines = try [first, second].map { path in
            let snapshot = try StateFile.snapshot(path)
            return try StateFile.naming(path) { () throws(SnapshotError) in try snapshot.machineWithoutDisks() }
        }
        let lines = MachineDifference(from: machines[0], to: machines[1], sources: sources).lines
        try StandardOutput.write(line: lines.isEmpty ? "nothing is different" : lines.joined(separator: "\n"))
        return lines.isEmpty ? 0 : 1
    }

    func run() throws { _ = try run() as Int32 }
}
