import Wiring

/// National Semiconductor NS16550A UART (datasheet PC16550D) with a PC's 1.8432 MHz crystal and its OUT2-gated interrupt.
///
/// Offsets 0–7 are the chip's registers.
///
/// Emulated: both 16-byte FIFOs and 16450 mode, divisor latch, all interrupts with their priorities and resets, character timeout,
/// THRE and TEMT with real character times, modem status with deltas, loopback with overrun, scratch.
///
/// Not emulated: parity and framing errors and break on the line, DMA pins. The host never overruns the receiver: bytes wait
/// in a bounded queue until the FIFO has room, whatever RTS says.
public final class NS16550A: Chip, PortDevice {
    /// Frequency of XIN in hertz.
    public static let frequency: UInt64 = 1_843_200
    static let FIFOSize = 16

    /// The time that the transmitter takes for a character.
    public enum Pace: Codable, Equatable, Sendable {
        /// As the divisor and the line control register say.
        case line
        /// This many ticks, at least 1.
        case ticks(UInt64)
        /// None: the transmitter is ready again at once, as other emulators have it.
        case instant
    }

    public let name: String
    /// INTR, as a PC's card passes it on: only while OUT2 is active.
    public let irq = Wire()
    /// Called with each byte that left the transmitter.
    public var onTransmit: ((UInt8) -> Void)?
    /// The time that the transmitter takes for a character.
    public var transmitPace = Pace.line
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    /// Bytes that `receive(_:)` accepts ahead of the guest.
    public let receiveCapacity: Int

    let clock: Clock
    var registers = State()
    private var transmitEvent: Clock.Event?
    private var receiveEvent: Clock.Event?
    private var timeoutEvent: Clock.Event?

    /// A port as it is after power-on; `receiveCapacity` bytes from outside wait for the guest at most.
    public init(name: String, clock: Clock, receiveCapacity: Int = 256) {
        self.name = name
        self.clock = clock
        self.receiveCapacity = max(1, receiveCapacity)
        transmitEvent = clock.register("\(name).transmit") { [unowned self] in transmitterStep() }
        receiveEvent = clock.register("\(name).receive") { [unowned self] in receiverStep() }
        timeoutEvent = clock.register("\(name).timeout") { [unowned self] in timeOut() }
    }

    public var state: State {
        get { registers }
        set {
            registers = newValue.bounded(receiveCapacity: receiveCapacity)
            schedule(transmitEvent, registers.transmitDeadline)
            schedule(receiveEvent, registers.receiveDeadline)
            schedule(timeoutEvent, registers.timeoutDeadline)
            drive()
        }
    }

    /// The MR pin. Divisor, scratch register and what the host has sent stay.
    public func reset() {
        var fresh = State()
        fresh.DLL = registers.DLL
        fresh.DLM = registers.DLM
        fresh.SCR = registers.SCR
        fresh.modemInputs = registers.modemInputs
        fresh.MSR = registers.modemInputs
        fresh.hostQueue = registers.hostQueue
        state = fresh
        startReceiver()
    }

    // MARK: The far end of the line

    /// `receive(_:)` has room for another byte.
    public var canReceive: Bool { registers.hostQueue.count < receiveCapacity }

    /// A byte from the other side; false when the queue is full and the byte is lost.
    @discardableResult public func receive(_ byte: UInt8) -> Bool {
        guard canReceive else { return false }
        registers.hostQueue.append(byte)
        startReceiver()
        return true
    }

    /// Levels of CTS, DSR, RI and DCD as active (true) or not; all but RI are active from the start.
    public func setModemInputs(_ inputs: ModemStatus) {
        registers.modemInputs = inputs.intersection(.levels)
        updateModemStatus()
        drive()
    }

    /// The modem control register's outputs, as the far end sees them.
    public var modemOutputs: ModemControl { registers.MCR.contains(.LOOP) ? [] : registers.MCR }

    // MARK: Time

    /// Ticks for `bits` bits on the line. A divisor of zero counts as one.
    private func ticks(bits: UInt64) -> UInt64 {
        let divisor = max(1, UInt64(registers.DLM) << 8 | UInt64(registers.DLL))
        return max(1, clock.tick(ofCycle: bits * 16 * divisor, of: Self.frequency))
    }

