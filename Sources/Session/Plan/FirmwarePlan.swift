import Board
import Chips
import Disks
import Formats
import Wiring

/// Firmware in place of ours, and what it is given.
package struct FirmwarePlan {
    /// The file of a flash memory.
    package struct Flash {
        let path: String
        let isReadOnly: Bool

        package init(path: String, isReadOnly: Bool) {
            self.path = path
            self.isReadOnly = isReadOnly
        }
    }

    /// A file of fw_cfg.
    package struct Item {
        package enum Contents {
            case text(String)
            case file(String)
        }

        let name: String
        let contents: Contents

        package init(_ name: String, _ contents: Contents) {
            self.name = name
            self.contents = contents
        }
    }

    package var flashes: [Flash] = []
    /// Debian's UEFI firmware.
    package var uefi = false
    /// An EFI application on a disk that is made for it.
    package var efi: String?
    /// Files of ROMs of expansion cards.
    package var optionROMs: [String] = []
    package var items: [Item] = []
    package var bootMenu = false
    /// The machine's UUID in SMBIOS, 16 bytes.
    package var uuid: [UInt8]?

    package init() {}

    private static let debianCode = "/usr/share/OVMF/OVMF_CODE_4M.fd", debianVariables = "/usr/share/OVMF/OVMF_VARS_4M.fd"
    /// Bytes of an item at most.
    private static let longestItem = 64 << 20

    /// Another firmware than ours starts the machine.
    var isPresent: Bool { uefi || !flashes.isEmpty }

    func configure(_ configuration: inout PC.Configuration, _ plan: SessionPlan) throws {
        if uefi {
            guard configuration.model.features.hasLongMode else {
                throw UserError(
                    .usage, "UEFI needs 64 bits", "--cpu \(configuration.model.rawValue)", remedy: "add --cpu x86-64-v2")
            }
            for path in [Self.debianCode, Self.debianVariables] {
                guard access(path, R_OK) == 0 else {
                    throw UserError(.firmware, "no UEFI firmware", path, remedy: "install Debian's package ovmf, or give --pflash")
                }
                let contents = try Self.read(path, "the firmware", limit: CFIFlash.sizes.upperBound)
                configuration.flashMemories.append(FlashMemory(contents: contents, store: nil, isReadOnly: path == Self.debianCode))
            }
        }
        for flash in flashes { configuration.flashMemories.append(try Self.open(flash, plan)) }
        configuration.optionROMs = try optionROMs.map { path in
            let bytes = try Self.read(path, "the ROM", limit: 1 << 18)
            guard bytes.count > 3, bytes[0] == 0x55, bytes[1] == 0xAA else {
                throw UserError(.firmware, "no ROM of a card", path, remedy: "it begins with 55 AA; check the file")
            }
            return bytes
        }
        configuration.firmwareFiles = try items.map { item in
            switch item.contents {
            case .text(let text): return .init(item.name, Array(text.utf8))
            case .file(let path): return .init(item.name, try Self.read(path, "the item \(item.name)", limit: Self.longestItem))
            }
        }
        configuration.hasBootMenu = bootMenu
        configuration.uuid = uuid
    }

    /// A flash memory's file, opened for writing where the guest may write to it.
    private static func open(_ flash: Flash, _ plan: SessionPlan) throws -> FlashMemory {
        let (path, isReadOnly) = (flash.path, flash.isReadOnly || plan.readOnly)
        let contents = try read(path, "the flash memory", limit: CFIFlash.sizes.upperBound)
        guard contents.count % 4096 == 0, CFIFlash.sizes.contains(contents.count) else {
            throw UserError(
                .firmware, "a flash memory has whole 4096 bytes, up to 16 MB", path, remedy: "pad it with truncate -s %4K")
        }
        guard !isReadOnly, !plan.snapshot else { return FlashMemory(contents: contents, store: nil, isReadOnly: isReadOnly) }
        do throws(ImageError) {
            let image = try DiskImage.open(path: path, format: .raw, access: .readWrite, completesLastSector: false)
            return FlashMemory(contents: contents, store: image, isReadOnly: false)
        } catch {
            throw UserError(.firmware, line: "\(UserError(error)), or write \(path),readonly")
        }
    }

    /// The disk with the application, in memory.
    static func disk(efi path: String) throws -> any BlockStore {
        switch readFile(path, limit: EFISystemPartition.largestApplication) {
        case .success(let bytes):
            guard let partition = EFISystemPartition(application: bytes) else {
                throw UserError(
                    .kernelFormat, "no EFI application for x86-64", path,
                    remedy:
                        "it is a PE32+ file, as clang -target x86_64-unknown-windows and lld-link /subsystem:efi_application make it"
                )
            }
            return Overlay(over: MemoryStore(bytes: partition.bytes, isReadOnly: true))
        case .failure(let reason):
            throw UserError(.kernelFile, "cannot read the application (\(reason.text))", path, remedy: "check the name after --efi")
        }
    }

    private static func read(_ path: String, _ what: String, limit: Int) throws -> [UInt8] {
        switch readFile(path, limit: limit) {
        case .success(let bytes): return bytes
        case .failure(let reason):
            throw UserError(.firmware, "cannot read \(what) (\(reason.text))", path, remedy: "check the name")
        }
    }
}
