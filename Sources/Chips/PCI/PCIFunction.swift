import Wiring

/// The header of a PCI function, as far as it never changes (PCI Local Bus Specification 2.1, section 6.1; header type 0).
public struct PCIHeader: Sendable {
    /// Vendor identification.
    public var vendor: UInt16
    /// Device identification.
    public var device: UInt16
    /// Base class, sub-class and programming interface, as 24 bits.
    public var classCode: UInt32
    /// Revision identification.
    public var revision: UInt8
    /// The device has more than this function.
    public var isMultifunction: Bool
    /// 1 to 4 for INTA# to INTD#, 0 for none.
    public var interruptPin: UInt8
    // QEMU's, for which drivers and firmware look.
    /// Subsystem vendor identification.
    public var subsystemVendor: UInt16 = 0x1AF4
    /// Subsystem identification.
    public var subsystem: UInt16 = 0x1100

    /// A header; an `interruptPin` of 0 is none, 1 to 4 are INTA# to INTD#.
    public init(
        vendor: UInt16, device: UInt16, classCode: UInt32, revision: UInt8 = 0, isMultifunction: Bool = false,
        interruptPin: UInt8 = 0
    ) {
        (self.vendor, self.device, self.classCode, self.revision) = (vendor, device, classCode, revision)
        (self.isMultifunction, self.interruptPin) = (isMultifunction, interruptPin)
    }
}

/// A function's 256 bytes of configuration space, its base address registers, and its interrupt line INTx.
///
/// The chip declares header, windows and registers of its own; this answers configuration cycles, sizes and moves the windows, and tells the board
/// when they are seen elsewhere than before (PCI Local Bus Specification 2.1, chapter 6). Not emulated: parity, capabilities, 64-bit addresses.
public final class PCIFunction {
    /// A stretch of addresses that the function answers at, while it does.
    public struct AddressWindow {
        /// The chip behind a window.
        public enum Target {
            case memory(any MemoryDevice)
            case ports(any PortDevice)
        }
        /// "vga BAR 0".
        public let name: String
        /// The first address, of memory or of ports.
        public let first: UInt64
        /// Length in bytes or ports.
        public let size: Int
        /// The chip that answers.
        public let target: Target

        /// Tells whether it is the same window at the same addresses.
        public func isSame(_ other: AddressWindow) -> Bool { name == other.name && first == other.first && size == other.size }
    }

    private struct BAR {
        let register: Int
        let name: String
        let size: Int
        let target: AddressWindow.Target
        /// Bits that are not part of the address.
        let low: UInt32
        var isROM: Bool { register == PCIFunction.romRegister }
    }

    struct Command: OptionSet {
        let rawValue: UInt16
        static let ports = Command(rawValue: 1), memory = Command(rawValue: 2), busMaster = Command(rawValue: 4)
        static let interruptDisable = Command(rawValue: 0x400)
        /// With parity and SERR# enables.
        static let writable: Command = [.ports, .memory, .busMaster, .interruptDisable, Command(rawValue: 0x140)]
    }

    private static let romRegister = 0x30

    /// The name for windows and reports: "vga".
    public let name: String
    /// The part of the configuration space that never changes.
    public let header: PCIHeader
    /// The line that the interrupt pin drives, high while it asks.
    public let INTx = Wire()
    /// Hears that `windows` are others than before.
    public var onWindowChange: (() -> Void)?
    /// Hears of each write, after it, with the registers that were written.
    var onWrite: ((Range<Int>) -> Void)?
    /// Windows whose addresses are in registers of the chip's own.
    var furtherWindows: () -> [AddressWindow] = { [] }

    private(set) var bytes = [UInt8](repeating: 0, count: 256)
    private var powerOn = [UInt8](repeating: 0, count: 256)
    private var writable = [UInt8](repeating: 0, count: 256)
    /// Bits that writing a 1 clears.
    private var clearable = [UInt8](repeating: 0, count: 256)
    private var BARs: [BAR] = []
    private var isAsking = false
    /// Windows as the board knows them.
    public private(set) var windows: [AddressWindow] = []

    init(name: String, _ header: PCIHeader) {
        self.name = name
        self.header = header
        declare(0x00, .word, header.vendor.doubleword)
        declare(0x02, .word, header.device.doubleword)
        declare(0x04, .word, 0, writable: Command.writable.rawValue.doubleword)
        // Fast back-to-back, DEVSEL# at medium speed; aborts and parity errors can be cleared.
        declare(0x06, .word, 0x0280, clearable: 0xF900)
        declare(0x08, .doubleword, header.classCode << 8 | UInt32(header.revision))
        declare(0x0C, .word, 0, writable: 0xFFFF)
        declare(0x0E, .byte, header.isMultifunction ? 0x80 : 0)
        declare(0x2C, .word, header.subsystemVendor.doubleword)
        declare(0x2E, .word, header.subsystem.doubleword)
        declare(0x3C, .byte, 0, writable: header.interruptPin == 0 ? 0 : 0xFF)
        declare(0x3D, .byte, UInt32(header.interruptPin))
    }

