import Board
import Chips
import Debugging
import Executables
import Processor
import Recompiler
import Screen
import Wiring

/// One run of a machine on this host: builds it from the options, joins it to files, sockets and a display, and says how it ended.
final class HostSession {
    let options: Run
    let pc: PC
    /// Nil when the interpreter does everything.
    /// One for each processor; none where the interpreter does all.
    let recompilers: [Recompiler]
    let lockstep: LockstepCheck?
    let serial: [ByteStream]
    let parallel: ByteStream
    let debugConsole: ByteStream
    let keys: KeysPipe?
    let display: HostDisplay
    var screenFiles: ScreenFiles
    let kernel: KernelFiles?
    let keeper: StateKeeper
    /// Set by the debugger that can go back.
    let past = Past()
    private let stores: [(any BlockStore)?]
    var film: Film?
    private var reportFile: OutputFile?
    let sources: SourceMap?
    let script: ScriptRunner?
    let hostMemoryLimit: UInt64?
    private let postCodes: ByteStream
    private let log: LogWriter
    private(set) var trace: TraceWriter?
    private(set) var qemuLog: QEMULogWriter?
    private(set) var timeline: TimelineFile?
    private(set) var monitors: [MonitorServer] = []
    /// The monitor behind Ctrl-A c on COM1's standard input.
    private(set) var serialMonitor: MonitorServer?
    var measures: Measures
    let checks: MachineChecks?
    let gdb: GDBHost?
    let editor: DAPLink?
    /// Nothing is executed before gdb has come.
    var waitsForDebugger: Bool
    /// Idle time that was let pass without waiting yet (positive), or waited too long (negative), in nanoseconds.
    var idleDebt: Int64 = 0
    /// The user has asked for the end.
    var wantsEnd = false
    var isPaused = false
    /// The loss of the last picture on standard output, and of the files of evidence, in words.
    private var screenLoss: String?
    private var diskLosses: [String] = []
    var evidenceLoss: String?
    /// Buttons of the mouse that were down last.
    var mouseButtons: UInt8 = 0

