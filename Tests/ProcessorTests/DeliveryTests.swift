import TestKit
import Testing

@testable import Processor

/// The way of an interrupt or exception to its handler: SDM Vol. 3A, sections 6.11 to 6.15. A kernel's view of it is `testroms/system/exceptions.asm` and
/// `gates.asm`.
@Suite struct DeliveryTests {
    private static let int30: [UInt8] = [0xCD, 0x30]
    private static let ud2: [UInt8] = [0x0F, 0x0B]

    @Test func theFrameOfTheSameRing() {
        let bench = ProtectedBench()
        bench.state.eflags = [.IF, .CF]
        bench.step(Self.int30)
        #expect(Int(bench.state.rip) == bench.handler(0x30))
        #expect(Int(bench.state.rsp) == ProtectedBench.Place.stack - 12)
        #expect(bench.stack(3) == [UInt32(ProtectedBench.Place.code) + 2, UInt32(ProtectedBench.Selector.code), 0x203])
        #expect(!bench.state.eflags.contains(.IF), "an interrupt gate clears IF")
        bench.setGate(0x30, type: 0x8F)
        bench.state = bench.ring0
        bench.state.eflags = .IF
        bench.step(Self.int30)
        #expect(bench.state.eflags.contains(.IF), "a trap gate leaves it")
    }

    @Test func theFrameOfAnInnerRing() {
        let bench = ProtectedBench()
        bench.setGate(0x30, type: 0xEE)
        bench.state = bench.ring3
        bench.step(Self.int30)
        #expect(bench.state.cpl == 0 && bench.state.ss.selector == ProtectedBench.Selector.data)
        #expect(Int(bench.state.rsp) == ProtectedBench.Place.innerStack - 20)
        #expect(
            bench.stack(5) == [
                UInt32(ProtectedBench.Place.code) + 2, UInt32(ProtectedBench.Selector.userCode), 2,
                UInt32(ProtectedBench.Place.stack), UInt32(ProtectedBench.Selector.userData),
            ])
    }

    @Test func gatesThatDoNot() {
        let bench = ProtectedBench()
        bench.state = bench.ring3
        #expect(bench.run(Self.int30) == .GP(0x30 * 8 + 2), "DPL < CPL")
        bench.state = bench.ring0
        bench.setGate(0x30, type: 0x0E)
        #expect(bench.run(Self.int30) == .NP(0x30 * 8 + 2))
        bench.state = bench.ring0
        bench.setGate(0x30, type: 0x82)
        #expect(bench.run(Self.int30) == .GP(0x30 * 8 + 2), "no gate")
        bench.state = bench.ring0
        bench.state.idtr.limit = 0x17F
        #expect(bench.run(Self.int30) == .GP(0x30 * 8 + 2), "beyond the limit of the IDT")
    }

    /// Of one that can be reported, one while a contributory one is reported, and one while that is.
    @Test func doubleAndTripleFaults() {
        let bench = ProtectedBench()
        bench.step(Self.ud2)
        #expect(Int(bench.state.rip) == bench.handler(6))
        // CLTS in ring 3 raises #GP, whose gate is absent: #NP, and both are contributory.
        bench.setGate(13, type: 0x0E)
        bench.state = bench.ring3
        bench.step([0x0F, 0x06])
        #expect(Int(bench.state.rip) == bench.handler(8))
        #expect(bench.stack(1) == [0], "the error code of #DF")
        bench.setGate(8, type: 0x0E)
        bench.state = bench.ring3
        bench.step([0x0F, 0x06])
        #expect(bench.state.activity == .shutdown)
    }
}
