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

    // MARK: Drives

    mutating func drive(_ properties: Properties) throws {
        guard properties["file"] != nil else {
            throw UserError(.usage, "no file", "-drive", remedy: "write -drive file=IMAGE,format=raw")
        }
        guard properties["if"] != "none" else {
            guard let id = properties["id"] else {
                throw UserError(
                    .usage, "no id", "-drive if=none",
                    remedy: "write -drive if=none,id=NAME,… and -device ide-hd,drive=NAME, or if=ide")
            }
            return parked[id] = properties
        }
        try attach(properties, isDisc: properties["media"] == "cdrom", number: properties["index"])
    }

    /// Gives the drives that waited to the devices that take them.
    mutating func attachDrives() throws {
        for device in attachments {
            guard let id = device["drive"], let properties = parked.removeValue(forKey: id) else {
                throw UserError(
                    .usage, "no such drive", "-device \(device["driver"] ?? ""),drive=\(device["drive"] ?? "")",
                    remedy: "add -drive if=none,id=NAME,file=IMAGE and name it")
            }
            let number = try place(of: device)
            try attach(properties, isDisc: device["driver"] == "ide-cd" || properties["media"] == "cdrom", number: number)
        }
        if let id = parked.keys.min() {
            throw UserError(
                .usage, "no device takes the drive", "-drive if=none,id=\(id)",
                remedy: "add -device ide-hd,drive=\(id), or write if=ide")
        }
    }

    /// The number of the drive that `bus` (ide.0, ide.1) and `unit` name, where they do.
    private func place(of device: Properties) throws -> String? {
        guard let bus = device["bus"] else { return device["unit"] }
        guard let channel = bus.last?.wholeNumberValue, bus.dropLast().hasSuffix("."), channel < 2 else {
            throw UserError(.usage, "no such bus", "bus=\(bus)", remedy: "there are ide.0 and ide.1, with unit=0 and unit=1")
        }
        if let unit = device["unit"] {
            guard let unit = Int(unit), (0...1).contains(unit) else {
                throw UserError(.usage, "no such unit", "unit=\(unit)", remedy: "each bus has unit=0 and unit=1")
            }
            return String(2 * channel + unit)
        }
        return String((2 * channel...2 * channel + 1).first { !usedDisks.contains(diskNames[$0]) } ?? 2 * channel)
    }

    private mutating func attach(_ properties: Properties, isDisc: Bool, number: String?) throws {
        guard let file = properties["file"] else { return }
        let isFloppy = properties["if"] == "floppy"
        for (key, value) in properties.all {
            switch key {
            case "file", "index", "id", "if", "bus", "unit": break
            // How the host keeps and writes the file.
            case "cache", "aio", "werror", "rerror", "discard", "detect-zeroes", "copy-on-read", "locking": break
            case "media": try accept(value, as: "drive media=", ["disk", "cdrom"])
            case "format": if !isDisc, !isFloppy { output += ["--format", value] }
            case "snapshot": if value == "on", !isDisc { output.append("--snapshot") }
            case "readonly", "read-only":
                if value == "on", !isDisc { output.append(isFloppy ? "--write-protect-diskettes" : "--read-only") }
            default:
                throw UserError(
                    .usage, "unknown drive property", key, remedy: "file, format, index, if, media, snapshot, readonly are known")
            }
        }
        if let interface = properties["if"], !["ide", "floppy", "none"].contains(interface) {
            throw UserError(
                .usage, "not available", "-drive if=\(interface)",
                remedy: "drives are IDE; write if=ide, or if=floppy for a diskette")
        }
        if isDisc {
            guard ["2", nil].contains(number) else {
                throw UserError(
                    .usage, "no place for a CD-ROM drive", "-drive index=\(number ?? "")",
                    remedy: "it is drive 2, the secondary master; leave index out")
            }
            usedDisks.insert("hdc")
            output += ["--cdrom", file]
            return
        }
        let names = isFloppy ? floppyNames : diskNames
        let free = names.first { !usedDisks.contains($0) }
        let name = number.map { Int($0) }.map { $0.flatMap { names.indices.contains($0) ? names[$0] : nil } } ?? free
        guard let name else {
            throw UserError(
                .usage, "no such drive", "-drive index=\(number ?? "")",
                remedy: isFloppy ? "there are two floppy drives, 0 and 1" : "there are four drives, 0 to 3")
        }
        try take(name, file)
        output += ["--\(name)", file]
    }

    // MARK: Devices

    mutating func device(_ properties: Properties) throws {
        let driver = properties["driver"] ?? ""
        switch driver {
        case "isa-debug-exit":
            // 501h is where QEMU puts it when nothing is said.
            output += ["--isa-debug-exit", properties["iobase"] ?? "0x501"]
        case "ide-hd", "ide-cd", "ide-drive": attachments.append(properties)
        case "isa-debugcon":
            if let port = properties["iobase"], !["0xe9", "0xE9", "233"].contains(port) {
                throw UserError(
                    .usage, "no such port", "-device isa-debugcon,iobase=\(port)", remedy: "the debug console is always at 0xe9")
            }
            output += ["--debugcon", try properties["chardev"].map { try character("chardev:\($0)") } ?? "null"]
        case "isa-serial": output += ["--serial", try properties["chardev"].map { try character("chardev:\($0)") } ?? "null"]
        case "piix3-ide", "piix4-ide", "isa-ide": note("-device \(driver): left out; two channels of IDE are there anyway")
        case "VGA", "isa-vga", "bochs-display": note("-device \(driver): left out; a VGA with Bochs' VBE is there anyway")
        default:
            throw UserError(.usage, "no such device", "-device \(driver)", remedy: Self.remedy(forDevice: driver))
        }
    }

    private static func remedy(forDevice driver: String) -> String {
        if driver.hasPrefix("usb-") { return "there is no USB; a PS/2 keyboard and a PS/2 mouse are there, leave the option out" }
        if driver.hasPrefix("virtio-blk") || driver.hasPrefix("scsi-") || driver.contains("ahci") || driver.hasPrefix("nvme") {
            return "drives are IDE; write -device ide-hd,drive=NAME"
        }
        if ["rtl8139", "e1000", "pcnet", "ne2k_pci", "ne2k_isa", "virtio-net-pci"].contains(driver) {
            return "there is no network card; leave it and its -netdev out"
        }
        if ["sb16", "adlib", "AC97", "intel-hda", "es1370", "gus"].contains(driver) {
            return "there is no sound card; leave the option out"
        }
        return "\(devices.joined(separator: ", ")) are known; leave it out"
    }

    // MARK: Character devices

    /// Notes all `-chardev`, which may stand behind the options that use them.
    mutating func readCharacters(_ arguments: [String]) throws {
        for (option, value) in zip(arguments, arguments.dropFirst()) where option == "-chardev" || option == "--chardev" {
            if value == "help" { throw try help("chardev") }
            let properties = Properties(value, bare: "backend")
            guard let id = properties["id"] else {
                throw UserError(.usage, "no id", "-chardev \(value)", remedy: "write -chardev stdio,id=NAME")
            }
            if let copy = properties["logfile"] {
                note(
                    "-chardev \(id): logfile=\(copy) is left out; lead it to a file itself, as in -chardev file,id=\(id),path=\(copy)"
                )
            }
            let serves = ["on", "yes"].contains(properties["server"] ?? "off")
            switch properties["backend"] {
            case "stdio", "null": characters[id] = properties["backend"]
            case "vc": characters[id] = try character("vc")
            case "file": characters[id] = "file:\(properties["path"] ?? "")"
            case "pipe", "pty": characters[id] = try character(properties["backend"] ?? "")
            case "socket":
                let end = serves ? "" : ",connect"
                characters[id] =
                    properties["path"].map { "unix:\($0)\(end)" }
                    ?? "tcp:\(properties["host"] ?? ""):\(properties["port"] ?? "")\(end)"
            default:
                throw UserError(
                    .usage, "unknown destination", "-chardev \(value)", remedy: "stdio, null, file, socket and vc are known")
            }
        }
    }

    /// Where a serial line or the debug console leads, in our words.
    mutating func character(_ value: String) throws -> String {
        let words = value.split(separator: ",").map(String.init)
        let target = words.first ?? ""
        let serves = words.dropFirst().contains { ["server", "server=on", "server=yes"].contains($0) }
        switch target.split(separator: ":", maxSplits: 1).first.map(String.init) ?? "" {
        case "stdio": return "stdio"
        case "mon" where target == "mon:stdio": return "stdio"
        case "null", "none": return "null"
        case "file": return value
        case "unix": return "\(target)\(serves ? "" : ",connect")"
        case "tcp", "telnet":
            if target.hasPrefix("telnet:") { note("-serial \(target): the bytes go as they are, without telnet's own") }
            return "tcp:\(target.drop { $0 != ":" }.dropFirst())\(serves ? "" : ",connect")"
        case "vc":
            note("-serial vc: what goes there is dropped, there are no virtual consoles; stdio or file:PATH shows it")
            return "null"
        case "chardev":
            guard let known = characters[String(target.dropFirst(8))] else {
                throw UserError(.usage, "no such character device", target, remedy: "add -chardev stdio,id=\(target.dropFirst(8))")
            }
            return known
        case "pty", "pipe":
            throw UserError(
                .usage, "not available", value, remedy: "use unix:PATH,server=on, and socat - UNIX-CONNECT:PATH for a terminal")
        default:
            throw UserError(
                .usage, "unknown destination", value,
                remedy: "use stdio, null, file:PATH, unix:PATH,server=on or tcp:HOST:PORT,server=on")
        }
    }
}
