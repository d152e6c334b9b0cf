import Foundation
import TestKit
import Testing
import X86

@testable import Processor

/// Interrupts, exceptions and IRET by ways that were gone before, beside a processor that remembers none: the tables change between, and now and then a
/// register.
@Suite struct RememberedTransfersTests {
    /// INT 30h…37h and IRET stand in turn at every 16 bytes of this place.
    private static let code = 0x1_0000, slots = 64

    private struct Pair<Bench: StepBench> {
        let benches: [Bench]
        var random: RandomNumbers
        let iret: [UInt8]

        init(_ make: () -> Bench, iret: [UInt8], seed: UInt64) {
            benches = [make(), make()]
            random = RandomNumbers(seed: seed)
            self.iret = iret
            for bench in benches {
                for slot in 0..<slots {
                    bench.machine.write(place(slot), slot % 3 == 0 ? [0xCD, 0x30 + UInt8(slot % 8)] : iret)
                }
            }
        }

        func place(_ slot: Int) -> Int { code + 16 * slot }

        mutating func address() -> UInt64 { UInt64(place(random.below(slots))) }

        mutating func pick<T>(_ choices: [T]) -> T { choices[random.below(choices.count)] }

        func write64(_ address: Int, _ value: UInt64) { for bench in benches { bench.machine.write64(address, value) } }

        func start(_ state: CPUState) { for bench in benches { bench.machine.cpu.state = state } }

        /// Turns a flag over, and moves the stack.
        mutating func changeRegisters(stacks: [UInt64]) {
            let (flag, rsp) = (pick([EFLAGS.NT, .AC, .IF, .CF, .IOPL]), pick(stacks))
            for bench in benches {
                bench.machine.cpu.core.pointee.state.eflags.formSymmetricDifference(flag)
                bench.machine.cpu.core.pointee.state.rsp = rsp
            }
        }

        /// What hangs on the segment registers.
        private func derived(_ cpu: CPU) -> [UInt64] {
            let core = cpu.core.pointee
            let (cs, ss) = (core.windows.cs, core.windows.ss)
            return [
                UInt64(core.mode.rawValue), core.stackMask, core.linearMask, core.tlb.address == core.native.userTLB ? 1 : 0,
                cs.base,
                cs.readTop, cs.writeTop, ss.base, ss.readTop, ss.writeTop,
            ]
        }

