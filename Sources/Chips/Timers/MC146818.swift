import Wiring

/// Motorola MC146818 real-time clock plus RAM (datasheet MC146818/D), with the 128 bytes, the 32,768 Hz crystal and the century
/// byte (32h) of later PC chipsets.
///
/// Offsets: 0 is port 70h (register number in bits 0–6, NMI mask in bit 7; write-only), 1 is port 71h (the register's data).
///
/// Emulated: time of day and calendar in BCD or binary, 12 or 24 hours, alarm with "don't care" codes, the update cycle with UIP,
/// SET, divider reset, periodic, alarm and update-ended interrupts, register C's read-to-clear, VRT.
///
/// Not emulated: daylight saving (DSE), the square wave output (SQW), time bases other than 32,768 Hz (the clock stands still).
/// Time registers keep their old values during the update cycle, where the datasheet calls them undefined.
public final class MC146818: Chip, PortDevice {
    /// Frequency of the crystal in hertz.
    public static let frequency: UInt64 = 32_768
    /// UIP rises this many crystal cycles before the registers have their new values: 244 µs + 1,984 µs.
    static let updateCycles: UInt64 = 73

    public let name: String
    /// The IRQ pin, high when it asks (the chip's own pin is active low).
    public let irq = Wire()
    /// Bit 7 of port 70h: high while NMIs are masked.
    public let nmiMask = Wire()
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?

    private let clock: Clock
    private var registers = State()
    private var updateEvent: Clock.Event?
    private var periodicEvent: Clock.Event?

    /// A clock that runs from `date` on; 24 hours, BCD, 1,024 Hz rate selected, all interrupts off.
    public init(name: String = "rtc", clock: Clock, startingAt date: DateTime) {
        self.name = name
        self.clock = clock
        registers.RAM[Register.A] = 0x26
        registers.RAM[Register.B] = RegisterB.hours24.rawValue
        registers.RAM[Register.D] = 0x80
        registers.nextUpdate = cycle + Self.frequency
        registers.periodicMark = cycle
        set(date)
        updateEvent = clock.register("\(name).update") { [unowned self] in update() }
        periodicEvent = clock.register("\(name).periodic") { [unowned self] in settle() }
        schedule()
    }

    /// A clock that shows this time in UTC.
    public convenience init(name: String = "rtc", clock: Clock, secondsSince1970 seconds: Int64) {
        self.init(name: name, clock: clock, startingAt: DateTime(secondsSince1970: seconds))
    }

    public var state: State {
        get { registers }
        set {
            registers = newValue
            if registers.RAM.count != 128 {
                registers.RAM = Array((registers.RAM + [UInt8](repeating: 0, count: 128)).prefix(128))
            }
            // Times that no state taken from a chip has: the update lies at most a second ahead, or an hour behind.
            let now = cycle
            registers.periodicMark = min(registers.periodicMark, now)
            registers.nextUpdate = min(registers.nextUpdate, now &+ Self.frequency)
            if now > 3600 * Self.frequency { registers.nextUpdate = max(registers.nextUpdate, now - 3600 * Self.frequency) }
            nmiMask.set(registers.isNMIMasked)
            drive()
        }
    }

    /// The RESET pin: interrupt enables and flags are cleared; time, calendar and RAM go on.
    public func reset() {
        registers.RAM[Register.B] &= ~RegisterB([.PIE, .AIE, .UIE, .SQWE]).rawValue
        registers.RAM[Register.C] = 0
        registers.periodicMark = cycle
        registers.isNMIMasked = false
        nmiMask.set(false)
        drive()
    }

    // MARK: For the board

    /// Puts `value` into a register or RAM byte, 0–127, without side effects: memory sizes, drive types.
    public func setCMOS(_ register: Int, _ value: UInt8) { registers.RAM[register & 127] = value }
    /// Returns a register or a byte of RAM, 0–127, without side effects.
    public func CMOS(_ register: Int) -> UInt8 { registers.RAM[register & 127] }

    /// Sets time, calendar, day of week and century in the format that register B asks for.
    public func set(_ date: DateTime) {
        setField(Register.seconds, date.second)
        setField(Register.minutes, date.minute)
        setHour(date.hour)
        setField(Register.dayOfWeek, date.dayOfWeek)
        setField(Register.dateOfMonth, date.day)
        setField(Register.month, date.month)
        setField(Register.year, date.year % 100)
        setField(Register.century, date.year / 100)
    }

    /// The date and time of the time registers.
    public var dateTime: DateTime {
        DateTime(
            year: field(Register.century) * 100 + field(Register.year), month: field(Register.month),
            day: field(Register.dateOfMonth), hour: hour(Register.hours), minute: field(Register.minutes),
            second: field(Register.seconds))
    }

