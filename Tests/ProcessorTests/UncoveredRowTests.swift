import Processor
import SoftFloat
import TestKit
import Testing
import X86

/// The rows of the tables that no silicon vector executes, one case each: operands by hand, results by the definition on the
/// instruction's page of SDM Vol. 2. `testroms/vectors/not-covered.txt` names this suite as the reason for them.
@Suite struct UncoveredRowTests {
    private static let code = 0x1000
    private static let data = 0x2000
    private let a: (UInt64, UInt64) = (0x8001_7FFF_0102_FF80, 0x1234_8000_7F01_00FE)
    private let b: (UInt64, UInt64) = (0x0001_0001_8102_0180, 0xFFFF_7FFF_00FF_8002)

    /// Executes `code` up to its HLT: XMM0 and MM0 are a, XMM1 and MM1 are b, memory at 2000h is `memory`, ESI is 2000h.
    private func run(
        _ code: [UInt8], memory: [UInt8] = [], x87: Bool = false, _ prepare: (inout CPUState) -> Void = { _ in }
    ) -> FlatMachine {
        let machine = FlatMachine(model: .max, megabytes: 1)
        var state = CPUState()
        state.cr0 = [.PE, .ET, .NE]
        state.cr4 = [.OSFXSR, .OSXMMEXCPT]
        state.cs = SegmentRegister(selector: 8, base: 0, limit: .max, attributes: 0xC09B)
        let flat = SegmentRegister(selector: 16, base: 0, limit: .max, attributes: 0xC093)
        (state.ds, state.es, state.ss) = (flat, flat, flat)
        state.rip = UInt64(Self.code)
        state.rsi = UInt64(Self.data)
        state.rsp = 0x8000
        state.sse[0] = XMM(low: a.0, high: a.1)
        state.sse[1] = XMM(low: b.0, high: b.1)
        if !x87 {
            state.x87[0] = Extended(significand: a.0, signExponent: 0xFFFF)
            state.x87[1] = Extended(significand: b.0, signExponent: 0xFFFF)
        }
        prepare(&state)
        machine.write(Self.data, memory)
        machine.write(Self.code, code + [0xF4])
        machine.cpu.state = state
        #expect(machine.cpu.run(until: 100) == .halted, "\(code)")
        #expect(machine.cpu.state.rip == UInt64(Self.code + code.count + 1), "\(code)")
        return machine
    }

