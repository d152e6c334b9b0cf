import Testing
import Wiring

@testable import Chips

@Suite struct PCTestDeviceTests {
    @Test func portsKeepWhatIsWritten() {
        let device = PCTestDevice()
        device.write(offset: 0, width: .doubleword, value: 0x1234_5678)
        #expect(device.read(offset: 0, width: .doubleword) == 0x1234_5678)
        #expect(device.read(offset: 2, width: .word) == 0x1234)
        device.write(offset: 0, value: 0xFF)
        #expect(device.read(offset: 0, width: .doubleword) == 0x1234_56FF)
        device.write(offset: 4, width: .doubleword, value: 0x1000)
        #expect(device.read(offset: 4, width: .doubleword) == 0)
    }

    @Test func linesAreHeardWhenTheyChange() {
        let device = PCTestDevice()
        var heard: [String] = []
        device.onLine = { heard.append("\($0) \($1)") }
        device.write(offset: 32 + 3, width: .byte, value: 1)
        device.write(offset: 32 + 3, width: .doubleword, value: 1)
        device.write(offset: 32 + 3, width: .doubleword, value: 0)
        device.write(offset: 32 + 23, value: 1)
        device.reset()
        #expect(heard == ["3 true", "3 false", "23 true", "23 false"])
    }

    @Test func memoryKeepsWhatIsWritten() {
        let device = PCTestDevice()
        device.writeMemory(offset: 0xFFFF, value: 7)
        #expect(device.readMemory(offset: 0xFFFF) == 7)
        #expect(device.readMemory(offset: 0x1_0000) == 0xFF)
    }

    private var fuzz: Fuzz<PCTestDevice> { Fuzz(offsets: 0..<60, make: { _ in PCTestDevice() }) }

    @Test func randomAccessesAreHarmless() throws { try fuzz.run(operations: 5000, seed: 0xE0) }

    @Test func damagedStatesAreHarmless() throws { try fuzz.runHostileStates(count: 20, seed: 0xE1) }
}
