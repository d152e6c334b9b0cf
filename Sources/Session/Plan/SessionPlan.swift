import Board
import Checks
import Disks
import Processor
import Recompiler

/// A run of a machine as whoever starts it wants it: the command line, a test, a debugger, a page or an editor. Plain values; `HostSession` makes of
/// them a machine with its files, sockets and display. What is not said is as `swemu run` has it without options.
package struct SessionPlan {
    // MARK: The machine

    package var machine = PC.Machine.pc
    /// Bytes of RAM.
    package var memory: UInt64 = 128 << 20
    package var cpu = CPUModel.usual
    package var topology = ProcessorTopology()
    /// Instructions that one of several processors executes in its turn at most.
    package var quantum = PC.usualQuantum
    /// Ticks in a virtual second.
    package var rate: UInt64 = 100_000_000
    package var rtc = ClockStart.fixed
    /// The firmware's file; nil for ours.
    package var bios: String?
    package var vgaROM: String?
    package var firmware = FirmwarePlan()
    package var devices: [ExtraDevice] = []
    package var noReboot = false
    package var rebootOnTripleFault = false
    /// The port of QEMU's isa-debug-exit.
    package var debugExit: UInt16?

    // MARK: Disks, diskettes, discs, kernel

    /// The image that was given without a word on which drive it is for.
    package var image: String?
    /// Images of primary master and slave, secondary master and slave.
    package var drives: [String?] = [nil, nil, nil, nil]
    package var format: DiskImage.Format?
    /// Writes of the guest to its disks are kept in memory, and forgotten at the end.
    package var snapshot = false
    package var readOnly = false
    package var floppies = FloppyPlan()
    package var cdrom = CDROMPlan()
    package var bootOrder: BootOrder?
    /// Counts until the first reset.
    package var bootOrderOnce: BootOrder?
    package var boot = KernelFilesPlan()
    /// Nil without a network card.
    package var network: NetworkPlan?
    /// The file for what passes on its cable.
    package var netDump: String?

    // MARK: Engines

    package var engine = EngineChoice.recompiler
    /// Times a block is entered before it is recompiled.
    package var recompileAfter = UInt64(Recompiler.usualThreshold)
    package var lockstep: ComparisonPlace?
    package var checks: Set<Check> = []

    // MARK: Lines to the outside

    package var serial: [Destination] = []
    package var serialPace = SerialPace.baud
    package var parallel = Destination.null
    package var debugcon = Destination.null
    package var debugconPort: UInt16 = 0xE9
    package var postCodes: String?
    /// A named pipe of keys.
    package var keys: String?
    package var screen = ScreenPlan()
    package var monitors = MonitorPlan()
    package var gdb: GDBAddress?
    /// The place where an editor attaches.
    package var dap: GDBAddress?
    /// Nothing is executed before a debugger or a monitor says so.
    package var stopped = false

    // MARK: Time, bounds, state

    package var idle = IdleTime.auto
    package var ceilings = Ceilings()
    package var state = StatePlan()
    package var scripting = ScriptPlan()

    // MARK: What is told of it

    package var tracing = TracePlan()
    package var measuring = MeasurePlan()
    package var report: String?
    /// A file with symbols and lines; nil for the kernel's own.
    package var symbols: String?
    package var noPostMortem = false
    package var stats = false
    package var stateHash = false
    /// Categories of the log; nil when nothing was said.
    package var logCategories: Set<DiagnosticLog.Category>?
    package var logFile: String?
    package var noSandbox = false

    package init() {}
}

extension SessionPlan {
    /// Somebody from outside may come and debug.
    package var awaitsDebugger: Bool { gdb != nil || dap != nil }

    /// The interpreter alone runs: it was asked for, or something that only it tells.
    var interprets: Bool {
        engine == .interpreter || tracing.wantsInstructions || !checks.isEmpty || measuring.coverageBranches
    }

    /// Images by drive: primary master and slave, secondary master and slave.
    package var images: [String?] { [image ?? drives[0]] + drives.dropFirst() }

    /// All places to which the guest's bytes go.
    package var destinations: [Destination] { serial + [parallel, debugcon] }

    /// The machine's name: its first image, or its kernel, without folders.
    package var title: String {
        let path = images.compactMap { $0 }.first ?? boot.kernel ?? ""
        return path.split(separator: "/").last.map(String.init) ?? "machine"
    }

    /// Files that are written; "-" among them is standard output.
    package var filesForOutput: [String] {
        [
            logFile, tracing.file, tracing.qemuLogFile, measuring.coverage, measuring.profile, measuring.timeline, postCodes,
            state.record, report, netDump, screen.text, screen.png, screen.ppm,
        ].compactMap { $0 }
    }

    /// The plan as a debugger has it: nothing is drawn, and what the guest writes is kept in memory unless it `writesThrough`.
    package func underDebugger(writesThrough: Bool) -> SessionPlan {
        var plan = self
        plan.screen.headless = true
        if !writesThrough, !readOnly { plan.snapshot = true }
        return plan
    }
}
