import Processor
import TestKit
import Testing

/// What INVPCID refuses. SDM Vol. 2A, "INVPCID". What stays and what goes is shown by `testroms/system/pcid.asm`.
@Suite struct ProcessContextTests {
    /// invpcid rax, [rbx]
    private static let invpcid: [UInt8] = [0x66, 0x0F, 0x38, 0x82, 0x03]
    private static let descriptor = 0x9000

    private func invalidate(_ type: UInt64, _ identifier: UInt64, _ linear: UInt64, isEnabled: Bool = true, from ring: Int = 0)
        -> Fault?
    {
        let bench = LongModeBench()
        bench.machine.write64(Self.descriptor, identifier)
        bench.machine.write64(Self.descriptor + 8, linear)
        if ring == 3 { bench.state = bench.ring3 }
        if isEnabled { bench.state.cr4.insert(.PCIDE) }
        (bench.state.rax, bench.state.rbx) = (type, UInt64(Self.descriptor))
        return bench.run(Self.invpcid)
    }

    @Test func checksOfTheDescriptor() {
        for type in 0...3 as ClosedRange<UInt64> { #expect(invalidate(type, 0xFFF, 0x7FFF_FFFF_FFFF) == nil, "type \(type)") }
        for type in [4, 1 << 32, .max] as [UInt64] { #expect(invalidate(type, 0, 0) == .GP(0), "type \(type)") }
        for type in 0...3 as ClosedRange<UInt64> {
            #expect(invalidate(type, 0x1000, 0) == .GP(0), "type \(type): a reserved bit")
            #expect(invalidate(type, 0, 0, from: 3) == .GP(0), "type \(type) in ring 3")
            #expect(invalidate(type, 0, 0, isEnabled: false) == nil, "type \(type), no identifiers")
        }
        #expect(invalidate(0, 0, 0x8000_0000_0000) == .GP(0), "an address that is not canonical")
        for type in 1...3 as ClosedRange<UInt64> {
            #expect(invalidate(type, 0, 0x8000_0000_0000) == nil, "type \(type) has no address")
        }
        for type in 0...1 as ClosedRange<UInt64> {
            #expect(invalidate(type, 1, 0, isEnabled: false) == .GP(0), "type \(type): identifier 1")
        }
    }
}
