import Board
import MachineKit
import Processor
import Testing

@testable import Explanations
@testable import Inspection

/// Machines in which nothing can happen any more, and such in which something can.
@Suite struct DeadMachineTests {
    private func find(_ code: [UInt8]) throws -> DeadMachine? {
        let pc = try Guests.entered(code)
        _ = pc.run(until: pc.clock.now + 200_000)
        return DeadMachine.find(in: pc)
    }

    @Test func endlessLoopsAreFound() throws {
        #expect(try find([0xEB, 0xFE]) == .loop(instructions: 1, interruptsOn: false))
        // pause; jmp
        #expect(try find([0xF3, 0x90, 0xEB, 0xFC]) == .loop(instructions: 2, interruptsOn: false))
        // cmp dword [200000h],0; je
        #expect(try find([0x83, 0x3D, 0, 0, 0x20, 0, 0, 0x74, 0xF7]) == .loop(instructions: 2, interruptsOn: false))
        // mov eax,1; xchg [200000h],eax; jmp: the lock is taken already, and is written with what it holds.
        #expect(
            try find([0xB8, 1, 0, 0, 0, 0x87, 0x05, 0, 0, 0x20, 0, 0xEB, 0xF3]) == .loop(instructions: 3, interruptsOn: false))
        // out 21h,FFh; out A1h,FFh; sti; jmp $
        #expect(
            try find([0xB0, 0xFF, 0xE6, 0x21, 0xE6, 0xA1, 0xFB, 0xEB, 0xFE]) == .loop(instructions: 1, interruptsOn: true))
    }

    @Test func loopsThatGoSomewhereAreNot() throws {
        // inc eax; jmp: the register changes.
        #expect(try find([0x40, 0xEB, 0xFD]) == nil)
        // inc dword [200000h]; jmp: memory does.
        #expect(try find([0xFF, 0x05, 0, 0, 0x20, 0, 0xEB, 0xF8]) == nil)
        // in al,61h; jmp: a device answers.
        #expect(try find([0xE4, 0x61, 0xEB, 0xFC]) == nil)
        // cmp dword [B8000h],0: not RAM.
        #expect(try find([0x83, 0x3D, 0, 0x80, 0x0B, 0, 0, 0x74, 0xF7]) == nil)
        // rdtsc; jmp
        #expect(try find([0x0F, 0x31, 0xEB, 0xFC]) == nil)
    }

    /// Looking executes some instructions, and no others than the machine would have executed.
    @Test func lookingLeavesNoTrace() throws {
        let code: [UInt8] = [0xFF, 0x05, 0, 0, 0x20, 0, 0x83, 0x3D, 0, 0, 0x20, 0, 0, 0x75, 0xF1]
        let (looked, left) = (try Guests.entered(code), try Guests.entered(code))
        for _ in 0..<100 {
            _ = looked.run(until: looked.clock.now + 997)
            #expect(DeadMachine.find(in: looked) == nil)
        }
        _ = left.run(until: looked.clock.now)
        #expect(looked.stateHash() == left.stateHash())
    }

    /// A loop that gets on is looked at more and more seldom, and one that it becomes later is found all the same.
    @Test func patienceGrowsWithLooksInVain() throws {
        // inc eax; jmp
        let pc = try Guests.entered([0x40, 0xEB, 0xFD])
        var patience = LoopPatience()
        var (steps, looks) = (0, 0)
        func find() -> DeadMachine? {
            _ = pc.run(until: pc.clock.now + 10_000)
            let before = steps
            defer { looks += steps > before ? 1 : 0 }
            return DeadMachine.find(in: pc, patience: &patience) {
                steps += 1
                return pc.run(until: $0)
            }
        }
        for _ in 0..<100 { #expect(find() == nil) }
        #expect((16..<40).contains(looks), "\(looks) looks in 100 opportunities")
        let linear = pc.cpu.state.cs.base + pc.cpu.state.rip
        for (offset, byte) in [0xEB, 0xFE].enumerated() { pc.poke(physical: linear + UInt64(offset), value: UInt8(byte)) }
        #expect((0..<9).contains { _ in find() == .loop(instructions: 1, interruptsOn: false) })
    }

    /// A branch trace comes from a second machine, and needs one that runs the same.
    @Test func branchesComeFromASecondRun() throws {
        // mov ecx,3; loop $; jmp $
        let code: [UInt8] = [0xB9, 3, 0, 0, 0, 0xE2, 0xFE, 0xEB, 0xFE]
        let first = try Guests.machine(code)
        _ = first.run(until: 60_000)
        let twin = try Guests.machine(code)
        let branches = PostMortem(first, cause: .stopped, past: Rerun { twin }).branches
        let last = try #require(branches.last)
        #expect(last.from.rip == 0x10_0007 && last.to.rip == 0x10_0007 && last.count > 1000)
        let other = try Guests.machine([0x40, 0xEB, 0xFD])
        #expect(PostMortem(first, cause: .stopped, past: Rerun { other }).branches.isEmpty)
    }

    /// A loop that has ended asked another port than the one that DX names afterwards.
    @Test func aLoopThatHasEndedWaitsForNothing() throws {
        func advice(_ code: [UInt8], stopsAt offset: Int, after ticks: UInt64 = 0) throws -> String? {
            // Enough branches that none of the BIOS's is among the last ones.
            let jumps = (0..<12).flatMap { _ in [0xEB, 0] as [UInt8] }
            let (pc, twin) = (try Guests.entered(jumps + code), try Guests.machine(jumps + code))
            _ = pc.run(until: pc.clock.now + ticks)
            for _ in 0..<20_000 where pc.cpu.state.rip != 0x10_0000 + UInt64(jumps.count + offset) {
                _ = pc.run(until: pc.clock.now + 1)
            }
            #expect(pc.cpu.state.rip == 0x10_0000 + UInt64(jumps.count + offset))
            return PostMortem(pc, cause: .stopped, past: Rerun { twin }).advice
        }
        // mov edx,61h; in al,dx; test al,10h; jnz, and the same with jz: the refresh toggle. mov edx,1EFh; nop
        let ended: [UInt8] = [
            0xBA, 0x61, 0, 0, 0, 0xEC, 0xA8, 0x10, 0x75, 0xFB, 0xEC, 0xA8, 0x10, 0x74, 0xFB, 0xBA, 0xEF, 1, 0, 0, 0x90,
        ]
        #expect(try advice(ended, stopsAt: 20)?.contains("asks port") != true)
        // mov edx,1EFh; in al,dx; test al,80h; jnz: nothing is there.
        let goesOn: [UInt8] = [0xBA, 0xEF, 1, 0, 0, 0xEC, 0xA8, 0x80, 0x75, 0xFB]
        #expect(try advice(goesOn, stopsAt: 6, after: 5_000)?.contains("asks port 01EFh") == true)
    }

    @Test func thePostMortemOfAnythingIsHarmless() throws {
        // Registers and tables that lead nowhere, or everywhere.
        for value: UInt64 in [0, 0xFFFF_FFFF, 0x3F_FFFF, 0xA_0000, 0x1000] {
            let pc = try Guests.entered([0xEB, 0xFE])
            var state = pc.cpu.state
            (state.rbp, state.rsp, state.rip, state.cr2) = (value, value, value, value)
            (state.gdtr.base, state.idtr.base, state.gdtr.limit, state.idtr.limit) = (value, value, 0xFFFF, 0xFFFF)
            pc.cpu.state = state
            for cause: PostMortem.Cause in [.tripleFault, .deadHalt, .reset, .stopped, .dead(.haltedMasked)] {
                #expect(PostMortem(pc, cause: cause).lines.count > 10)
            }
            _ = pc.run(until: pc.clock.now + 1000)
            #expect(PostMortem(pc, cause: .tripleFault).lines.count > 10)
        }
    }
}
