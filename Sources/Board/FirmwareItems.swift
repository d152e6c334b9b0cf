import Chips
import Wiring

extension PC.Configuration {
    /// The machine in fw_cfg's numbered items: QEMU, docs/specs/fw_cfg and include/standard-headers/linux/qemu_fw_cfg.h.
    var firmwareItems: [UInt16: [UInt8]] {
        let own: [UInt16: [UInt8]] = [
            // The machine's UUID, memory in bytes, whether there is no display, processors now and at most.
            0x02: uuid ?? [UInt8](repeating: 0, count: 16),
            0x03: Self.littleEndian(memoryBytes),
            0x04: [0, 0],
            0x05: Self.littleEndian(UInt16(processors.count)),
            0x0F: Self.littleEndian(UInt16(processors.count)),
            // Whether the firmware shows a menu of what boots.
            0x0E: [hasBootMenu ? 1 : 0, 0],
            // IRQ 0 is at the I/O APIC's input 2.
            0x8002: [1],
        ]
        return own.merging(kernelItems) { $1 }
    }

    /// Linux's parts, for firmware that starts a kernel itself: of each its address, size and bytes.
    private var kernelItems: [UInt16: [UInt8]] {
        guard let linux = directBoot?.linux else { return [:] }
        var items: [UInt16: [UInt8]] = [:]
        let numbers: [(DirectBoot.Piece?, address: UInt16, size: UInt16, bytes: UInt16)] = [
            (linux.kernel, 0x07, 0x08, 0x11), (linux.initrd, 0x0A, 0x0B, 0x12), (linux.commandLine, 0x13, 0x14, 0x15),
            (linux.setup, 0x16, 0x17, 0x18),
        ]
        for case (let piece?, let address, let size, let bytes) in numbers {
            items[address] = Self.littleEndian(UInt32(truncatingIfNeeded: piece.address))
            items[size] = Self.littleEndian(UInt32(truncatingIfNeeded: piece.bytes.count))
            items[bytes] = piece.bytes
        }
        return items
    }

    /// The named items: the user's, and the memory map.
    var allFirmwareFiles: [FirmwareConfiguration.File] {
        var files = firmwareFiles
        // Firmware that puts RAM over where ROMs of cards are finds them here.
        for (number, ROM) in cardROMs.enumerated() { files.append(.init("genroms/card\(number).rom", ROM)) }
        // A display on PCI has its BIOS in its ROM BAR; beside ISA, SeaBIOS starts no other one than that of a file.
        if machine == .isa, let displayROM { files.append(.init("vgaroms/vgabios.bin", displayROM)) }
        let ranges = [0..<AddressMap.lowMemory(of: memoryBytes), AddressMap.highMemory(of: memoryBytes)].filter { !$0.isEmpty }
        let own = FirmwareConfiguration.File(
            "etc/e820",
            ranges.flatMap {
                Self.littleEndian($0.lowerBound) + Self.littleEndian(UInt64($0.count)) + Self.littleEndian(UInt32(1))
            })
        // SeaBIOS, OVMF and U-Boot take them from here, as in QEMU; ours and Bochs' BIOS make their own.
        let tables = machine == .pc ? ACPITables.files(processors: model.hasLocalAPIC ? processors.count : nil) : []
        let names = Set(files.map(\.name))
        let description = machine == .pc ? SMBIOSTables.files(self) : []
        return files + ([own] + tables + description).filter { !names.contains($0.name) }
    }

    /// ROMs of expansion cards in the order in which firmware starts them: those that were given, and the kernel loader's.
    var cardROMs: [[UInt8]] { optionROMs + (directBoot == nil ? [] : [KernelLoader.ROM]) }

    private static func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

/// A flash memory with firmware, or with its variables.
public struct FlashMemory {
    /// The bytes of the whole memory, at power-on.
    public var contents: [UInt8]
    /// The place where what is programmed goes; nil keeps it in memory.
    public var store: (any BlockStore)?
    /// The guest cannot program or erase it.
    public var isReadOnly: Bool

    /// A memory with these contents.
    public init(contents: [UInt8], store: (any BlockStore)?, isReadOnly: Bool) {
        (self.contents, self.store, self.isReadOnly) = (contents, store, isReadOnly)
    }
}
