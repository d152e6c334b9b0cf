import Wiring

/// A 102-key PS/2 keyboard (IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-Key)").
///
/// Emulated: scan code sets 1, 2 and 3, all commands, the 16-byte buffer with its overrun code, Print and Pause with the variants
/// that modifiers give them.
///
/// Not emulated: the pace of typematic repetition (rates are accepted; whoever moves the keys repeats them), the fake shifts around grey keys while Num Lock or Shift is active, key types
/// in set 3 (all keys make and break; F7h–FDh are acknowledged). The power-on self test is over, and its AAh read, before time begins.
public final class PS2Keyboard: Chip, PS2Device {
    /// The keyboard's lights.
    public struct LEDs: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// A light, by its bit in the option byte of EDh.
        public static let scrollLock = Self(rawValue: 0x01), numLock = Self(rawValue: 0x02), capsLock = Self(rawValue: 0x04)
    }

    public struct State: Codable, Equatable, Sendable {
        /// 1, 2 or 3.
        public var scanCodeSet: UInt8 = 2
        /// Keys are reported: not behind F5h.
        public var isScanning = true
        /// The lights.
        public var leds: LEDs = []
        /// Rate and delay of the typematic repetition, as F3h sets them.
        public var typematic: UInt8 = 0x2B
        /// The command whose option byte is awaited.
        public var pendingCommand: UInt8?
        var replies = PS2Replies()
        /// Scan codes not yet sent; 16 bytes and an overrun code at most.
        public var buffer: [UInt8] = []
        /// The byte that FEh sends again.
        public var lastSent: UInt8 = 0
        /// The keys that are down, the first one pressed first.
        public var heldKeys: [Key] = []
        /// The state after power-on.
        public init() {}
    }

    static let bufferSize = 16

    public let name: String
    public var onOutput: (() -> Void)?
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    private var memory = State()

    /// The chip as it is after power-on.
    public init(name: String = "keyboard") { self.name = name }

    public var state: State {
        get { memory }
        set {
            memory = newValue
            memory.replies.makeSane()
            memory.buffer = Array(memory.buffer.prefix(Self.bufferSize + 1))
            memory.heldKeys = Array(memory.heldKeys.prefix(Key.allCases.count))
        }
    }

    /// Power-on. (The RESET line of the board does not reach the keyboard; a guest sends FFh.)
    public func reset() { memory = State() }

    /// The lights.
    public var leds: LEDs { memory.leds }
    /// Bytes of scan codes that fit into the buffer. The longest key press, Pause, has 8.
    public var room: Int { max(0, Self.bufferSize - memory.buffer.count) }
    /// A key pressed now is heard at all.
    public var isScanning: Bool { memory.isScanning }

    // MARK: Keys

    /// A key goes down or up. A repetition of the same is not a change and sends nothing.
    public func press(_ key: Key, down: Bool) {
        guard memory.heldKeys.contains(key) != down else { return }
        if down { memory.heldKeys.append(key) } else { memory.heldKeys.removeAll { $0 == key } }
        guard memory.isScanning else { return }
        enqueue(sequence(of: key, down: down))
    }

    /// A key that is down sends its make code once more: typematic repetition, whose pace is the host's.
    public func repeatKey(_ key: Key) {
        guard memory.heldKeys.contains(key), memory.isScanning else { return }
        enqueue(sequence(of: key, down: true))
    }

    private func isHeld(_ keys: Key...) -> Bool { keys.contains(where: memory.heldKeys.contains) }

    private func enqueue(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        let overrun: UInt8 = memory.scanCodeSet == 1 ? 0xFF : 0x00
        if memory.buffer.count + bytes.count <= Self.bufferSize {
            memory.buffer += bytes
        } else {
            if memory.buffer.last != overrun { memory.buffer.append(overrun) }
            diagnostics?.report(
                Diagnostic(
                    chip: "keyboard", message: "nobody reads port 60h and the buffer is full", unit: "key movements lost",
                    isUnbidden: true))
        }
        onOutput?()
    }

    private func sequence(of key: Key, down: Bool) -> [UInt8] {
        let codes = PS2ScanCodes.codes(of: key)
        guard memory.scanCodeSet != 3 else {
            guard codes.set3 != 0 else { return [] }
            return down ? [codes.set3] : [0xF0, codes.set3]
        }
        switch key {
        case .pause: return down ? pauseSequence : []
        case .print: return printSequence(down: down)
        default: return sequence(codes.isExtended ? 0xE0 : nil, codes.set1, codes.set2, down: down)
        }
    }

    /// One code in the selected set 1 or 2.
    private func sequence(_ prefix: UInt8?, _ set1: UInt8, _ set2: UInt8, down: Bool) -> [UInt8] {
        var bytes: [UInt8] = prefix.map { [$0] } ?? []
        if memory.scanCodeSet == 1 {
            bytes.append(down ? set1 : set1 | 0x80)
        } else {
            if !down { bytes.append(0xF0) }
            bytes.append(set2)
        }
        return bytes
    }

    /// Pause sends make and break at once when it is pressed; with Ctrl it is Break.
    private var pauseSequence: [UInt8] {
        if isHeld(.ctrl, .ctrlRight) {
            return sequence(0xE0, 0x46, 0x7E, down: true) + sequence(0xE0, 0x46, 0x7E, down: false)
        }
        return sequence(0xE1, 0x1D, 0x14, down: true) + sequence(nil, 0x45, 0x77, down: true)
            + sequence(0xE1, 0x1D, 0x14, down: false) + sequence(nil, 0x45, 0x77, down: false)
    }

    /// Print is wrapped in a shift of its own unless Shift or Ctrl is held; with Alt it is SysRq.
    private func printSequence(down: Bool) -> [UInt8] {
        if isHeld(.alt, .altRight) { return sequence(nil, 0x54, 0x84, down: down) }
        let code = sequence(0xE0, 0x37, 0x7C, down: down)
        if isHeld(.shift, .shiftRight, .ctrl, .ctrlRight) { return code }
        let shift = sequence(0xE0, 0x2A, 0x12, down: down)
        return down ? shift + code : code + shift
    }

    // MARK: Link

    public var hasOutput: Bool { !memory.replies.bytes.isEmpty || (!memory.buffer.isEmpty && memory.pendingCommand == nil) }

    public func takeOutput() -> UInt8? {
        guard hasOutput else { return nil }
        let byte = memory.replies.removeFirst() ?? memory.buffer.removeFirst()
        memory.lastSent = byte
        return byte
    }

    public func receive(_ byte: UInt8) {
        let pending = memory.pendingCommand
        memory.pendingCommand = nil
        memory.replies.removeAll()
        // A command in place of an option byte is a command.
        if let pending, byte < 0xED { option(byte, of: pending) } else { command(byte) }
        if hasOutput { onOutput?() }
    }

    private func command(_ command: UInt8) {
        switch command {
        case 0xEE: memory.replies.append(0xEE)
        case 0xED, 0xF0, 0xF3, 0xFB...0xFD:
            memory.pendingCommand = command
            memory.replies.append(PS2Replies.acknowledge)
            // Key types follow; the keyboard stops scanning for them.
            if command >= 0xFB {
                memory.isScanning = false
                reportKeyTypes()
            }
        case 0xF2:
            memory.replies.append(PS2Replies.acknowledge)
            memory.replies.append(0xAB)
            memory.replies.append(0x83)
        case 0xF4:
            memory.isScanning = true
            memory.buffer = []
            memory.replies.append(PS2Replies.acknowledge)
        case 0xF5, 0xF6:
            setDefaults()
            memory.isScanning = command == 0xF6
            memory.replies.append(PS2Replies.acknowledge)
        case 0xF7...0xFA:
            if command != 0xFA { reportKeyTypes() }
            memory.replies.append(PS2Replies.acknowledge)
        case 0xFE: memory.replies.append(memory.lastSent)
        case 0xFF:
            setDefaults()
            memory.leds = []
            memory.isScanning = true
            memory.replies.append(PS2Replies.acknowledge)
            memory.replies.append(PS2Replies.selfTestPassed)
        default: memory.replies.append(PS2Replies.resend)
        }
    }

    private func reportKeyTypes() {
        diagnostics?.report(
            Diagnostic(chip: "keyboard", message: "key types of scan code set 3 are not emulated; all keys make and break"))
    }

    private func option(_ value: UInt8, of command: UInt8) {
        switch command {
        case 0xED: memory.leds = LEDs(rawValue: value & 7)
        case 0xF0:
            guard value <= 3 else { return memory.replies.append(PS2Replies.resend) }
            memory.replies.append(PS2Replies.acknowledge)
            if value == 0 { memory.replies.append(memory.scanCodeSet) } else { selectSet(value) }
            return
        case 0xF3: memory.typematic = value & 0x7F
        // A list of set 3 codes, ended by the next command.
        default: memory.pendingCommand = command
        }
        memory.replies.append(PS2Replies.acknowledge)
    }

    private func selectSet(_ set: UInt8) {
        memory.scanCodeSet = set
        memory.buffer = []
    }

    private func setDefaults() {
        memory.buffer = []
        memory.typematic = 0x2B
        memory.scanCodeSet = 2
    }
}
