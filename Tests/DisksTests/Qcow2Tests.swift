import Testing
import Wiring

@testable import Disks

@Suite("qcow2: images that grow") struct Qcow2Tests {
    /// An empty image in memory.
    static func file(size: UInt64, clusterBits: UInt32 = 16, backing: String? = nil) throws -> MemoryFile {
        MemoryFile(
            try #require(
                Qcow2Image.emptyImage(
                    size: size, clusterBits: clusterBits, backingFile: backing, backingFormat: backing == nil ? nil : "raw")))
    }

    static func open(
        _ file: any ImageFile, _ access: ImageError.Access = .readWrite, backing: (any BlockStore)? = nil
    ) throws -> Qcow2Image { try Qcow2Image(path: "test.qcow2", file: file, access: access, backing: backing) }

    static func check(_ file: any ImageFile) throws -> Qcow2Report {
        let image = try open(file, .readOnly)
        var checker = try #require(try Qcow2Checker(image))
        try checker.run()
        return checker.report
    }

    /// Random writes and reads against plain memory, with flushes, and with reopening; clusters of all sizes.
    @Test(arguments: [9, 10, 12, 16] as [UInt32]) func behavesAsADiskDoes(clusterBits: UInt32) throws {
        var numbers = SplitMix(state: UInt64(clusterBits))
        let sectors: UInt64 = 5003
        let base = MemoryStore(bytes: (0..<2500 * 512).map { UInt8(truncatingIfNeeded: $0 / 512 + 1) })
        let file = try Self.file(size: sectors * 512, clusterBits: clusterBits, backing: "base.img")
        let plain = MemoryStore(bytes: base.bytes + [UInt8](repeating: 0, count: Int(sectors - 2500) * 512))
        var image = try Self.open(file, backing: base)
        #expect(image.sectorCount == sectors)
        for step in 0..<1500 {
            let sector = numbers.next() % sectors
            let count = Int(min(numbers.next() % 40 + 1, sectors - sector))
            if step % 3 == 0 {
                #expect(try readSectors(image, sector, count) == readSectors(plain, sector, count), "step \(step)")
            } else {
                let bytes = (0..<count * 512).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
                try write(bytes, to: image, sector)
                try write(bytes, to: plain, sector)
            }
            if step % 100 == 99 {
                try image.flush()
                let report = try Self.check(file)
                #expect(report.errorCount == 0 && report.leaks == 0, "\(report)")
            }
            if step % 400 == 399 { image = try Self.open(file, backing: base) }
        }
        #expect(try readSectors(image, 0, Int(sectors)) == plain.bytes)
    }

    /// 512-byte clusters: the table of reference counts outgrows its one cluster at 8 MB.
    @Test func theTableOfCountsGrows() throws {
        let file = try Self.file(size: 24 << 20, clusterBits: 9)
        let image = try Self.open(file)
        let bytes = (0..<1 << 16).map { UInt8(truncatingIfNeeded: $0 / 300) }
        for part in 0..<UInt64(20 << 4) { try write(bytes, to: image, part * 128) }
        try image.flush()
        let report = try Self.check(file)
        #expect(report.errorCount == 0 && report.leaks == 0, "\(report)")
        #expect(report.allocated == 20 << 11)
        for part in [0, 100, 319] { #expect(try readSectors(image, UInt64(part * 128), 128) == bytes) }
    }

    @Test func whatCannotBeUsedIsRefusedInWords() throws {
        var bytes = try Self.file(size: 1 << 20).contents
        func error(_ change: (inout [UInt8]) -> Void, _ access: ImageError.Access = .readWrite) throws -> ImageError? {
            var changed = bytes
            change(&changed)
            do throws(ImageError) {
                _ = try Qcow2Image(path: "p", file: MemoryFile(changed), access: access, backing: nil)
                return nil
            } catch {
                return error
            }
        }
        #expect(try error { _ in } == nil)
        #expect(try error { $0[0] = 0 } == .notQcow2(path: "p"))
        #expect(try error { $0 = [] } == .notQcow2(path: "p"))
        #expect(try error { $0[7] = 4 } == .unsupported(path: "p", what: "version 4"))
        #expect(try error { $0[35] = 2 } == .unsupported(path: "p", what: "encryption"))
        #expect(try error { $0[79] = 4 } == .unsupported(path: "p", what: "data in another file"))
        #expect(try error { $0[79] = 1 } == .needsRepair(path: "p"))
        #expect(try error({ $0[79] = 1 }, .readOnly) == nil)
        #expect(try error { $0[76] = 1 } == .unsupported(path: "p", what: "the unknown features 1000000h"))
        #expect(try error { $0[23] = 40 } == .damaged(path: "p", what: "clusters of 2^40 bytes"))
        #expect(try error { $0[99] = 5 } == .unsupported(path: "p", what: "writing with reference counts of 32 bits"))
        #expect(try error { $0[40] = 9 } == .damaged(path: "p", what: "the first-level table is outside the file"))
        bytes[95] = 3
        let file = MemoryFile(bytes)
        _ = try Self.open(file)
        #expect(file.contents[95] == 0, "unknown features that writing breaks are dropped")
    }

    /// An image of QEMU's with a snapshot inside shares clusters: they are copied before they are written.
    @Test func sharedClustersAreNotWritten() throws {
        let file = try Self.file(size: 1 << 20)
        var image = try Self.open(file)
        try write([UInt8](repeating: 1, count: 512), to: image, 0)
        try image.flush()
        // As a snapshot does: counts of table and data go up, marks go away.
        let table = image.l1[0] & Qcow2Image.offsetMask
        let data = try #require(try place(image))
        try image.setRefcount(of: table >> 16, 2)
        try image.setRefcount(of: data >> 16, 2)
        try image.writeBytes(Qcow2Tables.bytes([table]), at: image.header.l1Offset)
        try image.writeBytes(Qcow2Tables.bytes([data]), at: table)
        image = try Self.open(file)
        try write([UInt8](repeating: 2, count: 512), to: image, 1)
        try image.flush()
        #expect(try readSectors(image, 0, 2) == [UInt8](repeating: 1, count: 512) + [UInt8](repeating: 2, count: 512))
        #expect(file.contents[Int(data) + 512] == 0, "the snapshot's cluster")
        #expect(try place(image) != data)
        #expect(try image.refcount(of: table >> 16) == 1)
        #expect(try image.refcount(of: data >> 16) == 1)
    }

    private func place(_ image: Qcow2Image) throws -> UInt64? {
        guard case .data(let offset, _) = try image.place(ofCluster: 0) else { return nil }
        return offset
    }

    @Test func lostSpaceIsFoundAndGivenBack() throws {
        let file = try Self.file(size: 1 << 20)
        do {
            let image = try Self.open(file)
            _ = try image.allocate()
            _ = try image.allocate()
        }
        #expect(try Self.check(file).leaks == 2)
        let image = try Qcow2Image(path: "p", file: file, access: .readWrite, backing: nil, repairs: true)
        var checker = try #require(try Qcow2Checker(image))
        try checker.run()
        try image.repair(checker.found, isOtherwiseWhole: true)
        #expect(try Self.check(file).leaks == 0)
    }
}
