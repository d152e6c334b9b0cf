/// A disk's names of sectors by cylinder, head and sector. Cylinders and heads count from 0, sectors from 1.
public struct DiskGeometry: Codable, Equatable, Sendable {
    /// Number of cylinders.
    public var cylinders: UInt64
    /// Number of heads.
    public var heads: UInt64
    /// Number of sectors in a track.
    public var sectorsPerTrack: UInt64

    /// A geometry.
    public init(cylinders: UInt64, heads: UInt64, sectorsPerTrack: UInt64) {
        self.cylinders = cylinders
        self.heads = heads
        self.sectorsPerTrack = sectorsPerTrack
    }

    /// The default translation of an ATA drive with `sectorCount` sectors: 16 heads, 63 sectors, whole cylinders only, at least
    /// one and at most 16383 (ATA/ATAPI-6, annex C). Larger drives are addressed in full by LBA only.
    public init(sectorCount: UInt64) {
        self.init(cylinders: min(max(sectorCount / (16 * 63), 1), 16383), heads: 16, sectorsPerTrack: 63)
    }

    /// Sectors that can be named.
    public var capacity: UInt64 { cylinders &* heads &* sectorsPerTrack }

    /// The logical block address of a sector, or `nil` when the geometry has no such sector.
    public func block(cylinder: UInt64, head: UInt64, sector: UInt64) -> UInt64? {
        guard cylinder < cylinders, head < heads, (1...max(sectorsPerTrack, 1)).contains(sector) else { return nil }
        return (cylinder &* heads &+ head) &* sectorsPerTrack &+ sector &- 1
    }

    /// The name of logical block `block`; its cylinder may lie beyond `cylinders`.
    public func name(ofBlock block: UInt64) -> (cylinder: UInt64, head: UInt64, sector: UInt64) {
        let track = block / max(sectorsPerTrack, 1)
        return (track / max(heads, 1), track % max(heads, 1), block % max(sectorsPerTrack, 1) + 1)
    }
}
