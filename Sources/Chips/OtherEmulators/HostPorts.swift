import Wiring

/// The diagnostic port of a PC (port 80h): remembers the POST codes written to it, newest last, the last 256 at most.
///
/// Offset 0 is the port; it reads back the last code. Programs also write it to wait a microsecond; that is not told apart here.
public final class PostCodePort: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The codes, newest last.
        public var codes: [UInt8] = []
        /// The state after power-on.
        public init() {}
    }

    /// Codes that are remembered at least.
    static let remembered = 256

    public let name: String
    /// Hears each code.
    public var onCode: ((UInt8) -> Void)?
    public var state = State()

    /// The chip as it is after power-on.
    public init(name: String = "post") { self.name = name }

    public func reset() {}

    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { offset == 0 ? state.codes.last ?? 0 : 0xFF }

    public func write(offset: Int, value: UInt8) {
        guard offset == 0 else { return }
        state.codes.append(value)
        // Trimmed now and then only: many systems write here just to wait.
        if state.codes.count >= 2 * Self.remembered { state.codes.removeFirst(Self.remembered) }
        onCode?(value)
    }
}

/// The debug console of Bochs and QEMU (port E9h): each byte written goes to the host; reading answers E9h, which tells that it is there.
public final class DebugConsole: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    /// Hears each byte.
    public var onByte: ((UInt8) -> Void)?
    public var state = State()

    /// The chip as it is after power-on.
    public init(name: String = "debugcon") { self.name = name }

    public func reset() {}
    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { offset == 0 ? 0xE9 : 0xFF }
    public func write(offset: Int, value: UInt8) {
        if offset == 0 { onByte?(value) }
    }
}

/// A port that ends the emulator: a write of any width hands over a code. QEMU's isa-debug-exit is one whose exit status is the code
/// times 2, plus 1; the board decides what a code means.
///
/// Offsets 0–3; the code is as wide as the write.
public final class ExitDevice: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    /// Called with the value written. The exit status QEMU makes of it is `status(of:)`.
    public var onExit: ((UInt32) -> Void)?
    public var state = State()

    /// The chip as it is after power-on.
    public init(name: String = "exit") { self.name = name }

    /// QEMU's exit status for `value`: value × 2 + 1, of which the host's operating system keeps eight bits.
    public static func status(of value: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: value << 1 | 1) }

    public func reset() {}
    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { 0 }
    public func write(offset: Int, value: UInt8) { onExit?(UInt32(value)) }
    public func write(offset: Int, width: AccessWidth, value: UInt32) { onExit?(value & width.mask) }
}

/// Bochs' shutdown port (8900h): the letters "Shutdown", one after the other, switch the machine off.
public final class ShutdownPort: Chip, PortDevice {
    private static let word = Array("Shutdown".utf8)

    public struct State: Codable, Equatable, Sendable {
        /// Letters of the word seen so far, 0–7.
        public var matched = 0
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    /// Hears that the word is complete.
    public var onPowerOff: (() -> Void)?
    private var registers = State()

    /// The chip as it is after power-on.
    public init(name: String = "shutdown") { self.name = name }

    public var state: State {
        get { registers }
        set { registers.matched = min(max(newValue.matched, 0), Self.word.count - 1) }
    }

    public func reset() { registers = State() }
    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { 0xFF }

    public func write(offset: Int, value: UInt8) {
        guard offset == 0 else { return }
        if value == Self.word[registers.matched] {
            registers.matched += 1
        } else {
            registers.matched = value == Self.word[0] ? 1 : 0
        }
        guard registers.matched == Self.word.count else { return }
        registers.matched = 0
        onPowerOff?()
    }
}

/// The power-off half of ACPI's PM1a control register, at the ports where guests try it without reading tables: 604h (QEMU) and
/// B004h (Bochs and old QEMU).
///
/// Offsets 0–1. A word with SLP_EN (bit 13) and sleep type 0 switches off: 2000h. Nothing else of ACPI is emulated; reads float.
public final class PowerOffPort: Chip, PortDevice {
    static let SLP_EN: UInt32 = 0x2000
    static let SLP_TYP: UInt32 = 0x1C00

    public struct State: Codable, Equatable, Sendable {
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    /// Hears that the guest switches off.
    public var onPowerOff: (() -> Void)?
    public var state = State()

    /// The chip as it is after power-on.
    public init(name: String = "poweroff") { self.name = name }

    public func reset() {}
    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { 0xFF }
    public func write(offset: Int, value: UInt8) {}

    public func write(offset: Int, width: AccessWidth, value: UInt32) {
        guard offset == 0, width != .byte, value & (Self.SLP_EN | Self.SLP_TYP) == Self.SLP_EN else { return }
        onPowerOff?()
    }
}
