import Processor
import TestKit
import Testing

@testable import Recompiler

/// Code that keeps changing, and data beside code: what they cost, counted. Each program ends as it does in the interpreter.
@Suite struct ChangingCodeTests {
    private struct Run {
        let state: CPUState
        let ticks: UInt64
        let callOuts: UInt64
        let recompiled: UInt64
        let statistics: Recompiler.Statistics
        let blocks: BlockCache.Statistics
    }

    /// Executes the code at 1000h to its HLT, by the interpreter and by the recompiler.
    private func run(_ code: [UInt8], threshold: UInt32, _ routine: (address: Int, code: [UInt8])? = nil) throws -> Run {
        func machine() -> FlatMachine {
            let machine = FlatMachine(model: .max, megabytes: 4)
            machine.write(0x1000, code)
            if let routine { machine.write(routine.address, routine.code) }
            machine.cpu.state = .flat
            return machine
        }
        func finish(_ machine: FlatMachine) {
            while machine.cpu.run(until: machine.clock.now + 1_000_000) == .deadline {}
        }
        let (reference, translated) = (machine(), machine())
        let engine = try #require(Recompiler(translated.cpu, threshold: threshold))
        finish(reference)
        finish(translated)
        #expect(translated.cpu.state == reference.cpu.state)
        #expect(translated.clock.now == reference.clock.now)
        let native = translated.cpu.nativeStatistics
        return Run(
            state: translated.cpu.state, ticks: translated.clock.now, callOuts: native.callOuts, recompiled: native.instructions,
            statistics: engine.statistics, blocks: translated.cpu.blockStatistics)
    }

    /// `mov ecx, rounds`, the body, `dec ecx; jnz` back to the body, `hlt`.
    private func loop(_ rounds: UInt32, _ body: [UInt8]) -> [UInt8] {
        let back = Int32(-(body.count + 7))
        return [0xB9] + bytes(rounds) + body + [0x49, 0x0F, 0x85] + bytes(UInt32(bitPattern: back)) + [0xF4]
    }

    private func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    @Test(arguments: [1, 64] as [UInt32]) func aStackBesideCode(threshold: UInt32) throws {
        for pointer: UInt32 in [0x1F00, 0x1F01, 0x1F02, 0x1F03] {
            // mov esp, pointer; a loop of push ecx; push eax; pop eax; pop edx; add eax, edx; pushf; popf
            let body: [UInt8] = [0x51, 0x50, 0x58, 0x5A, 0x01, 0xD0, 0x9C, 0x9D]
            let run = try run([0xBC] + bytes(pointer) + loop(20_000, body), threshold: threshold)
            #expect(run.state.rax == 200_010_000)
            #expect(run.recompiled > 150_000)
            #expect(run.callOuts < 1000, "at \(pointer)")
            #expect(run.blocks.dropped == 0 && run.statistics.invalidations == 0)
        }
    }

    @Test(arguments: [1, 64] as [UInt32]) func variablesBesideCode(threshold: UInt32) throws {
        // inc dword [1801h]; add [1900h], cl; mov [1A01h], cx; add eax, [1A00h]; fild dword [1801h]; fstp tbyte [1B03h]; movups [1C01h], xmm0
        let body: [UInt8] = [
            0xFF, 0x05, 0x01, 0x18, 0, 0, 0x00, 0x0D, 0, 0x19, 0, 0, 0x66, 0x89, 0x0D, 0x01, 0x1A, 0, 0,
            0x03, 0x05, 0, 0x1A, 0, 0, 0xDB, 0x05, 0x01, 0x18, 0, 0, 0xDB, 0x3D, 0x03, 0x1B, 0, 0, 0x0F, 0x11, 0x05, 0x01, 0x1C, 0,
            0,
        ]
        let code = [0xDB, 0xE3] + loop(20_000, body)  // FNINIT
        var state = CPUState.flat
        state.cr4.insert(.OSFXSR)
        let machine = FlatMachine(model: .max, megabytes: 4)
        let engine = try #require(Recompiler(machine.cpu, threshold: threshold))
        machine.write(0x1000, code)
        machine.cpu.state = state
        while machine.cpu.run(until: machine.clock.now + 1_000_000) == .deadline {}
        #expect(machine.read(0x1801) == 0x20 && machine.read(0x1802) == 0x4E, "20,000")
        #expect(machine.cpu.nativeStatistics.callOuts < 1000)
        #expect(machine.cpu.blockStatistics.dropped == 0 && engine.statistics.invalidations == 0)
    }

    /// Bytes that were code once cost nothing more than their neighbours.
    @Test(arguments: [1, 64] as [UInt32]) func variablesWhereCodeWas(threshold: UInt32) throws {
        // call 1800h; a loop of mov [1800h], ecx; inc word [1803h]; add eax, [1801h]
        let body: [UInt8] = [0x89, 0x0D, 0, 0x18, 0, 0, 0x66, 0xFF, 0x05, 0x03, 0x18, 0, 0, 0x03, 0x05, 0x01, 0x18, 0, 0]
        let run = try run(
            [0xE8, 0xFB, 0x07, 0, 0] + loop(20_000, body), threshold: threshold, (0x1800, [0x90, 0x90, 0x90, 0x90, 0x90, 0xC3]))
        #expect(run.callOuts < 1000)
        #expect(run.blocks.dropped == 1)
    }

