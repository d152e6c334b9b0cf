import Processor
import TestKit
import Testing
import X86

@testable import Recompiler

/// Instructions behind a VEX prefix that the host executes, beside the interpreter. Each of them is tested by silicon's vectors.
@Suite struct VEXLoweringTests {
    private typealias Place = LongModeBench.Place

    private func start(_ bench: LongModeBench) -> CPUState {
        for offset in 0..<32 { bench.machine.write64(Place.stack + 8 * offset, 0x3FF1_2345_4048_F5C3 &+ UInt64(offset) << 33) }
        var state = bench.ring0
        state.cr4.formUnion([.OSFXSR, .OSXMMEXCPT, .OSXSAVE])
        state.avx.xcr0 = [.x87, .SSE, .AVX]
        state.avx.upper9 = XMM(low: 0x1234_5678_9ABC_DEF0, high: 5)
        (state.rax, state.rcx, state.r8) = (0x0F0F_1234_8765_4321, 77, 0x1122_3344_5566_7788)
        return state
    }

    private var hasAVX2: Bool {
        get throws { try IA32ePair().engine.x86_64.host.features.isSuperset(of: FeatureSet([.AVX2, .FMA, .BMI1, .BMI2])) }
    }

    /// mov ecx, 200; again: vmovups ymm0, [rsp]; vpaddd ymm9, ymm9, ymm0; vfmadd231pd ymm10, ymm0, ymm9; vmovups [rsp + 40h], ymm10; vaddss
    /// xmm9, xmm10, [rsp + 4]; vpermq ymm11, ymm9, 4Eh; vpsrld ymm11, ymm11, 3; vpmovmskb r9d, ymm11; vmovq rdx, xmm9; vptest ymm9, ymm10;
    /// adc r9, rdx; vextracti128 [rsp + 60h], ymm11, 1; vcvttsd2si r10, [rsp + 60h]; vinserti128 ymm12, ymm11, [rsp + 8], 1; vmovdqa ymm13,
    /// [rsp + 80h]; dec ecx; jnz again
    @Test func vectorsOf128And256Bits() throws {
        let pair = try IA32ePair()
        pair.run(
            [
                0xB9, 0xC8, 0, 0, 0, 0xC5, 0xFC, 0x10, 4, 0x24, 0xC5, 0x35, 0xFE, 0xC8, 0xC4, 0x42, 0xFD, 0xB8, 0xD1, 0xC5,
                0x7C, 0x11, 0x54, 0x24, 0x40, 0xC5, 0x2A, 0x58, 0x4C, 0x24, 4, 0xC4, 0x43, 0xFD, 0, 0xD9, 0x4E, 0xC4, 0xC1,
                0x25, 0x72, 0xD3, 3, 0xC4, 0x41, 0x7D, 0xD7, 0xCB, 0xC4, 0x61, 0xF9, 0x7E, 0xCA, 0xC4, 0x42, 0x7D, 0x17,
                0xCA, 0x49, 0x11, 0xD1, 0xC4, 0x63, 0x7D, 0x39, 0x5C, 0x24, 0x60, 1, 0xC4, 0x61, 0xFB, 0x2C, 0x54, 0x24,
                0x60, 0xC4, 0x63, 0x25, 0x38, 0x64, 0x24, 8, 1, 0xC5, 0x7D, 0x6F, 0xAC, 0x24, 0x80, 0, 0, 0, 0xFF, 0xC9,
                0x75, 0xA4,
            ], from: start)
        #expect(pair.translated.avx.upper10 != XMM())
        guard try hasAVX2 else { return }
        for operation in [
            Operation.movups, .paddd, .vfmadd, .addss, .vpermq, .psrld, .pmovmskb, .movd, .ptest, .vextracti128, .cvttsd2si,
        ] {
            #expect(pair.callOuts(operation) <= 2, "\(operation)")
        }
    }

