import Chips
import Testing
import Wiring

/// The NS16550A in the words of its datasheet (PC16550D).
@Suite struct NS16550ATests {
    private final class Line {
        var sent: [(byte: UInt8, tick: UInt64)] = []
        var bytes: [UInt8] { sent.map(\.byte) }
    }

    /// One tick is one cycle of XIN; 115,200 baud, 8 data bits, no parity, 1 stop bit; OUT2 on.
    private func make(FCR: UInt8 = 0, IER: UInt8 = 0) -> (NS16550A, Clock, Line) {
        let clock = Clock(rate: NS16550A.frequency)
        let uart = NS16550A(name: "com1", clock: clock)
        let line = Line()
        uart.onTransmit = { line.sent.append(($0, clock.now)) }
        setDivisor(uart, 1)
        uart.write(offset: 2, value: FCR)
        uart.write(offset: 1, value: IER)
        uart.write(offset: 4, value: 0x0B)
        return (uart, clock, line)
    }

    private func setDivisor(_ uart: NS16550A, _ divisor: Int, LCR: UInt8 = 0x03) {
        uart.write(offset: 3, value: LCR | 0x80)
        uart.write(offset: 0, value: UInt8(divisor & 0xFF))
        uart.write(offset: 1, value: UInt8(divisor >> 8))
        uart.write(offset: 3, value: LCR)
    }

    private let character: UInt64 = 160

    private func receive(_ uart: NS16550A, _ clock: Clock, _ bytes: [UInt8]) {
        for byte in bytes { uart.receive(byte) }
        clock.run(character * UInt64(bytes.count))
    }

    @Test func registersAfterReset() {
        let clock = Clock(rate: 1_000_000)
        let uart = NS16550A(name: "com1", clock: clock)
        #expect((1..<7).map { uart.read(offset: $0) } == [0, 1, 0, 0, 0x60, 0xB0])
        for value in UInt8.min...UInt8.max {
            uart.write(offset: 7, value: value)
            #expect(uart.read(offset: 7) == value)
            uart.write(offset: 1, value: value)
            #expect(uart.read(offset: 1) == value & 0x0F)
            uart.write(offset: 4, value: value)
            #expect(uart.read(offset: 4) == value & 0x1F)
            uart.write(offset: 3, value: value)
            #expect(uart.read(offset: 3) == value)
            uart.write(offset: 3, value: 0)
        }
    }

    @Test func divisorLatchHidesDataAndInterruptEnable() {
        let (uart, _, _) = make(IER: 5)
        setDivisor(uart, 0x1234)
        #expect(uart.read(offset: 1) == 5)
        uart.write(offset: 3, value: 0x83)
        #expect(uart.read(offset: 0) == 0x34)
        #expect(uart.read(offset: 1) == 0x12)
    }

    @Test func characterTimeFollowsDivisorAndFormat() {
        for divisor in [1, 2, 12, 96, 384] {
            for LCR in UInt8(0)..<64 {
                let (uart, clock, line) = make()
                setDivisor(uart, divisor, LCR: LCR)
                uart.write(offset: 0, value: 0x55)
                uart.write(offset: 0, value: 0xAA)
                var bits = 1 + 5 + Int(LCR & 3) + 1
                if LCR & 4 != 0 { bits += 1 }
                if LCR & 8 != 0 { bits += 1 }
                clock.run(UInt64(16 * divisor * (bits + 1)) - 1)
                #expect(line.bytes.isEmpty)
                clock.run(1)
                #expect(line.bytes.count == 1)
                clock.run(UInt64(16 * divisor * bits))
            }
        }
    }

    @Test func transmitterStatusBits() {
        let (uart, clock, line) = make()
        #expect(uart.read(offset: 5) == 0x60)
        uart.write(offset: 0, value: 0x41)
        #expect(uart.read(offset: 5) == 0x00)
        clock.run(16)
        #expect(uart.read(offset: 5) == 0x20, "THR empty, shift register busy")
        uart.write(offset: 0, value: 0x42)
        #expect(uart.read(offset: 5) == 0x00)
        clock.run(character)
        #expect(uart.read(offset: 5) == 0x20)
        clock.run(character)
        #expect(uart.read(offset: 5) == 0x60)
        #expect(line.bytes == [0x41, 0x42])
    }

