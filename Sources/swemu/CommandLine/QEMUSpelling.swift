/// Lets a QEMU command line drive swemu: single-dash options become ours before the arguments are parsed.
///
/// What asks for the machine we already are (`-machine pc`, `-accel tcg`, `-nic none` …) is accepted and dropped; what asks for
/// something we lack is refused in words, never ignored.
struct QEMUSpelling {
    private var output: [String] = []
    private var diskNames = ["hda", "hdb", "hdc", "hdd"]
    private let floppyNames = ["fda", "fdb"]
    private var usedDisks: Set<String> = []
    /// The image of each drive that an option named.
    private var named: [String: String] = [:]
    private var sawSerial = false
    private var sawNographic = false
    private var logFile: String?
    private var traces = false

    /// QEMU options this knows, without the dash.
    static let names = [
        "accel", "action", "append", "bios", "boot", "cdrom", "cpu", "curses", "D", "d", "debugcon", "device", "display", "drive",
        "fda",
        "fdb",
        "gdb", "global", "hda", "hdb", "hdc", "hdd", "initrd", "k", "kernel", "L", "M", "m", "machine", "monitor", "name", "net",
        "nic",
        "no-reboot", "nodefaults", "nographic", "parallel", "rtc", "S", "s", "serial", "smp", "snapshot", "vga",
    ]

    /// Our words for `arguments` (without the program's name).
    static func translate(_ arguments: [String]) throws -> [String] {
        if let first = arguments.first, ["disasm", "explain", "help", "test", "merge", "image", "snapshot"].contains(first) {
            return arguments
        }
        var translation = QEMUSpelling()
        try translation.translate(arguments)
        return translation.output
    }

    private mutating func translate(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                output += [argument] + rest
                break
            }
            guard argument.hasPrefix("-"), !argument.hasPrefix("--"), argument.count > 1, argument != "-h" else {
                if argument == "--serial" || argument.hasPrefix("--serial=") { sawSerial = true }
                let words = argument.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
                if argument.hasPrefix("--"), let name = words.first, diskNames.contains(name),
                    let image = words.count == 2 ? words[1] : rest.first
                {
                    try take(name, image)
                }
                output.append(argument)
                continue
            }
            let name = String(argument.dropFirst())
            guard Self.names.contains(name) else {
                let hint = nearestName(to: name, among: Self.names).map { "did you mean -\($0)?" } ?? "see swemu help run"
                throw UserError(.usage, "unknown option", argument, remedy: hint)
            }
            try translate(option: name, &rest)
        }
        if let logFile { output += ["--log-file", logFile] + (traces ? ["--trace-file", logFile] : []) }
        if sawNographic, !sawSerial { output += ["--serial", "stdio"] }
    }

    private mutating func translate(option name: String, _ rest: inout ArraySlice<String>) throws {
        func value() throws -> String {
            guard let value = rest.popFirst() else {
                throw UserError(.usage, "option needs a value", "-\(name)", remedy: "see swemu help run")
            }
            return value
        }
        switch name {
        case "m": try memory(value())
        case "fda", "fdb":
            let image = try value()
            try take(name, image)
            output += ["--\(name)", image]
        case "hda", "hdb", "hdc", "hdd":
            let image = try value()
            try take(name, image)
            output += ["--\(name)", image]
        case "cdrom":
            usedDisks.insert("hdc")
            output += ["--cdrom", try value()]
        case "drive": try drive(Properties(value()))
        case "serial":
            sawSerial = true
            output += ["--serial", try character(value())]
        case "debugcon": output += ["--debugcon", try character(value())]
        case "nographic":
            sawNographic = true
            output.append("--headless")
        case "display": try display(value())
        case "curses": output += ["--display", "terminal"]
        case "no-reboot", "snapshot": output.append("--\(name)")
        case "action": try action(value())
        case "s": output += ["--gdb", "tcp::1234"]
        case "S": output.append("--stopped")
        case "gdb": output += ["--gdb", try value()]
        case "d": try log(value())
        case "D": logFile = try value()
        case "cpu": output += ["--cpu", try processor(value())]
        case "device": try device(value())
        case "kernel", "append": output += ["--\(name)", try value()]
        case "initrd":
            // Multiboot modules are separated by commas; Linux's initrd is one of them.
            for module in try value().split(separator: ",") { output += ["--initrd", String(module)] }
        case "bios": output += ["--bios", try value()]
        case "rtc": try clock(Properties(value()))
        case "M", "machine":
            try accept(Properties(value(), bare: "type")["type"] ?? "pc", as: name, ["pc", "isapc", "i440fx", "pc-i440fx"])
        case "accel": try accept(Properties(value(), bare: "accel")["accel"] ?? "tcg", as: name, ["tcg"])
        case "nic", "net", "parallel", "monitor": try accept(value(), as: name, ["none"])
        case "smp": try accept(value(), as: name, ["1", "cpus=1"])
        case "vga": try accept(value(), as: name, ["std", "cirrus", "none"])
        case "boot": try boot(value())
        case "global": try global(value())
        case "name", "k", "L": _ = try value()
        case "nodefaults": break
        default: throw refusal(name)
        }
    }

    /// Notes the image of a drive. Throws when it has one already.
    private mutating func take(_ name: String, _ image: String) throws {
        if let other = named.updateValue(image, forKey: name) {
            throw UserError(
                .usage, "two images for one drive", "\(other) and \(image) as \(name)",
                remedy: "give one, or the other to another drive, as with --hdb")
        }
        usedDisks.insert(name)
    }

    private func refusal(_ name: String) -> UserError {
        UserError(.usage, "not available", "-\(name)", remedy: "this machine has no such part; leave the option out")
    }

    private func accept(_ value: String, as name: String, _ known: [String]) throws {
        guard known.contains(value) || known.contains(where: { value.hasPrefix($0 + ",") || value.hasPrefix($0 + "-") }) else {
            throw UserError(
                .usage, "not available", "-\(name) \(value)", remedy: "this machine is \(known.joined(separator: " or "))")
        }
    }

    private mutating func memory(_ value: String) {
        output += ["--memory", Properties(value, bare: "size")["size"] ?? value]
    }

    private mutating func display(_ value: String) throws {
        // What follows the comma is about a window's looks.
        switch value.split(separator: ",").first.map(String.init) ?? value {
        case "none": output.append("--headless")
        case "sdl", "gtk", "cocoa": output += ["--display", "sdl"]
        case "curses": output += ["--display", "terminal"]
        default:
            throw UserError(
                .usage, "not available", "-display \(value)", remedy: "use -display sdl, -display curses or -display none")
        }
    }

    private mutating func action(_ value: String) throws {
        let properties = Properties(value)
        if properties["reboot"] == "shutdown" { output.append("--no-reboot") }
        for (key, setting) in properties.all where !(key == "reboot" || (key == "shutdown" && setting == "poweroff")) {
            throw UserError(.usage, "not available", "-action \(key)=\(setting)", remedy: "use reboot=shutdown or reboot=reset")
        }
    }
}

