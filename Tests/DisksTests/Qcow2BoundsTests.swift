import Testing
import Wiring

@testable import Disks

/// Images made to cost much, disks of the host that are full, and holes that nobody reads.
@Suite("qcow2: bounds") struct Qcow2BoundsTests {
    private func put(_ numbers: [UInt64], at offset: Int, in bytes: inout [UInt8]) {
        if bytes.count < offset + 8 * numbers.count {
            bytes += [UInt8](repeating: 0, count: offset + 8 * numbers.count - bytes.count)
        }
        bytes.replaceSubrange(offset..<offset + 8 * numbers.count, with: Qcow2Tables.bytes(numbers))
    }

    /// 4,096 first-level entries lead to one second-level table, which is full; without a bound that is 33 million clusters, each looked at in vain.
    @Test func aTableThatManyReferToIsReadOnce() throws {
        var bytes = try Qcow2Tests.file(size: 2 << 40).contents
        let table = UInt64(bytes.count)
        put([UInt64](repeating: table | Qcow2Image.copied, count: 4096), at: 3 << 16, in: &bytes)
        put([UInt64](repeating: (table + 65536) | Qcow2Image.copied, count: 8192), at: Int(table), in: &bytes)
        put([UInt64](repeating: 0, count: 8192), at: Int(table) + 65536, in: &bytes)
        let file = CountingFile(bytes)
        let report = try Qcow2Tests.check(file)
        #expect(report.errorCount > 0 && report.allocated == 4096 * 8192)
        #expect(file.reads < 4 * bytes.count)
    }

    /// 65,536 snapshots with one first-level table of 4,096 entries.
    @Test func aTableOfManySnapshotsIsReadOnce() throws {
        var bytes = try Qcow2Tests.file(size: 2 << 40).contents
        let table = UInt64(bytes.count)
        put([UInt64](repeating: table, count: 4096), at: 3 << 16, in: &bytes)
        put([UInt64](repeating: table + 65536, count: 8192), at: Int(table), in: &bytes)
        let start = bytes.count + 65536
        for snapshot in 0..<65536 { put([3 << 16, 4096 << 32, 0, 0, 0], at: start + 40 * snapshot, in: &bytes) }

        bytes.replaceSubrange(60..<64, with: [0, 1, 0, 0])
        put([UInt64(start)], at: 64, in: &bytes)
        let file = CountingFile(bytes)
        let report = try Qcow2Tests.check(file)
        #expect(report.snapshots == 65536 && report.errorCount > 0)
        #expect(file.reads < 4 * bytes.count)
    }

    /// As many first-level tables as snapshots, one in the other.
    @Test func tablesThatOverlapAreFoundOut() throws {
        var bytes = try Qcow2Tests.file(size: 2 << 20, clusterBits: 9).contents
        let zeros = bytes.count
        bytes += [UInt8](repeating: 0, count: 24 << 10)
        let start = bytes.count
        for snapshot in 0..<1000 {
            put(
                [UInt64(zeros + 512 * (snapshot % 10)), UInt64(1000 + snapshot) << 32, 0, 0, 0], at: start + 40 * snapshot,
                in: &bytes)
        }
        bytes.replaceSubrange(60..<64, with: [0, 0, 3, 0xE8])
        put([UInt64(start)], at: 64, in: &bytes)
        let file = CountingFile(bytes)
        #expect(try Qcow2Tests.check(file).errors.contains { $0.contains("overlap") })
        #expect(file.reads < 4 * bytes.count)
    }

    /// A disk of the host that is full for a while: no write that failed has taken space away.
    @Test func aFullDiskLosesNoSpace() throws {
        let file = try Qcow2Tests.file(size: 64 << 20)
        let image = try Qcow2Tests.open(file)
        let cluster = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { cluster.deallocate() }
        cluster.initializeMemory(as: UInt8.self, repeating: 7)
        for number in 0..<20 { try image.write(sector: 128 * UInt64(number), from: UnsafeRawBufferPointer(cluster)) }
        file.limit = file.contents.count
        for number in 20..<60 {
            #expect(throws: BlockStoreError.self) {
                try image.write(sector: 128 * UInt64(number), from: UnsafeRawBufferPointer(cluster))
            }
        }
        try image.flush()
        #expect(try Qcow2Tests.check(file).leaks == 0)
        file.limit = 1 << 28
        for number in 20..<60 { try image.write(sector: 128 * UInt64(number), from: UnsafeRawBufferPointer(cluster)) }
        try image.flush()
        let report = try Qcow2Tests.check(file)
        #expect(report.leaks == 0 && report.errorCount == 0 && report.allocated == 60)
    }

    /// An empty disk of 8 TB, and one with two clusters at its ends, over a backing store with one in between.
    @Test func holesAreNotRead() throws {
        let empty = try Qcow2Tests.open(try Qcow2Tests.file(size: 8 << 40), .readOnly)
        #expect(try empty.data(from: 0) == nil)
        let base = try Qcow2Tests.open(try Qcow2Tests.file(size: 4 << 40))
        let file = try Qcow2Tests.file(size: 8 << 40)
        let image = try Qcow2Tests.open(file, backing: base)
        let sector = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
        defer { sector.deallocate() }
        sector.initializeMemory(as: UInt8.self, repeating: 1)
        try base.write(sector: 1 << 30, from: UnsafeRawBufferPointer(sector))
        try image.write(sector: 0, from: UnsafeRawBufferPointer(sector))
        try image.write(sector: (16 << 30) - 1, from: UnsafeRawBufferPointer(sector))
        var found: [UInt64] = []
        var next: UInt64 = 0
        while let range = try image.data(from: next) {
            found.append(range.lowerBound)
            next = range.upperBound
        }
        #expect(found == [0, 1 << 30, (16 << 30) - 128])
        let copy = try Qcow2Tests.open(try Qcow2Tests.file(size: 8 << 40))
        try DiskImage.copy(image, to: copy)
        for place: UInt64 in [0, 1 << 30, (16 << 30) - 1] {
            sector.initializeMemory(as: UInt8.self, repeating: 0)
            try copy.read(sector: place, into: sector)
            #expect(sector[511] == 1)
        }
    }
}

/// Counts the bytes that are read.
private final class CountingFile: ImageFile {
    private let file: MemoryFile
    private(set) var reads = 0

    init(_ bytes: [UInt8]) { file = MemoryFile(bytes) }
    func size() -> UInt64 { file.size() }
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(HostFile.Refusal) {
        reads += buffer.count
        try file.read(at: offset, into: buffer)
    }
    func write(at offset: UInt64, from buffer: UnsafeRawBufferPointer) throws(HostFile.Refusal) {
        try file.write(at: offset, from: buffer)
    }
    func synchronize() {}
}
