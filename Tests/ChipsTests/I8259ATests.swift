import Chips
import Testing
import Wiring

/// The 8259A in the words of its datasheet (231468).
@Suite struct I8259ATests {
    private func make(isMaster: Bool = true, ICW2: UInt8 = 0x20, ICW4: UInt8 = 0x01, IMR: UInt8 = 0) -> I8259A {
        let pic = I8259A(name: "pic", isMaster: isMaster)
        initialize(pic, ICW2: ICW2, ICW3: isMaster ? 0x04 : 0x02, ICW4: ICW4, IMR: IMR)
        return pic
    }

    private func initialize(_ pic: I8259A, ICW1: UInt8 = 0x11, ICW2: UInt8, ICW3: UInt8, ICW4: UInt8, IMR: UInt8) {
        pic.write(offset: 0, value: ICW1)
        for value in [ICW2, ICW3, ICW4, IMR] { pic.write(offset: 1, value: value) }
    }

    private func pair(ICW4: UInt8 = 0x01) -> (master: I8259A, slave: I8259A) {
        let master = make(ICW2: 0x20, ICW4: ICW4)
        let slave = make(isMaster: false, ICW2: 0x28)
        master.connect(slave: slave, at: 2)
        return (master, slave)
    }

    private func readISR(_ pic: I8259A) -> UInt8 {
        pic.write(offset: 0, value: 0x0B)
        return pic.read(offset: 0)
    }

    private func readIRR(_ pic: I8259A) -> UInt8 {
        pic.write(offset: 0, value: 0x0A)
        return pic.read(offset: 0)
    }

    @Test func everyLineHasItsVector() {
        for base in stride(from: UInt8(0), through: 0xF8, by: 8) {
            let pic = make(ICW2: base | 5)
            for line in 0..<8 {
                #expect(!pic.intr.isHigh)
                pic.setInput(line, true)
                #expect(pic.intr.isHigh)
                #expect(readIRR(pic) == 1 << UInt8(line))
                #expect(pic.acknowledge() == (line == 2 ? 0xFF : base + UInt8(line)), "IR2 belongs to an absent slave")
                #expect(readISR(pic) == 1 << UInt8(line))
                #expect(readIRR(pic) == 0)
                pic.write(offset: 0, value: 0x20)
                pic.setInput(line, false)
                #expect(readISR(pic) == 0)
            }
        }
    }

    @Test func prioritiesForEveryCombination() {
        let pic = make()
        var state = pic.state
        state.ICW3 = 0
        for lowest in UInt8(0)..<8 {
            for request in UInt8.min...UInt8.max {
                for inService in stride(from: UInt8(0), through: 0xFF, by: 5) {
                    let mask = UInt8(truncatingIfNeeded: Int(request) &* 37 &+ Int(inService) &* 11)
                    state.lowestPriority = lowest
                    state.edges = request
                    state.inputs = request
                    state.ISR = inService
                    state.IMR = mask
                    pic.state = state
                    func best(_ bits: UInt8) -> Int {
                        (0..<8).filter { bits >> ((UInt8($0) + lowest + 1) & 7) & 1 != 0 }.min() ?? 8
                    }
                    let winner = best(request & ~mask)
                    let expected = winner < best(inService)
                    let free = (0..<8).filter { (request & ~mask) >> UInt8($0) & 1 != 0 && pic.obstacle(to: $0) == nil }
                    if free.isEmpty == expected { Issue.record("what holds back, and what is requested: \(state)") }
                    if pic.intr.isHigh != expected { Issue.record("lowest \(lowest) IRR \(request) ISR \(inService) IMR \(mask)") }
                    if expected && pic.acknowledge() != 0x20 + (UInt8(winner) + lowest + 1) & 7 {
                        Issue.record("wrong winner: lowest \(lowest) IRR \(request) ISR \(inService) IMR \(mask)")
                    }
                }
            }
        }
    }

