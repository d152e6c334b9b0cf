import Wiring

/// The local APIC of one processor: SDM Vol. 3A, chapter 10 ("Advanced Programmable Interrupt Controller").
///
/// Offsets are those of its page at FEE00000h (IA32_APIC_BASE). Registers are 32 bits wide, 16 bytes apart, and want aligned accesses of 32 bits.
///
/// Emulated: the whole local vector table, TPR, PPR, ISR, TMR, IRR, ESR, logical destinations in both models, inter-processor interrupts, the timer
/// one-shot, periodic and with a TSC deadline, spurious interrupts, EOI with its broadcast, the software and the hardware switch, x2APIC mode.
///
/// Not emulated: arbitration (APR is the priority itself, RRD reads 0), the sources of the thermal and performance entries,
/// CMCI, SMI (there is no system-management mode). Delivery never waits: the delivery status bits read 0.
public final class LocalAPIC: Chip, MemoryDevice, LocalInterruptController {
    public struct State: Codable, Equatable, Sendable {
        /// Enabled by IA32_APIC_BASE bit 11, and in x2APIC mode by bit 10.
        public var isEnabled = true
        /// It is in x2APIC mode: bit 10 of IA32_APIC_BASE.
        public var isX2 = false
        /// The identification; 8 bits outside x2APIC mode.
        public var ID: UInt32 = 0
        /// Task priority.
        public var TPR: UInt8 = 0
        /// Logical destination.
        public var LDR: UInt32 = 0
        /// Destination format.
        public var DFR: UInt32 = .max
        /// Spurious-interrupt vector and software enable.
        public var SVR: UInt32 = 0xFF
        /// Vectors in service.
        public var ISR = VectorSet()
        /// Vectors whose trigger mode is level.
        public var TMR = VectorSet()
        /// Vectors that are requested.
        public var IRR = VectorSet()
        /// ESR as it shows, and what has happened since it was written to.
        public var ESR: UInt32 = 0
        /// Errors since ESR was written to last.
        public var errors: UInt32 = 0
        /// Interrupt command.
        public var ICR: UInt64 = 0
        /// The timer's entry of the local vector table.
        public var timer: UInt32 = LocalVector.masked
        /// The thermal sensor's entry.
        public var thermalSensor: UInt32 = LocalVector.masked
        /// The performance counters' entry.
        public var performanceCounter: UInt32 = LocalVector.masked
        /// The entry of pin LINT0.
        public var LINT0: UInt32 = LocalVector.masked
        /// The entry of pin LINT1.
        public var LINT1: UInt32 = LocalVector.masked
        /// The entry of errors.
        public var error: UInt32 = LocalVector.masked
        /// The timer's initial count.
        public var initialCount: UInt32 = 0
        /// The timer's divider as it was written.
        public var divideConfiguration: UInt32 = 0
        /// Timer cycles, undivided, at which the count was `initialCount`.
        public var countStart: UInt64 = 0
        /// The tick of the next interrupt of the timer; 0 when it does not run.
        public var timerDeadline: UInt64 = 0
        /// IA32_TSC_DEADLINE as it was written; 0 when disarmed.
        public var TSCDeadline: UInt64 = 0
        /// Levels of the pins LINT0 and LINT1.
        public var pin0 = false
        /// Level of the pin LINT1.
        public var pin1 = false

        /// The state after power-on.
        public init() {}
    }

    /// Cycles of the timer in a virtual second: a bus clock of 100 MHz.
    public static let frequency: UInt64 = 100_000_000

    public let name: String
    /// The identification after a reset. The one with 0 is the bootstrap processor's.
    public let initialID: UInt8
    /// The processor has IA32_TSC_DEADLINE, and x2APIC mode.
    public let hasTSCDeadline: Bool
    /// The processor has x2APIC mode.
    public let hasX2: Bool
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?

