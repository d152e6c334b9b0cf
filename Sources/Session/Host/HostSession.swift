import Board
import Checks
import Chips
import Executables
import Explanations
import Formats
import Inspection
import Processor
import Recompiler
import Screen
import Trace
import Wiring

/// One run of a machine on this host: builds it from the plan, joins it to files, sockets and a display, and says how it ended.
package final class HostSession {
    package let plan: SessionPlan
    package let pc: PC
    /// One for each processor; none where the interpreter does all.
    let recompiler: Recompiler?
    let lockstep: LockstepCheck?
    let serial: [ByteStream]
    let parallel: ByteStream
    let debugConsole: ByteStream
    let keys: KeysPipe?
    let frontEnd: any FrontEnd
    var screenFiles: ScreenFiles
    let kernel: KernelFiles?
    let keeper: StateKeeper
    /// Set by the debugger that can go back.
    package let past = Past()
    private let stores: [(any BlockStore)?]
    var film: Film?
    private var reportFile: OutputFile?
    let sources: SourceMap?
    package let script: ScriptRunner?
    private let postCodes: ByteStream
    private let networkDump: ByteStream?
    private let log: LogWriter
    private(set) var trace: TraceWriter?
    private(set) var qemuLog: QEMULogWriter?
    private(set) var timeline: TimelineFile?
    private(set) var monitors: [MonitorServer] = []
    /// The monitor behind Ctrl-A c on COM1's standard input.
    private(set) var serialMonitor: MonitorServer?
    var measures: Measures
    let checks: MachineChecks?
    /// The monitor's `gdbserver` may open and close it.
    var gdb: GDBHost?
    let editor: DAPLink?
    /// Nothing is executed before gdb has come.
    var waitsForDebugger: Bool
    /// Idle time that was let pass without waiting yet (positive), or waited too long (negative), in nanoseconds.
    var idleDebt: Int64 = 0
    /// The user has asked for the end.
    var wantsEnd = false
    var isPaused = false
    /// The loss of the last screen on standard output, and of the files of evidence, in words.
    private var screenLoss: String?
    private var diskLosses: [String] = []
    var evidenceLoss: String?
    /// Buttons of the mouse that were down last.
    var mouseButtons: UInt8 = 0

    /// `endsAtSave`: the run is for a snapshot, and over with it.
    package init(_ given: SessionPlan, endsAtSave: Bool = false) throws {
        let (plan, imageNotes) = try given.withRecordedImages().withDisketteApart
        self.plan = plan
        // A pipe that is opened below may wait for its reader.
        if let limit = plan.ceilings.timeout { Patience.ends(at: hostNanoseconds() + limit) }
        keeper = try StateKeeper(plan.state, endsAtSave: endsAtSave)
        let stores = try Images.open(plan)
        Images.tellOfCutSectors(stores, plan)
        self.stores = stores
        let serial = try plan.serial.map { try ByteStream($0) }
        let parallel = try ByteStream(plan.parallel)
        let debugConsole = try ByteStream(plan.debugcon)
        let postCodes = try plan.postCodes.map { try ByteStream(writingTo: $0) } ?? ByteStream(.null)
        let networkDump = try plan.netDump.map { try ByteStream(writingTo: $0) }
        var configuration = try Self.configuration(plan)
        if let networkDump { NetworkDump.listen(to: &configuration, networkDump) }
        configuration.disks = stores
        configuration.floppies = try Diskettes.open(plan)
        configuration.cdrom = try Discs.open(plan.cdrom)
        configuration.bootOrder = plan.bootOrder?.devices ?? configuration.bootOrder
        configuration.bootOrderOnce = plan.bootOrderOnce?.devices ?? []
        if plan.bios == nil, !plan.firmware.isPresent, !keeper.restores, plan.boot.kernel == nil {
            try Images.requireBootable(configuration, plan)
        }
        kernel = try KernelFiles(plan.boot, machine: configuration)
        configuration.directBoot = kernel?.plan.boot
        script = try plan.scripting.read(media: ScriptMedia(discs: plan.cdrom, floppies: plan.floppies)).map {
            ScriptRunner($0)
        }
        if keeper.isReplaying, let step = script?.script.steps.first(where: \.isInput) {
            throw UserError(.usage, line: "\(step.place): a step gives input, and --replay takes none; leave the step out")
        }
        sources = try Self.sources(plan, kernel)
        configuration.serialOutput = serial.map { stream in { stream.put($0) } }
        configuration.parallelOutput = { parallel.put($0) }
        configuration.debugOutput = { debugConsole.put($0) }
        if plan.postCodes != nil {
            configuration.postCodeOutput = { code in
                for digit in code.hexadecimalDigits { postCodes.put(digit) }
                postCodes.put(UInt8(ascii: "\n"))
            }
        }
        script?.listen(to: &configuration)
        try keeper.configure(&configuration, plan: plan)
        past.silence(&configuration)
        do {
            pc = try PC(configuration)
            pc.instructionLimit = plan.ceilings.instructions ?? .max
        } catch {
            throw keeper.refusal(error) ?? UserError(error)
        }
        measures = try Measures(plan.measuring, pc, sources)
        recompiler = plan.interprets ? nil : Self.recompiler(pc, plan)
        lockstep = try plan.lockstep.map { try LockstepCheck(configuration, plan, at: $0) }
        try keeper.begin(pc)
        do throws(HostMemory.Exhausted) {
            checks =
                plan.checks.isEmpty
                ? nil : try MachineChecks(pc, plan.checks, sources: sources, isRestored: keeper.restores)
        } catch {
            throw UserError(.outOfHostMemory(bytes: error.bytes))
        }
        self.serial = serial
        self.parallel = parallel
        self.debugConsole = debugConsole
        self.postCodes = postCodes
        self.networkDump = networkDump
        keys = try plan.keys.map { try KeysPipe($0) }
        reportFile = try plan.report.map { try OutputFile($0) }
        try plan.ceilings.evidence.map(Self.requireRoomForEvidence)
        if plan.awaitsDebugger { try Self.requireRoomForDebugger() }
        gdb = try plan.gdb.map { try GDBHost($0) }
        editor = try plan.dap.map { DAPLink(try GDBLink($0)) }
        waitsForDebugger = plan.gdb == .stdio || plan.stopped && plan.awaitsDebugger
        isPaused = plan.stopped && !plan.awaitsDebugger
        Self.invite(gdb, editor, isStopped: waitsForDebugger)
        screenFiles = try ScreenFiles(plan.screen)
        let start = pc.clock.now
        film = try plan.screen.film.map { try Film($0, plan.screen, rate: plan.rate, from: start) }
        frontEnd = try FrontEndOpener.open(plan)
        log = try LogWriter(plan, holdsBack: frontEnd.ownsTerminal)
        for note in imageNotes + Diskettes.notes(configuration.floppies, plan) + (kernel?.plan.notes ?? []) {
            complain("swemu: \(note)")
        }
        pc.log.listener = { [log, past] entry in if !past.isNow() { log.take(entry) } }
        monitors = try plan.monitors.servers(self)
        if plan.monitors.monitor.contains(.serial) { serialMonitor = serial.first.map { MonitorServer(self, behind: $0) } }
        script?.save = { [unowned self] path in keeper.save(pc, to: path) }
        if log.wantsInterrupts { pc.logInterrupts() }
        trace = try TraceWriter(
            plan, pc, sources, engine: recompiler == nil ? "interpreter" : "recompiler", log: log,
            ownsTerminal: frontEnd.ownsTerminal, past: past)
        timeline = try plan.measuring.timeline.map { try TimelineFile($0, pc, limit: plan.tracing.limit) }
        if !plan.tracing.qemuLog.isEmpty { try startQEMULog(plan.tracing.qemuLog) }
    }

    /// Begins QEMU's log, or changes what is in it.
    func startQEMULog(_ items: Set<QEMULog.Item>) throws {
        if let qemuLog { return qemuLog.log.items = items }
        qemuLog = try QEMULogWriter(items, plan, pc, sources, shared: log.file, ownsTerminal: frontEnd.ownsTerminal, past: past)
    }

    private static func configuration(_ plan: SessionPlan) throws -> PC.Configuration {
        var configuration = PC.Configuration()
        configuration.machine = plan.machine
        configuration.memoryBytes = plan.memory
        configuration.model = plan.cpu
        configuration.processors = plan.topology
        configuration.quantum = plan.quantum
        configuration.ticksPerSecond = plan.rate
        configuration.clockStart = plan.rtc.moment
        configuration.debugExitPort = plan.debugExit
        configuration.debugConsolePort = plan.debugconPort
        configuration.hasTestDevice = plan.devices.contains(.testDevice)
        configuration.stopsAtReset = plan.noReboot
        configuration.resetsAtTripleFault = plan.rebootOnTripleFault
        configuration.serialPace = plan.serialPace == .instant ? .instant : .line
        configuration.origin = plan.origin
        configuration.firmware = try plan.bios.map { try read($0, "the firmware", "--bios") }
        try plan.firmware.configure(&configuration, plan)
        try plan.network?.configure(&configuration)
        configuration.displayROM = try plan.vgaROM.map { try read($0, "the video BIOS", "--vga-rom") }
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
    package func run() -> Int32 {
        frontEnd.start()
        // Behind Ctrl-A the monitor has all that signals are for.
        if plan.serial.contains(.stdio), SerialTerminal.begin(keepsSignals: serialMonitor == nil) { serialMonitor?.echoes = true }
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
        let asks = ![.passed, .check].contains(verdict.kind) || plan.ceilings.evidenceAlways
        conclude(verdict, asks && !plan.noPostMortem ? postMortem(of: ending) : nil)
        if plan.stats { complain(statistics) }
        if plan.screen.hash {
            let frame = pc.vga.pixelFrame()
            complain("screen-hash: \(frame.hash) of \(frame.width)x\(frame.height) at tick \(pc.clock.now)")
        }
        if plan.stateHash { complain("state-hash: \(pc.stateHash()) at tick \(pc.clock.now)") }
        // The report and the evidence are written after the verdict, which they contain.
        if verdict.kind != .outputLost, let loss = reportFile?.loss ?? evidenceLoss {
            complain("swemu: output lost: \(loss)")
            return ExitStatus.hostFailure.rawValue
        }
        return verdict.status
    }

    /// From now on signals and --timeout end the run, whatever it waits for.
    package func listenToHost() {
        Signals.install()
        if let limit = plan.ceilings.timeout { Signals.wake(after: limit) }
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
        if verdict.kind != .passed || plan.ceilings.evidenceAlways { keepEvidence(lines) }
        say(verdict)
        guard reportFile != nil else { return }
        let output =
            zip(["com1", "com2"], serial).map { ($0, $1.total) } + [
                ("lpt1", parallel.total), ("debug-console", debugConsole.total),
            ]
        let report = Report(
            plan: plan, verdict: verdict, kernel: kernel, pc: pc, outputBytes: output,
            place: postMortem?.place ?? "\(pc.site)", postMortem: postMortem, checks: checks)
        reportFile?.renew(Array(report.json.file.utf8))
        reportFile?.finish()
    }

    /// The last line of a run.
    package func say(_ verdict: Verdict) {
        let seconds = Double(pc.clock.now) / Double(pc.clock.rate)
        complain("swemu: \(verdict.line(instructions: pc.clock.instructions, ticks: pc.clock.now, seconds: seconds))")
    }

    /// The engines' counts, a line each.
    private var statistics: String {
        let passedTicks = pc.processors.reduce(0) { $0 + $1.passedTicks }
        let passed = "\(passedTicks) of them passed in loops that wait for a port"
        guard let recompiler else { return "stats: \(pc.clock.now) ticks, \(passed); interpreter" }
        let counts = recompiler.statistics
        let (direct, indirect) = recompiler.transfers
        let native = pc.processors.map(\.nativeStatistics)
        let instructions = native.reduce(0) { $0 + $1.instructions }
        return """
            stats: \(pc.clock.now) ticks, \(passed), \
            \(instructions - min(instructions, passedTicks)) recompiled, \(native.reduce(0) { $0 + $1.callOuts }) call-outs
            stats: translated \(counts.regions) regions, \(counts.blocks) blocks, \(counts.instructions) instructions, \(counts.bytes) bytes
            stats: \(counts.links) links made, \(counts.invalidations) invalidations, \(counts.flushes) flushes
            stats: chained: \(direct.chained) of \(direct.count) direct transfers, \(indirect.chained) of \(indirect.count) indirect ones
            stats: call-outs: \(recompiler.callOutsByOperation.prefix(12).map { "\($0.operation) \($0.count)" }.joined(separator: ", "))
            """
    }

    /// Files that were asked for and are not whole, in words.
    var losses: [String] {
        diskLosses + (outputs + [log.file, trace?.stream, qemuLog?.stream, timeline?.stream].compactMap { $0 }).compactMap(\.loss)
            + screenFiles.losses + [film?.loss, screenLoss].compactMap { $0 } + measures.losses + keeper.losses
    }

    /// Writes everything that is still on its way, and gives the terminal back.
    func finish() {
        for (stream, line) in zip(serial, [pc.parts.serial1, pc.parts.serial2]) {
            for byte in line.untransmitted { stream.put(byte) }
        }
        for stream in outputs { stream.end() }
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
        screenLoss = frontEnd.leave(pc.vga)
        SerialTerminal.end()
        log.finish()
    }

    /// Flushes the disks: what the guest wrote and did not flush is not lost with an orderly end.
    private func flushDisks() {
        let paths = plan.images + [0, 1].flatMap { plan.floppies.diskettes($0) }
        for (store, path) in zip(pc.configuration.writableStores, paths) {
            do {
                try store?.flush()
            } catch {
                diskLosses.append("the last writes to \(path ?? "a disk") may be lost (\(error)); check the free space")
            }
        }
    }

    /// Bytes the guest has printed.
    var outputTotal: UInt64 { serial.reduce(parallel.total &+ debugConsole.total &+ postCodes.total) { $0 &+ $1.total } }

    /// The place where the guest's bytes go.
    var outputs: [ByteStream] { serial + [parallel, debugConsole, postCodes] + (networkDump.map { [$0] } ?? []) }

    package func flush() {
        for stream in outputs { stream.flush() }
        trace?.flush()
        qemuLog?.stream.flush()
        timeline?.stream.flush()
        log.file?.flush()
    }

    /// Waits some milliseconds where somebody has to read before the machine may go on; false where nobody has to.
    func waitForReaders() -> Bool {
        let streams = outputs + [log.file, trace?.stream, qemuLog?.stream, timeline?.stream].compactMap { $0 }
        var waiting = streams.compactMap(\.awaited).map { pollfd(fd: $0, events: Int16(POLLOUT), revents: 0) }
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

extension UInt8 {
    /// Two upper-case digits.
    fileprivate var hexadecimalDigits: [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [digits[Int(self >> 4)], digits[Int(self & 15)]]
    }
}
