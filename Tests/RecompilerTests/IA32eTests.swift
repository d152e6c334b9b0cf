import Processor
import TestKit
import Testing
import X86

@testable import Recompiler

/// 64-bit code and compatibility mode as translated code, beside the interpreter.
@Suite struct IA32eTests {
    private typealias Place = LongModeBench.Place

    /// The same machine twice: the law, and one that translates from the first instruction on.
    private final class Pair {
        let law = LongModeBench()
        let bench = LongModeBench()
        let engine: Recompiler

        init() throws { engine = try #require(Engine.recompiled.use(on: bench.machine.cpu)) }

        var translated: CPUState { bench.machine.cpu.state }

        /// Runs `code`, which ends with HLT, or in a handler that halts, from what `state` makes of ring 0 on both; they do not differ.
        func run(_ code: [UInt8], from state: (LongModeBench) -> CPUState = { $0.ring0 }, ticks: UInt64 = 100_000) {
            for one in [law, bench] {
                let machine = one.machine
                let start = state(one)
                machine.write(Place.code, code + [0xF4])
                machine.cpu.state = start
                let end = machine.clock.now + ticks
                while machine.clock.now < end, machine.cpu.run(until: end) == .deadline {}
            }
            #expect(translated == law.machine.cpu.state)
            #expect(bench.machine.clock.now == law.machine.clock.now)
        }

        /// Instructions that translations left to the interpreter, of one operation.
        func callOuts(_ operation: Operation) -> UInt64 {
            engine.callOutsByOperation.first { $0.operation == operation }?.count ?? 0
        }
    }

    /// mov ecx, 1000; again: add rax, rcx; lea r9, [rax + r9 * 2]; dec ecx; jnz again
    @Test func aLoopOf64BitCodeRunsAsTranslatedCode() throws {
        let pair = try Pair()
        pair.run([0xB9, 0xE8, 3, 0, 0, 0x48, 0x01, 0xC8, 0x4E, 0x8D, 0x0C, 0x48, 0xFF, 0xC9, 0x75, 0xF5])
        #expect(pair.translated.rax == 500_500)
        #expect(pair.bench.machine.cpu.nativeStatistics.instructions >= 4000)
        #expect(pair.bench.machine.cpu.nativeStatistics.callOuts <= 2)
    }

    /// The same in compatibility mode: add eax, ecx; dec ecx (49h, which is REX.WB in 64-bit code); jnz again
    @Test func aLoopOfCompatibilityModeRunsAsTranslatedCode() throws {
        let pair = try Pair()
        pair.run([0xB9, 0xE8, 3, 0, 0, 0x01, 0xC8, 0x49, 0x75, 0xFB], from: { $0.compatibility })
        #expect(pair.translated.rax == 500_500)
        #expect(pair.bench.machine.cpu.nativeStatistics.instructions >= 3000)
    }

    /// Results of 32 bits clear the upper half: of a shift by zero, too, but not what BSF of zero and CMOVcc leave.
    @Test func upperHalves() throws {
        let pair = try Pair()
        for code: [UInt8] in [
            [0xD3, 0xE0], [0xC1, 0xE0, 0], [0x41, 0xD3, 0xE0], [0x0F, 0xA5, 0xD0], [0x0F, 0xBC, 0xC3], [0x44, 0x0F, 0xBC, 0xC3],
            [0x0F, 0x44, 0xC2], [0x44, 0x0F, 0x44, 0xC2], [0x0F, 0x45, 0xC2], [0x87, 0xC2], [0x41, 0x87, 0xC0], [0x41, 0x0F, 0xC1, 0xC0],
            [0x41, 0x88, 0xC0], [0x66, 0x41, 0x89, 0xC0], [0x41, 0x89, 0xC0], [0x0F, 0xC8], [0x41, 0x0F, 0xC8], [0x48, 0x98],
            [0x48, 0x99], [0x99], [0xF7, 0xE2], [0x49, 0xF7, 0xE8], [0x41, 0xF7, 0xF0], [0x49, 0xF7, 0xF8], [0x48, 0x63, 0xC2],
            [0x4D, 0x63, 0xC0], [0x44, 0x0F, 0xB6, 0xC0], [0x44, 0x0F, 0xBE, 0xC0], [0x40, 0x88, 0xE6], [0x40, 0x0F, 0xB6, 0xC4],
            [0x88, 0xE6], [0x0F, 0xB6, 0xC4], [0x31, 0xC0], [0x45, 0x31, 0xC0], [0x4D, 0x0F, 0xB3, 0xC0],
            [0x4C, 0x0F, 0xB1, 0xC2], [0x44, 0x0F, 0xB1, 0xC2],
        ] {
            for count in [UInt64(0), 5, 0x20] {
                pair.run(code) { bench in
                    var state = bench.ring0
                    (state.rax, state.rcx, state.rdx) = (0x8123_4567_89AB_CDEF, count, count & 4)
                    (state.rbx, state.r8) = (0, 0xFEDC_BA98_7654_3210)
                    return state
                }
            }
        }
        #expect(pair.bench.machine.cpu.nativeStatistics.instructions > 80)
    }