    /// Bit 7 of port 70h: NMIs are masked.
    public var isNMIMasked: Bool { registers.isNMIMasked }

    // MARK: Fields

    private var A: RegisterA { RegisterA(rawValue: registers.RAM[Register.A]) }
    private var B: RegisterB { RegisterB(rawValue: registers.RAM[Register.B]) }

    private func field(_ register: Int) -> Int { decode(registers.RAM[register]) }

    private func setField(_ register: Int, _ value: Int) { registers.RAM[register] = encode(value) }

    private func decode(_ byte: UInt8) -> Int { B.contains(.DM) ? Int(byte) : Int(byte >> 4) * 10 + Int(byte & 15) }

    private func encode(_ value: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: B.contains(.DM) ? value : (value / 10 % 10) << 4 | value % 10)
    }

    private func hour(_ register: Int) -> Int {
        let byte = registers.RAM[register]
        if B.contains(.hours24) { return decode(byte) }
        return decode(byte & 0x7F) % 12 + (byte & 0x80 != 0 ? 12 : 0)
    }

    private func setHour(_ hour: Int) {
        if B.contains(.hours24) {
            setField(Register.hours, hour)
        } else {
            registers.RAM[Register.hours] = encode(hour % 12 == 0 ? 12 : hour % 12) | (hour >= 12 ? 0x80 : 0)
        }
    }

    // MARK: Time

    private var cycle: UInt64 { clock.cycles(of: Self.frequency) }

    /// The divider runs from a 32,768 Hz crystal.
    private var isDividing: Bool { A.DV == .frequency32768Hz }

    /// Crystal cycles between two periodic flags; nil when none is selected. Register A, RS3–RS0.
    private var period: UInt64? {
        let RS = UInt64(A.RS)
        guard isDividing, RS > 0 else { return nil }
        // Codes 1 and 2 repeat 8 and 9 with this crystal: 256 Hz and 128 Hz.
        return 1 << (RS < 3 ? RS + 6 : RS - 1)
    }

    /// The first edge of the periodic tap after `periodicMark`.
    private var nextPeriodic: UInt64? {
        guard let period else { return nil }
        return registers.periodicMark &+ period &- ((registers.periodicMark &- registers.nextUpdate) & (period - 1))
    }

    private var isUpdateInProgress: Bool {
        guard isDividing, !B.contains(.SET) else { return false }
        let now = cycle
        return registers.nextUpdate > now && registers.nextUpdate - now <= Self.updateCycles
    }

    /// UIP rises 244 µs, eight cycles, before the update itself, so that who has seen it clear has time to read.
    private var isUpdating: Bool { isUpdateInProgress && registers.nextUpdate - cycle <= Self.updateCycles - 8 }

    /// Register C with the periodic flag brought up to date.
    private var C: RegisterC {
        var C = RegisterC(rawValue: registers.RAM[Register.C]).subtracting(.IRQF)
        if let next = nextPeriodic, next <= cycle { C.insert(.PF) }
        // The enable bits of register B stand in the same places as the flags of C.
        if C.rawValue & registers.RAM[Register.B] & 0x70 != 0 { C.insert(.IRQF) }
        return C
    }

    private func settle() {
        registers.RAM[Register.C] = C.subtracting(.IRQF).rawValue
        registers.periodicMark = cycle
        drive()
    }

    private func drive() {
        irq.set(C.contains(.IRQF))
        schedule()
    }

    private func schedule() {
        guard let updateEvent, let periodicEvent else { return }
        if isDividing {
            clock.schedule(updateEvent, at: clock.tick(ofCycle: registers.nextUpdate, of: Self.frequency))
        } else {
            clock.cancel(updateEvent)
        }
        if B.contains(.PIE), !C.contains(.PF), let next = nextPeriodic {
            clock.schedule(periodicEvent, at: clock.tick(ofCycle: next, of: Self.frequency))
        } else {
            clock.cancel(periodicEvent)
        }
    }

    private func update() {
        settlePeriodic()
        let now = cycle
        while registers.nextUpdate <= now {
            registers.nextUpdate &+= Self.frequency
            if !B.contains(.SET) { updateOnce() }
        }
        drive()
    }

    private func settlePeriodic() {
        registers.RAM[Register.C] = C.subtracting(.IRQF).rawValue
        registers.periodicMark = cycle
    }

    /// One update cycle: a second passes, the alarm is compared.
    private func updateOnce() {
        advanceTime()
        var C = RegisterC(rawValue: registers.RAM[Register.C])
        C.insert(.UF)
        if alarmMatches { C.insert(.AF) }
        registers.RAM[Register.C] = C.rawValue
    }

    private func advanceTime() {
        /// Steps a field; true when it wrapped around and the next field steps, too.
        func step(_ register: Int, after last: Int, to first: Int) -> Bool {
            let value = field(register)
            setField(register, value >= last ? first : value + 1)
            return value >= last
        }
        guard step(Register.seconds, after: 59, to: 0), step(Register.minutes, after: 59, to: 0) else { return }
        let hour = hour(Register.hours)
        setHour(hour >= 23 ? 0 : hour + 1)
        guard hour >= 23 else { return }
        _ = step(Register.dayOfWeek, after: 7, to: 1)
        let year = field(Register.century) * 100 + field(Register.year)
        let lastDay = DateTime.days(inMonth: field(Register.month), ofYear: year)
        guard step(Register.dateOfMonth, after: lastDay, to: 1), step(Register.month, after: 12, to: 1),
            step(Register.year, after: 99, to: 0)
        else { return }
        _ = step(Register.century, after: 99, to: 0)
    }

    /// An alarm byte of C0h–FFh matches always.
    private var alarmMatches: Bool {
        let pairs = [
            (Register.secondsAlarm, Register.seconds), (Register.minutesAlarm, Register.minutes),
            (Register.hoursAlarm, Register.hours),
        ]
        return pairs.allSatisfy { alarm, time in
            registers.RAM[alarm] >= 0xC0 || registers.RAM[alarm] == registers.RAM[time]
        }
    }

    // MARK: Registers

    public func read(offset: Int) -> UInt8 {
        let value = peek(offset: offset)
        if offset == 1, isTimeRegister, isUpdating {
            report("a time register is read during the update cycle; look at UIP (register A, bit 7) before", "readings in doubt")
        }
        if offset == 1, Int(registers.index) == Register.C {
            registers.RAM[Register.C] = 0
            registers.periodicMark = cycle
            drive()
        }
        return value
    }

    /// The registers that the update cycle changes.
    private var isTimeRegister: Bool { [0, 2, 4, 6, 7, 8, 9, Register.century].contains(Int(registers.index & 127)) }

    private func report(_ message: String, _ unit: String) {
        diagnostics?.report(Diagnostic(chip: "MC146818", message: message, unit: unit))
    }

    public func peek(offset: Int) -> UInt8 {
        guard offset == 1 else { return 0xFF }
        let register = Int(registers.index & 127)
        return switch register {
        case Register.A: registers.RAM[register] & 0x7F | (isUpdateInProgress ? 0x80 : 0)
        case Register.C: C.rawValue
        case Register.D: 0x80
        default: registers.RAM[register]
        }
    }

    public func write(offset: Int, value: UInt8) {
        switch offset {
        case 0:
            registers.index = value & 0x7F
            registers.isNMIMasked = value & 0x80 != 0
            nmiMask.set(registers.isNMIMasked)
        case 1:
            switch Int(registers.index) {
            case Register.A: writeA(value)
            case Register.B: writeB(value)
            case Register.C, Register.D: break
            default:
                if isTimeRegister, isUpdating {
                    report(
                        "a time register is written during the update cycle; set SET (register B, bit 7) before",
                        "writings in doubt")
                }
                registers.RAM[Int(registers.index & 127)] = value
            }
        default: return
        }
    }

    private func writeA(_ value: UInt8) {
        settlePeriodic()
        let wasDividing = isDividing
        registers.RAM[Register.A] = value & 0x7F
        if isDividing && !wasDividing {
            // The first update comes half a second after the divider's reset ends.
            registers.nextUpdate = cycle &+ Self.frequency / 2
        }
        if !isDividing && A.DV != .reset {
            diagnostics?.report(Diagnostic(chip: "MC146818", message: "register A selects a time base other than 32,768 Hz"))
        }
        drive()
    }

    private func writeB(_ value: UInt8) {
        settlePeriodic()
        var new = RegisterB(rawValue: value)
        if new.contains(.SET) { new.remove(.UIE) }
        if new.contains(.DSE) && !B.contains(.DSE) {
            diagnostics?.report(Diagnostic(chip: "MC146818", message: "daylight saving (DSE) is not emulated"))
        }
        if new.contains(.SQWE) && !B.contains(.SQWE) {
            diagnostics?.report(Diagnostic(chip: "MC146818", message: "the square wave output (SQWE) leads nowhere"))
        }
        registers.RAM[Register.B] = new.rawValue
        drive()
    }
}
