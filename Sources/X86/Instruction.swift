/// One decoded instruction: what the decoder found, and nothing about the machine it will run on. SDM Vol. 2A, chapter 2.
///
/// Decoding allocates nothing and never throws. An encoding that is illegal decodes to one of the operations `.invalidOpcode`,
/// `.tooLong` or `.truncated`, which fault when they are executed. Kept to 32 bytes: the interpreter walks arrays of these.
@frozen public struct Instruction: Equatable, Sendable {
    /// Immediate operand, sign-extended to 64 bits where the encoding sign-extends; the displacement of a relative branch,
    /// sign-extended; the offset of a far pointer; the address of a `moffs` operand is in `displacement` when it fits
    /// and here when it has 64 bits.
    public var immediate: UInt64 = 0
    /// Displacement of the memory operand, sign-extended by use. A 32-bit `moffs` is stored as its bit pattern.
    public var displacement: Int32 = 0
    /// Index of the row in `Table.rows` this was decoded from.
    public var row: UInt16 = 0
    /// The operation that is executed.
    public var operation: Operation = .invalidOpcode
    /// Selector of a far pointer; second immediate of ENTER; of a VEX form what `vvvv`, `extra` and `hasVEXW` read.
    public var immediate2: UInt16 = 0
    /// Kinds of the operands, in Intel's order (destination first).
    public var kind0: OperandKind = .none
    /// Kind of the second operand.
    public var kind1: OperandKind = .none
    /// Kind of the third operand.
    public var kind2: OperandKind = .none
    /// Register number of the operand whose kind names a register; see `OperandKind`.
    public var register0: UInt8 = 0
    /// Register number of the second operand, if its kind names a register.
    public var register1: UInt8 = 0
    /// Base register of the memory operand, 0…15, `noRegister`, or `ripRegister`.
    public var base: UInt8 = Instruction.noRegister
    /// Index register of the memory operand, 0…15 or `noRegister`.
    public var index: UInt8 = Instruction.noRegister
    /// log2 of the scale factor (0…3) in bits 0–1. The other bits are zero.
    public var scale: UInt8 = 0
    /// Last byte of the opcode; its low four bits are the condition of Jcc, SETcc, CMOVcc.
    public var opcode: UInt8 = 0
    /// The ModR/M byte, if the encoding has one.
    public var modRM: UInt8 = 0
    /// Number of bytes, 1…15. For `.truncated` the bytes that were there, for `.tooLong` 15.
    public var length: UInt8 = 0
    /// Widths of the operation and of addresses.
    public var sizes: Sizes = Sizes()
    /// Segment of the memory operand after defaults and overrides.
    public var segment: SegmentRegisterName = .ds
    /// Prefixes that were present.
    public var prefixes = Prefixes(rawValue: 0)

    /// No base, or no index. Equals the number of general registers: register files keep a zero there.
    public static let noRegister: UInt8 = 16
    /// RIP-relative addressing of 64-bit code.
    public static let ripRegister: UInt8 = 17

    /// An illegal instruction of no bytes, to be filled in.
    public init() {}
}

extension Instruction {
    /// Tells whether another instruction is the same but for the immediate operand.
    public func equalsBesidesImmediate(_ other: Instruction) -> Bool {
        // SAFETY: 32 bytes without a gap, of which `immediate` is the first 8.
        withUnsafeBytes(of: self) { mine in
            withUnsafeBytes(of: other) { others in
                (1..<4).allSatisfy {
                    mine.load(fromByteOffset: 8 * $0, as: UInt64.self) == others.load(fromByteOffset: 8 * $0, as: UInt64.self)
                }
            }
        }
    }
}

extension Instruction {
    /// Width of the operation, of addresses and of the stack-like default, packed into one byte.
    @frozen public struct Sizes: Equatable, Sendable {
        /// The widths' codes: of the operation in bits 0 and 1, of addresses in bits 2 and 3.
        public var rawValue: UInt8 = 0b1010
        /// Widths of 32 bits.
        @inlinable public init() {}
        /// These widths of the operation and of addresses.
        @inlinable public init(operand: Width, address: Width) {
            rawValue = operand.code | (address.code &<< 2)
        }
        /// Effective operand size: 16, 32 or 64 bits; 8 for the byte forms.
        @inlinable public var operand: Width { Width(code: rawValue) }
        /// Effective address size: 16, 32 or 64 bits.
        @inlinable public var address: Width { Width(code: rawValue &>> 2) }
        /// Bit 4: VEX.L. Bit 5: there is a VEX prefix.
        @inlinable public mutating func setVEX(is256: Bool) { rawValue |= is256 ? 0x30 : 0x20 }
    }

    // MARK: VEX. SDM Vol. 2A, section 2.3

    /// The instruction has a VEX prefix.
    @inlinable public var isVEX: Bool { sizes.rawValue & 0x20 != 0 }
    /// VEX.L: vectors of 256 bits.
    @inlinable public var is256: Bool { sizes.rawValue & 0x10 != 0 }
    /// The register that VEX.vvvv names, 0…15; 0 where it names none.
    @inlinable public var vvvv: UInt8 { UInt8(truncatingIfNeeded: immediate2) & 15 }
    /// The register in bits 7…4 of the immediate, or the index register of a vector of addresses: 0…15.
    @inlinable public var extra: UInt8 { UInt8(truncatingIfNeeded: immediate2 &>> 4) & 15 }
    /// VEX.W as it is encoded; `Prefixes.rexW` is set in 64-bit code alone.
    @inlinable public var hasVEXW: Bool { immediate2 & 0x100 != 0 }