    @Test func ICW1ResetsEdgeSenseMaskPriorityAndReadSelection() {
        let pic = make(IMR: 0xAA)
        pic.write(offset: 0, value: 0xC3)  // set priority: IR3 lowest
        pic.write(offset: 0, value: 0x0B)  // read ISR
        pic.write(offset: 0, value: 0x68)  // special mask mode
        pic.setInput(0, true)
        pic.write(offset: 0, value: 0x11)
        #expect(!pic.intr.isHigh)
        for value: UInt8 in [0x40, 0, 1] { pic.write(offset: 1, value: value) }
        #expect(pic.read(offset: 1) == 0, "the interrupt mask register is cleared")
        #expect(pic.read(offset: 0) == 0, "an input must make a low-to-high transition after initialization")
        #expect(!pic.state.specialMaskMode && pic.state.lowestPriority == 7 && !pic.state.readsISR)
        pic.setInput(0, false)
        pic.setInput(0, true)
        #expect(pic.acknowledge() == 0x40)
    }

    @Test func ICWSequencesBySNGLAndIC4() {
        // SNGL without ICW4: only ICW2 follows, and all functions of ICW4 are zero: the 8080's call address.
        let pic = I8259A(name: "pic", isMaster: true)
        pic.write(offset: 0, value: 0x12)
        pic.write(offset: 1, value: 0x55)
        pic.write(offset: 1, value: 0xFE)
        #expect(pic.read(offset: 1) == 0xFE, "the next write is OCW1 again")
        #expect(pic.state.ICW4 == 0)
        // SNGL with ICW4.
        pic.write(offset: 0, value: 0x13)
        pic.write(offset: 1, value: 0x60)
        pic.write(offset: 1, value: 0x03)
        pic.write(offset: 1, value: 0x81)
        #expect(pic.read(offset: 1) == 0x81 && pic.state.ICW4 == 3 && pic.state.ICW2 == 0x60)
        // A slave remembers its number from ICW3.
        let slave = make(isMaster: false)
        #expect(slave.state.ICW3 == 2)
    }

    @Test func callAddressOfThe8080Mode() {
        for (ICW1, interval) in [(UInt8(0xF6), 4), (0xF2, 8)] {
            let pic = I8259A(name: "pic", isMaster: true)
            pic.write(offset: 0, value: ICW1)
            pic.write(offset: 1, value: 0)
            for line in 0..<8 {
                pic.setInput(line, true)
                let base = interval == 4 ? 0xE0 : 0xC0
                #expect(Int(pic.acknowledge()) == base + line * interval)
                pic.write(offset: 0, value: 0x20)
            }
        }
    }

    @Test func requestThatFallsBeforeAcknowledgeGivesTheDefaultIR7() {
        let pic = make()
        pic.setInput(3, true)
        pic.setInput(3, false)
        #expect(!pic.intr.isHigh)
        #expect(pic.acknowledge() == 0x27)
        #expect(readISR(pic) == 0, "a default IR7 sets no in-service bit")
        // A normal IR7 does.
        pic.setInput(7, true)
        #expect(pic.acknowledge() == 0x27)
        #expect(readISR(pic) == 0x80)
    }

    @Test func spuriousIRQ15() {
        let (master, slave) = pair()
        slave.setInput(4, true)
        slave.state.edges = 0
        master.setInput(2, true)
        #expect(master.acknowledge() == 0x2F)
        #expect(readISR(slave) == 0)
        #expect(readISR(master) == 0x04, "the master sees a real request of its slave: it needs an EOI")
    }

    @Test func edgeModeNeedsANewEdge() {
        let pic = make()
        pic.setInput(1, true)
        #expect(pic.acknowledge() == 0x21)
        pic.write(offset: 0, value: 0x20)
        #expect(!pic.intr.isHigh)
        pic.setInput(1, true)
        #expect(!pic.intr.isHigh)
        pic.setInput(1, false)
        pic.setInput(1, true)
        #expect(pic.intr.isHigh)
    }

    @Test func levelModeAsksAgainAfterEOI() {
        for useELCR in [true, false] {
            let pic = I8259A(name: "pic", isMaster: true)
            initialize(pic, ICW1: useELCR ? 0x11 : 0x19, ICW2: 0x20, ICW3: 0, ICW4: 1, IMR: 0)
            if useELCR { pic.write(offset: 2, value: 0x20) }
            pic.setInput(5, true)
            #expect(pic.acknowledge() == 0x25)
            #expect(!pic.intr.isHigh)
            pic.write(offset: 0, value: 0x20)
            #expect(pic.intr.isHigh)
            pic.setInput(5, false)
            #expect(!pic.intr.isHigh)
        }
    }

