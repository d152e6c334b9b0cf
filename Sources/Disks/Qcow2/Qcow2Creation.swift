extension Qcow2Image {
    /// The bytes of a new, empty image: header, table and one block of reference counts, first-level table. nil when the backing file's name is
    /// too long.
    static func emptyImage(
        size: UInt64, clusterBits: UInt32, backingFile: String?, backingFormat: String?
    ) -> [UInt8]? {
        var header = Qcow2Header()
        header.clusterBits = clusterBits
        header.size = size
        header.backingFile = backingFile
        header.backingFormat = backingFormat
        let cluster = header.clusterSize
        header.l1Count = UInt32((size - 1) / (cluster * header.l2Count) + 1)
        let l1Clusters = (UInt64(header.l1Count) * 8 - 1) / cluster + 1
        header.refcountOffset = cluster
        header.refcountClusters = 1
        header.l1Offset = 3 * cluster
        guard var bytes = header.encoded, 3 + l1Clusters <= header.refcountsPerBlock else { return nil }
        bytes += [UInt8](repeating: 0, count: Int((3 + l1Clusters) * cluster) - bytes.count)
        func put(_ numbers: [UInt8], at offset: UInt64) {
            bytes.replaceSubrange(Int(offset)..<Int(offset) + numbers.count, with: numbers)
        }
        put(Qcow2Tables.bytes([2 * cluster]), at: cluster)
        put(Self.bytes([UInt16](repeating: 1, count: Int(3 + l1Clusters))), at: 2 * cluster)
        return bytes
    }
}
