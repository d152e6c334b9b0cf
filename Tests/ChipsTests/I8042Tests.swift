import Testing
import Wiring

@testable import Chips

/// The keyboard controller with its devices: what a guest sees at ports 60h and 64h.
@Suite struct I8042Tests {
    let machine = KeyboardMachine(clock: Clock(rate: 100_000_000))

    /// Both interfaces and interrupts on, no translation unless asked.
    private func open(translate: Bool = false) { machine.writeCommandByte(translate ? 0x43 : 0x03) }

    @Test func selfTestsAndCommandByte() {
        #expect(machine.command(0xAA) == [0x55])
        #expect(machine.kbc.peek(offset: 1) & 0x04 != 0, "SYS is set after the self test")
        #expect(machine.command(0xAB) == [0])
        #expect(machine.command(0xA9) == [0])
        #expect(machine.command(0xA4) == [0xF1])
        for value in UInt8.min...UInt8.max {
            machine.writeCommandByte(value)
            #expect(machine.command(0x20) == [value])
        }
        machine.writeCommandByte(0x30)
        for (command, expected) in [(UInt8(0xA8), UInt8(0x10)), (0xAE, 0x00), (0xA7, 0x20), (0xAD, 0x30)] {
            _ = machine.command(command)
            #expect(machine.command(0x20) == [expected])
        }
        for register in UInt8(1)..<32 {
            machine.kbc.write(offset: 1, value: 0x60 + register)
            machine.kbc.write(offset: 0, value: register ^ 0xA5)
            #expect(machine.command(0x20 + register) == [register ^ 0xA5])
        }
    }

    @Test func statusTellsCommandFromData() {
        machine.kbc.write(offset: 1, value: 0x60)
        #expect(machine.kbc.read(offset: 1) & 0x08 != 0)
        machine.kbc.write(offset: 0, value: 0x00)
        #expect(machine.kbc.read(offset: 1) & 0x08 == 0)
        #expect(machine.kbc.read(offset: 1) & 0x02 == 0, "the input buffer is always free")
    }

    @Test func interruptsFollowTheOutputBuffer() {
        open()
        machine.keyboard.press(.a, down: true)
        #expect(!machine.kbc.irq1.isHigh, "a byte takes its time")
        machine.clock.run(machine.byteTime - 1)
        #expect(!machine.kbc.irq1.isHigh)
        machine.clock.run(1)
        #expect(machine.kbc.irq1.isHigh && !machine.kbc.irq12.isHigh)
        #expect(machine.kbc.read(offset: 1) & 0x21 == 0x01)
        #expect(machine.kbc.read(offset: 0) == 0x1C)
        #expect(!machine.kbc.irq1.isHigh)
        #expect(machine.kbc.read(offset: 0) == 0x1C, "an empty output buffer shows its last byte")

        _ = machine.mouseCommand(0xF4)
        machine.mouse.setButtons(.left)
        machine.clock.run(2 * machine.byteTime)
        #expect(machine.kbc.irq12.isHigh && !machine.kbc.irq1.isHigh)
        #expect(machine.kbc.read(offset: 1) & 0x21 == 0x21)
        _ = machine.kbc.read(offset: 0)
        #expect(!machine.kbc.irq12.isHigh)
    }

    @Test func eachByteHasItsOwnInterrupt() {
        open()
        var edges = 0
        machine.kbc.irq1.connect { if $0 { edges += 1 } }
        machine.keyboard.press(.pause, down: true)
        var bytes: [UInt8] = []
        for _ in 0..<1000 {
            machine.clock.run(machine.byteTime / 3)
            if machine.kbc.irq1.isHigh { bytes.append(machine.kbc.read(offset: 0)) }
        }
        #expect(bytes == [0xE1, 0x14, 0x77, 0xE1, 0xF0, 0x14, 0xF0, 0x77])
        #expect(edges == 8)
    }

    @Test func disabledInterfaceHoldsTheDevice() {
        open()
        _ = machine.command(0xAD)
        machine.keyboard.press(.a, down: true)
        machine.clock.run(10 * machine.byteTime)
        #expect(machine.kbc.read(offset: 1) & 1 == 0)
        #expect(machine.command(0xAE) == [0x1C])
    }