    @Test func ELCRKeepsReservedBitsClear() {
        let (master, slave) = pair()
        master.write(offset: 2, value: 0xFF)
        slave.write(offset: 2, value: 0xFF)
        #expect(master.read(offset: 2) == 0xF8)
        #expect(slave.read(offset: 2) == 0xDE)
    }

    @Test func maskedRequestWaits() {
        let pic = make(IMR: 0xFF)
        pic.setInput(6, true)
        #expect(!pic.intr.isHigh)
        #expect(readIRR(pic) == 0x40)
        pic.write(offset: 1, value: 0xBF)
        #expect(pic.intr.isHigh)
    }

    @Test func fullyNested() {
        let pic = make()
        pic.setInput(4, true)
        #expect(pic.acknowledge() == 0x24)
        pic.setInput(6, true)
        #expect(!pic.intr.isHigh, "lower priority")
        pic.setInput(1, true)
        #expect(pic.intr.isHigh, "higher priority")
        #expect(pic.acknowledge() == 0x21)
        #expect(readISR(pic) == 0x12)
        pic.write(offset: 0, value: 0x20)
        #expect(readISR(pic) == 0x10, "a non-specific EOI ends the highest level")
        pic.write(offset: 0, value: 0x20)
        #expect(pic.acknowledge() == 0x26)
    }

    @Test func specificEOI() {
        let pic = make()
        for line in [5, 3, 1] {
            pic.setInput(line, true)
            _ = pic.acknowledge()
        }
        #expect(readISR(pic) == 0x2A)
        pic.write(offset: 0, value: 0x60 | 3)
        #expect(readISR(pic) == 0x22)
        pic.write(offset: 0, value: 0x60 | 5)
        #expect(readISR(pic) == 0x02)
    }

    @Test func rotations() {
        // Automatic rotation: the level just serviced gets the lowest priority.
        let pic = make()
        pic.setInput(4, true)
        pic.setInput(6, true)
        #expect(pic.acknowledge() == 0x24)
        pic.write(offset: 0, value: 0xA0)
        #expect(pic.state.lowestPriority == 4)
        pic.setInput(5, true)
        #expect(pic.acknowledge() == 0x25, "5 is the highest now")
        // Specific rotation with EOI and without.
        pic.write(offset: 0, value: 0xE0 | 5)
        #expect(pic.state.lowestPriority == 5 && readISR(pic) == 0)
        for level in UInt8(0)..<8 {
            pic.write(offset: 0, value: 0xC0 | level)
            #expect(pic.state.lowestPriority == level)
        }
        // "No operation" does nothing.
        let before = pic.state
        pic.write(offset: 0, value: 0x40 | 3)
        #expect(pic.state == before)
    }

    @Test func automaticEOI() {
        let pic = make(ICW4: 0x03)
        pic.setInput(3, true)
        #expect(pic.acknowledge() == 0x23)
        #expect(readISR(pic) == 0)
        pic.write(offset: 0, value: 0x80)
        pic.setInput(5, true)
        #expect(pic.acknowledge() == 0x25)
        #expect(pic.state.lowestPriority == 5, "rotate in automatic EOI mode")
        pic.write(offset: 0, value: 0x00)
        pic.setInput(6, true)
        _ = pic.acknowledge()
        #expect(pic.state.lowestPriority == 5)
    }