    /// Effective operand size.
    @inlinable public var operandSize: Width { sizes.operand }
    /// Effective address size.
    @inlinable public var addressSize: Width { sizes.address }
    /// The address is a `moffs` of 64 bits, which is in `immediate`: MOV, opcodes A0h to A3h, in 64-bit code.
    @inlinable public var hasOffset64: Bool { operation == .mov && opcode & 0xFC == 0xA0 && addressSize == .quadword }
    /// One of the operands is in memory by ModR/M or `moffs`.
    @inlinable public var hasMemoryOperand: Bool { kind0 == .memory || kind1 == .memory || kind2 == .memory }
    /// Condition code of Jcc, SETcc, CMOVcc: 0 (O) … 15 (NLE). SDM Vol. 1, appendix B.
    @inlinable public var condition: UInt8 { opcode & 0xF }
    /// Bits 5–3 of ModR/M.
    @inlinable public var digit: UInt8 { (modRM &>> 3) & 7 }
}

/// Size of an integer operand: raw value is log2 of its bytes.
@frozen public enum Width: UInt8, Sendable, CaseIterable {
    case byte = 0
    case word = 1
    case doubleword = 2
    case quadword = 3

    /// Number of bytes: 1, 2, 4 or 8.
    @inlinable public var bytes: Int { 1 &<< Int(truncatingIfNeeded: code) }
    /// Number of bits: 8, 16, 32 or 64.
    @inlinable public var bits: Int { 8 &<< Int(truncatingIfNeeded: code) }
    /// The bits that a number of this width has.
    @inlinable public var mask: UInt64 { ~0 &>> UInt64(truncatingIfNeeded: 64 &- bits) }

    /// The raw value, where a call into this module would cost: the compiler does not inline a synthesized `rawValue` elsewhere.
    /// SAFETY: the four cases are stored as 0…3.
    @inlinable var code: UInt8 { unsafeBitCast(self, to: UInt8.self) }
    @inlinable init(code: UInt8) { self = unsafeBitCast(code & 3, to: Width.self) }
}

/// Default operand and address size of a code segment: CS.D and CS.L.
@frozen public enum CodeSize: UInt8, Sendable, CaseIterable {
    case bits16 = 0
    case bits32 = 1
    case bits64 = 2
}

/// The kind of place that an operand is in. Of a third operand only the kind is kept: `.immediate`, `.byteRegister` is CL (SHLD, SHRD), `.xmmRegister` is XMM0
/// (BLENDVPS and its like). Behind a VEX prefix the operands of VEX.vvvv (unless it is the first) and of an immediate's upper half are left out here. XLAT and MASKMOVQ have no kind for their memory operand, only `Instruction.segment`.
@frozen public enum OperandKind: UInt8, Sendable {
    case none
    /// General register of 16, 32 or 64 bits: 0…15 in encoding order (AX CX DX BX SP BP SI DI R8…).
    case register
    /// Byte register: 0…15 are the low bytes (AL CL DL BL SPL BPL SIL DIL R8B…), 16…19 are AH CH DH BH.
    case byteRegister
    /// Memory at segment:[base + index × 2^scale + displacement].
    case memory
    /// `immediate`.
    case immediate
    /// The constant 1 of the D0/D1 shift forms.
    case one
    /// `immediate`, a displacement relative to the next instruction.
    case relative
    /// `immediate2`:`immediate`.
    case farPointer
    /// Segment register, numbered as `SegmentRegisterName`.
    case segmentRegister
    /// CR0…CR8.
    case controlRegister
    /// DR0…DR7.
    case debugRegister
    /// ST(0)…ST(7).
    case stackRegister
    case mmxRegister
    /// An XMM register, or a YMM register.
    case xmmRegister
    /// Memory at DS:[rSI], with segment override.
    case stringSource
    /// Memory at ES:[rDI], never overridden.
    case stringDestination
}

/// Segment registers in the encoding order of SDM Vol. 2, table B-8; the two system segments follow.
@frozen public enum SegmentRegisterName: UInt8, Sendable, CaseIterable {
    case es = 0
    case cs = 1
    case ss = 2
    case ds = 3
    case fs = 4
    case gs = 5
    case ldtr = 6
    case tr = 7

    /// The raw value, inlined everywhere. SAFETY: the eight cases are stored as 0…7.
    @inlinable public var number: Int { Int(truncatingIfNeeded: unsafeBitCast(self, to: UInt8.self)) }
}

/// Prefixes that were present; SDM Vol. 2A, section 2.1.1. When both REP prefixes occur the last one counts.
@frozen public struct Prefixes: OptionSet, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// F0h: LOCK.
    @inlinable public static var lock: Prefixes { Prefixes(rawValue: 1) }
    /// F3h: REP, REPE, REPZ.
    @inlinable public static var rep: Prefixes { Prefixes(rawValue: 2) }
    /// F2h: REPNE, REPNZ.
    @inlinable public static var repne: Prefixes { Prefixes(rawValue: 4) }
    /// 66h.
    @inlinable public static var operandSize: Prefixes { Prefixes(rawValue: 8) }
    /// 67h.
    @inlinable public static var addressSize: Prefixes { Prefixes(rawValue: 16) }
    /// 2Eh, 36h, 3Eh, 26h, 64h or 65h.
    @inlinable public static var segmentOverride: Prefixes { Prefixes(rawValue: 32) }
    /// 40h–4Fh in 64-bit code.
    @inlinable public static var rex: Prefixes { Prefixes(rawValue: 64) }
    /// REX.W.
    @inlinable public static var rexW: Prefixes { Prefixes(rawValue: 128) }
}
