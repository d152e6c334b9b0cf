import Chips
import Testing
import Wiring

/// The PS/2 mouse behind its controller.
@Suite struct PS2MouseTests {
    let machine: KeyboardMachine

    init() {
        machine = KeyboardMachine(clock: Clock(rate: 100_000_000))
        machine.writeCommandByte(0x03)
    }

    private func set(rate: UInt8) {
        #expect(machine.mouseCommand(0xF3) == [0xFA])
        #expect(machine.mouseCommand(rate) == [0xFA])
    }

    /// Bytes of the packets that arrive within `samples` sample times of a hundredth of a second.
    private func packets(_ samples: Int = 3) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<samples {
            machine.clock.run(machine.clock.rate / 100)
            bytes += machine.drain()
        }
        return bytes
    }

    @Test func resetAndIdentifier() {
        #expect(machine.mouseCommand(0xFF) == [0xFA, 0xAA, 0x00])
        #expect(machine.mouseCommand(0xF2) == [0xFA, 0x00])
        for rate: UInt8 in [200, 100, 80] { set(rate: rate) }
        #expect(machine.mouseCommand(0xF2) == [0xFA, 0x03])
        for rate: UInt8 in [200, 200, 80] { set(rate: rate) }
        #expect(machine.mouseCommand(0xF2) == [0xFA, 0x04])
        _ = machine.mouseCommand(0xFF)
        #expect(machine.mouseCommand(0xF2) == [0xFA, 0x00])
    }

    @Test func noReportsBeforeEnable() {
        machine.mouse.move(dx: 5, dy: 5)
        #expect(packets() == [])
        #expect(machine.mouseCommand(0xF4) == [0xFA])
        #expect(packets() == [], "enabling clears the counters")
        machine.mouse.move(dx: 5, dy: 7)
        #expect(packets() == [0x28, 5, 0xF9])
        #expect(machine.mouseCommand(0xF5) == [0xFA])
        machine.mouse.move(dx: 1, dy: 1)
        #expect(packets() == [])
    }

    @Test func packetFieldsForAllMovements() {
        _ = machine.mouseCommand(0xEA)
        for dx in stride(from: -300, through: 300, by: 20) {
            for dy in stride(from: -300, through: 300, by: 20) {
                let buttons = PS2Mouse.Buttons(rawValue: UInt8((dx + dy + 600) / 20 & 7))
                machine.mouse.setButtons(buttons)
                machine.mouse.move(dx: dx, dy: -dy)
                let answer = machine.mouseCommand(0xEB)
                guard answer.count == 4 else {
                    Issue.record("\(answer)")
                    continue
                }
                let flags = answer[1]
                func counts(_ byte: UInt8, _ sign: UInt8) -> Int { Int(byte) - (flags & sign != 0 ? 256 : 0) }
                #expect(flags & 0x08 != 0 && flags & 7 == buttons.rawValue)
                #expect(counts(answer[2], 0x10) == min(max(dx, -256), 255))
                #expect(counts(answer[3], 0x20) == min(max(dy, -256), 255))
                #expect((flags & 0x40 != 0) == (dx < -256 || dx > 255))
                #expect((flags & 0x80 != 0) == (dy < -256 || dy > 255))
            }
        }
    }

    @Test func wheelAndButtons() {
        for rate: UInt8 in [200, 100, 80] { set(rate: rate) }
        _ = machine.mouseCommand(0xF4)
        machine.mouse.move(dx: 0, dy: 0, wheel: 1)
        #expect(packets() == [0x08, 0, 0, 1])
        machine.mouse.move(dx: 0, dy: 0, wheel: -2)
        #expect(packets() == [0x08, 0, 0, 0xFE])
        machine.mouse.move(dx: 0, dy: 0, wheel: 10)
        #expect(packets() == [0x08, 0, 0, 7, 0x08, 0, 0, 3])
        for rate: UInt8 in [200, 200, 80] { set(rate: rate) }
        machine.mouse.setButtons([.left, .fifth])
        #expect(packets() == [0x09, 0, 0, 0x20])
    }

    @Test func scaling() {
        _ = machine.mouseCommand(0xE7)
        _ = machine.mouseCommand(0xF4)
        for (counts, scaled) in [(1, 1), (2, 1), (3, 3), (4, 6), (5, 9), (6, 12), (50, 100), (-4, -6), (-7, -14)] {
            machine.mouse.move(dx: counts, dy: 0)
            #expect(packets() == [scaled < 0 ? 0x18 : 0x08, UInt8(truncatingIfNeeded: scaled), 0])
        }
        machine.mouse.move(dx: 5, dy: 0)
        machine.mouse.state.isReporting = false
        #expect(machine.mouseCommand(0xEB) == [0xFA, 0x08, 5, 0], "not on request")
        _ = machine.mouseCommand(0xE6)
        #expect(machine.mouseCommand(0xE9)[1] & 0x10 == 0)
    }

    @Test func statusRequest() {
        #expect(machine.mouseCommand(0xE9) == [0xFA, 0x00, 2, 100])
        _ = machine.mouseCommand(0xE8)
        #expect(machine.mouseCommand(3) == [0xFA])
        set(rate: 40)
        _ = machine.mouseCommand(0xE7)
        _ = machine.mouseCommand(0xF4)
        _ = machine.mouseCommand(0xF0)
        machine.mouse.setButtons([.left, .middle])
        #expect(machine.mouseCommand(0xE9) == [0xFA, 0x76, 3, 40])
        #expect(machine.mouseCommand(0xF6) == [0xFA])
        #expect(machine.mouseCommand(0xE9) == [0xFA, 0x06, 2, 100])
    }

    @Test func wrapModeEchoes() {
        #expect(machine.mouseCommand(0xEE) == [0xFA])
        for byte in UInt8.min...UInt8.max where byte != 0xEC && byte != 0xFF {
            #expect(machine.mouseCommand(byte) == [byte])
        }
        #expect(machine.mouseCommand(0xEC) == [0xFA])
        #expect(machine.mouseCommand(0xF2) == [0xFA, 0])
    }

    @Test func resendAndUnknownCommands() {
        #expect(machine.mouseCommand(0xF2) == [0xFA, 0x00])
        #expect(machine.mouseCommand(0xFE) == [0xFA, 0x00])
        #expect(machine.mouseCommand(0x12) == [0xFE])
        _ = machine.mouseCommand(0xF3)
        #expect(machine.mouseCommand(33) == [0xFE])
        _ = machine.mouseCommand(0xE8)
        #expect(machine.mouseCommand(4) == [0xFE])
    }

    @Test func sampleRateLimitsReports() {
        set(rate: 10)
        _ = machine.mouseCommand(0xF4)
        var bytes = 0
        for _ in 0..<1000 {
            machine.mouse.move(dx: 1, dy: 0)
            machine.clock.run(machine.clock.rate / 1000)
            while machine.kbc.read(offset: 1) & 1 != 0 { _ = machine.kbc.read(offset: 0); bytes += 1 }
        }
        #expect((27...33).contains(bytes), "ten packets a second, \(bytes) bytes")
    }

    @Test func unreadMovementAddsUp() {
        _ = machine.mouseCommand(0xF4)
        for _ in 0..<50 {
            machine.mouse.move(dx: 2, dy: 0)
            machine.clock.run(1000)
        }
        machine.clock.run(machine.clock.rate)
        let bytes = packets(5)
        #expect(bytes.count % 3 == 0)
        let total = stride(from: 0, to: bytes.count, by: 3).reduce(0) { $0 + Int(bytes[$1 + 1]) }
        #expect(total == 100)
    }

    @Test func extremesOfMovementDoNotTrap() {
        _ = machine.mouseCommand(0xF4)
        for value in [Int.min, Int.max, Int.min, 0] {
            machine.mouse.move(dx: value, dy: value, wheel: value)
            machine.mouse.move(dx: -1, dy: -1, wheel: -1)
        }
        #expect(packets().count >= 3)
    }
}
