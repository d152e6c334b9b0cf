import Board
import Formats

/// A snapshot, in words and as JSON.
package struct SnapshotDescription {
    let path: String
    let machine: Snapshot.Machine
    let contents: Snapshot.Contents

    package init(path: String, machine: Snapshot.Machine, contents: Snapshot.Contents) {
        self.path = path
        self.machine = machine
        self.contents = contents
    }

    private static let drives = ["hda", "hdb", "hdc", "hdd"]

    private var fileSize: UInt64 {
        var information = stat()
        return stat(path, &information) == 0 ? UInt64(max(information.st_size, 0)) : 0
    }

    private var seconds: String { Verdict.rounded(Double(machine.tick) / Double(max(machine.ticksPerSecond, 1))) }

    /// The drives that have a disk.
    private var disks: [(name: String, disk: Snapshot.Disk, written: UInt64)] {
        machine.disks.enumerated().compactMap { number, disk in
            guard let disk else { return nil }
            let name = number < Self.drives.count ? Self.drives[number] : "diskette \(number - 3)"
            return (name, disk, contents.writtenSectors[number])
        }
    }

    /// A shell's command that opens it; nil where the file does not say what was booted.
    private var opening: String? {
        machine.origin.map { Self.printable(ShellWord.line(["swemu", "run"] + $0 + ["--restore", path])) }
    }

    private var hasBuiltInFirmware: Bool { machine.firmware == Firmware.builtIn }

    /// The machine's condition.
    private var condition: String {
        switch contents.ending {
        case nil: contents.isHalted ? "halted" : "running"
        case .powerOff: "ended: switched off"
        case .exit(let code): "ended: the guest wrote \(code) to the exit port"
        case .debugExit(let status): "ended: the guest wrote \(status >> 1) to isa-debug-exit"
        case .tripleFault: "ended: triple fault"
        case .deadHalt: "ended: halted for good"
        case .reset: "ended: the guest asked for a reset"
        }
    }

    package var lines: [String] {
        var lines = [
            "snapshot: \(path)",
            "format:   \(Snapshot.version); \(contents.partCount) parts, \(fileSize) bytes",
            "saved at: tick \(machine.tick), \(seconds) s of virtual time; \(machine.tick &- min(machine.skipped, machine.tick)) instructions",
            "next:     \(contents.site), \(condition)",
            "state:    \(contents.stateHash)",
            "machine:  \((machine.board ?? .isa).rawValue), \(machine.model), \(machine.memoryBytes / 1024) KBytes, \(machine.ticksPerSecond) ticks in a virtual second",
            "memory:   \(contents.pageCount) of \(machine.memoryBytes / 4096) pages are not empty",
            "firmware: \(hasBuiltInFirmware ? "the built-in one" : "\(machine.firmware.count) bytes of another than this swemu's")",
        ]
        for (name, disk, written) in disks {
            let changes = disk.isOverlaid ? "\(written) of them written over it" : "written to directly"
            lines.append("\(name):      \(disk.sectorCount) sectors, \(changes); contents \(disk.contents)")
        }
        for (number, disc) in (machine.media ?? []).enumerated() {
            lines.append("disc \(number + 1):   \(disc.sectorCount / 4) blocks; contents \(disc.contents)")
        }
        if let kernel = machine.kernel { lines.append("kernel:   \(kernel)") }
        if let opening { lines.append("open it:  \(opening)") }
        return lines
    }

    package var json: JSON {
        let disks = disks.map { name, disk, written in
            JSON.object([
                ("drive", .text(name)), ("sectors", .number(disk.sectorCount)), ("contents", .text("\(disk.contents)")),
                ("overlaid", .boolean(disk.isOverlaid)), ("written-sectors", .number(written)),
            ])
        }
        return .object([
            ("file", .text(path)), ("format", .number(UInt64(Snapshot.version))), ("bytes", .number(fileSize)),
            ("parts", .number(contents.partCount)),
            ("booted", machine.origin.map { .list($0.map { .text($0) }) } ?? .null),
            ("tick", .number(machine.tick)), ("skipped-ticks", .number(machine.skipped)), ("virtual-seconds", .decimal(seconds)),
            ("cs", .number(UInt64(contents.site.cs))), ("eip", .number(contents.site.rip)),
            ("condition", .text(condition)), ("state-hash", .text("\(contents.stateHash)")),
            ("board", .text((machine.board ?? .isa).rawValue)), ("cpu", .text(machine.model)),
            ("memory-bytes", .number(machine.memoryBytes)),
            ("ticks-per-second", .number(machine.ticksPerSecond)), ("pages", .number(contents.pageCount)),
            ("firmware-bytes", .number(UInt64(machine.firmware.count))), ("built-in-firmware", .boolean(hasBuiltInFirmware)),
            ("isa-debug-exit", machine.debugExitPort.map { .number(UInt64($0)) } ?? .null),
            ("kernel", machine.kernel.map { .text("\($0)") } ?? .null), ("disks", .list(disks)),
            ("discs", machine.media.map { .list($0.map { .text("\($0.contents)") }) } ?? .null),
        ])
    }

    /// Words from a file of anybody, for a terminal: control characters are question marks.
    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
