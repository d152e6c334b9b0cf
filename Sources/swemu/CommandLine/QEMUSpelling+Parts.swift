import Formats
import Session

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

        init(_ all: [(key: String, value: String)]) { self.all = all }

        subscript(key: String) -> String? { all.last { $0.key == key }?.value }
    }

    // MARK: Drives

    mutating func drive(_ properties: Properties) throws {
        guard let file = properties["file"] ?? properties["file.filename"] else {
            throw UserError(.usage, "no file", "-drive", remedy: "write -drive file=IMAGE,format=raw")
        }
        try Self.refuseProtocol(file)
        guard properties["if"] != "none" else {
            guard let id = properties["id"] else {
                throw UserError(
                    .usage, "no id", "-drive if=none",
                    remedy: "write -drive if=none,id=NAME,… and -device ide-hd,drive=NAME, or if=ide")
            }
            return parked[id] = properties
        }
        guard properties["if"] != "pflash" else { return try flash(properties, file) }
        try attach(properties, isDisc: properties["media"] == "cdrom", number: properties["index"])
    }

    /// A flash memory; unit 0 has the firmware, unit 1 its variables.
    private mutating func flash(_ properties: Properties, _ file: String) throws {
        let unit = properties["unit"] ?? properties["index"] ?? String(flashes.firstIndex { $0 == nil } ?? flashes.count)
        guard let unit = Int(unit), flashes.indices.contains(unit), flashes[unit] == nil else {
            throw UserError(.usage, "no such flash memory", "-drive if=pflash,unit=\(unit)", remedy: "there are unit=0 and unit=1")
        }
        let isReadOnly = properties["readonly"] == "on" || properties["read-only"] == "on"
        flashes[unit] = file + (isReadOnly ? ",readonly" : "")
    }

    /// A node of QEMU's block layer: a file, or a format over a file that is named or is a node itself.
    mutating func blockdev(_ text: String) throws {
        let properties = Properties(text, bare: "driver")
        guard let name = properties["node-name"], let driver = properties["driver"], !text.hasPrefix("{") else {
            throw UserError(
                .usage, "no node", "-blockdev \(text)",
                remedy: "write -drive file=IMAGE,format=raw, or -blockdev driver=file,node-name=NAME,filename=IMAGE")
        }
        var all = [("if", "none"), ("id", name)]
        switch driver {
        case "file", "host_device": break
        case "raw", "qcow2": all.append(("format", driver))
        default:
            throw UserError(
                .usage, "not available", "-blockdev driver=\(driver)", remedy: "the drivers file, raw and qcow2 are known")
        }
        let below = properties["file"].flatMap { parked.removeValue(forKey: $0)?["file"] }
        guard let file = below ?? properties["filename"] ?? properties["file.filename"] else {
            throw UserError(.usage, "no file", "-blockdev \(text)", remedy: "add filename=IMAGE, or file=NODE behind that node")
        }
        if properties["read-only"] == "on" { all.append(("readonly", "on")) }
        parked[name] = Properties(all + [("file", file)])
    }

    /// An image that QEMU would make up or fetch.
    static func refuseProtocol(_ file: String) throws {
        let remedies = [
            "fat:": "make a disk image of the folder, as mtools' mformat and mcopy do",
            "nbd:": "copy it to a file first, as with qemu-img convert", "http:": "fetch it first", "https:": "fetch it first",
            "ftp:": "fetch it first", "ssh:": "fetch it first", "json:": "write file=IMAGE,format=raw",
            "iscsi:": "copy it to a file first", "rbd:": "copy it to a file first", "blkdebug:": "name the image itself",
            "fd:": "name the image itself", "/dev/fdset": "name the image itself",
        ]
        if let (_, remedy) = remedies.first(where: { file.hasPrefix($0.key) }) {
            throw UserError(.usage, "not an image file", file, remedy: remedy)
        }
    }

    /// Gives the drives that waited to the devices that take them.
    mutating func attachDrives() throws {
        if flashes[0] == nil, flashes[1] != nil {
            throw UserError(.usage, "no firmware", "-drive if=pflash,unit=1", remedy: "add -drive if=pflash,unit=0,file=CODE")
        }
        for flash in flashes.compactMap({ $0 }) { output += ["--pflash", flash] }
        for device in attachments {
            guard let id = device["drive"], let properties = parked.removeValue(forKey: id) else {
                throw UserError(
                    .usage, "no such drive", "-device \(device["driver"] ?? ""),drive=\(device["drive"] ?? "")",
                    remedy: "add -drive if=none,id=NAME,file=IMAGE and name it")
            }
            if device["driver"] == "floppy" {
                try attach(Properties(properties.all + [("if", "floppy")]), isDisc: false, number: device["unit"])
                continue
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
        guard let file = properties["file"] ?? properties["file.filename"] else { return }
        let isFloppy = properties["if"] == "floppy"
        for (key, value) in properties.all {
            switch key {
            case "file", "index", "id", "if", "bus", "unit", "addr", "file.filename", "file.driver": break
            // The firmware works the geometry out, and nobody asks for a name.
            case "cyls", "heads", "secs", "trans", "serial", "auto-read-only": break
            // How the host keeps and writes the file.
            case "cache", "aio", "werror", "rerror", "discard", "detect-zeroes", "copy-on-read", "locking", "file.locking",
                "file.cache",
                "file.aio", "overlap-check", "lazy-refcounts", "l2-cache-size":
                break
            case _ where ["cache.", "throttling", "iops", "bps"].contains { key.hasPrefix($0) }: break
            case "media": try accept(value, as: "drive media=", ["disk", "cdrom"])
            case "format", "driver": if !isDisc, !isFloppy { output += ["--format", value] }
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
}
