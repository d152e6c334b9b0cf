import SoftFloat
import TestKit
import Testing
import X86

@testable import Processor

/// #XM, alignment, page faults, MXCSR. SDM Vol. 1, sections 11.5 and 10.2.3; Vol. 3A, section 13.1.
@Suite("SSE: exceptions") struct SSEExceptionTests {
    /// One operation for each exception: operands of DIVSS or MULSS in XMM0 and XMM1, and the flags it raises.
    private let causes: [(FloatExceptions, opcode: UInt8, UInt32, UInt32, also: FloatExceptions)] = [
        (.IE, 0x5E, 0, 0, []),
        (.DE, 0x59, 1, 0x3F80_0000, []),
        (.ZE, 0x5E, 0x3F80_0000, 0, []),
        (.OE, 0x59, 0x7F7F_FFFF, 0x7F7F_FFFF, .PE),
        (.UE, 0x59, 0x0080_0001, 0x0080_0001, .PE),
        (.PE, 0x5E, 0x3F80_0000, 0x4040_0000, []),
    ]

    @Test func unmaskedExceptionsRaiseXM() {
        for (exception, opcode, a, b, also) in causes {
            for isReported in [true, false] {
                let bench = SSEBench()
                if !isReported { bench.state.cr4.remove(.OSXMMEXCPT) }
                bench.state.sse.xmm0 = XMM(low: UInt64(a), high: 7)
                bench.state.sse.xmm1 = XMM(low: UInt64(b))
                bench.state.sse.mxcsr = MXCSR(rawValue: 0x1F80 & ~(UInt32(exception.rawValue) << 7))
                let before = bench.state
                #expect(bench.run([0xF3, 0x0F, opcode, 0xC1]) == (isReported ? .XM : .UD))
                #expect(bench.state.sse.xmm0 == before.sse.xmm0 && bench.state.rip == SSEBench.code)
                #expect(bench.state.sse.mxcsr.rawValue & 0x3F == UInt32(exception.union(also).rawValue), "\(exception)")
            }
        }
    }

    /// The lanes' flags come together; what is found before an operation hides what is found after it.
    @Test func aPackedOperationReportsAllLanes() {
        let bench = SSEBench()
        bench.state.sse.xmm0 = XMM(SIMD4<UInt32>(0x3F80_0000, 0x3F80_0000, 0x7F7F_FFFF, 0))
        bench.state.sse.xmm1 = XMM(SIMD4<UInt32>(0x4040_0000, 0, 0x0080_0000, 0))
        bench.run([0x0F, 0x5E, 0xC1])
        #expect(bench.state.sse.mxcsr.rawValue & 0x3F == UInt32(FloatExceptions([.IE, .ZE, .OE, .PE]).rawValue))
        #expect(bench.state.sse.xmm0.doubles == [0x3EAA_AAAB, 0x7F80_0000, 0x7F80_0000, 0xFFC0_0000])

        let stopped = SSEBench()
        stopped.state.sse = bench.state.sse
        stopped.state.sse.xmm0 = XMM(SIMD4<UInt32>(0x3F80_0000, 0x3F80_0000, 0x7F7F_FFFF, 0))
        stopped.state.sse.mxcsr = MXCSR(rawValue: 0x1D80)
        #expect(stopped.run([0x0F, 0x5E, 0xC1]) == .XM)
        #expect(stopped.state.sse.mxcsr.rawValue == 0x1D80 | 5)
    }

    @Test func alignmentComesBeforePaging() {
        // movaps load and store, addps, movntps, movdqa: #GP(0); movups, lddqu, pcmpistri: a page fault.
        let aligned: [[UInt8]] = [
            [0x0F, 0x28, 0x03], [0x0F, 0x29, 0x03], [0x0F, 0x58, 0x03], [0x0F, 0x2B, 0x03], [0x66, 0x0F, 0x6F, 0x03],
        ]
        let unaligned: [[UInt8]] = [
            [0x0F, 0x10, 0x03], [0x0F, 0x11, 0x03], [0xF2, 0x0F, 0xF0, 0x03], [0x66, 0x0F, 0x3A, 0x63, 0x03, 0x00],
        ]
        for offset in UInt64(1)..<16 {
            for bytes in aligned + unaligned {
                let bench = SSEBench()
                bench.state.rbx = SSEBench.hole + offset
                let fault = bench.run(bytes)
                #expect(fault?.vector == (aligned.contains(bytes) ? 13 : 14), "\(bytes) \(offset)")
            }
        }
    }

    @Test func aStoreThatFaultsOnItsSecondPageWritesNothing() {
        for (bytes, size) in [
            ([0x0F, 0x11, 0x03] as [UInt8], UInt64(16)), ([0x66, 0x0F, 0xD6, 0x03], 8), ([0x66, 0x0F, 0x7E, 0x03], 4),
        ] {
            for inside in 1..<size {
                let bench = SSEBench()
                bench.state.sse.xmm0 = XMM(low: .max, high: .max)
                bench.state.rbx = SSEBench.hole - inside
                #expect(bench.run(bytes)?.vector == 14)
                #expect(bench.state.cr2 == SSEBench.hole)
                #expect(bench.peek(Int(SSEBench.hole) - 8) == 0 && bench.peek(Int(SSEBench.hole) - 16) == 0)
            }
        }
    }

