import Testing
import Wiring

@testable import Chips

/// The MC146818 in the words of its datasheet.
@Suite struct MC146818Tests {
    private typealias Register = MC146818.Register

    /// One tick is one cycle of the crystal.
    private func make(_ date: MC146818.DateTime = .init(year: 2000, month: 1, day: 1)) -> (MC146818, Clock) {
        let clock = Clock(rate: MC146818.frequency)
        return (MC146818(clock: clock, startingAt: date), clock)
    }

    private func read(_ rtc: MC146818, _ register: Int) -> UInt8 {
        rtc.write(offset: 0, value: UInt8(register))
        return rtc.read(offset: 1)
    }

    private func write(_ rtc: MC146818, _ register: Int, _ value: UInt8) {
        rtc.write(offset: 0, value: UInt8(register))
        rtc.write(offset: 1, value: value)
    }

    private let second = MC146818.frequency

    @Test func dateFromSecondsSince1970ForEachDayOfThePCsCenturies() {
        var expected = MC146818.DateTime(year: 1980, month: 1, day: 1)
        var dayOfWeek = 3  // a Tuesday
        var days = 0
        while expected.year < 2100 {
            let secondOfDay = days % 86_400
            expected.hour = secondOfDay / 3600
            expected.minute = secondOfDay / 60 % 60
            expected.second = secondOfDay % 60
            let date = MC146818.DateTime(secondsSince1970: 315_532_800 + Int64(days * 86_400 + secondOfDay))
            if date != expected || date.dayOfWeek != dayOfWeek { Issue.record("\(date), expected \(expected)") }
            let february = expected.year % 4 == 0 ? 29 : 28
            let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            expected.day += 1
            if expected.day > lengths[expected.month - 1] {
                expected.day = 1
                expected.month += 1
            }
            if expected.month > 12 {
                expected.month = 1
                expected.year += 1
            }
            dayOfWeek = dayOfWeek % 7 + 1
            days += 1
        }
        #expect(days == 43_830)
        #expect(MC146818.DateTime(secondsSince1970: .min).year == 1980)
        #expect(MC146818.DateTime(secondsSince1970: .max).year == 2099)
    }

    @Test func everyMonthsEndFrom1980To2099() {
        // Set 23:59:59, let a second pass; the middle of each month is like its beginning.
        let clock = Clock(rate: 1_000_000)
        let rtc = MC146818(clock: clock, startingAt: .init(year: 1980, month: 1, day: 1))
        var seconds: Int64 = 315_532_800 + 86_399
        while seconds < 4_102_444_799 {
            let evening = MC146818.DateTime(secondsSince1970: seconds)
            seconds += 86_400
            if evening.day > 2 && evening.day < 27 { continue }
            rtc.set(evening)
            clock.run(1_000_000)
            let expected = MC146818.DateTime(secondsSince1970: seconds - 86_399)
            if rtc.dateTime != expected { Issue.record("\(rtc.dateTime), expected \(expected)") }
            if rtc.CMOS(Register.dayOfWeek) != UInt8(expected.dayOfWeek) { Issue.record("day of week on \(expected)") }
        }
    }

    @Test func aDaySecondBySecondInAllFormats() {
        for format in [UInt8(0x00), 0x02, 0x04, 0x06] {
            let (rtc, clock) = make()
            write(rtc, Register.B, format)
            rtc.set(.init(year: 1999, month: 12, day: 31, hour: 0, minute: 0, second: 0))
            for passed in 0..<3700 {
                // Stretch over the day: jump 23 hours in the middle.
                if passed == 1850 { rtc.set(.init(year: 1999, month: 12, day: 31, hour: 23, minute: 30, second: 50)) }
                let total = passed < 1850 ? passed : passed - 1850 + 84_650
                let day = total / 86_400
                let hour = total / 3600 % 24
                var shownHour = format & 2 != 0 ? hour : (hour % 12 == 0 ? 12 : hour % 12)
                if format & 4 == 0 { shownHour = shownHour / 10 * 16 + shownHour % 10 }
                if format & 2 == 0 && hour >= 12 { shownHour |= 0x80 }
                func shown(_ value: Int) -> Int { format & 4 == 0 ? value / 10 * 16 + value % 10 : value }
                let expected = [
                    shown(total % 60), shown(total / 60 % 60), shownHour, shown(day == 0 ? 31 : 1), shown(day == 0 ? 99 : 0),
                ]
                let registers = [Register.seconds, Register.minutes, Register.hours, Register.dateOfMonth, Register.year]
                let actual = registers.map { Int(read(rtc, $0)) }
                if actual != expected { Issue.record("format \(format) after \(passed) s: \(actual), expected \(expected)") }
                clock.run(second)
            }
            #expect(read(rtc, Register.century) == (format & 4 == 0 ? 0x20 : 20))
        }
    }

