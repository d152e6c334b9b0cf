import Board
import Chips
import Disks
import Wiring

/// Opens the diskettes of the floppy drives.
package enum Diskettes {
    /// Drives A and B with their diskettes; nil for no drive, and nothing at all without any.
    static func open(_ plan: SessionPlan) throws -> [FloppyMedia?] {
        guard plan.floppies.isPresent else { return [] }
        return try (0..<2).map { drive in
            guard plan.floppies.isPresent(drive) else { return nil }
            return FloppyMedia(
                stores: try plan.floppies.diskettes(drive).map { try open($0, plan) },
                inserted: plan.floppies.inserted(drive))
        }
    }

    private static func open(_ path: String, _ plan: SessionPlan) throws -> any BlockStore {
        let format = try Images.format(ofName: path)
        let isProtected = plan.floppies.isWriteProtected || plan.readOnly
        do throws(ImageError) {
            let image = try DiskImage.openDiskette(
                path: path, format: format, access: plan.snapshot || isProtected ? .readOnly : .readWrite)
            return plan.snapshot && !isProtected ? Overlay(over: image) : image
        } catch {
            throw UserError(error)
        }
    }

    /// Notes of images that have no diskette's size.
    static func notes(_ media: [FloppyMedia?], _ plan: SessionPlan) -> [String] {
        media.enumerated().flatMap { drive, media in
            zip(media?.stores ?? [], plan.floppies.diskettes(drive)).compactMap { store, path -> String? in
                let image = (store as? any OverlaidStore)?.base ?? store
                guard let image = image as? RawImage, image.fileSize < 512 * image.sectorCount,
                    let format = DisketteFormat(sectorCount: image.sectorCount)
                else { return nil }
                return "\(path): \(image.fileSize) bytes, taken as a diskette of \(format.name) whose rest is zeros"
            }
        }
    }

    /// Tells whether a file that was given without saying what it is is a diskette rather than a hard disk: it has exactly a diskette's size, or a boot
    /// sector that says so of a shorter one, and no partition table.
    package static func isDiskette(_ path: String) -> Bool {
        guard DiskImage.Format(ofName: path) == .raw, let image = try? RawImage(path: path, access: .readOnly, extent: .diskette)
        else { return false }
        let sector = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 8)
        defer { sector.deallocate() }
        do throws(BlockStoreError) {
            try image.read(sector: 0, into: sector)
        } catch {
            return false
        }
        let bytes = Array(sector)
        guard !hasPartitionTable(bytes) else { return false }
        return image.fileSize == 512 * image.sectorCount || saysDiskette(bytes)
    }

    /// A master boot record: four entries with a status of 00h or 80h, of which at least one is used.
    private static func hasPartitionTable(_ sector: [UInt8]) -> Bool {
        guard sector[510] == 0x55, sector[511] == 0xAA else { return false }
        let entries = (0..<4).map { Array(sector[446 + 16 * $0..<462 + 16 * $0]) }
        let used = entries.filter { $0[4] != 0 }
        return !used.isEmpty && entries.allSatisfy { $0[0] & 0x7F == 0 }
            && used.allSatisfy { $0[8..<12].contains { $0 != 0 } && $0[12..<16].contains { $0 != 0 } }
    }

    /// A BIOS parameter block behind a jump, with the tracks of the 1.44 MB that a short image is taken for.
    private static func saysDiskette(_ sector: [UInt8]) -> Bool {
        func word(_ offset: Int) -> Int { Int(sector[offset]) | Int(sector[offset + 1]) << 8 }
        let usual = DisketteFormat.usual
        return sector[510] == 0x55 && sector[511] == 0xAA && (sector[0] == 0xEB || sector[0] == 0xE9) && word(11) == 512
            && sector[21] == 0xF0 && word(19) == Int(usual.sectorCount) && word(24) == Int(usual.sectorsPerTrack)
            && word(26) == Int(usual.heads)
    }
}

extension SessionPlan {
    /// The plan with an image that was given without saying what it is as a disc or a diskette, if it is one and not a hard disk; and what there is
    /// to say of that.
    var withDisketteApart: (plan: SessionPlan, notes: [String]) {
        guard let image, format == nil, !floppies.isPresent(0), Diskettes.isDiskette(image) else { return (withDiscApart, []) }
        var plan = self
        plan.image = nil
        plan.floppies.given[0] = [image]
        return (plan, ["\(image): taken as a diskette in drive A; for a hard disk say --hda"])
    }
}

/// A hand at the floppy drives.
extension HostSession {
    /// Puts diskette `number` into drive A (0) or B (1), or with nil takes out what is in. Answers why that cannot be.
    func changeDiskette(of drive: Int, to number: Int?) -> String? {
        guard pc.parts.fdc.view(of: drive) != nil else { return plan.floppies.known(drive) }
        pc.input.changeDiskette(of: drive, to: number)
        return nil
    }
}