extension QEMUSpelling {
    /// `key=value` pairs between commas; a word without `=` in first place is the value of `bare`. ",," is a comma.
    struct Properties {
        let all: [(key: String, value: String)]

        init(_ text: String, bare: String = "file") {
            let comma: Character = "\u{0}"
            var protected = ""
            var previousWasComma = false
            for character in text {
                if character == ",", previousWasComma {
                    protected.removeLast()
                    protected.append(comma)
                    previousWasComma = false
                } else {
                    protected.append(character)
                    previousWasComma = character == ","
                }
            }
            all = protected.split(separator: ",").enumerated().map { index, word in
                let parts = word.split(separator: "=", maxSplits: 1).map { String($0.map { $0 == comma ? "," : $0 }) }
                if parts.count == 2 { return (parts[0], parts[1]) }
                return index == 0 ? (bare, parts.first ?? "") : (parts.first ?? "", "on")
            }
        }

        subscript(key: String) -> String? { all.last { $0.key == key }?.value }
    }

    fileprivate mutating func drive(_ properties: Properties) throws {
        guard let file = properties["file"] else {
            throw UserError(.usage, "no file", "-drive", remedy: "write -drive file=IMAGE,format=raw")
        }
        let isDisc = properties["media"] == "cdrom"
        let isFloppy = properties["if"] == "floppy"
        for (key, value) in properties.all {
            switch key {
            case "file", "index", "cache", "aio", "id": break
            case "if": try accept(value, as: "drive if=", ["ide", "floppy"])
            case "media": try accept(value, as: "drive media=", ["disk", "cdrom"])
            case "format": if !isDisc, !isFloppy { output += ["--format", value] }
            case "snapshot": if value == "on", !isDisc { output.append("--snapshot") }
            case "readonly", "read-only":
                guard value == "on", !isDisc else { break }
                output.append(isFloppy ? "--write-protect-diskettes" : "--read-only")
            default:
                throw UserError(
                    .usage, "unknown drive property", key, remedy: "file, format, index, if, media, snapshot, readonly are known")
            }
        }
        if isDisc {
            guard ["2", nil].contains(properties["index"]) else {
                throw UserError(
                    .usage, "no place for a CD-ROM drive", "-drive index=\(properties["index"] ?? "")",
                    remedy: "it is drive 2, the secondary master; leave index out")
            }
            usedDisks.insert("hdc")
            output += ["--cdrom", file]
            return
        }
        let names = isFloppy ? floppyNames : diskNames
        let free = names.first { !usedDisks.contains($0) }
        let name = properties["index"].map { Int($0) }.map { $0.flatMap { names.indices.contains($0) ? names[$0] : nil } } ?? free
        guard let name else {
            throw UserError(
                .usage, "no such drive", "-drive index=\(properties["index"] ?? "")",
                remedy: isFloppy ? "there are two floppy drives, 0 and 1" : "there are four drives, 0 to 3")
        }
        try take(name, file)
        output += ["--\(name)", file]
    }

