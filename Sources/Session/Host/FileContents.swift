import Formats

/// Looks into a file that could not be used as a disk image, to say what it is instead. Only errors are worded by it: what a file is opened as
/// its name and the options say.
enum FileContents {
    /// Magic numbers at the beginning of files, and what to do with such a file.
    private static let beginnings: [(bytes: [UInt8], remedy: String)] = [
        ([0x7F, 0x45, 0x4C, 0x46], "it is an ELF file: start it with --kernel"),
        ([0x51, 0x46, 0x49, 0xFB], "it looks like a qcow2 image: then say --format qcow2"),
        (Array("KDMV".utf8), "it is a VMDK image: convert it with qemu-img convert -O qcow2"),
        (Array("# Disk DescriptorFile".utf8), "it describes a VMDK image: convert that with qemu-img convert -O qcow2"),
        (Array("<<< ".utf8), "it is a VDI image: convert it with qemu-img convert -O qcow2"),
        (Array("conectix".utf8), "it is a VHD image: convert it with qemu-img convert -O qcow2"),
        (Array("vhdxfile".utf8), "it is a VHDX image: convert it with qemu-img convert -O qcow2"),
        ([0x1F, 0x8B], "it is compressed: unpack it with gunzip"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "it is compressed: unpack it with unxz"),
        (Array("BZh".utf8), "it is compressed: unpack it with bunzip2"),
        ([0x28, 0xB5, 0x2F, 0xFD], "it is compressed: unpack it with unzstd"),
        (Array("PK\u{3}\u{4}".utf8), "it is a ZIP archive: unpack it with unzip"),
        (Array("MZ".utf8), "it is a program for DOS, Windows or UEFI: put it into an image with a system that starts it"),
    ]

    /// Says what a file is that is no kernel, and what to do with it; nil where that is not known.
    static func remedy(forKernel bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x51, 0x46, 0x49, 0xFB]) { return "it is a qcow2 image: give it as a disk, without --kernel" }
        if let words = remedy(for: Array(bytes.prefix(65536))), !bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return words }
        guard bytes.count >= 512, bytes[510] == 0x55, bytes[511] == 0xAA else { return nil }
        return "it ends its first sector with 55 AA, as disks do: give it as a disk, without --kernel"
    }

    /// Says what `path` is by its first 64 KB, and what to do with it; nil where that is not known.
    static func remedy(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return remedy(for: Array(bytes[..<count]))
    }

    static func remedy(for bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty else { return "it is empty: give the file that was built" }
        if let known = beginnings.first(where: { bytes.starts(with: $0.bytes) }) { return known.remedy }
        // ISO 9660, 6.3: the volume descriptors begin at sector 16, of 2048 bytes.
        if bytes.count > 0x8006, bytes[0x8001...0x8005].elementsEqual("CD001".utf8) {
            return "it is a CD image: give it with --cdrom"
        }
        guard bytes.prefix(4096).allSatisfy({ $0 >= 0x20 && $0 < 0x7F || (0x07...0x0D).contains($0) }) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        if let line = lines.first(where: { $0.hasPrefix("ata0-") || $0.hasPrefix("floppya:") || $0.hasPrefix("megs:") }) {
            return "it is a configuration of Bochs (\(line.prefix(60))): start it with -f"
        }
        return "it is a text file: give the image that is built from it"
    }
}
