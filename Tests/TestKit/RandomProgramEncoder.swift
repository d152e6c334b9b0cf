import X86

/// Writes random instructions: a row of the tables, random operands for it, addresses that mostly lead somewhere.
struct RandomProgramEncoder {
    private let decoder: Decoder
    private let codeSize: CodeSize
    /// Rows this processor has, by how often they are wanted.
    private let integerRows: [Int]
    private let otherRows: [Int]
    /// Behind a VEX prefix: in 64-bit code, where C4h is nothing else.
    private let vexRows: [Int]
    private let privilegedRows: [Int]

    init(codeSize: CodeSize, features: FeatureSet) {
        self.codeSize = codeSize
        decoder = Decoder(codeSize: codeSize, features: features)
        let numbers = Table.rows.indices.filter {
            features.contains(Table.rows[$0].feature) && (codeSize == .bits64 || !Table.rows[$0].traits.contains(.only64))
                && (codeSize == .bits64 || !Table.rows[$0].map.isVEX)
        }
        vexRows = numbers.filter { Table.rows[$0].map.isVEX }
        privilegedRows = numbers.filter { Table.rows[$0].traits.contains(.privileged) }
        let open = numbers.filter { !Table.rows[$0].traits.contains(.privileged) && !Table.rows[$0].map.isVEX }
        let isOther = { (number: Int) in !Table.rows[number].traits.isDisjoint(with: [.usesFPU, .usesSSE]) }
        integerRows = open.filter { !isOther($0) }
        otherRows = open.filter(isOther)
    }

    /// One instruction, 1…15 bytes.
    func instruction(_ random: inout RandomNumbers) -> [UInt8] {
        switch random.below(40) {
        case 0...4: return loadRegister(&random)
        case 5: return extension64(&random) + [random.byte() & 7 | 0x50]
        case 6: return extension64(&random) + [random.byte() & 7 | 0x58]
        case 7 where random.oneIn(4): return attempts(privilegedRows, &random)
        case 8...15: return attempts(otherRows, &random)
        case 16...21 where codeSize == .bits64: return attempts(vexRows, &random)
        default: return attempts(integerRows, &random)
        }
    }

    /// MOV register, a plausible address: in the data or, now and then, in the code.
    private func loadRegister(_ random: inout RandomNumbers) -> [UInt8] {
        let register = UInt8(random.below(8))
        let address = register == 4 ? RandomProgram.Layout.stackTop : Self.address(&random)
        if codeSize == .bits16 {
            return [0xB8 | register, UInt8(truncatingIfNeeded: address), UInt8(truncatingIfNeeded: address >> 8)]
        }
        guard codeSize == .bits64, random.oneIn(2) else { return [0xB8 | register] + Self.bytes(UInt32(address)) }
        let extended: UInt8 = random.oneIn(2) ? 1 : 0
        guard random.oneIn(3) else { return [0x40 | extended, 0xB8 | register] + Self.bytes(UInt32(address)) }
        let base = random.oneIn(2) ? RandomProgram.Layout.higherHalf : RandomProgram.Layout.topmost
        return [0x48 | extended, 0xB8 | register] + Self.bytes64(base + UInt64(address))
    }

    /// Now and then a prefix that makes the register in the opcode one of R8 to R15.
    private func extension64(_ random: inout RandomNumbers) -> [UInt8] { codeSize == .bits64 && random.oneIn(3) ? [0x41] : [] }

    static func address(_ random: inout RandomNumbers) -> Int {
        switch random.below(16) {
        case 0: RandomProgram.Layout.code + random.below(RandomProgram.Layout.codeSize)
        case 1: RandomProgram.Layout.codeAlias + random.below(RandomProgram.Layout.codeSize)
        case 2: RandomProgram.Layout.data + random.below(0x80_000)
        // Across a page.
        case 3: RandomProgram.Layout.data + random.below(16) * 0x1000 + 0xFF8 + random.below(8)
        default: RandomProgram.Layout.data + random.below(0x10_000)
        }
    }

