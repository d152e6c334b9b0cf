import Chips
import Processor

/// ACPI tables for firmware that takes them from fw_cfg: those that lie in the image of the built-in BIOS, and the commands by which they are put into
/// memory, linked and summed up (QEMU, include/hw/acpi/bios-linker-loader.h). Firmware without such commands has tables of its own.
struct ACPITables {
    private static let tablesFile = "etc/acpi/tables", rootFile = "etc/acpi/rsdp", commandsFile = "etc/table-loader"
    private static let facsSize = 64, headerSize = 36, checksum = 9
    /// Offsets in the FADT: FACS and DSDT, and the same in 64 bits; the blocks of PM1 events, PM1 control and the timer, and the same as generic addresses.
    private static let facsPointer = 36, dsdtPointer = 40, longPointers = 132..<148
    private static let powerBlocks = [
        (56, UInt32(0)), (64, UInt32(4)), (76, UInt32(8)), (152, UInt32(0)), (176, UInt32(4)), (212, UInt32(8)),
    ]

    private var tables: [UInt8] = []
    private var root: [UInt8] = []
    private var commands: [UInt8] = []

    /// The files, or none where the built-in BIOS has no such tables.
    /// `processors` have local APICs; nil for one without.
    static func files(processors: Int?) -> [FirmwareConfiguration.File] {
        guard let made = ACPITables(processors: processors) else { return [] }
        return [.init(tablesFile, made.tables), .init(rootFile, made.root), .init(commandsFile, made.commands)]
    }

    /// Tables of the built-in BIOS by their signatures.
    private static let templates = Dictionary(
        uniqueKeysWithValues: ["DSDT", "FACP", "APIC", "HPET"].compactMap { name in table(name).map { (name, $0) } })

    private init?(processors: Int?) {
        guard let dsdt = Self.templates["DSDT"], let fadt = Self.templates["FACP"] else { return nil }
        // The commands that have room come first.
        allocate(Self.tablesFile, alignment: 64, zone: 1)
        allocate(Self.rootFile, alignment: 16, zone: 2)
        tables = Array("FACS".utf8) + Self.bytes(UInt32(Self.facsSize))
        tables += [UInt8](repeating: 0, count: Self.facsSize - tables.count)
        let dsdtOffset = add(dsdt)
        let fadtOffset = tables.count
        tables += fadt
        // Firmware knows one set of pointers, and fills in the other.
        for offset in Self.longPointers { tables[fadtOffset + offset] = 0 }
        point(at: fadtOffset + Self.facsPointer, to: 0)
        point(at: fadtOffset + Self.dsdtPointer, to: dsdtOffset)
        sum(fadtOffset, fadt.count)
        var linked = [fadtOffset]
        if let processors, let madt = Self.templates["APIC"], let hpet = Self.templates["HPET"] {
            linked.append(add(Self.madt(madt, processors)))
            linked.append(add(hpet))
        }
        addRoot(linked)
    }

    /// The MADT with an entry for each processor, in place of the room for the most of them. ACPI 2.0, section 5.2.10.5.
    private static func madt(_ template: [UInt8], _ processors: Int) -> [UInt8] {
        var table = Array(template.dropLast(8 * ProcessorTopology.most))
        for number in 0..<UInt8(truncatingIfNeeded: processors) { table += [0, 8, number, number, 1, 0, 0, 0] }
        table.replaceSubrange(4..<8, with: bytes(UInt32(table.count)))
        return table
    }

    /// A table of the built-in BIOS with nothing in it that depends on where it is.
    private static func table(_ signature: String) -> [UInt8]? {
        let image = Firmware.builtIn
        let (name, maker) = (Array(signature.utf8), Array("SWEMU ".utf8))
        for start in image.indices.dropLast(headerSize) where image[start] == name[0] {
            guard image[start..<start + 4].elementsEqual(name), image[start + 10..<start + 16].elementsEqual(maker) else {
                continue
            }
            let length = (0..<4).reduce(0) { $0 | Int(image[start + 4 + $1]) << (8 * $1) }
            guard length >= headerSize, start + length <= image.count else { continue }
            var table = Array(image[start..<start + length])
            table[checksum] = 0
            return table
        }
        return nil
    }

    private mutating func add(_ table: [UInt8]) -> Int {
        let offset = tables.count
        tables += table
        sum(offset, table.count)
        return offset
    }

    /// RSDT and RSDP.
    private mutating func addRoot(_ linked: [Int]) {
        let offset = tables.count
        let size = Self.headerSize + 4 * linked.count
        tables += Array("RSDT".utf8) + Self.bytes(UInt32(size)) + [1, 0] + Array("SWEMU SWEMURSD".utf8) + Self.bytes(UInt32(1))
        tables += Array("SWMU".utf8) + Self.bytes(UInt32(1)) + [UInt8](repeating: 0, count: 4 * linked.count)
        for (index, target) in linked.enumerated() { point(at: offset + Self.headerSize + 4 * index, to: target) }
        sum(offset, size)
        root = Array("RSD PTR ".utf8) + [0] + Array("SWEMU ".utf8) + [0] + Self.bytes(UInt32(offset))
        command(2, [Self.name(Self.rootFile), Self.name(Self.tablesFile), Self.bytes(UInt32(16)), [4]])
        command(3, [Self.name(Self.rootFile), Self.bytes(UInt32(8)), Self.bytes(UInt32(0)), Self.bytes(UInt32(20))])
    }

    // MARK: Commands

    private mutating func allocate(_ file: String, alignment: UInt32, zone: UInt8) {
        command(1, [Self.name(file), Self.bytes(alignment), [zone]])
    }

    /// The pointer at `offset` gets the address of `target`, which is an offset so far.
    private mutating func point(at offset: Int, to target: Int) {
        tables.replaceSubrange(offset..<offset + 4, with: Self.bytes(UInt32(target)))
        command(2, [Self.name(Self.tablesFile), Self.name(Self.tablesFile), Self.bytes(UInt32(offset)), [4]])
    }

    private mutating func sum(_ offset: Int, _ size: Int) {
        command(
            3,
            [
                Self.name(Self.tablesFile), Self.bytes(UInt32(offset + Self.checksum)), Self.bytes(UInt32(offset)),
                Self.bytes(UInt32(size)),
            ])
    }

    /// A command has 128 bytes.
    private mutating func command(_ number: UInt32, _ fields: [[UInt8]]) {
        let bytes = Self.bytes(number) + fields.flatMap { $0 }
        commands += bytes + [UInt8](repeating: 0, count: 128 - bytes.count)
    }

    private static func name(_ file: String) -> [UInt8] {
        Array(file.utf8) + [UInt8](repeating: 0, count: FirmwareConfiguration.File.longestName + 1 - file.utf8.count)
    }

    private static func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

    // MARK: Reading

    /// The contents of a file as they are read: firmware has chosen the ports of the power management by then.
    static func amended(_ file: String, _ contents: [UInt8], powerBase: UInt16) -> [UInt8] {
        guard file == tablesFile, powerBase != 0, let fadt = contents.firstRange(of: Array("FACP".utf8))?.lowerBound else {
            return contents
        }
        var contents = contents
        for (offset, distance) in powerBlocks where fadt + offset + 4 <= contents.count {
            contents.replaceSubrange(fadt + offset..<fadt + offset + 4, with: bytes(UInt32(powerBase) + distance))
        }
        return contents
    }
}
