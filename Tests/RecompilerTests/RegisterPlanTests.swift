import Processor
import TestKit
import Testing
import X86

@testable import Recompiler

/// Loops of 64-bit code for which R8 to R15 change places with other registers: see `RegisterPlan`.
@Suite struct RegisterPlanTests {
    private typealias Place = LongModeBench.Place

    /// The exchanges of the region that begins with the block at an offset of the code.
    private func exchanges(_ pair: IA32ePair, at offset: UInt64) throws -> [RegisterPlan.Exchange] {
        let cpu: CPU = pair.bench.machine.cpu
        var state = pair.bench.ring0
        state.rip += offset
        cpu.state = state
        return try RegisterPlan(pair.engine.regionHere(of: cpu), pair.engine.x86_64.host).exchanges
    }

    private func start(_ bench: LongModeBench) -> CPUState {
        var state = bench.ring0
        (state.rax, state.rdx, state.rbx, state.rbp) = (0x1111_2222_3333_4444, 0x5555, 0x6666_0000_7777, 0x8888)
        (state.rsi, state.rdi, state.r8, state.r9) = (0x9999_9999, 0xAAAA, 88_172_645_463_325_252, 0xCBF2_9CE4_8422_2325)
        (state.r10, state.r11, state.r12, state.r13, state.r14) = (1, 2, 3, 0xDDDD_DDDD_DDDD_DDDD, 0x100_0000_01B3)
        return state
    }

    /// mov ecx, 1000; again: mov rdx, r8; shl rdx, 13; xor r8, rdx; imul r9, r14; xor r9, r8; rol r8, cl; dec ecx; jnz again
    @Test func aChainOfOperations() throws {
        let pair = try IA32ePair()
        pair.run(
            [
                0xB9, 0xE8, 3, 0, 0, 0x4C, 0x89, 0xC2, 0x48, 0xC1, 0xE2, 0x0D, 0x49, 0x31, 0xD0, 0x4D, 0x0F, 0xAF, 0xCE,
                0x4D, 0x31, 0xC1, 0x49, 0xD3, 0xC0, 0xFF, 0xC9, 0x75, 0xE8,
            ], from: start)
        #expect(pair.bench.machine.cpu.nativeStatistics.instructions >= 7900)
        let exchanges = try exchanges(pair, at: 5)
        #expect(exchanges.map(\.extended).sorted() == [8, 9])
        // RCX, RDX and RSP are in use.
        #expect(exchanges.allSatisfy { [0, 3, 5, 6, 7].contains($0.usual) })
    }

    /// The TLB is missed at each page, at the end of memory there is #PF, and its handler finds all registers in their places.
    /// mov ecx, 5000; again: mov rdx, [r8]; add r9, rdx; mov [r8 + 8], r9; xor r9, r8; add r8, 3F8h; dec ecx; jnz again
    @Test func accessesThatMissTheTLBAndFault() throws {
        let pair = try IA32ePair()
        pair.run([
            0xB9, 0x88, 0x13, 0, 0, 0x49, 0x8B, 0x10, 0x49, 1, 0xD1, 0x4D, 0x89, 0x48, 8, 0x4D, 0x31, 0xC1, 0x49, 0x81,
            0xC0, 0xF8, 3, 0, 0, 0xFF, 0xC9, 0x75, 0xE8,
        ]) { bench in
            var state = start(bench)
            state.r8 = 0x30_0000
            return state
        }
        #expect(pair.translated.rip == UInt64(Place.handlers + 16 * 14 + 1))
        #expect(pair.translated.r8 >= 0x40_0000)
        #expect(pair.translated.cr2 == pair.translated.r8)
        #expect(try exchanges(pair, at: 5).map(\.extended).sorted() == [8, 9])
    }

