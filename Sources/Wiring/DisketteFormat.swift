/// The layout of a diskette's sectors, and how densely its tracks are written. Sectors have 512 bytes.
///
/// An image says it by its size alone.
public struct DisketteFormat: Equatable, Sendable {
    /// The number of bits a second that pass under the head, which is how densely they were written.
    public enum Density: Sendable {
        /// 250 kbit/s, and 300 kbit/s in a drive for 1.2 MB, which turns faster.
        case double
        /// 500 kbit/s.
        case high
        /// 1 Mbit/s, written perpendicularly.
        case extra
    }

    /// Number of tracks on a side.
    public let cylinders: UInt8
    /// Number of sides.
    public let heads: UInt8
    /// Number of sectors in a track.
    public let sectorsPerTrack: UInt8

    /// A layout.
    public init(cylinders: UInt8, heads: UInt8, sectorsPerTrack: UInt8) {
        (self.cylinders, self.heads, self.sectorsPerTrack) = (cylinders, heads, sectorsPerTrack)
    }

    /// The density of recording that so many sectors in a track need.
    public var density: Density { sectorsPerTrack < 15 ? .double : sectorsPerTrack < 36 ? .high : .extra }
    /// Number of sectors.
    public var sectorCount: UInt64 { UInt64(cylinders) * UInt64(heads) * UInt64(sectorsPerTrack) }
    /// Length of the image in bytes.
    public var byteCount: UInt64 { 512 * sectorCount }

    /// 1.44 MB: what an image is that has no diskette's size.
    public static let usual = DisketteFormat(cylinders: 80, heads: 2, sectorsPerTrack: 18)

    /// Those that were sold, or that programs of their time wrote; smallest first.
    public static let known: [DisketteFormat] =
        [
            (40, 1, 8), (40, 1, 9), (40, 2, 8), (40, 2, 9), (80, 2, 9), (80, 2, 10), (82, 2, 10), (80, 2, 15), (80, 2, 18),
            (82, 2, 18),
            (80, 2, 20), (80, 2, 21), (82, 2, 21), (83, 2, 21), (80, 2, 22), (80, 2, 23), (80, 2, 24), (80, 2, 36), (80, 2, 39),
            (80, 2, 40), (80, 2, 44), (80, 2, 48),
        ].map { DisketteFormat(cylinders: $0.0, heads: $0.1, sectorsPerTrack: $0.2) }

    /// The format of exactly so many sectors; nil where there is none.
    public init?(sectorCount: UInt64) {
        guard let format = Self.known.first(where: { $0.sectorCount == sectorCount }) else { return nil }
        self = format
    }

    /// The format of an image of `byteCount` bytes: the one of this size, or else the smallest from 1.44 MB on that has room. Nil where none has.
    public init?(holding byteCount: UInt64) {
        guard byteCount > 0,
            let format = Self.known.first(where: { $0.byteCount == byteCount })
                ?? Self.known.first(where: { $0.byteCount >= max(byteCount, Self.usual.byteCount) })
        else { return nil }
        self = format
    }

    /// "1.44 MB", "360 KB": as boxes have it, where a megabyte is 1000 KBytes.
    public var name: String {
        let kilobytes = byteCount / 1024
        guard kilobytes >= 1000 else { return "\(kilobytes) KB" }
        let hundredths = kilobytes / 10 % 100
        let digits = hundredths % 10 == 0 ? "\(hundredths / 10)" : (hundredths < 10 ? "0" : "") + "\(hundredths)"
        return "\(kilobytes / 1000).\(digits) MB"
    }
}
