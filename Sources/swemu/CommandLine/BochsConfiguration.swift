import Board
import Chips
import Formats
import Processor
import Session

/// The common keys of a Bochs configuration (`bochsrc.txt`) as options of ours. Bochs User Manual, section 4.3, "The configuration file bochsrc".
///
/// A line is `key: value` or `key: name=value, name=value`. What describes the host's side of Bochs (its log, its window) is left out without
/// a word; what a guest could notice is left out in a line.
struct BochsConfiguration {
    /// The most bytes that such a file has.
    private static let limit = 1 << 20

    private let path: String
    private let text: String

    init(file path: String) throws {
        self.path = path
        switch readFile(path, limit: Self.limit) {
        case .success(let bytes): text = String(decoding: bytes, as: UTF8.self)
        case .failure(let reason):
            throw UserError(
                .inputFile, "cannot read the configuration of Bochs (\(reason.text))", path, remedy: "check the name behind -f")
        }
    }

    init(text: String, path: String = "bochsrc.txt") { (self.text, self.path) = (text, path) }

    /// The options that make the same machine; `note` hears what is left out.
    func words(note: (String) -> Void) throws -> [String] {
        var reader = Reader(path: path)
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.drop { $0 == " " || $0 == "\t" }
            guard !line.isEmpty, line.first != "#" else { continue }
            reader.line = index + 1
            let parts = Self.content(of: line).split(separator: ":", maxSplits: 1).map { String($0).trimmed }
            guard parts.count == 2, !line.hasPrefix("#include") else {
                throw reader.error("not a line of a configuration", String(line), "write KEY: VALUE")
            }
            try reader.read(parts[0].lowercased(), Values(parts[1]))
        }
        for line in reader.notes { note("\(path)\(line)") }
        return reader.result
    }

    /// The line without a comment at its end, and with variables of the environment in place of their names. $BXSHARE, where
    /// Bochs keeps its firmware, stays.
    private static func content(of line: Substring) -> String {
        var (text, isQuoted, last): (String, Bool, Character) = ("", false, " ")
        var rest = line
        while let character = rest.popFirst() {
            if character == "#", !isQuoted, last == " " || last == "\t" { break }
            if character == "\"" { isQuoted.toggle() }
            last = character
            text.append(character)
            guard character == "$" else { continue }
            let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
            if name != "BXSHARE", let value = getenv(name) {
                text.removeLast()
                text += String(cString: value)
                rest = rest.dropFirst(name.count)
            }
        }
        return text
    }

    /// `name=value` pairs, and words without a name, between commas; quotation marks keep commas.
    fileprivate struct Values {
        var words: [String] = []
        var named: [String: String] = [:]

        init(_ text: String) {
            var (parts, isQuoted) = ([""], false)
            for character in text {
                if character == "\"" {
                    isQuoted.toggle()
                } else if character == ",", !isQuoted {
                    parts.append("")
                } else {
                    parts[parts.count - 1].append(character)
                }
            }
            for part in parts {
                let pair = part.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
                if pair.count == 2 { named[pair[0].lowercased()] = pair[1] } else { words.append(part.trimmed) }
            }
        }

        subscript(name: String) -> String? { named[name] }
        var isEnabled: Bool { !["0", "false", "no"].contains(named["enabled"] ?? words.first ?? "1") }
        /// The file that the key is about, unless it is none.
        var file: String? { named["file"].flatMap { ["none", ""].contains($0) ? nil : $0 } }
    }

    private struct Reader {
        let path: String
        var line = 0
        var notes: [String] = []
        private var output: [String] = []
        private var serial: [Int: String] = [:]
        private var console: String?
        /// The BIOS of the display, for another firmware than ours.
        private var displayROM: String?

        init(path: String) { self.path = path }

        var result: [String] {
            var words = output
            if words.contains("--bios"), let displayROM { words += ["--vga-rom", displayROM] }
            if let last = serial.keys.max() { for line in 0...last { words += ["--serial", serial[line] ?? "null"] } }
            return words + (console.map { ["--debugcon", $0] } ?? [])
        }

        func error(_ what: String, _ place: String, _ remedy: String) -> UserError {
            UserError(.usage, what, "\(path):\(line): \(place)", remedy: remedy)
        }

        private mutating func note(_ key: String, _ words: String) { notes.append(":\(line): \(key): left out; \(words)") }

        /// About Bochs itself: its log, its window, its keyboard.
        private static let silent: Set<String> = [
            "log", "logprefix", "panic", "error", "info", "debug", "debugger_log", "config_interface", "plugin_ctrl", "mouse",
            "keyboard", "private_colormap", "fullscreen", "screenmode", "speaker", "print_timestamps", "user_shortcut", "vga",
            "vga_update_interval", "floppy_bootsig_check", "text_snapshot_check", "romimage_search", "keyboard_mapping",
            "keyboard_type", "keyboard_serial_delay", "keyboard_paste_delay", "load32bitosimage", "debug_symbols", "iodebug",
            "ata0", "ata1", "sound", "waveout", "wavein", "midiout", "port_e9_hack_all_rings", "magic_break_all", "gui_debug",
        ]

        private static let absent: [String: String] = [
            "ne2k": "the network card is an e1000", "pcnet": "the network card is an e1000",
            "pnic": "the network card is an e1000", "sb16": "there is no sound card", "es1370": "there is no sound card",
            "usb_uhci": "there is no USB", "usb_ohci": "there is no USB", "usb_ehci": "there is no USB",
            "usb_xhci": "there is no USB",
            "voodoo": "there is no second display", "pcidev": "no device of the host is led through",
            "com3": "there are COM1 and COM2", "com4": "there are COM1 and COM2", "parport2": "there is one parallel port",
            "ata2": "there are two channels of IDE", "ata3": "there are two channels of IDE",
            "optromimage": "--option-rom FILE is ours",
            "optramimage": "nothing is loaded at power-on; --restore FILE goes on from a saved machine",
            "cpuid": "a model has what it has; cpu: model= chooses one",
            "cmosimage": "the CMOS memory is filled at each power-on",
        ]

        mutating func read(_ key: String, _ values: Values) throws {
            switch key {
            case "megs": output += ["--memory", values.words.first ?? ""]
            case "memory": if let size = values["guest"] { output += ["--memory", size] }
            case "vgaromimage": if let file = values.file ?? values.words.first, !file.contains("$BXSHARE") { displayROM = file }
            case _ where key.hasPrefix("optro") || key.hasPrefix("optra"):
                if values.file != nil { note(key, Self.absent[String(key.filter { !$0.isNumber })] ?? "") }
            case "romimage": if let file = values["file"] ?? values.words.first { firmware(file) }
            case "boot": try boot(values.words)
            case "floppya", "floppyb": floppy(key.hasSuffix("a") ? "--fda" : "--fdb", values)
            case "ata0-master", "ata0-slave", "ata1-master", "ata1-slave": try drive(key, values)
            case "com1", "com2": if values.isEnabled { try serial(key == "com1" ? 0 : 1, values) }
            case "parport1": if values.isEnabled, let file = values.file { output += ["--parallel", "file:\(file)"] }
            case "port_e9_hack": if values.isEnabled { console = "stdio" }
            case "magic_break":
                if values.isEnabled { note(key, "XCHG BX, BX goes on; swemu debug has breakpoints, and --gdb") }
            case "cpu": try processor(values)
            case "ips": output += ["--rate", values.words.first ?? ""]
            case "clock": clock(values)
            case "display_library": display(values.words.first ?? "")
            case "pci", "i440fxsupport": output += ["--machine", values.isEnabled ? "pc" : "isa"]
            case "e1000": if values.isEnabled { network(values) }
            case "gdbstub": if values.isEnabled { output += ["--gdb", "tcp::\(values["port"] ?? "1234")", "--stopped"] }
            case _ where Self.silent.contains(key): break
            case _ where Self.absent[key] != nil: if values.isEnabled { note(key, Self.absent[key] ?? "") }
            default: note(key, "an unknown key")
            }
        }

        private mutating func firmware(_ file: String) {
            let name = file.split(separator: "/").last.map(String.init) ?? file
            // Bochs' own firmware, which every configuration names.
            if file.contains("$BXSHARE") || name.hasPrefix("BIOS-bochs-") || name == "bios.bin-1.13.0" {
                return note("romimage", "our own BIOS starts the machine; --bios FILE is another one")
            }
            output += ["--bios", file]
        }

        private mutating func boot(_ devices: [String]) throws {
            let letters = ["floppy": "a", "a": "a", "disk": "c", "c": "c", "cdrom": "d", "network": "", "none": "", "": ""]
            var order = ""
            for device in devices {
                guard let letter = letters[device.lowercased()] else {
                    throw error("cannot boot from", device, "floppy, disk and cdrom boot")
                }
                order += letter
            }
            if !order.isEmpty { output += ["--boot", order] }
        }

        private mutating func floppy(_ option: String, _ values: Values) {
            let types = ["image", "2_88", "1_44", "1_2", "720k", "360k", "320k", "180k", "160k"]
            guard let image = types.lazy.compactMap({ values[$0] }).first else { return }
            if values["status"] == "ejected" { output += [option, "none"] }
            output += [option, image]
            if values["write_protected"] == "1", !output.contains("--write-protect-diskettes") {
                output.append("--write-protect-diskettes")
            }
        }

        private mutating func drive(_ key: String, _ values: Values) throws {
            guard values["type"] != "none", let image = values["path"] ?? values["dev"] else { return }
            if values["type"] == "cdrom" {
                if key != "ata1-master" { note(key, "the CD-ROM drive is the secondary master") }
                return output += ["--cdrom"] + (values["status"] == "ejected" ? ["none", "--cdrom", image] : [image])
            }
            let names = ["ata0-master": "--hda", "ata0-slave": "--hdb", "ata1-master": "--hdc", "ata1-slave": "--hdd"]
            switch values["mode"] ?? "flat" {
            case "flat", "concat": break
            case "volatile", "undoable": output.append("--snapshot")
            case let mode:
                throw error(
                    "not available", "mode=\(mode)",
                    "convert the image with bximage or qemu-img convert -O raw, and write mode=flat")
            }
            output += [names[key] ?? "--hda", image]
        }

        private mutating func serial(_ number: Int, _ values: Values) throws {
            let device = values["dev"] ?? ""
            let address = "tcp:\(device)"
            switch values["mode"] ?? "null" {
            case "null": serial[number] = "null"
            case "file": serial[number] = "file:\(device)"
            case "term", "raw": serial[number] = device.isEmpty || device == "/dev/tty" ? "stdio" : "pty"
            case "pipe-client", "pipe-server": serial[number] = "pipe:\(device)"
            case "socket-server": serial[number] = address
            case "socket-client": serial[number] = "\(address),connect"
            case let mode:
                throw error("not available", "mode=\(mode)", "null, file, term, socket-server and socket-client are known")
            }
        }

        private mutating func processor(_ values: Values) throws {
            if let model = values["model"] {
                let (ours, why) = try QEMUProcessor.model(ofBochs: model)
                output += ["--cpu", ours]
                if let why { notes.append(":\(line): cpu: model=\(model): \(why)") }
            }
            if let rate = values["ips"] { output += ["--rate", rate] }
            if let count = values["count"], count != "1", count != "1:1:1" {
                // Packages, cores and threads.
                let parts = count.split(separator: ":").compactMap { Int($0) }.map { min(max($0, 0), 256) }
                let topology =
                    parts.count == 3 ? "\(parts.reduce(1, *)),sockets=\(parts[0]),cores=\(parts[1]),threads=\(parts[2])" : count
                output += ["--smp", topology]
            }
            if ["1", "true", "yes"].contains(values["reset_on_triple_fault"] ?? "0") { output.append("--reboot-on-triple-fault") }
        }

        /// `vnet` offers the files of a folder by TFTP; the other modules lead to the host's network.
        private mutating func network(_ values: Values) {
            var words = "user"
            if let address = values["mac"] { words += ",mac=\(address)" }
            let module = values["ethmod"] ?? "null"
            if module == "vnet", let folder = values["ethdev"] { words += ",tftp=\(folder.replacing(",", with: ",,"))" }
            if !["null", "vnet", "slirp"].contains(module) {
                note("e1000", "ethmod=\(module): the card's network is inside the machine, and nothing leads to the host's")
            }
            output += ["--nic", words]
        }

        private mutating func clock(_ values: Values) {
            if let sync = values["sync"], sync != "none" { output += ["--speed", "real"] }
            switch values["time0"] {
            case nil: break
            case "local": output += ["--rtc", "host"]
            case "utc": output += ["--rtc", "utc"]
            case let start?:
                guard let seconds = Int64(start), seconds > 1 else {
                    return note("clock", "time0=\(start): --rtc DATE is ours, as in --rtc 2024-01-01T00:00:00")
                }
                let date = MC146818.DateTime(secondsSince1970: min(seconds, 1 << 40))
                func digits(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
                let (day, time) = ([date.month, date.day].map(digits), [date.hour, date.minute, date.second].map(digits))
                output += ["--rtc", "\(date.year)-\(day.joined(separator: "-"))T\(time.joined(separator: ":"))"]
            }
        }

        private mutating func display(_ library: String) {
            switch library {
            case "nogui", "none": output.append("--headless")
            case "term": output += ["--display", "terminal"]
            case "rfb", "vncsrv":
                output.append("--headless")
                note("display_library", "there is no remote screen; --screen-png FILE shows it")
            // A window, where there is a desktop.
            default: break
            }
        }
    }
}

