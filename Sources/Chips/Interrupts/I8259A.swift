import Wiring

/// Intel 8259A programmable interrupt controller (datasheet 231468).
///
/// Offsets: 0 and 1 are the chip's two addresses (its pin A0); 2 is this chip's half of the edge/level control register that PC
/// chipsets add beside it (ELCR, Intel 82371SB, section 2.5).
///
/// Emulated: ICW1–ICW4, OCW1–OCW3, fully nested and special fully nested mode, special mask mode, all rotations, automatic end of
/// interrupt, poll command, edge and level triggering, cascading, the default IR7 for a request that vanished, and the 8080
/// mode's call address (an 80x86 takes its low byte for the vector).
///
/// Not emulated: buffered mode has no pins to drive and is ignored. In 8080 mode there are two INTA cycles, not three.
///
/// When a whole board is restored, the interrupt sources go first, then slaves, then the master: driving an input latches an edge.
public final class I8259A: Chip, PortDevice {
    /// The meaning of the next write to offset 1.
    public enum InitializationStep: String, Codable, Sendable {
        case ready, ICW2, ICW3, ICW4
    }

    public struct State: Codable, Equatable, Sendable {
        /// Levels of the pins IR0–IR7.
        public var inputs: UInt8 = 0
        /// Rising edges not yet acknowledged, while their line is still high.
        public var edges: UInt8 = 0
        /// In-service register.
        public var ISR: UInt8 = 0
        /// Interrupt mask register (OCW1).
        public var IMR: UInt8 = 0xFF
        /// Initialization command word 1.
        public var ICW1: UInt8 = 0
        /// Initialization command word 2: the five upper bits of vectors.
        public var ICW2: UInt8 = 0
        /// Initialization command word 3: inputs with slaves, or the slave's number.
        public var ICW3: UInt8 = 0
        /// Initialization command word 4.
        public var ICW4: UInt8 = 0
        /// The initialization command word that is awaited.
        public var step = InitializationStep.ready
        /// The level with the lowest priority, 0–7; the next one (cyclically) has the highest.
        public var lowestPriority: UInt8 = 7
        /// Special mask mode is on.
        public var specialMaskMode = false
        /// Priorities rotate at each automatic end of interrupt.
        public var rotateInAutomaticEOI = false
        /// Offset 0 reads the ISR instead of the IRR.
        public var readsISR = false
        /// The next read is a poll.
        public var poll = false
        /// One bit for each level-triggered input.
        public var ELCR: UInt8 = 0

        /// The state after power-on.
        public init() {}

        /// Interrupt requests: latched edges, or the lines themselves where they are level triggered.
        public var IRR: UInt8 {
            let level: UInt8 = ICW1Bits(rawValue: ICW1).contains(.LTIM) ? 0xFF : ELCR
            return (inputs & level) | (edges & ~level)
        }
    }

    struct ICW1Bits: OptionSet {
        let rawValue: UInt8
        static let IC4 = Self(rawValue: 0x01)
        static let SNGL = Self(rawValue: 0x02)
        static let ADI = Self(rawValue: 0x04)
        static let LTIM = Self(rawValue: 0x08)
    }

    struct ICW4Bits: OptionSet {
        let rawValue: UInt8
        static let microPM = Self(rawValue: 0x01)
        static let AEOI = Self(rawValue: 0x02)
        static let SFNM = Self(rawValue: 0x10)
    }

    public let name: String
    /// The SP pin: high on a master, low on a slave.
    public let isMaster: Bool
    /// The INT pin.
    public let intr = Wire()
    /// The ELCR bits that can be set: F8h on a PC's master, DEh on its slave.
    public let ELCRMask: UInt8

    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    /// Hears that an input asks for an interrupt that it has not asked for, and that the service of one ends; for logs.
    public var onRequest: ((Int) -> Void)?
    /// Hears that the service of an input ends.
    public var onEndOfInterrupt: ((Int) -> Void)?
    private var registers = State()
    private var slaves: [I8259A?] = Array(repeating: nil, count: 8)

    /// A controller as it is after power-on.
    public init(name: String, isMaster: Bool) {
        self.name = name
        self.isMaster = isMaster
        ELCRMask = isMaster ? 0xF8 : 0xDE
    }

    public var state: State {
        get { registers }
        set {
            registers = newValue
            registers.lowestPriority &= 7
            driveINTR()
        }
    }

    /// The 8259A has no RESET pin; this is power-on as chipsets define it: everything masked. The input lines keep their levels.
    public func reset() {
        let inputs = registers.inputs
        registers = State()
        registers.inputs = inputs
        driveINTR()
    }

