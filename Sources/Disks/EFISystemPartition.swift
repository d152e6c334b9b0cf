/// A disk on which a UEFI firmware finds one application: a FAT file system on the whole of it, with the file as \EFI\BOOT\BOOTX64.EFI.
///
/// UEFI Specification 2.10, sections 3.5.1.1 and 13.3; Microsoft Extensible Firmware Initiative FAT32 File System Specification 1.03.
public struct EFISystemPartition {
    /// The whole disk, in sectors of 512 bytes.
    public let bytes: [UInt8]

    private static let sectorSize = 512
    private static let directoryEntrySize = 32
    private static let rootEntries = 512
    /// With fewer clusters the file system is FAT12, with more FAT32.
    private static let fewestClusters = 4085 + 16, mostClusters = 65_524 - 16
    /// Bytes of an application at most.
    public static let largestApplication = 256 << 20

    /// Makes the disk. Nil where `application` is none for x86-64: no PE32+ file of that machine.
    public init?(application: [UInt8]) {
        guard Self.isApplication(application), application.count <= Self.largestApplication else { return nil }
        // Two directories, and the file behind them.
        var clusterSize = 2 * Self.sectorSize
        while application.count / clusterSize + 3 > Self.mostClusters { clusterSize *= 2 }
        let fileClusters = (application.count + clusterSize - 1) / clusterSize
        let clusters = max(fileClusters + 2 + 64, Self.fewestClusters)
        let tableSectors = ((clusters + 2) * 2 + Self.sectorSize - 1) / Self.sectorSize
        let rootSectors = Self.rootEntries * Self.directoryEntrySize / Self.sectorSize
        let firstTable = 1
        let root = firstTable + 2 * tableSectors
        let data = root + rootSectors
        let sectors = data + clusters * (clusterSize / Self.sectorSize)
        var disk = [UInt8](repeating: 0, count: sectors * Self.sectorSize)
        func put(_ value: some FixedWidthInteger, _ offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { for (index, byte) in $0.enumerated() { disk[offset + index] = byte } }
        }
        func put(_ text: String, _ offset: Int) { for (index, byte) in text.utf8.enumerated() { disk[offset + index] = byte } }

        // The boot sector: a jump, the BIOS parameter block, no program.
        disk.replaceSubrange(0..<3, with: [0xEB, 0x3C, 0x90])
        put("SWEMU   ", 3)
        put(UInt16(Self.sectorSize), 11)
        put(UInt8(clusterSize / Self.sectorSize), 13)
        put(UInt16(firstTable), 14)
        put(UInt8(2), 16)
        put(UInt16(Self.rootEntries), 17)
        put(UInt16(sectors > 0xFFFF ? 0 : sectors), 19)
        put(UInt8(0xF8), 21)
        put(UInt16(tableSectors), 22)
        put(UInt16(63), 24)
        put(UInt16(16), 26)
        put(UInt32(sectors > 0xFFFF ? sectors : 0), 32)
        put(UInt8(0x80), 36)
        put(UInt8(0x29), 38)
        put(UInt32(0x5357_4D55), 39)
        put("NO NAME    FAT16   ", 43)
        put(UInt16(0xAA55), 510)

        // Chains of clusters: the media's mark, EFI, BOOT, and the file.
        let end: UInt16 = 0xFFFF
        var chain: [UInt16] = [0xFFF8, end, end, end]
        for cluster in 0..<fileClusters { chain.append(cluster == fileClusters - 1 ? end : UInt16(5 + cluster)) }
        for table in 0..<2 as Range<Int> {
            let start = (firstTable + table * tableSectors) * Self.sectorSize
            for (number, next) in chain.enumerated() { put(next, start + 2 * number) }
        }

        /// An entry of a directory; 1980-01-01 is the least date.
        func enter(_ name: String, _ offset: Int, isDirectory: Bool, cluster: Int, size: Int = 0) {
            put(name, offset)
            put(UInt8(isDirectory ? 0x10 : 0x20), offset + 11)
            for date in [16, 18, 24] { put(UInt16(0x21), offset + date) }
            put(UInt16(cluster), offset + 26)
            put(UInt32(size), offset + 28)
        }
        func place(_ cluster: Int) -> Int { data * Self.sectorSize + (cluster - 2) * clusterSize }
        enter("EFI        ", root * Self.sectorSize, isDirectory: true, cluster: 2)
        for (directory, parent) in [(2, 0), (3, 2)] {
            enter(".          ", place(directory), isDirectory: true, cluster: directory)
            enter("..         ", place(directory) + 32, isDirectory: true, cluster: parent)
        }
        enter("BOOT       ", place(2) + 64, isDirectory: true, cluster: 3)
        enter("BOOTX64 EFI", place(3) + 64, isDirectory: false, cluster: 4, size: application.count)
        disk.replaceSubrange(place(4)..<place(4) + application.count, with: application)
        bytes = disk
    }

    /// Tells whether a file is a PE32+ image for x86-64. Microsoft PE Format, sections 2 and 3.
    private static func isApplication(_ file: [UInt8]) -> Bool {
        guard file.count > 0x40, file[0] == 0x4D, file[1] == 0x5A else { return false }
        let header = (0..<4).reduce(0) { $0 | Int(file[0x3C + $1]) << (8 * $1) }
        guard header <= file.count - 26 else { return false }
        return Array(file[header..<header + 6]) == [0x50, 0x45, 0, 0, 0x64, 0x86] && file[header + 24] == 0x0B
            && file[header + 25] == 2
    }
}
