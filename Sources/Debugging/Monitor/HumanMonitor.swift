import Board
import Inspection
import Processor
import Trace
import Wiring
import X86

/// A monitor's needs of the host beside those of a debugger.
public protocol MonitorHost: DebuggerHost {
    /// The machine stands still.
    var isPaused: Bool { get set }
    /// Ends the run.
    func quit()
    /// Presses the reset button.
    func reset()
    /// Presses the power button. Throws where there is none.
    func powerDown() throws(DebuggerError)
    /// A picture of the screen, as PPM or PNG.
    func savePicture(_ path: String, isPNG: Bool) throws(DebuggerError)
    /// Moves the mouse to the right and down by dots, its wheel by notches towards the user, and sets its buttons as a PS/2 mouse numbers
    /// them.
    func moveMouse(dx: Int, dy: Int, wheel: Int, buttons: UInt8)
    /// The drives with what is in them, as QEMU names them: "ide0-hd0", "disk.img".
    var drives: [(name: String, image: String?)] { get }
    /// Input may come from here: not into a run that is repeated.
    var takesInput: Bool { get }
    /// The run is recorded: nothing may be changed but by input that is kept.
    var isRecorded: Bool { get }
    /// Writes these items of QEMU's log from now on; none ends it. Throws what is in the way.
    func log(_ items: Set<QEMULog.Item>) throws(DebuggerError)
    /// The log goes on in this file.
    func moveLog(to path: String) throws(DebuggerError)
    /// Lets a gdb come to an address ("tcp::1234"), or none from now on (nil); what was before is closed. The words for the user.
    func serveGDB(at address: String?) throws(DebuggerError) -> String
    /// Host and version, for `info version`.
    var version: String { get }
}

/// QEMU's monitor for people (HMP), as far as there is something behind its words here. Looking at the machine never runs it.
public final class HumanMonitor {
    let pc: PC
    /// It owns the monitor.
    unowned let host: any MonitorHost
    private var format = MonitorFormat()
    private var buttons: UInt8 = 0
    /// A line has this many characters at most.
    public static let longestLine = 4096

    /// A monitor of a machine, which `host` owns.
    public init(_ pc: PC, host: any MonitorHost) {
        self.pc = pc
        self.host = host
    }

    var view: MachineView { MachineView(pc) }

    /// Answers a line, in lines.
    public func answer(_ line: String) -> [String] {
        let (word, rest) = line.trimmed.firstWord
        guard !word.isEmpty else { return [] }
        // "x/4xb 0x7c00": the format may stand at the word.
        let slash = word.firstIndex(of: "/") ?? word.endIndex
        let (name, arguments) = (String(word[..<slash]), (word[slash...] + (rest.isEmpty ? "" : " " + rest)).trimmed)
        do throws(DebuggerError) {
            guard let command = Self.commands.first(where: { $0.names.contains(name) }) else {
                throw DebuggerError("unknown command: '\(name)'")
            }
            return try command.action(self, arguments)
        } catch {
            return [error.description]
        }
    }

    /// One of the monitor's words.
    struct Word: Sendable {
        let names: [String]
        let arguments: String
        let what: String
        let action: @Sendable (HumanMonitor, String) throws(DebuggerError) -> [String]

        init(
            _ names: [String], _ arguments: String = "", _ what: String,
            _ action: @escaping @Sendable (HumanMonitor, String) throws(DebuggerError) -> [String]
        ) {
            (self.names, self.arguments, self.what, self.action) = (names, arguments, what, action)
        }
    }

