import Checks
import Formats
import Processor
import Session

/// The forms of options' values, by the name that help texts give them ("--timeout <time>"): the remedy for a value that is none, and for one
/// that is missing. ValueFormTests holds every option of every command against it.
enum ValueForms {
    /// The remedy for a message of the parser, which names the option with its value: "The value '5x' is invalid for '--timeout <time>'".
    static func remedy(for message: String) -> String? {
        guard message.contains("is invalid for '") || message.hasPrefix("Missing value for '"),
            let name = message.split(separator: "<").last?.split(separator: ">").first.map(String.init), message.contains("<")
        else { return nil }
        if name == "cpu" {
            let models = CPUModel.allCases.map(\.rawValue)
            let value = message.split(separator: "'").dropFirst().first.map(String.init) ?? ""
            return Formats.remedy(for: message.hasPrefix("Missing") ? "" : value, among: models)
        }
        // The parser lists the values of a choice by itself.
        return message.contains("Please provide one of") ? "" : forms[name]
    }

    private static let forms: [String: String] = [
        "count": "write a number, with a unit if you like, as in 500000, 500M or 2G",
        "hz": "write a number, with a unit if you like, as in 500000, 500M or 2G",
        "tick": "write a number, with a unit if you like, as in 500000, 500M or 2G",
        "ticks": "write a number, with a unit if you like, as in 500000, 500M or 2G",
        "address": "write a number, as in 0x7c00", "port": "write a number, as in 0x7c00",
        "offset": "write a number, as in 0x7c00", "org": "write a number, as in 0x7c00", "bits": "write 16, 32 or 64",
        "16|32": "write 16 or 32", "time": "write seconds, or with a unit, as in 30, 90s, 5m or 1h",
        "order": "write a (floppy), c (hard disk) and d (CD-ROM) in the order they are tried, as in dc",
        "when": "write \(SaveMoment.words)", "WxH": "write width and height from 1 to 4096, as in 640x480",
        "n": "write 1 to 16, or a topology, as in 4 or 4,cores=2,threads=2",
        "count|exits[:count]": "write a number of instructions, exits, or exits:COUNT",
        "factor": "write max, real or a factor from 0.001 to 1000, as in 0.5",
        "to": "write \(Destination.allValueStrings.joined(separator: ", "))",
        "where": "write tcp::PORT, tcp:HOST:PORT, unix:PATH or stdio",
        "start": "write fixed, utc, host, or a date, as in 2000-01-01T12:00:00",
        "size": "write megabytes, or with a unit, as in 512K, 64M or 1G", "file": "write the name of a file",
        "image": "write the name of a disk image", "folder": "write the name of a folder", "pipe": "write the name of a named pipe",
        "file args": "write the name of a file, and what the module is called with", "text": "write a text, in quotation marks",
        "yaml": "write a step in YAML, as in 'serial: \"login:\"'",
        "command": "write a command of the debugger, in quotation marks",
        "category": "write chips, unmapped, machine, interrupts or all, separated by commas",
        "kinds": "write exceptions, interrupts, software, modes, ports, disk, instructions or all, separated by commas",
        "range": "write two addresses, as in 0x100000-0x1fffff", "ports": "write ports, as in 0x3f8-0x3ff",
        "format": "write raw or qcow2", "kernel-format": "write multiboot, multiboot2, pvh, elf, linux or flat",
        "machine": "write pc or isa",
        "engine": "write recompiler or interpreter", "serial-pace": "write baud or instant", "trace-format": "write text or json",
        "idle": "write skip, wait or auto", "items": "write int, exec, in_asm, cpu, mmu, cpu_reset, separated by commas",
        "rings": "write rings, as in 0 or 0,3", "item": "write NAME,file=FILE or NAME,string=TEXT", "device": "write pc-testdev",
        "network": "write none, or user, as in user,tftp=FOLDER,bootfile=NAME",
        "uuid": "write 32 hexadecimal digits, as in 12345678-1234-1234-1234-123456789abc",
        "tool": "write gdb, bochs or qemu",
        "checks": "write \(CheckOptions.names.joined(separator: ", ")), separated by commas",
    ]

    /// Options of which the last would count in silence though each means another file.
    private static let onlyOnce: Set<String> = [
        "--kernel", "--efi", "--bios", "--vga-rom", "--restore", "--replay", "--record", "--report", "--symbols", "--save",
        "--evidence",
        "--log-file", "--trace-file", "--film", "--screen-png", "--screen-text", "--net-dump", "--nic", "--junit", "--tap",
        "--append",
    ]

    /// Throws where an option that names one thing is given twice.
    static func refuseRepeated(_ words: [String]) throws {
        var given: [String: String] = [:]
        for (index, word) in words.prefix(while: { $0 != "--" }).enumerated() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard onlyOnce.contains(parts[0]), index == 0 || !onlyOnce.contains(words[index - 1]) else { continue }
            let value = parts.count == 2 ? parts[1] : words.indices.contains(index + 1) ? words[index + 1] : ""
            if let first = given[parts[0]] {
                throw UserError(.usage, "\(parts[0]) is given twice", "\(first) and \(value)", remedy: "give one")
            }
            given[parts[0]] = value
        }
    }
}