    /// mov ecx, 200; again: andn r9, r8, rax; adc rax, r9; blsr r10, r9; pushfq; blsi r11d, r10d; pushfq; blsmsk rdx, r11; bextr rsi, rdx,
    /// r9; pushfq; bzhi r8, [rsp], rsi; pext rdi, r8, rax; pdep rbx, rdi, r9; mulx r9, rax, r8; shlx r10, rax, rcx; sarx r11d, r10d, ecx;
    /// shrx r8, r11, rcx; rorx rax, r8, 13; pop rdx; pop r8; xor r9, r8; pop r8; add r9, r8; dec ecx; jnz again
    @Test func bitManipulation() throws {
        let pair = try IA32ePair()
        pair.run(
            [
                0xB9, 0xC8, 0, 0, 0, 0xC4, 0x62, 0xB8, 0xF2, 0xC8, 0x4C, 0x11, 0xC8, 0xC4, 0xC2, 0xA8, 0xF3, 0xC9, 0x9C,
                0xC4, 0xC2, 0x20, 0xF3, 0xDA, 0x9C, 0xC4, 0xC2, 0xE8, 0xF3, 0xD3, 0xC4, 0xE2, 0xB0, 0xF7, 0xF2, 0x9C, 0xC4,
                0x62, 0xC8, 0xF5, 4, 0x24, 0xC4, 0xE2, 0xBA, 0xF5, 0xF8, 0xC4, 0xC2, 0xC3, 0xF5, 0xD9, 0xC4, 0x42, 0xFB,
                0xF6, 0xC8, 0xC4, 0x62, 0xF1, 0xF7, 0xD0, 0xC4, 0x42, 0x72, 0xF7, 0xDA, 0xC4, 0x42, 0xF3, 0xF7, 0xC3, 0xC4,
                0xC3, 0xFB, 0xF0, 0xC0, 0x0D, 0x5A, 0x41, 0x58, 0x4D, 0x31, 0xC1, 0x41, 0x58, 0x4D, 1, 0xC1, 0xFF, 0xC9,
                0x75, 0xA8,
            ], from: start)
        guard try hasAVX2 else { return }
        for operation in [Operation.andn, .blsr, .blsi, .blsmsk, .bextr, .bzhi, .pext, .pdep, .mulx, .shlx, .sarx, .shrx, .rorx] {
            #expect(pair.callOuts(operation) <= 2, "\(operation)")
        }
    }

    /// vpaddd ymm1, ymm2, ymm3; vzeroupper: #UD without CR4.OSXSAVE or XCR0's bits, #NM with CR0.TS.
    @Test func availability() throws {
        let pair = try IA32ePair()
        for code in [[0xC5, 0xED, 0xFE, 0xCB], [0xC5, 0xF8, 0x77]] as [[UInt8]] {
            for (vector, change) in [
                (6, { $0.cr4.remove(.OSXSAVE) }), (6, { $0.avx.xcr0.remove(.AVX) }), (7, { $0.cr0.insert(.TS) }),
            ] as [(Int, (inout CPUState) -> Void)] {
                pair.run(code) { bench in
                    var state = start(bench)
                    change(&state)
                    return state
                }
                #expect(pair.translated.rip == UInt64(Place.handlers + 16 * vector + 1))
            }
        }
    }

    /// vmovaps ymm0, [rsp + 8] and its like are #GP(0), vmovups is not; vdivps by zero with its exception unmasked is #XM.
    @Test func exceptions() throws {
        let pair = try IA32ePair()
        for (code, vector) in [
            ([0xC5, 0xFC, 0x28, 0x44, 0x24, 8], 13), ([0xC5, 0xFC, 0x29, 0x44, 0x24, 16], 13),
            ([0xC5, 0xF8, 0x28, 0x44, 0x24, 8], 13),
            ([0xC5, 0xFC, 0x5E, 0xC9], 19),
        ] as [([UInt8], Int)] {
            pair.run(code) { bench in
                var state = start(bench)
                state.sse.mxcsr.rawValue = vector == 19 ? 0 : 0x1F80
                return state
            }
            #expect(pair.translated.rip == UInt64(Place.handlers + 16 * vector + 1))
        }
        pair.run([0xC5, 0xFC, 0x10, 0x44, 0x24, 8], from: start)
        #expect(pair.translated.rip == UInt64(Place.code + 7))
    }
}
