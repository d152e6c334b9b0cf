import Chips
import Processor
import Wiring

/// A PC/AT-compatible machine: processors, memory, chips and the wires between them. Power-on is `init`.
///
/// The machine's only time is `clock`; nothing here asks the host for anything. Use: build it, call `run(until:)`, hand outside
/// input to `input`, read the screen from `vga`.
///
/// Not emulated: sound beyond the speaker's gate.
public final class PC {
    /// The configuration that the machine was built from.
    public let configuration: Configuration
    /// The machine's only time, in ticks.
    public let clock: Clock
    /// The bootstrap processor first. All run on one thread of the host, one after the other: see `Turn`.
    public let processors: [CPU]
    /// The processor whose turn it is: the one that executed the last instruction, and the one that every observer of a stop means.
    public internal(set) var cpu: CPU
    /// Whose turn it is, and until when.
    public internal(set) var turn = Turn() {
        didSet {
            guard turn.processor != oldValue.processor else { return }
            cpu = processors[turn.processor]
            bus.processor = turn.processor
        }
    }
    /// The chips on the board.
    public let parts: Parts
    /// The gate for keys, mouse, serial lines, buttons and media.
    public let input: InputGate
    /// The log of what the chips found wrong.
    public let log: DiagnosticLog
    let bus: SystemBus
    let memory: MainMemory
    private let firmware: ReadOnlyMemory

    /// Instructions since power-on after which a run comes back; halted time is none.
    public var instructionLimit: UInt64 = .max
    var pendingRequest: Request?
    /// The firmware has started the kernel of `directBoot` since this machine was built. For whoever looks on; no part of its state.
    public internal(set) var hasEnteredKernel = false
    /// Hears that another processor's turn has begun; for logs.
    public var onTurn: (() -> Void)?
    /// Hears that the processors were reset; for logs.
    public var onReset: (() -> Void)?
    /// The running processor, not the bootstrap processor, has sent INIT to itself.
    var pendingINIT = false
    var wantsPause = false
    /// The processor has come back from translated code where somebody waits for that.
    var isAtExit = false
    /// Number of times that a kept state was put in place of the machine's own: who keeps its past has to know.
    var replacements = 0
    /// The number of the processor that observers look at; nil for the one whose turn it is. The machine does not depend on it.
    public var focus: Int?
    /// The place where each processor has its local APIC in memory, as the map has it.
    var localAPICPlaces: [UInt64?] = []
    /// The machine's end; nil while it can go on.
    public internal(set) var ending: Ending?

    /// Bytes of the host that a machine takes beside its RAM, at most: the adapter's memory, the processor's blocks, translated code (twice, in
    /// two views), a snapshot's or a picture's buffers.
    static let roomBesideMemory = 192 << 20

    /// Builds the machine and switches it on. Throws when the configuration is impossible, or the host has no room for it.
    public init(_ configuration: Configuration) throws(BoardError) {
        try configuration.validate()
        self.configuration = configuration
        clock = Clock(rate: configuration.ticksPerSecond)
        log = DiagnosticLog()
        memory = try MainMemory(size: Int(configuration.memoryBytes))
        guard HostMemory.hasRoom(bytes: Self.roomBesideMemory) else { throw .outOfHostMemory(bytes: Self.roomBesideMemory) }
        let firmware = ReadOnlyMemory(configuration.firmware ?? Firmware.builtIn)
        let flashes = configuration.flashMemories.enumerated().map { number, flash in
            CFIFlash(name: "flash\(number)", contents: flash.contents, store: flash.store, isReadOnly: flash.isReadOnly)
        }
        let cards = configuration.cardROMs.map {
            ReadOnlyMemory($0 + [UInt8](repeating: 0xFF, count: AddressMap.pages($0.count) - $0.count))
        }
        bus = try SystemBus(
            memory: memory,
            regions: AddressMap.memory(
                memory, firmware: flashes.first ?? firmware, size: flashes.first?.size ?? firmware.size,
                isCopied: configuration.copiesFirmware, cards: cards) + AddressMap.variables(flashes), log: log)
        self.firmware = firmware
        let displayROM = configuration.displayROM.map {
            ReadOnlyMemory($0 + [UInt8](repeating: 0, count: AddressMap.displayROMSize - $0.count))
        }
        parts = try Parts(configuration, clock: clock, log: log, memory: bus, displayROM: displayROM, flashes: flashes)
        bus.connect(
            try PortSpace(
                PortMap.ranges(
                    parts, debugExit: configuration.debugExitPort, debugConsole: configuration.debugConsolePort),
                register: parts.pci?.hostBridge))
        try bus.install(AddressMap.display(parts.vga, ROM: displayROM, isPCI: parts.pci != nil))
        if let device = parts.testDevice { try bus.install([AddressMap.testDevice(device)]) }
        if let apic = parts.apic {
            try bus.install(AddressMap.controllers(apic))
            bus.messages = apic.messages
        }
        bus.coprocessor = parts.coprocessor
        do throws(HostMemory.Exhausted) {
            let blocks = try BlockCache()
            processors = try (0..<configuration.processors.count).map { [bus, clock] number throws(HostMemory.Exhausted) in
                try CPU(
                    model: configuration.model, bus: bus, clock: clock, number: number, of: configuration.processors, blocks: blocks
                )
            }
        } catch {
            throw .outOfHostMemory(bytes: error.bytes)
        }
        cpu = processors[0]
        turn = Turn(end: configuration.quantum)
        input = InputGate(
            clock: clock, keyboard: parts.keyboard, mouse: parts.mouse, lines: [parts.serial1, parts.serial2],
            channel: parts.ide1, fdc: parts.fdc)
        bus.connect(self)
        copyFirmware()
        connect()
        for cpu in processors { cpu.reset() }
    }

