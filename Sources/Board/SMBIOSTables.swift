import Chips
import Processor

/// SMBIOS structures, by which systems tell what machine they are in (DMTF DSP0134, version 2.8). Firmware takes them from fw_cfg, adds the one
/// about itself and puts them where they are looked for.
///
/// Structures: system, enclosure, a processor for each socket, memory and the addresses where it is, boot status.
struct SMBIOSTables {
    private static let entryFile = "etc/smbios/smbios-anchor", structuresFile = "etc/smbios/smbios-tables"
    private static let maker = "swemu"
    /// Numbers by which structures name each other.
    private enum Handle {
        static let system: UInt16 = 0x100, enclosure: UInt16 = 0x300, processor: UInt16 = 0x400
        static let memoryArray: UInt16 = 0x1000, memoryDevice: UInt16 = 0x1100, mappedMemory: UInt16 = 0x1300
        static let boot: UInt16 = 0x2000, end: UInt16 = 0x7F00, none: UInt16 = 0xFFFE
    }

    private(set) var structures: [UInt8] = []
    private var count: UInt16 = 0
    private var longest = 0

    /// The files, which firmware with another opinion may leave alone.
    static func files(_ configuration: PC.Configuration) -> [FirmwareConfiguration.File] {
        let tables = SMBIOSTables(configuration)
        return [.init(entryFile, tables.entryPoint), .init(structuresFile, tables.structures)]
    }

    init(_ configuration: PC.Configuration) {
        addSystem(configuration.uuid)
        // Made by, type "other"; states safe, security unknown; nothing in it.
        add(3, Handle.enclosure, [1, 1, 0, 0, 0, 3, 3, 3, 2] + Self.bytes(UInt32(0)) + [0, 0, 0, 0, 0], [Self.maker])
        addProcessors(configuration)
        addMemory(configuration.memoryBytes)
        add(32, Handle.boot, [UInt8](repeating: 0, count: 7), [])
        add(127, Handle.end, [], [])
    }

    /// Type 1. Switched on by the power switch; no version, serial number, SKU, family.
    private mutating func addSystem(_ uuid: [UInt8]?) {
        // The first three fields of a UUID are numbers, which are little-endian here; all zeros is none.
        let none = [UInt8](repeating: 0, count: 16)
        let digits = uuid.map { $0.count == none.count ? $0 : none } ?? none
        let fields = [3, 2, 1, 0, 5, 4, 7, 6].map { digits[$0] } + digits[8..<16]
        add(1, Handle.system, [1, 2, 0, 0] + fields + [6, 0, 0], [Self.maker, "PC (440FX, PIIX3)"])
    }

    /// Type 4, one a socket: an enabled central processor of family "other".
    private mutating func addProcessors(_ configuration: PC.Configuration) {
        let (model, topology) = (configuration.model, configuration.processors)
        let identification = model.identification
        let megahertz = UInt16(clamping: configuration.ticksPerSecond / 1_000_000)
        let (cores, threads) = (UInt8(clamping: topology.cores), UInt8(clamping: topology.cores * topology.threads))
        for socket in 0..<topology.sockets {
            var body: [UInt8] = [1, 3, 1, 2] + Self.bytes(identification.signature) + Self.bytes(identification.features)
            // No version, voltage unknown, no external clock; the fastest and the present speed.
            body += [0, 0] + Self.bytes(UInt16(0)) + Self.bytes(megahertz) + Self.bytes(megahertz)
            // Enabled, no upgrade; no caches, serial number, tag, part number.
            body += [0x41, 6] + [UInt8](repeating: 0xFF, count: 6) + [0, 0, 0]
            // Bit 2: 64 bits.
            body += [cores, cores, threads] + Self.bytes(UInt16(model.features.hasLongMode ? 4 : 0)) + Self.bytes(UInt16(1))
            add(4, Handle.processor &+ UInt16(truncatingIfNeeded: socket), body, ["CPU \(socket)", model.vendor])
        }
    }

    /// Types 16, 17 and 19: an array with one device, and where its bytes are.
    private mutating func addMemory(_ memory: UInt64) {
        let kilobytes = memory >> 10
        let isLarge = kilobytes >= 0x8000_0000
        // On the board, for the system, without error correction.
        var array: [UInt8] = [3, 3, 3] + Self.bytes(isLarge ? 0x8000_0000 : UInt32(kilobytes)) + Self.bytes(Handle.none)
        array += Self.bytes(UInt16(1)) + Self.bytes(isLarge ? memory : 0)
        add(16, Handle.memoryArray, array, [])

        let megabytes = memory >> 20
        // Bit 15: in units of 1 KByte. 7FFFh: the extended size says.
        let size: UInt16 =
            memory % (1 << 20) != 0 && kilobytes < 0x8000 ? 0x8000 | UInt16(kilobytes) : UInt16(min(megabytes, 0x7FFF))
        var device = Self.bytes(Handle.memoryArray) + Self.bytes(Handle.none) + Self.bytes(UInt16.max) + Self.bytes(UInt16.max)
        // A DIMM of no set, with a locator; RAM, type detail "other".
        device += Self.bytes(size) + [9, 0, 1, 0, 7] + Self.bytes(UInt16(2)) + Self.bytes(UInt16(0)) + [2, 0, 0, 0, 0]
        device += Self.bytes(megabytes >= 0x7FFF ? UInt32(megabytes) : 0) + [UInt8](repeating: 0, count: 8)
        add(17, Handle.memoryDevice, device, ["DIMM 0", Self.maker])

        let ranges = [0..<AddressMap.lowMemory(of: memory), AddressMap.highMemory(of: memory)].filter { !$0.isEmpty }
        for (number, range) in ranges.enumerated() {
            // In KBytes, the last one included; no device has as much as needs the extended addresses.
            var mapped = Self.bytes(UInt32(range.lowerBound >> 10)) + Self.bytes(UInt32(range.upperBound >> 10) - 1)
            mapped += Self.bytes(Handle.memoryArray) + [1] + [UInt8](repeating: 0, count: 16)
            add(19, Handle.mappedMemory &+ UInt16(number), mapped, [])
        }
    }

    /// Adds a structure: header, body, and texts that the body names by their numbers from 1.
    private mutating func add(_ type: UInt8, _ handle: UInt16, _ body: [UInt8], _ texts: [String]) {
        var structure = [type, UInt8(4 + body.count)] + Self.bytes(handle) + body
        for text in texts { structure += Array(text.utf8) + [0] }
        structure += texts.isEmpty ? [0, 0] : [0]
        structures += structure
        count += 1
        longest = max(longest, structure.count)
    }

    /// The entry point of 31 bytes. The address is for the firmware to put in, which sums it up again.
    private var entryPoint: [UInt8] {
        var entry = Array("_SM_".utf8) + [0, 31, 2, 8] + Self.bytes(UInt16(longest)) + [UInt8](repeating: 0, count: 6)
        entry += Array("_DMI_".utf8) + [0] + Self.bytes(UInt16(structures.count)) + Self.bytes(UInt32(0))
        entry += Self.bytes(count) + [0x28]
        entry[21] = 0 &- entry[16...].reduce(0, &+)
        entry[4] = 0 &- entry.reduce(0, &+)
        return entry
    }

    private static func bytes<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