    /// Near transfers to what is not canonical fault where they are, with the stack as it was.
    @Test func targetsThatAreNotCanonical() throws {
        let pair = try Pair()
        for code: [UInt8] in [[0xC3], [0xFF, 0xE0], [0xFF, 0xD0], [0x41, 0xFF, 0xE0], [0xFF, 0x24, 0x24]] {
            pair.run([0x50] + code) { bench in
                var state = bench.ring0
                (state.rax, state.r8) = (0x8000_0000_0000, 0xFFFF_7FFF_FFFF_FFFF)
                return state
            }
            // HLT of the handler of #GP.
            #expect(pair.translated.rip == UInt64(Place.handlers + 16 * 13 + 1))
        }
    }

    /// Operands that are not canonical, or end where canonical addresses do, are #GP(0), or #SS(0) by way of the stack.
    @Test func operandsThatAreNotCanonical() throws {
        let pair = try Pair()
        for (code, vector) in [
            ([0x48, 0x8B, 0x00], 13), ([0x48, 0x89, 0x00], 13), ([0x48, 0x01, 0x00], 13), ([0x48, 0x8B, 0x45, 0], 12), ([0x8A, 0x00], 13),
        ] as [([UInt8], Int)] {
            for address in [0x7FFF_FFFF_FFFC, 0x8000_0000_0000, 0xFFFF_7FFF_FFFF_FFFF, 0x1234_5678_9ABC_DEF0] as [UInt64] {
                if code == [0x8A, 0x00] && address == 0x7FFF_FFFF_FFFC { continue }
                pair.run(code) { bench in
                    var state = bench.ring0
                    (state.rax, state.rbp) = (address, address)
                    return state
                }
                #expect(pair.translated.rip == UInt64(Place.handlers + 16 * vector + 1))
            }
        }
    }

    /// The same page low and high; addresses relative to RIP in the higher half; FS.
    @Test func addresses() throws {
        let pair = try Pair()
        // mov [rip + 1000h], rax; add qword [rip + 1000h - 7], 1; mov rdx, [rip + 1000h - 15]; mov rcx, fs:[8]; mov fs:[r9 + 8], cl
        let code: [UInt8] =
            [0x48, 0x89, 0x05, 0, 0x10, 0, 0, 0x48, 0x83, 0x05, 0xF8, 0x0F, 0, 0, 1, 0x48, 0x8B, 0x15, 0xF1, 0x0F, 0, 0]
            + [0x64, 0x48, 0x8B, 0x0C, 0x25, 8, 0, 0, 0, 0x64, 0x41, 0x88, 0x49, 8]
        for base in [0, Place.high] {
            pair.run(code) { bench in
                var state = bench.ring0
                state.rip += base
                state.rax = 0x1_0000_0001
                state.fs.base = base + 0x15_0000
                bench.machine.write64(0x15_0008, 0x1234_5678_9ABC_DEF0)
                return state
            }
            #expect(pair.translated.rdx == 0x1_0000_0002)
            #expect(pair.translated.rcx == 0x1234_5678_9ABC_DEF0)
        }
    }

    /// again: syscall; dec ebx; jnz again; hlt, which faults in ring 3. The kernel: swapgs; mov gs:[8], rsp; swapgs; sysretq
    @Test func systemCallsOf64BitCode() throws {
        let pair = try Pair()
        pair.run([0x0F, 0x05, 0xFF, 0xCB, 0x75, 0xFA]) { bench in
            let kernel: [UInt8] = [0x0F, 0x01, 0xF8, 0x65, 0x48, 0x89, 0x24, 0x25, 8, 0, 0, 0, 0x0F, 0x01, 0xF8, 0x48, 0x0F, 0x07]
            bench.machine.write(Int(Place.gateTarget), kernel)
            var state = bench.ring3
            state.rbx = 500
            state.eflags = [.alwaysOne, .CF, .OF, .DF]
            state.msr.star = UInt64(LongModeBench.Selector.code64) << 32 | 0x23 << 48
            state.msr.lstar = Place.gateTarget + Place.high
            state.msr.fmask = 0x4_0700
            state.msr.kernelGSBase = Place.high + 0x15_0000
            return state
        }
        #expect(pair.translated.rbx == 0)
        for operation in [Operation.syscall, .sysret, .swapgs] { #expect(pair.callOuts(operation) <= 4, "\(operation)") }
    }
}
