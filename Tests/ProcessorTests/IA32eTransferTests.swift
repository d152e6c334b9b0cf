import Processor
import TestKit
import Testing
import X86

/// System calls, interrupts, far transfers and addresses of IA-32e mode. SDM Vol. 3A, sections 5.8, 6.14 and 3.3.7.1.
@Suite struct IA32eTransferTests {
    private typealias Place = LongModeBench.Place
    private typealias Selector = LongModeBench.Selector

    // MARK: SYSCALL, SYSRET, SYSENTER, SYSEXIT

    @Test func syscallAndSysret() {
        let bench = LongModeBench()
        bench.state = bench.ring3
        bench.state.msr.star = 0x0023_0008_0000_0000
        bench.state.msr.lstar = Place.high + 0x10_0000
        bench.state.msr.fmask = 0x700
        bench.state.eflags = [.alwaysOne, .IF, .CF, .DF]
        let rip = bench.state.rip
        #expect(bench.run([0x0F, 0x05]) == nil)
        #expect(bench.state.rip == Place.high + 0x10_0000 && bench.state.cpl == 0 && bench.state.rcx == rip + 2)
        #expect(bench.state.r11 == 0x603 && bench.state.eflags == [.alwaysOne, .CF])
        #expect(bench.state.cs.selector == 8 && bench.state.cs.isLong && bench.state.ss.selector == 0x10)
        #expect(bench.run([0x48, 0x0F, 0x07]) == nil)
        #expect(
            bench.state.rip == rip + 2 && bench.state.cpl == 3 && bench.state.cs.selector == 0x33 && bench.state.ss.selector == 0x2B
        )
        #expect(bench.state.eflags == [.alwaysOne, .IF, .CF, .DF])

