import Wiring

/// A store that knows where it has nothing but zeros without reading them.
protocol SparseStore: BlockStore {
    /// The next sectors from `sector` on that may be other than zero; nil when there are none.
    func data(from sector: UInt64) throws(BlockStoreError) -> Range<UInt64>?
}

extension Qcow2Image: SparseStore {
    /// Whole first-level entries are passed over where nothing is allocated, and clusters that read as zeros.
    func data(from sector: UInt64) throws(BlockStoreError) -> Range<UInt64>? {
        var range: Range<UInt64>?
        try attempt("reading") { () throws(Qcow2Failure) in range = try nextData(from: sector) }
        return range
    }

    private func nextData(from first: UInt64) throws(Qcow2Failure) -> Range<UInt64>? {
        let perCluster = header.clusterSize / 512
        var below = try backingData(from: first)
        var sector = first
        while sector < sectorCount {
            let cluster = sector / perCluster
            var (end, reads) = ((cluster + 1) * perCluster, true)
            if try tableOffset(Int(cluster / header.l2Count)) == nil {
                (end, reads) = ((cluster / header.l2Count + 1) * header.l2Count * perCluster, false)
            } else {
                switch try place(ofCluster: cluster) {
                case .backing: reads = false
                case .zero:
                    sector = end
                    continue
                case .data, .compressed: break
                }
            }
            end = min(end, sectorCount)
            if reads { return sector..<end }
            // What is below shows through here.
            if let range = below, range.upperBound <= sector { below = try backingData(from: sector) }
            if let range = below, range.lowerBound < end { return max(range.lowerBound, sector)..<min(range.upperBound, end) }
            sector = end
        }
        return nil
    }

    private func backingData(from sector: UInt64) throws(Qcow2Failure) -> Range<UInt64>? {
        guard let backing, sector < backing.sectorCount else { return nil }
        guard let sparse = backing as? any SparseStore else { return sector..<backing.sectorCount }
        do throws(BlockStoreError) {
            return try sparse.data(from: sector)
        } catch {
            throw .store(error)
        }
    }
}
