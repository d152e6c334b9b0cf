import ArgumentParser
import Board
import Disks
import Formats
import Inspection
import Processor
import Recompiler
import Session

/// `swemu run`: boots a machine from disk images.
struct Run: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        abstract: "Boot a machine from a disk image, or start a kernel.",
        discussion: """
            The screen is a window where there is a desktop, otherwise the terminal: there Ctrl-A h tells the commands, Ctrl-A x ends \
            the machine. With --headless, or where there is neither, nothing is drawn.

            QEMU's -m -hda -hdb -drive -serial -debugcon -nographic -display -no-reboot -snapshot -cpu -bios -d -D -rtc and \
            -device isa-debug-exit mean here what they mean there.

            Examples:
              swemu run disk.img
              swemu run disk.img --memory 64 --cpu 486 --snapshot
              swemu run disk.img --headless --serial stdio
              swemu run kernel.img --headless --debugcon stdio --state-hash
              swemu run disk.img --headless --screen-text screen.txt --log all
              swemu run game.img --display sdl --speed real
              swemu run --kernel kernel.elf --append "test=all" --headless --serial stdio --report verdict.json

            Exit status: 0 power-off, or 0 written to port F4h; 1-9 another code written there; 10 triple fault; 12 dead: nothing \
            can ever happen again; 14 reset with --no-reboot; 16 --max-instructions or --max-ticks reached; 18 signal or Ctrl-A x; 20 an \
            expectation not met; 74 a mistake that --check found; 30-46 a disk image; 48, 58 the kernel; 50-56 another file, or the memory size; 64 usage; 70 the \
            host failed; 72 a bug of ours. With --isa-debug-exit odd: (value << 1) | 1.
            """)

    @Argument(help: "Disk image of the primary master; the same as --hda.", completion: .file())
    var image: String?

    @Option(help: ArgumentHelp("Disk image of the primary master.", valueName: "image"), completion: .file())
    var hda: String?
    @Option(help: ArgumentHelp("Disk image of the primary slave.", valueName: "image"), completion: .file())
    var hdb: String?
    @Option(help: ArgumentHelp("Disk image of the secondary master.", valueName: "image"), completion: .file())
    var hdc: String?
    @Option(help: ArgumentHelp("Disk image of the secondary slave.", valueName: "image"), completion: .file())
    var hdd: String?
    @Option(help: "Format of the images: raw or qcow2; otherwise names that end in .qcow2 are qcow2.")
    var format: DiskImage.Format?
    @Flag(help: "Keep what the guest writes in memory and forget it at the end.")
    var snapshot = false
    @Flag(help: "Refuse the guest's writes.")
    var readOnly = false

    @OptionGroup var floppies: FloppyOptions
    @OptionGroup var cdrom: CDROMOptions
    @OptionGroup var boot: KernelOptions
    @OptionGroup var state: StateOptions

    @Option(
        help: ArgumentHelp(
            "RAM: megabytes, or with a unit, as in 512K, 64M, 1G; otherwise 128M, with --uefi and --efi 256M.", valueName: "size"))
    var memory: String?
    @Option(help: "Board: pc (440FX chipset with PCI and ACPI), or isa (an AT without PCI).")
    var machine: PC.Machine = .pc
    @Option(
        help:
            "Processor: 486, pentium, pentium-mmx, p6, pentium2, pentium3, pentium4, x86-64, x86-64-v2, x86-64-v3, core2, nehalem or max."
    )
    var cpu = CPUModel.usual
    @OptionGroup var processors: ProcessorOptions
    @Option(help: "What executes instructions: recompiler, or interpreter; the results are the same.")
    var engine: EngineChoice = .recompiler
    @Option(help: ArgumentHelp("Times a block is entered before it is recompiled.", valueName: "count"))
    var recompileAfter = Count(UInt64(Recompiler.usualThreshold))
    @Option(
        help: ArgumentHelp(
            "Run both engines, compare them every so many instructions, or where translated code is left (exits; exits:1000: no sooner than "
                + "1000 instructions after the last time), and end at the first difference.", valueName: "count|exits[:count]"))
    var lockstep: ComparisonPlace?
    @Flag(help: "Print at the end what the recompiler did.")
    var stats = false
    @Option(help: ArgumentHelp("Instructions in a virtual second.", valueName: "hz"))
    var rate = Count(100_000_000)
    @Option(help: ArgumentHelp("What the clock shows at power-on: fixed (2000-01-01), utc, host, or a date.", valueName: "start"))
    var rtc: ClockStart = .fixed
    @Option(help: ArgumentHelp("Use this firmware instead of the built-in one.", valueName: "file"), completion: .file())
    var bios: String?

    @Option(
        help: ArgumentHelp("Video BIOS of the display, for a firmware that has none itself.", valueName: "file"),
        completion: .file())
    var vgaRom: String?

    @Option(
        parsing: .singleValue,
        help: "A device that is not there otherwise: pc-testdev, QEMU's ports, interrupt lines and memory for kvm-unit-tests.")
    var device: [ExtraDevice] = []

    @OptionGroup(title: "Firmware") var otherFirmware: FirmwareOptions
    @OptionGroup(title: "Network") var network: NetworkOptions

    @OptionGroup(title: "Screen") var screen: ScreenOptions

    @Option(
        help: ArgumentHelp("Where COM1 goes; given twice, COM2: stdio, null, file:PATH, unix:PATH, tcp:HOST:PORT.", valueName: "to")
    )
    var serial: [Destination] = []
    @Option(help: "How fast COM1 and COM2 send: baud, as the divisor says, or instant: always ready, as other emulators are.")
    var serialPace: SerialPace = .baud
    @Option(help: ArgumentHelp("Where what is printed on LPT1 goes.", valueName: "to"))
    var parallel: Destination = .null
    @Option(help: ArgumentHelp("Where bytes written to the debug console go.", valueName: "to"))
    var debugcon: Destination = .null
    @Option(help: ArgumentHelp("Where the debug console is: 0xe9, or 0x402 for SeaBIOS and OVMF.", valueName: "port"))
    var debugconPort = Number(0xE9)
    @Option(
        help: ArgumentHelp("File for bytes written to port 80h, two hex digits a line.", valueName: "file"), completion: .file())
    var postCodes: String?
    @Option(
        help: ArgumentHelp("Named pipe of keys: each line is JSON, a text to type or a list of key names.", valueName: "pipe"),
        completion: .file())
    var keys: String?

    @OptionGroup var scripting: ScriptOptions
    @OptionGroup var ceilings: CeilingOptions
    @OptionGroup(title: "Trace") var tracing: TraceOptions
    @OptionGroup(title: "Measures") var measuring: MeasureOptions
    @OptionGroup(title: "Checks") var checking: CheckOptions
    @OptionGroup(title: "Debugging") var debugging: GDBOptions
    @OptionGroup(title: "Monitor") var monitors: MonitorOptions

    @Option(help: "How halted time passes: auto, skip or wait.")
    var idle: IdleTime = .auto
    @Flag(help: "End when the guest asks for a reset.")
    var noReboot = false
    @Flag(help: "Reset after a triple fault instead of ending.")
    var rebootOnTripleFault = false
    @Option(
        name: .customLong("isa-debug-exit"),
        help: ArgumentHelp("QEMU's isa-debug-exit at this port: exit status (value << 1) | 1.", valueName: "port"))
    var debugExit: Number?
    @Option(
        help: ArgumentHelp("File for the verdict and what was counted, as JSON.", valueName: "file"), completion: .file())
    var report: String?
    @Option(
        help: ArgumentHelp("ELF file with symbols and lines for post-mortems; default the kernel.", valueName: "file"),
        completion: .file())
    var symbols: String?
    @Flag(help: "Say how it ended in one line only, without a post-mortem.")
    var noPostMortem = false
    @Flag(help: "Leave this process free to open files, to connect and to start programs while a headless machine runs.")
    var noSandbox = false
    @Flag(help: "Print a hash of the machine's whole state at the end.")
    var stateHash = false
    @Option(
        help: ArgumentHelp("What to log: chips, unmapped, machine, interrupts, all; separated by commas.", valueName: "category"))
    var log: [String] = []
    @Option(help: ArgumentHelp("File for the log instead of standard error.", valueName: "file"), completion: .file())
    var logFile: String?

    func run() throws -> Int32 {
        let plan = try plan
        // A debugger's machine stands anyway.
        if plan.stopped, !plan.awaitsDebugger, !plan.monitors.isPresent {
            throw ValidationError("--stopped without --gdb, --dap or --monitor would wait for ever; add --gdb tcp::1234")
        }
        if plan.gdb == .stdio, plan.filesForOutput.contains("-") {
            throw ValidationError("--gdb stdio needs standard output for itself; name a file instead of -")
        }
        return try HostSession(plan).run()
    }

    func validate() throws {
        if image != nil, hda != nil {
            throw ValidationError("two images for the primary master: \(image!) and \(hda!); give one, or use --hdb")
        }
        if !cdrom.given.isEmpty, let hdc {
            throw ValidationError("the CD-ROM drive is the secondary master; give \(hdc) with --hdd, or leave --cdrom out")
        }
        let plan = connections
        if lockstep != nil {
            if plan.images.contains(where: { $0 != nil }) || plan.floppies.isPresent, !snapshot, !readOnly {
                throw ValidationError("--lockstep runs two machines on one image; add --snapshot or --read-only")
            }
            if engine == .interpreter {
                throw ValidationError("--lockstep compares the recompiler; leave --engine interpreter out")
            }
            if state.restore != nil || state.replay != nil {
                throw ValidationError("--lockstep compares two machines from power-on; leave --restore and --replay out")
            }
        }
        if lockstep != nil, !checking.check.isEmpty {
            throw ValidationError("--lockstep needs both engines, --check the interpreter; give one of them")
        }
        if checking.checks.contains(.races), processors.topology.value.count < 2 {
            throw ValidationError("--check races is for several processors; add --smp 2")
        }
        if lockstep != nil, tracing.wantsInstructions {
            throw ValidationError("--lockstep needs both engines, --trace instructions the interpreter; give one of them")
        }
        if !tracing.trace.isEmpty, !tracing.qemuLog.isEmpty, tracing.wantsInstructions {
            throw ValidationError("--trace and --qemu-log in_asm, exec or cpu exclude each other; give one of them")
        }
        if measuring.timeline != nil, !tracing.trace.isEmpty || !tracing.qemuLog.isEmpty {
            throw ValidationError("--timeline and --trace or --qemu-log exclude each other; give one of them")
        }
        if bios != nil, otherFirmware.uefi || otherFirmware.efi != nil || !otherFirmware.flashes.isEmpty {
            throw ValidationError("--bios and --pflash, --uefi or --efi exclude each other; give one")
        }
        if snapshot, readOnly { throw ValidationError("--snapshot and --read-only exclude each other; give one") }
        if serial.count > 2 { throw ValidationError("there are two serial lines; give --serial at most twice") }
        if let debugExit, debugExit.value > 0xFFFF {
            throw ValidationError("--isa-debug-exit \(debugExit.value): there are 65536 ports; QEMU's usual one is 0xf4")
        }
        if plan.awaitsDebugger, lockstep != nil {
            throw ValidationError("--gdb or --dap and --lockstep exclude each other; give one")
        }
        if debugging.gdb != nil, debugging.dap != nil {
            throw ValidationError("--gdb and --dap exclude each other; give one")
        }
        if debugging.dap == .stdio {
            throw ValidationError("--dap stdio: an editor that starts the machine itself uses swemu dap; write --dap tcp::4711")
        }
        if debugconPort.value > 0xFFFF {
            throw ValidationError("--debugcon-port \(debugconPort.value): there are 65536 ports; the usual ones are 0xe9 and 0x402")
        }
        if monitors.monitor.contains(.serial), serial.first != .stdio {
            throw ValidationError("--monitor serial is behind COM1's standard input; add --serial stdio")
        }
        if plan.monitors.usesStandardOutput, plan.destinations.contains(.stdio) || plan.gdb == .stdio {
            throw ValidationError(
                "--monitor stdio needs standard output for itself; write --monitor serial for both on one, with Ctrl-A c between them"
            )
        }
        if plan.gdb == .stdio, plan.destinations.contains(.stdio) {
            throw ValidationError("--gdb stdio needs standard output for itself; send --serial and --debugcon to file:PATH")
        }
        if plan.destinations.filter({ $0 == .stdio }).count > 1 {
            throw ValidationError(
                "standard output can take one of --serial, --parallel and --debugcon; send the others to file:PATH")
        }
    }

    func run() throws { _ = try run() as Int32 }
}

extension Run {
    /// Categories to log; nil when nothing was said.
    func logCategories() throws -> Set<DiagnosticLog.Category>? {
        guard !log.isEmpty else { return nil }
        var categories: Set<DiagnosticLog.Category> = []
        for name in log.flatMap({ $0.split(separator: ",") }).map(String.init) where name != "none" {
            if name == "all" {
                categories.formUnion(DiagnosticLog.Category.allCases)
            } else if let category = DiagnosticLog.Category(rawValue: name) {
                categories.insert(category)
            } else {
                let known = DiagnosticLog.Category.allCases.map(\.rawValue) + ["all"]
                throw UserError(.usage, "unknown log category", name, remedy: remedy(for: name, among: known))
            }
        }
        return categories
    }
}
