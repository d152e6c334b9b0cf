import Chips
import Wiring

extension PC {
    /// The chips on the board, not yet wired to the processor.
    public struct Parts {
        /// The first interrupt controller (ports 20h and 21h): IRQ 0 to 7.
        public let pic1: I8259A
        /// The second one (A0h and A1h), on line 2 of the first: IRQ 8 to 15.
        public let pic2: I8259A
        /// The interval timer (40h to 43h): IRQ 0, refresh, speaker.
        public let pit: I8254
        /// The clock with CMOS memory (70h and 71h): IRQ 8.
        public let rtc: MC146818
        /// The keyboard on the controller's first channel.
        public let keyboard: PS2Keyboard
        /// The mouse on the controller's second channel.
        public let mouse: PS2Mouse
        /// The keyboard controller (60h and 64h): IRQ 1 and 12.
        public let keyboardController: I8042
        /// COM1 (3F8h): IRQ 4.
        public let serial1: NS16550A
        /// COM2 (2F8h): IRQ 3.
        public let serial2: NS16550A
        /// LPT1 (378h): IRQ 7.
        public let parallel: ParallelPort
        /// The first ATA channel (1F0h): IRQ 14.
        public let ide0: ATAChannel
        /// The second ATA channel (170h): IRQ 15.
        public let ide1: ATAChannel
        /// The display adapter.
        public let vga: VGA
        /// System control port A (92h): the fast A20 gate and reset.
        public let portA: SystemControlPortA
        /// System control port B (61h): the timer's gate, the speaker, NMI.
        public let portB: SystemControlPortB
        /// The reset control register (CF9h).
        public let resetControl: ResetControl
        /// The page registers of the DMA controllers (81h to 8Fh).
        public let dmaPages: DMAPageRegisters
        /// The DMA controller for bytes (00h to 0Fh): channels 0 to 3.
        public let dma1: I8237A
        /// The DMA controller for words (C0h to DFh): channels 4 to 7.
        public let dma2: I8237A
        /// The diskette controller (3F0h to 3F7h): IRQ 6.
        public let fdc: I82077AA
        /// The glue between FERR# and IRQ 13 (F0h and F1h).
        public let coprocessor: CoprocessorError
        /// The port for POST codes (80h).
        public let postCodes: PostCodePort
        /// The port of the debug console.
        public let debugConsole: DebugConsole
        /// The port by which a guest ends with a status of its own (F4h).
        public let exit: ExitDevice
        /// QEMU's isa-debug-exit, at a port of the configuration.
        public let debugExit: ExitDevice
        /// The port of the boot ROM that starts a kernel; nil without a kernel.
        public let kernelLoader: KernelLoaderPort?
        /// QEMU's fw_cfg (510h).
        public let firmwareConfiguration: FirmwareConfiguration
        /// Flash memories with the firmware and its variables; empty where the firmware is a ROM.
        public let flashes: [CFIFlash]
        /// QEMU's pc-testdev; nil where none was configured.
        public let testDevice: PCTestDevice?
        /// Bochs' port that switches off (8900h).
        public let shutdown: ShutdownPort
        /// ACPI's power-off, at the ports where guests try it without reading tables.
        public let powerOff: PowerOffPort
        /// On a board with PCI.
        public let pci: PCIParts?
        /// The APICs and the HPET; nil on an AT, and for models without a local APIC.
        public let apic: APICParts?

