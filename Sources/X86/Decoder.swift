/// Finds the instruction that bytes encode: SDM Vol. 2A, chapter 2, and the tables of this module.
///
/// Knows the code size and the features of the processor and nothing else of its state; what depends on CR0, CPL or the mode is left
/// to execution. EVEX and XOP do not exist: BOUND with a register operand is illegal.
public struct Decoder: Sendable {
    /// The default size of operands and addresses, or 64-bit code.
    public let codeSize: CodeSize
    /// The features whose rows are known.
    public let features: FeatureSet
    let table: DecodeTable

    /// Builds the tables on the first use of a pair of code size and features; later ones share them.
    public init(codeSize: CodeSize, features: FeatureSet) {
        self.codeSize = codeSize
        self.features = features
        table = DecodeTable.table(codeSize, features)
    }

    /// Decodes one instruction. Reads at most `available` bytes and never more than 15.
    ///
    /// An illegal encoding becomes `.invalidOpcode` with the number of bytes that had to be looked at; more than 15 bytes become
    /// `.tooLong`; bytes that end too early become `.truncated`.
    public func decode(_ bytes: UnsafePointer<UInt8>, available: Int) -> Instruction {
        var decoding = Decoding(bytes, available: available, codeSize)
        return decoding.run(table)
    }

    /// Decodes one instruction at the start of `bytes`.
    public func decode(_ bytes: [UInt8]) -> Instruction {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                var nothing = Instruction()
                nothing.operation = .truncated
                return nothing
            }
            return decode(base, available: buffer.count)
        }
    }
}

/// The state of one decoding: a cursor over the bytes and the instruction so far.
///
/// SAFETY: `bytes` is read below `limit` only; `limit` is at most what the caller said to be there.
struct Decoding {
    private let bytes: UnsafePointer<UInt8>
    private let limit: Int
    private var position = 0
    /// A read went beyond `limit`.
    private var overrun = false
    private var illegal = false
    let codeSize: CodeSize
    var rex: UInt8 = 0
    /// The SIB byte, if there is one.
    var sib: UInt8 = 0
    /// Raw value of the `MandatoryPrefix` of a VEX prefix; 0: there is none.
    private var vexPrefix: UInt8 = 0
    /// Raw value of the `VEXFields` that a VEX prefix has.
    private var vexFields: UInt8 = 0
    /// Raw value of `Prefixes`; see `DecodeTable.Attributes` for the reason.
    private var prefixBits: UInt8 = 0
    /// Number of the overriding segment register, or `noOverride`.
    private var override = Decoding.noOverride
    var instruction = Instruction()

    private static let noOverride: UInt8 = 0xFF

    /// Raw values of `Prefixes`.
    private enum Bits {
        static var lock: UInt8 { 1 }
        static var rep: UInt8 { 2 }
        static var repne: UInt8 { 4 }
        static var operandSize: UInt8 { 8 }
        static var addressSize: UInt8 { 16 }
        static var segmentOverride: UInt8 { 32 }
        static var rex: UInt8 { 64 }
        static var rexW: UInt8 { 128 }
    }

    @inline(__always) init(_ bytes: UnsafePointer<UInt8>, available: Int, _ codeSize: CodeSize) {
        self.bytes = bytes
        self.codeSize = codeSize
        limit = min(max(available, 0), 15)
    }

    @inline(__always) var is64: Bool { codeSize == .bits64 }

    // MARK: Cursor