    @Test func interruptEnableBits() {
        machine.writeCommandByte(0x00)
        machine.keyboard.press(.a, down: true)
        machine.clock.run(2 * machine.byteTime)
        #expect(machine.kbc.read(offset: 1) & 1 == 1)
        #expect(!machine.kbc.irq1.isHigh)
        machine.writeCommandByte(0x01)
        #expect(machine.kbc.irq1.isHigh)
    }

    @Test func translationAgreesWithSet1ForEachKey() {
        for key in Key.allCases where key != .pause && key != .print {
            let codes = PS2ScanCodes.codes(of: key)
            #expect(codes.set2 != 0, "\(key) is missing in the table")
            #expect(PS2ScanCodes.translation[Int(codes.set2)] == codes.set1, "\(key)")
        }
        #expect(PS2ScanCodes.translation.count == 256)
    }

    @Test func scanCodesOfEachKeyInEachSet() {
        for (set, translate) in [(UInt8(1), false), (2, false), (2, true), (3, false)] {
            open(translate: false)
            _ = machine.keyboardCommand(0xF0)
            _ = machine.keyboardCommand(set)
            open(translate: translate)
            for key in Key.allCases where key != .pause && key != .print {
                let codes = PS2ScanCodes.codes(of: key)
                let prefix: [UInt8] = codes.isExtended && set != 3 ? [0xE0] : []
                let (make, release): ([UInt8], [UInt8]) =
                    switch (set, translate) {
                    case (1, _), (2, true): (prefix + [codes.set1], prefix + [codes.set1 | 0x80])
                    case (2, false): (prefix + [codes.set2], prefix + [0xF0, codes.set2])
                    default: codes.set3 == 0 ? ([], []) : ([codes.set3], [0xF0, codes.set3])
                    }
                machine.keyboard.press(key, down: true)
                #expect(machine.drain() == make, "\(key) down, set \(set)")
                machine.keyboard.press(key, down: true)
                #expect(machine.drain() == [], "typematic repetition is off")
                machine.keyboard.press(key, down: false)
                #expect(machine.drain() == release, "\(key) up, set \(set)")
            }
        }
    }

    @Test func printAndPauseVariants() {
        open(translate: true)
        func press(_ key: Key) -> [UInt8] {
            machine.keyboard.press(key, down: true)
            return machine.drain()
        }
        func release(_ key: Key) -> [UInt8] {
            machine.keyboard.press(key, down: false)
            return machine.drain()
        }
        #expect(press(.print) == [0xE0, 0x2A, 0xE0, 0x37])
        #expect(release(.print) == [0xE0, 0xB7, 0xE0, 0xAA])
        #expect(press(.pause) == [0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5])
        #expect(release(.pause) == [])
        _ = press(.ctrl)
        #expect(press(.print) == [0xE0, 0x37])
        #expect(release(.print) == [0xE0, 0xB7])
        #expect(press(.pause) == [0xE0, 0x46, 0xE0, 0xC6])
        _ = release(.pause)
        _ = release(.ctrl)
        _ = press(.alt)
        #expect(press(.print) == [0x54])
        #expect(release(.print) == [0xD4])
    }