    /// An interrupt for the processor: `acknowledge()` says which.
    public let intr = Wire()
    /// Hears each request for a vector, and the EOI that ends it; for logs.
    public var onRequest: ((UInt8) -> Void)?
    /// Hears the EOI of a vector.
    public var onEndOfInterrupt: ((UInt8) -> Void)?
    /// Hears each message that names this processor, before it has an effect.
    public var onMessage: ((InterruptMessage) -> Void)?
    /// The processor's other inputs.
    public var onNMI: (() -> Void)?
    /// Hears an INIT for the processor.
    public var onINIT: (() -> Void)?
    /// Hears a start-up message with its vector.
    public var onStartUp: ((UInt8) -> Void)?
    /// The INTA cycles that an ExtINT leads to: the 8259A pair.
    public var acknowledgeExternal: (() -> UInt8)?
    /// The tick at which the time-stamp counter reaches a value.
    public var tickOfTSC: ((UInt64) -> UInt64)?

    let bus: APICBus
    let clock: Clock
    /// Where the pin LINT0 hangs. Its level is in `state` alone, not in `registers`.
    private let line: LINT0Line
    private var pin = 0
    private var timerEvent: Clock.Event?
    var registers = State()

    /// The APIC of a processor as it is after power-on, with its identification. `LINT0` leads to its pin, and perhaps to those of others.
    public init(
        bus: APICBus, clock: Clock, ID: UInt8, LINT0: LINT0Line = LINT0Line(), hasTSCDeadline: Bool = false, hasX2: Bool = false
    ) {
        self.bus = bus
        self.clock = clock
        line = LINT0
        name = ID == 0 ? "apic" : "apic\(ID)"
        initialID = ID
        self.hasTSCDeadline = hasTSCDeadline
        self.hasX2 = hasX2
        timerEvent = clock.register(name) { [unowned self] in timerExpired() }
        bus.connect(self)
        pin = line.connect(self)
        reset()
    }

    deinit { line.setOpen(pin, false) }

    public var state: State {
        get {
            var state = registers
            state.pin0 = line.isHigh
            return state
        }
        set {
            registers = newValue
            line.isHigh = newValue.pin0
            scheduleTimer()
            switchPin()
            drive()
        }
    }

    /// Power-on. LINT0 of the bootstrap processor lets the 8259A through, as firmware sets it and as a system without an APIC has it.
    public func reset() {
        initialize(keepingID: false)
        registers.isEnabled = true
        registers.isX2 = false
        switchPin()
        drive()
    }

    /// Does what INIT does: all registers but the identification and the switches of IA32_APIC_BASE.
    public func initialize(keepingID: Bool) {
        let old = registers
        registers = State()
        registers.ID = keepingID ? old.ID : UInt32(initialID)
        registers.isEnabled = old.isEnabled
        registers.isX2 = old.isX2
        registers.pin1 = old.pin1
        if initialID == 0 { registers.LINT0 = 0x700 }
        if registers.isX2 { registers.LDR = logicalX2 }
        scheduleTimer()
        switchPin()
        drive()
    }

    /// IA32_APIC_BASE bits 11 (EN) and 10 (EXTD). Leaving x2APIC mode or enabling again begins from the state after a reset.
    public func setMode(isEnabled: Bool, isX2: Bool) {
        guard isEnabled != registers.isEnabled || isX2 != registers.isX2 else { return }
        if !isEnabled { initialize(keepingID: false) }
        registers.isEnabled = isEnabled
        registers.isX2 = isX2
        if isX2 {
            registers.ID = UInt32(initialID)
            registers.LDR = logicalX2
        }
        switchPin()
        drive()
    }

    private var logicalX2: UInt32 { (registers.ID >> 4) << 16 | 1 << (registers.ID & 15) }

    // MARK: Priorities

    /// Bit 8 of SVR. Without it only NMI, INIT, start-up and what was accepted before are served.
    var isSoftwareEnabled: Bool { registers.isEnabled && registers.SVR & 0x100 != 0 }

    /// The processor's priority: the higher class of TPR and of the interrupt in service. SDM Vol. 3A, section 10.8.3.1.
    public var PPR: UInt8 {
        let inService = registers.ISR.highest ?? 0
        return registers.TPR >> 4 >= inService >> 4 ? registers.TPR : inService & 0xF0
    }

    /// CR8: the class of TPR.
    public var taskPriorityClass: UInt8 {
        get { registers.TPR >> 4 }
        set {
            registers.TPR = newValue << 4
            drive()
        }
    }

    /// The vector that may interrupt the processor now.
    private var deliverable: UInt8? {
        guard registers.isEnabled, let vector = registers.IRR.highest, vector >> 4 > PPR >> 4 else { return nil }
        return vector
    }

