import Testing

@testable import Session
@testable import swemu

/// What the loop of a run does between its slices, and at which ticks.
@Suite struct HostLoopTests {
    /// Runs a kernel of a few bytes at 100000h in flat 32-bit mode.
    private func session(_ code: [UInt8], _ words: [String]) throws -> (HostSession, HostSession.Ending) {
        let folder = TestFolder()
        let path = folder.write(code, to: "kernel")
        let machine = ["--kernel", path, "--kernel-format", "flat", "--load-address", "0x100000", "--memory", "4", "--headless"]
        let session = try HostSession(Run.parse(machine + words).plan)
        return (session, session.loop())
    }

    /// The search for endless loops executes some instructions of this one, inc eax; jmp, but not beyond a budget.
    @Test func aBudgetEndsAtItsTick() throws {
        for budget in [1_000_000, 3_000_000, 3_000_001] as [UInt64] {
            let (session, ending) = try session([0x40, 0xEB, 0xFD], ["--max-instructions", "\(budget)"])
            #expect(ending == .budget)
            #expect(session.pc.clock.now == budget)
        }
    }

    /// A guest that is halted most of the time: `--max-instructions` counts what it executes, `--max-ticks` the time; either engine.
    @Test(arguments: ["interpreter", "recompiler"])
    func haltedTimeIsNoInstruction(engine: String) throws {
        // The timer ticks, and its handler says end of interrupt; in between: hlt; jmp $-1. sidt, a gate for vector 8, and the PIC as the BIOS left it.
        let code: [UInt8] = [
            0x66, 0xC7, 0x05, 0x40, 0x08, 0x10, 0x00, 0x60, 0x00,  // mov word [100840h],60h: the gate's offset, low
            0x66, 0xC7, 0x05, 0x42, 0x08, 0x10, 0x00, 0x08, 0x00,  // mov word [100842h],8: its selector
            0x66, 0xC7, 0x05, 0x44, 0x08, 0x10, 0x00, 0x00, 0x8E,  // mov word [100844h],8E00h
            0x66, 0xC7, 0x05, 0x46, 0x08, 0x10, 0x00, 0x10, 0x00,  // mov word [100846h],10h: high
            0x0F, 0x01, 0x1D, 0x70, 0x00, 0x10, 0x00,  // lidt [100070h]
            0x0F, 0x01, 0x15, 0x78, 0x00, 0x10, 0x00,  // lgdt [100078h]
            0xEA, 0x40, 0x00, 0x10, 0x00, 0x08, 0x00,  // jmp 8:100040h
            0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
            0xBC, 0x00, 0x09, 0x10, 0x00, 0xFB, 0xF4, 0xEB, 0xFD,  // 100040h: mov esp,100900h; sti; hlt; jmp $-1
        ]
        var kernel = code + [UInt8](repeating: 0x90, count: 0x60 - code.count)
        kernel += [0xB0, 0x20, 0xE6, 0x20, 0xCF] + [UInt8](repeating: 0, count: 11)  // 100060h: mov al,20h; out 20h,al; iretd
        kernel += [0x47, 0, 0, 0x08, 0x10, 0, 0, 0]  // 100070h: IDT of 72 bytes at 100800h
        kernel += [0x0F, 0, 0x80, 0, 0x10, 0, 0, 0]  // 100078h: GDT of 16 bytes at 100080h
        kernel += [0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0x9A, 0xCF, 0]
        kernel += [UInt8](repeating: 0, count: 0x900 - kernel.count)
        let (counted, ending) = try session(kernel, ["--max-instructions", "154321", "--idle", "skip", "--engine", engine])
        #expect(ending == .budget)
        #expect(counted.pc.clock.instructions == 154_321)
        #expect(counted.pc.clock.now > 2_000_000, "\(counted.pc.clock.now)")
        #expect(counted.verdict(of: ending).sentence.hasPrefix("--max-instructions reached"))
        let now = counted.pc.clock.now
        let (timed, second) = try session(kernel, ["--max-ticks", "\(now)", "--idle", "skip", "--engine", engine])
        #expect(second == .budget && timed.pc.clock.now == now && timed.pc.clock.instructions == 154_321)
        #expect(timed.pc.stateHash() == counted.pc.stateHash())
        #expect(timed.verdict(of: second).sentence.hasPrefix("--max-ticks reached"))
    }

    /// A snapshot is taken at its tick, even where the search for endless loops passes it.
    @Test func aSnapshotIsOfItsTick() throws {
        let folder = TestFolder()
        let (_, ending) = try session(
            [0x40, 0xEB, 0xFD], ["--save", "\(folder.path)/{tick}", "--save-at", "1000005", "--max-instructions", "2M"])
        #expect(ending == .budget)
        #expect(access("\(folder.path)/1000005", R_OK) == 0)
    }

    /// A guest that polls COM1 with interrupts off: what a script sends arrives though the search for endless loops has looked at the guest.
    @Test(.timeLimit(.minutes(1))) func aScriptActsWhileTheGuestPolls() throws {
        // again: mov dx,3FDh; in al,dx; test al,1; jz again; mov dx,3F8h; in al,dx; out F4h,al
        let code: [UInt8] = [
            0x66, 0xBA, 0xFD, 0x03, 0xEC, 0xA8, 0x01, 0x74, 0xF7, 0x66, 0xBA, 0xF8, 0x03, 0xEC, 0xE6, 0xF4, 0xF4,
        ]
        let (_, ending) = try session(code, ["--step", "send: \"*\"", "--step", "exit: 42", "--max-instructions", "50M"])
        #expect(ending == .machine(.exit(code: 42)))
    }

    /// again: inc eax; jz +0; mov ecx, behind; jmp ecx; nop; behind: jmp again: in lockstep with every exit.
    @Test func lockstepAtExits() throws {
        let code: [UInt8] = [0x40, 0x74, 0, 0xB9, 0x0B, 0, 0x10, 0, 0xFF, 0xE1, 0x90, 0xEB, 0xF3]
        for place in ["exits", "exits:1000"] {
            let (session, ending) = try session(
                code, ["--lockstep", place, "--max-instructions", "300k", "--recompile-after", "1"])
            #expect(ending == .budget)
            #expect(session.pc.clock.now == 300_000)
            #expect(session.pc.cpu.nativeStatistics.instructions > 200_000)
        }
    }

    /// A machine that is found dead at its last tick is dead, in a run as in its replay.
    @Test func deathAtTheBudgetIsDeath() throws {
        // mov al,FFh; out 21h,al; out A1h,al; sti; hlt
        let (session, ending) = try session([0xB0, 0xFF, 0xE6, 0x21, 0xE6, 0xA1, 0xFB, 0xF4], ["--max-ticks", "1M"])
        #expect(ending == .dead(.haltedMasked))
        #expect(session.pc.clock.now == 1_000_000)
    }
}
