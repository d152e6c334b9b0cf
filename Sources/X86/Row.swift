/// One line of the manual's opcode table: SDM Vol. 2, appendix A, and the instruction pages.
///
/// Decoder, formatter, fault rules, flag liveness and reference cards are derived from rows and know nothing else about encodings.
/// Not in the tables: MOV to and from the test registers of the 80386 and 80486, IBTS and XBTS of early 80386 steppings,
/// LOADALL, POP CS of the 8086, EVEX and XOP.
public struct Row: Sendable {
    /// The opcode map that the row is in.
    public let map: OpcodeMap
    /// The opcode byte; the first of eight where an operand code is `Zb` or `Zv`.
    public let opcode: UInt8
    /// Values of ModRM that select this row when it is not the digit alone.
    public let modRM: ClosedRange<UInt8>?
    /// ModRM.reg, the "/digit" of the manual.
    public let digit: UInt8?
    /// The mandatory prefixes that select the row.
    public let prefix: MandatoryPrefix
    /// The operation that it decodes to.
    public let operation: Operation
    /// The printed name. Names separated by a slash belong to 16, 32 and 64 bits of operand size (of address size for JCXZ).
    public let mnemonic: String
    /// The first operand, of Intel's order.
    public let operand0: OperandCode
    /// The second operand.
    public let operand1: OperandCode
    /// The third operand.
    public let operand2: OperandCode
    /// The fourth operand.
    public let operand3: OperandCode
    /// The feature that a processor needs to know the row.
    public let feature: Feature
    /// Traits that the operation does not have in each of its encodings.
    public let traits: Traits
    /// Effects on the flags, as the manual's page has them.
    public let flags: FlagEffects
    /// The row's demands on VEX.L and VEX.W; nil for a row without VEX prefix.
    public let vex: VEXFields?

    /// The operands that are there.
    public var operands: [OperandCode] { [operand0, operand1, operand2, operand3].filter { $0 != .none } }

    /// The encoding has a ModR/M byte.
    public var hasModRM: Bool {
        digit != nil || modRM != nil || operand0.usesModRM || operand1.usesModRM || operand2.usesModRM || operand3.usesModRM
    }

    /// The operands that `Instruction` describes one by one: all but those that `Instruction.vvvv` and `Instruction.extra` give the numbers of.
    var placedOperands: [OperandCode] {
        operands.enumerated().filter { $0.offset == 0 || !$0.element.form.isBeside }.map(\.element)
    }

    /// ModRM.rm may name memory, a register, or either.
    var rm: OperandCode.RM {
        for operand in [operand0, operand1, operand2] where operand.rm != .unused { return operand.rm }
        return .unused
    }

    /// The low three bits of the opcode name a register.
    public var spansEightOpcodes: Bool {
        operand0 == .Zb || operand0 == .Zv
    }
}

/// The opcode maps: SDM Vol. 2, tables.
public enum OpcodeMap: UInt8, CaseIterable, Sendable {
    case oneByte, twoByte0F, threeByte0F38, threeByte0F3A
    /// The maps of opcodes behind a VEX prefix, by VEX.mmmmm.
    case vex0F, vex0F38, vex0F3A

    /// The map belongs to VEX prefixes.
    public var isVEX: Bool { rawValue >= OpcodeMap.vex0F.rawValue }
    /// The escape bytes, which a VEX prefix implies.
    public var escape: [UInt8] {
        switch self {
        case .oneByte: []
        case .twoByte0F, .vex0F: [0x0F]
        case .threeByte0F38, .vex0F38: [0x0F, 0x38]
        case .threeByte0F3A, .vex0F3A: [0x0F, 0x3A]
        }
    }
}

/// Values of VEX.L and VEX.W that select a row: "LIG" and "WIG" of the manual allow both. SDM Vol. 2A, section 3.1.1.2.
public struct VEXFields: OptionSet, Sendable, Hashable, BitwiseCopyable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// VEX.L = 0: vectors of 128 bits.
    public static let L0 = VEXFields(rawValue: 1)
    /// VEX.L = 1: vectors of 256 bits.
    public static let L1 = VEXFields(rawValue: 2)
    /// VEX.W = 0.
    public static let W0 = VEXFields(rawValue: 4)
    /// VEX.W = 1.
    public static let W1 = VEXFields(rawValue: 8)
    /// Both lengths, or a length that is ignored.
    public static let L: VEXFields = [.L0, .L1]
    /// Both values of VEX.W.
    public static let WIG: VEXFields = [.W0, .W1]
}