    private func bytes(_ value: (UInt64, UInt64)) -> [UInt8] {
        [value.0, value.1].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(8 * $0)) } }
    }

    private func lanes<T: FixedWidthInteger>(_ value: (UInt64, UInt64), _: T.Type) -> [T] {
        let perHalf = 64 / T.bitWidth
        return [value.0, value.1].flatMap { half in (0..<perHalf).map { T(truncatingIfNeeded: half >> UInt64($0 * T.bitWidth)) } }
    }

    private func pack<T: FixedWidthInteger>(_ lanes: [T]) -> (UInt64, UInt64) {
        var halves: (UInt64, UInt64) = (0, 0)
        for (index, lane) in lanes.enumerated() {
            let shift = UInt64(index * T.bitWidth % 64)
            let bits = (UInt64(truncatingIfNeeded: lane) & (UInt64.max >> UInt64(64 - T.bitWidth))) << shift
            if index * T.bitWidth < 64 { halves.0 |= bits } else { halves.1 |= bits }
        }
        return halves
    }

    private func map<T: FixedWidthInteger>(_: T.Type, _ function: (T, T) -> T) -> (UInt64, UInt64) {
        pack(zip(lanes(a, T.self), lanes(b, T.self)).map(function))
    }

    private func expectXMM0(
        _ code: [UInt8], _ want: (UInt64, UInt64), memory: [UInt8] = [], _ prepare: (inout CPUState) -> Void = { _ in }
    ) {
        let got = run(code, memory: memory, prepare).cpu.state.sse[0]
        #expect(got.low == want.0 && got.high == want.1, "\(code): \(got)")
    }

    @Test func packedIntegers() {
        expectXMM0([0x66, 0x0F, 0xDB, 0xC1], (a.0 & b.0, a.1 & b.1))  // pand
        expectXMM0([0x66, 0x0F, 0xFC, 0xC1], map(UInt8.self) { $0 &+ $1 })  // paddb
        expectXMM0([0x66, 0x0F, 0xEA, 0xC1], map(Int16.self, min))  // pminsw
        let words = lanes(a, Int16.self) + lanes(b, Int16.self)
        expectXMM0([0x66, 0x0F, 0x63, 0xC1], pack(words.map { Int8(clamping: $0) }))  // packsswb
        expectXMM0([0x66, 0x0F, 0x6C, 0xC1], (a.0, b.0))  // punpcklqdq
        expectXMM0([0x66, 0x0F, 0x14, 0xC1], (a.0, b.0))  // unpcklpd
        expectXMM0([0x66, 0x0F, 0x71, 0xE0, 3], pack(lanes(a, Int16.self).map { $0 >> 3 }))  // psraw xmm0, 3
        expectXMM0([0x66, 0x0F, 0x71, 0xE0, 99], pack(lanes(a, Int16.self).map { $0 >> 15 }))
        expectXMM0([0x66, 0x0F, 0x72, 0xF0, 5], pack(lanes(a, UInt32.self).map { $0 << 5 }))  // pslld xmm0, 5
        expectXMM0([0x66, 0x0F, 0x72, 0xF0, 32], (0, 0))
        expectXMM0([0x66, 0x0F, 0x73, 0xD8, 3], (a.0 >> 24 | a.1 << 40, a.1 >> 24))  // psrldq xmm0, 3
        expectXMM0([0x66, 0x0F, 0x73, 0xD8, 16], (0, 0))
        let sums = [words[0...7], words[8...15]].flatMap { half in
            stride(from: half.startIndex, to: half.endIndex, by: 2).map { Int16(clamping: Int(half[$0]) + Int(half[$0 + 1])) }
        }
        expectXMM0([0x66, 0x0F, 0x38, 0x03, 0xC1], pack(sums))  // phaddsw
        expectXMM0([0x66, 0x0F, 0x38, 0x0A, 0xC1], map(Int32.self) { $1 < 0 ? 0 &- $0 : $1 == 0 ? 0 : $0 })  // psignd
        expectXMM0([0x66, 0x0F, 0x38, 0x29, 0xC1], (0, .max)) { $0.sse[1] = XMM(low: b.0, high: a.1) }  // pcmpeqq
        expectXMM0([0x66, 0x0F, 0x38, 0x34, 0xC1], (b.0 & 0xFFFF, b.0 >> 16 & 0xFFFF))  // pmovzxwq
        expectXMM0([0x66, 0x0F, 0x38, 0x40, 0xC1], map(Int32.self) { $0 &* $1 })  // pmulld
        expectXMM0([0xF2, 0x0F, 0x70, 0xC1, 0x1B], (0x0180_8102_0001_0001, b.1))  // pshuflw xmm0, xmm1, 1Bh
    }

    @Test func movesAndElements() {
        expectXMM0([0xF3, 0x0F, 0x6F, 0x46, 1], a, memory: [0] + bytes(a)) { $0.sse[0] = XMM() }  // movdqu xmm0, [esi + 1]
        expectXMM0([0x66, 0x0F, 0x38, 0x2A, 0x06], b, memory: bytes(b))  // movntdqa xmm0, [esi]
        expectXMM0([0x66, 0x0F, 0x29, 0xC8], a) { $0.sse[1] = XMM(low: a.0, high: a.1) }  // movapd xmm0, xmm1
        let stored = run([0x66, 0x0F, 0x29, 0x06])  // movapd [esi], xmm0
        #expect((0..<16).map { stored.read(Self.data + $0) } == bytes(a))
        #expect(run([0x66, 0x0F, 0x7E, 0xC0]).cpu.state.rax == 0x0102_FF80)  // movd eax, xmm0
        #expect(run([0x66, 0x0F, 0x3A, 0x14, 0xC0, 0x1B]).cpu.state.rax == 0x7F)  // pextrb eax, xmm0, 27
        #expect(run([0x66, 0x0F, 0x3A, 0x15, 0xC0, 0x0E]).cpu.state.rax == 0x8000)  // pextrw eax, xmm0, 14
        #expect(run([0x66, 0x0F, 0x3A, 0x16, 0xC0, 3]).cpu.state.rax == 0x1234_8000)  // pextrd eax, xmm0, 3
        #expect(run([0x66, 0x0F, 0x3A, 0x17, 0xC0, 1]).cpu.state.rax == 0x8001_7FFF)  // extractps eax, xmm0, 1
        let byte = run([0x66, 0x0F, 0x3A, 0x14, 0x06, 0x0B], memory: [0, 0xEE])  // pextrb [esi], xmm0, 11
        #expect(byte.read(Self.data) == 0x7F && byte.read(Self.data + 1) == 0xEE)
        let word = run([0x66, 0x0F, 0x3A, 0x15, 0x06, 1], memory: [0, 0, 0xEE])  // pextrw [esi], xmm0, 1
        #expect((0..<3).map { word.read(Self.data + $0) } == [0x02, 0x01, 0xEE])
        expectXMM0([0x66, 0x0F, 0x3A, 0x20, 0xC6, 0x19], (a.0, a.1 & ~0xFF00)) { $0.rsi = 0xFFFF_FF00 }  // pinsrb xmm0, esi, 25
        expectXMM0([0x66, 0x0F, 0x3A, 0x20, 0x06, 0], (a.0 & ~0xFF | 0x42, a.1), memory: [0x42])  // pinsrb xmm0, [esi], 0
        expectXMM0([0x66, 0x0F, 0x3A, 0x22, 0xC6, 2], (a.0, 0x1234_8000_DEAD_BEEF)) { $0.rsi = 0xDEAD_BEEF }  // pinsrd xmm0, esi, 2
        // ptest: ZF for no common bit, CF for no bit of the source that the destination lacks.
        for (source, zf, cf) in [
            (XMM(low: ~a.0, high: ~a.1), true, false), (XMM(low: a.0, high: 0), false, true), (XMM(), true, true),
        ] {
            let flags = run([0x66, 0x0F, 0x38, 0x17, 0xC1]) {
                $0.sse[1] = source
                $0.eflags = EFLAGS(rawValue: 0x8D7)
            }.cpu.state.eflags
            #expect(flags.rawValue & 0x8D5 == (zf ? 0x40 : 0) | (cf ? 1 : 0))
        }
    }

    @Test func MMX() {
        func expectMM0(_ code: [UInt8], _ want: UInt64) {
            var state = run(code).cpu.state
            #expect(
                state.x87[0].significand == want && state.x87[0].signExponent == 0xFFFF && state.x87.occupied == 0xFF, "\(code)")
        }
        expectMM0(
            [0x0F, 0xE8, 0xC1], pack(zip(lanes(a, Int8.self), lanes(b, Int8.self)).map { Int8(clamping: Int($0) - Int($1)) }).0)
        expectMM0([0x0F, 0xF3, 0xC1], 0)  // psllq by more than 63
        expectMM0([0x0F, 0x3A, 0x0F, 0xC1, 3], b.0 >> 24 | a.0 << 40)  // palignr mm0, mm1, 3
        expectMM0([0x0F, 0x3A, 0x0F, 0xC1, 11], a.0 >> 24)
        expectMM0([0x0F, 0x3A, 0x0F, 0xC1, 16], 0)
        let shifted = run([0x0F, 0xF3, 0xC1]) { $0.x87[1] = Extended(significand: 7, signExponent: 0xFFFF) }
        #expect(shifted.cpu.state.x87[0].significand == a.0 << 7)
    }

    @Test func scalars() {
        let (x, y) = (2.5, -0.75)
        expectXMM0([0xF2, 0x0F, 0x58, 0xC1], (1.75.bitPattern, a.1)) {  // addsd
            $0.sse[0] = XMM(low: x.bitPattern, high: a.1)
            $0.sse[1] = XMM(low: y.bitPattern, high: 0)
        }
        expectXMM0([0xF2, 0x0F, 0xE6, 0xC1], (0xFFFF_FFFF_0000_0002, 0)) {  // cvtpd2dq: 2.5 to even, −0.75
            $0.sse[1] = XMM(low: x.bitPattern, high: y.bitPattern)
        }
        var integer = run([0xF3, 0x0F, 0x2A, 0xC6]) { $0.rsi = 0xFEFF_FFFF }.cpu.state  // cvtsi2ss xmm0, esi: −1000001h, a tie
        #expect(integer.sse[0].low == a.0 & ~0xFFFF_FFFF | UInt64(Float(-16_777_216).bitPattern))
        #expect(integer.sse.mxcsr.rawValue & 0x3F == 0x20)
        let rounded = run([0xF3, 0x0F, 0x2D, 0xC1]) { $0.sse[1] = XMM(low: UInt64(Float(-3.5).bitPattern), high: 0) }
        #expect(rounded.cpu.state.rax == 0xFFFF_FFFC)  // cvtss2si eax, xmm1
        let huge = run([0xF3, 0x0F, 0x2D, 0xC1]) { $0.sse[1] = XMM(low: UInt64(Float(3e9).bitPattern), high: 0) }
        #expect(huge.cpu.state.rax == 0x8000_0000 && huge.cpu.state.sse.mxcsr.rawValue & 0x3F == 1)
        expectXMM0([0xF3, 0x0F, 0x5A, 0xC1], (1.5.bitPattern, a.1)) { $0.sse[1] = XMM(low: UInt64(Float(1.5).bitPattern), high: 0) }
    }

    private func double(_ value: Double) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * $0)) }
    }
    private func float(_ value: Float) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) } }
    private func integer(_ value: Int32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> Int32(8 * $0)) } }

    /// ST(1) = 6, ST(0) = −1.5, then `code`, then ST(0) to memory; memory at 2010h is `operand`.
    private func x87(_ code: [UInt8], _ operand: [UInt8] = [], flags: UInt32 = 2) -> (
        value: Double, status: UInt16, occupied: UInt8
    ) {
        let loads: [UInt8] = [0xDB, 0xE3, 0xDD, 0x06, 0xDD, 0x46, 8]  // finit; fld qword [esi]; fld qword [esi + 8]
        let machine = run(loads + code + [0xDF, 0xE0, 0xDD, 0x5E, 0x20], memory: double(6) + double(-1.5) + operand, x87: true) {
            $0.eflags = EFLAGS(rawValue: flags)
        }
        var bits: UInt64 = 0
        for index in 0..<8 { bits |= UInt64(machine.read(Self.data + 0x20 + index)) << UInt64(8 * index) }
        let state = machine.cpu.state
        return (Double(bitPattern: bits), UInt16(truncatingIfNeeded: state.rax), state.x87.occupied)
    }

    @Test func x87() {
        #expect(x87([0xD8, 0x76, 0x10], float(0.5)).value == -3)  // fdiv dword [esi + 10h]
        #expect(x87([0xDA, 0x4E, 0x10], integer(-4)).value == 6)  // fimul
        #expect(x87([0xDA, 0x66, 0x10], integer(2)).value == -3.5)  // fisub
        #expect(x87([0xD8, 0xF9]).value == -4)  // fdivr st0, st1: 6 ÷ −1.5
        #expect(x87([0xDC, 0xC9, 0xD9, 0xC9]).value == -9)  // fmul st1, st0; fxch
        // C3, C2, C0 of comparisons, and which of them pop.
        for (operand, conditions) in [(Float(-2), 0), (-1, 0x100), (-1.5, 0x4000), (.nan, 0x4500)] as [(Float, UInt16)] {
            let result = x87([0xD8, 0x56, 0x10], float(operand))  // fcom dword
            #expect(result.status & 0x4500 == conditions && result.value == -1.5)
        }
        #expect(x87([0xD8, 0xD9]).status & 0x4500 == 0x100 && x87([0xD8, 0xD9]).value == 6)  // fcomp st1
        #expect(x87([0xDE, 0xD1]).status & 0x4500 == 0x100 && x87([0xDE, 0xD1]).value == 6)  // fcomp5 st1
        #expect(x87([0xDF, 0xC9]).value == 6)  // fxch7 st1
        for (flags, moved) in [(0x2, false), (0x3, true), (0x42, true), (0x43, true)] as [(UInt32, Bool)] {
            #expect(x87([0xDA, 0xD1], flags: flags).value == (moved ? 6 : -1.5))  // fcmovbe
        }
        for (flags, moved) in [(0x2, true), (0x42, false), (0x3, true)] as [(UInt32, Bool)] {
            #expect(x87([0xDB, 0xC9], flags: flags).value == (moved ? 6 : -1.5))  // fcmovne
        }
        #expect(x87([0xDD, 0x56, 0x28]).value == -1.5)  // fst qword
        let zero = x87([0xD9, 0xEE])  // fldz
        #expect(zero.value == 0 && zero.value.sign == .plus && zero.occupied == 0xC0)
        #expect(x87([0xD9, 0xF7]).value == 6)  // fincstp
    }

    @Test func integers() {
        // jg +1 over an inc eax, by SF = OF and ZF clear
        for (flags, taken) in [(0x2, true), (0x82, false), (0x882, true), (0x42, false), (0x802, false)] as [(UInt32, Bool)] {
            let state = run([0x0F, 0x8F, 1, 0, 0, 0, 0x40]) { $0.eflags = EFLAGS(rawValue: flags) }.cpu.state
            #expect(state.rax == (taken ? 0 : 1), "\(flags)")
        }
        // insb: all ports float
        let port = run([0x6C]) {
            $0.rdi = UInt64(Self.data)
            $0.rdx = 0x80
        }
        #expect(port.read(Self.data) == 0xFF && port.cpu.state.rdi == UInt64(Self.data) + 1)
        // lfs eax, [esi] with a null selector
        let pointer = run([0x0F, 0xB4, 0x06], memory: [0x78, 0x56, 0x34, 0x12, 0, 0])
        #expect(pointer.cpu.state.rax == 0x1234_5678 && pointer.cpu.state.fs.selector == 0)
    }
}
