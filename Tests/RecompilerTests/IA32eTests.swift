import Processor
import TestKit
import Testing
import X86

@testable import Recompiler

/// 64-bit code and compatibility mode as translated code, beside the interpreter.
@Suite struct IA32eTests {
    private typealias Place = LongModeBench.Place
    private typealias Pair = IA32ePair

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
            [0x0F, 0x44, 0xC2], [0x44, 0x0F, 0x44, 0xC2], [0x0F, 0x45, 0xC2], [0x87, 0xC2], [0x41, 0x87, 0xC0],
            [0x41, 0x0F, 0xC1, 0xC0],
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

    /// REP of MOVS, STOS, SCAS and CMPS at an address that is not canonical, though its lower 48 bits are mapped, does nothing but fault.
    @Test func repeatedAccessesThatAreNotCanonical() throws {
        let pair = try Pair()
        for (code, isSource) in [
            ([0xF3, 0xA4], false), ([0xF3, 0xA4], true), ([0xF3, 0x48, 0xAB], false), ([0xF2, 0xAE], false), ([0xF3, 0xA6], false),
            ([0xF3, 0xA6], true),
        ] as [([UInt8], Bool)] {
            pair.run(code) { bench in
                var state = bench.ring0
                (state.rax, state.rcx, state.rsi, state.rdi) = (0x5A, 16, 0x10_0000, 0x10_1000)
                if isSource { state.rsi |= 1 << 48 } else { state.rdi |= 1 << 48 }
                return state
            }
            #expect(pair.translated.rcx == 16)
            #expect(pair.translated.rip > UInt64(Place.handlers), "in a handler")
        }
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
            ([0x48, 0x8B, 0x00], 13), ([0x48, 0x89, 0x00], 13), ([0x48, 0x01, 0x00], 13), ([0x48, 0x8B, 0x45, 0], 12),
            ([0x8A, 0x00], 13),
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

    /// Bit strings in memory, whose numbers are signed: bt [rsp + 40h], rdx and its like by 16, 32 and 64 bits, with R9 for RDX, too.
    @Test func bitStrings() throws {
        let pair = try Pair()
        for opcode: UInt8 in [0xA3, 0xAB, 0xB3, 0xBB] {
            for prefix: [UInt8] in [[0x66], [], [0x48], [0x4C]] {
                for number in [UInt64(0), 5, 0x7F, UInt64(bitPattern: -1), UInt64(bitPattern: -200), 0xFF00_0000_0017] {
                    // One that leads far away faults.
                    pair.run(prefix + [0x0F, opcode, 0x54 | (prefix == [0x4C] ? 8 : 0), 0x24, 0x40]) { bench in
                        for offset in 0..<32 { bench.machine.write64(Place.stack - 0x80 + 8 * offset, 0x5A3C_9669_C3A5_F00F) }
                        var state = bench.ring0
                        (state.rdx, state.r9, state.r10) = (number, number, number)
                        state.eflags = [.alwaysOne, .OF, .SF, .AF]
                        return state
                    }
                    let range = Place.stack - 0x80..<Place.stack + 0x80
                    #expect(range.allSatisfy { pair.law.machine.read($0) == pair.bench.machine.read($0) })
                }
            }
        }
        for operation in [Operation.bt, .bts, .btr, .btc] { #expect(pair.callOuts(operation) <= 2, "\(operation)") }
    }

    /// mov rax, cr4, which has 32 bits in the processor's state; movq mm1, [rsp]; movq [rsp + 8], mm1; mov rdx, [rsp + 8]. Found by random programs.
    @Test func fieldsOf64And32Bits() throws {
        let pair = try Pair()
        let code: [UInt8] = [
            0x0F, 0x20, 0xE0, 0x48, 0x0F, 0x6E, 0x0C, 0x24, 0x48, 0x0F, 0x7E, 0x4C, 0x24, 8, 0x48, 0x8B, 0x54, 0x24, 8,
        ]
        pair.run(code) { bench in
            bench.machine.write64(Place.stack, 0x1234_5678_9ABC_DEF0)
            var state = bench.ring0
            state.x87.control = 0x37F
            return state
        }
        #expect(pair.translated.rax == UInt64(CR4.PAE.rawValue))
        #expect(pair.translated.rdx == 0x1234_5678_9ABC_DEF0)
        #expect(pair.bench.machine.cpu.nativeStatistics.instructions >= 4)
    }

    /// POPCNT, TZCNT, LZCNT of zero and of numbers; CMPXCHG8B and CMPXCHG16B that find what they look for, and that do not, and misaligned.
    @Test func countsAndPairs() throws {
        let pair = try Pair()
        let counts: [[UInt8]] = [0xB8, 0xBC, 0xBD].flatMap { opcode in
            [
                [0xF3, 0x0F, opcode, 0xC2], [0xF3, 0x4D, 0x0F, opcode, 0xC1], [0x66, 0xF3, 0x44, 0x0F, opcode, 0xC2],
                [0xF3, 0x48, 0x0F, opcode, 0x04, 0x24],
            ]
        }
        let pairs: [[UInt8]] = [
            [0x48, 0x0F, 0xC7, 0x0C, 0x24], [0x0F, 0xC7, 0x0C, 0x24], [0xF0, 0x48, 0x0F, 0xC7, 0x4C, 0x24, 8],
        ]
        for code in counts + pairs {
            for value in [UInt64(0), 1, 0x8000, 0xFFFF_0000, 0x1234_5678_9ABC_0000, .max] {
                pair.run(code) { bench in
                    for offset in [0, 8, 16] { bench.machine.write64(Place.stack + offset, offset == 8 ? 0 : 0x9ABC_0000) }
                    var state = bench.ring0
                    (state.rax, state.rdx, state.rbx, state.rcx) = (
                        value, value >> 63, 0x1111_2222_3333_4444, 0x5555_6666_7777_8888
                    )
                    (state.r8, state.r9) = (.max, value)
                    state.eflags = [.alwaysOne, .CF, .OF, .SF, .AF]
                    return state
                }
            }
        }
        for operation in [Operation.popcnt, .tzcnt, .lzcnt, .cmpxchg8b] { #expect(pair.callOuts(operation) == 0, "\(operation)") }
        #expect(pair.callOuts(.cmpxchg16b) <= 6)
    }
}
