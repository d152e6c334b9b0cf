import Board
import Debugging
import Screen

/// A debugger on this host: the machine of `swemu run`, the debugger's commands, and a dialogue.
final class DebugSession {
    let host: HostSession
    let debugger: Debugger
    private(set) var commands: CommandSession!
    var traceFile: ByteStream?
    var sourceFiles: [String: [String]] = [:]
    /// Where lines go.
    var put: (String) -> Void = { _ in }
    /// Where the guest's bytes go, as text; nil: among the lines.
    var putGuest: ((String) -> Void)?
    /// Looks at the keyboard while the machine runs; true stops it.
    var wantsStop: () -> Bool = { false }
    private let chores: HostChores
    /// A check has found something: the machine stops.
    private var hasFinding = false
    /// Why the session has to end, other than by a signal: the host's time or memory, or the guest's output.
    private var ending: HostSession.Ending?

    init(_ options: Run) throws {
        var options = options
        // Standard output is the dialogue's.
        let lines = options.serial
        let hasConsole = options.debugcon == .stdio
        options.serial = lines.map { $0 == .stdio ? .null : $0 }
        if hasConsole { options.debugcon = .null }
        host = try HostSession(options: options)
        try HostSession.requireRoomForDebugger()
        debugger = Debugger(host.pc, sources: host.sources)
        debugger.lastTick = host.budget
        chores = HostChores(host)
        commands = CommandSession(debugger, host: self) { [unowned self] in put($0) }
        host.past.isNow = { [commands] in commands?.isInPast ?? false }
        debugger.betweenSlices = { [unowned self] _ in
            if !host.past.isNow() { host.keeper.afterSlice(host.pc) }
            attend()
            defer { hasFinding = false }
            return wantsStop() || isOver || Signals.pending != nil || hasFinding
        }
        host.checks?.onFinding = { [unowned self] finding in
            guard !host.past.isNow() else { return }
            for line in finding.lines { put(line) }
            hasFinding = true
            host.pc.requestPause()
        }
        let chips = [host.pc.parts.serial1, host.pc.parts.serial2]
        for (chip, to) in zip(chips, lines) where to == .stdio { chip.onTransmit = listener(before: chip.onTransmit) }
        let console = host.pc.parts.debugConsole
        if hasConsole { console.onByte = listener(before: console.onByte) }
    }

    /// Does the host's business, and looks whether a limit of the host is reached.
    func attend() {
        switch chores.attend(host, wantsStop) {
        case nil: return
        // Ctrl-C ends a command; the dialogue knows whether there is another one.
        case .signal where Signals.pending == SIGINT: return
        case .signal: break
        case let limit: ending = ending ?? limit
        }
        commands.end()
    }

    /// No command is carried out any more.
    var isOver: Bool { commands.wantsEnd }

    /// Collects what the guest prints to whole lines. `next` counts it, and waits for texts.
    private func listener(before next: ((UInt8) -> Void)?) -> (UInt8) -> Void {
        var line: [UInt8] = []
        return { [unowned self] byte in
            next?(byte)
            guard byte == 0x0A || line.count >= 400 else {
                if byte != 0x0D { line.append(byte) }
                return
            }
            let text = String(decoding: line, as: UTF8.self)
            line = []
            guard !commands.isInPast else { return }
            if let putGuest { putGuest(text + "\n") } else { put("guest: \(text)") }
        }
    }

    /// Holds the dialogue, and returns the exit status.
    func run(_ options: Debug) -> Int32 {
        let page = options.plain ? nil : TerminalPage()
        if let page, TerminalScreen.isTerminal(0), TerminalScreen.isTerminal(1), page.start() {
            host.listenToHost()
            return finish(
                PageDialogue(self, page, title: options.machine.images.compactMap { $0 }.first ?? options.machine.boot.kernel ?? "")
                    .run(options))
        }
        host.listenToHost()
        return finish(LineDialogue(self).run(options))
    }

    /// Carries out a command that moves the machine. Where it stopped; nil where it could not go.
    func move(by command: String) -> StopReport? {
        let show = commands.onStop
        var report: StopReport?
        commands.onStop = { report = $0 }
        defer { commands.onStop = show }
        commands.execute(command)
        return report
    }

    /// Lets go of the machine: commands know their host, which knows them.
    func release() {
        commands.onStop = nil
        host.past.isNow = { false }
        debugger.betweenSlices = { _ in true }
        commands = nil
    }

    /// Ends the machine, and says how it ended.
    func close() -> Verdict {
        attend()
        var verdict = host.verdict(of: limit(0) ?? host.pc.ending.map { .machine($0) } ?? .user)
        if case .ceiling = ending { Patience.ends(at: hostNanoseconds()) }
        host.finish()
        host.judgeLosses(&verdict)
        return verdict
    }

    /// Ends the machine. A session that ended before its user did has the last line and the status that `swemu run` has.
    private func finish(_ status: Int32) -> Int32 {
        attend()
        if case .ceiling = ending { Patience.ends(at: hostNanoseconds()) }
        host.finish()
        traceFile?.finish()
        if var verdict = limit(status).map(host.verdict) {
            host.judgeLosses(&verdict)
            host.say(verdict)
            return verdict.status
        }
        guard let loss = (host.losses + [traceFile?.loss].compactMap { $0 }).first else { return status }
        complain("swemu: output lost: \(loss)")
        return ExitStatus.hostFailure.rawValue
    }