    /// `endsAtSave`: the run is for a snapshot, and over with it.
    init(options given: Run, endsAtSave: Bool = false) throws {
        let (options, imageNotes) = given.withDisketteApart
        self.options = options
        keeper = try StateKeeper(options.state, endsAtSave: endsAtSave)
        hostMemoryLimit = Self.hostMemoryLimit(options.ceilings)
        let stores = try Images.open(options.images, options: options)
        Images.tellOfCutSectors(stores, options)
        self.stores = stores
        let serial = try options.serial.map { try ByteStream($0) }
        let parallel = try ByteStream(options.parallel)
        let debugConsole = try ByteStream(options.debugcon)
        let postCodes = try options.postCodes.map { try ByteStream(writingTo: $0) } ?? ByteStream(.null)
        var configuration = try Self.configuration(options)
        configuration.disks = stores
        configuration.floppies = try Diskettes.open(options)
        configuration.cdrom = try Discs.open(options.cdrom)
        configuration.bootOrder = options.cdrom.bootOrder?.devices ?? configuration.bootOrder
        configuration.bootOrderOnce = options.cdrom.bootOrderOnce?.devices ?? []
        if options.bios == nil, !options.otherFirmware.isPresent, !keeper.restores, options.boot.kernel == nil {
            try Images.requireBootable(configuration, options)
        }
        kernel = try KernelFiles(options.boot, machine: configuration)
        configuration.directBoot = kernel?.plan.boot
        script = try options.scripting.read(media: ScriptMedia(discs: options.cdrom, floppies: options.floppies)).map {
            ScriptRunner($0)
        }
        if keeper.isReplaying, let step = script?.script.steps.first(where: \.isInput) {
            throw UserError(.usage, line: "\(step.place): a step gives input, and --replay takes none; leave the step out")
        }
        sources = try Self.sources(options, kernel)
        configuration.serialOutput = serial.map { stream in { stream.put($0) } }
        configuration.parallelOutput = { parallel.put($0) }
        configuration.debugOutput = { debugConsole.put($0) }
        if options.postCodes != nil {
            configuration.postCodeOutput = { code in
                for digit in code.hexadecimalDigits { postCodes.put(digit) }
                postCodes.put(UInt8(ascii: "\n"))
            }
        }
        script?.listen(to: &configuration)
        try keeper.configure(&configuration, options: options)
        past.silence(&configuration)
        do {
            pc = try PC(configuration)
            pc.instructionLimit = options.ceilings.maxInstructions?.value ?? .max
        } catch {
            throw keeper.refusal(error) ?? UserError(error)
        }
        measures = try Measures(options.measuring, pc, sources)
        recompilers = options.interprets ? [] : Self.recompilers(pc, options)
        lockstep = try options.lockstep.map { try LockstepCheck(configuration, images: options, at: $0) }
        try keeper.begin(pc)
        do throws(HostMemory.Exhausted) {
            checks =
                options.checking.checks.isEmpty
                ? nil : try MachineChecks(pc, options.checking.checks, sources: sources, isRestored: keeper.restores)
        } catch {
            throw UserError(.outOfHostMemory(bytes: error.bytes))
        }
        self.serial = serial
        self.parallel = parallel
        self.debugConsole = debugConsole
        self.postCodes = postCodes
        keys = try options.keys.map { try KeysPipe($0) }
        reportFile = try options.report.map { try OutputFile($0) }
        if options.debugging.isPresent { try Self.requireRoomForDebugger() }
        gdb = try options.debugging.gdb.map { try GDBHost($0) }
        editor = try options.debugging.dap.map { DAPLink(try GDBLink($0)) }
        waitsForDebugger = options.debugging.gdb == .stdio || options.debugging.stopped && options.debugging.isPresent
        isPaused = options.debugging.stopped && !options.debugging.isPresent
        Self.invite(gdb, editor, isStopped: waitsForDebugger)
        screenFiles = try ScreenFiles(options.screen)
        let start = pc.clock.now
        film = try options.screen.film.map { try Film($0, options.screen, rate: options.rate.value, from: start) }
        display = try HostDisplay.open(options)
        log = try LogWriter(options, holdsBack: display.ownsTerminal)
        for note in imageNotes + Diskettes.notes(configuration.floppies, options) + (kernel?.plan.notes ?? []) {
            complain("swemu: \(note)")
        }
        pc.log.listener = { [log, past] entry in if !past.isNow() { log.take(entry) } }
        monitors = try options.monitors.servers(self)
        if options.monitors.monitor.contains(.serial) { serialMonitor = serial.first.map { MonitorServer(self, behind: $0) } }
        script?.save = { [unowned self] path in keeper.save(pc, to: path) }
        if log.wantsInterrupts { pc.logInterrupts() }
        trace = try TraceWriter(
            options, pc, sources, engine: recompilers.isEmpty ? "interpreter" : "recompiler", log: log,
            ownsTerminal: display.ownsTerminal, past: past)
        let limit = MemorySize(argument: options.tracing.traceLimit)?.bytes ?? .max
        timeline = try options.measuring.timeline.map { try TimelineFile($0, pc, limit: limit) }
        let items = try options.tracing.qemuLogItems()
        if !items.isEmpty { try startQEMULog(items) }
    }

    /// Begins QEMU's log, or changes what is in it.
    func startQEMULog(_ items: Set<QEMULog.Item>) throws {
        if let qemuLog { return qemuLog.log.items = items }
        qemuLog = try QEMULogWriter(items, options, pc, sources, shared: log.file, ownsTerminal: display.ownsTerminal, past: past)
    }

