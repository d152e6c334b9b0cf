import Synchronization

/// The rows that one code size and feature set have, arranged for the decoder: map × byte gives a slot, a slot gives the chain of
/// entries that differ by prefix only, directly or by ModR/M.
///
/// SAFETY: the memory is written once while the table is built, is never freed and holds trivial values.
struct DecodeTable: @unchecked Sendable {
    /// A row as the decoder needs it.
    struct Entry: BitwiseCopyable {
        var operation = Operation.invalidOpcode
        var row: UInt16 = 0
        var form0 = OperandEncoding.none
        var form1 = OperandEncoding.none
        var form2 = OperandEncoding.none
        /// Raw value of a `MandatoryPrefix`.
        var prefix = MandatoryPrefix.any.rawValue
        var sizing = Sizing.general
        var attributes: UInt8 = 0
        /// Raw value of the `VEXFields` that a VEX prefix may have, and `VEXBits`.
        var vex: UInt8 = 0
    }

    /// Bits of `Entry.vex` above those of `VEXFields`.
    enum VEXBits {
        /// VEX.vvvv names an operand; else it has to be 1111b.
        static var usesVVVV: UInt8 { 16 }
        /// A register in the upper half of an immediate.
        static var hasImmediateRegister: UInt8 { 32 }
    }

    /// Bits of `Entry.attributes`. Plain bits and not an option set: those cost a call for each test in debug builds.
    enum Attributes {
        /// The chain ends here.
        static var last: UInt8 { 1 }
        static var lockable: UInt8 { 2 }
        static var needsREXW: UInt8 { 4 }
        static var excludesREXB: UInt8 { 8 }
        /// Register operand whatever ModRM.mod says.
        static var ignoresMod: UInt8 { 16 }
        /// ModRM.reg must not name CS: MOV to a segment register.
        static var writesSegment: UInt8 { 32 }
    }

    /// The origin of the operand size.
    enum Sizing: UInt8 {
        /// 16 or 32 bits by CS.D and 66h, 64 by REX.W.
        case general
        case byte
        /// As `general`, but at most 32 bits.
        case atMost32
        /// 64 bits in 64-bit code unless 66h makes it 16.
        case default64
        /// 64 bits in 64-bit code.
        case forced64
        /// 32 bits, 64 by REX.W; 66h has no say.
        case byREXW
        /// 32 bits outside and 64 bits in 64-bit code.
        case byMode
    }

    struct Slot: BitwiseCopyable {
        var kind = Kind.undefined
        /// Index of the first entry of the chain, or of the sub-table's first chain.
        var index: UInt16 = 0

        enum Kind: UInt8 {
            case undefined
            /// One chain, no ModR/M byte.
            case plain
            /// One chain for all values of ModR/M.
            case modRM
            /// `subtableSize` chains: eight for memory forms by digit, 64 for register forms by ModR/M.
            case byModRM
        }
    }

    static let subtableSize = 72
    static let noChain = UInt16.max

    let slots: UnsafePointer<Slot>
    let chains: UnsafePointer<UInt16>
    let entries: UnsafePointer<Entry>
    /// There is any row with a VEX prefix; without one C4h and C5h are LES and LDS alone.
    let hasVEX: Bool

    /// The table for a code size and features; built on first demand and kept.
    static func table(_ codeSize: CodeSize, _ features: FeatureSet) -> DecodeTable {
        built.withLock { tables in
            let key = Key(codeSize: codeSize, features: features)
            if let table = tables[key] { return table }
            let table = DecodeTable(codeSize, features)
            tables[key] = table
            return table
        }
    }

    private struct Key: Hashable {
        var codeSize: CodeSize
        var features: FeatureSet
    }

    private static let built = Mutex<[Key: DecodeTable]>([:])
}

extension DecodeTable {
    private init(_ codeSize: CodeSize, _ features: FeatureSet) {
        var candidates = [[UInt16]](repeating: [], count: OpcodeMap.allCases.count * 256)
        for (number, row) in Table.rows.enumerated() where row.exists(in: codeSize, features) {
            let first = Int(row.map.rawValue) << 8 | Int(row.opcode)
            for opcode in first..<(first + (row.spansEightOpcodes ? 8 : 1)) { candidates[opcode].append(UInt16(number)) }
        }
        var slots = [Slot](repeating: Slot(), count: candidates.count)
        var chains: [UInt16] = []
        var entries: [Entry] = []
        var known: [[UInt16]: UInt16] = [:]

        func chain(_ rows: [UInt16]) -> UInt16 {
            if rows.isEmpty { return Self.noChain }
            if let first = known[rows] { return first }
            let first = UInt16(entries.count)
            entries += rows.map { Entry(Table.rows[Int($0)], number: $0) }
            entries[entries.count - 1].attributes |= Attributes.last
            known[rows] = first
            return first
        }

        for (opcode, numbers) in candidates.enumerated() where !numbers.isEmpty {
            // Rows are large and asked 72 times here: copies of them were most of the time that the table took.
            let claims = numbers.map { Claim(Table.rows[Int($0)], number: $0) }
            if !claims.contains(where: \.hasModRM) {
                slots[opcode] = Slot(kind: .plain, index: chain(numbers))
            } else if claims.allSatisfy({ $0.digit == nil && $0.modRM == nil && ($0.rm == .either || $0.ignoresMod) }) {
                slots[opcode] = Slot(kind: .modRM, index: chain(numbers))
            } else {
                slots[opcode] = Slot(kind: .byModRM, index: UInt16(chains.count))
                for place in 0..<Self.subtableSize {
                    chains.append(chain(claims.compactMap { $0.accepts(place: place) ? $0.number : nil }))
                }
            }
        }
        hasVEX = slots[(Int(OpcodeMap.vex0F.rawValue) << 8)...].contains { $0.kind != .undefined }
        self.slots = Table.permanent(slots)
        self.chains = Table.permanent(chains)
        self.entries = Table.permanent(entries)
    }
}

