import Processor
import TestKit
import Testing
import X86

@testable import Recompiler

/// The same machine twice, in IA-32e mode: the law, and one that translates from the first instruction on.
final class IA32ePair {
    private typealias Place = LongModeBench.Place

    let law = LongModeBench()
    let bench = LongModeBench()
    let engine: Recompiler

    init() throws { engine = try #require(Engine.recompiled.use(on: bench.machine.cpu)) }

    var translated: CPUState { bench.machine.cpu.state }

    /// Runs `code`, which ends with HLT, or in a handler that halts, from what `state` makes of ring 0 on both; they do not differ.
    func run(_ code: [UInt8], from state: (LongModeBench) -> CPUState = { $0.ring0 }, ticks: UInt64 = 100_000) {
        for one in [law, bench] {
            let machine = one.machine
            let start = state(one)
            machine.write(Place.code, code + [0xF4])
            machine.cpu.state = start
            let end = machine.clock.now + ticks
            while machine.clock.now < end, machine.cpu.run(until: end) == .deadline {}
        }
        #expect(translated == law.machine.cpu.state)
        #expect(bench.machine.clock.now == law.machine.clock.now)
    }

    /// Instructions that translations left to the interpreter, of one operation.
    func callOuts(_ operation: Operation) -> UInt64 {
        engine.callOutsByOperation.first { $0.operation == operation }?.count ?? 0
    }
}