    private static func configuration(_ options: Run) throws -> PC.Configuration {
        var configuration = PC.Configuration()
        guard let memory = MemorySize(argument: options.memory) else {
            throw UserError(
                .memorySize, "not a memory size", options.memory, remedy: "write megabytes or a unit, as in 64, 64M or 1G")
        }
        configuration.machine = options.machine
        configuration.memoryBytes = memory.bytes
        configuration.model = options.cpu
        configuration.processors = options.processors.topology.value
        configuration.quantum = options.processors.quantum.value
        configuration.ticksPerSecond = options.rate.value
        configuration.clockStart = options.rtc.moment
        configuration.debugExitPort = options.debugExit.map { UInt16(truncatingIfNeeded: $0.value) }
        configuration.debugConsolePort = UInt16(truncatingIfNeeded: options.debugconPort.value)
        configuration.hasTestDevice = options.device.contains(.testDevice)
        configuration.stopsAtReset = options.noReboot
        configuration.resetsAtTripleFault = options.rebootOnTripleFault
        configuration.serialPace = options.serialPace == .instant ? .instant : .line
        configuration.origin = options.origin
        configuration.firmware = try options.bios.map { try read($0, "the firmware", "--bios") }
        try options.otherFirmware.configure(&configuration, options)
        configuration.displayROM = try options.vgaRom.map { try read($0, "the video BIOS", "--vga-rom") }
        return configuration
    }

    private static func read(_ path: String, _ what: String, _ option: String) throws -> [UInt8] {
        switch readFile(path, limit: 1 << 24) {
        case .success(let bytes): return bytes
        case .failure(let reason):
            throw UserError(
                .firmware, "cannot read \(what) (\(reason.text))", path, remedy: "check the name, or leave \(option) out")
        }
    }

    /// Bytes of the host that a debugger takes beside the machine, before it keeps the past: the processor on which it tries instructions.
    private static let roomForDebugger = 192 << 20

    /// Throws where a debugger would not find its memory.
    static func requireRoomForDebugger() throws {
        guard HostMemory.hasRoom(bytes: roomForDebugger) else {
            throw UserError(BoardError.outOfHostMemory(bytes: roomForDebugger))
        }
    }

    /// Runs to the end and returns the exit status.
    func run() -> Int32 {
        if case .terminal(let terminal) = display { terminal.start() }
        // After the terminal's own handlers: ours end the run in order, and put the terminal back, too.
        listenToHost()
        shutDoor()
        let ending = keeper.conclude(pc, loop())
        if case .ceiling = ending { Patience.ends(at: hostNanoseconds()) }
        finish()
        var verdict = verdict(of: ending)
        if ending.isOfTheMachine, let (judged, evidence) = script?.verdict(of: verdict, pc) {
            for line in evidence { complain(line) }
            verdict = judged
        } else if let waiting = script?.waiting, verdict.kind != .expectation, verdict.kind != .passed {
            verdict.sentence += "; the script waited for \(waiting)"
        }
        judgeChecks(&verdict)
        verdict = keeper.judge(verdict, of: ending, pc)
        judgeLosses(&verdict)
        // Of a machine that passed there is nothing to explain, and the last branches would cost a second run.
        let asks = ![.passed, .check].contains(verdict.kind) || options.ceilings.evidenceAlways
        conclude(verdict, asks && !options.noPostMortem ? postMortem(of: ending) : nil)
        if options.stats { complain(statistics) }
        if options.screen.screenHash {
            let frame = pc.vga.pixelFrame()
            complain("screen-hash: \(frame.hash) of \(frame.width)x\(frame.height) at tick \(pc.clock.now)")
        }
        if options.stateHash { complain("state-hash: \(pc.stateHash()) at tick \(pc.clock.now)") }
        // The report and the evidence are written after the verdict, which they contain.
        if verdict.kind != .outputLost, let loss = reportFile?.loss ?? evidenceLoss {
            complain("swemu: output lost: \(loss)")
            return ExitStatus.hostFailure.rawValue
        }
        return verdict.status
    }

    /// From now on signals and --timeout end the run, whatever it waits for.
    func listenToHost() {
        Signals.install()
        guard let limit = options.state.timeout?.nanoseconds else { return }
        Patience.ends(at: hostNanoseconds() + limit)
        Signals.wake(after: limit)
    }

