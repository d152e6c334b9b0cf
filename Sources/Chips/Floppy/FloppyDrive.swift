import Wiring

/// The diskettes of a floppy drive: known from the start, so that a state only has to say which one is in.
public struct FloppyMedia {
    /// The diskettes.
    public var stores: [any BlockStore]
    /// The number of the one that is in the drive at power-on, counted from 0; nil for none.
    public var inserted: Int?

    /// The diskettes of a drive, and the one that is in it at power-on.
    public init(stores: [any BlockStore], inserted: Int?) {
        self.stores = stores
        self.inserted = inserted
    }

    /// The drive that these diskettes want, as the MC146818's byte 10h has it: 1 is 360 KB, 2 1.2 MB, 3 720 KB, 4 1.44 MB, 5 2.88 MB.
    public var driveType: UInt8 { stores.map { FloppyDrive.format(of: $0).driveType }.max() ?? 4 }
}

extension DisketteFormat {
    fileprivate var driveType: UInt8 {
        switch density {
        case .double: cylinders < 80 ? 1 : 4
        case .high: sectorsPerTrack < 18 ? 2 : 4
        case .extra: 5
        }
    }
}

/// A floppy drive as seen from outside.
public struct FloppyView: Equatable, Sendable {
    /// The diskette that is in, counted from 0.
    public let medium: Int?
    /// The format of the diskette that is in; nil for none.
    public let format: DisketteFormat?
    /// The diskette that is in may not be written.
    public let isWriteProtected: Bool
    /// The cylinder at which the heads are.
    public let cylinder: UInt8
    /// The motor is on.
    public let isMotorOn: Bool
    /// Disk Change: a diskette was put in or taken out, and the heads were not moved since with one in.
    public let isChanged: Bool

    /// All of it in one line.
    public var words: String {
        let diskette = medium.map { "diskette \($0 + 1), \(format?.name ?? "no format")" } ?? "empty"
        return "\(diskette)\(isWriteProtected ? ", write-protected" : ""); heads on cylinder \(cylinder), "
            + "motor \(isMotorOn ? "on" : "off"), change line \(isChanged ? "active" : "inactive")"
    }
}

/// A floppy drive: heads that step, and the diskette that is in it.
///
/// The heads step as the tracks of the diskette lie: a 40-track diskette in an 80-track drive is not stepped over twice. Its motor is at speed at
/// once.
final class FloppyDrive {
    struct State: Codable, Equatable, Sendable {
        var cylinder: UInt8 = 0
        /// Disk Change.
        var isChanged = true
        var medium: Int?
        /// Sectors with a deleted data mark, a bit each, in the order of the image; the image itself cannot say it. Empty for none.
        var deleted: [UInt8] = []
    }

    /// The innermost track that the heads come to.
    static let lastCylinder: UInt8 = 83

    let media: [any BlockStore]
    private let atPowerOn: Int?
    var state = State()

    init(_ media: FloppyMedia) {
        self.media = media.stores
        atPowerOn = media.inserted.flatMap { media.stores.indices.contains($0) ? $0 : nil }
        state.medium = atPowerOn
    }

    static func format(of store: any BlockStore) -> DisketteFormat {
        DisketteFormat(sectorCount: store.sectorCount) ?? DisketteFormat(holding: 512 * store.sectorCount) ?? .usual
    }

    var store: (any BlockStore)? { state.medium.flatMap { media.indices.contains($0) ? media[$0] : nil } }
    var format: DisketteFormat? { store.map(Self.format) }
    var isWriteProtected: Bool { store?.isReadOnly ?? false }

    /// Tells whether a state that was put back is one of this drive.
    func isWellFormed(_ state: State) -> Bool {
        state.cylinder <= Self.lastCylinder && state.deleted.count <= 1024 && state.medium.map(media.indices.contains) ?? true
    }

    /// So many step pulses inwards, or outwards with a negative number.
    func step(_ pulses: Int) {
        guard pulses != 0 else { return }
        state.cylinder = UInt8(min(max(Int(state.cylinder) + pulses, 0), Int(Self.lastCylinder)))
        if store != nil { state.isChanged = false }
    }

    /// Puts diskette `number` in, or with nil takes out what is in.
    func changeMedium(to number: Int?) {
        state.medium = number.flatMap { media.indices.contains($0) ? $0 : nil }
        state.isChanged = true
        state.deleted = []
    }

    // MARK: Sectors

    /// The place of a sector in the image; nil where the diskette has no such sector.
    func block(head: UInt8, sector: UInt8) -> UInt64? {
        guard let store, let format, state.cylinder < format.cylinders, head < format.heads, sector >= 1,
            sector <= format.sectorsPerTrack
        else { return nil }
        let track = UInt64(state.cylinder) * UInt64(format.heads) + UInt64(head)
        let block = track * UInt64(format.sectorsPerTrack) + UInt64(sector) - 1
        return block < store.sectorCount ? block : nil
    }

    func isDeleted(_ block: UInt64) -> Bool {
        let index = Int(block / 8)
        return index < state.deleted.count && state.deleted[index] >> UInt8(block % 8) & 1 != 0
    }

    /// Writes the data address mark of a sector.
    func mark(_ block: UInt64, deleted: Bool) {
        let index = Int(block / 8)
        guard index < 1024, deleted || index < state.deleted.count else { return }
        if index >= state.deleted.count { state.deleted += [UInt8](repeating: 0, count: index + 1 - state.deleted.count) }
        if deleted { state.deleted[index] |= 1 << UInt8(block % 8) } else { state.deleted[index] &= ~(1 << UInt8(block % 8)) }
    }

    /// The sector's 512 bytes; nil where the host cannot read them.
    func read(_ block: UInt64) -> [UInt8]? {
        guard let store else { return nil }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
        defer { buffer.deallocate() }
        do throws(BlockStoreError) {
            try store.read(sector: block, into: buffer)
        } catch {
            return nil
        }
        return Array(buffer)
    }

    /// Writes 512 bytes; false where the host cannot.
    func write(_ block: UInt64, _ bytes: [UInt8]) -> Bool {
        guard let store, bytes.count == 512 else { return false }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        do throws(BlockStoreError) {
            try store.write(sector: block, from: UnsafeRawBufferPointer(buffer))
        } catch {
            return false
        }
        return true
    }
}