        bench.state = bench.ring0
        bench.state.msr.star = 0x0023_0008_0000_0000
        bench.state.rcx = 0x8000_0000_0000
        #expect(bench.run([0x48, 0x0F, 0x07]) == .GP(0), "RCX is not canonical")
        #expect(bench.state.cpl == 0)
        bench.state.rcx = 0xFFFF_0000_0010_0040
        #expect(bench.run([0x0F, 0x07]) == nil)
        #expect(bench.state.operatingMode == .compatibility && bench.state.rip == 0x10_0040 && bench.state.cs.selector == 0x23)
        #expect(bench.run([0x0F, 0x05]) == .UD, "no SYSCALL outside 64-bit mode")
        bench.state = bench.ring3
        #expect(bench.run([0x48, 0x0F, 0x07]) == .GP(0))
        bench.state.efer.remove(.SCE)
        #expect(bench.run([0x48, 0x0F, 0x07]) == .UD)
        #expect(bench.run([0x0F, 0x05]) == .UD)
    }

    @Test func sysenterAndSysexit() {
        let bench = LongModeBench()
        for from in [bench.ring3, bench.compatibility] {
            bench.state = from
            bench.state.msr.sysenterCS = 8
            bench.state.msr.sysenterEIP = Place.high + 0x10_0000
            bench.state.msr.sysenterESP = Place.high + 0x18_0000
            #expect(bench.run([0x0F, 0x34]) == nil)
            #expect(bench.state.rip == Place.high + 0x10_0000 && bench.state.rsp == Place.high + 0x18_0000)
            #expect(bench.state.operatingMode == .bits64 && bench.state.cpl == 0)
        }
        (bench.state.rcx, bench.state.rdx) = (0x7FFF_0000_0000, 0x7FFE_0000_0000)
        #expect(bench.run([0x48, 0x0F, 0x35]) == nil)
        #expect(bench.state.rip == 0x7FFE_0000_0000 && bench.state.rsp == 0x7FFF_0000_0000 && bench.state.cs.selector == 0x2B)
        bench.state = bench.ring0
        bench.state.msr.sysenterCS = 8
        (bench.state.rcx, bench.state.rdx) = (1 << 47, 0x1000)
        #expect(bench.run([0x48, 0x0F, 0x35]) == .GP(0))
    }

    // MARK: Interrupts

    @Test func interruptsPushFiveAlignedQuadwords() {
        let bench = LongModeBench()
        bench.state.rsp = 0x17_FFF9
        bench.state.ss = .null(0)
        bench.step([0xCD, 0x40])
        #expect(bench.state.rsp == 0x17_FFF0 - 40 && bench.state.rip == UInt64(Place.handlers + 0x400))
        #expect(bench.stack(5) == [UInt64(Place.code) + 2, 8, 2, 0x17_FFF9, 0])
        #expect(bench.state.ss.selector == 0)

        // To ring 0, with an error code: the stack of the TSS, SS null.
        bench.state = bench.ring3
        bench.step([0xF4])
        #expect(bench.state.rsp == 0x19_0000 - 48 && bench.state.ss.selector == 0 && bench.state.cpl == 0)
        #expect(bench.stack(6) == [0, UInt64(Place.code), 0x33, 0x1_0002, UInt64(Place.stack), 0x2B])

        // The interrupt stack table counts without a change of level too.
        bench.state = bench.ring0
        bench.setGate(0x40, selector: Selector.code64, offset: UInt64(Place.handlers), type: 0x8F, IST: 1)
        bench.state.eflags.insert(.IF)
        bench.step([0xCD, 0x40])
        #expect(bench.state.rsp == 0x1A_0000 - 40 && bench.state.ss.selector == Selector.data && bench.state.eflags.contains(.IF))

        // From compatibility mode.
        bench.state = bench.compatibility
        bench.step([0xCD, 0x41])
        #expect(bench.state.operatingMode == .bits64 && bench.stack(2) == [UInt64(Place.code) + 2, UInt64(Selector.code32)])
    }

    /// Delivery of vector 40h by INT n fails; what stands in its way is the error code of the next exception.
    @Test func gatesThatDoNotDo() {
        let bench = LongModeBench()
        func attempt(
            _ selector: UInt16 = Selector.code64, offset: UInt64 = 0x20_0000, type: UInt64 = 0x8E,
            _ change: (inout CPUState) -> Void = { _ in }
        ) -> (vector: UInt8, code: UInt64)? {
            bench.setGate(0x40, selector: selector, offset: offset, type: type)
            bench.state = bench.ring0
            change(&bench.state)
            bench.step([0xCD, 0x40])
            guard bench.state.rip != offset else { return nil }
            return (UInt8((bench.state.rip - UInt64(Place.handlers)) / 16), bench.stack(1)[0])
        }
        func expect(_ got: (vector: UInt8, code: UInt64)?, _ vector: UInt8, _ code: UInt64, _ name: String) {
            #expect(got?.vector == vector && got?.code == code, "\(name): \(String(describing: got))")
        }
        #expect(attempt() == nil)
        #expect(attempt(Selector.conforming64) == nil)
        expect(attempt(type: 0x0E), 11, 0x202, "not present")
        for type in [0x85, 0x86, 0x87, 0x8C, 0x89, 0x9E] as [UInt64] { expect(attempt(type: type), 13, 0x202, "type \(type)") }
        expect(attempt(0), 13, 0, "null selector")
        expect(attempt(Selector.code32), 13, UInt64(Selector.code32), "not 64-bit code")
        expect(attempt(Selector.codeLD), 13, UInt64(Selector.codeLD), "L and D")
        expect(attempt(Selector.data), 13, UInt64(Selector.data), "data")
        expect(attempt(Selector.userCode64), 13, UInt64(Selector.userCode64 & ~3), "an outer level")
        expect(attempt(offset: 0x8000_0000_0000), 13, 0, "an offset that is not canonical")
        expect(attempt { $0.idtr.limit = 0x40E }, 13, 0x202, "beyond the limit")
        bench.setGate(8, selector: Selector.code64, offset: UInt64(Place.handlers + 16 * 8), type: 0x8E, IST: 1)
        expect(attempt { $0.rsp = 0x8000_0000_0010 }, 8, 0, "no stack for #SS either")
    }

    @Test func iretq() {
        let bench = LongModeBench()
        func frame(_ rip: UInt64, _ cs: UInt16, _ rsp: UInt64, _ ss: UInt16) -> Fault? {
            bench.push([rip, UInt64(cs), 0x202, rsp, UInt64(ss)])
            return bench.run([0x48, 0xCF])
        }
        #expect(frame(0x11_0000, Selector.code64, 0x12_3456, 0) == nil)
        #expect(bench.state.rip == 0x11_0000 && bench.state.rsp == 0x12_3456 && bench.state.ss.selector == 0)
        bench.state = bench.ring0
        (bench.state.fs.base, bench.state.gs.base) = (0x7F00_0000_0000, 0x7F01_0000_0000)
        #expect(frame(0x7FFF_FFFF_F000, Selector.userCode64, 0x7FFF_FFFF_E000, Selector.userData) == nil)
        #expect(bench.state.cpl == 3 && bench.state.rip == 0x7FFF_FFFF_F000 && bench.state.rsp == 0x7FFF_FFFF_E000)
        #expect(bench.state.fs.base == 0x7F00_0000_0000 && bench.state.gs.base == 0x7F01_0000_0000)
        #expect(bench.state.ds.selector == 0, "a segment of ring 0")
        bench.state = bench.ring0
        #expect(frame(0x10_0000, Selector.userCode32, 0xFFFF_1234_5678, Selector.userData) == nil)
        #expect(bench.state.operatingMode == .compatibility && bench.state.rsp == 0x1234_5678)
        let faults: [(UInt64, UInt16, UInt64, UInt16, Fault)] = [
            (0x8000_0000_0000, Selector.code64, 0, 0, .GP(0)), (0x11_0000, Selector.userCode64, 0, 0, .GP(0)),
            (0x11_0000, Selector.userCode64, 0, 3, .GP(0)), (0x11_0000, Selector.code32, 0, 0, .GP(0)),
            (0x11_0000, Selector.codeLD, 0, Selector.data, .GP(Selector.codeLD)), (0x11_0000, 0, 0, 0, .GP(0)),
            (0x11_0000, Selector.code64, 0, Selector.userData, .GP(Selector.userData & ~3)),
            (0x11_0000, Selector.tss, 0, 0, .GP(Selector.tss)),
        ]
        for (rip, cs, rsp, ss, fault) in faults {
            bench.state = bench.ring0
            #expect(frame(rip, cs, rsp, ss) == fault, "\(cs) \(ss)")
        }
        bench.state = bench.ring0
        bench.state.eflags.insert(.NT)
        #expect(frame(0x11_0000, Selector.code64, 0, 0) == .GP(0), "no nested tasks")
    }

    // MARK: Far transfers

    @Test func farTransfers() {
        let bench = LongModeBench()
        func jump(
            _ selector: UInt16, _ offset: UInt64 = 0x11_0000, call: Bool = false, _ change: (inout CPUState) -> Void = { _ in }
        ) -> Fault? {
            bench.state = bench.ring0
            change(&bench.state)
            bench.machine.write64(0x3000, offset)
            bench.machine.write64(0x3008, UInt64(selector))
            bench.state.rbx = 0x3000
            return bench.run([0x48, 0xFF, call ? 0x1B : 0x2B])
        }
        #expect(jump(Selector.code64, Place.high + 0x11_0000) == nil)
        #expect(bench.state.rip == Place.high + 0x11_0000)
        #expect(jump(Selector.code64, 0x8000_0000_0000) == .GP(0))
        #expect(jump(Selector.codeLD) == .GP(Selector.codeLD))
        #expect(jump(Selector.tss) == .GP(Selector.tss), "no tasks")
        #expect(jump(Selector.taskGate) == .GP(Selector.taskGate))
        #expect(jump(0) == .GP(0))
        #expect(jump(Selector.callGate) == nil)
        #expect(bench.state.rip == Place.gateTarget)
        #expect(jump(Selector.callGate) { $0.gdtr.limit = 0x67 } == .GP(Selector.callGate), "half a gate")

        #expect(jump(Selector.code64, call: true) == nil)
        #expect(bench.stack(2) == [UInt64(Place.code) + 3, 8])
        #expect(bench.run([0x48, 0xCB]) == nil)
        #expect(bench.state.rip == UInt64(Place.code) + 3 && bench.state.rsp == UInt64(Place.stack))

        // To ring 0 through the gate, and back.
        let user = bench.ring3
        #expect(jump(Selector.callGate | 3, call: true) { $0 = user } == nil)
        #expect(bench.state.cpl == 0 && bench.state.ss.selector == 0 && bench.state.rsp == Place.RSP0 - 32)
        #expect(bench.stack(4) == [UInt64(Place.code) + 3, 0x33, UInt64(Place.stack), 0x2B])
        #expect(bench.run([0x48, 0xCB]) == nil)
        #expect(bench.state.cpl == 3 && bench.state.rsp == UInt64(Place.stack) && bench.state.ss.selector == 0x2B)
    }

    @Test func segmentLoads() {
        let bench = LongModeBench()
        bench.state.rax = 0
        #expect(bench.run([0x8E, 0xD0]) == nil, "a null SS in ring 0")
        #expect(bench.run([0x50]) == nil, "which pushes nevertheless")
        bench.state = bench.ring3
        bench.state.rax = 3
        #expect(bench.run([0x8E, 0xD0]) == .GP(0))
        bench.state = bench.compatibility
        bench.state.rax = 0
        #expect(bench.run([0x8E, 0xD0]) == .GP(0))
        // LAR: the 16-bit TSS and the task gate are no descriptors here.
        bench.state = bench.ring0
        for (selector, isThere) in [
            (Selector.tss, true), (Selector.ldt, true), (Selector.callGate, true), (Selector.taskGate, false),
        ] {
            bench.state.rax = UInt64(selector)
            #expect(bench.run([0x0F, 0x02, 0xD8]) == nil)
            #expect(bench.state.eflags.contains(.ZF) == isThere, "\(selector)")
        }
    }

    // MARK: Addresses

    /// Instructions with an operand in memory and one on the stack: #SS(0) is for the stack, #GP(0) for the operand.
    @Test func theStackOfAnInstructionWithAnOperandInMemory() {
        let bench = LongModeBench()
        for (name, code, isPush) in [
            ("POP", [0x8F, 0x03], false), ("PUSH", [0xFF, 0x33], true), ("CALL", [0xFF, 0x13], true),
        ] as [(String, [UInt8], Bool)] {
            bench.state = bench.ring0
            bench.state.rbx = 0x3000
            bench.state.rsp = isPush ? 0x8000_0000_0008 : 0x8000_0000_0000
            #expect(bench.run(code) == .SS(0), "\(name): its stack")
            bench.state = bench.ring0
            bench.state.rbx = 0x8000_0000_0000
            #expect(bench.run(code) == .GP(0), "\(name): its operand")
            #expect(bench.state.rsp == bench.ring0.rsp)
        }
    }

    @Test func canonicalEdges() {
        let bench = LongModeBench()
        let load: [UInt8] = [0x48, 0x8B, 0x03]
        for (address, fault) in [
            (UInt64(0x8000_0000_0000), Fault.GP(0)), (0xFFFF_7FFF_FFFF_FFF8, .GP(0)), (0x7FFF_FFFF_FFFC, .GP(0)),
        ] {
            bench.state = bench.ring0
            bench.state.rbx = address
            #expect(bench.run(load) == fault, "\(String(address, radix: 16))")
            bench.state = bench.ring0
            bench.state.rbp = address
            #expect(bench.run([0x48, 0x8B, 0x45, 0x00]) == .SS(0), "\(String(address, radix: 16)) by RBP")
            bench.state = bench.ring0
            bench.state.rsp = address
            #expect(bench.run([0x58]) == .SS(0), "POP at \(String(address, radix: 16))")
        }
        bench.state = bench.ring0
        bench.state.rbx = 0x7FFF_FFFF_FFF8
        #expect(bench.run(load)?.vector == 14)
        bench.state = bench.ring0
        bench.state.rbx = Place.high
        #expect(bench.run(load) == nil)
        bench.state = bench.ring0
        bench.state.gs.base = 0xFFFF_8000_0000_0000
        bench.state.rbx = 0x3000
        #expect(bench.run([0x65] + load) == nil, "a base in the upper half")
        bench.state.rbx = 0 &- 0x10
        #expect(bench.run([0x65] + load) == .GP(0))
    }

    @Test func reservedBitsByLevel() {
        let bench = LongModeBench()
        let load: [UInt8] = [0x48, 0x8B, 0x03]
        let original: [(Int, UInt64)] = [
            (Place.map, UInt64(Place.pointers) | 7), (Place.pointers, UInt64(Place.directory) | 7),
            (Place.directory + 8, 0x20_0087),
        ]
        func attempt(_ entry: Int, _ value: UInt64, _ change: (inout CPUState) -> Void = { _ in }) -> UInt32? {
            // The code is read through the upper half, whose entries this leaves alone where it can.
            for (address, value) in original { bench.machine.write64(address, value) }
            bench.machine.write64(entry, value)
            bench.state = bench.ring0
            bench.state.rip = Place.high + UInt64(Place.code)
            bench.state.rbx = 0x20_0000
            change(&bench.state)
            let fault = bench.run(load)
            return fault?.vector == 14 ? fault?.errorCode : nil
        }
        let large = Place.directory + 8
        #expect(attempt(large, 0x20_0087) == nil)
        #expect(attempt(large, 0x20_0086) == 0)
        #expect(attempt(large, 0x20_2087) == 9, "bit 13 of a 2-MByte page")
        #expect(attempt(large, 0x20_1087) == nil, "bit 12 is PAT")
        #expect(attempt(large, 0x20_0087 | 1 << 46) == 9, "beyond MAXPHYADDR")
        #expect(attempt(large, 0x20_0087 | 1 << 52) == nil, "ignored")
        #expect(attempt(large, 0x20_0087 | 1 << 63) == nil, "no fetch")
        #expect(attempt(large, 0x20_0087 | 1 << 63) { $0.efer.remove(.NXE) } == 9)
        #expect(attempt(Place.map, UInt64(Place.pointers) | 0x87) == 9, "PS in the PML4")
        let old = LongModeBench(.x86_64)
        old.machine.write32(Place.pointers, 0x87)
        old.state.rip = Place.high + UInt64(Place.code)
        let fault = old.run(load)
        #expect(fault?.vector == 14 && fault?.errorCode == 0x19, "1-GByte pages without the feature: the fetch faults")
        bench.machine.write64(Place.map, UInt64(Place.pointers) | 7)
        bench.machine.write64(Place.pointers, 0x87)
        bench.state = bench.ring0
        bench.state.rbx = 0x3000
        #expect(bench.run(load) == nil, "1-GByte page")
    }

    @Test func NXAndSMEPAndSMAP() {
        let bench = LongModeBench()
        let load: [UInt8] = [0x48, 0x8B, 0x03]
        // The code of ring 0 is in the upper half, which is the supervisor's.
        func attempt(_ cr4: CR4, _ code: [UInt8], at rip: UInt64, _ flags: EFLAGS = []) -> UInt32? {
            bench.state = bench.ring0
            bench.state.cr4.formUnion(cr4)
            bench.state.eflags.formUnion(flags)
            bench.state.rip = rip
            bench.state.rbx = 0x3000
            let fault = bench.run(code)
            return fault?.vector == 14 ? fault?.errorCode : nil
        }
        let (high, low) = (Place.high + UInt64(Place.code), UInt64(Place.code))
        #expect(attempt([], load, at: low) == nil)
        #expect(attempt(.SMEP, load, at: low) == 0x11)
        #expect(attempt(.SMEP, load, at: high) == nil)
        #expect(attempt(.SMAP, load, at: high) == 1)
        #expect(attempt(.SMAP, load, at: high, .AC) == nil)
        #expect(attempt(.SMAP, load, at: low, .AC) == nil, "SMAP is not for fetches")
        #expect(attempt(.SMAP, [0x0F, 0x01, 0xCB], at: high) == nil)
        #expect(bench.state.eflags.contains(.AC))
        #expect(bench.run(load) == nil, "after STAC")
        bench.state.rip = high
        #expect(bench.run([0x0F, 0x01, 0xCA]) == nil)
        #expect(bench.run(load)?.errorCode == 1, "after CLAC the TLB does not know better")
        bench.machine.write64(Place.directory, 0x87 | 1 << 63)
        #expect(attempt([], load, at: low) == 0x11, "no-execute")
        bench.state = bench.ring3
        #expect(bench.run(load)?.errorCode == 0x15)
    }
}
