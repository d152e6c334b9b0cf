import Processor
import TestKit
import Testing

@testable import Recompiler

/// What only the recompiler does: translating, linking, forgetting.
@Suite struct RecompilerTests {
    /// A machine in flat 32-bit mode with `code` at 1000h, translated from the first instruction on.
    private final class Bench {
        let machine = FlatMachine(model: .max, megabytes: 4)
        let engine: Recompiler

        init(_ code: [UInt8], engine choice: Engine = .recompiled) throws {
            engine = try #require(choice.use(on: machine.cpu))
            machine.write(0x1000, code)
            machine.cpu.state = .flat
        }

        func run(_ ticks: UInt64) { while machine.clock.now < ticks { if machine.cpu.run(until: ticks) != .deadline { return } } }
        var state: CPUState { machine.cpu.state }
    }

    /// mov ecx, 1000; again: add eax, ecx; dec ecx; jnz again; hlt
    private static let loop: [UInt8] = [0xB9, 0xE8, 3, 0, 0, 0x01, 0xC8, 0x49, 0x75, 0xFB, 0xF4]

    /// Where an exit is waited for, all instructions of a region have run as translated code, and the processor is behind the last.
    @Test func exitsAreSeen() throws {
        let machine = FlatMachine(model: .max, megabytes: 1)
        let engine = try #require(Engine.recompiled.use(on: machine.cpu))
        // mov ebx, 1010h; jz +0; inc eax; jmp ebx. At 1010h: inc ecx; jmp 1000h.
        machine.write(0x1000, [0xBB, 0x10, 0x10, 0, 0, 0x74, 0, 0x40, 0xFF, 0xE3])
        machine.write(0x1010, [0x41, 0xEB, 0xED])
        machine.cpu.state = .flat
        for (exit, tick) in [(1, 4), (4, 6), (11, 12), (20, 22), (23, 24), (50, 52)] as [(UInt64, UInt64)] {
            machine.cpu.stopAtExitFrom = exit
            #expect(machine.cpu.run(until: 1000) == .leftTranslation)
            #expect(machine.clock.now == tick)
            #expect(machine.cpu.state.rip == (tick % 6 == 4 ? 0x1010 : 0x1000))
            #expect(machine.cpu.nativeStatistics.instructions == machine.clock.now)
        }
        #expect(engine.statistics.links == 0)
        machine.cpu.stopAtExitFrom = .max
        #expect(machine.cpu.run(until: 1000) == .deadline)
    }

    @Test func aLoopRunsAsTranslatedCode() throws {
        let bench = try Bench(Self.loop)
        bench.run(10_000)
        #expect(bench.state.rax == 500_500)
        #expect(bench.state.activity == .halted)
        #expect(bench.machine.cpu.nativeStatistics.instructions >= 3000)
        #expect(bench.engine.statistics.regions > 0)
    }

    /// The limit is met to the instruction, and the flags are those of the last one.
    @Test func everyLimitIsMetExactly() throws {
        for limit in 1...60 as ClosedRange<UInt64> {
            let bench = try Bench(Self.loop)
            let reference = try Bench(Self.loop)
            reference.machine.cpu.use(nil, threshold: 1)
            bench.run(limit)
            reference.run(limit)
            #expect(bench.machine.clock.now == limit)
            #expect(bench.state == reference.state, "after \(limit) instructions")
        }
    }

    /// mov byte [1008h], imm changes the operand of the instruction behind it: the translation is dropped, and the new byte counts.
    @Test func aTranslationThatChangesItselfIsDropped() throws {
        // inc byte [100Ch]; mov al, 0; add ebx, eax … the immediate at 100Ch is the operand of MOV.
        let code: [UInt8] = [0xB9, 10, 0, 0, 0, 0xFE, 0x05, 0x0C, 0x10, 0, 0, 0xB0, 0, 0x01, 0xC3, 0x49, 0x75, 0xF3, 0xF4]
        let bench = try Bench(code)
        bench.run(1000)
        #expect(bench.state.rbx == 55)
        #expect(bench.engine.statistics.invalidations > 0)
    }

