import Board
import Chips
import Disks
import Formats
import Wiring

/// Opens the disk images of a plan.
package enum Images {
    /// The stores of the four drives.
    static func open(_ plan: SessionPlan) throws -> [(any BlockStore)?] {
        guard
            plan.boot.kernel != nil || plan.bios != nil || plan.firmware.isPresent || plan.state.restore != nil
                || plan.cdrom.isPresent
                || plan.floppies.isPresent
                || plan.images.contains(where: { $0 != nil })
        else {
            throw UserError(
                .nothingToBoot, "no disk image", "swemu run", remedy: "name one, as in: swemu run disk.img; or give --kernel FILE")
        }
        var stores = try plan.images.map { path in try path.map { try open($0, plan) } }
        if let efi = plan.firmware.efi {
            // The CD-ROM drive is the secondary master.
            guard let free = stores.indices.first(where: { stores[$0] == nil && !($0 == 2 && plan.cdrom.isPresent) }) else {
                throw UserError(.usage, "no drive is free", "--efi \(efi)", remedy: "leave one of the images out")
            }
            stores[free] = try FirmwarePlan.disk(efi: efi)
        }
        return stores
    }

    /// The format is what `--format` or the name says; contents are never looked at, because a guest writes them.
    private static func open(_ path: String, _ plan: SessionPlan) throws -> any BlockStore {
        let format = try plan.format ?? format(ofName: path)
        do throws(ImageError) {
            let image = try DiskImage.open(
                path: path, format: format, access: plan.snapshot || plan.readOnly ? .readOnly : .readWrite,
                completesLastSector: FileContents.remedy(path) == nil)
            return plan.snapshot ? Overlay(over: image) : image
        } catch {
            let refusal = UserError(error)
            if case .oddSize = error, let words = FileContents.remedy(path) {
                throw UserError(refusal.status, "no disk image", path, remedy: words)
            }
            throw refusal
        }
    }

    /// Says of which images the last sector is cut off.
    static func tellOfCutSectors(_ stores: [(any BlockStore)?], _ plan: SessionPlan) {
        for store in stores {
            let base = (store as? any OverlaidStore)?.base ?? store
            guard let image = base as? RawImage, image.missingBytes > 0 else { continue }
            let end = image.sectorCount * 512
            complain(
                "swemu: \(image.path): the size is not a multiple of 512; the last \(image.missingBytes) bytes of its last sector are zeros"
                    + (plan.snapshot
                        ? ""
                        : ", and that sector cannot be written; make it whole with: truncate -s \(end) \(ShellWord.line([image.path]))")
            )
        }
    }

    /// The format for a name; names of formats we do not read are refused.
    package static func format(ofName path: String) throws -> DiskImage.Format {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let suffix = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last.map { $0.lowercased() }
        if let suffix, let format = foreignFormats[suffix] {
            throw UserError(
                .imageFormat, "cannot read \(format) images", path,
                remedy: "convert it with qemu-img convert -O qcow2, or say --format raw if it is raw after all")
        }
        return DiskImage.Format(ofName: path)
    }

    private static let foreignFormats = [
        "qcow": "qcow", "vmdk": "VMDK", "vdi": "VDI", "vhd": "VHD", "vhdx": "VHDX", "vpc": "VHD",
    ]

    /// Refuses what no BIOS would start. Where it would try several drives it is the firmware that looks what boots.
    static func requireBootable(_ configuration: PC.Configuration, _ plan: SessionPlan) throws {
        let media = configuration.cdrom
        let floppy = configuration.floppies.first ?? nil
        let kinds = configuration.bootOrder.filter { kind in
            switch kind {
            case .hardDisk: configuration.disks.contains { $0 != nil }
            case .floppy: floppy != nil
            case .cdrom: media != nil
            }
        }
        guard let kind = kinds.first else {
            throw UserError(
                .nothingToBoot, "no drive of the boot order is there", "--boot \(plan.bootOrder?.text ?? "cad")",
                remedy: "give one, as in --fda floppy.img, --hda disk.img or --cdrom os.iso, or leave --boot out")
        }
        guard kinds.count == 1 else { return }
        switch kind {
        case .hardDisk:
            // Where there are other drives, though not to be tried, the firmware says what is wrong with each.
            guard media == nil, floppy == nil else { return }
            guard let first = configuration.disks.firstIndex(where: { $0 != nil }) else { return }
            try requireBootSignature(configuration.disks[first], plan.images[first])
        case .floppy:
            guard let number = floppy?.inserted else {
                throw UserError(
                    .nothingToBoot, "no disk image, and no diskette in the drive", "swemu run",
                    remedy: "give one, as in --fda floppy.img")
            }
            try requireBootSignature(floppy?.stores[number], plan.floppies.diskettes(0)[number])
        case .cdrom: if let media { try Discs.requireBootable(media, plan.cdrom) }
        }
    }

    /// Refuses a disk whose first sector no BIOS would start.
    private static func requireBootSignature(_ store: (any BlockStore)?, _ path: String?) throws {
        guard let store, let path else { return }
        // No closure here: Swift 6.3 crashes on one that throws a typed error inside `withUnsafeMutableBytes`.
        let sector = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 8)
        defer { sector.deallocate() }
        do {
            try store.read(sector: 0, into: sector)
        } catch {
            throw UserError(.imageUnreadable, "cannot read the first sector", path, remedy: "check the file and the disk it is on")
        }
        guard sector[510] == 0x55, sector[511] == 0xAA else {
            throw UserError(
                .noBootSignature, "no boot signature 55 AA at the end of sector 0", path,
                remedy: FileContents.remedy(path) ?? "install a boot loader in the image, or give a bootable one")
        }
    }
}
