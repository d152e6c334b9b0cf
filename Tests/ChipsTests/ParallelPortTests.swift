import Testing
import Wiring

@testable import Chips

@Suite struct ParallelPortTests {
    private let clock = Clock(rate: 100_000_000)

    private func port() -> (ParallelPort, () -> [UInt8]) {
        let port = ParallelPort(clock: clock)
        var bytes: [UInt8] = []
        port.onByte = { bytes.append($0) }
        return (port, { bytes })
    }

    @Test func aRisingStrobeHandsTheLatchOver() {
        let (port, printed) = port()
        #expect(port.read(offset: 1) == 0xD8)
        port.write(offset: 0, value: 0x41)
        #expect(port.read(offset: 0) == 0x41)
        port.write(offset: 2, value: 0x0C)
        #expect(printed() == [])
        port.write(offset: 2, value: 0x0D)
        #expect(printed() == [0x41])
        #expect(port.read(offset: 1) == 0x18, "busy, ACK# low")
        clock.run(clock.ticks(microseconds: 5))
        #expect(port.read(offset: 1) == 0xD8)
        // STROBE stays: no second byte.
        port.write(offset: 2, value: 0x0D)
        #expect(printed() == [0x41])
        #expect(port.read(offset: 2) == 0xED)
    }

    @Test func theAcknowledgementInterruptsWhereItMay() {
        let (port, _) = port()
        port.write(offset: 2, value: 0x0D)
        clock.run(1000)
        #expect(!port.irq.isHigh)
        port.write(offset: 2, value: 0x1C)
        port.write(offset: 2, value: 0x1D)
        #expect(!port.irq.isHigh)
        clock.run(1000)
        #expect(port.irq.isHigh)
        _ = port.read(offset: 1)
        #expect(!port.irq.isHigh)
    }

    private var fuzz: Fuzz<ParallelPort> {
        Fuzz(offsets: 0..<4, make: { ParallelPort(clock: $0) }, wires: { [$0.irq.isHigh] })
    }

    @Test func randomAccessesAreHarmless() throws { try fuzz.run(seed: 378) }

    @Test func damagedStatesAreHarmless() throws { try fuzz.runHostileStates(seed: 379) }
}