extension DecodeTable.Entry {
    fileprivate init(_ row: Row, number: UInt16) {
        operation = row.operation
        self.row = number
        form0 = row.operand0.form
        form1 = row.operand1.form
        form2 = row.operand2.form
        prefix = row.prefix.rawValue
        sizing = row.sizing
        let facts: [(Bool, UInt8)] = [
            (row.traits.contains(.lockable), DecodeTable.Attributes.lockable),
            (row.traits.contains(.needsREXW), DecodeTable.Attributes.needsREXW),
            (row.traits.contains(.excludesREXB), DecodeTable.Attributes.excludesREXB),
            (row.ignoresMod, DecodeTable.Attributes.ignoresMod),
            (row.operand0 == .Sw, DecodeTable.Attributes.writesSegment),
        ]
        for (holds, bit) in facts where holds { attributes |= bit }
        guard let fields = row.vex else { return }
        vex = fields.rawValue
        let placed = row.placedOperands.map(\.form) + [.none, .none, .none]
        (form0, form1, form2) = (placed[0], placed[1], placed[2])
        for operand in row.operands {
            switch operand.form {
            case .vvvvXMM, .vvvvGeneral: vex |= DecodeTable.VEXBits.usesVVVV
            case .immediateXMM: vex |= DecodeTable.VEXBits.hasImmediateRegister
            default: break
            }
        }
    }
}

extension Row {
    /// MOV to and from control and debug registers take ModRM.rm as a register always.
    var ignoresMod: Bool { operand0 == .Cd || operand1 == .Cd || operand0 == .Dd || operand1 == .Dd }

    fileprivate func exists(in codeSize: CodeSize, _ features: FeatureSet) -> Bool {
        guard features.contains(feature) else { return false }
        return !traits.contains(codeSize == .bits64 ? .invalid64 : .only64)
    }

    fileprivate var sizing: DecodeTable.Sizing {
        let codes = [operand0, operand1, operand2]
        if ignoresMod || operation == .rdpid { return .byMode }
        if traits.contains(.default64) { return .default64 }
        if traits.contains(.forced64) { return .forced64 }
        if operand0.isByteForm || operand1 == .AL || (operation == .outs && operand1 == .Xb) { return .byte }
        if operation == .crc32 { return .general }
        if codes.contains(where: { $0 == .Ey || $0 == .Gy || $0 == .My || $0 == .RyMb || $0 == .RyMw }) { return .byREXW }
        if codes.contains(where: { $0 == .eAX || $0 == .Xz || $0 == .Yz }) { return .atMost32 }
        return prefix == .any || prefix == [.none, .p66] || codes.contains(.Gv) ? .general : .byREXW
    }
}

/// A row's values of ModR/M.
private struct Claim {
    let number: UInt16
    let hasModRM: Bool
    let modRM: ClosedRange<UInt8>?
    let digit: UInt8?
    let rm: OperandCode.RM
    let ignoresMod: Bool

    init(_ row: Row, number: UInt16) {
        self.number = number
        hasModRM = row.hasModRM
        modRM = row.modRM
        digit = row.digit
        rm = row.rm
        ignoresMod = row.ignoresMod
    }

    /// Tells whether the row is one for this place of a sub-table: digits 0…7 of the memory forms, then ModR/M C0h…FFh.
    func accepts(place: Int) -> Bool {
        let isRegister = place >= 8
        let value = UInt8(truncatingIfNeeded: isRegister ? 0xC0 + place - 8 : place << 3)
        if let modRM { return isRegister && modRM.contains(value) }
        if let digit, digit != (value >> 3) & 7 { return false }
        switch rm {
        case .memoryOnly: return !isRegister
        case .registerOnly: return isRegister || ignoresMod
        case .either, .unused: return true
        }
    }
}