    /// Output that was asked for and is not there is never a success. A run that was ended from outside says in its verdict that a reader did not read.
    func judgeLosses(_ verdict: inout Verdict) {
        guard verdict.kind != .outputLost, let loss = losses.first else { return }
        if [.interrupted, .timeout, .ceiling].contains(verdict.kind), losses.allSatisfy({ $0.contains(hostReason(ETIMEDOUT)) }) {
            verdict.sentence += "; \(loss)"
        } else {
            complain("swemu: \(verdict.line)")
            verdict = Verdict(.outputLost, .hostFailure, loss)
        }
    }

    /// Says how it ended, and writes the report.
    private func conclude(_ verdict: Verdict, _ postMortem: PostMortem?) {
        let lines = postMortem?.lines ?? []
        for line in lines { complain(line) }
        // A post-mortem has them.
        if postMortem == nil, !log.isSilenced { for line in PostMortem.silences(pc) { complain("swemu: \(line)") } }
        if verdict.kind != .passed || options.ceilings.evidenceAlways { keepEvidence(lines) }
        say(verdict)
        guard reportFile != nil else { return }
        let output =
            zip(["com1", "com2"], serial).map { ($0, $1.total) } + [
                ("lpt1", parallel.total), ("debug-console", debugConsole.total),
            ]
        let report = Report(
            options: options, verdict: verdict, kernel: kernel, pc: pc, outputBytes: output,
            place: postMortem?.place ?? "\(pc.site)", postMortem: postMortem, checks: checks)
        reportFile?.renew(Array(report.json.file.utf8))
        reportFile?.finish()
    }

    /// The last line of a run.
    func say(_ verdict: Verdict) {
        let seconds = Double(pc.clock.now) / Double(pc.clock.rate)
        complain("swemu: \(verdict.line(instructions: pc.clock.instructions, ticks: pc.clock.now, seconds: seconds))")
    }

    /// The engines' counts, a line each.
    private var statistics: String {
        let passedTicks = pc.processors.reduce(0) { $0 + $1.passedTicks }
        let passed = "\(passedTicks) of them passed in loops that wait for a port"
        guard !recompilers.isEmpty else { return "stats: \(pc.clock.now) ticks, \(passed); interpreter" }
        let counts = recompilers.map(\.statistics)
        func sum(_ count: (Recompiler.Statistics) -> UInt64) -> UInt64 { counts.reduce(0) { $0 + count($1) } }
        let native = pc.processors.map(\.nativeStatistics)
        let instructions = native.reduce(0) { $0 + $1.instructions }
        func chained(_ kind: (Recompiler) -> Recompiler.Transfers) -> String {
            let all = recompilers.map(kind)
            return "\(all.reduce(0) { $0 + $1.chained }) of \(all.reduce(0) { $0 + $1.count })"
        }
        return """
            stats: \(pc.clock.now) ticks, \(passed), \
            \(instructions - min(instructions, passedTicks)) recompiled, \(native.reduce(0) { $0 + $1.callOuts }) call-outs
            stats: translated \(sum(\.regions)) regions, \(sum(\.blocks)) blocks, \(sum(\.instructions)) instructions, \(sum(\.bytes)) bytes
            stats: \(sum(\.links)) links made, \(sum(\.invalidations)) invalidations, \(sum(\.flushes)) flushes
            stats: chained: \(chained(\.transfers.direct)) direct transfers, \(chained(\.transfers.indirect)) indirect ones
            stats: call-outs: \(recompilers[0].callOutsByOperation.prefix(12).map { "\($0.operation) \($0.count)" }.joined(separator: ", "))
            """
    }

    /// Files that were asked for and are not whole, in words.
    var losses: [String] {
        diskLosses + (outputs + [log.file, trace?.stream, qemuLog?.stream, timeline?.stream].compactMap { $0 }).compactMap(\.loss)
            + screenFiles.losses
            + [film?.loss, screenLoss].compactMap { $0 } + measures.losses + keeper.losses
    }