    private static func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }

    private static func bytes64(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }

    /// A row of `rows`; what does not decode as the row is tried again with other operands.
    private func attempts(_ rows: [Int], _ random: inout RandomNumbers) -> [UInt8] {
        for _ in 0..<8 {
            let number = rows[random.below(rows.count)]
            for _ in 0..<4 {
                var bytes = encode(Table.rows[number], &random)
                let decoded = decoder.decode(bytes)
                guard Int(decoded.row) == number, decoded.operation == Table.rows[number].operation else { continue }
                bytes.removeLast(bytes.count - Int(decoded.length))
                return bytes
            }
        }
        return [0x90]
    }

    /// Prefixes, opcode, ModR/M, SIB and displacement of the row, and random bytes behind them.
    private func encode(_ row: Row, _ random: inout RandomNumbers) -> [UInt8] {
        var bytes: [UInt8] = []
        if random.oneIn(8) { bytes.append([0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65][random.below(6)]) }
        if random.oneIn(12) { bytes.append(0x67) }
        if row.map.isVEX {
            bytes += Self.vex(row, &random)
            if row.hasModRM { appendModRM(row, &bytes, &random) }
            for _ in 0..<2 { bytes.append(random.byte()) }
            return Array(bytes.prefix(15))
        }
        if row.prefix == .any {
            if random.oneIn(5) { bytes.append(0x66) }
            if row.traits.contains(.repeatable) && random.oneIn(3) { bytes.append(random.oneIn(3) ? 0xF2 : 0xF3) }
        } else if row.prefix == .p66 || (row.prefix.contains(.p66) && random.oneIn(2)) {
            bytes.append(0x66)
        } else if row.prefix == .pF3 {
            bytes.append(0xF3)
        } else if row.prefix == .pF2 {
            bytes.append(0xF2)
        }
        if row.traits.contains(.lockable) && random.oneIn(8) { bytes.append(0xF0) }
        if codeSize == .bits64 && !random.oneIn(3) { bytes.append(0x40 | random.byte() & 0xF) }
        bytes += row.map.escape
        bytes.append(row.spansEightOpcodes ? row.opcode + UInt8(random.below(8)) : row.opcode)
        if row.hasModRM { appendModRM(row, &bytes, &random) }
        let isRelative = row.operands.contains(.Jz)
        // Near branches stay near.
        if isRelative { bytes += codeSize == .bits16 ? [random.byte(), [0, 0xFF][random.below(2)]] : Self.near(&random) }
        if row.operands.contains(.Ob) || row.operands.contains(.Ov) {
            let address = UInt64(Self.address(&random))
            bytes += codeSize == .bits64 ? Self.bytes64(address) : Self.bytes(UInt32(address))
        }
        for _ in 0..<10 { bytes.append(random.byte()) }
        return Array(bytes.prefix(15))
    }

    /// The prefix of three bytes, as the row wants it where it does, and the opcode. SDM Vol. 2A, section 2.3.
    private static func vex(_ row: Row, _ random: inout RandomNumbers) -> [UInt8] {
        let fields = row.vex ?? []
        let map: UInt8 = row.map == .vex0F ? 1 : row.map == .vex0F38 ? 2 : 3
        let usesVVVV = row.operands.contains { [.Hdq, .Hx, .Hqq, .By].contains($0) }
        var last = usesVVVV ? random.byte() & 0x78 : 0x78
        if fields.contains(.W1), !fields.contains(.W0) || random.oneIn(2) { last |= 0x80 }
        if fields.contains(.L1), !fields.contains(.L0) || random.oneIn(2) { last |= 4 }
        last |= row.prefix == .p66 ? 1 : row.prefix == .pF3 ? 2 : row.prefix == .pF2 ? 3 : 0
        return [0xC4, random.byte() & 0xE0 | map, last, row.opcode]
    }

    private static func near(_ random: inout RandomNumbers) -> [UInt8] {
        let sign: UInt8 = random.oneIn(2) ? 0xFF : 0
        return [random.byte(), sign == 0 ? UInt8(random.below(4)) : 0xFC | UInt8(random.below(4)), sign, sign]
    }

    private func appendModRM(_ row: Row, _ bytes: inout [UInt8], _ random: inout RandomNumbers) {
        if let range = row.modRM { return bytes.append(UInt8(Int(range.lowerBound) + random.below(range.count))) }
        var modRM = random.byte()
        // Plain register or register-indirect forms more often than displacements.
        if modRM >> 6 == 2 && random.oneIn(2) { modRM &= 0x3F }
        if let digit = row.digit { modRM = modRM & ~0x38 | digit << 3 }
        bytes.append(modRM)
        guard codeSize != .bits16, modRM >> 6 != 3 else { return }
        var base = modRM & 7
        if base == 4 {
            let sib = random.byte()
            bytes.append(sib)
            base = sib & 7
        }
        // A displacement alone is an address; one that is added is small.
        if modRM >> 6 == 0 && base == 5 { bytes += Self.bytes(UInt32(Self.address(&random))) }
        if modRM >> 6 == 2 { bytes += Self.near(&random) }
    }
}
