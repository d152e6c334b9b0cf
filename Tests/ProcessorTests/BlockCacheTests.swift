import Testing

@testable import Processor

@Suite struct BlockCacheTests {
    /// Blocks of 64 instructions and what ends them, of 2¹⁹ in all.
    @Test func severalProcessorsShareTheRoomOfOne() throws {
        for (shift, room) in [0: 4000, 1: 3900, 2: 1900, 3: 900] {
            let cache = try BlockCache(CodeMap(), sharedBy: shift)
            #expect(cache.hasRoom(forBlocks: room) && !cache.hasRoom(forBlocks: 2 * room + 200))
        }
        let shifts = [1, 2, 3, 4, 8, 16].map { ProcessorTopology(sockets: $0).cacheShift }
        #expect(shifts == [0, 1, 2, 2, 3, 3])
    }
}