    private var characterTime: UInt64 { ticks(bits: registers.LCR.bitsPerCharacter) }

    private var transmitTime: UInt64 {
        switch transmitPace {
        case .line: characterTime
        case .instant: 1
        case .ticks(let ticks): max(1, min(ticks, 1 << 40))
        }
    }

    private func schedule(_ event: Clock.Event?, _ deadline: UInt64?) {
        guard let event else { return }
        if let deadline { clock.schedule(event, at: deadline) } else { clock.cancel(event) }
    }

    private func deadline(after ticks: UInt64) -> UInt64 { clock.now &+ ticks }

    // MARK: Transmitter

    /// Moves on by one stage: the shift register is done with its byte, or takes the next one.
    private func transmitterStep() {
        registers.transmitDeadline = nil
        if let sent = registers.TSR {
            registers.TSR = nil
            send(sent)
        }
        if !registers.transmitFIFO.isEmpty {
            registers.TSR = registers.transmitFIFO.removeFirst()
            if registers.transmitFIFO.isEmpty { registers.isTHREPending = true }
            registers.transmitDeadline = deadline(after: transmitTime)
        }
        schedule(transmitEvent, registers.transmitDeadline)
        drive()
    }

    func transmit(_ byte: UInt8) {
        registers.isTHREPending = false
        if transmitPace == .instant, registers.transmitDeadline == nil { return transmitAtOnce(byte) }
        if registers.transmitFIFO.count >= (registers.isFIFOEnabled ? Self.FIFOSize : 1) { reportOverwritten() }
        if registers.isFIFOEnabled {
            // A full FIFO loses what is written to it.
            if registers.transmitFIFO.count < Self.FIFOSize { registers.transmitFIFO.append(byte) }
        } else {
            registers.transmitFIFO = [byte]
        }
        guard registers.transmitDeadline == nil else { return }
        // An idle transmitter takes the byte over with the next bit clock, never within the write itself.
        let delay = transmitPace == .line ? ticks(bits: 1) : 1
        registers.transmitDeadline = deadline(after: delay)
        schedule(transmitEvent, registers.transmitDeadline)
    }

    private func transmitAtOnce(_ byte: UInt8) {
        // The interrupt of the byte before goes away, so that this one's is an edge.
        drive()
        send(byte)
        registers.isTHREPending = true
    }

    private func send(_ byte: UInt8) {
        if registers.MCR.contains(.LOOP) { receiveIntoFIFO(byte) } else { onTransmit?(byte) }
    }

    /// In loopback mode a driver fills the FIFO to find out how long it is.
    private func reportOverwritten() {
        guard !registers.MCR.contains(.LOOP) else { return }
        let reason =
            "a byte is written while the transmitter has no room; wait until LSR bit 5 (THRE) is set, or use --serial-pace instant"
        diagnostics?.report(Diagnostic(chip: "16550A", message: "\(name): \(reason)", unit: "bytes lost"))
    }

    private func reportCleared(_ count: Int, _ what: String) {
        guard !registers.MCR.contains(.LOOP) else { return }
        for _ in 0..<count {
            diagnostics?.report(
                Diagnostic(chip: "16550A", message: "\(name): a write to FCR clears \(what)", unit: "bytes lost"))
        }
    }

    /// The machine ends: what was accepted leaves at once.
    public func finishTransmission() {
        let bytes = untransmitted
        guard !bytes.isEmpty else { return }
        (registers.TSR, registers.transmitFIFO, registers.transmitDeadline) = (nil, [], nil)
        schedule(transmitEvent, nil)
        for byte in bytes { onTransmit?(byte) }
    }

    /// Bytes that the guest has sent and that have not left yet: a machine that ends takes them along, and its user wants to see them.
    public var untransmitted: [UInt8] {
        registers.MCR.contains(.LOOP) ? [] : (registers.TSR.map { [$0] } ?? []) + registers.transmitFIFO
    }

    // MARK: Receiver