        init(
            _ configuration: Configuration, clock: Clock, log: DiagnosticLog, memory: any SystemMemory, displayROM: ReadOnlyMemory?,
            flashes: [CFIFlash]
        ) throws(BoardError) {
            self.flashes = flashes
            testDevice = configuration.hasTestDevice ? PCTestDevice() : nil
            firmwareConfiguration = FirmwareConfiguration(
                items: configuration.firmwareItems, files: configuration.allFirmwareFiles, memory: memory)
            firmwareConfiguration.diagnostics = log
            for flash in flashes { flash.diagnostics = log }
            pic1 = I8259A(name: "pic1", isMaster: true)
            pic2 = I8259A(name: "pic2", isMaster: false)
            pic1.diagnostics = log
            pic2.diagnostics = log
            pit = I8254(clock: clock)
            pit.diagnostics = log
            rtc = MC146818(clock: clock, startingAt: configuration.clockStart)
            rtc.diagnostics = log
            keyboard = PS2Keyboard()
            keyboard.diagnostics = log
            mouse = PS2Mouse(clock: clock)
            keyboardController = I8042(clock: clock, keyboard: keyboard, mouse: mouse)
            keyboardController.diagnostics = log
            serial1 = NS16550A(name: "com1", clock: clock)
            serial2 = NS16550A(name: "com2", clock: clock)
            for line in [serial1, serial2] {
                line.transmitPace = configuration.serialPace
                line.diagnostics = log
            }
            parallel = ParallelPort(clock: clock)
            parallel.onByte = configuration.parallelOutput
            let disks = configuration.disks + Array(repeating: nil, count: max(0, 4 - configuration.disks.count))
            let hasPCI = configuration.machine == .pc
            ide0 = ATAChannel(
                name: "ide0", clock: clock, master: disks[0], slave: disks[1], hasDMA: hasPCI, diagnostics: log)
            ide1 = ATAChannel(
                name: "ide1", clock: clock, master: disks[2], slave: disks[3], cdrom: configuration.cdrom, hasDMA: hasPCI,
                diagnostics: log)
            do throws(HostMemory.Exhausted) {
                vga = try VGA(clock: clock, diagnostics: log)
            } catch {
                throw .outOfHostMemory(bytes: error.bytes)
            }
            portA = SystemControlPortA()
            portB = SystemControlPortB(clock: clock, timer: pit)
            resetControl = ResetControl()
            dmaPages = DMAPageRegisters()
            dma1 = I8237A(name: "dma1", isWordWide: false, memory: memory, pages: dmaPages)
            dma2 = I8237A(name: "dma2", isWordWide: true, memory: memory, pages: dmaPages)
            dma1.connectCascade(to: dma2)
            dma1.diagnostics = log
            dma2.diagnostics = log
            fdc = I82077AA(clock: clock, media: configuration.floppies)
            fdc.diagnostics = log
            coprocessor = CoprocessorError()
            postCodes = PostCodePort()
            debugConsole = DebugConsole()
            exit = ExitDevice()
            debugExit = ExitDevice(name: "debug exit")
            kernelLoader = configuration.directBoot.map { _ in KernelLoaderPort() }
            shutdown = ShutdownPort()
            powerOff = PowerOffPort()
            apic =
                hasPCI && configuration.model.hasLocalAPIC
                ? APICParts(configuration.model, count: configuration.processors.count, clock: clock, log: log) : nil
            pci =
                hasPCI
                ? PCIParts(
                    channels: (ide0, ide1), vga: vga, clock: clock, log: log, memory: memory, displayROM: displayROM,
                    network: configuration.network) : nil

            for (line, output) in zip([serial1, serial2], configuration.serialOutput) { line.onTransmit = output }
            debugConsole.onByte = configuration.debugOutput
            postCodes.onCode = configuration.postCodeOutput
            let contents = CMOSContents(
                memory: configuration.memoryBytes, disks: disks.map { $0 != nil }, processors: configuration.processors.count,
                floppies: configuration.floppies.map { $0?.driveType }, bootOrder: configuration.firstBootOrderInCMOS)
            connectFloppy()
            if let pci { Self.connectNetwork(pci, clock: clock, output: configuration.frameOutput) }
            for (address, value) in contents.bytes { rtc.setCMOS(Int(address), value) }
        }

        /// All of them, interrupt sources before the controllers they drive: the order for reset, state and hash.
        public var chips: [any Chip] {
            [
                pit, portB, rtc, keyboard, mouse, keyboardController, serial1, serial2, parallel, ide0, ide1, vga, portA,
                resetControl,
                dmaPages, dma1, dma2, fdc,
                coprocessor, postCodes, debugConsole, exit, shutdown, powerOff, firmwareConfiguration,
            ] + flashes + (testDevice.map { [$0] } ?? []) + (apic.map { [$0.hpet] } ?? []) + (pci?.chips ?? []) + [pic2, pic1]
                + (apic.map { [$0.io] + $0.locals } ?? [])
        }
    }
}
