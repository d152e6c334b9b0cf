import X86

/// The bytes of a processor's registers that hold what was never written to memory, a bit for each byte, and where each came from.
struct RegisterShadow {
    /// Bytes of the general registers; the last one stands for no register.
    var general = InlineArray<18, UInt8>(repeating: 0)
    /// XMM0 to XMM15, then MM0 to MM7. The upper halves of YMM registers are taken as right.
    var vectors = InlineArray<24, UInt16>(repeating: 0)
    /// Status flags that depend on such bytes.
    var flags: EFLAGS = []
    /// Something of the above may be set. While it is not, an instruction that reads only what was written changes nothing here.
    private(set) var mayHold = false
    /// The byte that a register or the flags came from last.
    ///
    /// SAFETY: 43 of them, allocated in `init` and given back in `deallocate`. Beside the rest, which is copied and compared as plain bits.
    private let origins: UnsafeMutablePointer<UnwrittenByte?>

    private static let flagsOrigin = 42, originCount = 43

    init() {
        origins = .allocate(capacity: Self.originCount)
        origins.initialize(repeating: nil, count: Self.originCount)
    }

    func deallocate() { origins.deallocate() }

    /// Nothing is unwritten.
    mutating func clear() {
        general = .init(repeating: 0)
        vectors = .init(repeating: 0)
        flags = []
        mayHold = false
    }

    /// Looks whether anything is set still.
    mutating func settle() {
        guard mayHold else { return }
        var any = UInt16(truncatingIfNeeded: flags.rawValue)
        for index in 0..<18 { any |= UInt16(general[index]) }
        for index in 0..<24 { any |= vectors[index] }
        mayHold = any != 0
    }

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
        note(mask != 0, index, origin)
    }

    mutating func setVector(_ number: Int, _ mask: UInt16, from origin: UnwrittenByte?) {
        vectors[number] = mask
        note(mask != 0, 18 + number, origin)
    }

    mutating func setFlags(_ written: EFLAGS, _ isUnwritten: Bool, from origin: UnwrittenByte?) {
        if isUnwritten {
            flags.formUnion(written)
            note(true, Self.flagsOrigin, origin)
        } else {
            flags.subtract(written)
        }
    }

    @inline(__always)
    private mutating func note(_ isAny: Bool, _ index: Int, _ origin: UnwrittenByte?) {
        guard isAny else { return }
        mayHold = true
        origins[index] = origin
    }

    /// A bit for each of `size` bytes.
    @inline(__always) static func full(_ size: Int) -> UInt8 { 0xFF &>> UInt8(truncatingIfNeeded: 8 &- size) }

    /// The lowest byte that is set and all above it: what carries may change.
    @inline(__always) static func upward(_ mask: UInt8, _ size: Int) -> UInt8 {
        mask == 0 ? 0 : (0xFF &<< UInt8(truncatingIfNeeded: mask.trailingZeroBitCount)) & full(size)
    }
}
