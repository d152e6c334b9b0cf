/// The rules by which each function's caller is found, from `.debug_frame` and `.eh_frame`. DWARF 5, section 6.4; the System V ABI for x86-64 and the Linux Standard Base,
/// "Exception Frames", for the second one.
public struct CallFrameTable: Sendable {
    /// A function's instructions, with those that it shares with others.
    struct Description: Sendable {
        let range: Range<UInt64>
        let common: CommonInformation
        let section: Bytes
        let instructions: Range<UInt64>
    }

    struct CommonInformation: Sendable {
        var codeAlignment: UInt64 = 1
        var dataAlignment: Int64 = 1
        var returnColumn: UInt64 = 0
        var instructions: Range<UInt64> = 0..<0
        /// DW_EH_PE code of the addresses of its functions, and whether these have augmentation data.
        var encoding: UInt8 = 0
        var hasData = false
        /// The frame is an interrupt's: its return address is that of the instruction that would have been next.
        var isSignal = false
        var addressSize: UInt64 = 4
    }

    /// By rising address.
    let descriptions: [Description]
    /// The file is of 64 bits, so that registers have x86-64's numbers.
    public let is64Bit: Bool
    private static let limit = 1_000_000

    init(_ elf: ELFFile) {
        is64Bit = elf.fileClass == .bits64
        var found: [Description] = []
        for name in [".debug_frame", ".eh_frame"] {
            guard let section = elf.sections.first(where: { $0.name == name }), let bytes = elf.contents(of: name) else { continue }
            var reader = CallFrameReader(bytes, address: section.address, isExceptionFrame: name == ".eh_frame", is64Bit: is64Bit)
            found += reader.read(limit: Self.limit - found.count)
        }
        descriptions = found.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// The rules at `address`; nil where the file has none.
    public func rules(at address: UInt64) -> CallFrameRules? {
        var (low, high) = (0, descriptions.count)
        while low < high {
            let middle = (low + high) / 2
            if descriptions[middle].range.lowerBound <= address { low = middle + 1 } else { high = middle }
        }
        // Of two sections that describe one function, either will do.
        for index in stride(from: low - 1, through: max(0, low - 2), by: -1)
        where index >= 0 && descriptions[index].range.contains(address) {
            return CallFrameRules(descriptions[index], at: address, is64Bit: is64Bit)
        }
        return nil
    }
}

/// Reads one section of call frame information.
struct CallFrameReader {
    private let bytes: Bytes
    private let address: UInt64
    private let isExceptionFrame: Bool
    private let is64Bit: Bool
    private var known: [UInt64: CallFrameTable.CommonInformation] = [:]

    init(_ bytes: Bytes, address: UInt64, isExceptionFrame: Bool, is64Bit: Bool) {
        self.bytes = bytes
        self.address = address
        self.isExceptionFrame = isExceptionFrame
        self.is64Bit = is64Bit
    }

    /// At most `limit` functions; those before damage.
    mutating func read(limit: Int) -> [CallFrameTable.Description] {
        var found: [CallFrameTable.Description] = []
        var position: UInt64 = 0
        while found.count < limit, let length = bytes.u32(position), length < 0xFFFF_FFF0 {
            let start = position &+ 4
            position = start &+ UInt64(length)
            // A length of 0 ends what one object file brought; the linker may have put more behind it.
            guard length > 0 else { continue }
            var cursor = DWARFCursor(bytes, from: start, to: position)
            let id = UInt64(cursor.u32())
            if isExceptionFrame ? id == 0 : id == 0xFFFF_FFFF { continue }
            guard let common = common(at: isExceptionFrame ? start &- id : id) else { continue }
            let low = pointer(&cursor, common.encoding, common.addressSize)
            let count = pointer(&cursor, common.encoding & 0x0F, common.addressSize)
            if common.hasData { cursor.skip(cursor.uleb()) }
            let (high, overflow) = low.addingReportingOverflow(count)
            guard !cursor.isBroken, count > 0, !overflow else { continue }
            found.append(
                CallFrameTable.Description(
                    range: low..<high, common: common, section: bytes,
                    instructions: cursor.position..<max(cursor.position, cursor.end)))
        }
        return found
    }

    private mutating func common(at offset: UInt64) -> CallFrameTable.CommonInformation? {
        if let known = known[offset] { return known }
        guard let length = bytes.u32(offset), length < 0xFFFF_FFF0 else { return nil }
        var cursor = DWARFCursor(bytes, from: offset &+ 4, to: offset &+ 4 &+ UInt64(length))
        guard cursor.u32() == (isExceptionFrame ? 0 : 0xFFFF_FFFF) else { return nil }
        let version = cursor.u8()
        let augmentation = cursor.text()
        var common = CallFrameTable.CommonInformation()
        common.addressSize = is64Bit ? 8 : 4
        if version >= 4 {
            common.addressSize = UInt64(cursor.u8())
            cursor.skip(1)  // segment_selector_size
        }
        common.codeAlignment = cursor.uleb()
        common.dataAlignment = cursor.sleb()
        common.returnColumn = version == 1 ? UInt64(cursor.u8()) : cursor.uleb()
        if augmentation.hasPrefix("z") {
            common.hasData = true
            let count = cursor.uleb()
            let end = cursor.position &+ count
            for letter in augmentation.dropFirst() {
                switch letter {
                case "R": common.encoding = cursor.u8()
                case "P": _ = pointer(&cursor, cursor.u8(), common.addressSize)
                case "L": cursor.skip(1)
                case "S": common.isSignal = true
                default: break
                }
            }
            guard end >= cursor.position else { return nil }
            cursor.position = end
        } else if !augmentation.isEmpty {
            return nil
        }
        guard !cursor.isBroken, common.addressSize == 4 || common.addressSize == 8, cursor.position <= cursor.end else {
            return nil
        }
        common.instructions = cursor.position..<cursor.end
        known[offset] = common
        return common
    }

    /// DW_EH_PE: the format in the lower four bits, what it is relative to in the next three.
    private func pointer(_ cursor: inout DWARFCursor, _ encoding: UInt8, _ addressSize: UInt64) -> UInt64 {
        let here = address &+ cursor.position
        let value: UInt64
        switch encoding & 0x0F {
        case 0x01: value = cursor.uleb()
        case 0x02: value = UInt64(cursor.u16())
        case 0x03: value = UInt64(cursor.u32())
        case 0x04, 0x0C: value = cursor.u64()
        case 0x09: value = UInt64(bitPattern: cursor.sleb())
        case 0x0A: value = UInt64(bitPattern: Int64(Int16(bitPattern: cursor.u16())))
        case 0x0B: value = UInt64(bitPattern: Int64(Int32(bitPattern: cursor.u32())))
        default: value = cursor.unsigned(addressSize)
        }
        let whole = encoding & 0x70 == 0x10 ? here &+ value : value
        return is64Bit ? whole : whole & 0xFFFF_FFFF
    }
}
