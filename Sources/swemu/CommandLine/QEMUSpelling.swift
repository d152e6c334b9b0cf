/// Lets a QEMU command line drive swemu: single-dash options become ours before the arguments are parsed.
///
/// What asks for the machine we already are (`-machine pc`, `-accel tcg`, `-nic none` …) is accepted; what changes nothing that a guest sees is
/// left out with a line; what asks for something we lack is refused in words that say what to do instead.
struct QEMUSpelling {
    /// A question of the command line (`-cpu help`), answered in place of a run.
    struct Answer: Error { let text: String }

    var output: [String] = []
    /// What was left out, one line each.
    private(set) var notes: [String] = []
    let floppyNames = ["fda", "fdb"]
    var diskNames = ["hda", "hdb", "hdc", "hdd"]
    var usedDisks: Set<String> = []
    /// The image of each drive that an option named.
    private var named: [String: String] = [:]
    /// Drives that wait for a `-device` to take them, and the devices that do.
    var parked: [String: Properties] = [:]
    var attachments: [Properties] = []
    /// Character devices by their id: where they lead, in our words.
    var characters: [String: String] = [:]
    private var sawSerial = false
    private var sawNographic = false
    private var logFile: String?
    private var traces = false

    /// Our words for `arguments` (without the program's name); notes go to standard error.
    static func translate(_ arguments: [String]) throws -> [String] {
        if let first = arguments.first, ["disasm", "explain", "help", "test", "merge", "image", "snapshot"].contains(first) {
            return arguments
        }
        var translation = QEMUSpelling()
        try translation.translate(arguments)
        for note in translation.notes { complain("swemu: \(note)") }
        return translation.output
    }

