import X86

/// The bytes of a processor's registers that hold what was never written to memory, a bit for each byte, and where each came from.
struct RegisterShadow {
    /// Bytes of the general registers; the last one stands for no register.
    var general = InlineArray<18, UInt8>(repeating: 0)
    /// XMM0 to XMM15, then MM0 to MM7. The upper halves of YMM registers are taken as right.
    var vectors = InlineArray<24, UInt16>(repeating: 0)
    /// Status flags that depend on such bytes.
    var flags: EFLAGS = []
    /// The byte that a register or the flags came from last.
    private var origins = [UnwrittenByte?](repeating: nil, count: 43)

    static let flagsOrigin = 42

    func origin(general number: UInt8) -> UnwrittenByte? { origins[Int(number)] }
    func origin(vector number: Int) -> UnwrittenByte? { origins[18 + number] }
    var originOfFlags: UnwrittenByte? { origins[Self.flagsOrigin] }

    /// The bytes of an operand register of `size` bytes.
    @inline(__always)
    func operand(_ kind: OperandKind, _ number: UInt8, _ size: Int) -> UInt8 {
        if kind == .byteRegister {
            return number < 16 ? general[Int(number)] & 1 : general[Int(number) - 16] &>> 1 & 1
        }
        return general[Int(number)] & Self.full(size)
    }

    /// Writes as instructions do: four bytes clear the upper half, one or two leave the rest.
    @inline(__always)
    mutating func set(_ kind: OperandKind, _ number: UInt8, _ size: Int, _ mask: UInt8, from origin: UnwrittenByte?) {
        var index = Int(number)
        if kind == .byteRegister {
            let isHigh = number >= 16
            if isHigh { index -= 16 }
            let bit: UInt8 = isHigh ? 2 : 1
            general[index] = mask & 1 != 0 ? general[index] | bit : general[index] & ~bit
        } else if size >= 4 {
            general[index] = mask & Self.full(size)
        } else {
            general[index] = general[index] & ~3 | mask & 3
        }
        if mask != 0 { origins[index] = origin }
    }

    mutating func setVector(_ number: Int, _ mask: UInt16, from origin: UnwrittenByte?) {
        vectors[number] = mask
        if mask != 0 { origins[18 + number] = origin }
    }

    mutating func setFlags(_ written: EFLAGS, _ isUnwritten: Bool, from origin: UnwrittenByte?) {
        if isUnwritten {
            flags.formUnion(written)
            origins[Self.flagsOrigin] = origin
        } else {
            flags.subtract(written)
        }
    }

    /// A bit for each of `size` bytes.
    @inline(__always) static func full(_ size: Int) -> UInt8 { 0xFF &>> UInt8(truncatingIfNeeded: 8 &- size) }

    /// The lowest byte that is set and all above it: what carries may change.
    @inline(__always) static func upward(_ mask: UInt8, _ size: Int) -> UInt8 {
        mask == 0 ? 0 : (0xFF &<< UInt8(truncatingIfNeeded: mask.trailingZeroBitCount)) & full(size)
    }
}
