import SoftFloat
import TestKit
import Testing
import X86

@testable import Processor

/// MMX registers over x87 registers: SDM Vol. 1, section 9.6; Vol. 3A, section 12.2.
@Suite("MMX") struct MMXTests {
    @Test func everyInstructionMakesTheRegistersValid() {
        // paddb; movd mm,ecx; movd ecx,mm; movq [ebx],mm; movq mm,[ebx]; pmovmskb; movq2dq; movdq2q; cvtpi2pd; psllq; pinsrw
        let instructions: [[UInt8]] = [
            [0x0F, 0xFC, 0xC1], [0x0F, 0x6E, 0xC1], [0x0F, 0x7E, 0xC1], [0x0F, 0x7F, 0x03], [0x0F, 0x6F, 0x03], [0x0F, 0xD7, 0xC1],
            [0xF3, 0x0F, 0xD6, 0xC1], [0xF2, 0x0F, 0xD6, 0xC1], [0x66, 0x0F, 0x2A, 0xC1], [0x0F, 0x73, 0xF0, 0x01],
            [0x0F, 0xC4, 0xC1, 0x02],
        ]
        for bytes in instructions {
            for top in UInt8(0)..<8 {
                let bench = SSEBench()
                bench.state.x87.status.top = top
                bench.state.x87.occupied = 0x10
                #expect(bench.run(bytes) == nil, "\(bytes)")
                #expect(bench.state.x87.status.top == 0 && bench.state.x87.occupied == 0xFF, "\(bytes)")
            }
        }
    }

    @Test func aRegisterIsPhysicalAndWritingFillsTheExponent() {
        let bench = SSEBench()
        bench.state.x87.status.top = 5
        for number in UInt8(0)..<8 {
            bench.state.rcx = 0x1000 + UInt64(number)
            bench.run([0x0F, 0x6E, 0xC1 | number << 3])
            #expect(bench.state.x87[number] == Extended(significand: 0x1000 + UInt64(number), signExponent: 0xFFFF))
        }
        // A register that is only read keeps its exponent.
        bench.state.x87.r1.signExponent = 0x1234
        bench.run([0x0F, 0xFC, 0xC1])
        #expect(bench.state.x87.r1.signExponent == 0x1234 && bench.state.x87.r0.signExponent == 0xFFFF)
    }

    @Test func EMMSEmptiesTheTagWord() {
        let bench = SSEBench()
        bench.run([0x0F, 0xFC, 0xC1])
        let registers = bench.state.x87.r0
        bench.run([0x0F, 0x77])
        #expect(bench.state.x87.occupied == 0 && bench.state.x87.status.top == 0 && bench.state.x87.r0 == registers)
    }

    @Test func aFaultLeavesTheX87StateAlone() {
        let bench = SSEBench()
        bench.state.x87.status.top = 4
        bench.state.rbx = SSEBench.hole
        let before = bench.state.x87
        for bytes: [UInt8] in [
            [0x0F, 0xFC, 0x03], [0x0F, 0x7F, 0x03], [0x0F, 0x6E, 0x03], [0x0F, 0xE7, 0x03], [0x0F, 0x60, 0x03],
        ] {
            #expect(bench.run(bytes)?.vector == 14)
            #expect(bench.state.x87 == before)
        }
    }

    /// Saturation, rounding and the ends of the ranges, lane by lane against plain integers.
    @Test func lanesAgainstPlainIntegers() {
        var generator = RandomNumbers(seed: 0x5EED_0001)
        func saturate(_ x: Int, _ low: Int, _ high: Int) -> Int { min(max(x, low), high) }
        for _ in 0..<4000 {
            let (a, b) = (generator.xmm(), generator.xmm())
            func check<L: SIMD>(_ operation: Operation, _ lanes: (XMM) -> L, _ expected: (Int, Int) -> Int)
            where L.Scalar: FixedWidthInteger {
                let result = lanes(PackedInteger.apply(operation, a, b, isWide: true))
                for lane in result.indices {
                    let want = L.Scalar(truncatingIfNeeded: expected(Int(lanes(a)[lane]), Int(lanes(b)[lane])))
                    #expect(result[lane] == want, "\(operation) \(a) \(b)")
                }
            }
            check(.paddsb, \.signedBytes) { saturate($0 + $1, -128, 127) }
            check(.psubsb, \.signedBytes) { saturate($0 - $1, -128, 127) }
            check(.paddsw, \.signedWords) { saturate($0 + $1, -32768, 32767) }
            check(.psubsw, \.signedWords) { saturate($0 - $1, -32768, 32767) }
            check(.paddusb, \.bytes) { saturate($0 + $1, 0, 255) }
            check(.psubusb, \.bytes) { saturate($0 - $1, 0, 255) }
            check(.paddusw, \.words) { saturate($0 + $1, 0, 65535) }
            check(.psubusw, \.words) { saturate($0 - $1, 0, 65535) }
            check(.pavgb, \.bytes) { ($0 + $1 + 1) / 2 }
            check(.pavgw, \.words) { ($0 + $1 + 1) / 2 }
            check(.pmulhw, \.signedWords) { ($0 * $1) >> 16 }
            check(.pmulhuw, \.words) { ($0 * $1) >> 16 }
            check(.pmulhrsw, \.signedWords) { (($0 * $1) >> 14 + 1) >> 1 }
            check(.pminsb, \.signedBytes) { min($0, $1) }
            check(.pmaxuw, \.words) { max($0, $1) }
            check(.psignd, \.signedDoubles) { $1 < 0 ? -$0 : $1 == 0 ? 0 : $0 }
            check(.pabsw, \.signedWords) { _, y in abs(y) }
        }
    }
}

extension RandomNumbers {
    /// Lanes that are often at the ends of their ranges.
    mutating func xmm() -> XMM {
        var bytes = SIMD16<UInt8>.zero
        for lane in 0..<16 {
            let choice = next()
            bytes[lane] = choice & 1 == 0 ? [0, 0x7F, 0x80, 0xFF][Int(choice >> 8 & 3)] : UInt8(truncatingIfNeeded: choice >> 16)
        }
        return XMM(bytes)
    }
}