/// Those of 66h, F3h and F2h that select a row. An F2h or F3h counts before 66h; the last of F2h and F3h counts.
public struct MandatoryPrefix: OptionSet, Sendable, Hashable, BitwiseCopyable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// "NP": with none of the three.
    @inlinable public static var none: MandatoryPrefix { MandatoryPrefix(rawValue: 1) }
    /// 66h.
    @inlinable public static var p66: MandatoryPrefix { MandatoryPrefix(rawValue: 2) }
    /// F3h.
    @inlinable public static var pF3: MandatoryPrefix { MandatoryPrefix(rawValue: 4) }
    /// F2h.
    @inlinable public static var pF2: MandatoryPrefix { MandatoryPrefix(rawValue: 8) }
    /// The prefixes do not select: 66h is the operand size, F3h and F2h repeat or are ignored.
    public static let any: MandatoryPrefix = [.none, .p66, .pF3, .pF2]
}

/// Facts about a row beyond its encoding.
public struct Traits: OptionSet, Sendable, Hashable, BitwiseCopyable {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// LOCK is allowed when the destination is in memory.
    @inlinable public static var lockable: Traits { Traits(rawValue: 1 << 0) }
    /// The interpreter must look at modes, interrupts, caches or the exact time afterwards.
    @inlinable public static var endsBlock: Traits { Traits(rawValue: 1 << 1) }
    /// Needs CPL 0. (IOPL-sensitive instructions are not marked.)
    @inlinable public static var privileged: Traits { Traits(rawValue: 1 << 2) }
    /// 64-bit operands by default in 64-bit mode; 66h makes them 16-bit. "d64" of the manual.
    @inlinable public static var default64: Traits { Traits(rawValue: 1 << 3) }
    /// Always 64-bit operands in 64-bit mode. "f64" of the manual.
    @inlinable public static var forced64: Traits { Traits(rawValue: 1 << 4) }
    /// #UD in 64-bit mode. "i64" of the manual.
    @inlinable public static var invalid64: Traits { Traits(rawValue: 1 << 5) }
    /// Only in 64-bit mode. "o64" of the manual.
    @inlinable public static var only64: Traits { Traits(rawValue: 1 << 6) }
    /// Takes REP, REPE or REPNE. A repeated one ends a block.
    @inlinable public static var repeatable: Traits { Traits(rawValue: 1 << 7) }
    /// In the silicon, but not (or not always) in the manual.
    @inlinable public static var undocumented: Traits { Traits(rawValue: 1 << 8) }
    /// Another encoding of the same operation that assemblers do not choose.
    @inlinable public static var alias: Traits { Traits(rawValue: 1 << 9) }
    /// Written flags keep their old value under a condition: shift count zero, no element compared.
    @inlinable public static var mayKeepFlags: Traits { Traits(rawValue: 1 << 10) }
    /// Needs REX.W.
    @inlinable public static var needsREXW: Traits { Traits(rawValue: 1 << 11) }
    /// Not this row when REX.B is there (90h).
    @inlinable public static var excludesREXB: Traits { Traits(rawValue: 1 << 12) }
    /// #UD in real-address and virtual-8086 mode.
    @inlinable public static var protectedOnly: Traits { Traits(rawValue: 1 << 13) }
    /// The name depends on the address size instead of the operand size.
    @inlinable public static var namedByAddressSize: Traits { Traits(rawValue: 1 << 14) }
    /// Changes where execution goes on: branch, call, return, software interrupt.
    @inlinable public static var transfersControl: Traits { Traits([.endsBlock, Traits(rawValue: 1 << 15)]) }
    /// x87 or MMX: #NM by CR0.EM (MMX: #UD) and CR0.TS.
    @inlinable public static var usesFPU: Traits { Traits(rawValue: 1 << 16) }
    /// SSE: #UD by CR0.EM and CR4.OSFXSR, #NM by CR0.TS.
    @inlinable public static var usesSSE: Traits { Traits(rawValue: 1 << 17) }
    /// AVX: #UD by CR4.OSXSAVE and XCR0 and in real-address and virtual-8086 mode, #NM by CR0.TS.
    @inlinable public static var usesAVX: Traits { Traits(rawValue: 1 << 18) }
}