    @Test func keyNames() {
        for key in Key.allCases { #expect(Key(name: key.rawValue) == key) }
        #expect(Key(name: "enter") == .enter)
        #expect(Key(name: "1") == .digit1)
        #expect(Key(name: "nonsense") == nil)
    }

    @Test func keyboardCommands() {
        open()
        #expect(machine.keyboardCommand(0xEE) == [0xEE])
        #expect(machine.keyboardCommand(0xF2) == [0xFA, 0xAB, 0x83])
        #expect(machine.keyboardCommand(0xFF) == [0xFA, 0xAA])
        #expect(machine.keyboardCommand(0xED) == [0xFA])
        #expect(machine.keyboardCommand(0x05) == [0xFA])
        #expect(machine.keyboard.leds == [.scrollLock, .capsLock])
        #expect(machine.keyboardCommand(0xF3) == [0xFA])
        #expect(machine.keyboardCommand(0x00) == [0xFA])
        #expect(machine.keyboardCommand(0xFE) == [0xFA])
        for command in UInt8(0xF7)...0xFA { #expect(machine.keyboardCommand(command) == [0xFA]) }
        for command in UInt8(0x00)..<0xED { #expect(machine.keyboardCommand(command) == [0xFE]) }
        for set in UInt8(1)...3 {
            #expect(machine.keyboardCommand(0xF0) == [0xFA])
            #expect(machine.keyboardCommand(set) == [0xFA])
            #expect(machine.keyboardCommand(0xF0) == [0xFA])
            #expect(machine.keyboardCommand(0) == [0xFA, set])
        }
        #expect(machine.keyboardCommand(0xF0) == [0xFA])
        #expect(machine.keyboardCommand(4) == [0xFE])
        // A command in place of an option is a command.
        #expect(machine.keyboardCommand(0xED) == [0xFA])
        #expect(machine.keyboardCommand(0xEE) == [0xEE])
        #expect(machine.keyboardCommand(0xF5) == [0xFA])
        machine.keyboard.press(.a, down: true)
        #expect(machine.drain() == [], "scanning is disabled")
        #expect(machine.keyboardCommand(0xF4) == [0xFA])
        machine.keyboard.press(.b, down: true)
        #expect(machine.drain() == [0x32])
    }

    @Test func keysPressedWhileAnOptionByteIsAwaitedAreNotLost() {
        open()
        _ = machine.keyboardCommand(0xED)
        machine.keyboard.press(.a, down: true)
        #expect(machine.drain() == [], "the keyboard is silent until the option comes")
        #expect(machine.keyboardCommand(0x02) == [0xFA, 0x1C])
    }

    @Test func identifierIsTranslated() {
        open(translate: true)
        #expect(machine.keyboardCommand(0xF2) == [0xFA, 0xAB, 0x41])
    }

    @Test func keyboardBufferOverrun() {
        open()
        _ = machine.command(0xAD)
        let keys: [Key] = [.a, .b, .c, .d, .e, .f, .g, .h, .i, .j, .k, .l, .m, .n, .o, .p, .q, .r, .s]
        for key in keys { machine.keyboard.press(key, down: true) }
        #expect(machine.keyboard.room == 0)
        let expected = keys.prefix(16).map { PS2ScanCodes.codes(of: $0).set2 } + [0x00]
        #expect(machine.command(0xAE) == expected)
    }

    @Test func dataForTheKeyboardEnablesItsInterface() {
        machine.writeCommandByte(0x30)
        #expect(machine.keyboardCommand(0xEE) == [0xEE])
        #expect(machine.command(0x20) == [0x20])
    }

    @Test func fakedBytes() {
        open()
        machine.kbc.write(offset: 1, value: 0xD2)
        machine.kbc.write(offset: 0, value: 0x77)
        #expect(machine.kbc.irq1.isHigh)
        #expect(machine.drain() == [0x77])
        machine.kbc.write(offset: 1, value: 0xD3)
        machine.kbc.write(offset: 0, value: 0x78)
        #expect(machine.kbc.irq12.isHigh)
        #expect(machine.kbc.read(offset: 1) & 0x20 != 0)
        #expect(machine.drain() == [0x78])
    }

    @Test func outputPortDrivesA20AndReset() {
        #expect(machine.kbc.a20.isHigh)
        var resets = 0
        machine.kbc.processorReset.connect { if $0 { resets += 1 } }
        for (value, isHigh) in [(UInt8(0xDD), false), (0xDF, true)] {
            machine.kbc.write(offset: 1, value: 0xD1)
            machine.kbc.write(offset: 0, value: value)
            #expect(machine.kbc.a20.isHigh == isHigh)
            #expect((machine.command(0xD0).first ?? 0) & 0x03 == value & 0x03)
        }
        _ = machine.command(0xDD)
        #expect(!machine.kbc.a20.isHigh)
        _ = machine.command(0xDF)
        #expect(machine.kbc.a20.isHigh)
        #expect(resets == 0)
        for command in UInt8(0xF0)...0xFF { machine.kbc.write(offset: 1, value: command) }
        #expect(resets == 8, "bit 0 clear: F0, F2 … FE")
        machine.kbc.write(offset: 1, value: 0xD1)
        machine.kbc.write(offset: 0, value: 0xDE)
        #expect(resets == 9 && machine.kbc.processorReset.isHigh)
        machine.kbc.reset()
        #expect(!machine.kbc.processorReset.isHigh && machine.kbc.a20.isHigh)
    }

    @Test func controllerAnswersWaitForTheBuffer() {
        open()
        machine.keyboard.press(.a, down: true)
        machine.clock.run(2 * machine.byteTime)
        machine.kbc.write(offset: 1, value: 0xAA)
        #expect(machine.kbc.read(offset: 0) == 0x1C)
        #expect(machine.kbc.read(offset: 1) & 1 == 1)
        #expect(machine.kbc.read(offset: 0) == 0x55)
    }

    @Test func absentMouseTimesOut() {
        let clock = Clock(rate: 1_000_000)
        let kbc = I8042(clock: clock, keyboard: nil, mouse: nil)
        kbc.write(offset: 1, value: 0xD4)
        kbc.write(offset: 0, value: 0xF4)
        #expect(kbc.read(offset: 1) & 0x61 == 0x61)
        #expect(kbc.read(offset: 0) == 0xFE)
    }

    @Test func fuzz() throws {
        for rate in [UInt64(1_000_000), 100_000_000] {
            let fuzz = Fuzz(
                offsets: -1..<3, rate: rate,
                make: { KeyboardMachine(clock: $0) },
                host: { machine, number in machine.disturb(number) },
                wires: { [$0.kbc.irq1.isHigh, $0.kbc.irq12.isHigh, $0.kbc.a20.isHigh, $0.kbc.processorReset.isHigh] }
            )
            try fuzz.run(seed: 8042 + rate)
            try fuzz.runHostileStates(seed: 8042 + rate)
        }
    }
}

/// Controller, keyboard and mouse as one, with what a guest's driver does.
final class KeyboardMachine: Chip, PortDevice {
    struct State: Codable, Equatable, Sendable {
        var kbc: I8042.State
        var keyboard: PS2Keyboard.State
        var mouse: PS2Mouse.State
    }

    let name = "keyboard machine"
    let clock: Clock
    let keyboard = PS2Keyboard()
    let mouse: PS2Mouse
    let kbc: I8042

    init(clock: Clock) {
        self.clock = clock
        mouse = PS2Mouse(clock: clock)
        kbc = I8042(clock: clock, keyboard: keyboard, mouse: mouse)
    }

    var state: State {
        get { State(kbc: kbc.state, keyboard: keyboard.state, mouse: mouse.state) }
        set {
            keyboard.state = newValue.keyboard
            mouse.state = newValue.mouse
            kbc.state = newValue.kbc
        }
    }
    func reset() { kbc.reset() }
    func read(offset: Int) -> UInt8 { kbc.read(offset: offset) }
    func peek(offset: Int) -> UInt8 { kbc.peek(offset: offset) }
    func write(offset: Int, value: UInt8) { kbc.write(offset: offset, value: value) }

    var byteTime: UInt64 { clock.ticks(microseconds: I8042.microsecondsPerByte) }

    /// Reads until nothing comes any more.
    func drain() -> [UInt8] {
        var bytes: [UInt8] = []
        var idle = 0
        while idle < 5 {
            if kbc.read(offset: 1) & 1 != 0 {
                bytes.append(kbc.read(offset: 0))
                idle = 0
            }
            clock.run(byteTime)
            idle += 1
        }
        return bytes
    }
    func command(_ value: UInt8) -> [UInt8] {
        kbc.write(offset: 1, value: value)
        return drain()
    }
    func writeCommandByte(_ value: UInt8) {
        kbc.write(offset: 1, value: 0x60)
        kbc.write(offset: 0, value: value)
    }
    func keyboardCommand(_ value: UInt8) -> [UInt8] {
        kbc.write(offset: 0, value: value)
        return drain()
    }
    func mouseCommand(_ value: UInt8) -> [UInt8] {
        kbc.write(offset: 1, value: 0xD4)
        kbc.write(offset: 0, value: value)
        return drain()
    }

    /// Keys, movements and the commands that random bytes rarely hit.
    func disturb(_ number: UInt64) {
        let value = UInt8(truncatingIfNeeded: number >> 16)
        switch number & 7 {
        case 0, 1:
            keyboard.press(
                Key.allCases[Int(truncatingIfNeeded: (number >> 8) % UInt64(Key.allCases.count))], down: number & 0x8000_0000 != 0)
        case 2: mouse.move(dx: Int(truncatingIfNeeded: number), dy: Int(truncatingIfNeeded: number << 7), wheel: Int(value) - 128)
        case 3: mouse.setButtons(.init(rawValue: value & 31))
        case 4: writeCommandByte(value & 0x43)
        case 5:
            kbc.write(offset: 1, value: 0xD4)
            kbc.write(offset: 0, value: 0xE6 | value)
        case 6: kbc.write(offset: 0, value: 0xED | value)
        default:
            kbc.write(offset: 1, value: 0xD4)
            kbc.write(offset: 0, value: 0xF4)
        }
    }
}