    static let commands: [Word] = [
        Word(["help", "?"], "[cmd]", "show the help") { monitor, word in
            commands.filter { word.isEmpty || $0.names.contains(word) }.map {
                "\($0.names.joined(separator: "|"))\($0.arguments.isEmpty ? "" : " " + $0.arguments) -- \($0.what)"
            }
        },
        Word(["info"], "[subcommand]", "show various information about the system state") { monitor, text throws(DebuggerError) in
            try monitor.info(text)
        },
        Word(["x"], "/fmt addr", "virtual memory dump starting at 'addr'") { monitor, text throws(DebuggerError) in
            try monitor.examine(text, isPhysical: false)
        },
        Word(["xp"], "/fmt addr", "physical memory dump starting at 'addr'") { monitor, text throws(DebuggerError) in
            try monitor.examine(text, isPhysical: true)
        },
        Word(["print", "p"], "/fmt expr", "print expression value (use $reg for CPU register access)") {
            monitor, text throws(DebuggerError) in try monitor.print(text)
        },
        Word(["i"], "/fmt addr", "I/O port read") { monitor, text throws(DebuggerError) in try monitor.readPort(text) },
        Word(["o"], "/fmt addr value", "I/O port write") { monitor, text throws(DebuggerError) in try monitor.writePort(text) },
        Word(["gva2gpa"], "addr", "print the guest physical address of a virtual one") { monitor, text throws(DebuggerError) in
            try monitor.translate(text)
        },
        Word(["stop", "s"], "", "stop emulation") { monitor, _ in
            monitor.host.isPaused = true
            return []
        },
        Word(["cont", "c"], "", "resume emulation") { monitor, _ in
            monitor.host.isPaused = false
            return []
        },
        Word(["quit", "q"], "", "quit the emulator") { monitor, _ in
            monitor.host.quit()
            return []
        },
        Word(["system_reset"], "", "reset the system") { monitor, _ throws(DebuggerError) in
            try monitor.needInput("system_reset")
            monitor.host.reset()
            return []
        },
        Word(["system_powerdown"], "", "send system power down event") { monitor, _ throws(DebuggerError) in
            try monitor.needInput("system_powerdown")
            try monitor.host.powerDown()
            return []
        },
        Word(["sendkey"], "keys [hold_ms]", "send keys to the VM (e.g. 'sendkey ctrl-alt-f1')") {
            monitor, text throws(DebuggerError) in
            try monitor.needInput("sendkey")
            try monitor.host.press(text.firstWord.word)
            return []
        },
        Word(["mouse_move"], "dx dy [dz]", "send mouse move events") { monitor, text throws(DebuggerError) in
            try monitor.moveMouse(text)
        },
        Word(["mouse_button"], "state", "change mouse button state (1=L, 2=M, 4=R)") { monitor, text throws(DebuggerError) in
            try monitor.pressButtons(text)
        },
        Word(["screendump"], "filename [-f format]", "save screen into PPM or PNG image 'filename'") {
            monitor, text throws(DebuggerError) in try monitor.screendump(text)
        },
        Word(["savevm"], "file", "save the machine's whole state in a file") { monitor, path throws(DebuggerError) in
            guard !path.isEmpty else { throw DebuggerError("savevm: name a file; there are no snapshots inside images") }
            try monitor.host.saveMachine(path)
            return []
        },
        Word(["loadvm"], "file", "make the machine what savevm or --save kept") { monitor, path throws(DebuggerError) in
            guard !path.isEmpty else { throw DebuggerError("loadvm: name a file; there are no snapshots inside images") }
            try monitor.needFreedom("loadvm")
            try monitor.host.loadMachine(path)
            return []
        },
        Word(["change"], "device filename", "change a removable medium") { monitor, text throws(DebuggerError) in
            try monitor.change(text)
        },
        Word(["eject"], "device", "eject a removable medium") { monitor, text throws(DebuggerError) in
            try monitor.change(text.firstWord.word)
        },
        Word(["pmemsave"], "addr size file", "save to disk physical memory dump") { monitor, text throws(DebuggerError) in
            try monitor.saveMemory(text, isPhysical: true)
        },
        Word(["memsave"], "addr size file", "save to disk virtual memory dump") { monitor, text throws(DebuggerError) in
            try monitor.saveMemory(text, isPhysical: false)
        },
        Word(["sum"], "addr size", "compute the checksum of a memory region") { monitor, text throws(DebuggerError) in
            try monitor.sum(text)
        },
        Word(["log"], "item1[,...]", "activate logging of the specified items") { monitor, text throws(DebuggerError) in
            try monitor.log(text)
        },
        Word(["gdbserver"], "[device]", "start gdbserver on given device (default 'tcp::1234'), stop with 'none'") {
            monitor, device throws(DebuggerError) in
            [try monitor.host.serveGDB(at: device == "none" ? nil : device.isEmpty ? "tcp::1234" : device)]
        },
        Word(["logfile"], "filename", "output logs to 'filename'") { monitor, path throws(DebuggerError) in
            guard !path.isEmpty else { throw DebuggerError("logfile: name a file") }
            try monitor.host.moveLog(to: path)
            return []
        },
    ]

