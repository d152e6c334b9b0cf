import Wiring

/// Intel 82077AA floppy disk controller (datasheet 290166), in the PC/AT mode, with two drives.
///
/// Offsets: 0 and 1 are the status registers A and B, which nobody drives in this mode; 2 is DOR, 3 TDR, 4 MSR and DSR, 5 the FIFO, 7 DIR and CCR.
///
/// Emulated: all commands of the datasheet, with DMA and without, multi-track and implied seeks, results after terminal count and without, reset and
/// its four interrupts, overlapped seeks, data rates, change line, write protection. Deleted data marks are remembered while the diskette is in.
///
/// Time is that of a drive a hundred times as fast as life: a revolution takes 2 ms, a step 20 µs, and one sector after the other 40 µs. The motor is
/// at speed at once. Step rate, head load and unload times change nothing. A drive that does not turn (no diskette, motor off) gives no index pulse, and
/// a command waits for one for ever, as on the real thing. A host that does not serve the FIFO is waited for; DMA for a revolution of life's length,
/// then the command ends with an overrun.
///
/// Not emulated: tape drives, precompensation, power down, FM, other sector sizes than 512 bytes (no such sector is found), formats other than the
/// image's.
///
/// One thing is kinder than the datasheet: until DSR or CCR is written, diskettes of 500 kbit/s are read as well as those of the 250 that RESET sets.
public final class I82077AA: Chip, PortDevice {
    /// The purpose of the host's next access to the FIFO.
    enum Phase: String, Codable, Sendable {
        /// RESET# is low.
        case held
        case idle, command, execution, result
    }

    /// The step that is due.
    enum Step: String, Codable, Sendable {
        /// The controller comes out of reset.
        case ready
        /// The next sector comes under the head.
        case sector
        /// The DMA controller is asked once more.
        case transfer
        /// Two index pulses went by without the sector.
        case missing
    }

    /// A drive's heads on their way.
    struct Seek: Codable, Equatable, Sendable {
        var deadline: UInt64
        /// The cylinder to which the heads are sent; nil for track 0 by RECALIBRATE.
        var target: UInt8?
        /// Step pulses, outwards with a negative number.
        var pulses: Int
        var head: UInt8
    }

    /// Everything the controller remembers.
    public struct State: Codable, Equatable, Sendable {
        var DOR: UInt8 = 0
        var TDR: UInt8 = 0
        /// DRATESEL, as DSR and CCR set it: 500, 300, 250 kbit/s, 1 Mbit/s.
        var rate: UInt8 = 2
        /// DSR or CCR was written since the RESET pin.
        var isRateChosen = false
        var precompensation: UInt8 = 0

        var phase = Phase.held
        /// The bytes of the command so far; those of the last one, later on.
        var command: [UInt8] = []
        var result: [UInt8] = []
        /// INT, before DMAGATE.
        var interrupt = false
        /// By drive: ST0 that SENSE INTERRUPT STATUS will tell.
        var ended: [UInt8?] = [nil, nil, nil, nil]
        var seeks: [Seek?] = [nil, nil, nil, nil]
        /// Present cylinder number of each drive.
        var PCN: [UInt8] = [0, 0, 0, 0]

        /// SPECIFY: SRT and HUT, HLT and ND.
        var specify: [UInt8] = [0, 0]
        var configuration: UInt8 = 0x20
        var PRETRK: UInt8 = 0
        var LOCK = false
        /// PERPENDICULAR MODE: D3 to D0, GAP, WGATE.
        var perpendicular: UInt8 = 0

        var step: Step?
        /// Tick at which `step` is due.
        var deadline: UInt64 = 0
        /// The step waits for an index pulse of a drive that does not turn.
        var isStopped = false

