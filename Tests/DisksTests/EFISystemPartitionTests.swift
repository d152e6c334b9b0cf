import Disks
import Testing

@Suite struct EFISystemPartitionTests {
    /// A file that is an application as far as anybody here looks, with `count` bytes.
    private func application(_ count: Int = 5000, machine: [UInt8] = [0x64, 0x86]) -> [UInt8] {
        var file = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        file.replaceSubrange(0..<2, with: [0x4D, 0x5A])
        file.replaceSubrange(0x3C..<0x40, with: [0x80, 0, 0, 0])
        file.replaceSubrange(0x80..<0x86, with: [0x50, 0x45, 0, 0] + machine)
        file.replaceSubrange(0x98..<0x9A, with: [0x0B, 2])
        return file
    }

    private struct FileSystem {
        let disk: [UInt8]
        func number(_ offset: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(disk[offset + $1]) << (8 * $1) } }
        var clusterSize: Int { number(11, 2) * number(13, 1) }
        var table: Int { number(14, 2) * 512 }
        var root: Int { table + number(16, 1) * number(22, 2) * 512 }
        var data: Int { root + number(17, 2) * 32 }
        var clusters: Int { (max(number(19, 2), number(32, 4)) * 512 - data) / clusterSize }

        /// The contents of a chain of clusters.
        func contents(_ first: Int) -> [UInt8] {
            var (bytes, cluster) = ([UInt8](), first)
            while cluster < 0xFFF8 {
                let start = data + (cluster - 2) * clusterSize
                bytes += disk[start..<start + clusterSize]
                cluster = number(table + 2 * cluster, 2)
            }
            return bytes
        }

        /// First cluster and size of a name in a directory.
        func find(_ name: String, in directory: [UInt8]) -> (cluster: Int, size: Int)? {
            for start in stride(from: 0, to: directory.count, by: 32) where Array(directory[start..<start + 11]) == Array(name.utf8)
            {
                func number(_ offset: Int, _ count: Int) -> Int {
                    (0..<count).reduce(0) { $0 | Int(directory[start + offset + $1]) << (8 * $1) }
                }
                return (number(26, 2), number(28, 4))
            }
            return nil
        }
    }

    @Test(arguments: [154, 1024, 5000, 40_000_000]) func theApplicationIsWhereFirmwareLooks(count: Int) throws {
        let file = application(count)
        let system = FileSystem(disk: try #require(EFISystemPartition(application: file)).bytes)
        #expect(system.disk[510] == 0x55 && system.disk[511] == 0xAA)
        #expect((4085..<65_525).contains(system.clusters), "FAT16")
        let root = Array(system.disk[system.root..<system.data])
        let outer = try #require(system.find("EFI        ", in: root))
        let inner = try #require(system.find("BOOT       ", in: system.contents(outer.cluster)))
        let entry = try #require(system.find("BOOTX64 EFI", in: system.contents(inner.cluster)))
        #expect(entry.size == count)
        #expect(Array(system.contents(entry.cluster).prefix(count)) == file)
    }

    @Test func otherFilesAreNone() {
        #expect(EFISystemPartition(application: []) == nil)
        #expect(EFISystemPartition(application: Array("MZ".utf8)) == nil)
        #expect(EFISystemPartition(application: application(machine: [0x4C, 1])) == nil, "for i386")
        var file = application()
        file.replaceSubrange(0x3C..<0x40, with: [0xFF, 0xFF, 0xFF, 0x7F])
        #expect(EFISystemPartition(application: file) == nil, "its header lies behind its end")
    }
}