    @Test func UIPAnnouncesTheUpdate() {
        let (rtc, clock) = make()
        var high = 0
        for cycle in 0..<Int(second) {
            if read(rtc, Register.A) & 0x80 != 0 { high += 1 }
            #expect(read(rtc, Register.seconds) == 0, "cycle \(cycle)")
            clock.run(1)
        }
        #expect(high == 73, "244 µs + 1984 µs")
        #expect(read(rtc, Register.seconds) == 1)
        #expect(read(rtc, Register.A) == 0x26)
    }

    @Test func SETStopsUpdatesAndClearsUIE() {
        let (rtc, clock) = make()
        write(rtc, Register.B, 0x92)
        #expect(read(rtc, Register.B) == 0x82)
        for _ in 0..<40 {
            #expect(read(rtc, Register.A) & 0x80 == 0, "SET inhibits UIP")
            clock.run(second / 13)
        }
        #expect(read(rtc, Register.seconds) == 0)
        #expect(read(rtc, Register.C) & 0x30 == 0)
        write(rtc, Register.B, 0x02)
        clock.run(second)
        #expect(read(rtc, Register.seconds) == 1)
    }

    @Test func dividerResetDelaysTheFirstUpdateByHalfASecond() {
        let (rtc, clock) = make()
        for reset in [UInt8(0x60), 0x70] {
            write(rtc, Register.seconds, 0)
            write(rtc, Register.A, reset | 6)
            clock.run(3 * second)
            #expect(read(rtc, Register.seconds) == 0)
            write(rtc, Register.A, 0x26)
            clock.run(second / 2 - 1)
            #expect(read(rtc, Register.seconds) == 0)
            clock.run(1)
            #expect(read(rtc, Register.seconds) == 1)
            clock.run(second)
            #expect(read(rtc, Register.seconds) == 2)
        }
    }

    @Test func periodicRates() {
        let expected: [Int] = [0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2]
        for (RS, rate) in expected.enumerated() {
            let (rtc, clock) = make()
            write(rtc, Register.A, 0x20 | UInt8(RS))
            write(rtc, Register.B, 0x42)
            var interrupts = 0
            rtc.irq.connect { if $0 { interrupts += 1 } }
            for _ in 0..<Int(second) {
                clock.run(1)
                if rtc.irq.isHigh {
                    let C = read(rtc, Register.C)
                    #expect(C & 0xC0 == 0xC0)
                    #expect(!rtc.irq.isHigh, "reading register C releases the line")
                }
            }
            #expect(interrupts == rate)
        }
    }

    @Test func periodicFlagIsSetWithoutEnable() {
        let (rtc, clock) = make()
        #expect(read(rtc, Register.C) == 0)
        clock.run(31)
        #expect(read(rtc, Register.C) == 0)
        clock.run(1)
        #expect(read(rtc, Register.C) == 0x40, "PF without IRQF")
        #expect(read(rtc, Register.C) == 0)
        // Enabling later asks at once for a flag that is up.
        clock.run(40)
        #expect(!rtc.irq.isHigh)
        write(rtc, Register.B, 0x42)
        #expect(rtc.irq.isHigh)
        #expect(read(rtc, Register.C) == 0xC0)
    }

    @Test func unreadRegisterCKeepsTheLineHighWithoutFurtherEvents() {
        let (rtc, clock) = make()
        write(rtc, Register.B, 0x42)
        clock.run(32)
        #expect(rtc.irq.isHigh)
        let update = clock.cells.pointee.nextDeadline
        #expect(update == second, "only the next update is due")
    }

