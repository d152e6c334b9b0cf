import Testing
import Wiring

@Suite struct HostMemoryTests {
    @Test func memoryIsZeroAndOfWholePages() throws {
        let memory = try HostMemory.zeroed(UInt64.self, count: 1000)
        defer { HostMemory.free(memory, count: 1000) }
        #expect(UInt(bitPattern: memory) % 4096 == 0)
        #expect((0..<1000).allSatisfy { memory[$0] == 0 })
    }

    /// More than a host of 64 bits has addresses for, and more than a number can say.
    @Test(arguments: [1 << 50, Int.max]) func whatTheHostHasNotIsAnError(count: Int) {
        #expect(throws: HostMemory.Exhausted.self) { try HostMemory.zeroed(UInt64.self, count: count) }
    }
}
