import Disks
import Wiring

/// Opens the disk images of a command line.
enum Images {
    /// The stores of the four drives, in the order of `paths`.
    static func open(_ paths: [String?], options: Run) throws -> [(any BlockStore)?] {
        guard options.boot.kernel != nil || paths.contains(where: { $0 != nil }) else {
            throw UserError(
                .nothingToBoot, "no disk image", "swemu run", remedy: "name one, as in: swemu run disk.img; or give --kernel FILE")
        }
        return try paths.map { path in try path.map { try open($0, options: options) } }
    }

    /// Raw is what `--format` or the name says; contents are never looked at, because a guest writes them.
    private static func open(_ path: String, options: Run) throws -> any BlockStore {
        if options.format == nil {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let suffix = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last.map { $0.lowercased() }
            if let suffix, let format = foreignFormats[suffix] {
                throw UserError(
                    .imageFormat, "cannot read \(format) images", path,
                    remedy: "convert it with qemu-img convert -O raw, or say --format raw if it is raw after all")
            }
        }
        do throws(ImageError) {
            let image = try RawImage(path: path, access: options.snapshot || options.readOnly ? .readOnly : .readWrite)
            return options.snapshot ? Overlay(over: image) : image
        } catch {
            throw UserError(error)
        }
    }

    private static let foreignFormats = [
        "qcow2": "qcow2", "qcow": "qcow", "vmdk": "VMDK", "vdi": "VDI", "vhd": "VHD", "vhdx": "VHDX", "vpc": "VHD",
    ]

    /// Refuses a boot disk whose first sector no BIOS would start.
    static func requireBootSignature(_ stores: [(any BlockStore)?], _ paths: [String?]) throws {
        guard let first = stores.firstIndex(where: { $0 != nil }), let store = stores[first], let path = paths[first] else {
            return
        }
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
                remedy: "install a boot loader in the image, or give a bootable one")
        }
    }
}

extension UserError {
    /// The one line of an `ImageError`, which names the file first, with its status.
    init(_ error: ImageError) {
        let status: ExitStatus =
            switch error {
            case .missing: .imageMissing
            case .isDirectory: .imageIsDirectory
            case .notAFile, .notReadable, .notWritable, .host: .imageUnreadable
            case .empty: .imageEmpty
            case .oddSize: .imageOddSize
            case .inUse: .imageInUse
            }
        self.init(status, line: error.description)
    }
}
