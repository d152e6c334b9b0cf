import Testing

@testable import Processor

@Suite("Pages that links of blocks are in")
struct LinkedPagesTests {
    /// Two pages whose bits are in one word, one in another, and a large one.
    private let pages: [(linear: UInt64, span: UInt64)] = [
        (0x0000_1000, 0x1000), (0x0000_2000, 0x1000), (0x7FFF_F000, 0x1000), (0xC040_0000, 0x20_0000),
    ]

    @Test("contains what was put in, until all is removed, and again afterwards")
    func removeAll() {
        var linked = LinkedPages()
        for _ in 0..<3 {
            for page in pages { #expect(!linked.contains(page.linear)) }
            for page in pages { linked.insert(page.linear, span: page.span) }
            for page in pages { #expect(linked.contains(page.linear + 0x123)) }
            #expect(!linked.contains(0x0000_3000))
            linked.removeAll()
        }
    }

    @Test("a page of more than 4 MBytes is all pages")
    func gigabyte() {
        var linked = LinkedPages()
        linked.insert(0x4000_0000, span: 0x4000_0000)
        #expect(linked.contains(0xFFFF_8000_0000_0000))
        linked.removeAll()
        #expect(!linked.contains(0x4000_0000))
    }
}