    /// Writes everything that is still on its way, and gives the terminal back.
    func finish() {
        for (stream, line) in zip(serial, [pc.parts.serial1, pc.parts.serial2]) {
            for byte in line.untransmitted { stream.put(byte) }
        }
        for stream in outputs { stream.finish() }
        trace?.stream.finish()
        qemuLog?.stream.finish()
        timeline?.finish()
        flushDisks()
        screenFiles.renew(from: pc.vga)
        screenFiles.finish()
        film?.finish()
        measures.finish()
        tellMonitors(
            "SHUTDOWN", .object([("guest", .boolean(!wantsEnd)), ("reason", .text(wantsEnd ? "host-qmp-quit" : "guest-shutdown"))]))
        leaveScreen()
        log.finish()
    }

    /// Flushes the disks: what the guest wrote and did not flush is not lost with an orderly end.
    private func flushDisks() {
        let paths = options.images + [0, 1].flatMap { options.floppies.diskettes($0) }
        for (store, path) in zip(pc.configuration.writableStores, paths) {
            do {
                try store?.flush()
            } catch {
                diskLosses.append(
                    "the last writes to \(path ?? "a disk") may be lost (\(error)); check the free space")
            }
        }
    }

    /// Gives the terminal back and leaves on it what the machine showed last.
    private func leaveScreen() {
        guard case .terminal(let terminal) = display else { return }
        terminal.stop()
        let lines = pc.vga.textFrame().lines.reversed().drop { $0.isEmpty }.reversed()
        if let reason = OutputDescriptor(1).writeAll(lines.map { $0 + "\n" }.joined().utf8), reason != EPIPE {
            screenLoss = OutputFile.loss(of: "-", reason)
        }
    }

    /// Bytes the guest has printed.
    var outputTotal: UInt64 { serial.reduce(parallel.total &+ debugConsole.total &+ postCodes.total) { $0 &+ $1.total } }

    /// Where the guest's bytes go.
    var outputs: [ByteStream] { serial + [parallel, debugConsole, postCodes] }

    func flush() {
        for stream in outputs { stream.flush() }
        trace?.flush()
        qemuLog?.stream.flush()
        timeline?.stream.flush()
        log.file?.flush()
    }

    /// Waits some milliseconds where somebody has to read before the machine may go on; false where nobody has to.
    func waitForReaders() -> Bool {
        var waiting = (outputs + [log.file, trace?.stream, qemuLog?.stream, timeline?.stream].compactMap { $0 }).compactMap(
            \.awaited
        ).map {
            pollfd(fd: $0, events: Int16(POLLOUT), revents: 0)
        }
        guard !waiting.isEmpty else { return false }
        poll(&waiting, nfds_t(waiting.count), 20)
        return true
    }

