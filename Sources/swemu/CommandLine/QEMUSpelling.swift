import Formats
import Inspection
import Session

/// Lets a QEMU command line drive swemu: single-dash options become ours before the arguments are parsed.
///
/// What asks for the machine we already are (`-machine pc`, `-accel tcg`, `-nic none` …) is accepted; what changes nothing that a guest sees is
/// left out with a line; what asks for something we lack is refused in words that say what to do instead.
struct QEMUSpelling {
    /// A question of the command line (`-cpu help`), answered in place of a run.
    struct Answer: Error { let text: String }

    var output: [String] = []
    /// Words that were left out, one line each.
    private(set) var notes: [String] = []
    let floppyNames = ["fda", "fdb"]
    var diskNames = ["hda", "hdb", "hdc", "hdd"]
    var usedDisks: Set<String> = []
    /// The image of each drive that an option named.
    private var named: [String: String] = [:]
    /// Drives that wait for a `-device` to take them, and the devices that do.
    var parked: [String: Properties] = [:]
    var attachments: [Properties] = []
    var network = Network()
    /// The files of the flash memories.
    var flashes: [String?] = [nil, nil]
    /// Character devices by their id: where they lead, in our words.
    var characters: [String: String] = [:]
    private var sawSerial = false
    private var sawNographic = false
    private var sawMonitor = false
    /// COM1's standard input is the monitor's, too.
    var isMultiplexed = false
    private var logFile: String?
    /// The place where QEMU would look for firmware.
    private var firmwareFolder: String?
    private var logsAsQEMU = false
    /// Another firmware than ours, and the folders where the BIOS of its display may be.
    private var firmwareName: String?
    private var displayROMFolders: [String] = []

    /// Our words for `arguments` (without the program's name); notes go to standard error. `displayROMFolders`: where Debian's packages have the BIOS
    /// of QEMU's display.
    static func translate(_ arguments: [String], displayROMFolders: [String] = ["/usr/share/seabios", "/usr/share/qemu"]) throws
        -> [String]
    {
        if let first = arguments.first,
            ["disasm", "explain", "help", "learn", "test", "merge", "image", "snapshot", "diff"].contains(first)
        {
            return arguments
        }
        var translation = QEMUSpelling()
        translation.displayROMFolders = displayROMFolders
        // QEMU has no -o; `swemu export` has.
        try translation.translate(arguments.first == "export" ? arguments.map { $0 == "-o" ? "--output" : $0 } : arguments)
        for note in translation.notes { complain("swemu: \(note)") }
        return translation.output
    }