    /// `log int,cpu_reset`, `log none`.
    private func log(_ text: String) throws(DebuggerError) -> [String] {
        let known = QEMULog.Item.allCases.map(\.rawValue)
        var items: Set<QEMULog.Item> = []
        for word in text.split(separator: ",").map({ String($0).trimmed }) where word != "none" {
            guard let item = QEMULog.Item(rawValue: word) else {
                throw DebuggerError("log: none, or items of: \(known.joined(separator: ", "))")
            }
            items.insert(item)
        }
        guard !text.isEmpty else { throw DebuggerError("log: none, or items of: \(known.joined(separator: ", "))") }
        try host.log(items)
        return []
    }

    /// Refuses what would change a run that is repeated from a recording.
    func needInput(_ word: String) throws(DebuggerError) {
        if !host.takesInput { throw DebuggerError("\(word): this run repeats a recording, and takes no input") }
    }

    /// A number, or an expression over `$registers`.
    func value(_ text: String) throws(DebuggerError) -> UInt64 {
        // $pc and $eip have the base of CS in them.
        for name in ["$pc", "$eip"] where text.trimmed == name { return view.linearIP }
        let text = text.replacing("$pc", with: "$eip").replacing("$", with: "")
        return try Expression(text).value(in: Debugger(pc).context)
    }

    /// Throws where a recording could not keep what `word` does.
    func needFreedom(_ word: String) throws(DebuggerError) {
        try needInput(word)
        if host.isRecorded { throw DebuggerError("\(word): this run is recorded, and a recording does not keep that") }
    }

    // MARK: Memory and ports

    private func examine(_ text: String, isPhysical: Bool) throws(DebuggerError) -> [String] {
        var text = text
        try format.take(from: &text)
        let start = try value(text)
        let view = view
        let digits = isPhysical || view.state.operatingMode.isIA32e ? 16 : 8
        func head(_ address: UInt64) -> String { hexDigits(address, digits, uppercase: false) }
        if format.form == .instruction {
            let bytes =
                isPhysical
                ? (0..<15 * UInt64(format.count)).map { UInt8(truncatingIfNeeded: view.physical(start &+ $0, 1)) }
                : view.bytes(at: start, count: 15 * format.count)
            var address = start
            return Disassembly(bytes, at: start, codeSize: view.codeSize).prefix(format.count).map { line in
                defer { address &+= UInt64(line.bytes.count) }
                let code = line.bytes.map { hexDigits(UInt64($0), 2, uppercase: false) }.joined(separator: " ")
                return "0x\(head(address)):  \(Columns.pad(code, to: 24)) \(line.text)"
            }
        }
        let perLine = max(1, (format.size == 1 ? 8 : 16) / format.size)
        var lines: [String] = []
        for first in stride(from: 0, to: format.count, by: perLine) {
            let address = start &+ UInt64(first * format.size)
            var line = "\(head(address)):"
            for index in first..<min(first + perLine, format.count) {
                let place = start &+ UInt64(index * format.size)
                guard let value = isPhysical ? view.physical(place, format.size) : view.linear(place, format.size) else {
                    return lines + ["Cannot access memory"]
                }
                line += " " + format.padded(value)
            }
            lines.append(line)
        }
        return lines
    }

    private func print(_ text: String) throws(DebuggerError) -> [String] {
        var text = text
        try format.take(from: &text)
        return [format.plain(try value(text))]
    }

    private func translate(_ text: String) throws(DebuggerError) -> [String] {
        let walk = PageWalk(view, linear: try value(text))
        return [walk.physical.map { "gpa: \($0 == 0 ? "0" : "0x" + String($0, radix: 16))" } ?? "Unmapped"]
    }

    private static func width(_ size: Int) -> (AccessWidth, Character) {
        size == 1 ? (.byte, "b") : size == 2 ? (.word, "w") : (.doubleword, "l")
    }

    private func readPort(_ text: String) throws(DebuggerError) -> [String] {
        var text = text
        try format.take(from: &text)
        let port = UInt16(truncatingIfNeeded: try value(text))
        let (width, letter) = Self.width(format.size)
        guard let value = pc.peek(port: port, width) else {
            throw DebuggerError("only a read of the guest's can tell what port \(h(UInt64(port), 4)) has in this width; try /b")
        }
        let digits = hexDigits(UInt64(value), 2 * min(format.size, 4), uppercase: false)
        return ["port\(letter)[0x\(hexDigits(UInt64(port), 4, uppercase: false))] = 0x\(digits)"]
    }

    private func writePort(_ text: String) throws(DebuggerError) -> [String] {
        try needFreedom("o")
        var text = text
        try format.take(from: &text)
        let (port, rest) = text.firstWord
        let number = UInt16(truncatingIfNeeded: try value(port))
        pc.poke(port: number, Self.width(format.size).0, UInt32(truncatingIfNeeded: try value(rest)))
        return []
    }

