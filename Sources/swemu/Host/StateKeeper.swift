import Board
import Wiring

/// The host's side of `--restore`, `--save`, `--record` and `--replay`.
final class StateKeeper {
    private let options: StateOptions
    private let snapshot: Snapshot?
    private let replay: RunRecording?
    private var recordingFile: ByteStream?
    private var ticks: [UInt64]
    private let triggers: SaveTriggers
    /// All that has entered from outside in this run, so that it can be repeated; nil when that was too much to keep.
    private(set) var heard: [RunRecording.Entry]? = []
    private static let heardLimit = 1 << 17
    private var hasSaved = false
    /// What could not be saved, in words.
    private var loss: String?

    /// Opens what is to be read.
    init(_ options: StateOptions) throws {
        self.options = options
        snapshot = try options.restore.map { path in
            let file = try StateFile.reader(path)
            return try Self.naming(path) { () throws(SnapshotError) in try Snapshot(source: file) }
        }
        replay = try options.replay.map { path in
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
        ticks = options.saveAt.compactMap { if case .tick(let tick) = $0 { tick } else { nil } }.sorted()
        triggers = SaveTriggers(options.saveAt)
    }

    var isReplaying: Bool { replay != nil }
    var restores: Bool { snapshot != nil }

    /// Makes `configuration` that of the saved or recorded machine, and listens to what the guest says.
    func configure(_ configuration: inout PC.Configuration, options: Run) throws {
        let given = configuration
        if let replay { configuration = replay.configuration(configuration) }
        if let snapshot { configuration = snapshot.configuration(configuration) }
        if isReplaying || restores { try refuseContradictions(given, configuration, options) }
        triggers.listen(to: &configuration)
    }

    /// An option that was given, and says something else than the file.
    private func refuseContradictions(_ given: PC.Configuration, _ kept: PC.Configuration, _ options: Run) throws {
        let usual = PC.Configuration()
        func refuse(_ option: String, _ value: String) -> UserError {
            UserError(.stateFile, line: "the saved machine has \(option) \(value); leave the option out, or say the same")
        }
        if given.memoryBytes != usual.memoryBytes, given.memoryBytes != kept.memoryBytes {
            throw refuse("--memory", "\(kept.memoryBytes / 1024)K")
        }
        if given.model != usual.model, given.model != kept.model { throw refuse("--cpu", kept.model.rawValue) }
        if given.ticksPerSecond != usual.ticksPerSecond, given.ticksPerSecond != kept.ticksPerSecond {
            throw refuse("--rate", "\(kept.ticksPerSecond)")
        }
        if let firmware = given.firmware, firmware != kept.firmware {
            throw refuse("another firmware than", options.bios ?? "--bios")
        }
    }

    /// What is wrong with the file, where the machine it describes cannot be built.
    func refusal(_ error: BoardError) -> UserError? {
        (options.restore ?? options.replay).map { UserError(.stateFile, line: "\($0): \(SnapshotError.machine(error))") }
    }

    /// Puts the state into the new machine, compares it with the recording, begins to record.
    func begin(_ pc: PC) throws {
        if let snapshot, let path = options.restore {
            try Self.naming(path) { () throws(SnapshotError) in try snapshot.restore(pc) }
        }
        if let path = options.save { try StateFile.requireWritable(name(path, 0)) }
        pc.input.onDelivery = { [unowned self] tick, input in hear(tick, input) }
        triggers.onTrigger = { [unowned pc] in pc.requestPause() }
        if let replay, let path = options.replay {
            if let misfit = replay.misfit(pc) { throw UserError(.stateFile, line: "\(path): \(misfit)") }
            pc.input.replay(replay.entries[...])
        }
        ticks.removeAll { $0 <= pc.clock.now }
        guard let path = options.record else { return }
        guard let recording = RunRecording(startOf: pc) else {
            throw UserError(.imageUnreadable, "a disk cannot be read to its end", path, remedy: "check the images")
        }
        let file = try ByteStream(.file(path))
        recordingFile = file
        for line in recording.header { file.put(line: line) }
    }

    private func hear(_ tick: UInt64, _ input: InputGate.Input) {
        recordingFile?.put(line: RunRecording.line(tick, input))
        heard?.append(RunRecording.Entry(tick: tick, input: input))
        if let count = heard?.count, count > Self.heardLimit { heard = nil }
    }

    private static func naming<T>(_ path: String, _ body: () throws(SnapshotError) -> T) throws -> T {
        do throws(SnapshotError) {
            return try body()
        } catch {
            throw UserError(.stateFile, line: "\(path): \(error)")
        }
    }

    // MARK: While it runs

    /// The tick at which the machine has to pause next.
    var nextTick: UInt64 { ticks.first ?? .max }
    /// The tick at which a replay ends.
    var lastTick: UInt64 { replay?.end?.tick ?? .max }

    /// Between two slices: saves when it is time.
    func afterSlice(_ pc: PC) {
        recordingFile?.flush()
        var isDue = triggers.take()
        while let first = ticks.first, first <= pc.clock.now {
            ticks.removeFirst()
            isDue = true
        }
        if Signals.takeSaveRequest() { isDue = true }
        if isDue { save(pc) }
    }

    private func save(_ pc: PC) {
        guard let path = options.save else {
            return complain("swemu: nothing saved: SIGUSR1 saves where --save FILE says")
        }
        hasSaved = true
        if let problem = save(pc, to: path) {
            complain("swemu: \(problem)")
            loss = loss ?? problem
        } else {
            complain("swemu: saved \(name(path, pc.clock.now)) at tick \(pc.clock.now)")
        }
    }

    /// Saves a snapshot; why not, in words, if it could not.
    func save(_ pc: PC, to path: String) -> String? {
        let path = name(path, pc.clock.now)
        return StateFile.write(path) { sink throws(SnapshotError) in try pc.save(to: sink) }.map { "\(path): \($0)" }
    }

    private func name(_ path: String, _ tick: UInt64) -> String { path.replacing("{tick}", with: String(tick)) }

    /// What was asked for and is not there, or not whole.
    var losses: [String] { [loss, recordingFile?.loss].compactMap { $0 } }

    /// At the end: the last snapshot, the recording's last line, and what became of a replay.
    func conclude(_ pc: PC, _ ending: HostSession.Ending) -> HostSession.Ending {
        if options.saveAt.contains(.end) { save(pc) }
        if options.save != nil, !options.saveAt.isEmpty, !hasSaved {
            complain("swemu: nothing saved: what --save-at waits for did not come")
        }
        // The hash is a look at all of the memory.
        guard recordingFile != nil || replay?.end != nil else { return ending }
        let moment = pc.moment
        recordingFile?.put(line: RunRecording.endLine(moment))
        recordingFile?.flush()
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

/// Listens for the words of the guest at which a snapshot is wanted.
private final class SaveTriggers {
    var onTrigger: (() -> Void)?
    private let codes: Set<UInt8>
    private let texts: [[UInt8]]
    /// What COM1 said last, as long as the longest text.
    private var heard: [UInt8] = []
    private var isDue = false

    init(_ moments: [SaveMoment]) {
        codes = Set(moments.compactMap { if case .postCode(let code) = $0 { code } else { nil } })
        texts = moments.compactMap { if case .serial(let text) = $0 { text } else { nil } }
    }

    func listen(to configuration: inout PC.Configuration) {
        if !codes.isEmpty {
            let next = configuration.postCodeOutput
            configuration.postCodeOutput = { [self] code in
                next?(code)
                if codes.contains(code) { trigger() }
            }
        }
        guard !texts.isEmpty else { return }
        let next = configuration.serialOutput.first
        let listener: (UInt8) -> Void = { [self] byte in
            next?(byte)
            hear(byte)
        }
        if configuration.serialOutput.isEmpty {
            configuration.serialOutput = [listener]
        } else {
            configuration.serialOutput[0] = listener
        }
    }

    private func hear(_ byte: UInt8) {
        heard.append(byte)
        if texts.contains(where: { heard.count >= $0.count && heard.suffix($0.count).elementsEqual($0) }) { trigger() }
        let longest = texts.map(\.count).max() ?? 0
        if heard.count >= 2 * longest + 64 { heard.removeFirst(heard.count - longest) }
    }

    private func trigger() {
        isDue = true
        onTrigger?()
    }

    func take() -> Bool {
        defer { isDue = false }
        return isDue
    }
}