    @Test func anOperandAcrossTwoPagesOfRAM() {
        let bench = SSEBench()
        bench.state.sse.xmm1 = XMM(low: 0x0123_4567_89AB_CDEF, high: 0xFEDC_BA98_7654_3210)
        for inside in 1..<16 {
            bench.state.rbx = UInt64(SSEBench.data + 0x1000 - inside)
            #expect(bench.run([0x0F, 0x11, 0x0B]) == nil)
            #expect(bench.run([0x0F, 0x10, 0x13]) == nil)
            #expect(bench.state.sse.xmm2 == bench.state.sse.xmm1)
        }
    }

    /// MASKMOVDQU touches only the bytes that the mask names.
    @Test func maskedStores() {
        let bench = SSEBench()
        bench.state.rdi = SSEBench.hole - 8
        bench.state.sse.xmm0 = XMM(low: 0x0807_0605_0403_0201, high: 0x1817_1615_1413_1211)
        bench.state.sse.xmm1 = XMM(low: 0x8000_0000_0080_0080, high: 0)
        #expect(bench.run([0x66, 0x0F, 0xF7, 0xC1]) == nil)
        #expect(bench.peek(Int(SSEBench.hole) - 8) == 0x0800_0000_0003_0001)
        bench.state.sse.xmm1 = XMM(low: 0x0000_8000_0000_0000, high: 0x80)
        #expect(bench.run([0x66, 0x0F, 0xF7, 0xC1])?.vector == 14)
        #expect(bench.peek(Int(SSEBench.hole) - 8) == 0x0800_0000_0003_0001)
    }

    @Test func reservedBitsOfMXCSR() {
        for (model, mask) in [(CPUModel.pentium3, UInt32(0xFFBF)), (.pentium4, 0xFFFF), (.max, 0xFFFF)] {
            for bit in UInt32(0)..<32 {
                let bench = SSEBench(model)
                bench.machine.write32(SSEBench.data, 1 << bit)
                let isThere = mask >> bit & 1 != 0
                #expect(bench.run([0x0F, 0xAE, 0x13]) == (isThere ? nil : .GP(0)), "\(model) \(bit)")
                #expect(bench.state.sse.mxcsr.rawValue == (isThere ? 1 << bit : 0x1F80))
                // FXRSTOR changes nothing when it refuses.
                let other = SSEBench(model)
                other.machine.write32(SSEBench.data + 24, 1 << bit)
                let before = other.state
                #expect(other.run([0x0F, 0xAE, 0x0B]) == (isThere ? nil : .GP(0)))
                if !isThere { #expect(other.state.x87 == before.x87 && other.state.sse == before.sse) }
            }
        }
    }

    @Test func saveAndRestore() {
        let bench = SSEBench()
        for number in UInt8(0)..<8 {
            bench.state.sse[number] = XMM(low: UInt64(number) &* 0x1111_2222_3333_4444, high: ~UInt64(number))
            bench.state.x87[number] = Extended(significand: UInt64(number) << 60 | 5, signExponent: 0x4000 + UInt16(number))
        }
        bench.state.x87.status.top = 3
        bench.state.x87.occupied = 0b1010_0101
        bench.state.x87.control = 0x27F
        bench.state.sse.mxcsr = MXCSR(rawValue: 0x9FC1)
        let saved = bench.state
        #expect(bench.run([0x0F, 0xAE, 0x03]) == nil)
        #expect(bench.peek(SSEBench.data + 24) == 0x0000_FFFF_0000_9FC1)
        #expect(bench.peek(SSEBench.data + 4) & 0xFF == 0b1010_0101)
        // ST(0) is physical register 3.
        #expect(bench.peek(SSEBench.data + 32) == 3 << 60 | 5)
        bench.state.sse = SSEState()
        bench.state.x87.initialize()
        #expect(bench.run([0x0F, 0xAE, 0x0B]) == nil)
        #expect(bench.state.sse == saved.sse && bench.state.x87 == saved.x87)
        // Without CR4.OSFXSR the XMM registers and MXCSR stay out.
        bench.state.cr4.remove(.OSFXSR)
        bench.state.sse = SSEState()
        #expect(bench.run([0x0F, 0xAE, 0x0B]) == nil)
        #expect(bench.state.sse == SSEState())
    }

    @Test func theAreaOfFXSAVE() {
        for offset in UInt64(1)..<16 {
            let bench = SSEBench()
            bench.state.rbx = SSEBench.hole + offset
            #expect(bench.run([0x0F, 0xAE, 0x03]) == .GP(0))
        }
        // 16 bytes of alignment are enough for #AC, too.
        let user = SSEBench()
        user.state.cpl = 3
        user.state.cs = SegmentRegister(selector: 0xB, base: 0, limit: .max, attributes: 0xC0FB)
        let flat = SegmentRegister(selector: 0x13, base: 0, limit: .max, attributes: 0xC0F3)
        (user.state.ds, user.state.ss) = (flat, flat)
        user.state.cr0.insert(.AM)
        user.state.eflags.insert(.AC)
        user.state.rbx = UInt64(SSEBench.data + 16)
        #expect(user.run([0x0F, 0xAE, 0x03]) == nil)
        // Over the end of a segment and into a page that is not there: nothing is written.
        let short = SSEBench()
        short.state.ds.limit = UInt32(SSEBench.data) + 510
        #expect(short.run([0x0F, 0xAE, 0x03]) == .GP(0))
        let split = SSEBench()
        split.state.rbx = SSEBench.hole - 256
        #expect(split.run([0x0F, 0xAE, 0x03])?.vector == 14)
        #expect(split.state.cr2 == SSEBench.hole && split.peek(Int(SSEBench.hole) - 256) == 0)
    }
}