    /// Bytes that one command reads of the guest's memory at most.
    private static let mostBytes: UInt64 = 1 << 28

    private func saveMemory(_ text: String, isPhysical: Bool) throws(DebuggerError) -> [String] {
        let words = text.words
        guard words.count == 3 else { throw DebuggerError("write an address, a size and a file") }
        let (start, size) = (try value(words[0]), try value(words[1]))
        guard size <= Self.mostBytes else { throw DebuggerError("\(size) bytes are too many; \(Self.mostBytes) at most") }
        let view = view
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(size))
        for offset in 0..<size {
            guard let byte = isPhysical ? view.physical(start &+ offset, 1) : view.linear(start &+ offset, 1) else {
                throw DebuggerError("Invalid addr 0x\(hexDigits(start &+ offset, 16, uppercase: false))/size \(size) specified")
            }
            bytes.append(UInt8(truncatingIfNeeded: byte))
        }
        try host.writeBytes(bytes, to: words[2].trimmingQuotes)
        return []
    }

    /// The BSD checksum that QEMU's monitor has.
    private func sum(_ text: String) throws(DebuggerError) -> [String] {
        let words = text.words
        guard words.count == 2 else { throw DebuggerError("write an address and a size") }
        let (start, size) = (try value(words[0]), try value(words[1]))
        guard size <= Self.mostBytes else { throw DebuggerError("\(size) bytes are too many; \(Self.mostBytes) at most") }
        let view = view
        var sum: UInt16 = 0
        for offset in 0..<size {
            sum = (sum >> 1 | sum << 15) &+ UInt16(truncatingIfNeeded: view.physical(start &+ offset, 1))
        }
        let digits = String(sum)
        return [String(repeating: "0", count: max(0, 5 - digits.count)) + digits]
    }

    // MARK: Input and media

    private func moveMouse(_ text: String) throws(DebuggerError) -> [String] {
        try needInput("mouse_move")
        let numbers = text.words.map { Int($0) }
        guard (2...3).contains(numbers.count), let dx = numbers[0], let dy = numbers[1], abs(dx) < 10_000, abs(dy) < 10_000 else {
            throw DebuggerError("write two numbers of dots, as in: mouse_move 10 -3")
        }
        let wheel = numbers.count == 3 ? max(-7, min(7, numbers[2] ?? 0)) : 0
        host.moveMouse(dx: dx, dy: dy, wheel: wheel, buttons: buttons)
        return []
    }

    private func pressButtons(_ text: String) throws(DebuggerError) -> [String] {
        try needInput("mouse_button")
        guard let state = UInt8(text), state < 8 else { throw DebuggerError("write the sum of 1 (left), 2 (middle) and 4 (right)") }
        // The mouse has the right button before the middle one.
        buttons = state & 1 | state >> 1 & 2 | state << 1 & 4
        host.moveMouse(dx: 0, dy: 0, wheel: 0, buttons: buttons)
        return []
    }

    private func screendump(_ text: String) throws(DebuggerError) -> [String] {
        let words = text.words
        guard let path = words.first else { throw DebuggerError("screendump wants the name of a file") }
        let isPNG = words.count > 2 && words[1] == "-f" ? words[2].lowercased() == "png" : path.lowercased().hasSuffix(".png")
        try host.savePicture(path.trimmingQuotes, isPNG: isPNG)
        return []
    }

    /// `change ide1-cd0 FILE`, `eject floppy0`: without a file the medium is taken out.
    private func change(_ text: String) throws(DebuggerError) -> [String] {
        try needInput("change")
        let (device, rest) = text.firstWord
        let medium = rest.words.first { !$0.hasPrefix("-") && $0 != "raw" }?.trimmingQuotes
        switch device {
        case "ide1-cd0", "cd", "cdrom": try host.changeDisc(medium)
        case "floppy0", "fda": try host.changeDiskette(of: 0, medium)
        case "floppy1", "fdb": try host.changeDiskette(of: 1, medium)
        default: throw DebuggerError("Device '\(device)' not found; ide1-cd0, floppy0 and floppy1 have media that change")
        }
        return []
    }
}

extension String {
    /// Without quotation marks round it.
    fileprivate var trimmingQuotes: String {
        count >= 2 && hasPrefix("\"") && hasSuffix("\"") ? String(dropFirst().dropLast()) : self
    }
}