    /// Destinations of serial lines and the debug console.
    fileprivate func character(_ value: String) throws -> String {
        if ["stdio", "mon:stdio"].contains(value) { return "stdio" }
        if ["null", "none"].contains(value) { return "null" }
        if value.hasPrefix("file:") { return value }
        if value.hasPrefix("unix:") {
            let words = value.dropFirst(5).split(separator: ",")
            let serves = words.dropFirst().contains { ["server", "server=on"].contains($0) }
            return "unix:\(words.first ?? "")\(serves ? "" : ",connect")"
        }
        throw UserError(.usage, "unknown destination", value, remedy: "use stdio, null, file:PATH or unix:PATH,server=on")
    }

    /// -d: what we log, and what we trace; with -D both go to one file.
    fileprivate mutating func log(_ value: String) throws {
        var (logged, traced): ([String], [String]) = ([], [])
        for item in value.split(separator: ",") {
            switch item {
            case "unimp": logged += ["chips", "unmapped"]
            case "guest_errors": logged.append("chips")
            case "cpu_reset": logged.append("machine")
            case "int": logged.append("interrupts")
            case "in_asm", "exec", "nochain": if !traced.contains("instructions") { traced.append("instructions") }
            case "chips", "unmapped", "machine", "interrupts", "all": logged.append(String(item))
            default:
                throw UserError(
                    .usage, "unknown log item", String(item),
                    remedy: "unimp, guest_errors, cpu_reset, int, in_asm and exec are known; --trace has more")
            }
        }
        if !logged.isEmpty { output += ["--log", logged.joined(separator: ",")] }
        if !traced.isEmpty { output += ["--trace", traced.joined(separator: ",")] }
        traces = traces || !traced.isEmpty
    }

    fileprivate func processor(_ value: String) -> String {
        let model = value.split(separator: ",").first.map(String.init) ?? value
        return ["qemu32", "base", "host"].contains(model) ? "pentium4" : model
    }

    fileprivate mutating func device(_ value: String) throws {
        let properties = Properties(value, bare: "driver")
        guard properties["driver"] == "isa-debug-exit" else {
            throw UserError(.usage, "no such device", "-device \(value)", remedy: "only isa-debug-exit,iobase=0xf4 is known")
        }
        // 501h is where QEMU puts it when nothing is said.
        output += ["--isa-debug-exit", properties["iobase"] ?? "0x501"]
    }

    fileprivate func global(_ value: String) throws {
        guard value.hasPrefix("isa-debugcon.iobase=0xe9") else {
            throw UserError(
                .usage, "no such property", "-global \(value)", remedy: "the debug console is always at 0xe9; leave the option out")
        }
    }

    fileprivate mutating func clock(_ properties: Properties) throws {
        for (key, value) in properties.all {
            switch (key, value) {
            case ("base", "localtime"), ("file", "localtime"): output += ["--rtc", "host"]
            case ("base", "utc"), ("file", "utc"): output += ["--rtc", "utc"]
            case ("base", let date): output += ["--rtc", date]
            case ("clock", "vm"): break
            default:
                throw UserError(
                    .usage, "not available", "-rtc \(key)=\(value)",
                    remedy: "base=utc, base=localtime, base=DATE and clock=vm are known")
            }
        }
    }

    /// Only the order; `menu`, `strict` and the like are about a BIOS that is not ours.
    fileprivate mutating func boot(_ value: String) throws {
        let properties = Properties(value, bare: "order")
        if let once = properties["once"] {
            throw UserError(
                .usage, "not available", "-boot once=\(once)",
                remedy: "say order=\(once), and --no-reboot if it shall not boot again")
        }
        guard let order = properties["order"] else { return }
        guard let known = BootOrder(argument: order) else {
            throw UserError(
                .usage, "cannot boot from", "-boot \(order)",
                remedy: "a floppy drive (a), the hard disk (c) and the CD-ROM drive (d) boot")
        }
        if known.devices != [.hardDisk] { output += ["--boot", order] }
    }
}
