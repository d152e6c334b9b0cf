import Processor
import SoftFloat
import TestKit
import Testing
import X86

/// Transcendental functions whose operands come from the host's FPU: beside the interpreter, with every state of the stack and of the
/// status word.
@Suite struct X87FunctionTests {
    private struct Random {
        var state: UInt64
        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    private static let functions: [[UInt8]] = [
        [0xD9, 0xFE], [0xD9, 0xFF], [0xD9, 0xF0], [0xD9, 0xF1], [0xD9, 0xF9], [0xD9, 0xF3],
    ]
    private static let others: [[UInt8]] = [
        [0xD9, 0xE8], [0xD9, 0xEB], [0xD9, 0xEA], [0xD9, 0xED], [0xD9, 0xEE], [0xD9, 0xFD], [0xD9, 0xF4], [0xDE, 0xC1],
        [0xDE, 0xC9],
        [0xDD, 0xD8], [0xD9, 0xE0], [0xD9, 0xE5], [0xD9, 0xE4], [0xD9, 0xF7], [0xD9, 0xF6], [0xD9, 0xF2], [0xD9, 0xFB],
        [0xD9, 0xFA],
        [0xD9, 0xFC], [0xDF, 0xF1], [0xDB, 0xE2],
    ]
    /// With a register in the low bits.
    private static let onRegister: [[UInt8]] = [
        [0xD9, 0xC0], [0xD9, 0xC8], [0xD8, 0xF0], [0xDD, 0xC0], [0xD8, 0xD0], [0xDC, 0xC8],
    ]
    /// fnstsw ax; xor ebx, eax; rol ebx, 1: every status word leaves a trace.
    private static let trace: [UInt8] = [0xDF, 0xE0, 0x31, 0xC3, 0xD1, 0xC3]

    private func program(_ random: inout Random) -> [[UInt8]] {
        var code: [[UInt8]] = []
        for _ in 0..<60 {
            switch random.next(10) {
            case 0..<4: code.append(Self.functions[random.next(Self.functions.count)])
            case 4..<7: code.append(Self.others[random.next(Self.others.count)])
            case 7, 8:
                let bytes = Self.onRegister[random.next(Self.onRegister.count)]
                code.append([bytes[0], bytes[1] | UInt8(random.next(8))])
            default: break
            }
            if random.next(3) == 0 { code.append(Self.trace) }
        }
        return code
    }

    private func state(_ control: UInt16, _ random: inout Random) -> CPUState {
        var state = CPUState.flat
        state.x87.control = control
        state.x87.occupied = UInt8(random.next(256)) | UInt8(random.next(256))
        state.x87.status = X87Status(rawValue: UInt16(random.next(0x8000)) & 0x7F3F)
        for number in UInt8(0)..<8 {
            let exponent = [0x3FFF, 0x3FFE, 0x3FF0, 0x4001, 0x403D, 0x403F, 0, 0x7FFF][random.next(8)]
            state.x87[number] = Extended(
                significand: UInt64(random.next(1 << 30)) << 33 | (random.next(8) == 0 ? 0 : 1 << 63),
                signExponent: UInt16(exponent | random.next(2) << 15))
        }
        return state
    }

    @Test(arguments: [0x37F, 0x77F, 0xB7F, 0xF7F, 0x27F, 0x07F] as [UInt16]) func randomPrograms(_ control: UInt16) throws {
        let translated = FlatMachine(model: .max, megabytes: 1)
        let engine = try #require(Engine.recompiled.use(on: translated.cpu))
        let reference = FlatMachine(model: .max, megabytes: 1)
        var random = Random(state: UInt64(control))
        for _ in 0..<300 {
            let code = program(&random)
            let start = state(control, &random)
            guard differs(code, start, translated, reference) else { continue }
            let count = (1...code.count).first { differs(Array(code.prefix($0)), start, translated, reference) } ?? code.count
            Issue.record(
                """
                after \(code.prefix(count).suffix(4)): \(translated.cpu.state.x87.status) instead of \(reference.cpu.state.x87.status)
                """)
        }
        #expect(translated.cpu.nativeStatistics.instructions > 1000)
        let calledFor = engine.callOutsByOperation.map(\.operation)
        for operation in [.fsin, .fcos, .f2xm1, .fyl2x, .fyl2xp1, .fpatan] as [Operation] { #expect(calledFor.contains(operation)) }
    }

    /// Whether the two machines come to different states.
    private func differs(_ code: [[UInt8]], _ start: CPUState, _ one: FlatMachine, _ other: FlatMachine) -> Bool {
        for machine in [one, other] {
            machine.write(0x1000, code.flatMap { $0 } + [0xF4])
            machine.cpu.state = start
            #expect(machine.cpu.run(until: machine.clock.now + 10_000) == .halted)
        }
        return one.cpu.state != other.cpu.state
    }
}