    /// The bus holds the chips, and a chip that is a bus master holds the bus; a function holds the chip that it is a part of.
    deinit {
        bus.connect(nil)
        for (_, function) in parts.pci?.bus.functions ?? [] { function.disconnect() }
        bus.disconnect()
    }

    /// Connects what needs the processor or this board.
    private func connect() {
        parts.connectInterrupts()
        if let apic = parts.apic {
            connectAPIC(apic)
        } else {
            bus.acknowledge = { [unowned pic1 = parts.pic1] _ in pic1.acknowledge() }
            parts.pic1.intr.connect { [unowned cpu] in cpu.setINTR($0) }
        }
        if let power = parts.pci?.power {
            input.onPowerButton = { [unowned power] in power.pressButton() }
            parts.firmwareConfiguration.amend = { [unowned power] in ACPITables.amended($0, $1, powerBase: power.base) }
        }
        for flash in parts.flashes { flash.onPagesChange = { [unowned self, unowned flash] in bus.pagesChanged(of: flash) } }
        parts.vga.onWindowChange = { [unowned self] in bus.pagesChanged(of: parts.vga) }
        log.now = { [unowned self] in (site, clock.now) }
        log.isInROM = { [unowned self] in
            let linear = cpu.state.cs.base &+ cpu.location.rip
            return cpu.physicalAddress(ofLinear: linear).map(bus.isROM(at:)) ?? false
        }
        if let pci = parts.pci { connectPCI(pci) }
        connectRequests()
        connectA20()
    }

    /// Leaves below 1 MB what power-on and RESET do on a board whose firmware works in a copy of itself.
    func copyFirmware() {
        guard configuration.copiesFirmware else { return }
        let count = AddressMap.lowFirmware(firmware.size)
        let source = UnsafeRawBufferPointer(start: firmware.base + (firmware.size - count), count: count)
        bus.write(physical: AddressMap.extendedStart - UInt64(count), from: source, by: .busMaster("board"))
    }

    /// The instruction that is being executed, or the next one.
    public var site: DiagnosticLog.Site {
        let location = cpu.location
        return DiagnosticLog.Site(cs: location.cs, rip: location.rip)
    }

    /// The display adapter.
    public var vga: VGA { parts.vga }

    /// Physical addresses of the pages of RAM that hold something else than those of another machine with as much.
    public func pages(differingFrom other: PC) -> [UInt64] {
        memory.pages(differingFrom: other.memory).map { AddressMap.physical(memoryOffset: UInt64($0 * MainMemory.pageSize)) }
    }

    /// A byte of RAM, a ROM or a device at a physical address, as the processor would read it, without side effects.
    public func peek(physical: UInt64) -> UInt8 {
        bus.peek(physical)
    }

    /// Returns what a read of a port would, without side effects; nil where only the read itself finds out: a chip's registers of more than a byte.
    public func peek(port: UInt16, _ width: AccessWidth) -> UInt32? {
        switch bus.chips.target(port, width) {
        case .chip(let chip): return width == .byte ? UInt32(chip.peek()) : nil
        case .unconnected: return width.mask
        case .split:
            var value: UInt32 = 0
            for byte in 0..<width.rawValue {
                guard let part = peek(port: port &+ UInt16(byte), .byte) else { return nil }
                value |= part << UInt32(8 * byte)
            }
            return value
        }
    }

    /// Writes a byte of RAM as another bus master would. False where no RAM is.
    @discardableResult
    public func poke(physical: UInt64, value: UInt8) -> Bool {
        guard let write = bus.page(at: physical & ~0xFFF).write else { return false }
        write.storeBytes(of: value, toByteOffset: Int(physical & 0xFFF), as: UInt8.self)
        memoryWritten(physical: physical, count: 1)
        return true
    }

    /// Tells whether RAM, and not a ROM, a device or nothing, is at a physical address.
    public func isRAM(at physical: UInt64) -> Bool { bus.page(at: physical & ~0xFFF).write != nil }

    /// Tells whether anything answers at a physical address: RAM, a ROM or a device.
    public func answers(at physical: UInt64) -> Bool { bus.answers(at: physical) }

    /// A fingerprint of everything this machine remembers: processor, clock, chips, RAM. Disks are not in it.
    public func stateHash() -> StateHash {
        var hash = StateHash()
        hash.combine(clock.now)
        for cpu in processors { hash.combine(reflecting: cpu.state) }
        if processors.count > 1 { hash.combine(reflecting: turn) }
        for chip in parts.chips {
            hash.combine(chip.name)
            chip.combineState(into: &hash)
        }
        hash.combine(pagesAt: memory.base, count: memory.size)
        return hash
    }
}

extension Chip {
    fileprivate func combineState(into hash: inout StateHash) { hash.combine(encoding: state) }
}
