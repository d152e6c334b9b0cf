import Testing

@testable import Checks

/// `--check races`, in its parts; testroms/checks has the guests.
@Suite struct RaceTests {
    @Test func whatAProcessorKnewThenIsHandedOn() {
        var clocks = RaceClocks(processors: 3)
        // 1 reads at 20 what 0 has stored at 10; 2 reads at 30 what 1 had stored at 15, and at 40 what it had stored at 25.
        clocks.join(1, 0, until: 10, now: 20)
        clocks.join(2, 1, until: 15, now: 30)
        #expect(clocks.last(of: 1, before: 2) == 15 && clocks.last(of: 0, before: 2) == 0)
        clocks.join(2, 1, until: 25, now: 40)
        #expect(clocks.last(of: 1, before: 2) == 25 && clocks.last(of: 0, before: 2) == 10)
        // What is older than what is known changes nothing, and nobody learns from himself.
        clocks.join(2, 1, until: 5, now: 50)
        clocks.join(2, 2, until: 90, now: 50)
        #expect(clocks.last(of: 1, before: 2) == 25 && clocks.last(of: 2, before: 2) == 0)
    }

    @Test func aMessageIsKnownToItsHandlerAlone() {
        var clocks = RaceClocks(processors: 2)
        clocks.send(0x40, from: 0, to: 1, now: 10)
        clocks.receive(0x41, at: 1, now: 20)
        #expect(clocks.last(of: 0, before: 1) == 0)
        clocks.receive(0x40, at: 1, now: 30)
        #expect(clocks.last(of: 0, before: 1) == 10)
    }

    @Test func aLongPastIsForgottenInFavourOfTheGuest() {
        var clocks = RaceClocks(processors: 3)
        for tick in 1...5000 as ClosedRange<UInt64> { clocks.join(1, 0, until: 2 * tick, now: 2 * tick + 1) }
        // What 1 knew at 100 is not kept: more is taken as ordered, never less.
        clocks.join(2, 1, until: 100, now: 20_000)
        #expect(clocks.last(of: 0, before: 2) >= 100)
    }

    @Test func bytesKeepTheirLastAccesses() throws {
        let memory = try RaceMemory(memoryBytes: 2 << 20)
        for place in [0xB_8000, 2 << 20, .max] as [UInt64] {
            let none = memory.cell(place)
            #expect(none == nil)
        }
        let found = memory.cell(0x1000)
        let cell = try #require(found)
        func access(_ kind: RaceAccess.Kind, _ processor: UInt8, _ bytes: UInt8, _ tick: UInt64) -> RaceAccess {
            RaceAccess(tick: tick, processor: processor, bytes: bytes, kind: kind)
        }
        memory.note(write: access(.store, 0, 0x0F, 1), cell)
        memory.note(write: access(.store, 1, 0xF0, 2), cell)
        memory.note(read: access(.read, 0, 0xFF, 3), cell)
        memory.note(read: access(.read, 1, 0x0F, 4), cell)
        #expect(Set(memory.ticks(cell, 0x0F)) == [1, 3, 4])
        #expect(Set(memory.ticks(cell, 0xF0)) == [2, 3])
        // A write takes the place of all that was at its bytes.
        memory.note(write: access(.locked, 2, 0x0F, 5), cell)
        #expect(Set(memory.ticks(cell, 0x0F)) == [5])
        #expect(Set(memory.ticks(cell, 0xFF)) == [2, 3, 5])
        memory.synchronise(cell, 0x1000, 0x0F)
        memory.overwritten(0xFFF, 2)
        #expect(memory.ticks(cell, 0xFF).isEmpty && cell.pointee.synchronising == 0x0F)
    }

    @Test func memoryIsBounded() throws {
        let memory = try RaceMemory(memoryBytes: 64 << 20)
        let found = memory.cell(0x10_0000)
        let first = try #require(found)
        memory.note(write: RaceAccess(tick: 1, bytes: 0xFF, kind: .store), first)
        memory.synchronise(first, 0x10_0000, 0x03)
        for page in 0x100..<0x4000 as Range<UInt64> { _ = memory.cell(page << 12) }
        let cell = memory.cell(0x10_0000)
        let again = try #require(cell)
        #expect(memory.ticks(again, 0xFF).isEmpty && again.pointee.synchronising == 0x03)
    }

    /// Cells that hold more than most do take room that is given back, or all is forgotten.
    @Test func whereManyProcessorsReadRoomIsBounded() throws {
        let memory = try RaceMemory(memoryBytes: 4 << 20)
        let found = memory.cell(0x10_0000)
        let first = try #require(found)
        for place in stride(from: 0x10_0000, to: 0x18_0000, by: 8) as StrideTo<UInt64> {
            guard let cell = memory.cell(place) else { continue }
            for processor in 0..<3 as Range<UInt8> {
                memory.note(read: RaceAccess(tick: 1, processor: processor, bytes: 0xFF, kind: .read), cell)
            }
        }
        #expect(memory.ticks(first, 0xFF).count == 3)
        let cell = memory.cell(0x20_0000)
        let last = try #require(cell)
        memory.note(write: RaceAccess(tick: 2, bytes: 0xFF, kind: .store), first)
        #expect(memory.ticks(first, 0xFF) == [2])
        for tick in 1...0x2_0000 as ClosedRange<UInt64> {
            memory.note(read: RaceAccess(tick: tick, processor: UInt8(truncatingIfNeeded: tick), bytes: 0xFF, kind: .read), last)
        }
        #expect(memory.ticks(last, 0xFF).count == 256 && memory.ticks(first, 0xFF) == [2])
        for place in stride(from: 0x38_0000, to: 0x3A_0000, by: 8) as StrideTo<UInt64> {
            for processor in 0..<20 as Range<UInt8> {
                guard let cell = memory.cell(place) else { continue }
                memory.note(read: RaceAccess(tick: 1, processor: processor, bytes: 0xFF, kind: .read), cell)
            }
        }
        let again = memory.cell(0x10_0000)
        #expect(memory.ticks(try #require(again), 0xFF).isEmpty)
    }
}

extension RaceMemory {
    fileprivate func ticks(_ cell: UnsafeMutablePointer<RaceCell>, _ bytes: UInt8) -> [UInt64] {
        var ticks: [UInt64] = []
        forEachAccess(cell, bytes) { ticks.append($0.tick) }
        return ticks
    }
}
