import Board
import MachineKit
import Testing

@testable import Trace

/// QEMU's log of small machines.
@Suite struct QEMULogTests {
    /// Lines of a machine that runs up to 2,000 ticks, and the log.
    private func lines(_ code: [UInt8], _ items: Set<QEMULog.Item>) throws -> [String] {
        let pc = try Guests.entered(code)
        var lines: [String] = []
        let log = QEMULog(pc, items, sources: nil) { lines.append($0) }
        log.tellStart()
        _ = log.run(until: pc.clock.now + 2_000)
        return lines
    }

    /// UD2 without an IDT.
    @Test func aTripleFaultIsToldStepByStep() throws {
        let lines = try lines([0x0F, 0x0B], [.int, .cpu_reset])
        let steps = lines.filter { $0.hasPrefix("check_exception") || $0.contains(": v=") || $0 == "Triple fault" }
        #expect(steps.count == 8, "\(steps)")
        let beginnings = [
            "check_exception old: 0xffffffff new 0x6", "     0: v=06 e=0000 i=0 cpl=0 IP=0010:00100000 pc=00100000 SP=",
            "check_exception old: 0xffffffff new 0xd",
            "     1: v=0d e=0033 i=0 cpl=0 IP=0010:00100000", "check_exception old: 0xd new 0xd", "     2: v=08 e=0000 i=0 cpl=0",
            "check_exception old: 0x8 new 0xd",
            "Triple fault",
        ]
        for (step, beginning) in zip(steps, beginnings) { #expect(step.hasPrefix(beginning), "\(step)") }
        #expect(steps[1].hasSuffix(" env->regs[R_EAX]=00000000"))
        #expect(lines.first == "CPU Reset (CPU 0)")
        // The registers lie between the step and the next one.
        let first = try #require(lines.firstIndex(of: steps[1]))
        #expect(
            lines[first + 1].hasPrefix("EAX=") && lines[first + 3].hasPrefix("EIP=00100000 EFL="), "\(lines[first + 1...first + 3])"
        )
        #expect(lines[first...].contains { $0.hasPrefix("CCS=") } && lines[first...].contains { $0.hasPrefix("EFER=") })
    }

    /// INC EAX; JMP back: a block that is told once, and executed again and again.
    @Test func blocksAreToldOnceAndTraced() throws {
        let lines = try lines([0x40, 0xEB, 0xFD], [.in_asm, .exec])
        #expect(lines.filter { $0 == "----------------" }.count == 1)
        #expect(lines.contains { $0.hasPrefix("0x00100000:  40 ") } && lines.contains { $0.hasPrefix("0x00100001:  eb fd ") })
        let traces = lines.filter { $0.hasPrefix("Trace 0: 0x000000000000 [00000000/00100000/000000") }
        #expect(traces.count == 1_000, "\(traces.count)")
    }

    /// MOV EAX, CR0; OR AL, 2; MOV CR0, EAX; JMP $.
    @Test func writesToControlRegistersAreTold() throws {
        let lines = try lines([0x0F, 0x20, 0xC0, 0x0C, 0x02, 0x0F, 0x22, 0xC0, 0xEB, 0xFE], [.mmu])
        #expect(lines.count == 1 && lines[0].hasPrefix("CR0 update: CR0=0x"), "\(lines)")
    }
}