    @Test func transmitFIFOHoldsSixteen() {
        let (uart, clock, line) = make(FCR: 1)
        for byte in UInt8(0)..<20 { uart.write(offset: 0, value: byte) }
        clock.run(character * 30)
        #expect(line.bytes == Array(0..<16), "a full FIFO loses what is written")
    }

    /// Each byte that is written without room is counted, once for the place; not in loopback, where drivers measure the FIFO.
    @Test(arguments: [UInt8(0), 1]) func bytesWithoutRoomAreCounted(FCR: UInt8) {
        let (uart, _, _) = make(FCR: FCR)
        let complaints = Complaints()
        uart.diagnostics = complaints
        let room = FCR == 0 ? 1 : 16
        for byte in 0..<UInt8(room + 3) { uart.write(offset: 0, value: byte) }
        #expect(complaints.list.count == 3)
        #expect(complaints.list.allSatisfy { $0.unit == "bytes lost" && $0.message.contains("LSR bit 5") })
        uart.write(offset: 4, value: 0x1B)
        for byte in 0..<UInt8(20) { uart.write(offset: 0, value: byte) }
        #expect(complaints.list.count == 3)
    }

    /// What a write to FCR throws away is lost as well.
    @Test func bytesThatFCRClearsAreCounted() {
        let (uart, clock, line) = make(FCR: 1)
        let complaints = Complaints()
        uart.diagnostics = complaints
        for byte in 0..<UInt8(5) { uart.write(offset: 0, value: byte) }
        clock.run(16)
        uart.write(offset: 2, value: 0x05)
        #expect(complaints.list.count == 4 && complaints.list.allSatisfy { $0.message.contains("LSR bit 6") })
        clock.run(character * 6)
        #expect(line.bytes == [0])
        receive(uart, clock, [7, 8])
        uart.write(offset: 2, value: 0x03)
        #expect(complaints.list.count == 6 && complaints.list.suffix(2).allSatisfy { $0.message.contains("nobody has read") })
        uart.write(offset: 2, value: 0x07)
        #expect(complaints.list.count == 6, "empty FIFOs lose nothing")
    }

    /// `--serial-pace instant`: the transmitter is ready behind each write, loses nothing, and interrupts each time.
    @Test func theInstantPaceIsReadyAtOnce() {
        let (uart, _, line) = make(IER: 2)
        let complaints = Complaints()
        uart.diagnostics = complaints
        uart.transmitPace = .instant
        for byte in 0..<UInt8(40) {
            uart.write(offset: 0, value: byte)
            #expect(uart.read(offset: 5) == 0x60 && uart.irq.isHigh)
            #expect(uart.read(offset: 2) == 0x02)
        }
        #expect(line.bytes == Array(0..<40) && complaints.list.isEmpty)
    }

    /// A machine that ends lets out what was accepted, in order, and once.
    @Test func anEndDrainsTheTransmitter() {
        let (uart, clock, line) = make(FCR: 1)
        for byte in 0..<UInt8(5) { uart.write(offset: 0, value: byte) }
        clock.run(16 + character)
        #expect(line.bytes == [0] && uart.untransmitted == [1, 2, 3, 4])
        uart.finishTransmission()
        #expect(line.bytes == [0, 1, 2, 3, 4] && uart.untransmitted.isEmpty)
        uart.finishTransmission()
        clock.run(character * 10)
        #expect(line.bytes == [0, 1, 2, 3, 4])
    }

    @Test func transmitterNeverCompletesAtTheSameTick() {
        let (uart, clock, line) = make()
        uart.transmitPace = .ticks(1)
        uart.write(offset: 0, value: 1)
        clock.fireDueEvents()
        #expect(line.bytes.isEmpty)
        clock.run(2)
        #expect(line.bytes == [1])
    }