        /// Executes one instruction on both, and tells whether they agree; if not, that is an issue.
        func step(_ round: Int) -> Bool {
            benches[1].machine.cpu.transfers.removeAll()
            for bench in benches { bench.machine.cpu.stepOne() }
            let (one, other) = (benches[0].machine, benches[1].machine)
            let agree =
                one.cpu.state == other.cpu.state && derived(one.cpu) == derived(other.cpu)
                && memcmp(one.memory, other.memory, 0x3_0000) == 0
            #expect(agree, "round \(round): \(benches.map(\.machine.cpu.state))")
            return agree
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func ofProtectedMode(seed: UInt64) {
        typealias Place = ProtectedBench.Place
        typealias Selector = ProtectedBench.Selector
        var pair = Pair({ ProtectedBench() }, iret: [0xCF], seed: seed)
        let descriptors: [UInt64] = [
            0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF,
        ]
        let bench = pair.benches[0]
        func gate(_ offset: UInt64, _ type: UInt64) -> UInt64 {
            offset & 0xFFFF | UInt64(Selector.code) << 16 | type << 40 | (offset >> 16) << 48
        }
        for vector in 0..<0x40 { pair.write64(Place.idt + 8 * vector, gate(pair.address(), vector < 0x30 ? 0x8E : 0xEE)) }
        for round in 0..<12_000 {
            if round % 200 == 0 || bench.machine.cpu.state.activity != .active {
                for (index, descriptor) in descriptors.enumerated() { pair.write64(Place.gdt + 8 + 8 * index, descriptor) }
                pair.write64(Place.task + 4, UInt64(Selector.data) << 32 | UInt64(Place.innerStack))
                var state = round % 400 == 0 ? bench.ring0 : bench.ring3
                state.rip = pair.address()
                if round % 800 == 0 { state.cr0.insert(.PG) }
                pair.start(state)
            }
            switch pair.random.below(24) {
            case 0:
                let vector = pair.random.below(0x40)
                pair.write64(Place.idt + 8 * vector, gate(pair.address(), pair.pick([0x8E, 0xEE, 0xEF, 0x8F, 0xE6, 0x0E])))
            case 1:
                let index = pair.random.below(4)
                let bit = pair.pick([40, 41, 42, 45, 46, 47, 48, 54, 55, 16, 32] as [UInt64])
                pair.write64(
                    Place.gdt + 8 + 8 * index, pair.random.oneIn(2) ? descriptors[index] : descriptors[index] ^ 1 << bit)
            case 2:
                let pointer = pair.pick([0x1_9000, 0x1_9008, 0x1_8FFE, 0x1_A003, 0x2_0000] as [UInt64])
                pair.write64(Place.task + 4, UInt64(pair.pick([Selector.data, Selector.data, Selector.userData])) << 32 | pointer)
            case 3: pair.changeRegisters(stacks: [0x1_8000, 0x1_8FFC, 0x1_8006])
            default: break
            }
            // What an IRET finds, mostly.
            let rsp = Int(bench.machine.cpu.state.rsp)
            if pair.random.oneIn(2), rsp > 0x1_7000, rsp < 0x2_8000 {
                let toUser = pair.random.oneIn(2)
                let noise = pair.random.oneIn(20) ? UInt64(1) << UInt64(pair.random.below(32)) : 0
                let flags = pair.pick([2, 0x202, 0x246, 0x3202, 0x1_0202, 0x4_0202] as [UInt64])
                pair.write64(rsp, UInt64(toUser ? Selector.userCode : Selector.code) << 32 | (pair.address() ^ noise))
                pair.write64(rsp + 8, pair.pick([0x1_8000, 0x1_8FF8, 0x1_7002] as [UInt64]) << 32 | flags)
                pair.write64(rsp + 16, UInt64(toUser ? Selector.userData : Selector.data))
            }
            guard pair.step(round) else { return }
        }
        #expect(bench.machine.cpu.transfers.uses > 1000, "\(bench.machine.cpu.transfers.uses)")
        #expect(pair.benches[1].machine.cpu.transfers.uses == 0)
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func ofIA32eMode(seed: UInt64) {
        typealias Place = LongModeBench.Place
        typealias Selector = LongModeBench.Selector
        var pair = Pair({ LongModeBench() }, iret: [0x48, 0xCF], seed: seed)
        let bench = pair.benches[0]
        let descriptors: [(selector: UInt16, raw: UInt64)] = [
            (Selector.code64, 0x00AF_9B00_0000_FFFF), (Selector.data, 0x00CF_9300_0000_FFFF),
            (Selector.userData, 0x00CF_F300_0000_FFFF),
            (Selector.userCode64, 0x00AF_FB00_0000_FFFF), (Selector.userCode32, 0x00CF_FB00_0000_FFFF),
        ]
        func setGate(_ vector: Int, _ type: UInt64) {
            let (offset, IST) = (pair.address(), pair.random.oneIn(3) ? UInt64(1) : 0)
            for bench in pair.benches { bench.setGate(vector, selector: Selector.code64, offset: offset, type: type, IST: IST) }
        }
        for vector in 0..<0x40 { setGate(vector, vector < 0x30 ? 0x8E : 0xEE) }
        for round in 0..<12_000 {
            if round % 200 == 0 || bench.machine.cpu.state.activity != .active {
                for (selector, raw) in descriptors { pair.write64(Place.gdt + Int(selector & 0xFFF8), raw) }
                // The stacks lie where both benches are compared.
                pair.write64(Place.tss + 4, 0x1_9008)
                pair.write64(Place.tss + 36, 0x1_A004)
                var state = round % 400 == 0 ? bench.ring0 : bench.ring3
                (state.rip, state.rsp) = (pair.address(), 0x1_8000)
                pair.start(state)
            }
            switch pair.random.below(24) {
            case 0: setGate(pair.random.below(0x40), pair.pick([0x8E, 0xEE, 0xEF, 0x8F, 0xE6, 0x0E]))
            case 1:
                let (selector, raw) = pair.pick(descriptors)
                let bit = pair.pick([40, 41, 42, 45, 46, 47, 53, 54] as [UInt64])
                pair.write64(Place.gdt + Int(selector & 0xFFF8), pair.random.oneIn(2) ? raw : raw ^ 1 << bit)
            case 2: pair.write64(Place.tss + 4, pair.pick([0x1_9000, 0x1_9008, 0x1_8FFE, 1 << 47, 0x2_0000] as [UInt64]))
            case 3: pair.changeRegisters(stacks: [0x1_8000, 0x1_8FF8, 0x1_8006])
            default: break
            }
            let state = bench.machine.cpu.state
            let rsp = Int(truncatingIfNeeded: state.rsp)
            if pair.random.oneIn(2), rsp > 0x1_7000, rsp < 0x2_8000 {
                let segments: [(UInt16, UInt16)] = [
                    (Selector.code64, Selector.data), (Selector.code64, 0), (Selector.userCode64, Selector.userData),
                    (Selector.userCode64, Selector.userData), (Selector.userCode32, Selector.userData), (Selector.userCode64, 3),
                ]
                let (code, data) = pair.pick(segments)
                let noise = pair.random.oneIn(20) ? UInt64(1) << UInt64(pair.random.below(64)) : 0
                pair.write64(rsp, pair.address() ^ noise)
                pair.write64(rsp + 8, UInt64(code))
                pair.write64(rsp + 16, pair.pick([2, 0x202, 0x246, 0x3202, 0x1_0202, 0x4_0202] as [UInt64]))
                pair.write64(rsp + 24, pair.pick([0x1_8000, 0x1_8FF0, 0x1_7002] as [UInt64]))
                pair.write64(rsp + 32, UInt64(data))
            }
            guard pair.step(round) else { return }
        }
        #expect(bench.machine.cpu.transfers.uses > 1000, "\(bench.machine.cpu.transfers.uses)")
    }
}
