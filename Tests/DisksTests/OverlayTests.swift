import Testing
import Wiring

@testable import Disks

@Suite("Overlay: throw-away writes") struct OverlayTests {
    @Test("the store below keeps its content and may be read-only") func baseIsUntouched() throws {
        let base = MemoryStore(bytes: [UInt8](repeating: 0x11, count: 512 * 8), isReadOnly: true)
        let overlay = Overlay(over: base)
        #expect(!overlay.isReadOnly && overlay.sectorCount == 8)
        try write([UInt8](repeating: 0x22, count: 1024), to: overlay, 3)
        #expect(try readSectors(overlay, 2, 4) == [0x11, 0x22, 0x22, 0x11].flatMap { [UInt8](repeating: $0, count: 512) })
        #expect(base.bytes.allSatisfy { $0 == 0x11 })
        #expect(overlay.writtenSectorCount == 2)
        try overlay.flush()
        #expect(base.flushCount == 0)
    }

    @Test("a range past the end is refused and writes nothing") func outOfRange() throws {
        let overlay = Overlay(over: MemoryStore(sectorCount: 8))
        #expect(throws: BlockStoreError.outOfRange(sector: 7, count: 2)) {
            try write([UInt8](repeating: 1, count: 1024), to: overlay, 7)
        }
        #expect(throws: BlockStoreError.outOfRange(sector: .max, count: 1)) { try readSectors(overlay, .max, 1) }
        #expect(overlay.writtenSectorCount == 0)
    }

    @Test("20,000 random reads and writes agree with an array") func agreesWithAnArray() throws {
        var random = SplitMix(state: 1)
        let sectors = 300
        var model = (0..<512 * sectors).map { UInt8(truncatingIfNeeded: $0 / 512 &* 7) }
        let base = MemoryStore(bytes: model)
        let overlay = Overlay(over: base)
        for step in 0..<20_000 {
            let first = Int.random(in: 0..<sectors, using: &random)
            let count = Int.random(in: 0...min(20, sectors - first), using: &random)
            let range = 512 * first..<512 * (first + count)
            if Bool.random(using: &random) {
                let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: 512 * count)
                model.replaceSubrange(range, with: bytes)
                try write(bytes, to: overlay, UInt64(first))
            } else if try readSectors(overlay, UInt64(first), count) != Array(model[range]) {
                Issue.record("step \(step): sectors \(first)..<\(first + count) differ")
                return
            }
        }
    }
}