    /// Judges an ending.
    func verdict(of ending: Ending) -> Verdict {
        let place = pc.processors.count > 1 ? "\(pc.site) on processor \(pc.turn.processor)" : "\(pc.site)"
        switch ending {
        case .machine(.powerOff): return Verdict(.passed, .passed, "the guest switched the machine off")
        case .machine(.exit(let code)): return Verdict(exitCode: code)
        case .machine(.debugExit(let value)): return Verdict(debugExitStatus: value)
        case .machine(.tripleFault):
            let chain = pc.cpu.faultChain.map(\.name).joined(separator: ", then ")
            return Verdict(.tripleFault, .tripleFault, "\(chain) at \(place); --reboot-on-triple-fault goes on")
        case .machine(.deadHalt) where pc.cpu.state.activity == .frozen:
            return Verdict(.dead, .deadHalt, "\(DeadMachine.frozenWords), with interrupts off, at \(place)")
        case .machine(.deadHalt):
            return Verdict(
                .dead, .deadHalt,
                "halted for good at \(place): HLT with interrupts off, nothing can wake \(pc.processors.count > 1 ? "any of the processors" : "the processor")"
            )
        case .dead(let death): return Verdict(.dead, .deadHalt, "\(death.words) at \(place)")
        case .machine(.reset): return Verdict(.reset, .resetWithoutReboot, "the guest asked for a reset (--no-reboot)")
        case .budget: return Verdict(.budget, .instructionBudget, "\(reachedBudget) reached at \(place)")
        case .signal(let name): return Verdict(.interrupted, .signal, "ended by \(name) at \(place)")
        case .debugger: return Verdict(.interrupted, .signal, "ended by \(editor == nil ? "gdb" : "the editor")")
        case .user: return Verdict(.interrupted, .signal, "ended by the user")
        case .difference(let words):
            complain(words)
            return Verdict(.ownBug, .ownBug, "the engines differ")
        case .timeout:
            return Verdict(
                .timeout, .timeout,
                "--timeout was reached at \(place): the host's time, which says nothing of the guest; --max-instructions does")
        case .replayEnded: return Verdict(.replayed, .replayEnded, "the replay ended in the state that was recorded")
        case .replayDiffers(let recorded, let now):
            return Verdict(
                .replayDiffers, .replayDiffers,
                "the replay came to state \(now.hash) at tick \(now.tick), recorded was \(recorded.hash) at tick \(recorded.tick)")
        case .saved: return Verdict(.passed, .passed, "the moment to save came")
        case .ceiling(let words): return Verdict(.ceiling, .ceiling, "\(words), at \(place)")
        case .script(.done): return script?.passed("") ?? Verdict(.passed, .passed, "the script is done")
        case .script(.failed(let failure)):
            for line in failure.evidence { complain(line) }
            return failure.verdict
        case .nobodyThere, .script(.going):
            return Verdict(.dead, .deadHalt, "halted for good at \(place): no timer runs and nobody can send input")
        }
    }

    /// The option whose budget is used up.
    private var reachedBudget: String {
        pc.clock.instructions >= pc.instructionLimit ? "--max-instructions" : "--max-ticks"
    }

    /// The end of a run.
    enum Ending: Equatable {
        case machine(PC.Ending)
        case budget
        /// --timeout.
        case timeout
        /// A replay at the end of its recording, in the same state or in another.
        case replayEnded
        case replayDiffers(recorded: RunRecording.Moment, now: RunRecording.Moment)
        case signal(String)
        /// Nothing can ever happen again.
        case dead(DeadMachine)
        /// Ctrl-A x, or the window was closed.
        case user
        /// gdb wants the end, or was the only one who could go on.
        case debugger
        /// --lockstep found one, in words.
        case difference(String)
        /// The run was for a snapshot, and that is saved.
        case saved
        /// --max-output or --max-host-memory, in words.
        case ceiling(String)
        /// The script is done, or something did not come true.
        case script(ScriptRunner.Progress)
        /// Halted without any event to come, and nothing attached that could send input.
        case nobodyThere

        /// The machine came to it, and nobody outside.
        var isOfTheMachine: Bool {
            switch self {
            case .machine, .dead, .nobodyThere: true
            default: false
            }
        }
    }
}

extension UserError {
    init(_ error: BoardError) {
        let status: ExitStatus =
            switch error {
            case .memorySize, .memoryBeyondAddresses: .memorySize
            case .outOfHostMemory: .hostFailure
            case .firmwareSize, .displayROMSize, .flashSize, .optionROMs: .firmware
            case .rate, .twoSecondaryMasters, .topology, .processorsWithoutAPIC, .quantum: .usage
            case .kernelOutsideMemory: .kernelFormat
            // The fixed ports are tested; a user may put the debug console and the exit port where they like.
            case .portOverlap: .usage
            case .addressOverlap, .portBeyondEnd: .ownBug
            }
        self.init(status, line: error.description)
    }
}

extension UInt8 {
    /// Two upper-case digits.
    fileprivate var hexadecimalDigits: [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [digits[Int(self >> 4)], digits[Int(self & 15)]]
    }
}
