import Testing
import Wiring

@testable import Chips

/// The registers of ACPI 1.0, chapter 4.7, as the PIIX4 has them.
@Suite struct PIIX4PowerTests {
    private let clock = Clock(rate: 100_000_000)
    private func power() -> PIIX4Power { PIIX4Power(clock: clock) }

    private func word(_ chip: PIIX4Power, _ offset: Int) -> UInt32 { chip.read(offset: offset, width: .word) }

    @Test func theTimerCountsWithItsOscillator() {
        let chip = power()
        #expect(chip.read(offset: 8, width: .doubleword) == 0)
        clock.run(100_000_000)
        #expect(chip.read(offset: 8, width: .doubleword) == 3_579_545)
        clock.run(400_000_000)
        #expect(chip.read(offset: 8, width: .doubleword) == 5 * 3_579_545 & 0xFF_FFFF, "24 bits")
    }

    @Test func theTimersOverflowInterrupts() {
        let chip = power()
        #expect(word(chip, 0) == 0)
        chip.write(offset: 2, width: .word, value: 1)
        chip.write(offset: 4, width: .word, value: 1)
        clock.run(234_000_000)
        #expect(!chip.SCI.isHigh)
        // 2^23 cycles take 2.3435 s.
        clock.run(1_000_000)
        #expect(chip.SCI.isHigh && word(chip, 0) == 1)
        chip.write(offset: 0, width: .word, value: 0x0F00)
        #expect(chip.SCI.isHigh, "only a 1 clears")
        chip.write(offset: 0, width: .word, value: 1)
        #expect(!chip.SCI.isHigh && word(chip, 0) == 0)
        clock.run(234_400_000)
        #expect(chip.SCI.isHigh)
        chip.write(offset: 4, width: .word, value: 0)
        #expect(!chip.SCI.isHigh, "not without SCI_EN")
    }

    @Test func sleepTypeZeroSwitchesOff() {
        let chip = power()
        var ends = 0
        let complaints = Complaints()
        chip.diagnostics = complaints
        chip.onPowerOff = { ends += 1 }
        chip.write(offset: 4, width: .word, value: 0x1C01)
        #expect(ends == 0 && word(chip, 4) == 0x1C01)
        chip.write(offset: 4, width: .word, value: 0x2401)
        #expect(ends == 0 && complaints.list.count == 1 && word(chip, 0) == 0x8000, "another sleep ends at once")
        chip.write(offset: 4, width: .word, value: 0x2001)
        #expect(ends == 1 && word(chip, 4) == 1, "SLP_EN reads as 0")
    }

    @Test func thePortsAreWhereTheRegistersSay() {
        let chip = power()
        func windows() -> [String] { chip.function.windows.map { "\(String($0.first, radix: 16)) \($0.size)" } }
        chip.function.write(0x40, .doubleword, 0x0635)
        #expect(windows().isEmpty && chip.function.value(0x40, .doubleword) == 0x0601)
        chip.function.write(0x80, .byte, 1)
        #expect(windows() == ["600 64"])
        chip.function.write(0x90, .doubleword, 0x701)
        chip.function.write(0xD2, .byte, 9)
        chip.function.write(4, .word, 1)
        #expect(windows() == ["600 64", "700 16"])
    }

    @Test func thePowerButtonIsAnEvent() {
        let chip = power()
        var level = false
        chip.SCI.connect { level = $0 }
        chip.pressButton()
        #expect(word(chip, 0x00) & 0x100 != 0 && !level)
        chip.write(offset: 0x03, value: 0x01)  // PWRBTN_EN
        #expect(!level)
        chip.write(offset: 0x04, value: 0x01)  // SCI_EN
        #expect(level)
        chip.write(offset: 0x01, value: 0x01)
        #expect(word(chip, 0x00) & 0x100 == 0 && !level)
    }

    @Test func nobodyAnswersOnTheSMBus() {
        let chip = power()
        chip.write(offset: 0x44, value: 0xA1)
        chip.write(offset: 0x43, value: 2)
        chip.write(offset: 0x42, value: 0x48)
        #expect(chip.read(offset: 0x40) == 0x04 && chip.read(offset: 0x44) == 0xA1 && chip.read(offset: 0x42) == 0x08)
        chip.write(offset: 0x40, value: 0x04)
        #expect(chip.read(offset: 0x40) == 0)
    }

    @Test func randomAccessesAreHarmless() throws {
        let fuzz = Fuzz<PIIX4Power>(offsets: 0..<0x50, longestWait: 100_000_000) {
            PIIX4Power(clock: $0)
        } host: { chip, number in
            chip.function.write(Int(number & 0xFF), .byte, UInt32(truncatingIfNeeded: number >> 8))
        } wires: {
            [$0.SCI.isHigh]
        }
        try fuzz.run(operations: 1_000_000, seed: 7113)
        try fuzz.runHostileStates(seed: 7114)
    }
}