    /// SMSW is called out for, and leaves its result where the code looks for it.
    /// mov ebp, 300; again: add r12, r13; xor r13, r12; smsw eax; add r12, rax; mov r11, r12; add r13, r11; xor r11, r13; add r12, r11; add
    /// r13, r12; xor r12, r13; dec ebp; jnz again
    @Test func callOutsWithinALoop() throws {
        let pair = try IA32ePair()
        pair.run(
            [
                0xBD, 0x2C, 1, 0, 0, 0x4D, 1, 0xEC, 0x4D, 0x31, 0xE5, 0x0F, 1, 0xE0, 0x49, 1,
                0xC4, 0x4D, 0x89, 0xE3, 0x4D, 1, 0xDD, 0x4D, 0x31, 0xEB, 0x4D, 1, 0xDC, 0x4D, 1, 0xE5, 0x4D, 0x31, 0xEC,
                0xFF, 0xCD, 0x75, 0xDE,
            ], from: start)
        #expect(pair.callOuts(.smsw) > 250)
        #expect(!(try exchanges(pair, at: 5).isEmpty))
    }

    /// Registers of 8, 16 and 32 bits, implied ones, locked ones, the stack, flags.
    /// mov ecx, 400; again: add r10, rsi; lock xadd [rsp], r10; mov r11b, r10b; movzx edi, r11b; cmp r10w, r11w; cmovb r11d, r10d; setnbe
    /// r10b; bswap r11; mov rax, r11; mul r10; sub r10, rdx; sbb r11, rax; bt r10, r11; adc r10, r11; xchg r10, r11; push r10; pop r11; lea
    /// r10, [r10 + r11 * 4 + 5]; neg r11; bsf rsi, r10; popcnt rbx, r11; shld r10, r11, 7; dec ecx; jnz again
    @Test func operandsOfAllKinds() throws {
        let pair = try IA32ePair()
        pair.run(
            [
                0xB9, 0x90, 1, 0, 0, 0x49, 1, 0xF2, 0xF0, 0x4C, 0x0F, 0xC1, 0x14, 0x24, 0x45, 0x88, 0xD3, 0x41, 0x0F, 0xB6,
                0xFB, 0x66, 0x45, 0x39, 0xDA, 0x45, 0x0F, 0x42, 0xDA, 0x41, 0x0F, 0x97, 0xC2, 0x49, 0x0F, 0xCB, 0x4C, 0x89,
                0xD8, 0x49, 0xF7, 0xE2, 0x49, 0x29, 0xD2, 0x49, 0x19, 0xC3, 0x4D, 0x0F, 0xA3, 0xDA, 0x4D, 0x11, 0xDA, 0x4D,
                0x87, 0xD3, 0x41, 0x52, 0x41, 0x5B, 0x4F, 0x8D, 0x54, 0x9A, 5, 0x49, 0xF7, 0xDB, 0x49, 0x0F, 0xBC, 0xF2,
                0xF3, 0x49, 0x0F, 0xB8, 0xDB, 0x4D, 0x0F, 0xA4, 0xDA, 7, 0xFF, 0xC9, 0x75, 0xAD,
            ], from: start)
        #expect(pair.bench.machine.cpu.nativeStatistics.instructions >= 9000)
        #expect(try exchanges(pair, at: 5).contains { $0.extended == 10 })
    }

    /// Ticks end everywhere in a loop: each time all registers are in their places.
    @Test func endsInTheMiddle() throws {
        let pair = try IA32ePair()
        for ticks in 500..<540 as Range<UInt64> {
            pair.run(
                [
                    0xB9, 0xE8, 3, 0, 0, 0x4C, 0x89, 0xC2, 0x48, 0xC1, 0xE2, 0x0D, 0x49, 0x31, 0xD0, 0x4D, 0x0F, 0xAF, 0xCE,
                    0x4D, 0x31, 0xC1, 0x49, 0xD3, 0xC0, 0xFF, 0xC9, 0x75, 0xE8,
                ], from: start, ticks: ticks)
        }
    }
}
