import Board
import Formats
import Session

/// The command line as a plan.
extension Run {
    /// Throws a `UserError` for words that only a whole list can judge.
    var plan: SessionPlan {
        get throws {
            var plan = connections
            try setMachine(of: &plan)
            // A snapshot says itself whether its machine has a card.
            plan.network = try network.plan(isUsual: machine == .pc && state.restore == nil)
            plan.engine = engine
            plan.recompileAfter = recompileAfter.value
            plan.lockstep = lockstep
            plan.checks = checking.checks
            plan.idle = idle
            plan.ceilings = ceilings.plan(timeout: state.timeout)
            plan.state = state.plan
            plan.scripting = scripting.plan
            plan.tracing = try tracing.plan
            plan.measuring = measuring.plan
            plan.report = report
            plan.symbols = symbols
            plan.noPostMortem = noPostMortem
            plan.stats = stats
            plan.stateHash = stateHash
            plan.logCategories = try logCategories()
            plan.logFile = logFile
            plan.noSandbox = noSandbox
            return plan
        }
    }

    /// The plan as far as it says what the machine is connected to: its disks, its lines, monitors and debuggers.
    var connections: SessionPlan {
        var plan = SessionPlan()
        setMedia(of: &plan)
        setLines(of: &plan)
        return plan
    }

    private func setMachine(of plan: inout SessionPlan) throws {
        let firmware = try otherFirmware.plan
        // OVMF leaves too little of 128 MB for Debian's Linux and its initrd.
        let memory = memory ?? (firmware.uefi ? "256M" : "128M")
        guard let size = MemorySize(argument: memory) else {
            throw UserError(.memorySize, "not a memory size", memory, remedy: "write megabytes or a unit, as in 64, 64M or 1G")
        }
        plan.machine = machine
        plan.memory = size.bytes
        plan.cpu = cpu
        plan.topology = processors.topology.value
        plan.quantum = processors.quantum.value
        plan.rate = rate.value
        plan.rtc = rtc
        plan.bios = bios
        plan.vgaROM = vgaRom
        plan.firmware = firmware
        plan.devices = device
        plan.noReboot = noReboot
        plan.rebootOnTripleFault = rebootOnTripleFault
        plan.debugExit = debugExit.map { UInt16(truncatingIfNeeded: $0.value) }
    }

    private func setMedia(of plan: inout SessionPlan) {
        plan.image = image
        plan.drives = [hda, hdb, hdc, hdd]
        plan.format = format
        plan.snapshot = snapshot
        plan.readOnly = readOnly
        plan.floppies = floppies.plan
        plan.cdrom.given = cdrom.given
        plan.bootOrder = cdrom.bootOrder
        plan.bootOrderOnce = cdrom.bootOrderOnce
        plan.boot = boot.plan
        plan.netDump = network.netDump
    }

    private func setLines(of plan: inout SessionPlan) {
        plan.serial = serial
        plan.serialPace = serialPace
        plan.parallel = parallel
        plan.debugcon = debugcon
        plan.debugconPort = UInt16(truncatingIfNeeded: debugconPort.value)
        plan.postCodes = postCodes
        plan.keys = keys
        plan.screen = screen.plan
        plan.monitors = monitors.plan
        (plan.gdb, plan.dap, plan.stopped) = (debugging.gdb, debugging.dap, debugging.stopped)
    }
}