    /// Connects `slave`'s INT to input `line`, and the CAS lines.
    public func connect(slave: I8259A, at line: Int) {
        slaves[line & 7] = slave
        slave.intr.connect { [unowned self] in setInput(line, $0) }
    }

    /// Drives pin IR`line`, 0–7.
    public func setInput(_ line: Int, _ level: Bool) {
        let bit: UInt8 = 1 << UInt8(truncatingIfNeeded: line & 7)
        if level {
            let isEdge = registers.inputs & bit == 0
            if isEdge { registers.edges |= bit }
            registers.inputs |= bit
            if isEdge { onRequest?(line & 7) }
        } else {
            registers.inputs &= ~bit
            registers.edges &= ~bit
        }
        driveINTR()
    }

    /// The INTA cycles: marks the request as in service and returns its vector. Without a request: IR7's vector, nothing in service.
    public func acknowledge() -> UInt8 {
        guard let level = requestedLevel else { return vector(of: 7) }
        intr.set(false)
        beginService(level)
        let isCascaded = isMaster && !ICW1Bits(rawValue: registers.ICW1).contains(.SNGL) && registers.ICW3 & bit(level) != 0
        // A slave that ICW3 announces but nobody soldered in leaves the data bus floating.
        let vector = isCascaded ? slaves[level]?.acknowledge() ?? 0xFF : vector(of: level)
        endServiceAutomatically(level)
        driveINTR()
        return vector
    }

    // MARK: Priority

    private func bit(_ level: Int) -> UInt8 { 1 << UInt8(truncatingIfNeeded: level & 7) }

    /// The place of a level in the order of priority: 0 is the highest.
    private func rank(of level: Int) -> Int { (level - Int(registers.lowestPriority) - 1) & 7 }

    /// The level of the highest priority among those whose bits are set.
    @inline(__always)
    private func highest(_ levels: UInt8) -> Int? {
        guard levels != 0 else { return nil }
        let first = (registers.lowestPriority &+ 1) & 7
        let byRank = levels >> first | levels << (8 &- first)
        return (byRank.trailingZeroBitCount + Int(first)) & 7
    }

    /// A reason for which a level does not interrupt, though it may ask.
    public enum Obstacle: Equatable, Sendable {
        /// The next command word of the initialisation is awaited.
        case initializing
        case masked
        /// A level of the same or a higher priority, whose EOI is awaited.
        case inService(Int)
    }

    /// Tells what keeps a level from interrupting now; nil when nothing does. Sections "Fully Nested Mode", "Special Fully Nested Mode" and "Special Mask
    /// Mode" of the datasheet.
    public func obstacle(to level: Int) -> Obstacle? {
        guard registers.step == .ready else { return .initializing }
        if registers.IMR & bit(level) != 0 { return .masked }
        guard let busy = highestInService, rank(of: busy) <= rank(of: level) else { return nil }
        let mayNest = isMaster && ICW4Bits(rawValue: registers.ICW4).contains(.SFNM) && registers.ICW3 & bit(level) != 0
        return busy == level && mayNest ? nil : .inService(busy)
    }

    /// The level that INT stands for.
    private var requestedLevel: Int? {
        @inline(__always) get {
            guard let level = highest(registers.IRR & ~registers.IMR) else { return nil }
            return obstacle(to: level) == nil ? level : nil
        }
    }

    private func driveINTR() { intr.set(requestedLevel != nil) }

    private func beginService(_ level: Int) {
        registers.edges &= ~bit(level)
        registers.ISR |= bit(level)
    }

    private func endServiceAutomatically(_ level: Int) {
        guard ICW4Bits(rawValue: registers.ICW4).contains(.AEOI) else { return }
        endService(level, rotate: registers.rotateInAutomaticEOI)
    }

    private func endService(_ level: Int, rotate: Bool) {
        onEndOfInterrupt?(level & 7)
        registers.ISR &= ~bit(level)
        if rotate { registers.lowestPriority = UInt8(truncatingIfNeeded: level & 7) }
    }

    /// The level a non-specific EOI ends. In special mask mode a masked level is not ended by it.
    private var highestInService: Int? { highest(registers.specialMaskMode ? registers.ISR & ~registers.IMR : registers.ISR) }

    private func vector(of level: Int) -> UInt8 {
        let number = UInt8(truncatingIfNeeded: level)
        if ICW4Bits(rawValue: registers.ICW4).contains(.microPM) { return (registers.ICW2 & 0xF8) | number }
        let isInterval4 = ICW1Bits(rawValue: registers.ICW1).contains(.ADI)
        return isInterval4 ? (registers.ICW1 & 0xE0) | (number << 2) : (registers.ICW1 & 0xC0) | (number << 3)
    }

    // MARK: Registers

