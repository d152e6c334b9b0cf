import Board
import Formats
import Processor
import Session

/// QEMU's names of options and processors, and what becomes of those that we have no use for.
extension QEMUSpelling {
    /// QEMU options this knows, without the dash.
    static let names =
        [
            "accel", "action", "append", "audio", "bios", "blockdev", "boot", "cdrom", "chardev", "cpu", "curses", "D",
            "d",
            "debugcon",
            "device", "display", "drive", "f", "fw_cfg", "option-rom", "pflash", "qmp", "qmp-pretty", "fda", "fdb", "gdb", "global",
            "hda", "hdb", "hdc",
            "hdd", "help", "initrd",
            "kernel", "L",
            "localtime", "M", "m", "machine", "mon", "monitor", "net", "netdev", "nic", "nodefaults", "no-reboot", "nographic",
            "object",
            "option-rom",
            "parallel", "pflash", "qmp", "rtc",
            "S",
            "s", "sdl", "serial", "smp", "snapshot", "soundhw", "uuid", "version", "vga", "vnc",
        ] + leftOut.keys + absent.keys

    /// Those that we have ourselves, with two dashes.
    static let ours: Set<String> = [
        "append", "bios", "boot", "cdrom", "cpu", "debugcon", "display", "fda", "fdb", "gdb", "hda", "hdb", "hdc", "hdd", "help",
        "initrd", "kernel", "machine", "monitor", "no-reboot", "parallel", "qmp", "rtc", "serial", "snapshot", "trace", "version",
    ]

    static let machines = ["pc", "isapc"]
    static let accelerators: Set<String> = ["tcg", "kvm", "hax", "hvf", "whpx", "nvmm", "xen", "qtest"]
    static let logItems = ["unimp", "guest_errors", "cpu_reset", "int", "in_asm", "exec", "cpu", "mmu"]

    /// Our board for one of QEMU's, with or without its version.
    static func machine(_ type: String) -> String? {
        if type == "isapc" { return "isa" }
        if ["pc", "i440fx", "pc-i440fx", "ubuntu"].contains(type) { return "pc" }
        let isOld = type.hasPrefix("pc-0.") || type.hasPrefix("pc-1.")
        return isOld || type.hasPrefix("pc-i440fx-") ? "pc" : nil
    }

    private static let nothing = "nothing is different without it"

    /// Options that change nothing here: whether a value follows, and why a line says so; nil where they ask for what is there anyway.
    static let leftOut: [String: (takesValue: Bool, words: String?)] = [
        "name": (true, nil), "k": (true, nil), "no-fd-bootchk": (false, nil),
        "no-user-config": (false, nil), "nodefconfig": (false, nil), "msg": (true, nil), "compat": (true, nil), "seed": (true, nil),
        "std-vga": (false, nil), "only-migratable": (false, nil), "q": (false, nil), "no-quit": (false, nil),
        "no-acpi": (false, "ACPI stays there; --machine isa is a board without it"),
        "no-hpet": (false, "the HPET stays there; --machine isa is a board without it"),
        "enable-kvm": (false, "the recompiler executes the guest's code"),
        "enable-hax": (false, "the recompiler executes the guest's code"), "no-kvm": (false, nil),
        "no-kvm-irqchip": (false, nil), "no-kvm-pit": (false, nil), "no-kvm-pit-reinjection": (false, nil),
        "no-shutdown": (false, "a guest that switches off ends the run; --evidence FOLDER keeps what it left"),
        "full-screen": (false, "the window has a key for it"), "no-frame": (false, nothing), "alt-grab": (false, nothing),
        "ctrl-grab": (false, nothing), "portrait": (false, nothing), "rotate": (true, nothing),
        "g": (true, "the guest chooses the mode of its display"),
        "icount": (true, "time is counted in instructions anyway; --rate says how many are a second"),
        "mem-prealloc": (false, nothing), "mem-path": (true, nothing), "overcommit": (true, nothing), "sandbox": (true, nothing),
        "singlestep": (false, nothing), "one-insn-per-tb": (false, nothing), "tb-size": (true, nothing),
        "async-teardown": (false, nothing), "enable-sync-profile": (false, nothing), "run-with": (true, nothing),
        "win2k-hack": (false, nothing), "rtc-td-hack": (false, nothing), "tdf": (false, nothing), "balloon": (true, nothing),
        "no-virtfs": (false, nothing), "audio-help": (false, nothing), "watchdog-action": (true, nothing),
        "plugin": (true, "--trace and --stats tell what is executed"),
        "echr": (true, "the key before commands is Ctrl-A"),
        "audiodev": (true, "there is no sound card, and the speaker is silent"),
    ]

