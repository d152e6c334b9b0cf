import TestKit
import Testing

@testable import Processor

/// Task switches by hardware: SDM Vol. 3A, chapter 7. A kernel's view of them is `testroms/system/tasks.asm`.
@Suite struct TaskSwitchTests {
    private typealias Place = ProtectedBench.Place
    private typealias Selector = ProtectedBench.Selector
    private static let jump: [UInt8] = [0xEA, 0, 0, 0, 0, 0x30, 0]
    private static let call: [UInt8] = [0x9A, 0, 0, 0, 0, 0x30, 0]

    /// A bench whose other task begins at 11000h.
    private func bench() -> ProtectedBench {
        let bench = ProtectedBench()
        let segments: [(Int, UInt16)] = [
            (0x48, Selector.data), (0x4C, Selector.code), (0x50, Selector.data), (0x54, Selector.data), (0x58, 0), (0x5C, 0),
        ]
        for (offset, selector) in segments { bench.machine.write32(Place.otherTask + offset, UInt32(selector)) }
        bench.machine.write32(Place.otherTask + 0x20, 0x1_1000)
        bench.machine.write32(Place.otherTask + 0x24, 2)
        bench.machine.write32(Place.otherTask + 0x28, 0x1234_5678)
        bench.machine.write32(Place.otherTask + 0x38, 0x1_A000)
        bench.state.rax = 0xAAAA_5555
        return bench
    }

    @Test func aJump() {
        let bench = bench()
        bench.step(Self.jump)
        #expect(bench.state.rip == 0x1_1000 && bench.state.rax == 0x1234_5678 && bench.state.rsp == 0x1_A000)
        #expect(bench.state.tr.selector == Selector.otherTask && bench.state.cr0.contains(.TS))
        #expect(!bench.state.eflags.contains(.NT))
        #expect(bench.rights(Selector.task) == 0x89 && bench.rights(Selector.otherTask) == 0x8B)
        #expect(bench.read32(Place.task + 0x20) == UInt32(Place.code) + 7, "EIP of the old task")
        #expect(bench.read32(Place.task + 0x28) == 0xAAAA_5555, "EAX of the old task")
    }

    @Test func aCallAndItsReturn() {
        let bench = bench()
        bench.step(Self.call)
        #expect(bench.state.eflags.contains(.NT))
        #expect(bench.rights(Selector.task) == 0x8B && bench.rights(Selector.otherTask) == 0x8B, "both are busy")
        #expect(bench.read32(Place.otherTask) & 0xFFFF == UInt32(Selector.task), "the link back")
        bench.step([0xCF])
        #expect(Int(bench.state.rip) == Place.code + 7 && bench.state.rax == 0xAAAA_5555)
        #expect(bench.state.tr.selector == Selector.task && !bench.state.eflags.contains(.NT))
        #expect(bench.rights(Selector.otherTask) == 0x89)
        #expect(bench.read32(Place.otherTask + 0x24) & 0x4000 == 0, "NT of the task that has returned")
    }

    /// The tables tell before the switch what it will fail with: by the fields of ES, CS, SS, FS and the LDT.
    @Test(arguments: [0, 0x48, 0x4C, 0x50, 0x58, 0x60]) func tablesTellOfARefusal(field: Int) throws {
        let bench = bench()
        if field != 0 { bench.machine.write32(Place.otherTask + field, field == 0x4C || field == 0x50 ? 0 : 0x7F8) }
        let cpu: CPU = bench.machine.cpu
        cpu.state = bench.state
        let tss = try #require(try cpu.descriptor(Processor.Selector(Selector.otherTask)))
        let refusal = try cpu.refusal(of: cpu.image(of: tss))
        #expect((refusal == nil) == (field == 0))
        #expect(bench.run(Self.jump) == refusal?.fault(0))
    }

    @Test func whatIsRefused() {
        let bench = bench()
        #expect(bench.run([0xEA, 0, 0, 0, 0, 0x28, 0]) == .GP(Selector.task), "a busy task")
        bench.state = bench.ring3
        #expect(bench.run(Self.jump) == .GP(Selector.otherTask), "DPL < CPL")
        bench.state = bench.ring0
        bench.machine.write(Place.gdt + Int(Selector.otherTask) + 5, [0x09])
        #expect(bench.run(Self.jump) == .NP(Selector.otherTask))
        bench.state = bench.ring0
        bench.machine.write(Place.gdt + Int(Selector.otherTask), [0x66, 0, 0, 0x31, 0, 0x89])
        #expect(bench.run(Self.jump) == .TS(Selector.otherTask), "a TSS that is too short")
    }
}