    @Test func THREInterrupt() {
        let (uart, clock, _) = make()
        #expect(!uart.irq.isHigh)
        uart.write(offset: 1, value: 0x02)
        #expect(uart.irq.isHigh, "enabling it while THRE is set asks at once")
        #expect(uart.peek(offset: 2) == 0x02)
        #expect(uart.read(offset: 2) == 0x02)
        #expect(!uart.irq.isHigh, "reset by reading the IIR")
        #expect(uart.read(offset: 2) == 0x01)
        uart.write(offset: 0, value: 0x41)
        clock.run(15)
        #expect(!uart.irq.isHigh)
        clock.run(1)
        #expect(uart.irq.isHigh)
        uart.write(offset: 0, value: 0x42)
        #expect(!uart.irq.isHigh, "or by writing the THR")
        uart.write(offset: 1, value: 0)
        clock.run(1000)
        #expect(!uart.irq.isHigh)
    }

    @Test func receivedDataInterruptByTriggerLevel() {
        for (code, level) in [1, 4, 8, 14].enumerated() {
            let (uart, clock, _) = make(FCR: UInt8(code << 6) | 1, IER: 1)
            for count in 1...16 {
                receive(uart, clock, [UInt8(count)])
                #expect(uart.read(offset: 5) & 1 == 1)
                #expect(uart.irq.isHigh == (count >= level))
                #expect(uart.read(offset: 2) == (count >= level ? 0xC4 : 0xC1))
            }
            for count in 1...16 {
                #expect(uart.read(offset: 0) == UInt8(count))
                #expect(uart.irq.isHigh == (16 - count >= level), "the interrupt ends below the trigger level")
            }
            #expect(uart.read(offset: 5) & 1 == 0)
        }
    }

    @Test func characterTimeout() {
        let (uart, clock, _) = make(FCR: 0xC1, IER: 1)
        receive(uart, clock, [7, 8])
        clock.run(4 * character - 1)
        #expect(!uart.irq.isHigh)
        clock.run(1)
        #expect(uart.irq.isHigh)
        #expect(uart.read(offset: 2) == 0xCC)
        #expect(uart.read(offset: 0) == 7)
        #expect(!uart.irq.isHigh, "a read restarts the timeout")
        clock.run(4 * character)
        #expect(uart.irq.isHigh)
        #expect(uart.read(offset: 0) == 8)
        clock.run(100 * character)
        #expect(!uart.irq.isHigh, "no timeout of an empty FIFO")
    }

    @Test func interruptPriorities() {
        // Make all four pending in loopback, then end them from the highest on.
        let (uart, clock, _) = make()
        uart.write(offset: 4, value: 0x10)
        uart.write(offset: 0, value: 1)
        clock.run(2 * character)
        uart.write(offset: 0, value: 2)
        clock.run(2 * character)
        _ = uart.read(offset: 6)
        uart.write(offset: 4, value: 0x13)
        uart.write(offset: 1, value: 0x0F)
        #expect(uart.read(offset: 2) == 0x06)
        #expect(uart.read(offset: 5) & 0x1E == 0x02, "overrun")
        #expect(uart.read(offset: 2) == 0x04)
        #expect(uart.read(offset: 0) == 2, "the new character destroyed the old one")
        #expect(uart.read(offset: 2) == 0x02)
        #expect(uart.read(offset: 2) == 0x00)
        #expect(uart.read(offset: 6) & 0x0F == 0x03)
        #expect(uart.read(offset: 2) == 0x01)
    }

    @Test func enableBitsMaskEachInterrupt() {
        for IER in UInt8(0)..<16 {
            let (uart, clock, _) = make()
            uart.write(offset: 4, value: 0x10)
            for byte: UInt8 in [1, 2] {
                uart.write(offset: 0, value: byte)
                clock.run(2 * character)
            }
            uart.write(offset: 4, value: 0x13)
            uart.write(offset: 1, value: IER)
            let expected: UInt8 =
                IER & 4 != 0 ? 0x06 : IER & 1 != 0 ? 0x04 : IER & 2 != 0 ? 0x02 : IER & 8 != 0 ? 0x00 : 0x01
            #expect(uart.read(offset: 2) == expected)
        }
    }