    @inline(__always) private mutating func next<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> T {
        let size = MemoryLayout<T>.size
        guard position &+ size <= limit else {
            overrun = true
            return 0
        }
        let value = UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: position, as: T.self)
        position &+= size
        return T(littleEndian: value)
    }

    @inline(__always) mutating func byte() -> UInt8 { next(UInt8.self) }
    @inline(__always) mutating func word() -> UInt16 { next(UInt16.self) }
    @inline(__always) mutating func doubleword() -> UInt32 { next(UInt32.self) }
    @inline(__always) mutating func quadword() -> UInt64 { next(UInt64.self) }

    @inline(__always) mutating func reject() { illegal = true }

    // MARK: The whole

    @inline(__always) mutating func run(_ table: DecodeTable) -> Instruction {
        var opcode = prefixes()
        if overrun { return failure() }
        var map = 0
        if opcode & 0xFE == 0xC4 && table.hasVEX && isVEX() {
            map = vex(threeBytes: opcode == 0xC4)
            opcode = byte()
            if overrun { return failure() }
            if illegal { return failure(.invalidOpcode) }
        } else if opcode == 0x0F {
            opcode = byte()
            map = 1
            if opcode == 0x38 || opcode == 0x3A {
                map = opcode == 0x38 ? 2 : 3
                opcode = byte()
            }
            if overrun { return failure() }
        }
        instruction.prefixes = Prefixes(rawValue: prefixBits)
        instruction.opcode = opcode
        let slot = table.slots[map &<< 8 | Int(truncatingIfNeeded: opcode)]
        var chain = slot.index
        if slot.kind != .plain {
            if slot.kind == .undefined { return failure(.invalidOpcode) }
            let modRM = byte()
            if overrun { return failure() }
            instruction.modRM = modRM
            if slot.kind == .byModRM {
                let place = modRM >= 0xC0 ? 8 &+ (modRM & 63) : (modRM &>> 3) & 7
                chain = table.chains[Int(truncatingIfNeeded: slot.index) &+ Int(truncatingIfNeeded: place)]
                if chain == DecodeTable.noChain { return failure(.invalidOpcode) }
            }
        }
        guard let entry = choose(table.entries + Int(truncatingIfNeeded: chain)) else { return failure(.invalidOpcode) }

        instruction.operation = entry.operation
        instruction.row = entry.row
        instruction.sizes = Instruction.Sizes(operand: operandSize(entry.sizing), address: addressSize)
        if vexPrefix != 0 { finishVEX(entry) }
        if slot.kind != .plain && instruction.modRM < 0xC0 && entry.attributes & DecodeTable.Attributes.ignoresMod == 0 {
            memoryOperand()
        }
        var register: UInt8 = 0
        if let kind = operand(entry.form0, &register) { instruction.kind0 = kind }
        instruction.register0 = register
        if entry.form1 != .none {
            register = 0
            if let kind = operand(entry.form1, &register) { instruction.kind1 = kind }
            instruction.register1 = register
            // The register of a third operand is implied by the operation.
            if entry.form2 != .none, let kind = operand(entry.form2, &register) { instruction.kind2 = kind }
        }
        if entry.vex & DecodeTable.VEXBits.hasImmediateRegister != 0 { immediateRegister() }
        if overrun { return failure() }
        if entry.attributes & DecodeTable.Attributes.writesSegment != 0 && instruction.register0 == SegmentRegisterName.cs.rawValue
        {
            reject()
        }
        if prefixBits & Bits.lock != 0 {
            if entry.attributes & DecodeTable.Attributes.lockable == 0 || instruction.kind0 != .memory { reject() }
        }
        if illegal { return failure(.invalidOpcode) }
        instruction.length = UInt8(truncatingIfNeeded: position)
        return instruction
    }

    /// Makes the instruction that stands for bytes without a meaning. Without a reason the bytes ended.
    @inline(never) private func failure(_ reason: Operation? = nil) -> Instruction {
        var result = Instruction()
        result.prefixes = Prefixes(rawValue: prefixBits)
        result.operation = reason ?? (limit == 15 ? .tooLong : .truncated)
        result.length = UInt8(truncatingIfNeeded: reason == nil ? limit : position)
        return result
    }

    // MARK: Prefixes

    /// Collects prefixes and gives back the first byte that is none.
    @inline(__always) private mutating func prefixes() -> UInt8 {
        while true {
            let value = byte()
            if Decoding.isPrefix(value) {
                if is64 && value & 0xF0 == 0x40 {
                    rex = value
                    continue
                }
                if value & 0xF0 == 0x40 { return value }
                rex = 0
                prefix(value)
                continue
            }
            if rex != 0 {
                prefixBits |= rex & 8 != 0 ? Bits.rex | Bits.rexW : Bits.rex
            }
            return value
        }
    }

    /// One bit for each byte: legacy prefixes, and 40h–4Fh.
    @inline(__always) private static func isPrefix(_ value: UInt8) -> Bool {
        switch value &>> 6 {
        // 26 2E 36 3E
        case 0: return value & 0xE7 == 0x26
        // 40–4F 64 65 66 67
        case 1: return value & 0xF0 == 0x40 || value & 0xFC == 0x64
        case 2: return false
        // F0 F2 F3
        default: return value >= 0xF0 && value <= 0xF3 && value != 0xF1
        }
    }

    private mutating func prefix(_ value: UInt8) {
        switch value {
        case 0x26, 0x2E, 0x36, 0x3E:
            prefixBits |= Bits.segmentOverride
            // 64-bit code has no use for these; an FS or GS before them stays.
            if !is64 { override = (value &>> 3) & 3 }
        case 0x64, 0x65:
            prefixBits |= Bits.segmentOverride
            override = value & 7
        case 0x66: prefixBits |= Bits.operandSize
        case 0x67: prefixBits |= Bits.addressSize
        case 0xF0: prefixBits |= Bits.lock
        case 0xF2:
            prefixBits &= ~Bits.rep
            prefixBits |= Bits.repne
        default:
            prefixBits &= ~Bits.repne
            prefixBits |= Bits.rep
        }
    }

    // MARK: VEX

    /// Outside 64-bit code a register in ModR/M tells a VEX prefix from LES and LDS. SDM Vol. 2A, section 2.3.5.
    @inline(__always) private func isVEX() -> Bool { is64 || position < limit && bytes[position] >= 0xC0 }

    /// Reads the rest of a VEX prefix and gives back the map; the fields are inverted but for W, mmmmm, L and pp. SDM Vol. 2A, section 2.3.5 and figure 2-9.
    private mutating func vex(threeBytes: Bool) -> Int {
        // 66, F2, F3, LOCK and REX before it make it undefined.
        if prefixBits & (Bits.lock | Bits.rep | Bits.repne | Bits.operandSize | Bits.rex) != 0 { reject() }
        let first = byte()
        let last = threeBytes ? byte() : first
        let number = threeBytes ? Int(truncatingIfNeeded: first & 0x1F) : 1
        if number == 0 || number > 3 { reject() }
        let hasW = threeBytes && last & 0x80 != 0
        if is64 {
            // R, X and B, as REX has them.
            rex = 0x40 | (~first &>> 5) & (threeBytes ? 7 : 4)
            if hasW {
                rex |= 8
                prefixBits |= Bits.rexW
            }
        }
        // pp: none, 66, F3, F2, as the bits of `MandatoryPrefix` are.
        vexPrefix = 1 &<< (last & 3)
        vexFields = (last & 4 != 0 ? VEXFields.L1 : VEXFields.L0).rawValue | (hasW ? VEXFields.W1 : VEXFields.W0).rawValue
        let vvvv = (~last &>> 3) & (is64 ? 15 : 7)
        instruction.immediate2 = UInt16(truncatingIfNeeded: vvvv) | (hasW ? 0x100 : 0)
        return 3 &+ number
    }

    /// Obeys VEX.L and VEX.vvvv where a row has them.
    private mutating func finishVEX(_ entry: DecodeTable.Entry) {
        instruction.sizes.setVEX(is256: vexFields & VEXFields.L1.rawValue != 0)
        if entry.vex & DecodeTable.VEXBits.usesVVVV == 0 && instruction.vvvv != 0 { reject() }
    }

    // MARK: Choice of the row

    @inline(__always) private func choose(_ chain: UnsafePointer<DecodeTable.Entry>) -> DecodeTable.Entry? {
        var candidate = chain
        let prefix = mandatoryPrefix
        while true {
            let entry = candidate.pointee
            if entry.prefix & prefix != 0 && rexFits(entry) && (vexPrefix == 0 || entry.vex & vexFields == vexFields) {
                return entry
            }
            if entry.attributes & DecodeTable.Attributes.last != 0 { return nil }
            candidate += 1
        }
    }

    /// Raw value of the `MandatoryPrefix` that the prefixes make.
    @inline(__always) private var mandatoryPrefix: UInt8 {
        if vexPrefix != 0 { return vexPrefix }
        if prefixBits & (Bits.rep | Bits.repne | Bits.operandSize) == 0 { return 1 }
        if prefixBits & Bits.rep != 0 { return 4 }
        return prefixBits & Bits.repne != 0 ? 8 : 2
    }

    @inline(__always) private func rexFits(_ entry: DecodeTable.Entry) -> Bool {
        let wanted = entry.attributes & (DecodeTable.Attributes.needsREXW | DecodeTable.Attributes.excludesREXB)
        if wanted == 0 { return true }
        return wanted == DecodeTable.Attributes.needsREXW ? rex & 8 != 0 : rex & 1 == 0
    }

    // MARK: Sizes

    @inline(__always) private func operandSize(_ sizing: DecodeTable.Sizing) -> Width {
        let has66 = prefixBits & Bits.operandSize != 0
        let general: Width = rex & 8 != 0 ? .quadword : (codeSize == .bits16) != has66 ? .word : .doubleword
        switch sizing {
        case .general: return general
        case .byte: return .byte
        case .atMost32: return general == .quadword ? .doubleword : general
        case .default64: return !is64 ? general : has66 && rex & 8 == 0 ? .word : .quadword
        case .forced64: return is64 ? .quadword : general
        case .byREXW: return rex & 8 != 0 ? .quadword : .doubleword
        case .byMode: return is64 ? .quadword : .doubleword
        }
    }

    @inline(__always) private var addressSize: Width {
        let has67 = prefixBits & Bits.addressSize != 0
        if is64 { return has67 ? .doubleword : .quadword }
        return (codeSize == .bits16) != has67 ? .word : .doubleword
    }

    /// The segment of a memory operand whose default is `segment`.
    @inline(__always) mutating func useSegment(default segment: SegmentRegisterName) {
        if override == Decoding.noOverride {
            instruction.segment = segment
        } else {
            instruction.segment = SegmentRegisterName(rawValue: override & 7).unsafelyUnwrapped
        }
    }
}