        /// The ID that is looked for, and the last sector of the track.
        var C: UInt8 = 0
        var H: UInt8 = 0
        var R: UInt8 = 0
        var EOT: UInt8 = 0
        /// The head that reads.
        var head: UInt8 = 0
        var ST1: UInt8 = 0
        var ST2: UInt8 = 0
        /// SE, when the command sought first.
        var hasSought = false
        /// Sectors done, and how many VERIFY and FORMAT still have to do.
        var sectorsDone: UInt16 = 0
        /// TC came.
        var isTerminated = false
        /// The bytes that the FIFO moves: a sector, or four bytes of FORMAT TRACK.
        var buffer: [UInt8] = []
        var position = 0
        /// The host may access `buffer` by PIO.
        var isServed = false
        /// Number of times that the DMA controller did not answer.
        var refusals: UInt16 = 0

        var drives: [FloppyDrive.State?] = [nil, nil]

        /// The state after power-on.
        public init() {}

        /// A state that was put back keeps the bounds that the commands rely on.
        var isWellFormed: Bool {
            command.count <= 9 && result.count <= 10 && ended.count == 4 && seeks.count == 4 && PCN.count == 4
                && specify.count == 2 && buffer.count <= 512 && (0...buffer.count).contains(position) && drives.count == 2
                && (!isServed || position < buffer.count)
                && rate < 4 && head < 2 && seeks.allSatisfy { (-255...255).contains($0?.pulses ?? 0) }
                && (phase == .held || phase == .idle || command.first.map { commandIsWhole(code: $0) } ?? (phase == .result))
        }

        /// In an execution phase all bytes of the command are there; in a command phase some are missing.
        private func commandIsWhole(code: UInt8) -> Bool {
            guard let kind = I82077Command(code: code) else { return phase == .result }
            return phase == .command ? command.count < kind.length : command.count == kind.length
        }
    }

    public let name = "fdc"
    /// IRQ 6 of a PC.
    public let INT = Wire()
    /// Asks for so many cycles of DMA; how many ran.
    public var DRQ: (Int) -> Int = { _ in 0 }
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    let clock: Clock
    private var event: Clock.Event?
    var seekEvents: [Clock.Event] = []
    /// Drives A and B; nil where none is.
    let drives: [FloppyDrive?]
    /// All but the drives' own.
    var registers = State()

    /// `media`: the diskettes of the first and the second drive, nil for no drive.
    public init(clock: Clock, media: [FloppyMedia?]) {
        self.clock = clock
        drives = (0..<2).map { number in
            number < media.count ? media[number].map { FloppyDrive($0) } : nil
        }
        event = clock.register("fdc step") { [unowned self] in stepIsDue() }
        seekEvents = (0..<4).map { drive in clock.register("fdc seek \(drive)") { [unowned self] in seekIsDue(drive) } }
    }

    public var state: State {
        get {
            var state = registers
            state.drives = drives.map { $0?.state }
            return state
        }
        set {
            guard newValue.isWellFormed,
                zip(drives, newValue.drives).allSatisfy({ drive, state in
                    guard let drive, let state else { return (drive == nil) == (state == nil) }
                    return drive.isWellFormed(state)
                })
            else { return }
            registers = newValue
            for (drive, state) in zip(drives, newValue.drives) { if let drive, let state { drive.state = state } }
            registers.drives = [nil, nil]
            schedule()
            for (seek, event) in zip(registers.seeks, seekEvents) {
                if let seek { clock.schedule(event, at: seek.deadline) } else { clock.cancel(event) }
            }
            updateInterrupt()
        }
    }

    /// The RESET pin: the drives stay as they are.
    public func reset() {
        registers = State()
        schedule()
        for event in seekEvents { clock.cancel(event) }
        updateInterrupt()
    }

    // MARK: Time

    static let revolution: UInt64 = 2000
    /// Microseconds until the first sector, and from one to the next.
    static let firstSector: UInt64 = 100
    static let nextSector: UInt64 = 40

    /// Does `step` after `microseconds` of virtual time.
    func begin(_ step: Step, after microseconds: UInt64) {
        registers.step = step
        registers.isStopped = false
        registers.deadline = clock.now &+ clock.ticks(microseconds: microseconds)
        schedule()
    }