    @Test func modemStatusDeltas() {
        let (uart, _, _) = make(IER: 8)
        #expect(uart.read(offset: 6) == 0xB0)
        let all: [NS16550A.ModemStatus] = [.CTS, .DSR, .RI, .DCD]
        let deltas: [UInt8] = [1, 2, 4, 8]
        for (index, input) in all.enumerated() {
            for _ in 0..<2 {
                uart.setModemInputs(uart.state.modemInputs.symmetricDifference(input))
                let isRisingRI = input == .RI && uart.state.modemInputs.contains(.RI)
                #expect(uart.irq.isHigh == !isRisingRI, "TERI is the trailing edge only")
                #expect(uart.read(offset: 6) & 0x0F == (isRisingRI ? 0 : deltas[index]))
                #expect(!uart.irq.isHigh)
            }
        }
    }

    @Test func loopbackConnectsOutputsToInputs() {
        let (uart, clock, line) = make()
        for MCR in UInt8(0)..<16 {
            uart.write(offset: 4, value: 0x10 | MCR)
            let expected = (MCR & 2) << 3 | (MCR & 1) << 5 | (MCR & 4) << 4 | (MCR & 8) << 4
            #expect(uart.read(offset: 6) & 0xF0 == expected)
        }
        uart.write(offset: 0, value: 0x77)
        clock.run(2 * character)
        #expect(line.bytes.isEmpty, "the transmitter's output is set to marking")
        #expect(uart.read(offset: 0) == 0x77)
        uart.write(offset: 4, value: 0x0B)
        #expect(uart.read(offset: 6) & 0xF0 == 0xB0)
    }

    @Test func interruptIsGatedByOUT2() {
        let (uart, _, _) = make(IER: 2)
        #expect(uart.irq.isHigh)
        uart.write(offset: 4, value: 0x03)
        #expect(!uart.irq.isHigh)
        #expect(uart.peek(offset: 2) == 0x02)
        uart.write(offset: 4, value: 0x08)
        #expect(uart.irq.isHigh)
    }

    @Test func FIFOControl() {
        let (uart, clock, _) = make(FCR: 1)
        #expect(uart.read(offset: 2) == 0xC1)
        receive(uart, clock, [1, 2, 3])
        uart.write(offset: 2, value: 0x03)
        #expect(uart.read(offset: 5) & 1 == 0, "receiver FIFO reset")
        receive(uart, clock, [4])
        uart.write(offset: 2, value: 0)
        #expect(uart.read(offset: 2) == 0x01)
        #expect(uart.read(offset: 5) & 1 == 0, "changing modes clears the FIFOs")
    }

    @Test func hostQueueIsBoundedAndLosesNothing() {
        let clock = Clock(rate: NS16550A.frequency)
        let uart = NS16550A(name: "com1", clock: clock, receiveCapacity: 32)
        setDivisor(uart, 1)
        uart.write(offset: 2, value: 1)
        var accepted: [UInt8] = []
        for byte in UInt8(0)..<100 where uart.receive(byte) { accepted.append(byte) }
        #expect(accepted.count == 32 && !uart.canReceive)
        clock.run(100 * character)
        #expect(uart.read(offset: 5) & 2 == 0, "no overrun")
        var got: [UInt8] = []
        while got.count < 32, uart.read(offset: 5) & 1 != 0 {
            got.append(uart.read(offset: 0))
            clock.run(character)
        }
        #expect(got == accepted)
    }

    @Test func bytesArriveAtCharacterTime() {
        let (uart, clock, _) = make()
        uart.receive(0x31)
        clock.run(character - 1)
        #expect(uart.read(offset: 5) & 1 == 0)
        clock.run(1)
        #expect(uart.read(offset: 5) & 1 == 1)
    }

    @Test func fuzz() throws {
        let fuzz = Fuzz(
            offsets: -1..<9, longestWait: 20_000, rate: 10_000_000,
            make: { clock in
                let uart = NS16550A(name: "com1", clock: clock)
                uart.onTransmit = { _ in }
                return uart
            },
            host: { uart, number in
                if number & 3 == 0 {
                    uart.setModemInputs(.init(rawValue: UInt8(truncatingIfNeeded: number >> 8)))
                } else {
                    uart.receive(UInt8(truncatingIfNeeded: number >> 8))
                }
            },
            wires: { [$0.irq.isHigh] }
        )
        try fuzz.run(seed: 16550)
        try fuzz.runHostileStates(seed: 16550)
    }
}
