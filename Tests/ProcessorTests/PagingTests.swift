import TestKit
import Testing

@testable import Processor

/// What page tables allow and note: SDM Vol. 3A, sections 4.3, 4.6, 4.7 and 4.8. A kernel's view of it is `testroms/system/paging.asm`.
@Suite struct PagingTests {
    private static let place = 0x3_0000
    /// MOV AL, [30000h] and MOV [30000h], AL.
    private static let read: [UInt8] = [0xA0, 0x00, 0x00, 0x03, 0x00]
    private static let write: [UInt8] = [0xA2, 0x00, 0x00, 0x03, 0x00]

    /// Executes `code` in a ring with those flags in the entry of the page at `place`.
    private func access(_ code: [UInt8], flags: UInt32, ring: Int = 0, WP: Bool = false) -> (fault: Fault?, bench: ProtectedBench) {
        let bench = ProtectedBench()
        bench.setPage(Self.place, flags: flags)
        bench.state = ring == 0 ? bench.ring0 : bench.ring3
        bench.state.cr0.insert(.PG)
        if WP { bench.state.cr0.insert(.WP) }
        return (bench.run(code), bench)
    }

    @Test func absentPages() {
        #expect(access(Self.read, flags: 0).fault == .PF([]))
        #expect(access(Self.write, flags: 0).fault == .PF(.WR))
        #expect(access(Self.read, flags: 0, ring: 3).fault == .PF(.US))
        #expect(access(Self.write, flags: 0, ring: 3).fault == .PF([.WR, .US]))
        #expect(access(Self.write, flags: 6).bench.state.cr2 == UInt64(Self.place))
    }

    @Test func rights() {
        #expect(access(Self.read, flags: 3, ring: 3).fault == .PF([.P, .US]), "a supervisor's page")
        #expect(access(Self.write, flags: 5, ring: 3).fault == .PF([.P, .WR, .US]), "a page to be read")
        #expect(access(Self.write, flags: 5).fault == nil, "the supervisor writes where WP is clear")
        #expect(access(Self.write, flags: 5, WP: true).fault == .PF([.P, .WR]))
        #expect(access(Self.write, flags: 7, ring: 3).fault == nil)
    }

    @Test func accessedAndDirty() {
        let reading = access(Self.read, flags: 7).bench
        #expect(reading.page(Self.place) & 0x60 == 0x20)
        let writing = access(Self.write, flags: 7).bench
        #expect(writing.page(Self.place) & 0x60 == 0x60)
        #expect(writing.read32(ProtectedBench.Place.directory) & 0x60 == 0x20, "a directory's entry for a table has no D")
        #expect(access(Self.write, flags: 5, WP: true).bench.page(Self.place) & 0x40 == 0, "a write that faults")
    }

    @Test func aPageOf4MBytes() {
        let bench = ProtectedBench()
        bench.machine.write(Self.place, [0x5A])
        bench.machine.write32(ProtectedBench.Place.directory + 4, 0x83)
        bench.state.cr0.insert(.PG)
        bench.state.cr4.insert(.PSE)
        // MOV AL, [430000h].
        #expect(bench.run([0xA0, 0x00, 0x00, 0x43, 0x00]) == nil)
        #expect(bench.state.rax & 0xFF == 0x5A)
        #expect(bench.read32(ProtectedBench.Place.directory + 4) & 0x60 == 0x20)
    }
}