    @Test func specialMaskMode() {
        let pic = make()
        pic.setInput(2, true)
        var state = pic.state
        state.ICW3 = 0
        pic.state = state
        _ = pic.acknowledge()
        pic.setInput(5, true)
        #expect(!pic.intr.isHigh)
        pic.write(offset: 1, value: 0x04)
        #expect(!pic.intr.isHigh, "masking alone does not help")
        #expect(pic.obstacle(to: 5) == .inService(2) && pic.obstacle(to: 2) == .masked && pic.obstacle(to: 1) == nil)
        pic.write(offset: 0, value: 0x68)
        #expect(pic.intr.isHigh, "all other levels are enabled, lower ones, too")
        #expect(pic.obstacle(to: 5) == nil)
        #expect(pic.acknowledge() == 0x25)
        #expect(
            pic.obstacle(to: 5) == .inService(5) && pic.obstacle(to: 6) == .inService(5),
            "a level in service that is not masked holds back")
        pic.write(offset: 0, value: 0x20)
        #expect(readISR(pic) == 0x04, "a masked in-service bit is not cleared by a non-specific EOI")
        pic.write(offset: 0, value: 0x48)
        #expect(!pic.state.specialMaskMode)
        pic.write(offset: 0, value: 0x28)
        #expect(!pic.state.specialMaskMode, "SMM without ESMM is ignored")
    }

    @Test func pollCommand() {
        let pic = make()
        pic.setInput(6, true)
        pic.setInput(3, true)
        pic.write(offset: 0, value: 0x0C)
        #expect(pic.peek(offset: 0) == 0x83)
        #expect(pic.read(offset: 0) == 0x83)
        #expect(readISR(pic) == 0x08)
        pic.write(offset: 0, value: 0x20)
        pic.write(offset: 0, value: 0x0C)
        #expect(pic.read(offset: 1) == 0x86, "the next read of either address is the poll")
        pic.write(offset: 0, value: 0x20)
        pic.write(offset: 0, value: 0x0C)
        #expect(pic.read(offset: 0) & 0x80 == 0, "nothing to service")
    }

    @Test func cascade() {
        let (master, slave) = pair()
        for line in 0..<8 {
            slave.setInput(line, true)
            #expect(master.intr.isHigh)
            #expect(master.acknowledge() == 0x28 + UInt8(line))
            #expect(readISR(master) == 0x04)
            #expect(readISR(slave) == 1 << UInt8(line))
            slave.write(offset: 0, value: 0x20)
            master.write(offset: 0, value: 0x20)
            slave.setInput(line, false)
        }
    }

    @Test func slaveWithTwoRequestsAsksTheMasterTwice() {
        let (master, slave) = pair()
        slave.setInput(1, true)
        slave.setInput(6, true)
        #expect(master.acknowledge() == 0x29)
        slave.write(offset: 0, value: 0x20)
        master.write(offset: 0, value: 0x20)
        #expect(master.intr.isHigh)
        #expect(master.acknowledge() == 0x2E)
    }

    @Test func slaveInAutomaticEOIStillMakesAnEdgeForTheMaster() {
        let (master, slave) = pair()
        slave.write(offset: 0, value: 0x11)
        for value: UInt8 in [0x28, 2, 3, 0] { slave.write(offset: 1, value: value) }
        slave.setInput(1, true)
        slave.setInput(6, true)
        #expect(master.acknowledge() == 0x29)
        master.write(offset: 0, value: 0x20)
        #expect(master.intr.isHigh)
        #expect(master.acknowledge() == 0x2E)
    }

    @Test func specialFullyNestedModeLetsTheSlavesHigherLevelsThrough() {
        for (ICW4, expected) in [(UInt8(0x01), false), (0x11, true)] {
            let (master, slave) = pair(ICW4: ICW4)
            slave.setInput(5, true)
            #expect(master.acknowledge() == 0x2D)
            slave.setInput(2, true)
            #expect(master.intr.isHigh == expected)
            #expect(master.obstacle(to: 2) == (expected ? nil : .inService(2)))
            if expected { #expect(master.acknowledge() == 0x2A) }
            master.setInput(4, true)
            #expect(master.intr.isHigh == false, "lower levels of the master stay locked out")
        }
    }

    @Test func fuzz() throws {
        for isMaster in [true, false] {
            let fuzz = Fuzz(
                offsets: -1..<4,
                make: { _ in I8259A(name: "pic", isMaster: isMaster) },
                host: { pic, number in
                    if number & 0x30 == 0 { _ = pic.acknowledge() } else { pic.setInput(Int(number & 7), number & 8 != 0) }
                },
                wires: { [$0.intr.isHigh] }
            )
            try fuzz.run(seed: 8259)
            try fuzz.runHostileStates(seed: 8259)
        }
    }
}
