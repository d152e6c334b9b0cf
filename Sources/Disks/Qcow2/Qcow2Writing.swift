extension Qcow2Image {
    func write(at start: UInt64, from buffer: UnsafeRawBufferPointer) throws(Qcow2Failure) {
        var done = 0
        while done < buffer.count {
            let position = start + UInt64(done)
            let within = Int(position % header.clusterSize)
            let count = min(Int(header.clusterSize) - within, buffer.count - done)
            try writeInCluster(
                position / header.clusterSize, within, UnsafeRawBufferPointer(rebasing: buffer[done..<done + count]))
            done += count
        }
    }

    private func writeInCluster(_ cluster: UInt64, _ within: Int, _ part: UnsafeRawBufferPointer) throws(Qcow2Failure) {
        let place = try place(ofCluster: cluster)
        if case .data(let offset, isShared: false) = place {
            try checkIsNoTable(offset)
            let target = offset + UInt64(within)
            try host { () throws(HostFile.Refusal) in try file.write(at: target, from: part) }
            fileSize = max(fileSize, target + UInt64(part.count))
            return
        }
        let table = try writableTable(Int(cluster / header.l2Count))
        // A whole new cluster: what was there, and over it what is written.
        let content = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(header.clusterSize), alignment: 16)
        defer { content.deallocate() }
        if part.count < content.count { try readWhole(cluster, into: content) }
        UnsafeMutableRawBufferPointer(rebasing: content[within..<within + part.count]).copyMemory(from: part)
        let new = try allocate(filling: UnsafeRawBufferPointer(content))
        tables.set(Int(cluster % header.l2Count), at: table, new | Self.copied)
        waitingCount += 1
        release(place)
    }

    /// Reads a cluster of the disk; behind the disk's end zeros.
    private func readWhole(_ cluster: UInt64, into content: UnsafeMutableRawBufferPointer) throws(Qcow2Failure) {
        let start = cluster * header.clusterSize
        let there = Int(min(header.clusterSize, header.size - start))
        UnsafeMutableRawBufferPointer(rebasing: content[there...]).initializeMemory(as: UInt8.self, repeating: 0)
        try read(at: start, into: UnsafeMutableRawBufferPointer(rebasing: content[..<there]))
    }

    func writeCluster(_ offset: UInt64, _ content: UnsafeRawBufferPointer) throws(Qcow2Failure) {
        try host { () throws(HostFile.Refusal) in try file.write(at: offset, from: content) }
        fileSize = max(fileSize, offset + UInt64(content.count))
    }

    func writeBytes(_ bytes: [UInt8], at offset: UInt64) throws(Qcow2Failure) {
        try host { () throws(HostFile.Refusal) in try file.write(bytes, at: offset) }
        fileSize = max(fileSize, offset + UInt64(bytes.count))
    }

    /// A second-level table that belongs to this disk alone: a new one, or a copy of one that a snapshot of QEMU's shares.
    private func writableTable(_ index: Int) throws(Qcow2Failure) -> UInt64 {
        let old = try loadedTable(index)
        if let old, l1[index] & Self.copied != 0 {
            try checkIsNoTable(old)
            return old
        }
        let entries = old.flatMap { tables.tables[$0]?.entries } ?? [UInt64](repeating: 0, count: tables.count)
        // Reserved in the file at once, so that its size never ends before a table.
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(header.clusterSize), alignment: 16)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        let new = try allocate(filling: UnsafeRawBufferPointer(zeros))
        tables.insert(entries.map { $0 & Self.compressed != 0 ? $0 : $0 & ~Self.copied }, at: new, isNew: true)
        l1[index] = new | Self.copied
        tables.changedL1.insert(index)
        waitingCount += 1
        if let old { released.append(old) }
        return new
    }

    private func release(_ place: Place) {
        switch place {
        case .backing, .zero(kept: nil): break
        case .zero(let offset?), .data(let offset, _): released.append(offset)
        case .compressed(let offset, let count):
            let last = (offset + UInt64(count) - 1) / header.clusterSize
            for cluster in offset / header.clusterSize...last { released.append(cluster * header.clusterSize) }
        }
    }

    /// A damaged image may lead a write to its own tables.
    func checkIsNoTable(_ offset: UInt64) throws(Qcow2Failure) {
        let size = header.clusterSize
        func overlaps(_ start: UInt64, _ count: UInt64) -> Bool { offset < start + count && start < offset + size }
        guard offset >= size, !overlaps(header.l1Offset, UInt64(header.l1Count) * 8),
            !overlaps(header.refcountOffset, UInt64(header.refcountClusters) * size)
        else { throw .damaged("a cluster of the disk lies on a table") }
    }

    /// Brings what waits to the file, each part behind what it refers to.
    func commit() throws(Qcow2Failure) {
        guard tables.hasChanges || !released.isEmpty else { return }
        try barrier()
        for (offset, table) in tables.tables.sorted(by: { $0.key < $1.key }) {
            for piece in table.changed.sorted() {
                let entries = table.entries[64 * piece..<min(64 * piece + 64, table.entries.count)]
                try writeBytes(Qcow2Tables.bytes(entries), at: offset + UInt64(512 * piece))
            }
        }
        if !tables.changedL1.isEmpty {
            try barrier()
            for index in tables.changedL1.sorted() {
                try writeBytes(Qcow2Tables.bytes([l1[index]]), at: header.l1Offset + UInt64(8 * index))
            }
        }
        tables.markClean()
        waitingCount = 0
        guard !released.isEmpty else { return }
        // Nobody may be given a cluster again while the file still refers to it.
        try barrier()
        let free = released
        released = []
        for offset in free { try decrement(offset / header.clusterSize) }
    }

    func barrier() throws(Qcow2Failure) {
        try host { () throws(HostFile.Refusal) in try file.synchronize() }
    }
}
