import Processor

/// What QEMU's options and processors are called, and what becomes of those that we have no use for.
extension QEMUSpelling {
    /// QEMU options this knows, without the dash.
    static let names =
        [
            "accel", "action", "append", "audio", "audiodev", "bios", "boot", "cdrom", "chardev", "cpu", "curses", "D", "d",
            "debugcon",
            "device", "display", "drive", "fda", "fdb", "gdb", "global", "hda", "hdb", "hdc", "hdd", "help", "initrd", "kernel",
            "localtime", "M", "m", "machine", "mon", "monitor", "net", "netdev", "nic", "no-reboot", "nographic", "parallel", "rtc",
            "S",
            "s", "sdl", "serial", "smp", "snapshot", "soundhw", "version", "vga", "vnc",
        ] + leftOut.keys + absent.keys

    /// Those that we have ourselves, with two dashes.
    static let ours: Set<String> = [
        "append", "bios", "boot", "cdrom", "cpu", "debugcon", "display", "fda", "fdb", "gdb", "hda", "hdb", "hdc", "hdd", "help",
        "initrd", "kernel", "machine", "no-reboot", "rtc", "serial", "snapshot", "trace", "version",
    ]

    static let machines = ["pc", "isapc", "i440fx", "pc-i440fx"]
    static let logItems = ["unimp", "guest_errors", "cpu_reset", "int", "in_asm", "exec"]
    static let devices = ["ide-hd", "ide-cd", "isa-debug-exit", "isa-debugcon", "isa-serial"]

    private static let nothing = "nothing is different without it"

    /// Options that change nothing here: whether a value follows, and why a line says so; nil where they ask for what is there anyway.
    static let leftOut: [String: (takesValue: Bool, words: String?)] = [
        "name": (true, nil), "k": (true, nil), "L": (true, nil), "uuid": (true, nil), "nodefaults": (false, nil),
        "no-acpi": (false, nil), "no-hpet": (false, nil), "no-fd-bootchk": (false, nil), "no-user-config": (false, nil),
        "enable-kvm": (false, "the recompiler executes the guest's code"),
        "no-shutdown": (false, "a guest that switches off ends the run; --evidence FOLDER keeps what it left"),
        "no-quit": (false, nothing), "full-screen": (false, "the window has a key for it"),
        "icount": (true, "time is counted in instructions anyway; --rate says how many are a second"),
        "mem-prealloc": (false, nothing), "overcommit": (true, nothing), "sandbox": (true, nothing),
        "singlestep": (false, nothing), "one-insn-per-tb": (false, nothing), "tb-size": (true, nothing),
    ]

    /// Options that ask for what is not there, and what to do instead.
    static let absent: [String: String] = [
        "usb": "there is no USB; a PS/2 keyboard and a PS/2 mouse are there, leave the option out",
        "usbdevice": "there is no USB; a PS/2 keyboard and a PS/2 mouse are there, leave the option out",
        "qmp": "there is no QMP; --script and --keys act on the machine, --report FILE tells what became of it",
        "object": "there are no objects; --record FILE keeps what came from outside, leave the option out",
        "readconfig": "give its options on the command line",
        "trace": "swemu's own is --trace, as in --trace exceptions,interrupts",
        "pidfile": "in a shell $! is the process's number, as in: swemu ... & echo $! > FILE",
        "daemonize": "start it in the background, as in: swemu ... &",
        "spice": "use -display sdl, -display curses or -display none with --screen-png FILE to look at",
        "loadvm": "--restore FILE goes on from a saved machine",
        "incoming": "--restore FILE goes on from a saved machine",
        "watchdog": "there is no watchdog; --max-ticks and --timeout bound a run",
    ]

    /// The list that an option's value `help` asks for.
    func help(_ option: String) throws -> Answer {
        let (title, items): (String, [String]) =
            switch option {
            case "cpu": ("Processors (default \(CPUModel.usual.rawValue)):", CPUModel.allCases.map(\.rawValue))
            case "machine", "M": ("Machines, all of them this one:", Self.machines)
            case "device": ("Devices that can be added:", Self.devices)
            case "accel": ("Accelerators:", ["tcg"])
            case "display": ("Displays:", ["sdl", "curses", "none"])
            case "d": ("Items of the log:", Self.logItems)
            case "chardev", "serial": ("Character devices:", ["stdio", "null", "file", "socket", "vc"])
            default: throw UserError(.usage, "no list", "-\(option) help", remedy: "see swemu help run")
            }
        return Answer(text: ([title] + items.map { "  " + $0 }).joined(separator: "\n"))
    }
}

/// QEMU's processors as ours.
enum QEMUProcessor {
    /// The model, and where it is another one, which and why.
    static func model(of name: String) throws -> (model: String, why: String?) {
        let lower = name.lowercased()
        if CPUModel(argument: lower) != nil { return (lower, nil) }
        // "Haswell-noTSX-v2" is a Haswell.
        let family = lower.split(whereSeparator: { $0 == "-" || $0 == "_" }).first.map(String.init) ?? lower
        guard let (_, model, has64Bits) = rows.first(where: { $0.names.contains(lower) || $0.names.contains(family) }) else {
            let models = CPUModel.allCases.map(\.rawValue)
            throw UserError(
                .usage, "no such processor", "-cpu \(name)",
                remedy: nearestName(to: lower, among: models).map { "did you mean \($0)?" }
                    ?? "known: \(models.joined(separator: ", "))")
        }
        let words = "\(model.rawValue) is the nearest model here"
        return (model.rawValue, has64Bits ? "\(words); all have 32 bits" : words)
    }

    private static let rows: [(names: Set<String>, model: CPUModel, has64Bits: Bool)] = [
        (["qemu32", "kvm32", "base"], .pentium4, false),
        (["athlon"], .pentium3, false),
        (["coreduo", "n270"], .core2, false),
        (["host"], .max, false),
        (["qemu64", "kvm64", "core2duo", "conroe", "penryn", "phenom", "opteron"], .core2, true),
        (["westmere"], .nehalem, true),
        (
            [
                "sandybridge", "ivybridge", "haswell", "broadwell", "skylake", "cascadelake", "cooperlake", "icelake", "snowridge",
                "sapphirerapids", "graniterapids", "denverton", "knightsmill", "epyc", "dhyana",
            ], .max, true
        ),
    ]
}
