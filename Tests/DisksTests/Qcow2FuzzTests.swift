import Testing
import Wiring

@testable import Disks

/// Images that nobody would write: an error in words or a disk, never a crash, an endless loop or unbounded memory.
@Suite("qcow2: hostile images") struct Qcow2FuzzTests {
    private func whole(_ clusterBits: UInt32) throws -> [UInt8] {
        let file = try Qcow2Tests.file(size: 1 << 20, clusterBits: clusterBits, backing: "base.img")
        let image = try Qcow2Tests.open(file, backing: MemoryStore(sectorCount: 100))
        for sector in [0, 9, 500, 1400, 2040] as [UInt64] {
            try write([UInt8](repeating: UInt8(truncatingIfNeeded: sector), count: 4096), to: image, sector)
        }
        try image.flush()
        return file.contents
    }

    @Test func randomDamageIsHarmless() throws {
        var numbers = SplitMix(state: 7)
        var opened = 0
        // Large clusters take time: an image is copied for each try.
        for (clusterBits, tries) in [(9, 2500), (12, 1000), (16, 150)] as [(UInt32, Int)] {
            let bytes = try whole(clusterBits)
            // Where the tables are: most damage goes there.
            let header = try Qcow2Header(parsing: bytes, fileSize: UInt64(bytes.count))
            let tables = [0, Int(header.l1Offset), Int(header.refcountOffset), Int(header.refcountOffset) * 2]
            for _ in 0..<tries {
                var damaged = bytes
                for _ in 0...numbers.next() % 4 {
                    let place = tables[Int(numbers.next() % 4)] + Int(numbers.next() % 160)
                    let value =
                        numbers.next() % 3 == 0
                        ? UInt8(truncatingIfNeeded: numbers.next()) : [0, 1, 0x40, 0x7F, 0x80, 0xFF][Int(numbers.next() % 6)]
                    if place < damaged.count { damaged[place] = value }
                }
                // And second-level tables, wherever they are.
                if numbers.next() % 2 == 0 {
                    let place = Int(numbers.next() % UInt64(damaged.count / 8)) * 8
                    for index in 0..<8 where place + index < damaged.count {
                        damaged[place + index] = UInt8(truncatingIfNeeded: numbers.next())
                    }
                }
                if numbers.next() % 16 == 0 { damaged.removeLast(Int(numbers.next() % UInt64(damaged.count))) }
                if use(damaged, &numbers) { opened += 1 }
            }
        }
        #expect(opened > 1000, "only \(opened) opened")
    }

    /// Opens, reads, writes, flushes and checks; whether it opened.
    private func use(_ bytes: [UInt8], _ numbers: inout SplitMix) -> Bool {
        let file = MemoryFile(bytes)
        file.limit = 4 << 20
        if let image = try? Qcow2Tests.open(file, .readOnly), var checker = try? Qcow2Checker(image) { try? checker.run() }
        guard let image = try? Qcow2Tests.open(file, backing: MemoryStore(sectorCount: 100)) else { return false }
        for _ in 0..<12 {
            let sector = numbers.next() % min(image.sectorCount, 2048)
            let count = Int(min(numbers.next() % 17 + 1, image.sectorCount - sector))
            _ = try? readSectors(image, sector, count)
            try? write([UInt8](repeating: 0x5A, count: 512 * count), to: image, sector)
        }
        try? image.flush()
        return true
    }
}