    /// Says what a register holds at power-on, and which bits the guest can change or clear.
    func declare(_ offset: Int, _ width: AccessWidth, _ value: UInt32, writable: UInt32 = 0, clearable: UInt32 = 0) {
        for byte in 0..<width.rawValue {
            let shift = UInt32(8 * byte)
            powerOn[offset + byte] = UInt8(truncatingIfNeeded: value >> shift)
            bytes[offset + byte] = powerOn[offset + byte]
            self.writable[offset + byte] = UInt8(truncatingIfNeeded: writable >> shift)
            self.clearable[offset + byte] = UInt8(truncatingIfNeeded: clearable >> shift)
        }
    }

    /// Base address register `number` (0–5) shows `size` bytes, a power of two from 4096 on, of `device`.
    func declareBAR(_ number: Int, size: Int, isPrefetchable: Bool = false, _ device: any MemoryDevice) {
        declareBAR(0x10 + 4 * number, "BAR \(number)", size, .memory(device), low: isPrefetchable ? 8 : 0)
    }

    /// Base address register `number` (0–5) shows `size` ports, a power of two from 4 to 256.
    func declareBAR(_ number: Int, size: Int, _ device: any PortDevice) {
        declareBAR(0x10 + 4 * number, "BAR \(number)", size, .ports(device), low: 1)
    }

    /// The expansion ROM base address register.
    func declareROM(size: Int, _ device: any MemoryDevice) { declareBAR(Self.romRegister, "ROM", size, .memory(device), low: 0) }

    /// Lets go of what the windows show: a chip that shows itself, and who hears of its windows, hold each other through here.
    public func disconnect() {
        onWindowChange = nil
        (BARs, windows, furtherWindows) = ([], [], { [] })
    }

    private func declareBAR(_ register: Int, _ name: String, _ size: Int, _ target: AddressWindow.Target, low: UInt32) {
        precondition(size.nonzeroBitCount == 1, "a window's size is a power of two")
        let mask = ~UInt32(truncatingIfNeeded: size - 1)
        declare(register, .doubleword, low, writable: register == Self.romRegister ? mask | 1 : mask)
        BARs.append(
            BAR(
                register: register, name: "\(self.name) \(name)", size: size, target: target,
                low: register == Self.romRegister ? 1 : low))
    }

    // MARK: Registers

    func value(_ offset: Int, _ width: AccessWidth) -> UInt32 {
        var value: UInt32 = 0
        for byte in 0..<width.rawValue { value |= UInt32(bytes[(offset + byte) & 0xFF]) << UInt32(8 * byte) }
        return value
    }

    /// Sets bits from the chip's side, writable or not.
    func set(_ offset: Int, _ value: UInt8) { bytes[offset & 0xFF] = value }

    /// The interrupt line register, where firmware notes the IRQ that the pin leads to.
    public var interruptLine: UInt8 { bytes[0x3C] }

    var command: Command { Command(rawValue: UInt16(truncatingIfNeeded: value(0x04, .word))) }
    /// The guest lets the function move memory by itself.
    var isBusMaster: Bool { command.contains(.busMaster) }

    func write(_ offset: Int, _ width: AccessWidth, _ value: UInt32) {
        for byte in 0..<width.rawValue {
            let place = (offset + byte) & 0xFF
            let new = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))
            bytes[place] = (bytes[place] & ~writable[place] | new & writable[place]) & ~(new & clearable[place])
        }
        onWrite?(offset..<offset + width.rawValue)
        update()
    }

    /// All 256 bytes, for the chip's state. What cannot be written stays as declared, whatever a state says.
    var configuration: [UInt8] {
        get { bytes }
        set {
            for place in 0..<min(256, newValue.count) {
                let mask = writable[place] | clearable[place]
                bytes[place] = newValue[place] & mask | powerOn[place] & ~mask
            }
            onWrite?(0..<256)
            update()
        }
    }

    /// RST#.
    func reset() {
        bytes = powerOn
        isAsking = false
        onWrite?(0..<256)
        update()
    }

    /// Drives the interrupt pin.
    func setInterrupt(_ level: Bool) {
        isAsking = level
        INTx.set(isAsking && !command.contains(.interruptDisable))
    }

    // MARK: Windows

    private func update() {
        INTx.set(isAsking && !command.contains(.interruptDisable))
        let new = BARs.compactMap(window) + furtherWindows()
        guard new.count != windows.count || !zip(new, windows).allSatisfy({ $0.isSame($1) }) else { return }
        windows = new
        onWindowChange?()
    }

    /// The window of a register, if it is enabled and was given an address: 0 and the pattern of sizing are none.
    private func window(_ BAR: BAR) -> AddressWindow? {
        let register = value(BAR.register, .doubleword)
        let first = UInt64(register & ~UInt32(truncatingIfNeeded: BAR.size - 1))
        let end = first + UInt64(BAR.size)
        guard first != 0 else { return nil }
        switch BAR.target {
        case .memory:
            guard command.contains(.memory), !BAR.isROM || register & 1 != 0, end <= 0xFFFF_0000 else { return nil }
        case .ports:
            guard command.contains(.ports), end <= 0x1_0000 else { return nil }
        }
        return AddressWindow(name: BAR.name, first: first, size: BAR.size, target: BAR.target)
    }
}

extension UInt16 {
    fileprivate var doubleword: UInt32 { UInt32(self) }
}
