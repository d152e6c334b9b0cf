import Compression

extension Qcow2Image {
    /// Deflate data without a header, of a window of 4 KB: docs/interop/qcow2.rst, "Compressed Clusters Descriptor".
    static let compressionFormat = Zlib.Format.deflate(windowBits: 12)

    /// The cluster that was compressed to at most `bound` bytes at `offset`. The last one is kept, because disks are read in small pieces.
    func expand(at offset: UInt64, bound: Int) throws(Qcow2Failure) -> [UInt8] {
        if let lastExpanded, lastExpanded.offset == offset { return lastExpanded.bytes }
        let data = try host { () throws(HostFile.Refusal) in
            try file.bytes(at: offset, count: Int(min(UInt64(bound), fileSize - offset)), fileSize: fileSize)
        }
        let count = Int(header.clusterSize)
        let bytes = data.withUnsafeBytes { Zlib.expand($0, count: count, format: Self.compressionFormat) }
        guard let bytes else { throw .damaged("a compressed cluster cannot be expanded") }
        lastExpanded = (offset, bytes)
        return bytes
    }
}
