import Board
import Chips
import Disks
import Executables
import Explanations
import Formats
import Inspection
import Wiring

/// The evidence of a stopped machine: its post-mortem, with names from the kernel's file and the last branches from running again.
extension HostSession {
    /// A second run takes about as long as the first; beyond this many ticks it is not worth the wait.
    private static let retracedTicks: UInt64 = 500_000_000

    /// Names for addresses: from `--symbols`, or the kernel that was started, where it is an ELF file.
    static func sources(_ plan: SessionPlan, _ kernel: KernelFiles?) throws -> SourceMap? {
        guard let path = plan.symbols else { return kernel.flatMap { try? SourceMap(bytes: $0.kernel.bytes) } }
        return try symbols(path)
    }

    /// Names from the file of `--symbols`.
    package static func symbols(_ path: String) throws -> SourceMap {
        switch readFile(path, limit: 1 << 30) {
        case .failure(let reason):
            throw UserError(.inputFile, "cannot read the symbols (\(reason.text))", path, remedy: "check the name")
        case .success(let bytes):
            do {
                return try SourceMap(bytes: bytes)
            } catch {
                throw UserError(.inputFile, line: "cannot use the symbols of \(path): \(error)")
            }
        }
    }

    /// The post-mortem of an ending that asks for one.
    func postMortem(of ending: Ending) -> PostMortem? {
        let cause: PostMortem.Cause
        switch ending {
        case .machine(.tripleFault): cause = .tripleFault
        case .machine(.deadHalt): cause = .deadHalt
        case .machine(.reset): cause = pc.observed.failedDeliveries.isEmpty ? .reset : .tripleFault
        case .dead(let death): cause = .dead(death)
        case .budget, .ceiling, .script(.failed): cause = .stopped
        default:
            cause = .exit
            guard plan.ceilings.evidence != nil || PostMortem.advice(of: pc, cause) != nil else { return nil }
        }
        return PostMortem(pc, cause: cause, sources: sources, past: rerun)
    }

    /// This machine run again up to where it is; nil where that cannot be the same run.
    private var rerun: Rerun? {
        guard pc.clock.now <= Self.retracedTicks, let heard = keeper.heard else { return nil }
        return Rerun {
            let twin = self.twin()
            twin?.input.replay(heard[...])
            return twin
        }
    }

    /// Makes the machine again as it was at power-on, with memory of its own over the disks; nil where that cannot be made, as when the guest has written to
    /// one.
    private func twin() -> PC? {
        guard !keeper.restores else { return nil }
        var configuration = pc.configuration
        configuration.serialOutput = []
        configuration.debugOutput = nil
        configuration.postCodeOutput = nil
        let media = configuration.floppies.flatMap { $0?.stores ?? [] }
        guard (configuration.disks + media).allSatisfy({ $0.map(Self.isAsAtPowerOn) ?? true }) else { return nil }
        configuration.disks = configuration.disks.map { $0.map(Self.fresh) }
        configuration.floppies = configuration.floppies.map { media in
            media.map { FloppyMedia(stores: $0.stores.map(Self.fresh), inserted: $0.inserted) }
        }
        return try? PC(configuration)
    }

    private static func isAsAtPowerOn(_ store: any BlockStore) -> Bool {
        store is any OverlaidStore || store.isReadOnly || !store.isChanged
    }

    /// The disk as it was at power-on, under writes of its own.
    private static func fresh(_ store: any BlockStore) -> any BlockStore {
        if let store = store as? any OverlaidStore { return Overlay(over: store.base) }
        return store.isReadOnly ? store : Overlay(over: store)
    }

    /// The whole run as a recording; nil where it cannot be repeated.
    private func wholeRecording() -> RunRecording? {
        let hasDisks = plan.images.contains { $0 != nil } || plan.floppies.isPresent
        guard plan.snapshot || plan.readOnly || !hasDisks, let entries = keeper.heard, let twin = twin(),
            var recording = RunRecording(startOf: twin)
        else { return nil }
        recording.entries = entries
        recording.end = pc.moment
        return recording
    }

    /// Throws where the folder of `--evidence` could not be made or used. It is made when there is something to keep.
    static func requireRoomForEvidence(_ folder: String) throws {
        if mkdir(folder, 0o755) == 0 {
            rmdir(folder)
        } else if errno != EEXIST || access(folder + "/.", W_OK) != 0 {
            throw UserError(
                .outputFile, "cannot use the folder (\(hostReason()))", folder,
                remedy: "name one that is there, or a new one in a folder that is")
        }
    }

    /// Writes what helps to understand a failure into the folder of `--evidence`.
    func keepEvidence(_ postMortem: [String]) {
        guard let folder = plan.ceilings.evidence else { return }
        if mkdir(folder, 0o755) != 0, errno != EEXIST {
            return lose("cannot make \(folder) (\(hostReason())); name another --evidence")
        }
        for name in ["screen.txt", "screen.png"] {
            if let problem = ScreenFiles.write(pc.vga, to: "\(folder)/\(name)") { lose(problem) }
        }
        if !postMortem.isEmpty { keep(postMortem.map { $0 + "\n" }.joined(), in: "\(folder)/\(Kept.postMortem)") }
        if let problem = keeper.save(pc, to: "\(folder)/\(Kept.snapshot)") { lose(problem) }
        if let recording = wholeRecording() {
            keep(recording.text, in: "\(folder)/\(Kept.recording)")
        } else {
            complain("swemu: no recording: a run can be repeated from power-on, with --snapshot where it has disks")
        }
    }

    private func keep(_ text: String, in path: String) {
        do { try OutputFile.write(Array(text.utf8), to: path) } catch { lose("\(error)") }
    }

    /// Evidence that was asked for and could not be written.
    private func lose(_ problem: String) { evidenceLoss = evidenceLoss ?? problem }
}

/// Names of the files in a folder of evidence.
package enum Kept {
    static let postMortem = "post-mortem.txt"
    /// The machine at the point of failure.
    package static let snapshot = "failure.snap"
    /// The whole run.
    package static let recording = "recording.txt"
    /// The file that says how to open the two.
    package static let commands = "open.txt"

    package static let all: Set<String> = [
        "stderr.txt", "serial.log", "debugcon.log", "report.json", "screen.txt", "screen.png", postMortem, snapshot, recording,
        commands,
    ]
}
