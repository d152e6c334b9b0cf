import Processor
import TestKit
import Testing
import X86

@testable import Recompiler

/// Instructions that are written as guarded machine code: programs that use them again and again end as they do with the interpreter, and
/// without a call-out for each.
@Suite struct SystemLoweringTests {
    /// Hexadecimal digits, as the assembler's listings have them.
    private static func bytes(_ text: String) -> [UInt8] {
        var digits = Substring(text.filter { !$0.isWhitespace })
        var result: [UInt8] = []
        while !digits.isEmpty {
            result.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
            digits = digits.dropFirst(2)
        }
        return result
    }

    private static var flat: CPUState {
        var state = CPUState.flat
        state.cr4 = .OSFXSR
        return state
    }

    /// Runs `code` at 1000h to its HLT with both engines; yields what the recompiler called out for.
    private func callOuts(_ code: String, _ state: CPUState, memory: [(Int, [UInt8])] = []) throws -> [Operation: UInt64] {
        var results: [(state: CPUState, ticks: UInt64, memory: [UInt8])] = []
        var counts: [Operation: UInt64] = [:]
        for choice in [Engine.blocks, .recompiled] {
            let machine = FlatMachine(model: .max, megabytes: 4)
            let engine = choice.use(on: machine.cpu)
            machine.write(0x1000, Self.bytes(code))
            for (address, bytes) in memory { machine.write(address, bytes) }
            machine.cpu.state = state
            while machine.clock.now < 100_000, machine.cpu.run(until: 100_000) == .deadline {}
            results.append((machine.cpu.state, machine.clock.now, (0..<0x1_0000).map { machine.read($0) }))
            guard let engine else { continue }
            counts = Dictionary(uniqueKeysWithValues: engine.callOutsByOperation.map { ($0.operation, $0.count) })
            #expect(machine.cpu.nativeStatistics.instructions > 300)
        }
        #expect(results[0].state.activity == .halted)
        #expect(results[0].state == results[1].state)
        #expect(results[0].ticks == results[1].ticks)
        #expect(results[0].memory == results[1].memory)
        return counts
    }

    /// MOV FS, LGS and POP GS of descriptors in a GDT at 3000h. After 100 of 200 rounds the program changes a descriptor.
    @Test func segmentLoadsOfProtectedMode() throws {
        func descriptor(_ base: UInt64, _ rights: UInt64) -> [UInt8] {
            let raw = 0xFFFF | base << 16 | rights << 40
            return (0..<8).map { UInt8(truncatingIfNeeded: raw >> (8 * $0)) }
        }
        let table =
            [0, 0, 0, 0, 0, 0, 0, 0] + descriptor(0, 0x40_9B) + descriptor(0, 0x40_93) + descriptor(0x2000, 0x40_92)
            + descriptor(0x2100, 0x40_93)
        var state = Self.flat
        state.gs = SegmentRegister(selector: 0x10, base: 0, limit: 0xFFFF, attributes: 0x4093)
        let counts = try callOuts(
            "0f011540100000b9c8000000b8180000008ee064031d000000000fa80fb5353a10000065331e0fa9d1c383f9647507c6051b300000244975d3f41000000020002700003000 00",
            state, memory: [(0x3000, table), (0x2000, [1, 2, 3, 4]), (0x2110, [5, 6, 7, 8]), (0x2400, [9, 10, 11, 12])])
        #expect(counts[.movToSegment, default: 0] < 20)
        #expect(counts[.lgs, default: 0] < 20)
        #expect(counts[.popSegment, default: 0] < 20)
    }

