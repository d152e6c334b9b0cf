import Foundation
import Processor
import SoftFloat
import TestKit
import Testing

@testable import Recompiler

/// Producers of flags and registers, consumers, what stands between and what is wanted later: as translated code, in one region, beside the
/// interpreter. `make fuzz` runs more of them.
@Suite struct FlagMatrixTests {
    /// mov eax, 7F7F7F7Fh; mov ebx, eax; MUL or IMUL; SETcc or CMOVcc; mov [2000h], eax; hlt. SETcc found OF = CF = 0 in AL, AH, AX and EAX.
    @Test func conditionsOfProductsInTheProduct() throws {
        let machine = FlatMachine(model: .max, megabytes: 4)
        let engine = try #require(Engine.recompiled.use(on: machine.cpu))
        let law = FlatMachine(model: .max, megabytes: 4)
        for product: [UInt8] in [
            [0xF6, 0xE3], [0xF6, 0xEB], [0x66, 0xF7, 0xE3], [0x66, 0xF7, 0xEB], [0xF7, 0xE3], [0xF7, 0xEB],
        ] {
            for condition in UInt8(0)..<4 {
                let consumers: [[UInt8]] = [
                    [0x0F, 0x90 | condition, 0xC0], [0x0F, 0x90 | condition, 0xC4], [0x66, 0x0F, 0x40 | condition, 0xC1],
                    [0x0F, 0x40 | condition, 0xC1],
                ]
                for consumer in consumers {
                    let code =
                        [0xB8, 0x7F, 0x7F, 0x7F, 0x7F, 0x89, 0xC3] + product + consumer + [0xA3, 0, 0x20, 0, 0, 0xF4]
                    for one in [machine, law] {
                        one.write(0x1000, code)
                        one.cpu.state = .flat
                        #expect(one.cpu.run(until: one.clock.now + 100) == .halted)
                    }
                    #expect(machine.cpu.state == law.cpu.state, "\(code)")
                }
            }
        }
        #expect(engine.statistics.regions == 96)
    }

    /// cmp al, [2000h]; cmp al, [200000h], a device; mov [3000h], eax; pushf: the flags are those of the second comparison.
    @Test func flagsOfAComparisonWithADevice() throws {
        let machine = FlatMachine(model: .max, megabytes: 1)
        let engine = try #require(Engine.recompiled.use(on: machine.cpu))
        let code: [UInt8] = [
            0xB0, 0xFF, 0x3A, 0x05, 0, 0x20, 0, 0, 0x3A, 0x05, 0, 0, 0x20, 0, 0xA3, 0, 0x30, 0, 0, 0x9C, 0x58, 0xF4,
        ]
        machine.write(0x1000, code)
        machine.cpu.state = .flat
        #expect(machine.cpu.run(until: 100) == .halted)
        #expect(machine.cpu.state.rax & 0xD5 == 0x44)
        #expect(engine.statistics.regions > 0)
    }

    /// F2XM1; FCMOVB ST(0), ST(3) with CF = 0; hlt: FCMOVcc leaves the C1 of the function, which is not the host's.
    @Test func theRoundingOfAFunctionBeforeFCMOV() throws {
        let machines = (0..<2).map { _ in FlatMachine(model: .max, megabytes: 1) }
        let engine = try #require(Engine.recompiled.use(on: machines[1].cpu))
        for number in 1...200 as ClosedRange<UInt64> {
            for machine in machines {
                machine.write(0x1000, [0xD9, 0xF0, 0xDA, 0xC3, 0xF4])
                var state = CPUState.flat
                state.x87.control = 0x37F
                state.x87[0] = Extended(significand: 1 << 63 | number &* 0x9E37_79B9_7F4A, signExponent: 0x3FFD)
                machine.cpu.state = state
                #expect(machine.cpu.run(until: machine.clock.now + 100) == .halted)
            }
            #expect(machines[0].cpu.state.x87 == machines[1].cpu.state.x87, "\(number)")
        }
        #expect(engine.statistics.regions > 0)
    }

    /// A million cases that run as translated code in one region each, and a fifth as many that may leave it; always the same ones.
    @Test func aMillionCases() { run(seed: 1, cases: 1_000_000) }

    /// Ten cases for each thousand of `FUZZ_COUNT` instructions, from `FUZZ_SEED` on.
    @Test func asManyAsWanted() {
        let environment = ProcessInfo.processInfo.environment
        guard let count = environment["FUZZ_COUNT"].flatMap(Int.init) else { return }
        let seed = environment["FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1 << 32) << 24
        print("SEED=\(seed) flag matrix")
        run(seed: seed, cases: count / 100)
    }

    private func run(seed: UInt64, cases: Int) {
        let matrix = FlagMatrix()
        var number = seed
        var failures = 0
        while matrix.cases < cases && failures < 10 {
            if let difference = matrix.difference(FlagProgram(seed: number)) {
                failures += 1
                Issue.record("\(difference)")
            }
            number &+= 1
        }
        print("\(matrix.cases) cases in one region each, \(matrix.otherCases) others, \(matrix.recompiled) translated instructions")
        #expect(matrix.recompiled > 25 * UInt64(matrix.programs))
    }
}
