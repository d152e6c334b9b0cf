import Wiring

/// The contents of a disk in 128 bits: equal for equal contents, whatever the image's format.
public struct DiskFingerprint: Codable, Equatable, Sendable, CustomStringConvertible {
    private let hash: StateHash

    /// 32 hexadecimal digits.
    public var description: String { hash.description }

    /// Bytes read at a time.
    private static let stride = 1 << 20

    /// Reads the whole disk. nil when some of it cannot be read.
    public init?(of store: any BlockStore) {
        var hash = StateHash()
        hash.combine(store.sectorCount)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.stride, alignment: 4096)
        defer { buffer.deallocate() }
        var sector: UInt64 = 0
        while sector < store.sectorCount {
            let count = Int(min(UInt64(Self.stride / 512), store.sectorCount - sector))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(512 * count)])
            do {
                try store.read(sector: sector, into: part)
            } catch {
                return nil
            }
            // Whole pages, the last one filled up with zeros.
            let pages = (512 * count + 4095) / 4096 * 4096
            for index in 512 * count..<pages { buffer[index] = 0 }
            hash.combine(pagesAt: UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped), count: pages)
            sector += UInt64(count)
        }
        self.hash = hash
    }

    /// The fingerprint that `description` wrote.
    public init?(_ text: String) {
        guard let hash = StateHash(text) else { return nil }
        self.hash = hash
    }
}