    private mutating func translate(_ arguments: [String]) throws {
        try readCharacters(arguments)
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                output += [argument] + rest
                break
            }
            if argument == "--cpu", rest.first == "help" { throw try help("cpu") }
            guard let name = Self.name(of: argument) else {
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
            guard Self.names.contains(name) else {
                let hint = nearestName(to: name, among: Self.names).map { "did you mean -\($0)?" } ?? "see swemu help run"
                throw UserError(.usage, "unknown option", argument, remedy: hint)
            }
            try translate(option: name, &rest)
        }
        try attachDrives()
        if let logFile { output += ["--log-file", logFile] + (traces ? ["--trace-file", logFile] : []) }
        if sawNographic, !sawSerial { output += ["--serial", "stdio"] }
    }

    /// The option's name where `argument` is one of QEMU's: with one dash, or with two where we have none of that name.
    private static func name(of argument: String) -> String? {
        guard argument.hasPrefix("-"), argument.count > 1, argument != "-h" else { return nil }
        guard argument.hasPrefix("--") else { return String(argument.dropFirst()) }
        let name = String(argument.dropFirst(2))
        return names.contains(name) && !ours.contains(name) ? name : nil
    }

    mutating func note(_ line: String) { notes.append(line) }

    private mutating func translate(option name: String, _ rest: inout ArraySlice<String>) throws {
        func value() throws -> String {
            guard let value = rest.popFirst() else {
                throw UserError(.usage, "option needs a value", "-\(name)", remedy: "see swemu help run")
            }
            if ["help", "?"].contains(value) { throw try help(name) }
            return value
        }
        if let (takesValue, words) = Self.leftOut[name] {
            let place = takesValue ? "-\(name) \(try value())" : "-\(name)"
            if let words { note("\(place): left out; \(words)") }
            return
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
        // Read before everything else.
        case "chardev": _ = try value()
        case "monitor", "mon": try monitor(value())
        case "nographic":
            sawNographic = true
            output.append("--headless")
        case "display": try display(value())
        case "curses": output += ["--display", "terminal"]
        case "sdl": output += ["--display", "sdl"]
        case "vnc": if case let screen = try value(), screen != "none" { throw Self.noRemoteScreen("-vnc \(screen)") }
        case "no-reboot", "snapshot", "version": output.append("--\(name)")
        case "help": output += ["help", "run"]
        case "action": try action(value())
        case "s": output += ["--gdb", "tcp::1234"]
        case "S": output.append("--stopped")
        case "gdb": output += ["--gdb", try value()]
        case "d": try log(value())
        case "D": logFile = try value()
        case "cpu": try processor(value())
        case "device": try device(Properties(value(), bare: "driver"))
        case "kernel", "append": output += ["--\(name)", try value()]
        case "initrd":
            // Multiboot modules are separated by commas; Linux's initrd is one of them.
            for module in try value().split(separator: ",") { output += ["--initrd", String(module)] }
        case "bios": output += ["--bios", try value()]
        case "rtc": try clock(Properties(value()))
        case "localtime": output += ["--rtc", "host"]
        case "M", "machine":
            let properties = Properties(try value(), bare: "type")
            let type = properties["type"] ?? "pc"
            try accept(type, as: name, Self.machines)
            output += ["--machine", type.hasPrefix("isapc") ? "isa" : "pc"]
            for (key, setting) in properties.all where key != "type" { machine(property: key, setting) }
        case "accel": accelerator(try value())
        case "nic", "net", "netdev":
            try refuse(unless: ["none"], value(), name, "there is no network card; leave it and its -device out")
        case "parallel":
            try refuse(
                unless: ["none", "null"], value(), name,
                "there is no parallel port; let the guest print on COM1 (-serial) or on port E9h (-debugcon)")
        case "soundhw", "audio", "audiodev":
            try refuse(
                unless: ["none", "pcspk"], value(), name, "there is no sound card, and the speaker is silent; leave the option out")
        case "smp": output += ["--smp", try value()]
        case "vga":
            try refuse(
                unless: ["std", "cirrus", "none"], value(), name, "there is a VGA with Bochs' VBE; give -vga std or leave it out")
        case "boot": try boot(value())
        case "global": try global(value())
        default: throw refusal(name, rest.first)
        }
    }

    /// Notes the image of a drive. Throws when it has one already.
    mutating func take(_ name: String, _ image: String) throws {
        if let other = named.updateValue(image, forKey: name) {
            throw UserError(
                .usage, "two images for one drive", "\(other) and \(image) as \(name)",
                remedy: "give one, or the other to another drive, as with --hdb")
        }
        usedDisks.insert(name)
    }

    private func refusal(_ name: String, _ value: String?) -> UserError {
        UserError(
            .usage, "not available", "-\(name)", remedy: Self.absent[name] ?? "this machine has no such part; leave the option out")
    }

    func accept(_ value: String, as name: String, _ known: [String]) throws {
        guard known.contains(value) || known.contains(where: { value.hasPrefix($0 + ",") || value.hasPrefix($0 + "-") }) else {
            throw UserError(
                .usage, "not available", "-\(name) \(value)", remedy: "this machine is \(known.joined(separator: " or "))")
        }
    }

    /// Refuses a value whose first word is none of `known`.
    private func refuse(unless known: [String], _ value: String, _ name: String, _ remedy: String) throws {
        let word = value.split(separator: ",").first.map(String.init) ?? value
        guard known.contains(word) || known.contains("none") && word == "driver=none" else {
            throw UserError(.usage, "not available", "-\(name) \(value)", remedy: remedy)
        }
    }

    private mutating func memory(_ value: String) {
        let properties = Properties(value, bare: "size")
        for (key, setting) in properties.all where key != "size" { note("-m \(key)=\(setting): left out; memory is what it is") }
        output += ["--memory", properties["size"] ?? value]
    }

    private mutating func monitor(_ value: String) throws {
        guard !["none", "null"].contains(value) else { return }
        note("-monitor \(value): left out; there is no monitor, --gdb and swemu debug look into the machine, --script acts on it")
    }

    private static func noRemoteScreen(_ place: String) -> UserError {
        UserError(
            .usage, "not available", place,
            remedy: "use -display sdl, -display curses or -display none with --screen-png FILE to look at")
    }

    private mutating func display(_ value: String) throws {
        // What follows the comma is about a window's looks.
        switch value.split(separator: ",").first.map(String.init) ?? value {
        case "none": output.append("--headless")
        case "sdl", "gtk", "cocoa": output += ["--display", "sdl"]
        case "curses": output += ["--display", "terminal"]
        default: throw Self.noRemoteScreen("-display \(value)")
        }
    }

    private mutating func action(_ value: String) throws {
        for (key, setting) in Properties(value).all {
            switch (key, setting) {
            case ("reboot", "shutdown"): output.append("--no-reboot")
            case ("reboot", "reset"), ("shutdown", "poweroff"): break
            // Only a device that we lack tells QEMU of these.
            case ("panic", "none"), ("panic", "shutdown"), ("watchdog", _): break
            default:
                throw UserError(
                    .usage, "not available", "-action \(key)=\(setting)", remedy: "use reboot=shutdown or reboot=reset")
            }
        }
    }

    private mutating func accelerator(_ value: String) {
        let names = (Properties(value, bare: "accel")["accel"] ?? "tcg").split(separator: ":")
        guard !names.contains("tcg"), let name = names.first else { return }
        note("-accel \(name): left out; the recompiler executes the guest's code")
    }

    private mutating func machine(property: String, _ setting: String) {
        switch (property, setting) {
        case ("accel", _): accelerator(setting)
        case (_, "off"), ("pcspk-audiodev", _): break
        default: note("-machine \(property)=\(setting): left out; there is nothing of that kind")
        }
    }

    private mutating func processor(_ value: String) throws {
        let words = value.split(separator: ",").map(String.init)
        let name = words.first ?? value
        let (model, why) = try QEMUProcessor.model(of: name)
        if let why { note("-cpu \(name): \(why)") }
        if words.count > 1 {
            note(
                "-cpu \(words.dropFirst().joined(separator: ",")): left out; a model has the features that it has, see --cpu in the README"
            )
        }
        output += ["--cpu", model]
    }

    /// -d: what we log, and what we trace; with -D both go to one file.
    private mutating func log(_ value: String) throws {
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
                    remedy: "\(Self.logItems.joined(separator: ", ")) are known; --trace has more")
            }
        }
        if !logged.isEmpty { output += ["--log", logged.joined(separator: ",")] }
        if !traced.isEmpty { output += ["--trace", traced.joined(separator: ",")] }
        traces = traces || !traced.isEmpty
    }

    private func global(_ value: String) throws {
        guard value.hasPrefix("isa-debugcon.iobase=0xe9") else {
            throw UserError(
                .usage, "no such property", "-global \(value)", remedy: "the debug console is always at 0xe9; leave the option out")
        }
    }

    private mutating func clock(_ properties: Properties) throws {
        for (key, value) in properties.all {
            switch (key, value) {
            case ("base", "localtime"), ("file", "localtime"): output += ["--rtc", "host"]
            case ("base", "utc"), ("file", "utc"): output += ["--rtc", "utc"]
            case ("base", let date): output += ["--rtc", date]
            case ("clock", "vm"), ("driftfix", "none"): break
            case ("clock", "host"), ("clock", "rt"), ("driftfix", "slew"):
                note("-rtc \(key)=\(value): left out; the clock goes with the machine's time, --speed real ties that to the host's")
            default:
                throw UserError(
                    .usage, "not available", "-rtc \(key)=\(value)",
                    remedy: "base=utc, base=localtime, base=DATE and clock=vm are known")
            }
        }
    }

    /// Only the order; `menu`, `strict` and the like are about a BIOS that is not ours.
    private mutating func boot(_ value: String) throws {
        let properties = Properties(value, bare: "order")
        if let once = properties["once"] {
            note("-boot once=\(once): taken as order=\(once), at every boot; --no-reboot ends at the second")
        }
        guard let order = properties["once"] ?? properties["order"] else { return }
        guard let known = BootOrder(argument: order) else {
            throw UserError(
                .usage, "cannot boot from", "-boot \(order)",
                remedy: "a floppy drive (a), the hard disk (c) and the CD-ROM drive (d) boot")
        }
        if known.devices != [.hardDisk] { output += ["--boot", order] }
    }
}