    /// PUSHF, POPF of status flags and DF, CLI, DAA and DAS.
    @Test func flagsAsAWhole() throws {
        let counts = try callOuts(
            "b9c800000001cb9c81eb785634125831c235d50c0000509d83d3009c9dfcfa88c800d02728d82f01c24975d9f4", Self.flat)
        for operation in [Operation.pushf, .popf, .cli, .daa, .das] { #expect(counts[operation, default: 0] < 20, "\(operation)") }
    }

    /// PUSHAD, PUSHA, POPA and POPAD, and the ESP that was pushed.
    @Test func allRegistersAtOnce() throws {
        let counts = try callOuts("b9c8000000 60 6660 031c24 6661 01d8 61 60 8b44240c 01c3 83c420 49 75e8 f4", Self.flat)
        for operation in [Operation.pusha, .popa] { #expect(counts[operation, default: 0] < 20, "\(operation)") }
    }

    /// MOV DS, POP ES, LES, far CALL and RET, PUSHF and POPF of real mode.
    @Test func segmentsOfRealMode() throws {
        var state = CPUState()
        state.cs = .realMode(0, attributes: 0x9B)
        state.rip = 0x1000
        let counts = try callOuts(
            "bc0080b9c80089c8c1e0028ed8031e00001e072ec43e321026031d9a2b1000009a2d0000019c9d4975dcf443cbd1c3ca000020002301", state,
            memory: [(0x100, (0..<0x200).map { UInt8(truncatingIfNeeded: $0 * 7) })])
        for operation in [Operation.movToSegment, .popSegment, .les, .callFar, .pushf, .popf] {
            #expect(counts[operation, default: 0] < 20, "\(operation)")
        }
        // One of the two functions is in another segment.
        #expect(counts[.retFar, default: 0] < 220)
    }

    /// SYSENTER and SYSEXIT, between level 3 and level 0.
    @Test func fastSystemCalls() throws {
        let counts = try callOuts(
            "b97401000031d2b8080000000f3041b8009000000f3041b84a1000000f30bec8000000ba2f100000b9007000000f35ba3b100000b9007000000f344e75f1bf01000000ba3b1000000f3401f3535885ff75020f35f4",
            Self.flat)
        #expect(counts[.sysenter, default: 0] < 20)
        #expect(counts[.sysexit, default: 0] < 20)
    }

    /// SHLD and SHRD with their flags, BSF, BSR, CMPXCHG and RDTSC.
    @Test func bitsAndTheTimeStamp() throws {
        let counts = try callOuts(
            """
            b9c8000000bb78563412bef0debc9a89f70fa4f3079c583105002000000fadde9c580105002000000fa5f80f92c20f90c6660115042000000fbcc3f50fbdd1750146
            9c5831050020000031c00fbcc083d200660fbd1500200000011504200000a1042000000fb11d042000000f97c2f00fb10d002000001105002000000fb1f719c30f31
            01c3311508200000497580f442
            """, Self.flat)
        for operation in [Operation.shld, .shrd, .bsf, .bsr, .cmpxchg, .rdtsc] {
            #expect(counts[operation, default: 0] < 20, "\(operation)")
        }
    }

    /// Moves, arithmetic, comparisons, conversions and integers of SSE2; nothing of it is called out for.
    @Test func sseIsExecutedByTheHost() throws {
        let counts = try callOuts(
            """
            b9c8000000f20f2ac1f20f51c8f20f58d1f20f111500200000f20f5e0500200000f20f5ad8f30f111d102000000f5825102000000f59e40f5fe3f30f6f2d01200000
            660ffef5660f70fe1b660feff7660f72f603660fd7c601c3660f7ef231d3f20f2cc201c3660f2fc883d3000f2edc0f9ac200d3660fc5c70301c3660fc4f902
            0f293d202000000f160d202000000f130d302000000fc2dc010f54e3490f8561fffffff4
            """, Self.flat)
        #expect(counts.keys.allSatisfy { !$0.isPacked })
    }

    private static let numbers = (0x2000, (0..<64).map { UInt8($0 &* 37 & 0xFF) })

    /// The same of SSE3 to SSE4.2, as far as the host has them: packed integers, rounding, memory of all sizes, general registers.
    @Test func laterSSEIsExecutedByTheHost() throws {
        let counts = try callOuts(
            """
            b9c8000000f20f2ac1660f6ec9660f70c900660f381ed1660f3802d1660f3840d1660f38301d00200000660f38223506200000660f3a0eda0f660f3817d90f9405
            00210000660f3a16150421000001660f3a14d803660f3a151d0821000002660f3a22e002660f3a20250020000005660f3a21e34a660f3a0be801f20f7cf5f20f12
            3d08200000f20ff00d11200000660f3a0fcc03660f382a1520200000660f3837d1f30f7f15102100000f111d202100000f113530210000490f8545fffffff4
            """, Self.flat, memory: [Self.numbers])
        let machine = FlatMachine(model: .max, megabytes: 1)
        let engine = try #require(Engine.recompiled.use(on: machine.cpu))
        for (operation, feature) in [(Operation.haddps, Feature.SSE3), (.pabsd, .SSSE3), (.pmulld, .SSE41), (.pcmpgtq, .SSE42)]
        where try engine.x86_64.host.features.contains(feature) {
            #expect(counts[operation, default: 0] == 0)
        }
    }

    /// MMX with all kinds of operands, x87 code between.
    @Test func mmxIsExecutedByTheHost() throws {
        var state = Self.flat
        state.x87.control = 0x37F
        state.x87.occupied = 0
        let counts = try callOuts(
            """
            b9c80000000f6ec10f62c00f6f0d002000000f600d042000000ffdc80ff5c80f71f1030f70d11b0fd7c20fc4d8010fc41d06200000020fc5d3010f7f1500210000
            0fe71d082100000f7e0d102100000f7ecb0f3800e10f3a0fe103f6c103750c0f77d9e8dcc0d91d14210000497596f4
            """, state, memory: [Self.numbers])
        for operation in [Operation.movd, .punpckldq, .pmaddwd, .psllw, .pinsrw, .pextrw, .movntq, .emms] {
            #expect(counts[operation, default: 0] == 0, "\(operation)")
        }
    }

    /// With an exception of SSE unmasked the interpreter does it, and with CR0.TS set it is #NM.
    @Test func sseWithUnmaskedExceptionsIsCalledOutFor() throws {
        var state = Self.flat
        state.sse.mxcsr = MXCSR(rawValue: 0x1F00)
        let counts = try callOuts("b9c8000000f20f2ac1f20f58d04975f5f4", state)
        #expect(counts[.addsd, default: 0] > 100)
    }
}