    /// Overwritten with what it is, code does not change.
    @Test(arguments: [1, 64] as [UInt32]) func theSameBytes(threshold: UInt32) throws {
        // mov byte [100Dh], 5; mov eax, 5, of which 100Dh is the operand; add ebx, eax
        let body: [UInt8] = [0xC6, 0x05, 0x0D, 0x10, 0, 0, 5, 0xB8, 5, 0, 0, 0, 0x01, 0xC3]
        let run = try run(loop(20_000, body), threshold: threshold)
        #expect(run.state.rbx == 100_000)
        #expect(run.blocks.refreshed == 0 && run.blocks.dropped == 0)
        #expect(run.statistics.invalidations == 0)
    }

    /// An operand that is another each time: the interpreter executes its instruction for the translation around it.
    @Test(arguments: [1, 64] as [UInt32]) func anotherOperandEachTime(threshold: UInt32) throws {
        // mov [100Ch], ecx; mov eax, 5, of which 100Ch is the operand; add ebx, eax
        let body: [UInt8] = [0x89, 0x0D, 0x0C, 0x10, 0, 0, 0xB8, 5, 0, 0, 0, 0x01, 0xC3]
        let run = try run(loop(20_000, body), threshold: threshold)
        #expect(run.state.rbx == 200_010_000)
        #expect(run.blocks.refreshed >= 20_000 && run.blocks.dropped == 0)
        #expect(run.statistics.invalidations <= 16)
        #expect(run.statistics.instructions <= 300)
        #expect(run.recompiled > 30_000)
    }

    /// An operand that stays for good after a while has a translation again.
    @Test func anOperandThatSettles() throws {
        // 2000h: mov eax, 5; add ebx, eax; ret
        let routine: [UInt8] = [0xB8, 5, 0, 0, 0, 0x01, 0xC3, 0xC3]
        // 1,000 times mov [2001h], ecx; call 2000h, and then 200,000 times the call alone
        let first = loop(1000, [0x89, 0x0D, 0x01, 0x20, 0, 0, 0xE8, 0xF0, 0x0F, 0, 0])
        let second = loop(200_000, [0xE8] + bytes(UInt32(bitPattern: Int32(0x2000 - (0x1000 + first.count - 1 + 5 + 5)))))
        let run = try run(Array(first.dropLast()) + second, threshold: 64, (0x2000, routine))
        #expect(run.state.rbx == 500_500 + 200_000)
        #expect(run.callOuts < 30_000, "not once in each of 200,000 rounds")
    }

    /// The last instruction of a block is replaced in its place, too; its successors are looked up again.
    @Test(arguments: [1, 64] as [UInt32]) func anotherTargetEachTime(threshold: UInt32) throws {
        // mov al, cl; and al, 1; mov [100Fh], al; jmp to the next instruction or behind it, with its operand at 100Fh; inc ebx; nop
        let body: [UInt8] = [0x88, 0xC8, 0x24, 1, 0xA2, 0x0F, 0x10, 0, 0, 0xEB, 0, 0x43, 0x90]
        let run = try run(loop(20_000, body), threshold: threshold)
        #expect(run.state.rbx == 10_000)
        #expect(run.blocks.dropped == 0)
        #expect(run.statistics.invalidations <= 16)
    }

    /// Instructions become longer and shorter, so that their blocks are dropped each time.
    @Test(arguments: [1, 64] as [UInt32]) func otherInstructionsEachTime(threshold: UInt32) throws {
        // INC EBX four times, or ADD EBX, 7 and NOP, by bit 0 of CL, written to 1800h; call 1800h
        let body: [UInt8] = [
            0xF6, 0xC1, 1, 0xB8, 0x43, 0x43, 0x43, 0x43, 0x74, 5, 0xB8, 0x83, 0xC3, 7, 0x90, 0xA3, 0, 0x18, 0, 0,
            0xE8, 0xE2, 0x07, 0, 0,
        ]
        let run = try run(loop(20_000, body), threshold: threshold, (0x1800, [0x90, 0x90, 0x90, 0x90, 0xC3]))
        #expect(run.state.rbx == 20_000 / 2 * (4 + 7))
        #expect(run.blocks.dropped > 19_000)
        #expect(run.statistics.invalidations < 50)
        #expect(run.statistics.instructions < 2000, "of \(run.ticks) ticks")
    }

    /// Fresh code, each function called once: translating it is limited by the time that passes.
    @Test(arguments: [1, 64] as [UInt32]) func functionsThatAreLeftSoon(threshold: UInt32) throws {
        // mov edi, 100000h; a loop of: mov ebp, edi; mov eax, 43434343h (inc ebx); stosd × 8; mov al, C3h; stosb; call ebp
        let body: [UInt8] =
            [0x89, 0xFD, 0xB8, 0x43, 0x43, 0x43, 0x43] + [UInt8](repeating: 0xAB, count: 8) + [0xB0, 0xC3, 0xAA, 0xFF, 0xD5]
        let run = try run([0xBF, 0, 0, 0x10, 0] + loop(60_000, body), threshold: threshold)
        #expect(run.state.rbx == 60_000 * 32)
        let limit = TranslationBudget.advance + Int64(run.ticks) / TranslationBudget.ticksPerInstruction + 1000
        #expect(Int64(run.statistics.instructions) <= limit)
    }
}
