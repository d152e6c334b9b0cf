import Testing

@testable import Processor

/// What most entries of a TLB add: see `TLB.usualAddend`.
@Suite struct UsualAddendTests {
    private func usual(_ addends: [Int]) -> Int? {
        var table = TLB()
        defer { table.deallocate() }
        for (slot, addend) in addends.enumerated() {
            table.claim(slot, physicalPage: UInt64(slot) << 12, isGlobal: false, span: 0x1000)
            table.data[slot].readTag = UInt64(slot) << 12
            table.data[slot].addend = addend
        }
        return table.usualAddend
    }

    @Test func sevenOfEightOfTheLatestDecide() {
        #expect(usual([]) == nil)
        #expect(usual([5, 5, 5]) == nil)
        #expect(usual([5, 5, 5, 5]) == 5)
        #expect(usual([5, 5, 5, 7]) == nil)
        #expect(usual([7] + Array(repeating: 5, count: 7)) == 5)
        #expect(usual(Array(repeating: 5, count: 7) + [7]) == 5)
        #expect(usual([7, 7] + Array(repeating: 5, count: 7)) == nil)
        #expect(usual((0..<64).map { $0 % 8 }) == nil)
        #expect(usual(Array(repeating: 7, count: 100) + Array(repeating: -5, count: 64)) == -5)
    }
}
