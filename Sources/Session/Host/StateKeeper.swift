import Board
import Formats
import Wiring

/// The host's side of `--restore`, `--save`, `--record` and `--replay`.
final class StateKeeper {
    private let plan: StatePlan
    /// The run is over as soon as something was saved, and that is what it was for.
    private let endsAtSave: Bool
    private let snapshot: Snapshot?
    private let replay: RunRecording?
    private var recordingFile: ByteStream?
    private var ticks: [UInt64]
    private let triggers: SaveTriggers
    /// All that has entered from outside in this run, so that it can be repeated; nil when that was too much to keep.
    private(set) var heard: [RunRecording.Entry]? = []
    private static let heardLimit = 1 << 17
    /// Tick of the last input that was recorded.
    private var lastHeard: UInt64 = 0
    /// Input was recorded that never came: somebody went back before it and made another present.
    private var isRewritten = false
    /// The file that was saved last, and when.
    private var saved: String?
    /// The snapshot that could not be saved, in words.
    private var loss: String?
    /// No link was at the name of `--save` when the run began: none that appears later is followed.
    private let savesToPlainFile: Bool

    /// Opens what is to be read.
    init(_ plan: StatePlan, endsAtSave: Bool) throws {
        self.plan = plan
        self.endsAtSave = endsAtSave
        savesToPlainFile = plan.save.map(NewFile.isPlain) ?? true
        snapshot = try plan.restore.map { try StateFile.snapshot($0) }
        replay = try plan.replay.map { try Self.recording($0) }
        ticks = plan.saveAt.compactMap { if case .tick(let tick) = $0 { tick } else { nil } }.sorted()
        triggers = SaveTriggers(plan.saveAt)
    }

    /// Reads the recording at `path`.
    static func recording(_ path: String) throws -> RunRecording {
        switch readFile(path, limit: 1 << 28) {
        case .failure(let reason):
            throw UserError(.inputFile, "cannot read the recording (\(reason.text))", path, remedy: "check the name")
        case .success(let bytes):
            do throws(RecordingError) {
                return try RunRecording(parsing: String(decoding: bytes, as: UTF8.self))
            } catch {
                throw UserError(.stateFile, line: "\(path): \(error)")
            }
        }
    }

    var isReplaying: Bool { replay != nil }
    var restores: Bool { snapshot != nil }

    /// Makes `configuration` that of the saved or recorded machine, and listens to what the guest says.
    func configure(_ configuration: inout PC.Configuration, plan: SessionPlan) throws {
        let given = configuration
        if let replay { configuration = replay.configuration(configuration) }
        if let snapshot { configuration = snapshot.configuration(configuration) }
        if isReplaying || restores { try refuseContradictions(given, configuration, plan) }
        triggers.listen(to: &configuration)
    }

    /// An option that was given, and says something else than the file.
    private func refuseContradictions(_ given: PC.Configuration, _ kept: PC.Configuration, _ plan: SessionPlan) throws {
        let usual = PC.Configuration()
        func refuse(_ option: String, _ value: String) -> UserError {
            UserError(.stateFile, line: "the saved machine has \(option) \(value); leave the option out, or say the same")
        }
        if given.machine != usual.machine, given.machine != kept.machine { throw refuse("--machine", kept.machine.rawValue) }
        if given.memoryBytes != usual.memoryBytes, given.memoryBytes != kept.memoryBytes {
            throw refuse("--memory", "\(kept.memoryBytes / 1024)K")
        }
        if given.model != usual.model, given.model != kept.model { throw refuse("--cpu", kept.model.rawValue) }
        if given.ticksPerSecond != usual.ticksPerSecond, given.ticksPerSecond != kept.ticksPerSecond {
            throw refuse("--rate", "\(kept.ticksPerSecond)")
        }
        if let firmware = given.firmware, firmware != kept.firmware {
            throw refuse("another firmware than", plan.bios ?? "--bios")
        }
    }

    /// Says what is wrong with the file, where the machine it describes cannot be built.
    func refusal(_ error: BoardError) -> UserError? {
        (plan.restore ?? plan.replay).map { UserError(.stateFile, line: "\($0): \(SnapshotError.machine(error))") }
    }

    /// Puts the state into the new machine, compares it with the recording, begins to record.
    func begin(_ pc: PC) throws {
        if let snapshot, let path = plan.restore {
            try StateFile.naming(path) { () throws(SnapshotError) in try snapshot.restore(pc) }
        }
        if let path = plan.save { try StateFile.requireWritable(name(path, 0)) }
        pc.input.onDelivery = { [unowned self] tick, input in hear(tick, input) }
        triggers.onTrigger = { [unowned pc] in pc.requestPause() }
        if let replay, let path = plan.replay {
            if let misfit = replay.misfit(pc) { throw UserError(.stateFile, line: "\(path): \(misfit)") }
            pc.input.replay(replay.entries[...])
        }
        ticks.removeAll { $0 <= pc.clock.now }
        guard let path = plan.record else { return }
        guard let recording = RunRecording(startOf: pc) else {
            throw UserError(.imageUnreadable, "a disk cannot be read to its end", path, remedy: "check the images")
        }
        let file = try ByteStream(writingTo: path)
        recordingFile = file
        for line in recording.header { file.put(line: line) }
    }

