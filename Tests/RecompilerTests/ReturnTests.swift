import Processor
import TestKit
import Testing

@testable import Recompiler

/// Returns to the call in the same region, and elsewhere.
@Suite struct ReturnTests {
    /// 32-bit code at 1000h to its HLT on both engines, which agree: the state at the end, how many computed transfers were looked up by translated code, and
    /// how many instructions it was.
    private func run(_ code: [UInt8]) throws -> (state: CPUState, lookUps: UInt64, recompiled: UInt64) {
        let (law, machine) = (FlatMachine(model: .max, megabytes: 4), FlatMachine(model: .max, megabytes: 4))
        let engine = try #require(Recompiler(machine.cpu, threshold: 1, countsTransfers: true))
        for one in [law, machine] {
            one.write(0x1000, code)
            one.cpu.state = .flat
            while one.cpu.run(until: one.clock.now + 1_000_000) == .deadline {}
        }
        #expect(machine.cpu.state == law.cpu.state)
        #expect(machine.clock.now == law.clock.now)
        return (machine.cpu.state, engine.transfers.indirect.count, machine.cpu.nativeStatistics.instructions)
    }

    /// `mov ecx, 1000; again: call function; inc edi; dec ecx; jnz again; hlt`, and the function.
    private func loop(_ function: [UInt8]) -> [UInt8] {
        [0xB9, 0xE8, 3, 0, 0, 0xE8, 5, 0, 0, 0, 0x47, 0x49, 0x75, 0xF7, 0xF4] + function
    }

    /// add ebx, ecx; ret
    @Test func functionInALoop() throws {
        let (state, lookUps, recompiled) = try run(loop([0x01, 0xCB, 0xC3]))
        #expect(state.rbx == 500_500)
        #expect(state.rdi == 1000)
        #expect(recompiled > 5900)
        #expect(lookUps < 10, "returns stay in the region")
    }

    /// add ebx, ecx; call inner; ret; inner: lea edx, [edx + ecx]; ret
    @Test func functionInAFunction() throws {
        let (state, lookUps, _) = try run(loop([0x01, 0xCB, 0xE8, 1, 0, 0, 0, 0xC3, 0x8D, 0x14, 0x0A, 0xC3]))
        #expect(state.rbx == 500_500)
        #expect(state.rdx == 500_500)
        #expect(lookUps < 10)
    }

    /// test cl, 7; jnz plain; inc dword [esp]; plain: ret. Each eighth return leads behind INC EDI.
    @Test func returnsElsewhere() throws {
        let (state, lookUps, _) = try run(loop([0xF6, 0xC1, 7, 0x75, 3, 0xFF, 0x04, 0x24, 0xC3]))
        #expect(state.rdi == 875)
        #expect(lookUps >= 100, "these were looked up")
    }

    /// cmp ecx, 500; ret: what the flags say behind the call is the function's.
    @Test func flagsComeBack() throws {
        // mov ecx, 1000; again: call function; adc edi, 0; dec ecx; jnz again; hlt
        let (state, lookUps, _) = try run(
            [0xB9, 0xE8, 3, 0, 0, 0xE8, 7, 0, 0, 0, 0x83, 0xD7, 0, 0x49, 0x75, 0xF5, 0xF4] + [0x81, 0xF9, 0xF4, 1, 0, 0, 0xC3])
        #expect(state.rdi == 499)
        #expect(lookUps < 10)
    }

    /// The function of two calls in a loop: one of them is followed, the other's returns are looked up.
    @Test func functionOfTwoCalls() throws {
        // mov ecx, 1000; again: call function; call function; dec ecx; jnz again; hlt; function: add ebx, ecx; ret
        let (state, _, recompiled) = try run(
            [0xB9, 0xE8, 3, 0, 0, 0xE8, 9, 0, 0, 0, 0xE8, 4, 0, 0, 0, 0x49, 0x75, 0xF3, 0xF4] + [0x01, 0xCB, 0xC3])
        #expect(state.rbx == 1_001_000)
        #expect(recompiled > 7900)
    }
}
