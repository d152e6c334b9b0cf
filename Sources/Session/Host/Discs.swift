import Board
import Chips
import Disks
import Formats
import Wiring

/// Opens the discs of the CD-ROM drive.
package enum Discs {
    /// The drive with its discs; nil without one.
    static func open(_ plan: CDROMPlan) throws -> CDROMMedia? {
        guard plan.isPresent else { return nil }
        return CDROMMedia(stores: try plan.discs.map(open), inserted: plan.inserted)
    }

    private static func open(_ path: String) throws -> any BlockStore {
        let store: any BlockStore
        do throws(ImageError) {
            store = try DiskImage.open(path: path, format: DiskImage.Format(ofName: path), access: .readOnly)
        } catch .oddSize(_, let size) {
            throw oddSize(path, size)
        } catch {
            throw UserError(error)
        }
        guard store.sectorCount % 4 == 0 else { throw oddSize(path, 512 * store.sectorCount) }
        return store
    }

    private static func oddSize(_ path: String, _ size: UInt64) -> UserError {
        let isRaw = size % 2352 == 0
        return UserError(
            .imageOddSize,
            line: "\(path): size \(size) bytes is not a multiple of 2048, so it is no image of a data CD; "
                + (isRaw
                    ? "it looks like raw sectors of 2352 bytes: convert it with bchunk"
                    : FileContents.remedy(path) ?? "fetch it again, or make it with xorriso")
        )
    }

    /// Refuses what no BIOS would start, where only a disc can be started.
    static func requireBootable(_ media: CDROMMedia, _ plan: CDROMPlan) throws {
        guard let number = media.inserted, media.stores.indices.contains(number) else {
            throw UserError(
                .nothingToBoot, "no disk image, and no disc in the drive", "swemu run", remedy: "give one, as in --cdrom os.iso")
        }
        guard !hasBootRecord(media.stores[number]) else { return }
        throw UserError(
            .noBootSignature, "no El Torito boot record", plan.discs[number],
            remedy: "make the disc bootable, as with xorriso or grub-mkrescue, or give a disk that boots")
    }

    /// Sector 17 of 2048 bytes names the boot catalog (El Torito, 2.0).
    static func hasBootRecord(_ store: any BlockStore) -> Bool {
        text(of: store, sector: 17 * 4).starts(with: [0] + "CD001\u{1}EL TORITO SPECIFICATION".utf8)
    }

    /// Tells whether an image is a disc (ECMA-119, 8.1.2) that no BIOS would start as a hard disk.
    static func isOnlyDisc(_ store: any BlockStore) -> Bool {
        guard store.sectorCount % 4 == 0, text(of: store, sector: 16 * 4).dropFirst().starts(with: "CD001".utf8) else {
            return false
        }
        return !text(of: store, sector: 0).suffix(2).elementsEqual([0x55, 0xAA])
    }

    /// Tells whether a file is such a disc; one that cannot be opened is none.
    package static func isOnlyDisc(_ path: String) -> Bool {
        guard DiskImage.Format(ofName: path) == .raw, let store = try? DiskImage.open(path: path, format: .raw, access: .readOnly)
        else {
            return false
        }
        return isOnlyDisc(store)
    }

    /// A sector of 512 bytes; nothing where there is none.
    private static func text(of store: any BlockStore, sector: UInt64) -> [UInt8] {
        guard sector < store.sectorCount else { return [] }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 8)
        defer { buffer.deallocate() }
        do throws(BlockStoreError) {
            try store.read(sector: sector, into: buffer)
        } catch {
            return []
        }
        return Array(buffer)
    }
}

extension SessionPlan {
    /// This plan with an image that was given without saying what it is as a disc, if it is one and not a hard disk, too.
    var withDiscApart: SessionPlan {
        guard let image, format == nil, Discs.isOnlyDisc(image) else { return self }
        var plan = self
        plan.image = nil
        plan.cdrom.given = [image] + cdrom.discs
        return plan
    }
}

/// A hand at the drive.
extension HostSession {
    /// Puts disc `number` in, or with nil takes out what is in. Answers why that cannot be now.
    func changeDisc(to number: Int?) -> String? {
        guard let tray = pc.parts.ide1.cdromTray else { return plan.cdrom.known }
        pc.input.changeMedium(to: number)
        guard tray.isLocked, !tray.isOpen else { return nil }
        return "the guest has locked the tray, and is only told of the button; try again when it has given the disc out"
    }

    /// The disc behind the one that is in; behind the last one, none. Answers what happened, in words.
    func putInNextDisc() -> String? {
        guard let tray = pc.parts.ide1.cdromTray else { return plan.cdrom.known }
        let next = tray.medium.map { $0 + 1 } ?? 0
        let discs = plan.cdrom.discs
        let number = discs.indices.contains(next) ? next : nil
        return changeDisc(to: number) ?? (number.map { "disc \($0 + 1) is in: \(discs[$0])" } ?? "the CD-ROM drive is empty")
    }
}