extension QEMUProcessor {
    /// The model for one of Bochs', and where it is another one, why. Bochs User Manual, "cpu".
    static func model(ofBochs name: String) throws -> (model: String, why: String?) {
        let families: [(prefix: String, model: CPUModel)] = [
            ("pentium_mmx", .pentiumMMX), ("pentium", .pentium), ("amd_k6", .pentiumMMX), ("p2_", .pentium2), ("p3_", .pentium3),
            ("athlon_xp", .pentium3), ("p4_willamette", .pentium4), ("p4_", .x86_64), ("athlon64", .x86_64), ("turion64", .x86_64),
            ("phenom", .x86_64), ("atom_n270", .core2), ("core_duo", .pentium4), ("core2_", .core2), ("corei5_lynnfield", .nehalem),
            ("corei5_arrandale", .nehalem), ("core", .max), ("bx_generic", .max), ("ryzen", .max), ("zambezi", .max),
            ("trinity", .max), ("tigerlake", .max), ("sapphire", .max), ("arrow", .max), ("i386", .i486), ("i486", .i486),
        ]
        guard let (_, model) = families.first(where: { name.lowercased().hasPrefix($0.prefix) }) else {
            throw UserError(
                .usage, "no such processor", "cpu: model=\(name)",
                remedy: "known are \(CPUModel.allCases.map(\.rawValue).joined(separator: ", ")) by --cpu")
        }
        return (model.rawValue, "\(model.rawValue) is the nearest model here")
    }
}

extension String {
    /// Without blanks at its ends.
    fileprivate var trimmed: String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(String(drop(while: blank).reversed()).drop(while: blank).reversed())
    }
}
