import Chips
import Disks
import Testing
import Wiring

@testable import Board

/// The fifth belief: same image, same input, same options, the same bits.
@Suite struct DeterminismTests {
    private static let image = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/testroms/demo/demo.img"

    /// The demo disk after `ticks`, run in slices of `slice`, with a key pressed at a fixed tick.
    private func demo(_ ticks: UInt64, slice: UInt64) throws -> PC {
        let disk = Overlay(over: try RawImage(path: Self.image, access: .readOnly))
        var configuration = PC.Configuration()
        configuration.memoryBytes = 8 << 20
        configuration.disks = [disk]
        let pc = try PC(configuration)
        let keyTick: UInt64 = 6_000_000
        while pc.clock.now < ticks {
            let next = pc.clock.now < keyTick ? min(pc.clock.now + slice, keyTick) : min(pc.clock.now + slice, ticks)
            if case .ended(let ending) = pc.run(until: next) {
                Issue.record("the demo ended: \(ending)")
                return pc
            }
            if pc.clock.now == keyTick { pc.input.press([.a]) }
        }
        return pc
    }

    @Test func aRunRepeatsItselfHoweverItIsSliced() throws {
        let first = try demo(12_000_000, slice: 1_000_000)
        let second = try demo(12_000_000, slice: 1_000_000)
        let sliced = try demo(12_000_000, slice: 77_777)
        #expect(first.vga.textFrame().columns == 80)
        #expect(first.cpu.state.cr0.contains(.PE), "the demo's kernel runs")
        #expect(first.stateHash() == second.stateHash())
        #expect(first.stateHash() == sliced.stateHash())
        #expect(try demo(12_000_001, slice: 1_000_000).stateHash() != first.stateHash())
    }
}