    @Test func updateEndedAndAlarmInterrupts() {
        let (rtc, clock) = make(.init(year: 2020, month: 2, day: 28, hour: 23, minute: 59, second: 58))
        write(rtc, Register.A, 0x20)
        write(rtc, Register.secondsAlarm, 0x00)
        write(rtc, Register.minutesAlarm, 0x00)
        write(rtc, Register.hoursAlarm, 0x00)
        write(rtc, Register.B, 0x32)
        clock.run(second)
        #expect(rtc.irq.isHigh)
        #expect(read(rtc, Register.C) == 0x90)
        #expect(!rtc.irq.isHigh)
        clock.run(second)
        #expect(read(rtc, Register.C) == 0xB0, "update ended and alarm")
        #expect(rtc.dateTime == .init(year: 2020, month: 2, day: 29))
        clock.run(second)
        #expect(read(rtc, Register.C) == 0x90)
    }

    @Test func alarmDoNotCareCodes() {
        let (rtc, clock) = make()
        write(rtc, Register.A, 0x20)
        write(rtc, Register.B, 0x22)
        for code in [UInt8(0xC0), 0xD5, 0xFF] {
            // Every second.
            for register in [Register.secondsAlarm, Register.minutesAlarm, Register.hoursAlarm] { write(rtc, register, code) }
            _ = read(rtc, Register.C)
            for _ in 0..<3 {
                clock.run(second)
                #expect(read(rtc, Register.C) & 0x20 != 0)
            }
            // Once a minute.
            write(rtc, Register.secondsAlarm, 0x30)
            var alarms = 0
            for _ in 0..<120 {
                clock.run(second)
                if read(rtc, Register.C) & 0x20 != 0 { alarms += 1 }
            }
            #expect(alarms == 2)
        }
    }

    @Test func resetPinClearsEnablesAndFlagsOnly() {
        let (rtc, clock) = make()
        write(rtc, 0x40, 0x5A)
        write(rtc, Register.B, 0x7A)
        clock.run(second)
        #expect(rtc.irq.isHigh)
        rtc.reset()
        #expect(!rtc.irq.isHigh)
        #expect(read(rtc, Register.B) == 0x02)
        #expect(read(rtc, Register.C) == 0)
        #expect(read(rtc, 0x40) == 0x5A)
        #expect(read(rtc, Register.seconds) == 1)
    }

    @Test func RAMAndReadOnlyRegisters() {
        let (rtc, _) = make()
        for register in 0..<128 where register > 0x0D {
            write(rtc, register, UInt8(register) ^ 0x5A)
        }
        for register in 0..<128 where register > 0x0D {
            #expect(read(rtc, register) == UInt8(register) ^ 0x5A)
        }
        write(rtc, Register.D, 0)
        #expect(read(rtc, Register.D) == 0x80, "VRT: RAM and time are valid")
        write(rtc, Register.A, 0xFF)
        #expect(read(rtc, Register.A) == 0x7F, "UIP is read-only")
        rtc.setCMOS(0x15, 0x80)
        #expect(read(rtc, 0x15) == 0x80)
        #expect(rtc.read(offset: 0) == 0xFF, "port 70h is write-only")
    }

    @Test func NMIMask() {
        let (rtc, _) = make()
        rtc.write(offset: 0, value: 0x8F)
        #expect(rtc.isNMIMasked && rtc.nmiMask.isHigh)
        #expect(rtc.state.index == 0x0F)
        rtc.write(offset: 0, value: 0x0F)
        #expect(!rtc.isNMIMasked && !rtc.nmiMask.isHigh)
    }

    @Test func fuzz() throws {
        let fuzz = Fuzz(
            offsets: -1..<3, longestWait: 3_000_000, rate: 1_000_000,
            make: { MC146818(clock: $0, startingAt: .init(year: 1999, month: 12, day: 31, hour: 23, minute: 59, second: 30)) },
            host: { rtc, number in
                rtc.write(offset: 0, value: UInt8(number % 16))
                if number & 0x100 != 0 { rtc.write(offset: 1, value: UInt8(truncatingIfNeeded: number >> 16)) }
            },
            wires: { [$0.irq.isHigh, $0.nmiMask.isHigh] }
        )
        try fuzz.run(seed: 146_818)
        try fuzz.runHostileStates(seed: 146_818)
    }
}
