import Wiring

/// Intel 82093AA I/O advanced programmable interrupt controller (datasheet 290566).
///
/// Offsets: 0 IOREGSEL, 10h IOWIN, 40h the EOI register that later chipsets add (Intel 82801, "EOIR"). Accesses are of 32 bits.
///
/// Emulated: 24 redirection entries, edge and level triggering, remote IRR, masks, all delivery modes that have a meaning for a line.
///
/// Inputs are what a device asks for, high when it does, whatever the voltage on the line: the polarity bit is kept and changes nothing. The
/// arbitration identification is the chip's own. Delivery never waits: the delivery status bit reads 0.
public final class IOAPIC: Chip, MemoryDevice {
    /// Number of inputs.
    public static let pins = 24

    public struct State: Codable, Equatable, Sendable {
        /// The register select register.
        public var IOREGSEL: UInt8 = 0
        /// The identification register's four bits.
        public var ID: UInt8 = 0
        /// Redirection entries, of 64 bits.
        public var entries = [UInt64](repeating: Entry.masked, count: IOAPIC.pins)
        /// Levels of the inputs, one bit each.
        public var inputs: UInt32 = 0

        /// The state after power-on.
        public init() {}
    }

    /// A redirection entry. Datasheet section 3.2.4.
    public struct Entry: Sendable {
        /// The entry's bits.
        public var rawValue: UInt64

        /// The mask bit; also the whole entry after power-on.
        public static let masked: UInt64 = 1 << 16
        static let remoteIRR: UInt64 = 1 << 14
        /// Everything but the delivery status and remote IRR, which are read-only.
        static let writable: UInt64 = 0xFF00_0000_0001_AFFF

        /// An entry of these bits.
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        /// The vector.
        public var vector: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
        /// The delivery mode; nil for one that is reserved.
        public var mode: InterruptMessage.DeliveryMode? { .init(rawValue: UInt8(truncatingIfNeeded: rawValue >> 8) & 7) }
        /// The destination is a set of processors in the logical mode.
        public var isLogical: Bool { rawValue & 1 << 11 != 0 }
        /// The trigger mode is level.
        public var isLevelTriggered: Bool { rawValue & 1 << 15 != 0 }
        /// Nothing is delivered.
        public var isMasked: Bool { rawValue & Self.masked != 0 }
        /// Remote IRR: a level interrupt was accepted and has had no EOI.
        public var isRemote: Bool { rawValue & Self.remoteIRR != 0 }
        /// The destination field: an APIC's identification, or a set of processors.
        public var destination: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 56) }
    }

    public let name = "ioapic"
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    private let bus: APICBus
    private var registers = State()

    /// The chip as it is after power-on, on a bus.
    public init(bus: APICBus) {
        self.bus = bus
        bus.connect(self)
    }

    public var state: State {
        get { registers }
        set {
            registers = newValue
            // A file may say anything.
            if registers.entries.count != Self.pins { registers.entries = State().entries }
            registers.inputs &= 1 << UInt32(Self.pins) - 1
        }
    }

    /// Power-on: all entries masked. The inputs keep their levels.
    public func reset() {
        let inputs = registers.inputs
        registers = State()
        registers.inputs = inputs
    }

    /// Drives input INTIN`pin`, 0 to 23.
    public func setInput(_ pin: Int, _ level: Bool) {
        guard (0..<Self.pins).contains(pin) else { return }
        let bit: UInt32 = 1 << UInt32(pin)
        let isEdge = level && registers.inputs & bit == 0
        if level { registers.inputs |= bit } else { registers.inputs &= ~bit }
        if level { serve(pin, isEdge: isEdge) }
    }

    /// Sends the message of a pin that is high, if it is time.
    private func serve(_ pin: Int, isEdge: Bool) {
        let entry = Entry(rawValue: registers.entries[pin])
        guard !entry.isMasked, let mode = entry.mode else { return }
        // Only fixed and lowest priority may be level triggered. Datasheet section 3.2.4, bits 10:8.
        let isLevel = entry.isLevelTriggered && (mode == .fixed || mode == .lowestPriority)
        guard isLevel ? !entry.isRemote : isEdge else { return }
        if isLevel { registers.entries[pin] |= Entry.remoteIRR }
        bus.deliver(
            InterruptMessage(
                vector: entry.vector, mode: mode, destination: entry.destination, isLogical: entry.isLogical,
                isLevelTriggered: isLevel))
    }

    /// A processor ended an interrupt of a level-triggered line: one that is still high asks again.
    func endOfInterrupt(_ vector: UInt8) {
        for pin in 0..<Self.pins {
            let entry = Entry(rawValue: registers.entries[pin])
            guard entry.isRemote, entry.vector == vector else { continue }
            registers.entries[pin] &= ~Entry.remoteIRR
            if registers.inputs & 1 << UInt32(pin) != 0 { serve(pin, isEdge: false) }
        }
    }

    // MARK: Registers

    public func readMemory(offset: Int) -> UInt8 { peekMemory(offset: offset) }

    public func peekMemory(offset: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: value(at: offset & ~3) >> UInt32(8 * (offset & 3)))
    }

    public func writeMemory(offset: Int, value: UInt8) {
        writeMemory(offset: offset, width: .byte, value: UInt32(value))
    }

    public func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        switch (offset, width) {
        // The index is a byte, and drivers write it as one.
        case (0, _): registers.IOREGSEL = UInt8(truncatingIfNeeded: value)
        case (0x10, .doubleword): writeWindow(value)
        case (0x40, .doubleword): endOfInterrupt(UInt8(truncatingIfNeeded: value))
        default:
            diagnostics?.report(
                Diagnostic(chip: "82093AA", message: "a write that is not of 32 bits is lost", unit: "writes lost"))
        }
    }

    private func value(at offset: Int) -> UInt32 {
        switch offset {
        case 0: return UInt32(registers.IOREGSEL)
        case 0x10: break
        default: return 0
        }
        switch Int(registers.IOREGSEL) {
        case 0, 2: return UInt32(registers.ID) << 24
        // The number of entries less one, and the version that has the EOI register.
        case 1: return UInt32(Self.pins - 1) << 16 | 0x20
        case let index where (0x10..<0x10 + 2 * Self.pins).contains(index):
            return UInt32(truncatingIfNeeded: registers.entries[(index - 0x10) / 2] >> (index & 1 == 0 ? 0 : 32))
        default: return 0
        }
    }

    private func writeWindow(_ value: UInt32) {
        let index = Int(registers.IOREGSEL)
        if index == 0 { registers.ID = UInt8(truncatingIfNeeded: value >> 24) & 0xF }
        guard (0x10..<0x10 + 2 * Self.pins).contains(index) else { return }
        let pin = (index - 0x10) / 2
        let old = registers.entries[pin]
        let written =
            index & 1 == 0 ? old & ~0xFFFF_FFFF | UInt64(value) : old & 0xFFFF_FFFF | UInt64(value) << 32
        var new = written & Entry.writable | old & Entry.remoteIRR
        if !Entry(rawValue: new).isLevelTriggered { new &= ~Entry.remoteIRR }
        registers.entries[pin] = new
        // A line that waited behind the mask is heard now, if its level counts.
        if registers.inputs & 1 << UInt32(pin) != 0 { serve(pin, isEdge: false) }
    }
}