    func cancelStep() {
        (registers.step, registers.isStopped) = (nil, false)
        schedule()
    }

    private func schedule() {
        guard let event else { return }
        if registers.step != nil, !registers.isStopped {
            clock.schedule(event, at: registers.deadline)
        } else {
            clock.cancel(event)
        }
    }

    private func stepIsDue() {
        guard let step = registers.step else { return }
        registers.step = nil
        switch step {
        case .ready: leaveReset()
        case .sector, .missing:
            guard isTurning(selected: commandDrive) else {
                (registers.step, registers.isStopped) = (step, true)
                return
            }
            if step == .sector { meetSector() } else { end(.abnormal) }
        case .transfer: transferByDMA()
        }
    }

    /// A motor was switched on, or a diskette put in: a command that waits for an index pulse looks again.
    private func wakeStopped() {
        guard registers.isStopped, let step = registers.step else { return }
        begin(step, after: Self.firstSector)
    }

    /// Tells whether index pulses come from a drive.
    private func isTurning(selected number: Int) -> Bool {
        guard let drive = drive(number), drive.store != nil else {
            report("a command waits for drive \(number), which has no diskette", unit: "commands that wait")
            return false
        }
        guard I82077DOR(rawValue: registers.DOR).isMotorOn(number) else {
            report("a command waits for drive \(number), whose motor is off (DOR bit \(4 + number))", unit: "commands that wait")
            return false
        }
        return true
    }

    func drive(_ number: Int) -> FloppyDrive? { drives.indices.contains(number) ? drives[number] : nil }

    // MARK: Interrupt and reset

    func setInterrupt(_ level: Bool) {
        registers.interrupt = level
        updateInterrupt()
    }

    func updateInterrupt() {
        INT.set(registers.interrupt && I82077DOR(rawValue: registers.DOR).contains(.DMAGATE))
    }

    /// A software reset, by DOR or DSR (4.2): what LOCK protects stays, and what SPECIFY said.
    private func beginReset() {
        var fresh = State()
        fresh.DOR = registers.DOR
        fresh.TDR = registers.TDR
        fresh.rate = registers.rate
        fresh.isRateChosen = registers.isRateChosen
        fresh.precompensation = registers.precompensation
        fresh.specify = registers.specify
        fresh.perpendicular = registers.perpendicular & ~0x03
        fresh.LOCK = registers.LOCK
        if registers.LOCK {
            let kept = I82077Configuration([.EFIFO, .FIFOTHR]).rawValue
            fresh.configuration = registers.configuration & kept
            fresh.PRETRK = registers.PRETRK
        }
        registers = fresh
        schedule()
        for event in seekEvents { clock.cancel(event) }
        updateInterrupt()
    }

    private func leaveReset() {
        registers.phase = .idle
        guard !I82077Configuration(rawValue: registers.configuration).contains(.POLL) else { return }
        registers.ended = (0..<4).map { I82077ST0.pollChange.rawValue | UInt8($0) }
        setInterrupt(true)
    }

    private func writeDOR(_ value: UInt8) {
        let wasHeld = !I82077DOR(rawValue: registers.DOR).contains(.RESET)
        registers.DOR = value
        if !I82077DOR(rawValue: value).contains(.RESET) {
            if !wasHeld { beginReset() }
        } else if wasHeld {
            begin(.ready, after: 10)
        } else {
            wakeStopped()
        }
        updateInterrupt()
    }

    // MARK: Registers

    public func read(offset: Int) -> UInt8 {
        if offset == 5 { return readFIFO() }
        return peek(offset: offset)
    }

    /// All but the FIFO.
    public func isSteady(offset: Int) -> Bool { offset != 5 }

    public func peek(offset: Int) -> UInt8 {
        switch offset {
        case 2: return registers.DOR
        case 3: return registers.TDR
        case 4: return mainStatus.rawValue
        case 5: return nextByte ?? 0
        case 7: return drive(I82077DOR(rawValue: registers.DOR).drive)?.state.isChanged == true ? 0x80 : 0
        default: return 0xFF
        }
    }

