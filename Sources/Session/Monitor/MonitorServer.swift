import Board
import Chips
import Debugging
import Explanations
import Formats
import Inspection
import Screen
import Trace

/// One monitor of a run: a line or a request comes in between two slices of the machine's time, and what it answers goes out.
///
/// Whoever does not read never stalls the run: nothing more is asked of them, and in the end they are left.
final class MonitorServer: HostedDebugger, MonitorHost {
    /// The language of the far end.
    enum Language { case people, machines }

    unowned let host: HostSession
    var traceFile: ByteStream?
    var sourceFiles: [String: [String]] = [:]
    var put: (String) -> Void = { _ in }
    private let way: Way
    private let language: Language
    private var monitor: HumanMonitor!
    private var requests = QMPReader()
    private var line: [UInt8] = []
    private var isGreeted = false
    /// The client of the machines' protocol has said that it begins.
    private var isReady = false
    /// Behind Ctrl-A, and whether what is typed is the monitor's.
    private var isEscaped = false
    private var hasKeyboard = false
    /// The terminal shows nothing of what is typed by itself.
    var echoes = false
    /// A key that sends several bytes is on its way, from ESC to its last one.
    private var isInSequence = false
    /// Bytes that wait for a reader from which on nothing more is taken.
    private static let crowded = 1 << 20
    /// Requests that are served between two slices at most.
    private static let mostRequests = 64

    /// The place where answers go.
    private enum Way {
        case link(GDBLink)
        /// COM1's standard output; input comes by `hear(typed:)`.
        case serial(ByteStream)
    }

    init(_ host: HostSession, _ address: GDBAddress, _ language: Language) throws {
        (self.host, self.language) = (host, language)
        way = .link(try GDBLink(address))
        monitor = HumanMonitor(host.pc, host: self)
    }

    /// The monitor behind Ctrl-A c of a serial line.
    init(_ host: HostSession, behind serial: ByteStream) {
        (self.host, language) = (host, .people)
        way = .serial(serial)
        monitor = HumanMonitor(host.pc, host: self)
    }

    var descriptors: [Int32] { if case .link(let link) = way { link.descriptors } else { [] } }

    private func greet() {
        (line, isReady, requests, isGreeted) = ([], false, QMPReader(), true)
        switch language {
        case .people: say("swemu \(swemuVersion) monitor - type 'help' for more information\n(qemu) ")
        case .machines: send(QMPMessages.greeting)
        }
    }

    /// Takes what has arrived and answers it.
    func serve() {
        guard case .link(let link) = way else { return }
        // Whoever comes next is greeted.
        defer { isGreeted = isGreeted && link.isConnected }
        guard link.connect() else { return isGreeted = false }
        if !isGreeted { greet() }
        link.flush()
        guard link.waiting < Self.crowded else { return }
        switch language {
        case .people: for byte in link.take() ?? [] { hear(byte) }
        case .machines:
            if requests.hasRoom { requests.take(link.take() ?? []) }
            for _ in 0..<Self.mostRequests {
                guard let request = requests.next() else { break }
                answer(request)
            }
        }
    }

    /// Hears what was typed at a serial line: Ctrl-A c changes who hears it, Ctrl-A x ends the run. What is left is the guest's.
    func hear(typed bytes: [UInt8]) -> [UInt8] {
        bytes.filter { byte in
            let isCommand = isEscaped
            isEscaped = !isCommand && byte == 0x01
            if isEscaped { return false }
            guard isCommand else {
                if hasKeyboard { hear(byte) }
                return !hasKeyboard
            }
            switch byte {
            case UInt8(ascii: "c"):
                hasKeyboard.toggle()
                if hasKeyboard { if isGreeted { say("\n(qemu) ") } else { greet() } }
            case UInt8(ascii: "x"): host.wantsEnd = true
            case UInt8(ascii: "h"), UInt8(ascii: "?"):
                say(
                    "\nC-a h    print this help\nC-a x    exit emulator\nC-a c    switch between console and monitor\nC-a C-a  sends C-a\n"
                )
            case 0x01: return !hasKeyboard
            default: break
            }
            return false
        }
    }

