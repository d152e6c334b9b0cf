import Processor
import TestKit
import Testing
import X86

@testable import Recompiler

/// Accesses beside one register, for which the TLB is asked once: see `AccessRun`.
@Suite struct AccessRunTests {
    private typealias Place = LongModeBench.Place

    private static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).compactMap {
            let start = hex.index(hex.startIndex, offsetBy: $0)
            return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)
        }
    }

    /// The comparisons with tags of the TLB in the code of the block at an offset of the guest's code, cold paths not counted.
    private func looks(_ pair: IA32ePair, at offset: UInt64) throws -> Int {
        let cpu: CPU = pair.bench.machine.cpu
        var state = pair.bench.ring0
        state.rip += offset
        cpu.state = state
        let code = try pair.engine.x86_64.codeOfFirstBlock(pair.engine.regionHere(of: cpu), under: pair.engine.assumptions(of: cpu))
        return Disassembly(code, codeSize: .bits64).filter { $0.text.hasPrefix("cmp r12, [r14+r11") }.count
    }

    /// Registers with something in them, and memory, too.
    private func start(_ bench: LongModeBench, _ state: CPUState? = nil) -> CPUState {
        for offset in 0..<0x2000 as Range<Int> {
            bench.machine.write32(0x30_0000 + offset * 4, UInt32(truncatingIfNeeded: offset &* 0x9E37_79B9))
        }
        var state = state ?? bench.ring0
        (state.rax, state.rdx, state.rbx, state.rbp) = (0x1111_2222_3333_4444, 0x5555, 0x6666_0000_7777, 0x8888)
        (state.rsi, state.rdi, state.r12) = (0x30_0040, 0xAAAA, 0xCBF2_9CE4_8422_2325)
        return state
    }

    /// mov ecx, 3000; again: push rbx; push rbp; push r12; push rdi; mov rbp, [rsp + 8]; add rbx, [rsp]; cmp rbx, rbp; mov [rsp + 16], rbx; setb al; add
    /// [rsp], ecx; mov rdx, [rsp + 24]; xchg rdx, [rsp + 8]; adc rbp, [rsp + 16]; pop rdi; pop r12; pop rbp; pop rbx; sub rsp, 24; dec ecx; jnz again
    @Test func theStackOverManyPages() throws {
        let pair = try IA32ePair()
        let code = Self.bytes(
            "b9b80b00005355415457488b6c240848031c244839eb48895c24100f92c0010c24488b542418488754240848136c24105f415c5d5b4883ec18ffc975c8"
        )
        pair.run(code) { bench in
            var state = start(bench)
            state.rsp = 0x3F_0004
            return state
        }
        #expect(pair.translated.rsp == 0x3F_0004 - 3000 * 24)
        #expect(try looks(pair, at: 5) == 2)
    }

    /// Until there is no more memory. mov ecx, 5000; again: mov rax, [rsi]; mov rbx, [rsi + 8]; add rax, rbx; mov [rsi + 16], rax; mov edx, [rsi + 20h]; imul
    /// rdx, rdx, 77; lea r10, [r9 + r12 * 4 + 1]; mov rdi, rdx; mov [rsi + 1E0h], edx; add [rsi - 18h], dl; movzx ebp, word [rsi + 1E1h]; mov [rsi - 8], rbp; add rsi, 3F8h; dec ecx; jnz again
    @Test func aStructureBehindTheEndOfMemory() throws {
        let pair = try IA32ePair()
        let code = Self.bytes(
            "b988130000488b06488b5e084801d8488946108b5620486bd24d4f8d54a1014889d78996e00100000056e80fb7aee101000048896ef84881c6f8030000ffc975c4"
        )
        pair.run(code) { start($0) }
        #expect(pair.translated.rip == UInt64(Place.handlers + 16 * 14 + 1))
        #expect(pair.translated.cr2 >= 0x40_0000)
        #expect(try looks(pair, at: 5) == 2)
    }

    /// Writes to a page that may only be read fault at their own instruction. mov ecx, 300; again: mov rax, [rsi]; mov [rsi + 8], rax; mov rbx, [rsi + 8]; mov
    /// [rsi + 16], rbx; xor rbx, rax; mov [rsi + 24], rbx; add rsi, 40; dec ecx; jnz again
    @Test func aPageThatIsOnlyRead() throws {
        let pair = try IA32ePair()
        let code = Self.bytes("b92c010000488b0648894608488b5e0848895e104831c348895e184883c628ffc975e2")
        pair.run(code) { bench in
            // The upper 2 MBytes by a table, the page at 301000h without R/W.
            bench.machine.write32(Place.directory + 8, UInt32(Place.table) | 7)
            for page in 0..<512 as Range<Int> {
                bench.machine.write64(Place.table + page * 8, UInt64(0x20_0000 + page * 0x1000) | (page == 0x101 ? 5 : 7))
            }
            return start(bench)
        }
        #expect(pair.translated.rip == UInt64(Place.handlers + 16 * 14 + 1))
        #expect(pair.translated.cr2 & ~0xFFF == 0x30_1000)
    }

    /// Addresses of 32-bit code wrap at 4 GBytes, whatever the upper halves of the registers hold. mov ecx, 300; again: mov eax, [ebx]; mov edx, [ebx + 4];
    /// add eax, edx; mov [ebx + 8], eax; mov esi, [ebx + 12]; mov [ebx + 16], esi; mov edi, [ebx]; add ebp, 4; push eax; push edx; push esi; mov eax, [esp + 8];
    /// mov [esp + 4], eax; pop esi; pop edx; pop eax; xor eax, edx; dec ecx; jnz again
    @Test(arguments: [0x30_0000, 0x30_0FF6, 0xFFFF_FFFF_0030_0010, 0x30_0FF0] as [UInt64]) func compatibilityMode(base: UInt64)
        throws
    {
        let pair = try IA32ePair()
        let code = Self.bytes("b92c0100008b038b530401d08943088b730c8973108b3b83c5045052568b442408894424045e5a5831d04975d8")
        pair.run(code) { bench in
            var state = start(bench, bench.compatibility)
            state.rbx = base
            return state
        }
        #expect(pair.translated.rcx == 0)
    }

    @Test func theStackOf32BitCodeWraps() throws {
        let pair = try IA32ePair()
        // push eax; push ebx; push edx; pop edx; nop
        pair.run([0x50, 0x53, 0x52, 0x5A, 0x90]) { bench in
            bench.setGate(14, selector: LongModeBench.Selector.code64, offset: UInt64(Place.handlers + 16 * 14), type: 0x8E, IST: 1)
            var state = start(bench, bench.compatibility)
            state.rsp = 4
            return state
        }
        #expect(pair.translated.cr2 == 0xFFFF_FFFC)
    }

    /// Flags live across a run's accesses in the host's, and where the run has to go apart, too: random instructions that set flags, look at them and go to memory
    /// beside RSI, which meets the end of a page in each of its positions.
    @Test func flagsAcrossAccesses() throws {
        var random = RandomNumbers(seed: 1)
        for _ in 0..<80 {
            let pair = try IA32ePair()
            let body = (0..<Int.random(in: 6...18, using: &random)).flatMap { _ in Self.randomInstruction(&random) }
            // mov ecx, 700; again: …; add rsi, 9; dec ecx; jnz again
            let code = [0xB9, 0xBC, 2, 0, 0] + body + [0x48, 0x83, 0xC6, 9, 0xFF, 0xC9, 0x0F, 0x85]
            let back = UInt32(bitPattern: Int32(-(body.count + 12)))
            pair.run(code + (0..<4).map { UInt8(truncatingIfNeeded: back >> (8 * $0)) }) { start($0) }
            #expect(pair.translated.rcx == 0, "\(code)")
        }
    }

    /// With registers but RCX, RSP and RSI.
    private static func randomInstruction(_ random: inout RandomNumbers) -> [UInt8] {
        func one<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &random)] }
        let (a, b) = (one([0, 2, 3, 5, 7] as [UInt8]), one([0, 2, 3, 5, 7] as [UInt8]))
        let condition = UInt8.random(in: 0...15, using: &random)
        let registers = 0xC0 | b << 3 | a
        // [rsi + displacement]
        let memory = [0x46 | b << 3, UInt8(bitPattern: Int8.random(in: -64...60, using: &random))]
        switch Int.random(in: 0..<14, using: &random) {
        case 0...4: return [one([0x8B, 0x89, 0x8B, 0x89, 0x01, 0x11, 0x1B, 0x3B, 0x39, 0x33, 0x29])] + memory
        case 5...6: return [one([0x01, 0x29, 0x39, 0x21, 0x11, 0x19, 0x85]), registers]
        case 7: return [0x0F, 0xAF, registers]
        case 8: return [0xFF, 0xC0 | one([0, 8]) | a]
        case 9: return [0xF7, 0xD8 | a]
        case 10: return [0x0F, 0x90 | condition, 0xC0 | one([0, 2, 3])]
        case 11: return [0x0F, 0x40 | condition, registers]
        case 12: return [0x0F, 0x40 | condition] + memory
        default: return [0x89, registers]
        }
    }
}