    public func read(offset: Int) -> UInt8 {
        let value = peek(offset: offset)
        if registers.poll, offset == 0 || offset == 1 {
            registers.poll = false
            if let level = requestedLevel {
                beginService(level)
                endServiceAutomatically(level)
            }
            driveINTR()
        }
        return value
    }

    public func peek(offset: Int) -> UInt8 {
        switch offset {
        case 0, 1:
            if registers.poll { return requestedLevel.map { 0x80 | UInt8(truncatingIfNeeded: $0) } ?? 0 }
            if offset == 1 { return registers.IMR }
            return registers.readsISR ? registers.ISR : registers.IRR
        case 2: return registers.ELCR
        default: return 0xFF
        }
    }

    public func write(offset: Int, value: UInt8) {
        switch offset {
        case 0:
            switch CommandWord(value) {
            case .ICW1: writeICW1(value)
            case .OCW2: writeOCW2(value)
            case .OCW3: writeOCW3(OCW3(rawValue: value))
            }
        case 1: writeAtA0(value)
        case 2: registers.ELCR = value & ELCRMask
        default: return
        }
        driveINTR()
    }

    private func writeICW1(_ value: UInt8) {
        registers.ICW1 = value
        registers.edges = 0
        registers.ISR = 0
        registers.IMR = 0
        registers.ICW3 = isMaster ? 0 : 7
        if !ICW1Bits(rawValue: value).contains(.IC4) { registers.ICW4 = 0 }
        registers.lowestPriority = 7
        registers.specialMaskMode = false
        registers.rotateInAutomaticEOI = false
        registers.readsISR = false
        registers.poll = false
        registers.step = .ICW2
    }

    /// ICW2–ICW4 while the chip is being initialized, OCW1 afterwards.
    private func writeAtA0(_ value: UInt8) {
        let ICW1 = ICW1Bits(rawValue: registers.ICW1)
        let lastStep: InitializationStep = ICW1.contains(.IC4) ? .ICW4 : .ready
        switch registers.step {
        case .ready: registers.IMR = value
        case .ICW2:
            registers.ICW2 = value
            registers.step = ICW1.contains(.SNGL) ? lastStep : .ICW3
        case .ICW3:
            registers.ICW3 = value
            registers.step = lastStep
        case .ICW4:
            registers.ICW4 = value
            registers.step = .ready
        }
    }

    /// A write to offset 0, told by its bits D4 and D3.
    private enum CommandWord {
        case ICW1, OCW2, OCW3

        init(_ value: UInt8) {
            switch (value >> 3) & 3 {
            case 0: self = .OCW2
            case 1: self = .OCW3
            default: self = .ICW1
            }
        }
    }

    /// The bits R, SL and EOI of OCW2.
    private enum OCW2Command: UInt8 {
        case clearRotateInAutomaticEOI, nonSpecificEOI, noOperation, specificEOI
        case setRotateInAutomaticEOI, rotateOnNonSpecificEOI, setPriority, rotateOnSpecificEOI
    }

    private func writeOCW2(_ value: UInt8) {
        guard let command = OCW2Command(rawValue: value >> 5) else { return }
        let level = Int(value & 7)
        switch command {
        case .clearRotateInAutomaticEOI: registers.rotateInAutomaticEOI = false
        case .setRotateInAutomaticEOI: registers.rotateInAutomaticEOI = true
        case .nonSpecificEOI, .rotateOnNonSpecificEOI:
            guard let ended = highestInService else { return reportIdleEOI() }
            endService(ended, rotate: command == .rotateOnNonSpecificEOI)
        case .specificEOI, .rotateOnSpecificEOI:
            if registers.ISR & bit(level) == 0 { reportIdleEOI() }
            endService(level, rotate: command == .rotateOnSpecificEOI)
        case .setPriority: registers.lowestPriority = UInt8(truncatingIfNeeded: level)
        case .noOperation: break
        }
    }

    private func reportIdleEOI() {
        diagnostics?.report(
            Diagnostic(
                chip: "8259A", message: "\(name): an EOI although no such interrupt is in service", unit: "times without effect"))
    }

    private struct OCW3: OptionSet {
        let rawValue: UInt8
        static let RIS = Self(rawValue: 0x01), RR = Self(rawValue: 0x02), P = Self(rawValue: 0x04)
        static let SMM = Self(rawValue: 0x20), ESMM = Self(rawValue: 0x40)
    }

    private func writeOCW3(_ word: OCW3) {
        if word.contains(.ESMM) { registers.specialMaskMode = word.contains(.SMM) }
        if word.contains(.P) { registers.poll = true }
        if word.contains(.RR) { registers.readsISR = word.contains(.RIS) }
    }
}
