import Wiring

/// Intel 82371AB (PIIX4), function 3: power management and SMBus (datasheet 290562, chapters 7 and 11), as ACPI 1.0 sees them.
///
/// Port offsets 00h–3Fh are the power management registers, 40h–4Fh the SMBus host's, 50h–51h APMC and APMS. Emulated: PMSTS, PMEN, PMCNTRL with the
/// system control interrupt, PMTMR (24 bits, 3.579545 MHz), sleep type 0, which switches the machine off; an SMBus on which nobody answers.
/// Not emulated: SMIs, sleep states with a way back, device monitors, throttling, general-purpose events.
///
/// ACPI tables of SeaBIOS and Bochs' BIOS count on what QEMU and Bochs have. A write to APMC, where the datasheet has an SMI, whose handler switches ACPI
/// on and off (SMI_CMD, ACPI_ENABLE F1h, ACPI_DISABLE F0h), does so itself. Offsets 54h–57h are a block of general-purpose events, of which none ever comes,
/// 60h–6Fh the registers in which PCI slots would say that something was plugged in; nothing is, and nothing can be taken out.
public final class PIIX4Power: Chip, PortDevice {
    struct Events: OptionSet, Codable, Equatable, Sendable {
        let rawValue: UInt16
        static let timerOverflow = Events(rawValue: 0x0001), busMaster = Events(rawValue: 0x0010), global = Events(rawValue: 0x0020)
        static let powerButton = Events(rawValue: 0x0100), clock = Events(rawValue: 0x0400), wake = Events(rawValue: 0x8000)
        static let statuses: Events = [.timerOverflow, .busMaster, .global, .powerButton, .clock, .wake]
        static let enables: Events = [.timerOverflow, .global, .powerButton, .clock]
    }

    struct Control: OptionSet, Codable, Equatable, Sendable {
        let rawValue: UInt16
        static let SCI_EN = Control(rawValue: 0x0001), SLP_EN = Control(rawValue: 0x2000)
        /// With BRLD_EN_BM and the sleep type.
        static let writable = Control(rawValue: 0x1C03)
        var sleepType: Int { Int(rawValue >> 10 & 7) }
    }

    public struct State: Codable, Equatable, Sendable {
        var configuration: [UInt8] = []
        /// All but the timer's overflow.
        var status: Events = []
        var enable: Events = []
        var control: Control = []
        /// The moment when the timer's bit 23 changes for the first time since its overflow was cleared.
        var overflowTick: UInt64 = 0
        var SMBHSTSTS: UInt8 = 0
        /// Control, command, address, data 0 and 1, and block data of the SMBus host.
        var SMBHST = [UInt8](repeating: 0, count: 16)
        /// Advanced power management: control and status.
        var APMC: UInt8 = 0
        var APMS: UInt8 = 0
        /// The general-purpose events that the guest wants to hear of.
        var eventEnable: [UInt8] = [0, 0]
    }

    private static let frequency: UInt64 = 3_579_545
    private static let PMBA = 0x40, PMREGMISC = 0x80, SMBBA = 0x90, SMBHSTCFG = 0xD2
    private static let smbus = 0x40
    private static let apm = 0x50
    private static let eventEnable = 0x56

    /// Commands to APMC.
    private enum APMCommand: UInt8 {
        case disable = 0xF0, enable
    }

    public let name: String
    /// The function on the PCI bus.
    public let function: PCIFunction
    /// The system control interrupt.
    public let SCI = Wire()
    /// Hears that the guest entered S5.
    public var onPowerOff: (() -> Void)?
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    private let clock: Clock
    private var overflow: Clock.Event?
    private var registers = State()

