import Foundation
import Processor
import TestKit
import Testing

/// The interpreter beside the host's processor, where that executes 32-bit programs.
@Suite struct NativeTests {
    /// Cases of flag programs, flags left out that the manual leaves undefined.
    @Test func flagPrograms() throws {
        let matrix: NativeMatrix
        do {
            matrix = try NativeMatrix()
        } catch {
            return print("skipped: the host's processor as a witness: \(error)")
        }
        let (start, cases) = fuzzing(usually: 100_000, "native programs")
        var seed = start
        var failures = 0
        while matrix.cases < cases && failures < 20 {
            if let difference = matrix.difference(FlagProgram(seed: seed, isForHost: true)) {
                failures += 1
                Issue.record("\(difference)")
            }
            seed &+= 1
        }
        print("\(matrix.cases) cases as on the host's processor")
    }
}

/// Operands at edges, and instructions that write only sometimes: on both engines, and on the host's processor.
@Suite struct OperandEdgeTests {
    @Test func operandsAtEdges() {
        let edges = OperandEdges()
        if let reason = edges.unavailable { print("skipped: the host's processor as a witness: \(reason)") }
        let (start, wanted) = fuzzing(usually: 20_000, "operands at edges")
        var seed = start
        var failures = 0
        while edges.cases < wanted && failures < 20 {
            if let difference = edges.difference(seed: seed) {
                failures += 1
                Issue.record("\(difference)")
            }
            seed &+= 1
        }
        let cases = edges.cases
        #expect(edges.exceptions > cases / 10 && edges.exceptions < cases * 9 / 10)
        #expect(edges.recompiled > UInt64(cases / 8))
    }
}

/// Tells where to begin, and how many cases: a thousandth of `FUZZ_COUNT` from `FUZZ_SEED` on, if they are given.
private func fuzzing(usually count: Int, _ what: String) -> (seed: UInt64, cases: Int) {
    let environment = ProcessInfo.processInfo.environment
    guard let wanted = environment["FUZZ_COUNT"].flatMap(Int.init) else { return (1, count) }
    let seed = environment["FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1 << 32) << 24
    print("SEED=\(seed) \(what)")
    return (seed, wanted / 1000)
}