    /// call 1100h; dec ecx; jnz 1005h; hlt, with a routine in another page: what is chained is not looked up again.
    @Test func chainedTransfersAreCounted() throws {
        let machine = FlatMachine(model: .max, megabytes: 4)
        let engine = try #require(Recompiler(machine.cpu, threshold: 1, countsTransfers: true))
        // mov ecx, 1000; again: call 3000h; dec ecx; jnz again; hlt
        machine.write(0x1000, [0xB9, 0xE8, 3, 0, 0, 0xE8, 0xF6, 0x1F, 0, 0, 0x49, 0x75, 0xF8, 0xF4])
        machine.write(0x3000, [0x40, 0xC3])
        machine.cpu.state = .flat
        while machine.cpu.run(until: machine.clock.now + 1_000_000) == .deadline {}
        #expect(machine.cpu.state.rax == 1000)
        let (direct, indirect) = engine.transfers
        #expect(direct.count >= 990 && direct.chained >= direct.count - 10)
        #expect(indirect.count >= 990 && indirect.chained >= indirect.count - 10)
    }

    /// An access to a page that is not there leaves everything as it was before the instruction, flags included.
    @Test func aFaultInTheMiddleOfABlockIsExact() throws {
        // mov eax, 5; cmp eax, 7; mov ebx, [FFFFFFFEh] reaches beyond the segment: #GP(0), with the flags of CMP.
        let code: [UInt8] = [0xB8, 5, 0, 0, 0, 0x83, 0xF8, 7, 0x8B, 0x1D, 0xFE, 0xFF, 0xFF, 0xFF, 0xF4]
        let bench = try Bench(code)
        for _ in 0..<2 { #expect(bench.machine.cpu.executeInstruction() == nil) }
        #expect(bench.machine.cpu.executeInstruction() == .GP(0))
        #expect(bench.state.rip == 0x1008)
        #expect(bench.state.rbx == 0)
        #expect(bench.state.eflags.contains(.CF) && bench.state.eflags.contains(.SF) && !bench.state.eflags.contains(.ZF))
    }

    /// SCASB's flags survive the step of the index register, which is no arithmetic of the guest. Found by random program 47.
    @Test func flagsOfAStringComparisonSurviveItsIndex() throws {
        // mov edi, 2000h; mov al, 8Ah; scasb; mov [900h], al; lahf; hlt
        let code: [UInt8] = [0xBF, 0, 0x20, 0, 0, 0xB0, 0x8A, 0xAE, 0xA2, 0, 9, 0, 0, 0x9F, 0xF4]
        let bench = try Bench(code)
        bench.machine.write(0x2000, [0x9C])
        bench.run(100)
        // 8A − 9C = EE: sign, half borrow, even parity, borrow.
        #expect(UInt8(truncatingIfNeeded: bench.state.rax >> 8) & 0xD5 == 0x95)
        #expect(bench.state.rdi == 0x2001)
    }

    /// A code memory that is full is emptied, and the machine goes on.
    @Test func aFullCodeMemoryIsForgotten() throws {
        let machine = FlatMachine(model: .max, megabytes: 4)
        let engine = try #require(Recompiler(machine.cpu, codeBytes: 1 << 18, threshold: 1))
        // 4,000 blocks of one jump each, in a ring.
        var code: [UInt8] = []
        for _ in 0..<3999 { code += [0x40, 0xEB, 13] + [UInt8](repeating: 0x90, count: 13) }
        let back = Int32(-(code.count + 5))
        code += [0xE9] + withUnsafeBytes(of: back.littleEndian) { Array($0) }
        machine.write(0x1_0000, code)
        var state = CPUState()
        state.cr0 = [.PE, .ET]
        let data = SegmentRegister(selector: 0x10, base: 0, limit: .max, attributes: 0xC093)
        (state.ds, state.es, state.ss) = (data, data, data)
        state.cs = SegmentRegister(selector: 8, base: 0, limit: .max, attributes: 0xC09B)
        state.rip = 0x1_0000
        machine.cpu.state = state
        while machine.clock.now < 40_000 { #expect(machine.cpu.run(until: 40_000) == .deadline) }
        #expect(engine.statistics.flushes > 1)
        #expect(machine.cpu.state.rax > 19_000)
    }
}