    private func startReceiver() {
        guard registers.receiveDeadline == nil, !registers.hostQueue.isEmpty, hasReceiveRoom else { return }
        registers.receiveDeadline = deadline(after: characterTime)
        schedule(receiveEvent, registers.receiveDeadline)
    }

    private var hasReceiveRoom: Bool {
        guard !registers.MCR.contains(.LOOP) else { return false }
        return registers.receiveFIFO.count < (registers.isFIFOEnabled ? Self.FIFOSize : 1)
    }

    private func receiverStep() {
        registers.receiveDeadline = nil
        guard hasReceiveRoom, !registers.hostQueue.isEmpty else { return }
        receiveIntoFIFO(registers.hostQueue.removeFirst())
        startReceiver()
        drive()
    }

    private func receiveIntoFIFO(_ byte: UInt8) {
        let capacity = registers.isFIFOEnabled ? Self.FIFOSize : 1
        if registers.receiveFIFO.count < capacity {
            registers.receiveFIFO.append(byte)
        } else {
            registers.lineErrors.insert(.OE)
            // In 16450 mode the new character destroys the old one; a full FIFO keeps what it has.
            if !registers.isFIFOEnabled { registers.receiveFIFO = [byte] }
        }
        restartTimeout()
    }

    /// Four character times without a read or a new character, with something in the FIFO.
    private func restartTimeout() {
        registers.isTimeoutPending = false
        let isWaiting = registers.isFIFOEnabled && !registers.receiveFIFO.isEmpty
        registers.timeoutDeadline = isWaiting ? deadline(after: 4 * characterTime) : nil
        schedule(timeoutEvent, registers.timeoutDeadline)
    }

    private func timeOut() {
        registers.timeoutDeadline = nil
        registers.isTimeoutPending = registers.isFIFOEnabled && !registers.receiveFIFO.isEmpty
        drive()
    }

    func takeReceived() -> UInt8 {
        guard !registers.receiveFIFO.isEmpty else { return registers.RBR }
        registers.RBR = registers.receiveFIFO.removeFirst()
        restartTimeout()
        startReceiver()
        return registers.RBR
    }

    /// FCR: enabling, clearing, trigger level.
    func writeFIFOControl(_ FCR: FIFOControl) {
        let enables = FCR.contains(.enable)
        let changesMode = enables != registers.isFIFOEnabled
        if changesMode || FCR.contains(.receiverReset) {
            reportCleared(registers.receiveFIFO.count, "received bytes that nobody has read")
            registers.receiveFIFO = []
            registers.isFIFOEnabled = enables
            restartTimeout()
        }
        if changesMode || FCR.contains(.transmitterReset) {
            reportCleared(registers.transmitFIFO.count, "bytes that are not sent yet; wait until LSR bit 6 (TEMT) is set")
            if !registers.transmitFIFO.isEmpty { registers.isTHREPending = true }
            registers.transmitFIFO = []
        }
        registers.isFIFOEnabled = enables
        // The other bits count only together with the enable bit.
        registers.triggerLevel = enables ? FCR.triggerLevel : 1
        startReceiver()
    }

    func modemControlChanged(wasLooping: Bool) {
        updateModemStatus()
        if wasLooping { startReceiver() }
    }

    // MARK: Modem status and interrupt

    /// Takes over the inputs (or, in loopback, the outputs) and notes what changed.
    private func updateModemStatus() {
        let old = registers.MSR.intersection(.levels)
        let new = registers.MCR.contains(.LOOP) ? registers.MCR.loopedBack : registers.modemInputs
        var deltas = registers.MSR.intersection(.deltas)
        let changed = old.symmetricDifference(new)
        if changed.contains(.CTS) { deltas.insert(.DCTS) }
        if changed.contains(.DSR) { deltas.insert(.DDSR) }
        if changed.contains(.DCD) { deltas.insert(.DDCD) }
        if old.contains(.RI) && !new.contains(.RI) { deltas.insert(.TERI) }
        registers.MSR = new.union(deltas)
    }

    func drive() {
        irq.set(registers.interrupt != .none && modemOutputs.contains(.OUT2))
    }
}