    /// A byte of a line for people.
    private func hear(_ byte: UInt8) {
        if isInSequence || byte == 0x1B {
            isInSequence = byte == 0x1B || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") || byte < 0x40
            return
        }
        switch byte {
        case 0x0A, 0x0D:
            let text = String(decoding: line, as: UTF8.self)
            line = []
            if echoes { say("\n") }
            guard byte == 0x0A || echoes || !text.isEmpty else { return }
            say(monitor.answer(text).map { $0 + "\n" }.joined() + (host.wantsEnd ? "" : "(qemu) "))
        case 0x08, 0x7F: if line.popLast() != nil, echoes { say("\u{8} \u{8}") }
        // Ctrl-C and Ctrl-U begin the line anew.
        case 0x03 where echoes, 0x15 where echoes:
            line = []
            say("\n(qemu) ")
        case _ where byte < 0x20 && echoes: break
        default:
            guard line.count < HumanMonitor.longestLine else { return }
            line.append(byte)
            if echoes, byte < 0x80 { say(String(UnicodeScalar(byte))) }
        }
    }

    private func say(_ text: String) {
        switch way {
        case .link(let link): link.send(Array(text.utf8))
        case .serial(let stream):
            for byte in text.utf8 { stream.put(byte) }
            stream.flush()
        }
    }

    // MARK: For machines

    private func send(_ message: JSON) { say(message.line + "\r\n") }

    private func answer(_ request: Result<JSON, JSONReader.Mistake>) {
        guard case .success(let request) = request, let command = request["execute"]?.text else {
            return send(QMPMessages.error("GenericError", "Invalid JSON syntax, or no command", id: nil))
        }
        let id = request["id"]
        guard isReady || command == "qmp_capabilities" else {
            return send(
                QMPMessages.error("CommandNotFound", "Expecting capabilities negotiation with 'qmp_capabilities'", id: id))
        }
        do throws(DebuggerError) {
            guard let result = try carryOut(command, request["arguments"] ?? .object([])) else {
                return send(QMPMessages.error("CommandNotFound", "The command \(command) has not been found", id: id))
            }
            send(QMPMessages.answer(result, id: id))
        } catch {
            send(QMPMessages.error("GenericError", error.description, id: id))
        }
    }

    /// Answers a command; nil for one that is not known.
    private func carryOut(_ command: String, _ arguments: JSON) throws(DebuggerError) -> JSON? {
        switch command {
        case "qmp_capabilities": isReady = true
        case "query-status":
            return .object([
                ("status", .text(isPaused ? "paused" : "running")), ("singlestep", .boolean(false)),
                ("running", .boolean(!isPaused)),
            ])
        case "query-version": return QMPMessages.version
        case "query-name": return .object([("name", .text("swemu"))])
        case "query-kvm": return .object([("enabled", .boolean(false)), ("present", .boolean(false))])
        case "query-commands": return .list(QMPMessages.commands.map { .object([("name", .text($0))]) })
        case "query-cpus-fast":
            return .list([.object([("cpu-index", .number(0)), ("thread-id", .number(0)), ("target", .text("i386"))])])
        case "stop": isPaused = true
        case "cont": isPaused = false
        case "quit": quit()
        case "system_reset":
            try needInput()
            reset()
        case "system_powerdown":
            try needInput()
            try powerDown()
        case "screendump":
            guard let path = arguments["filename"]?.text else { throw DebuggerError("Parameter 'filename' is missing") }
            try savePicture(path, isPNG: arguments["format"]?.text == "png")
        case "send-key":
            try needInput()
            let names = (arguments["keys"]?.items ?? []).compactMap { $0["data"]?.text }
            guard !names.isEmpty else { throw DebuggerError("Parameter 'keys' is missing") }
            try press(names.joined(separator: "-"))
        case "human-monitor-command":
            guard let text = arguments["command-line"]?.text else { throw DebuggerError("Parameter 'command-line' is missing") }
            return .text(monitor.answer(text).map { $0 + "\r\n" }.joined())
        default: return nil
        }
        return .object([])
    }