    /// What has ended the session, if it was not the user, or a mistake (`status`).
    private func limit(_ status: Int32) -> HostSession.Ending? {
        if let ending { return ending }
        if let number = Signals.pending { return .signal(Signals.name(number)) }
        return status == 0 && host.isSpent ? host.keeper.conclude(host.pc, .budget) : nil
    }
}

extension DebugSession: HostedDebugger {}

/// A debugger that takes what it needs from this host.
protocol HostedDebugger: DebuggerHost {
    var host: HostSession { get }
    var traceFile: ByteStream? { get set }
    /// Lines of source files that were asked for; empty where there are none.
    var sourceFiles: [String: [String]] { get set }
    var put: (String) -> Void { get }
}

extension HostedDebugger {
    func readBytes(_ path: String) throws(DebuggerError) -> [UInt8] {
        switch readFile(path, limit: 1 << 28) {
        case .success(let bytes): return bytes
        case .failure(let reason): throw DebuggerError("\(path): \(reason.text)")
        }
    }

    func readText(_ path: String) throws(DebuggerError) -> String { String(decoding: try readBytes(path), as: UTF8.self) }

    func writeText(_ text: String, to path: String) throws(DebuggerError) {
        do {
            try OutputFile.write(Array(text.utf8), to: path)
        } catch {
            throw DebuggerError("\(error)")
        }
    }

    func openTrace(_ path: String?) throws(DebuggerError) {
        traceFile?.finish()
        if let loss = traceFile?.loss { throw DebuggerError(loss) }
        traceFile = nil
        guard let path else { return }
        do {
            traceFile = try ByteStream(writingTo: path)
        } catch {
            throw DebuggerError("\(error)")
        }
    }

    func trace(_ line: String) {
        if let traceFile { traceFile.put(line: line) } else { put(line) }
    }

    func saveMachine(_ path: String) throws(DebuggerError) {
        if let reason = StateFile.write(path, { sink throws(SnapshotError) in try host.pc.save(to: sink) }) {
            throw DebuggerError("\(path): \(reason)")
        }
    }

    func loadMachine(_ path: String) throws(DebuggerError) {
        do {
            let snapshot = try Snapshot(source: try StateFile.reader(path))
            try snapshot.restore(host.pc)
        } catch {
            throw DebuggerError("\(path): \(error)")
        }
    }

    /// Throws while a recording is repeated: nothing else enters then.
    private func requireInput() throws(DebuggerError) {
        guard !host.keeper.isReplaying else {
            throw DebuggerError("a replay takes no input but the recording's; start without --replay to type")
        }
    }

    func press(_ chord: String) throws(DebuggerError) {
        try requireInput()
        guard let keys = Screen.Key.chord(named: chord) else {
            throw DebuggerError("no key is called \(chord); names are QEMU's: ret, spc, esc, up, f1, ctrl-alt-delete")
        }
        host.press(keys)
    }

    func type(_ text: String) throws(DebuggerError) {
        try requireInput()
        for character in text.unicodeScalars {
            guard let chord = Screen.Key.chord(typing: character) else { throw DebuggerError("a US keyboard has no \(character)") }
            host.press(chord)
        }
    }

    func changeDiskette(of drive: Int, _ name: String?) throws(DebuggerError) {
        try requireInput()
        let floppies = host.options.floppies
        let number = name.flatMap { floppies.number(of: $0, drive) }
        guard floppies.isPresent(drive), name == nil || number != nil else {
            throw DebuggerError(
                "\(name.map { "no diskette \($0)" } ?? "nothing to take a diskette out of"); \(floppies.known(drive))")
        }
        if let refusal = host.changeDiskette(of: drive, to: number) { throw DebuggerError(refusal) }
    }

    func changeDisc(_ name: String?) throws(DebuggerError) {
        try requireInput()
        let discs = host.options.cdrom
        let number = name.flatMap { discs.number(of: $0) }
        guard discs.isPresent, name == nil || number != nil else {
            throw DebuggerError("\(name.map { "no disc \($0)" } ?? "nothing to take a disc out of"); \(discs.known)")
        }
        if let refusal = host.changeDisc(to: number) { throw DebuggerError(refusal) }
    }

    func screenLines() -> [String]? {
        guard host.pc.vga.isTextMode else { return nil }
        return Array(host.pc.vga.textFrame().lines.reversed().drop { $0.isEmpty }.reversed())
    }

    func sourceLines(_ path: String) -> [String]? {
        if let known = sourceFiles[path] { return known.isEmpty ? nil : known }
        // Where the compiler found it, or here under its name.
        let name = path.split(separator: "/").last.map(String.init) ?? path
        var lines: [String] = []
        for candidate in [path, name] {
            guard lines.isEmpty, case .success(let bytes) = readFile(candidate, limit: 1 << 24) else { continue }
            lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map {
                String($0).replacing("\t", with: "    ")
            }
        }
        sourceFiles[path] = lines
        return lines.isEmpty ? nil : lines
    }
}