    /// The chip as it is after power-on.
    public init(name: String = "piix4pm", clock: Clock) {
        self.name = name
        self.clock = clock
        function = PCIFunction(
            name: name, PCIHeader(vendor: 0x8086, device: 0x7113, classCode: 0x06_8000, revision: 3, interruptPin: 1))
        function.declare(0x3C, .byte, 9, writable: 0xFF)
        function.declare(Self.PMBA, .doubleword, 1, writable: 0xFFC0)
        // APMC_EN, which tells firmware that the machine needs no SMI handler.
        function.declare(0x58, .doubleword, 0x0200_0000, writable: 0xFFFF_FFFF)
        function.declare(Self.PMREGMISC, .byte, 0, writable: 0x01)
        function.declare(Self.SMBBA, .doubleword, 1, writable: 0xFFF0)
        function.declare(Self.SMBHSTCFG, .byte, 0, writable: 0x0F)
        function.furtherWindows = { [unowned self] in portWindows }
        overflow = clock.register("\(name) timer") { [unowned self] in update() }
        registers.overflowTick = nextOverflow
    }

    /// The first port of the power management registers, as the firmware chose it; 0 for none.
    public var base: UInt16 { UInt16(truncatingIfNeeded: function.value(Self.PMBA, .word)) & 0xFFC0 }

    private var portWindows: [PCIFunction.AddressWindow] {
        func window(_ name: String, _ register: Int, _ size: Int, _ offset: Int, isEnabled: Bool) -> PCIFunction.AddressWindow? {
            let first = UInt64(function.value(register, .word)) & ~UInt64(size - 1)
            guard isEnabled, first != 0 else { return nil }
            return PCIFunction.AddressWindow(name: name, first: first, size: size, target: .ports(PortSlice(self, offset)))
        }
        return [
            window("\(name) registers", Self.PMBA, 0x40, 0, isEnabled: function.bytes[Self.PMREGMISC] & 1 != 0),
            window(
                "\(name) SMBus", Self.SMBBA, 0x10, Self.smbus,
                isEnabled: function.bytes[Self.SMBHSTCFG] & 1 != 0 && function.command.contains(.ports)),
        ].compactMap { $0 }
    }

    public var state: State {
        get {
            var state = registers
            state.configuration = function.configuration
            return state
        }
        set {
            registers = newValue
            registers.configuration = []
            registers.eventEnable = Array((newValue.eventEnable + [0, 0]).prefix(2))
            registers.SMBHST = Array((newValue.SMBHST + [UInt8](repeating: 0, count: 16)).prefix(16))
            function.configuration = newValue.configuration
            update()
        }
    }

    public func reset() {
        registers = State()
        registers.overflowTick = nextOverflow
        function.reset()
        update()
    }

    /// Presses the power button: PWRBTN_STS, and the interrupt where the guest wants one.
    public func pressButton() {
        registers.status.insert(.powerButton)
        update()
    }

    // MARK: Timer and events

    private var timer: UInt32 { UInt32(truncatingIfNeeded: clock.cycles(of: Self.frequency)) & 0xFF_FFFF }

    /// The moment when bit 23 of the timer changes next.
    private var nextOverflow: UInt64 {
        let half: UInt64 = 1 << 23
        return clock.tick(ofCycle: (clock.cycles(of: Self.frequency) / half + 1) * half, of: Self.frequency)
    }

    private var status: Events {
        clock.now >= registers.overflowTick ? registers.status.union(.timerOverflow) : registers.status
    }

    /// Drives the interrupt, and looks again when the timer overflows, if somebody wants to hear of that.
    private func update() {
        let isOn = registers.control.contains(.SCI_EN)
        SCI.set(isOn && !status.isDisjoint(with: registers.enable))
        guard let overflow else { return }
        if isOn, registers.enable.contains(.timerOverflow), !status.contains(.timerOverflow) {
            clock.schedule(overflow, at: registers.overflowTick)
        } else {
            clock.cancel(overflow)
        }
    }

    private func clear(_ events: Events) {
        registers.status.subtract(events)
        if events.contains(.timerOverflow) { registers.overflowTick = nextOverflow }
    }

    private func sleep() {
        let type = registers.control.sleepType
        if type == 0 { return onPowerOff?() ?? () }
        diagnostics?.report(
            Diagnostic(chip: "PIIX4", message: "sleep type \(type) is not emulated; the machine wakes up at once"))
        registers.status.insert(.wake)
    }