    private mutating func translate(_ arguments: [String]) throws {
        try readCharacters(arguments)
        firmwareFolder = Array(zip(arguments, arguments.dropFirst())).last { $0.0 == "-L" }?.1
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
            // A negative number is the value of the option before it.
            if name.first?.isNumber == true, let option = output.last, option.hasPrefix("--"), !option.contains("=") {
                output[output.count - 1] += "=" + argument
                continue
            }
            guard Self.names.contains(name) else {
                let words = name.split(separator: "=", maxSplits: 1).map(String.init)
                let isJoined = words.count == 2 && Self.names.contains(words[0])
                let meant =
                    isJoined
                    ? "write -\(words[0]) \(words[1])" : nearestName(to: name, among: Self.names).map { didYouMean("-\($0)") }
                throw UserError(.usage, "unknown option", argument, remedy: meant ?? "see swemu help run")
            }
            try translate(option: name, &rest)
        }
        try attachDrives()
        try attachNetwork()
        attachDisplayROM()
        if let logFile { output += ["--log-file", logFile] + (logsAsQEMU ? ["--qemu-log-file", logFile] : []) }
        if sawNographic, !sawSerial {
            output += ["--serial", "stdio"] + (sawMonitor ? [] : ["--monitor", "serial"])
        } else if isMultiplexed, !sawMonitor {
            output += ["--monitor", "serial"]
        }
        shareStandardOutput()
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
            if ["help", "?", "model=help"].contains(value) || name == "device" && value.hasSuffix(",help") { throw try help(name) }
            return value
        }
        if let (takesValue, words) = Self.leftOut[name] {
            let place = takesValue ? "-\(name) \(try value())" : "-\(name)"
            if let words { note("\(place): left out; \(words)") }
            return
        }
        switch name {
        case "m": try memory(value())
        case "pflash": output += ["--pflash", try value()]
        case "option-rom":
            let properties = Properties(try value())
            output += ["--option-rom", properties["file"] ?? properties["romfile"] ?? ""]
        case "fw_cfg": output += ["--fw-cfg", try value()]
        case "fda", "fdb", "hda", "hdb", "hdc", "hdd":
            let image = try value()
            try Self.refuseProtocol(image)
            try take(name, image)
            output += ["--\(name)", image]
        case "cdrom":
            let image = try value()
            try Self.refuseProtocol(image)
            usedDisks.insert("hdc")
            output += ["--cdrom", image]
        case "blockdev": try blockdev(value())
        case "drive": try drive(Properties(value()))
        case "serial":
            sawSerial = true
            output += ["--serial", try character(value(), of: name)]
        case "parallel", "debugcon": output += ["--\(name)", try character(value(), of: name)]
        // Read before everything else.
        case "chardev": _ = try value()
        case "monitor", "qmp", "qmp-pretty": try monitor(value(), isQMP: name != "monitor")
        case "mon":
            let properties = Properties(try value(), bare: "chardev")
            try monitor("chardev:\(properties["chardev"] ?? "")", isQMP: properties["mode"] == "control")
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
        case "gdb": try debugger(value())
        case "d": try log(value())
        case "D": logFile = try value()
        case "cpu": try processor(value())
        case "device": try device(Properties(value(), bare: "driver"))
        case "kernel", "append": output += ["--\(name)", try value()]
        case "initrd":
            // Multiboot modules are separated by commas; Linux's initrd is one of them.
            for module in try value().split(separator: ",") { output += ["--initrd", String(module)] }
        case "bios": bios(try value())
        // Read before everything else, as are character devices.
        case "L": _ = try value()
        case "f": output += try BochsConfiguration(file: value()).words(note: { notes.append($0) })
        case "rtc": try clock(Properties(value()))
        case "localtime": output += ["--rtc", "host"]
        case "M", "machine": try machine(Properties(value(), bare: "type"), name)
        case "accel": try accelerator(value())
        // Of what is there by default QEMU's users leave out the network card so.
        case "nodefaults": network.isSaid = true
        case "nic": try nic(value())
        case "net": try net(value())
        case "netdev": try netdev(value())
        case "object": try object(value())
        case "soundhw", "audio":
            try refuse(
                unless: ["none", "pcspk"], value(), name, "there is no sound card, and the speaker is silent; leave the option out")
        case "smp":
            let topology = try value()
            if topology.contains("maxcpus=") {
                note("-smp \(topology): maxcpus= is left out; no processor is added while a machine runs")
            }
            output += ["--smp", topology]
        case "uuid": output += ["--uuid", try value()]
        case "vga":
            let display = try value()
            try refuse(
                unless: ["std", "cirrus", "none"], display, name, "there is a VGA with Bochs' VBE; give -vga std or leave it out")
            if display != "std" { note("-vga \(display): left out; the display is a VGA with Bochs' VBE, as -vga std") }
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

    /// A monitor and COM1 on one character device change places by Ctrl-A c.
    private mutating func shareStandardOutput() {
        let options = zip(output, output.dropFirst())
        guard options.first(where: { $0.0 == "--serial" })?.1 == "stdio",
            let place = Array(options).firstIndex(where: { $0 == ("--monitor", "stdio") })
        else { return }
        output[place + 1] = "serial"
    }

    /// A monitor for people or for machines. Where nobody could reach it, there is none.
    private mutating func monitor(_ value: String, isQMP: Bool) throws {
        let option = isQMP ? "qmp" : "monitor"
        if !isQMP { sawMonitor = true }
        if value == "none" { return }
        if value == "chardev:serial0" || value == "mon:stdio" && sawSerial { return output += ["--monitor", "serial"] }
        let target = try character(value, of: option)
        guard target != "null" else { return }
        if target.hasSuffix(",connect") {
            throw UserError(
                .usage, "not available", "-\(option) \(value)", remedy: "add server=on,wait=off, and connect to it")
        }
        guard ["stdio", "serial"].contains(target) || target.hasPrefix("unix:") || target.hasPrefix("tcp:") else {
            throw UserError(
                .usage, "not available", "-\(option) \(value)", remedy: "use stdio, unix:PATH,server=on or tcp:HOST:PORT,server=on")
        }
        output += ["--\(option)", target]
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
            case ("shutdown", "pause"):
                if let words = Self.leftOut["no-shutdown"]?.words { note("-action \(key)=\(setting): left out; \(words)") }
            // Only a device that we lack tells QEMU of these.
            case ("panic", "none"), ("panic", "shutdown"), ("watchdog", _): break
            default:
                throw UserError(
                    .usage, "not available", "-action \(key)=\(setting)", remedy: "use reboot=shutdown or reboot=reset")
            }
        }
    }

    private mutating func accelerator(_ value: String) throws {
        let names = (Properties(value, bare: "accel")["accel"] ?? "tcg").split(separator: ":").map(String.init)
        for name in names where !Self.accelerators.contains(name) {
            throw UserError(.usage, "no such accelerator", "-accel \(name)", remedy: "write -accel tcg, or leave it out")
        }
        guard !names.contains("tcg"), let name = names.first else { return }
        note("-accel \(name): left out; the recompiler executes the guest's code")
    }

    private mutating func machine(_ properties: Properties, _ name: String) throws {
        if let type = properties["type"] {
            guard let machine = Self.machine(type) else {
                throw UserError(
                    .usage, "not available", "-\(name) \(type)",
                    remedy: "write -machine pc (440FX and PIIX3 with PCI, ACPI and APICs), or isapc; there is no other board")
            }
            output += ["--machine", machine]
        }
        for (key, setting) in properties.all where key != "type" { try machine(property: key, setting) }
    }

    private mutating func machine(property: String, _ setting: String) throws {
        switch (property, setting) {
        case ("accel", _): try accelerator(setting)
        case ("firmware", _): bios(setting)
        case ("acpi", "off"), ("hpet", "off"), ("pit", "off"), ("i8042", "off"), ("pic", "off"):
            note("-machine \(property)=off: left out; it stays there, --machine isa is a board without PCI, ACPI and HPET")
        case ("acpi", "on"), ("hpet", "on"), ("pit", "on"), ("i8042", "on"), ("pic", "on"), (_, "off"), ("pcspk-audiodev", _): break
        default: note("-machine \(property)=\(setting): left out; nothing here depends on it")
        }
    }

    private mutating func debugger(_ value: String) throws {
        if value == "none" { return }
        guard value.hasPrefix("chardev:") else { return output += ["--gdb", value] }
        let known = try character(value, of: "gdb")
        guard known == "stdio" || !known.hasSuffix(",connect") && (known.hasPrefix("tcp:") || known.hasPrefix("unix:")) else {
            throw UserError(.usage, "not available", "-gdb \(value)", remedy: "use -gdb tcp::1234, unix:PATH or stdio")
        }
        output += ["--gdb", known]
    }

    /// A firmware, for whose name QEMU looks in the folder of -L, too, and the display's own BIOS, which QEMU has at hand.
    private mutating func bios(_ name: String) {
        var path = name
        if let firmwareFolder, access(name, F_OK) != 0, access("\(firmwareFolder)/\(name)", F_OK) == 0 {
            path = "\(firmwareFolder)/\(name)"
        }
        output += ["--bios", path]
        firmwareName = name
        let beside = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        displayROMFolders = [beside, firmwareFolder].compactMap { $0 } + displayROMFolders
    }

    /// Gives the display its BIOS, without which another firmware than ours shows nothing.
    private mutating func attachDisplayROM() {
        guard let firmwareName, !output.contains(where: { $0.hasPrefix("--vga-rom") }) else { return }
        let isISA = zip(output, output.dropFirst()).contains { $0 == ("--machine", "isa") }
        let name = isISA ? "vgabios-isavga.bin" : "vgabios-stdvga.bin"
        let paths = displayROMFolders.map { folder in folder + "/" + name }
        guard let path = paths.first(where: { access($0, R_OK) == 0 }) else {
            return note(
                "-bios \(firmwareName): the display has no BIOS of its own; --vga-rom FILE gives it one, as \(name) of SeaBIOS")
        }
        output += ["--vga-rom", path]
        note("-bios \(firmwareName): the display's BIOS is \(path); --vga-rom FILE is another one")
    }

    private mutating func processor(_ value: String) throws {
        let words = value.split(separator: ",").map(String.init)
        let name = words.first ?? value
        let (model, why) = try QEMUProcessor.model(of: name)
        if let why { note("-cpu \(name): \(why)") }
        if words.count > 1 {
            note(
                "-cpu \(words.dropFirst().joined(separator: ",")): left out; a model has the features that it has, -cpu help lists the models"
            )
        }
        output += ["--cpu", model]
    }

    /// -d: what we log in QEMU's form, and what in ours; with -D both go to one file.
    private mutating func log(_ value: String) throws {
        var (logged, written): ([String], [String]) = ([], [])
        for item in value.split(separator: ",") {
            switch item {
            case "unimp": logged += ["chips", "unmapped"]
            case "guest_errors": logged.append("chips")
            case "cpu_reset", "int", "in_asm", "exec", "cpu", "mmu": written.append(String(item))
            case "nochain": break
            case "out_asm", "op", "op_opt", "op_ind", "op_plugin", "plugin", "strace", "tid", "complete", "non-existent", "page",
                "fpu",
                "pcall", "vpu":
                note("-d \(item): left out; \(Self.logItems.joined(separator: ", ")) are known")
            case let pattern where pattern.hasPrefix("trace:"):
                note("-d \(pattern): left out; --trace interrupts,disk,ports and --log all show what devices do")
            case "chips", "unmapped", "machine", "interrupts", "all": logged.append(String(item))
            default:
                throw UserError(
                    .usage, "unknown log item", String(item),
                    remedy: "\(Self.logItems.joined(separator: ", ")) are known; --trace has more")
            }
        }
        if !logged.isEmpty { output += ["--log", logged.joined(separator: ",")] }
        if !written.isEmpty { output += ["--qemu-log", written.joined(separator: ",")] }
        logsAsQEMU = logsAsQEMU || !written.isEmpty
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

    /// The order and the menu; `strict` and the like are about a BIOS that is not ours.
    private mutating func boot(_ value: String) throws {
        let properties = Properties(value, bare: "order")
        for (key, option) in [("order", "--boot"), ("once", "--boot-once")] {
            guard let order = properties[key] else { continue }
            guard let known = BootOrder(argument: order) else {
                throw UserError(
                    .usage, "cannot boot from", "-boot \(order)",
                    remedy: "a floppy drive (a), the hard disk (c) and the CD-ROM drive (d) boot, in an order as cad")
            }
            if key == "once" || known.devices != [.hardDisk] { output += [option, order] }
        }
        if properties["menu"] == "on" { output.append("--boot-menu") }
    }
}