    /// The level of LINT0 reaches the processor as INTR: without an APIC, or as ExtINT.
    private var isExternalRequested: Bool {
        guard line.isHigh else { return false }
        let entry = LocalVector(rawValue: registers.LINT0)
        return !registers.isEnabled || (!entry.isMasked && entry.mode == InterruptMessage.DeliveryMode.extINT.rawValue)
    }

    func drive() { intr.set(isExternalRequested || deliverable != nil) }

    /// Opens or closes the pin LINT0, where its entry or the APIC's switch may have changed.
    func switchPin() { line.setOpen(pin, !registers.isEnabled || !LocalVector(rawValue: registers.LINT0).isMasked) }

    /// The level of LINT0 has changed, and the pin is open.
    func hearLINT0() {
        if line.isHigh, registers.isEnabled { look(atLINT: 0, isEdge: true) }
        drive()
    }

    /// The vector of the interrupt that `intr` announced: one of the APIC's own, which is in service from now on, or the 8259A's; the spurious one
    /// where it is gone.
    public func acknowledge() -> UInt8 {
        defer { drive() }
        if let vector = deliverable {
            registers.IRR[vector] = false
            registers.ISR[vector] = true
            return vector
        }
        if isExternalRequested, let acknowledgeExternal { return acknowledgeExternal() }
        return UInt8(truncatingIfNeeded: registers.SVR)
    }

    // MARK: What comes in

    /// A message that names this processor.
    public func accept(_ message: InterruptMessage) {
        guard registers.isEnabled else { return }
        onMessage?(message)
        switch message.mode {
        case .fixed, .lowestPriority:
            if isSoftwareEnabled { request(message.vector, isLevelTriggered: message.isLevelTriggered) }
        case .NMI: onNMI?()
        case .INIT: onINIT?()
        case .startUp: onStartUp?(message.vector)
        case .extINT: if let vector = acknowledgeExternal?() { request(vector, isLevelTriggered: false) }
        case .SMI: diagnostics?.report(Diagnostic(chip: "APIC", message: "an SMI is ignored: there is no system-management mode"))
        }
    }

    func request(_ vector: UInt8, isLevelTriggered: Bool) {
        guard vector >= 16 else { return note(.receiveIllegalVector) }
        onRequest?(vector)
        registers.IRR[vector] = true
        registers.TMR[vector] = isLevelTriggered
        drive()
    }

    /// Drives the pin LINT`number`, 0 or 1; of LINT0 the line that leads to it.
    public func setLINT(_ number: Int, _ level: Bool) {
        guard number != 0 else { return line.set(level) }
        let was = registers.pin1
        registers.pin1 = level
        if !registers.isEnabled {
            if level, !was { onNMI?() }
        } else if level {
            look(atLINT: 1, isEdge: !was)
        }
        drive()
    }

    /// Serves a pin that is high, as its entry says.
    func look(atLINT number: Int, isEdge: Bool) {
        let entry = LocalVector(rawValue: self[LINT: number])
        guard !entry.isMasked, let mode = InterruptMessage.DeliveryMode(rawValue: entry.mode) else { return }
        switch mode {
        case .fixed:
            if entry.isLevelTriggered {
                guard entry.rawValue & LocalVector.remoteIRR == 0 else { return }
                self[LINT: number] |= LocalVector.remoteIRR
                request(entry.vector, isLevelTriggered: true)
            } else if isEdge {
                request(entry.vector, isLevelTriggered: false)
            }
        case .NMI: if isEdge { onNMI?() }
        case .INIT: if isEdge { onINIT?() }
        default: break
        }
    }

    /// The entry of pin LINT`number`, 0 or 1, and the pin's level.
    subscript(LINT number: Int) -> UInt32 {
        get { number == 0 ? registers.LINT0 : registers.LINT1 }
        set { if number == 0 { registers.LINT0 = newValue } else { registers.LINT1 = newValue } }
    }

    func isHigh(LINT number: Int) -> Bool { number == 0 ? line.isHigh : registers.pin1 }

