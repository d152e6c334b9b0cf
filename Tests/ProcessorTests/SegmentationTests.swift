import TestKit
import Testing

@testable import Processor

/// Loading segment registers and what they allow: SDM Vol. 3A, chapter 3 and sections 5.2 to 5.7. A kernel's view of it is `testroms/system/segments.asm`.
@Suite struct SegmentationTests {
    private typealias Selector = ProtectedBench.Selector
    private static let movToDS: [UInt8] = [0x8E, 0xD8]
    private static let movToSS: [UInt8] = [0x8E, 0xD0]

    /// MOV AL, [address].
    private func loadByte(_ address: UInt32) -> [UInt8] { [0xA0] + (0..<4).map { UInt8(truncatingIfNeeded: address >> (8 * $0)) } }
    /// MOV EAX, [address].
    private func loadDoubleword(_ address: UInt32) -> [UInt8] { [0xA1] + loadByte(address).dropFirst() }

    private func load(_ code: [UInt8], _ selector: UInt16, ring: Int = 0) -> (fault: Fault?, bench: ProtectedBench) {
        let bench = ProtectedBench()
        bench.state = ring == 0 ? bench.ring0 : bench.ring3
        bench.state.rax = UInt64(selector)
        return (bench.run(code), bench)
    }

    @Test func dataSegments() {
        #expect(load(Self.movToDS, Selector.data).fault == nil)
        #expect(load(Self.movToDS, Selector.readOnly).fault == nil)
        #expect(load(Self.movToDS, Selector.absent).fault == .NP(Selector.absent))
        #expect(load(Self.movToDS, Selector.executeOnly).fault == .GP(Selector.executeOnly))
        #expect(load(Self.movToDS, Selector.task).fault == .GP(Selector.task))
        #expect(load(Self.movToDS, Selector.beyondTable).fault == .GP(Selector.beyondTable))
        #expect(load(Self.movToDS, Selector.data, ring: 3).fault == .GP(Selector.data), "DPL < CPL")
        #expect(load(Self.movToDS, Selector.userData, ring: 3).fault == nil)
    }

    @Test func stackSegments() {
        #expect(load(Self.movToSS, Selector.data).fault == nil)
        #expect(load(Self.movToSS, 0).fault == .GP(0))
        #expect(load(Self.movToSS, Selector.readOnly).fault == .GP(Selector.readOnly))
        #expect(load(Self.movToSS, Selector.absent).fault == .SS(Selector.absent))
        #expect(load(Self.movToSS, Selector.data | 3).fault == .GP(Selector.data), "RPL is not CPL")
    }

    @Test func loadingMarksAsAccessed() {
        let (fault, bench) = load(Self.movToDS, Selector.notAccessed)
        #expect(fault == nil)
        #expect(bench.rights(Selector.notAccessed) == 0x93)
        #expect(bench.state.ds.attributes & 1 == 1)
    }

    @Test func aNullSelectorIsLoadedAndNotUsed() {
        let (fault, bench) = load(Self.movToDS, 0)
        #expect(fault == nil)
        bench.state.rip = bench.ring0.rip
        #expect(bench.run(loadByte(0x100)) == .GP(0))
    }

    /// Offsets up to the limit, each byte of an operand; downwards beyond it.
    @Test func limits() {
        let bench = ProtectedBench()
        func access(_ selector: UInt16, _ attributes: UInt16, _ code: [UInt8]) -> Fault? {
            bench.state = bench.ring0
            bench.state.ds = SegmentRegister(selector: selector, base: 0, limit: 0xFFF, attributes: attributes)
            bench.state.ss = bench.state.ds
            return bench.run(code)
        }
        #expect(access(Selector.small, 0x4093, loadByte(0xFFF)) == nil)
        #expect(access(Selector.small, 0x4093, loadByte(0x1000)) == .GP(0))
        #expect(access(Selector.small, 0x4093, loadDoubleword(0xFFC)) == nil)
        #expect(access(Selector.small, 0x4093, loadDoubleword(0xFFD)) == .GP(0))
        #expect(access(Selector.small, 0x4093, [0x36] + loadDoubleword(0xFFD)) == .SS(0))
        #expect(access(Selector.expandDown, 0x4097, loadByte(0xFFF)) == .GP(0))
        #expect(access(Selector.expandDown, 0x4097, loadByte(0x1000)) == nil)
        #expect(access(Selector.readOnly, 0x4091, [0xA2] + loadByte(0x100).dropFirst()) == .GP(0), "a write")
    }
}
