import Chips
import Testing
import Wiring

/// The ports of a few bits each: 61h, 80h, 92h, E9h, CF9h and the ways to switch off.
@Suite struct SmallPortsTests {
    @Test func systemControlPortA() {
        let port = SystemControlPortA()
        var resets = 0
        port.processorReset.connect { if $0 { resets += 1 } }
        for value in UInt8.min...UInt8.max {
            let before = port.read(offset: 0)
            let count = resets
            port.write(offset: 0, value: value)
            #expect(port.a20.isHigh == (value & 2 != 0))
            #expect(port.read(offset: 0) == value & 0xCB)
            #expect((resets > count) == (value & 1 != 0 && before & 1 == 0))
        }
        port.reset()
        #expect(!port.a20.isHigh)
    }

    @Test func systemControlPortB() {
        let clock = Clock(rate: I8254.frequency)
        let pit = I8254(clock: clock)
        let port = SystemControlPortB(clock: clock, timer: pit)
        var heard: [String] = []
        port.onSpeaker = { heard.append("\($0) \($1)") }
        #expect(!pit.gate(2))
        // The way boot code measures time: counter 2 in mode 0, gate by bit 0, OUT by bit 5.
        port.write(offset: 0, value: 0x01)
        pit.write(offset: 3, value: 0xB0)
        pit.write(offset: 2, value: 100)
        pit.write(offset: 2, value: 0)
        clock.run(100)
        #expect(port.read(offset: 0) & 0x20 == 0)
        clock.run(1)
        #expect(port.read(offset: 0) & 0x20 != 0)
        port.write(offset: 0, value: 0xFF)
        #expect(port.read(offset: 0) & 0x0F == 0x0F, "the upper bits are read-only")
        #expect(heard == ["true false", "true true"])
        var toggles = 0
        var last = port.read(offset: 0) & 0x10
        for _ in 0..<1800 {
            clock.run(1)
            let now = port.read(offset: 0) & 0x10
            if now != last { toggles += 1 }
            last = now
        }
        #expect(toggles == 100, "each 18 cycles: 15.09 µs")
    }

    @Test func resetControl() {
        let port = ResetControl()
        var kinds: [ResetControl.Kind] = []
        port.onReset = { kinds.append($0) }
        for value: UInt8 in [0x02, 0x06, 0x06, 0x00, 0x04, 0x0E, 0x02, 0x0E] { port.write(offset: 0, value: value) }
        #expect(kinds == [.hard, .soft, .hard])
        #expect(port.read(offset: 0) == 0x06)
    }

    @Test func postCodes() {
        let port = PostCodePort()
        var heard = 0
        port.onCode = { _ in heard += 1 }
        for number in 0..<1000 { port.write(offset: 0, value: UInt8(truncatingIfNeeded: number)) }
        // At 512 codes the older half goes: after 512 and after 768 writes.
        #expect(heard == 1000 && port.state.codes == (512..<1000).map { UInt8(truncatingIfNeeded: $0) })
        #expect(port.read(offset: 0) == UInt8(truncatingIfNeeded: 999))
    }

    @Test func debugConsole() {
        let port = DebugConsole()
        var text: [UInt8] = []
        port.onByte = { text.append($0) }
        for byte in "hello".utf8 { port.write(offset: 0, value: byte) }
        #expect(text == Array("hello".utf8))
        #expect(port.read(offset: 0) == 0xE9)
        // REP OUTSW and friends: each byte goes to a port of its own, only the first is the console.
        port.write(offset: 0, width: .word, value: 0x4241)
        #expect(text.last == 0x41)
    }

    @Test func exitDevice() {
        let port = ExitDevice()
        var values: [UInt32] = []
        port.onExit = { values.append($0) }
        port.write(offset: 0, value: 0x10)
        port.write(offset: 0, width: .word, value: 0xFFFF_1234)
        port.write(offset: 0, width: .doubleword, value: 0x8000_0001)
        #expect(values == [0x10, 0x1234, 0x8000_0001])
        #expect(ExitDevice.status(of: 0x10) == 33)
        #expect(ExitDevice.status(of: 0) == 1)
        #expect(ExitDevice.status(of: 0xFFFF_FFFF) == 0xFF)
    }

    @Test func shutdownWord() {
        let port = ShutdownPort()
        var count = 0
        port.onPowerOff = { count += 1 }
        func say(_ text: String) { for byte in text.utf8 { port.write(offset: 0, value: byte) } }
        for text in ["shutdown", "Shutdow", "xn", "SShutdow"] { say(text) }
        #expect(count == 0)
        say("n")
        #expect(count == 1)
        say("ShutShutdown")
        #expect(count == 2)
    }

    @Test func powerOff() {
        let port = PowerOffPort()
        var count = 0
        port.onPowerOff = { count += 1 }
        for value: UInt32 in 0...0xFFFF { port.write(offset: 0, width: .byte, value: value) }
        port.write(offset: 1, width: .word, value: 0x2000)
        #expect(count == 0)
        port.write(offset: 0, width: .word, value: 0x3400)
        #expect(count == 0, "another sleep type")
        port.write(offset: 0, width: .word, value: 0x2000)
        #expect(count == 1)
        port.write(offset: 0, width: .word, value: 0x2001)
        #expect(count == 2, "SCI_EN does not matter")
    }

    @Test func fuzz() throws {
        try Fuzz(offsets: -1..<3, make: { _ in SystemControlPortA() }, wires: { [$0.a20.isHigh] }).run(seed: 92)
        try Fuzz(
            offsets: -1..<3, make: { SystemControlPortB(clock: $0, timer: I8254(clock: $0)) }, host: { _, _ in }
        ).run(seed: 61)
        try Fuzz(offsets: -1..<3, make: { _ in ResetControl() }).run(operations: 20_000, seed: 0xCF9)
        try Fuzz(offsets: -1..<3, make: { _ in PostCodePort() }).run(operations: 20_000, seed: 80)
        try Fuzz(offsets: -1..<3, make: { _ in ShutdownPort() }).run(operations: 20_000, seed: 8900)
    }
}