    // MARK: Registers

    public func read(offset: Int) -> UInt8 { peek(offset: offset) }

    public func peek(offset: Int) -> UInt8 {
        func byte(_ value: some FixedWidthInteger) -> UInt8 { UInt8(truncatingIfNeeded: value >> (8 * (offset & 3))) }
        return switch offset {
        case 0x00, 0x01: byte(status.rawValue)
        case 0x02, 0x03: byte(UInt32(registers.enable.rawValue) << 16)
        case 0x04, 0x05: byte(registers.control.rawValue)
        case 0x08...0x0B: byte(timer)
        case Self.smbus: registers.SMBHSTSTS
        case Self.smbus + 1..<Self.smbus + 16: registers.SMBHST[offset - Self.smbus]
        case Self.apm: registers.APMC
        case Self.apm + 1: registers.APMS
        case Self.eventEnable, Self.eventEnable + 1: registers.eventEnable[offset - Self.eventEnable]
        default: 0
        }
    }

    public func read(offset: Int, width: AccessWidth) -> UInt32 {
        // One look at the timer for all of its bytes.
        if offset == 0x08, width == .doubleword { return timer }
        var value: UInt32 = 0
        for byte in 0..<width.rawValue { value |= UInt32(read(offset: offset + byte)) << UInt32(8 * byte) }
        return value
    }

    public func write(offset: Int, value: UInt8) {
        let shift = UInt16(offset & 1) * 8
        let (mask, wide) = (UInt16(0xFF) << shift, UInt16(value) << shift)
        switch offset {
        case 0x00, 0x01: clear(Events(rawValue: wide).intersection(.statuses))
        case 0x02, 0x03:
            registers.enable = Events(rawValue: registers.enable.rawValue & ~mask | wide).intersection(.enables)
        case 0x04, 0x05:
            registers.control = Control(rawValue: registers.control.rawValue & ~mask | wide).intersection(.writable)
            if Control(rawValue: wide).contains(.SLP_EN) { sleep() }
        case Self.smbus..<Self.smbus + 16: writeSMBus(offset - Self.smbus, value)
        case Self.apm: writeAPMC(value)
        case Self.apm + 1: registers.APMS = value
        case Self.eventEnable, Self.eventEnable + 1: registers.eventEnable[offset - Self.eventEnable] = value
        default: return
        }
        update()
    }

    private func writeAPMC(_ value: UInt8) {
        registers.APMC = value
        switch APMCommand(rawValue: value) {
        case .enable: registers.control.insert(.SCI_EN)
        case .disable: registers.control.remove(.SCI_EN)
        case nil: diagnostics?.report(Diagnostic(chip: "PIIX4", message: "APMC: there are no SMIs", unit: "commands lost"))
        }
    }

    /// A transaction ends at once, without an answer: device error.
    private func writeSMBus(_ offset: Int, _ value: UInt8) {
        if offset == 0 {
            registers.SMBHSTSTS &= ~value
        } else {
            registers.SMBHST[offset] = offset == 2 ? value & 0x1F : value
            if offset == 2, value & 0x40 != 0 { registers.SMBHSTSTS |= 0x04 }
        }
    }
}

/// A part of a chip's register file as a device of its own.
final class PortSlice: PortDevice {
    private unowned let chip: any PortDevice
    private let start: Int

    init(_ chip: any PortDevice, _ start: Int) {
        self.chip = chip
        self.start = start
    }

    func read(offset: Int) -> UInt8 { chip.read(offset: start + offset) }
    func write(offset: Int, value: UInt8) { chip.write(offset: start + offset, value: value) }
    func peek(offset: Int) -> UInt8 { chip.peek(offset: start + offset) }
    func read(offset: Int, width: AccessWidth) -> UInt32 { chip.read(offset: start + offset, width: width) }
    func write(offset: Int, width: AccessWidth, value: UInt32) { chip.write(offset: start + offset, width: width, value: value) }
}