    /// A write to EOI: the highest interrupt in service ends, and I/O APICs hear of it where it was level triggered.
    func endOfInterrupt() {
        guard let vector = registers.ISR.highest else { return }
        onEndOfInterrupt?(vector)
        registers.ISR[vector] = false
        if registers.TMR[vector] {
            for number in 0...1 {
                let entry = LocalVector(rawValue: self[LINT: number])
                guard entry.vector == vector, entry.rawValue & LocalVector.remoteIRR != 0 else { continue }
                self[LINT: number] &= ~LocalVector.remoteIRR
                if isHigh(LINT: number) { look(atLINT: number, isEdge: false) }
            }
            bus.endOfInterrupt(vector)
        }
        drive()
    }

    /// Notes an error for ESR, and interrupts for the first one as the error entry says.
    func note(_ error: APICErrors) {
        let isNew = registers.errors & error.rawValue == 0
        registers.errors |= error.rawValue
        let entry = LocalVector(rawValue: registers.error)
        if isNew, !entry.isMasked, isSoftwareEnabled, entry.vector >= 16 { request(entry.vector, isLevelTriggered: false) }
    }

    // MARK: Timer

    /// 1 to 128, by the divide configuration register's bits 3, 1 and 0.
    private var divisor: UInt64 {
        let code = registers.divideConfiguration & 3 | registers.divideConfiguration >> 1 & 4
        return code == 7 ? 1 : 2 << UInt64(code)
    }

    private var isDeadlineMode: Bool { LocalVector(rawValue: registers.timer).timerMode == 2 }
    private var isPeriodic: Bool { LocalVector(rawValue: registers.timer).timerMode == 1 }

    /// The timer's count now.
    var currentCount: UInt32 {
        guard registers.initialCount > 0, !isDeadlineMode else { return 0 }
        let passed = (clock.cycles(of: Self.frequency) &- registers.countStart) / divisor
        let initial = UInt64(registers.initialCount)
        if isPeriodic { return UInt32(truncatingIfNeeded: initial - passed % initial) }
        return passed >= initial ? 0 : UInt32(truncatingIfNeeded: initial - passed)
    }

    /// Begins a count: a write to the initial count register.
    func startCount(_ count: UInt32) {
        guard !isDeadlineMode else { return }
        registers.initialCount = count
        registers.countStart = clock.cycles(of: Self.frequency)
        setDeadline()
    }

    /// The divisor or the mode changed: the count goes on from where it is.
    func restartCount(from count: UInt32) {
        guard registers.initialCount > 0, !isDeadlineMode else { return setDeadline() }
        let passed = UInt64(registers.initialCount &- min(count, registers.initialCount)) &* divisor
        registers.countStart = clock.cycles(of: Self.frequency) &- passed
        setDeadline()
    }

    /// IA32_TSC_DEADLINE. Outside the timer's TSC-deadline mode it reads 0 and writes have no effect.
    public var TSCDeadline: UInt64 {
        get { isDeadlineMode ? registers.TSCDeadline : 0 }
        set {
            guard isDeadlineMode else { return }
            registers.TSCDeadline = newValue
            setDeadline()
        }
    }

    /// Computes when the timer expires next.
    private func setDeadline() {
        registers.timerDeadline = 0
        if isDeadlineMode {
            if registers.TSCDeadline != 0 { registers.timerDeadline = max(1, tickOfTSC?(registers.TSCDeadline) ?? 0) }
        } else if registers.initialCount > 0 {
            let now = clock.cycles(of: Self.frequency)
            let period = UInt64(registers.initialCount) &* divisor
            let passed = (now &- registers.countStart) / period
            if isPeriodic || passed == 0 {
                let end = registers.countStart &+ (passed &+ 1) &* period
                registers.timerDeadline = clock.tick(ofCycle: end, of: Self.frequency)
            }
        }
        scheduleTimer()
    }

    private func scheduleTimer() {
        guard let timerEvent else { return }
        if registers.timerDeadline == 0 {
            clock.cancel(timerEvent)
        } else {
            clock.schedule(timerEvent, at: registers.timerDeadline)
        }
    }

    private func timerExpired() {
        registers.timerDeadline = 0
        registers.TSCDeadline = 0
        if isPeriodic { setDeadline() }
        // A restored state may count from a cycle that is still to come, or at the end of time.
        if registers.timerDeadline <= clock.now {
            registers.timerDeadline = 0
            scheduleTimer()
        }
        let entry = LocalVector(rawValue: registers.timer)
        if !entry.isMasked, isSoftwareEnabled { request(entry.vector, isLevelTriggered: false) }
    }
}
