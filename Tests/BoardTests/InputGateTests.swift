import Chips
import Testing
import Wiring

@testable import Board

@Suite("The gate for keys and the mouse of a window") struct InputGateTests {
    private func machine(_ hear: @escaping (InputGate.Input) -> Void) throws -> PC {
        // jmp $
        let pc = try MachineTests.machine([0xEB, 0xFE])
        pc.input.onDelivery = { hear($1) }
        return pc
    }

    @Test func keysMoveOneAfterTheOther() throws {
        var heard: [InputGate.Input] = []
        let pc = try machine { heard.append($0) }
        pc.input.move(.a, down: true)
        pc.input.repeatKey(.a)
        #expect(heard.isEmpty)
        _ = pc.run(until: 10_000_000)
        pc.input.repeatKey(.a)
        pc.input.move(.a, down: false)
        _ = pc.run(until: 20_000_000)
        #expect(
            heard == [.key(.a, down: true), .repetition(.a), .key(.a, down: false)], "the repetition that had to wait is dropped")
    }

    @Test func buttonsAreNotLostAndMovementsAddUp() throws {
        var heard: [InputGate.Input] = []
        let pc = try machine { heard.append($0) }
        for _ in 0..<3 { pc.input.moveMouse(dx: 2, dy: -1, wheel: 0, buttons: []) }
        pc.input.moveMouse(dx: 0, dy: 0, wheel: 0, buttons: .left)
        pc.input.moveMouse(dx: 0, dy: 0, wheel: 1, buttons: [])
        _ = pc.run(until: 20_000_000)
        #expect(
            heard == [
                .mouse(dx: 6, dy: -3, wheel: 0, buttons: []), .mouse(dx: 0, dy: 0, wheel: 0, buttons: .left),
                .mouse(dx: 0, dy: 0, wheel: 1, buttons: []),
            ])
        for count in 0..<5000 {
            pc.input.moveMouse(dx: .max, dy: .min, wheel: 0, buttons: count % 2 == 0 ? .left : [])
            pc.input.move(.b, down: count % 2 == 0)
        }
        _ = pc.run(until: 30_000_000)
        #expect(heard.count < 30)
    }
}