    private func hear(_ tick: UInt64, _ input: InputGate.Input) {
        noteTime(tick)
        recordingFile?.put(line: RunRecording.line(tick, input))
        heard?.append(RunRecording.Entry(tick: tick, input: input))
        if let count = heard?.count, count > Self.heardLimit { heard = nil }
    }

    /// A recording tells of one run: it is none any more once the machine's present lies before what was recorded.
    private func noteTime(_ tick: UInt64) {
        if tick < lastHeard { isRewritten = true }
        if isRewritten { heard = nil }
        lastHeard = max(lastHeard, tick)
    }

    // MARK: While it runs

    /// The tick at which the machine has to pause next.
    var nextTick: UInt64 { ticks.first ?? .max }
    /// The tick at which a replay ends.
    var lastTick: UInt64 { replay?.end?.tick ?? .max }

    /// The purpose of the run is fulfilled.
    var isDone: Bool { endsAtSave && (saved != nil || loss != nil) }

    /// Between two slices: saves when it is time.
    func afterSlice(_ pc: PC) {
        guard !isDone else { return }
        recordingFile?.flush()
        var isDue = triggers.take()
        // The screen is looked at when a script would, at ticks that depend on the guest alone.
        if pc.clock.now % HostSession.slice == 0, triggers.see(pc.vga) { isDue = true }
        while let first = ticks.first, first <= pc.clock.now {
            ticks.removeFirst()
            isDue = true
        }
        if Signals.takeSaveRequest() { isDue = true }
        if isDue { save(pc) }
    }

    private func save(_ pc: PC) {
        guard let path = plan.save else {
            return complain("swemu: nothing saved: SIGUSR1 saves where --save FILE says")
        }
        if let problem = save(pc, to: path, isPlain: savesToPlainFile) {
            complain("swemu: \(problem)")
            loss = loss ?? problem
        } else {
            let words = "saved \(name(path, pc.clock.now)) at tick \(pc.clock.now)"
            saved = words
            if !endsAtSave { complain("swemu: \(words)") }
        }
    }

    /// Saves a snapshot; why not, in words, if it could not.
    func save(_ pc: PC, to path: String, isPlain: Bool? = nil) -> String? {
        let path = name(path, pc.clock.now)
        let problem = StateFile.write(path, isPlain: isPlain) { sink throws(SnapshotError) in try pc.save(to: sink) }
        return problem.map { "\(path == "-" ? "standard output" : path): \($0)" }
    }

    private func name(_ path: String, _ tick: UInt64) -> String { path.replacing("{tick}", with: String(tick)) }

    /// Wishes for files that are not there, or not whole.
    var losses: [String] {
        let other =
            isRewritten && recordingFile != nil ? "the recording is of no single run: its past was changed in the debugger" : nil
        return [loss, recordingFile?.loss, other].compactMap { $0 }
    }

    // MARK: At the end

    /// Saves what waited for the end. The verdict: where the run was for a snapshot, whether there is one.
    func judge(_ verdict: Verdict, of ending: HostSession.Ending, _ pc: PC) -> Verdict {
        let waits = plan.saveAt.contains { moment in
            switch moment {
            case .end: true
            case .failure: verdict.kind.isFailure
            case .tripleFault: ending == .machine(.tripleFault)
            default: false
            }
        }
        let isDue = waits || triggers.see(pc.vga) || (endsAtSave && ending == .script(.done))
        if isDue, !isDone { save(pc) }
        guard endsAtSave else {
            if plan.save != nil, !plan.saveAt.isEmpty, saved == nil, loss == nil {
                complain("swemu: nothing saved: what --save-at waits for did not come")
            }
            return verdict
        }
        if let saved { return Verdict(.passed, .passed, saved) }
        if loss != nil { return verdict }
        var judged = verdict.kind == .passed ? Verdict(.expectation, .expectationNotMet, verdict.sentence) : verdict
        judged.sentence += "; nothing saved: what was waited for did not come"
        return judged
    }

    /// The recording's last line, and what became of a replay.
    func conclude(_ pc: PC, _ ending: HostSession.Ending) -> HostSession.Ending {
        if pc.clock.now < lastHeard { isRewritten = true }
        // The hash is a look at all of the memory.
        guard recordingFile != nil || replay?.end != nil else { return ending }
        let moment = pc.moment
        recordingFile?.put(line: RunRecording.endLine(moment))
        recordingFile?.finish()
        guard let end = replay?.end else { return ending }
        switch ending {
        case .signal, .user, .timeout: return ending
        case .budget where moment.tick < end.tick: return ending
        default: break
        }
        guard moment == end else { return .replayDiffers(recorded: end, now: moment) }
        return ending == .budget ? .replayEnded : ending
    }
}
