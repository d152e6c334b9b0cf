/// Numbers of references to each cluster of the file. docs/interop/qcow2.rst, "Host cluster management".
struct Qcow2Refcounts {
    /// Places of the blocks of counts; 0 where there is none.
    var table: [UInt64]
    /// Blocks in memory, of 16-bit counts.
    var blocks: [Int: [UInt16]] = [:]
    /// No cluster below is free.
    var hint: UInt64 = 1

    init(table: [UInt64]) { self.table = table }
}

extension Qcow2Image {
    /// The block of counts number `index`, in memory; nil when the file has none, so that all of its counts are 0.
    private func block(_ index: Int) throws(Qcow2Failure) -> [UInt16]? {
        if let block = refcounts.blocks[index] { return block }
        guard index < refcounts.table.count else { return nil }
        let offset = refcounts.table[index] & ~511
        guard offset != 0 else { return nil }
        guard offset % header.clusterSize == 0, offset < fileSize else {
            throw .damaged("a block of reference counts lies outside the file")
        }
        let count = Int(header.refcountsPerBlock)
        let bytes = try host { () throws(HostFile.Refusal) in try file.bytes(at: offset, count: 2 * count, fileSize: fileSize) }
        let block = bytes.withUnsafeBytes { raw in
            (0..<count).map { UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)) }
        }
        // A disk of a terabyte has 512 of them, of 64 KB each.
        if refcounts.blocks.count >= 512 { refcounts.blocks.removeAll() }
        refcounts.blocks[index] = block
        return block
    }

    /// The counts of the first `count` clusters, each block of them read once. Of images with 16-bit counts.
    func allRefcounts(_ count: Int) throws(Qcow2Failure) -> [UInt16] {
        var counts = [UInt16](repeating: 0, count: count)
        let perBlock = Int(header.refcountsPerBlock)
        for index in refcounts.table.indices where index * perBlock < count {
            guard let block = try block(index) else { continue }
            let first = index * perBlock
            counts.replaceSubrange(first..<min(first + perBlock, count), with: block.prefix(count - first))
        }
        return counts
    }

    /// Of images with 16-bit counts.
    func refcount(of cluster: UInt64) throws(Qcow2Failure) -> UInt16 {
        let perBlock = header.refcountsPerBlock
        return try block(Int(cluster / perBlock))?[Int(cluster % perBlock)] ?? 0
    }

    /// Writes a count through. Its block exists.
    func setRefcount(of cluster: UInt64, _ count: UInt16) throws(Qcow2Failure) {
        let perBlock = header.refcountsPerBlock
        let (index, entry) = (Int(cluster / perBlock), Int(cluster % perBlock))
        guard try block(index) != nil else { throw .damaged("a cluster has no reference count") }
        let offset = (refcounts.table[index] & ~511) + UInt64(2 * entry)
        try writeBytes([UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)], at: offset)
        refcounts.blocks[index]?[entry] = count
    }

    func decrement(_ cluster: UInt64) throws(Qcow2Failure) {
        let count = try refcount(of: cluster)
        guard count > 0 else { throw .damaged("a cluster in use has the reference count 0") }
        try setRefcount(of: cluster, count - 1)
        if count == 1 { refcounts.hint = min(refcounts.hint, cluster) }
    }

    /// A cluster that was free, with a count of 1; its place in the file. `content` is in it before it counts, so that a disk of the host which
    /// is full loses no space.
    func allocate(filling content: UnsafeRawBufferPointer? = nil) throws(Qcow2Failure) -> UInt64 {
        let perBlock = header.refcountsPerBlock
        var cluster = refcounts.hint
        while true {
            let index = Int(cluster / perBlock)
            if index >= refcounts.table.count { try growTable() }
            if let block = try block(index) {
                let entry = Int(cluster % perBlock)
                if let free = block[entry...].firstIndex(of: 0) {
                    cluster += UInt64(free - entry)
                    break
                }
                cluster = UInt64(index + 1) * perBlock
            } else {
                try makeBlock(index, at: cluster)
                cluster += 1
            }
        }
        try checkIsNoTable(cluster * header.clusterSize)
        if let content { try writeCluster(cluster * header.clusterSize, content) }
        try setRefcount(of: cluster, 1)
        refcounts.hint = cluster + 1
        return cluster * header.clusterSize
    }

    /// A new block of counts number `index`, in `cluster`, which it counts itself.
    private func makeBlock(_ index: Int, at cluster: UInt64) throws(Qcow2Failure) {
        var block = [UInt16](repeating: 0, count: Int(header.refcountsPerBlock))
        block[Int(cluster % header.refcountsPerBlock)] = 1
        let offset = cluster * header.clusterSize
        try writeBytes(Self.bytes(block), at: offset)
        try barrier()
        try writeBytes(Qcow2Tables.bytes([offset]), at: header.refcountOffset + UInt64(8 * index))
        refcounts.table[index] = offset
        refcounts.blocks[index] = block
    }

    /// Twice the table, behind everything that the old one could count: a block of counts first, then the table.
    private func growTable() throws(Qcow2Failure) {
        let old = (offset: header.refcountOffset, clusters: header.refcountClusters)
        let perBlock = header.refcountsPerBlock
        let clusters = old.clusters * 2
        let index = refcounts.table.count
        guard UInt64(clusters) < perBlock, UInt64(clusters) * header.clusterSize <= 8 << 20 else {
            throw .damaged("the image cannot grow further with clusters of \(header.clusterSize) bytes")
        }
        let first = UInt64(index) * perBlock
        var block = [UInt16](repeating: 0, count: Int(perBlock))
        for entry in 0...Int(clusters) { block[entry] = 1 }
        var table = refcounts.table + [UInt64](repeating: 0, count: index)
        table[index] = first * header.clusterSize
        try writeBytes(Self.bytes(block), at: first * header.clusterSize)
        let place = (first + 1) * header.clusterSize
        try writeBytes(Qcow2Tables.bytes(table), at: place)
        try barrier()
        try writeBytes(Qcow2Tables.bytes([place]) + withUnsafeBytes(of: clusters.bigEndian) { Array($0) }, at: 48)
        try barrier()
        moveRefcountTable(to: place, clusters: clusters)
        refcounts.table = table
        refcounts.blocks[index] = block
        for cluster in 0..<UInt64(old.clusters) { try decrement(old.offset / header.clusterSize + cluster) }
    }

    static func bytes(_ counts: [UInt16]) -> [UInt8] { counts.map(\.bigEndian).withUnsafeBytes { Array($0) } }
}