    private var mainStatus: I82077MSR {
        guard registers.phase != .held else { return [] }
        var bits: UInt8 = 0
        for (drive, seek) in registers.seeks.enumerated() where seek != nil { bits |= 1 << UInt8(drive) }
        let status = I82077MSR(rawValue: bits)
        switch registers.phase {
        case .held: return []
        case .idle: return status.union(.RQM)
        case .command: return status.union([.RQM, .CB])
        case .result: return status.union([.RQM, .DIO, .CB])
        case .execution:
            guard usesPIO else { return status.union(.CB) }
            let direction: I82077MSR = runningCommand?.transfer == .toHost ? .DIO : []
            return status.union([.CB, .NDM]).union(registers.isServed ? direction.union(.RQM) : direction)
        }
    }

    public func write(offset: Int, value: UInt8) {
        switch offset {
        case 2: writeDOR(value)
        case 3: registers.TDR = value & 3
        case 4:
            chooseRate(value & 3)
            registers.precompensation = value >> 2 & 7
            // S/W RESET clears itself.
            if value & 0x80 != 0, I82077DOR(rawValue: registers.DOR).contains(.RESET) {
                beginReset()
                begin(.ready, after: 10)
            }
        case 5: writeFIFO(value)
        case 7: chooseRate(value & 3)
        default: break
        }
    }

    private func chooseRate(_ rate: UInt8) {
        registers.rate = rate
        registers.isRateChosen = true
    }

    // MARK: FIFO

    private var nextByte: UInt8? {
        switch registers.phase {
        case .result: registers.result.first
        case .execution where registers.isServed && runningCommand?.transfer == .toHost: registers.buffer[registers.position]
        default: nil
        }
    }

    private func readFIFO() -> UInt8 {
        guard let byte = nextByte else {
            report("the FIFO is read while it has nothing (MSR bits 7 and 6 are not both set)", unit: "reads of nothing")
            return 0
        }
        if registers.phase == .result {
            setInterrupt(hasEndedSeek)
            registers.result.removeFirst()
            if registers.result.isEmpty { registers.phase = .idle }
        } else {
            registers.position += 1
            byteWasMoved()
        }
        return byte
    }

    private func writeFIFO(_ value: UInt8) {
        switch registers.phase {
        case .idle: beginCommand(value)
        case .command:
            registers.command.append(value)
            if registers.command.count == runningCommand?.length { execute() }
        case .execution where registers.isServed && runningCommand?.transfer == .toDevice:
            registers.buffer[registers.position] = value
            registers.position += 1
            byteWasMoved()
        default:
            report("the FIFO is written while MSR bit 7 is clear or bit 6 is set; the byte is lost", unit: "writes lost")
        }
    }

    private func beginCommand(_ code: UInt8) {
        registers.command = [code]
        guard let command = I82077Command(code: code) else {
            report("command \(hex(code)) is none of the 82077AA", unit: "invalid commands")
            return finish([I82077ST0.invalid.rawValue])
        }
        registers.phase = .command
        if command.length == 1 { execute() }
    }

    func report(_ message: String, unit: String? = nil) {
        diagnostics?.report(Diagnostic(chip: "82077AA", message: message, unit: unit))
    }

    // MARK: From outside

    /// Drive A (0) or B (1) as seen from outside; nil where there is none.
    public func view(of number: Int) -> FloppyView? {
        drive(number).map { drive in
            FloppyView(
                medium: drive.state.medium, format: drive.format, isWriteProtected: drive.isWriteProtected,
                cylinder: drive.state.cylinder,
                isMotorOn: I82077DOR(rawValue: registers.DOR).isMotorOn(number), isChanged: drive.state.isChanged)
        }
    }

    /// Puts a drive's diskette `medium` in, or with nil takes out what is in.
    public func changeMedium(of number: Int, to medium: Int?) {
        drive(number)?.changeMedium(to: medium)
        wakeStopped()
    }
}