    private func needInput() throws(DebuggerError) {
        if !takesInput { throw DebuggerError("this run repeats a recording, and takes no input") }
    }

    /// Tells the machines' protocol of what happened.
    func tell(_ event: String, _ data: JSON = .object([])) {
        if language == .machines, isReady { send(QMPMessages.event(event, data)) }
    }

    // MARK: MonitorHost

    var isPaused: Bool {
        get { host.isPaused }
        set {
            guard newValue != host.isPaused else { return }
            host.isPaused = newValue
            host.tellMonitors(newValue ? "STOP" : "RESUME")
        }
    }

    /// The end of the run tells of it.
    func quit() { host.wantsEnd = true }

    func reset() {
        host.pc.input.reset()
        host.tellMonitors("RESET", .object([("guest", .boolean(false)), ("reason", .text("host-qmp-system-reset"))]))
    }

    func powerDown() throws(DebuggerError) {
        guard host.pc.parts.pci != nil else {
            throw DebuggerError("this board has no power button; sendkey ctrl-alt-delete, or quit ends the run")
        }
        host.pc.input.pressPowerButton()
        host.tellMonitors("POWERDOWN")
    }

    func savePicture(_ path: String, isPNG: Bool) throws(DebuggerError) {
        let frame = host.pc.vga.pixelFrame()
        try writeBytes(isPNG ? frame.PNG : frame.PPM, to: path)
    }

    func moveMouse(dx: Int, dy: Int, wheel: Int, buttons: UInt8) {
        host.pc.input.moveMouse(dx: dx, dy: dy, wheel: wheel, buttons: .init(rawValue: buttons))
    }

    var drives: [(name: String, image: String?)] {
        let names = ["ide0-hd0", "ide0-hd1", "ide1-hd0", "ide1-hd1"]
        var drives: [(name: String, image: String?)] = []
        for (name, image) in zip(names, host.plan.images) { if let image { drives.append((name, image)) } }
        if host.plan.cdrom.isPresent { drives.append(("ide1-cd0", host.plan.cdrom.discs.first)) }
        for drive in 0..<2 where host.plan.floppies.isPresent(drive) {
            drives.append(("floppy\(drive)", host.plan.floppies.diskettes(drive).first))
        }
        return drives
    }

    func log(_ items: Set<QEMULog.Item>) throws(DebuggerError) {
        if host.recompiler != nil, let item = items.first(where: \.needsInterpreter) {
            throw DebuggerError(
                "log \(item.rawValue): only the interpreter tells that; start with --engine interpreter, or with -d \(item.rawValue)"
            )
        }
        do {
            try host.startQEMULog(items)
        } catch {
            throw DebuggerError("\(error)")
        }
    }

    func moveLog(to path: String) throws(DebuggerError) {
        guard let log = host.qemuLog else { throw DebuggerError("logfile: nothing is logged; say what first, as in log int") }
        do {
            try log.move(to: path)
        } catch {
            throw DebuggerError("\(error)")
        }
    }

    func serveGDB(at address: String?) throws(DebuggerError) -> String {
        do {
            return try host.serveGDB(at: address)
        } catch let error as DebuggerError {
            throw error
        } catch {
            throw DebuggerError("gdbserver: \(error)")
        }
    }

    var takesInput: Bool { !host.keeper.isReplaying }
    var isRecorded: Bool { host.plan.state.record != nil }
    var version: String { "7.2.0 (swemu \(swemuVersion))" }
}

extension MonitorPlan {
    /// Opens the monitors that were asked for.
    func servers(_ host: HostSession) throws -> [MonitorServer] {
        let links: [GDBAddress] = monitor.compactMap { if case .link(let address) = $0 { address } else { nil } }
        return try links.map { try MonitorServer(host, $0, .people) } + qmp.map { try MonitorServer(host, $0, .machines) }
    }
}

extension HostSession {
    /// Tells the machines' protocol of what happened.
    func tellMonitors(_ event: String, _ data: JSON = .object([])) {
        for monitor in monitors { monitor.tell(event, data) }
    }
}
