import Wiring

/// A PS/2 mouse with wheel and five buttons (IBM PS/2 Hardware Interface Technical Reference, "Mouse"; Microsoft "IntelliMouse
/// PS/2 protocol" for the identifiers 3 and 4, reached by the sample rates 200, 100, 80 and 200, 200, 80).
///
/// Emulated: stream, remote and wrap mode, sample rate, resolution, 2:1 scaling in stream mode, status, overflow bits, all commands.
///
/// Not emulated: resolution does not scale what the host reports. The power-on self test is over before time begins.
public final class PS2Mouse: Chip, PS2Device {
    /// The mouse's buttons.
    public struct Buttons: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// A button, by its bit in the first byte of a packet.
        public static let left = Self(rawValue: 0x01), right = Self(rawValue: 0x02), middle = Self(rawValue: 0x04)
        /// A further button, of a mouse with five.
        public static let fourth = Self(rawValue: 0x08), fifth = Self(rawValue: 0x10)
    }

    public struct State: Codable, Equatable, Sendable {
        /// Remote mode: movement is told when it is asked for.
        public var isRemote = false
        /// Wrap mode: what is sent comes back.
        public var isWrapping = false
        /// F4h: stream mode reports by itself.
        public var isReporting = false
        /// Movements are scaled 2:1 in stream mode.
        public var isScaling2To1 = false
        /// Counts per millimeter, as a power of two: 0–3.
        public var resolution: UInt8 = 2
        /// Samples per second: 10, 20, 40, 60, 80, 100 or 200.
        public var sampleRate: UInt8 = 100
        /// The last three sample rates set, oldest first.
        public var rateHistory: [UInt8] = []
        /// 0 standard, 3 with wheel, 4 with wheel and five buttons.
        public var identifier: UInt8 = 0
        /// The buttons that are down.
        public var buttons: Buttons = []
        /// Buttons in the last packet.
        public var reportedButtons: Buttons = []
        /// Movement not yet reported; y grows upwards, z towards the user.
        public var x = 0
        /// Movement upwards that is not yet reported.
        public var y = 0
        /// Movement of the wheel that is not yet reported.
        public var z = 0
        /// The command whose option byte is awaited.
        public var pendingCommand: UInt8?
        var replies = PS2Replies()
        /// The packet being sent.
        public var packet: [UInt8] = []
        /// The bytes that FEh sends again.
        public var lastSent: [UInt8] = []
        /// The tick before which no further packet is made.
        public var nextSample: UInt64 = 0
        /// The tick of the next packet; nil while nothing is to be reported.
        public var sampleDeadline: UInt64?
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    public var onOutput: (() -> Void)?
    private let clock: Clock
    private var memory = State()
    private var sample: Clock.Event?

    /// The chip as it is after power-on.
    public init(name: String = "mouse", clock: Clock) {
        self.name = name
        self.clock = clock
        sample = clock.register("\(name).sample") { [unowned self] in takeSample() }
    }

    public var state: State {
        get { memory }
        set {
            memory = newValue
            memory.replies.makeSane()
            memory.packet = Array(memory.packet.prefix(4))
            memory.lastSent = Array(memory.lastSent.prefix(4))
            memory.rateHistory = Array(memory.rateHistory.suffix(3))
            move(dx: 0, dy: 0)
            scheduleSample()
        }
    }

    /// Power-on.
    public func reset() {
        memory = State()
        scheduleSample()
    }

    // MARK: For the host

    /// Movement in counts, to the right and downwards (screen directions); `wheel` counts towards the user.
    public func move(dx: Int, dy: Int, wheel: Int = 0) {
        // More than the packet's overflow bits can tell is not worth remembering.
        func clamp(_ value: Int, _ change: Int, _ limit: Int) -> Int {
            let bounded = min(max(change, -limit), limit)
            return min(max(min(max(value, -limit), limit) + bounded, -limit), limit)
        }
        memory.x = clamp(memory.x, dx, 4096)
        memory.y = clamp(memory.y, dy == .min ? .max : -dy, 4096)
        memory.z = clamp(memory.z, wheel, 127)
        requestSample()
    }

    /// Sets the buttons that are down.
    public func setButtons(_ buttons: Buttons) {
        memory.buttons = buttons
        requestSample()
    }

    // MARK: Stream mode

    private var hasNews: Bool {
        memory.x != 0 || memory.y != 0 || (memory.z != 0 && memory.identifier != 0) || memory.buttons != memory.reportedButtons
    }

    private var isStreaming: Bool { memory.isReporting && !memory.isRemote && !memory.isWrapping }

    private func requestSample() {
        guard isStreaming, hasNews, memory.sampleDeadline == nil, memory.packet.isEmpty, memory.pendingCommand == nil else {
            return
        }
        memory.sampleDeadline = max(clock.now &+ 1, memory.nextSample)
        scheduleSample()
    }

    private func scheduleSample() {
        guard let sample else { return }
        if let deadline = memory.sampleDeadline { clock.schedule(sample, at: deadline) } else { clock.cancel(sample) }
    }

    private func takeSample() {
        memory.sampleDeadline = nil
        guard isStreaming, hasNews, memory.packet.isEmpty else { return }
        memory.packet = makePacket(scaled: memory.isScaling2To1)
        let interval = clock.tick(ofCycle: 1, of: UInt64(max(1, memory.sampleRate)))
        memory.nextSample = clock.now &+ interval
        onOutput?()
    }

    private func makePacket(scaled: Bool) -> [UInt8] {
        var flags: UInt8 = 0x08 | (memory.buttons.rawValue & 7)
        let (x, xOverflow) = Self.field(memory.x, scaled: scaled)
        let (y, yOverflow) = Self.field(memory.y, scaled: scaled)
        if x < 0 { flags |= 0x10 }
        if y < 0 { flags |= 0x20 }
        if xOverflow { flags |= 0x40 }
        if yOverflow { flags |= 0x80 }
        var packet = [flags, UInt8(truncatingIfNeeded: x), UInt8(truncatingIfNeeded: y)]
        let wheel = min(max(memory.z, -8), 7)
        if memory.identifier == 3 { packet.append(UInt8(truncatingIfNeeded: wheel)) }
        if memory.identifier == 4 {
            packet.append((UInt8(truncatingIfNeeded: wheel) & 0x0F) | (memory.buttons.rawValue & 0x18) << 1)
        }
        memory.x = 0
        memory.y = 0
        memory.z -= wheel
        if memory.identifier == 0 { memory.z = 0 }
        memory.reportedButtons = memory.buttons
        return packet
    }

    /// A nine-bit two's complement count, and whether it did not fit.
    private static func field(_ counts: Int, scaled: Bool) -> (Int, overflow: Bool) {
        let magnitude = abs(counts)
        let value: Int
        if scaled {
            value = (magnitude < 6 ? [0, 1, 1, 3, 6, 9][magnitude] : magnitude * 2) * counts.signum()
        } else {
            value = counts
        }
        return (min(max(value, -256), 255), value < -256 || value > 255)
    }

    // MARK: Link

    public var hasOutput: Bool { !memory.replies.bytes.isEmpty || (!memory.packet.isEmpty && memory.pendingCommand == nil) }

    public func takeOutput() -> UInt8? {
        if let reply = memory.replies.removeFirst() { return reply }
        guard !memory.packet.isEmpty, memory.pendingCommand == nil else { return nil }
        let byte = memory.packet.removeFirst()
        requestSample()
        return byte
    }

    public func receive(_ byte: UInt8) {
        let pending = memory.pendingCommand
        memory.pendingCommand = nil
        memory.replies.removeAll()
        memory.packet = []
        if memory.isWrapping && byte != 0xEC && byte != 0xFF {
            memory.replies.append(byte)
        } else if let pending {
            option(byte, of: pending)
        } else {
            command(byte)
        }
        // FEh repeats the last answer; what it repeats stays the same.
        if byte != 0xFE { memory.lastSent = memory.replies.bytes.suffix(4) }
        if hasOutput { onOutput?() }
        requestSample()
    }

    private func acknowledge(_ bytes: UInt8...) {
        memory.replies.append(PS2Replies.acknowledge)
        bytes.forEach { memory.replies.append($0) }
    }

    private func command(_ command: UInt8) {
        switch command {
        case 0xE6, 0xE7:
            memory.isScaling2To1 = command == 0xE7
            acknowledge()
        case 0xE8, 0xF3:
            memory.pendingCommand = command
            acknowledge()
        case 0xE9: acknowledge(statusByte, memory.resolution, memory.sampleRate)
        case 0xEA, 0xF0:
            memory.isRemote = command == 0xF0
            clearMovement()
            acknowledge()
        case 0xEB:
            acknowledge()
            makePacket(scaled: false).forEach { memory.replies.append($0) }
        case 0xEC, 0xEE:
            memory.isWrapping = command == 0xEE
            clearMovement()
            acknowledge()
        case 0xF2: acknowledge(memory.identifier)
        case 0xF4, 0xF5:
            memory.isReporting = command == 0xF4
            clearMovement()
            acknowledge()
        case 0xF6:
            setDefaults()
            acknowledge()
        case 0xFE: memory.lastSent.forEach { memory.replies.append($0) }
        case 0xFF:
            setDefaults()
            memory.identifier = 0
            memory.rateHistory = []
            acknowledge(PS2Replies.selfTestPassed, 0)
        default: memory.replies.append(PS2Replies.resend)
        }
    }

    private func option(_ value: UInt8, of command: UInt8) {
        if command == 0xE8 {
            guard value <= 3 else { return memory.replies.append(PS2Replies.resend) }
            memory.resolution = value
        } else {
            guard [10, 20, 40, 60, 80, 100, 200].contains(value) else { return memory.replies.append(PS2Replies.resend) }
            memory.sampleRate = value
            memory.rateHistory = (memory.rateHistory + [value]).suffix(3)
            if memory.rateHistory == [200, 100, 80] { memory.identifier = 3 }
            if memory.rateHistory == [200, 200, 80] { memory.identifier = 4 }
        }
        acknowledge()
    }

    private var statusByte: UInt8 {
        var status: UInt8 = 0
        if memory.buttons.contains(.right) { status |= 0x01 }
        if memory.buttons.contains(.middle) { status |= 0x02 }
        if memory.buttons.contains(.left) { status |= 0x04 }
        if memory.isScaling2To1 { status |= 0x10 }
        if memory.isReporting { status |= 0x20 }
        if memory.isRemote { status |= 0x40 }
        return status
    }

    private func clearMovement() {
        memory.x = 0
        memory.y = 0
        memory.z = 0
    }

    private func setDefaults() {
        memory.isRemote = false
        memory.isWrapping = false
        memory.isReporting = false
        memory.isScaling2To1 = false
        memory.resolution = 2
        memory.sampleRate = 100
        clearMovement()
    }
}
