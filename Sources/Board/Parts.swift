import Chips
import Wiring

extension PC {
    /// The chips on the board, not yet wired to the processor.
    public struct Parts {
        public let pic1: I8259A
        public let pic2: I8259A
        public let pit: I8254
        public let rtc: MC146818
        public let keyboard: PS2Keyboard
        public let mouse: PS2Mouse
        public let keyboardController: I8042
        public let serial1: NS16550A
        public let serial2: NS16550A
        public let parallel: ParallelPort
        public let ide0: ATAChannel
        public let ide1: ATAChannel
        public let vga: VGA
        public let portA: SystemControlPortA
        public let portB: SystemControlPortB
        public let resetControl: ResetControl
        public let dmaPages: DMAPageRegisters
        public let dma1: I8237A
        public let dma2: I8237A
        public let fdc: I82077AA
        public let coprocessor: CoprocessorError
        public let postCodes: PostCodePort
        public let debugConsole: DebugConsole
        public let exit: ExitDevice
        public let debugExit: ExitDevice
        public let kernelLoader: KernelLoaderPort?
        public let firmwareConfiguration: FirmwareConfiguration
        public let flashes: [CFIFlash]
        public let testDevice: PCTestDevice?
        public let shutdown: ShutdownPort
        public let powerOff: PowerOffPort
        /// On a board with PCI.
        public let pci: PCIParts?
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