extension Table {
    /// Writes one row. The opcode is written with its escape bytes as in the manual: 0x01, 0x0F_A2, 0x0F_38_F0.
    static func row(
        _ opcode: UInt32, digit: UInt8? = nil, modRM: ClosedRange<UInt8>? = nil, prefix: MandatoryPrefix = .any,
        _ operation: Operation, _ operand0: OperandCode = .none, _ operand1: OperandCode = .none, _ operand2: OperandCode = .none,
        named mnemonic: String? = nil, since feature: Feature = .i8086, is traits: Traits = [], flags: FlagEffects? = nil
    ) -> Row {
        let map: OpcodeMap
        switch opcode >> 8 {
        case 0: map = .oneByte
        case 0x0F: map = .twoByte0F
        case 0x0F38: map = .threeByte0F38
        default: map = .threeByte0F3A
        }
        return Row(
            map: map, opcode: UInt8(truncatingIfNeeded: opcode), modRM: modRM, digit: digit, prefix: prefix, operation: operation,
            mnemonic: mnemonic ?? "\(operation)", operand0: operand0, operand1: operand1, operand2: operand2, operand3: .none,
            feature: feature, traits: traits, flags: flags ?? OperationFacts.of(operation).flags, vex: nil)
    }

    /// Writes one row with a VEX prefix. Its opcode is written with the escape bytes that the prefix implies; the name is that of the operation
    /// with a V before it unless the operation exists with VEX alone.
    static func vex(
        _ opcode: UInt32, digit: UInt8? = nil, _ prefix: MandatoryPrefix = .none, _ fields: VEXFields, _ operation: Operation,
        _ operand0: OperandCode = .none, _ operand1: OperandCode = .none, _ operand2: OperandCode = .none,
        _ operand3: OperandCode = .none, named mnemonic: String? = nil, since feature: Feature = .AVX, is traits: Traits = .usesAVX
    ) -> Row {
        let map: OpcodeMap = opcode >> 8 == 0x0F ? .vex0F : opcode >> 8 == 0x0F38 ? .vex0F38 : .vex0F3A
        let name = "\(operation)"
        return Row(
            map: map, opcode: UInt8(truncatingIfNeeded: opcode), modRM: nil, digit: digit, prefix: prefix, operation: operation,
            mnemonic: mnemonic ?? (name.hasPrefix("v") || !traits.contains(.usesAVX) ? name : "v" + name), operand0: operand0,
            operand1: operand1, operand2: operand2, operand3: operand3, feature: feature, traits: traits,
            flags: OperationFacts.of(operation).flags, vex: fields)
    }

    /// Writes sixteen rows, one for each condition code: SDM Vol. 1, appendix B.
    static func conditional(
        _ opcode: UInt32, _ operation: Operation, _ prefix: String, _ operand0: OperandCode, _ operand1: OperandCode = .none,
        since feature: Feature = .i8086, is traits: Traits = []
    ) -> [Row] {
        Condition.names.indices.map { code in
            row(
                opcode + UInt32(code), operation, operand0, operand1, named: prefix + Condition.names[code], since: feature,
                is: traits,
                flags: FlagEffects(read: Condition.flags[code]))
        }
    }
}

/// Condition codes: SDM Vol. 1, appendix B.
public enum Condition {
    /// Mnemonic suffixes by the low four opcode bits.
    public static let names = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"]
    /// Flags that each condition tests.
    public static let flags: [EFLAGS] = [
        .OF, .OF, .CF, .CF, .ZF, .ZF, [.CF, .ZF], [.CF, .ZF], .SF, .SF, .PF, .PF, [.SF, .OF], [.SF, .OF],
        [.SF, .OF, .ZF], [.SF, .OF, .ZF],
    ]
}
