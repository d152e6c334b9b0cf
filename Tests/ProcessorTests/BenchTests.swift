import Processor
import TestKit
import Testing

/// The machines that other tests stand on.
@Suite struct BenchTests {
    /// Thousands of benches are made in one process: each goes with its last user, and its memory with it.
    @Test(arguments: Engine.allCases) func aBenchGoesWithItsLastUser(engine: Engine) {
        weak var processor: CPU?
        do {
            let bench = ProtectedBench()
            let translator = engine.use(on: bench.machine.cpu)
            bench.step([0x90])
            #expect(bench.state.rip == UInt64(ProtectedBench.Place.code) + 1)
            processor = withExtendedLifetime(translator) { bench.machine.cpu }
        }
        #expect(processor == nil)
    }

    /// A processor alone keeps the RAM that its pointers lead to.
    @Test func aProcessorKeepsItsMemory() {
        let processor = {
            let bench = LongModeBench()
            bench.machine.write(LongModeBench.Place.code, [0xFF, 0xC0])
            bench.machine.cpu.state = bench.state
            return bench.machine.cpu
        }()
        processor.stepOne()
        #expect(processor.state.rip == UInt64(LongModeBench.Place.code) + 2)
    }
}