    /// Options that ask for what is not there, and what to do instead.
    static let absent: [String: String] = [
        "usb": "there is no USB; a PS/2 keyboard and a PS/2 mouse are there, leave the option out",
        "usbdevice": "there is no USB; a PS/2 keyboard and a PS/2 mouse are there, leave the option out",
        "bt": "there is no Bluetooth; leave the option out",
        "readconfig": "give its options on the command line",
        "writeconfig": "keep the command line in a file of the shell",
        "trace": "swemu's own is --trace, as in --trace exceptions,interrupts",
        "dfilter": "swemu's own is --trace-range, as in --trace instructions --trace-range 0x100000-0x10ffff",
        "pidfile": "in a shell $! is the process's number, as in: swemu ... & echo $! > FILE",
        "daemonize": "start it in the background, as in: swemu ... &",
        "chroot": "start it there, as in: chroot FOLDER swemu ...", "runas": "start it as that user, as in: su USER -c 'swemu ...'",
        "user": "start it as that user, as in: su USER -c 'swemu ...'",
        "spice": "use -display sdl, -display curses or -display none with --screen-png FILE to look at",
        "loadvm": "--restore FILE goes on from a saved machine",
        "incoming": "--restore FILE goes on from a saved machine",
        "dump-vmstate": "--save FILE saves a machine, swemu snapshot info looks into the file",
        "preconfig": "--stopped with --gdb tcp::1234 waits before the first instruction",
        "watchdog": "there is no watchdog; --max-ticks and --timeout bound a run",
        "numa": "all memory is near to the processor; leave the option out",
        "tpmdev": "there is no TPM; leave it and its -device out",
        "sd": "drives are IDE; write -hda IMAGE", "mtdblock": "drives are IDE; write -hda IMAGE",
        "iscsi": "drives are IDE; write -hda IMAGE",
        "virtfs": "put the files into a disk image, as mtools does", "fsdev": "put the files into a disk image, as mtools does",
        "smb": "nothing leads to the host's network; leave the option out", "tftp": "write -nic user,tftp=FOLDER",
        "bootp": "write -nic user,bootfile=NAME", "redir": "nothing leads to the host's network; leave the option out",
        "dtb": "a PC has no device tree; leave the option out", "prom-env": "a PC has no Open Firmware; leave the option out",
        "semihosting": "a guest ends the run by writing to port F4h; leave the option out",
        "semihosting-config": "a guest ends the run by writing to port F4h; leave the option out",
        "add-fd": "name the file itself", "set": "give the property with its -device or -drive",
        "acpitable": "the BIOS makes the tables; leave the option out",
        "smbios": "the BIOS makes the tables, of which --uuid can be chosen; leave the option out",
        "shim": "--kernel FILE starts Linux without one; leave the option out",
        "qtest": "--gdb and --script drive a machine; leave the option out",
        "qtest-log": "--log and --trace keep what happened; leave the option out",
        "startdate": "write -rtc base=DATE, as in -rtc base=2024-01-01T00:00:00",
        "xen-domid": "no hypervisor is used; leave the option out", "xen-attach": "no hypervisor is used; leave the option out",
        "xen-domid-restrict": "no hypervisor is used; leave the option out", "nvram": "leave the option out",
    ]

    /// The list that an option's value `help` asks for.
    func help(_ option: String) throws -> Answer {
        let (title, items): (String, [String]) =
            switch option {
            case "cpu": ("Processors (default \(CPUModel.usual.rawValue)):", CPUModel.allCases.map(\.rawValue))
            case "machine", "M": ("Machines (default pc; pc-i440fx-VERSION is pc):", Self.machines)
            case "device": ("Devices that can be added:", Self.devices)
            case "accel": ("Accelerators:", ["tcg"])
            case "display": ("Displays:", ["sdl", "curses", "none"])
            case "d": ("Items of the log:", Self.logItems)
            case "chardev", "serial", "parallel", "debugcon":
                ("Character devices:", ["stdio", "null", "file", "pty", "pipe", "socket", "vc"])
            case "vga": ("Displays of the guest:", ["std"])
            case "soundhw", "audio", "audiodev": ("Sound cards:", ["none"])
            case "nic", "net", "netdev": ("Network cards:", ["e1000", "none"])
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
        if CPUModel(argument: family) != nil { return (family, "\(family) is the model here") }
        guard let (_, model) = rows.first(where: { $0.names.contains(lower) || $0.names.contains(family) }) else {
            let models = CPUModel.allCases.map(\.rawValue)
            throw UserError(
                .usage, "no such processor", "-cpu \(name)", remedy: remedy(for: lower, among: models))
        }
        return (model.rawValue, "\(model.rawValue) is the nearest model here")
    }

    private static let rows: [(names: Set<String>, model: CPUModel)] = [
        (["qemu32", "kvm32", "base"], .pentium4),
        (["athlon"], .pentium3),
        (["coreduo", "n270", "core2duo", "conroe"], .core2),
        (["qemu64", "kvm64", "phenom", "opteron"], .x86_64),
        (["host"], .max),
        (["penryn", "westmere"], .nehalem),
        (
            [
                "sandybridge", "ivybridge", "haswell", "broadwell", "skylake", "cascadelake", "cooperlake", "icelake", "snowridge",
                "sapphirerapids", "graniterapids", "sierraforest", "clearwaterforest", "denverton", "knightsmill", "epyc", "dhyana",
                "yongfeng",
            ], .max
        ),
    ]
}
