import Chips
import Processor
import Recompiler
import Testing
import Wiring

@testable import Board

/// Loops that wait for a port pass in one step, and nothing is different for it.
@Suite struct PollLoopTests {
    /// What stands before a loop: a character for COM1, which is taken over later and sent for a long time; DX at the line status.
    private static let send: [UInt8] = [
        0xBA, 0xF8, 0x03, 0xB0, 0x41, 0xEE,  // mov dx,3F8h; mov al,41h; out dx,al
        0xB0, 0x42, 0xEE, 0xBA, 0xFD, 0x03,  // mov al,42h; out dx,al; mov dx,3FDh
    ]

    private struct Loop {
        let name: String
        let code: [UInt8]
        var passes = true
    }

    private static let loops = [
        Loop(name: "in, test, jz", code: [0xEC, 0xA8, 0x20, 0x74, 0xFB]),
        Loop(name: "in, test, jz until all is sent", code: [0xEC, 0xA8, 0x40, 0x74, 0xFB]),
        Loop(name: "with mov dx and pause", code: [0xBA, 0xFD, 0x03, 0xEC, 0xF3, 0x90, 0x24, 0x40, 0x3C, 0x40, 0x75, 0xF4]),
        // test ah,1 sets flags that the loop's own end does not look at.
        Loop(name: "and cx", code: [0xEC, 0x89, 0xC1, 0x83, 0xE1, 0x40, 0x39, 0xC9, 0xA8, 0x40, 0x74, 0xF4]),
        Loop(name: "that counts", code: [0xEC, 0x43, 0xA8, 0x40, 0x74, 0xFA], passes: false),
        Loop(name: "that adds", code: [0xEC, 0x83, 0xC3, 0x01, 0xA8, 0x40, 0x74, 0xF8], passes: false),
        Loop(name: "that writes", code: [0xEC, 0xA2, 0x00, 0x05, 0xA8, 0x40, 0x74, 0xF8], passes: false),
        Loop(
            name: "that reads another port", code: [0xEC, 0x88, 0xC4, 0xE4, 0x61, 0x88, 0xE0, 0xA8, 0x40, 0x74, 0xF4], passes: false
        ),
        Loop(name: "with a carry", code: [0xEC, 0xF5, 0xA8, 0x40, 0x74, 0xFA], passes: false),
        Loop(name: "for ever", code: [0xEC, 0xEB, 0xFD]),
    ]

    private func machine(_ loop: Loop, timer: Bool = false) throws -> PC {
        var code: [UInt8] = [0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC, 0x00, 0x70]  // xor ax,ax; mov ds,ax; mov ss,ax; mov sp,7000h
        if timer {
            // The timer interrupts every 1,000 counts and increments word [500h].
            code += [0xC7, 0x06, 0x20, 0x00, 0x00, 0x02, 0xC7, 0x06, 0x22, 0x00, 0x00, 0xF0]
            for (port, value) in [
                (0x20, 0x11), (0x21, 8), (0x21, 4), (0x21, 1), (0x21, 0xFE), (0x43, 0x34), (0x40, 0xE8), (0x40, 0x03),
            ] as [(UInt8, UInt8)] { code += [0xB0, value, 0xE6, port] }
            code.append(0xFB)
        }
        code += Self.send + loop.code + [0xB0, 0x43, 0xBA, 0xF8, 0x03, 0xEE]
        code += Self.send + loop.code + [0xEB, 0xFE]
        code += [UInt8](repeating: 0x90, count: 0x200 - code.count)
        // inc word [500h]; push ax; mov al,20h; out 20h,al; pop ax; iret
        code += [0xFF, 0x06, 0x00, 0x05, 0x50, 0xB0, 0x20, 0xE6, 0x20, 0x58, 0xCF]
        return try MachineTests.machine(code) { $0.memoryBytes = 1 << 20 }
    }

    /// Slices of one tick leave no room for a round.
    private func compare(_ loop: Loop, timer: Bool, recompiled: Bool) throws {
        let whole = try machine(loop, timer: timer)
        let engine = recompiled ? Recompiler(whole.cpu, threshold: 2) : nil
        let stepped = try machine(loop, timer: timer)
        let context = "\(loop.name)\(timer ? ", timer" : "")\(recompiled ? ", recompiled" : "")"
        for moment: UInt64 in [50, 317, 5_000, 20_011, 40_000, 90_001, 120_000] {
            _ = whole.run(until: moment)
            while stepped.clock.now < moment { _ = stepped.run(until: stepped.clock.now + 1) }
            #expect(whole.clock.now == moment && whole.stateHash() == stepped.stateHash(), "\(context) at \(moment)")
            #expect(whole.cpu.state == stepped.cpu.state, "\(context) at \(moment)")
        }
        #expect(stepped.cpu.passedTicks == 0)
        #expect((whole.cpu.passedTicks > 60_000) == loop.passes, "\(context): \(whole.cpu.passedTicks)")
        withExtendedLifetime(engine) {}
    }

    @Test func roundsThatPassAreAsIfExecuted() throws {
        for loop in Self.loops {
            for recompiled in [false, true] { try compare(loop, timer: false, recompiled: recompiled) }
        }
    }

    @Test func interruptsComeInTime() throws {
        for loop in Self.loops where loop.passes {
            for recompiled in [false, true] { try compare(loop, timer: true, recompiled: recompiled) }
        }
    }

    /// A debugger that stops at instructions or ports, or a trace of them, sees every one.
    @Test func whoWatchesSeesAll() throws {
        let pc = try machine(Self.loops[0])
        var reads = 0
        pc.observePorts { access in if access.port == 0x3FD { reads += 1 } }
        _ = pc.run(until: 6_000)
        #expect(reads > 1_900 && pc.cpu.passedTicks == 0)
        let stopped = try machine(Self.loops[0])
        var conditions = StopConditions()
        conditions.ports = [.init(0x3FD...0x3FD, writes: false)]
        stopped.cpu.stop(at: conditions)
        var stops = 0
        while stopped.clock.now < 6_000 {
            guard case .stopped = stopped.run(until: 6_000) else { continue }
            stops += stopped.cpu.takeStopEvents().count
        }
        #expect(stops == reads && stopped.cpu.passedTicks == 0)
    }
}
