import X86

/// The six status flags, kept as the last result and the carries out of each of its bits, and computed when somebody looks.
///
/// A cache: `eflags` yields the same six bits at any time, and `init(_:)` makes an equivalent pair from them. The layout was
/// chosen so that an addition costs two stores: carries are shifted so that the carry out of the operand's top bit is always bit 31.
@frozen @usableFromInline package struct LazyFlags {
    /// The result, sign-extended to 64 bits: ZF, and with the deltas below SF and PF.
    @usableFromInline package var result: UInt64
    /// Bit 31: CF. Bit 30: carry into the top bit, so OF = bit 31 XOR bit 30. Bit 3: AF. Bits 8–15: XORed into the low byte of `result`
    /// before its parity is taken. Bit 0: XORed into the sign.
    @usableFromInline package var carries: UInt32

    static let overflowAndCarry: UInt32 = 0xC000_0000
    static let adjust: UInt32 = 8

    @inline(__always) init(result: UInt64, carries: UInt32) {
        self.result = result
        self.carries = carries
    }

    @inline(__always) init(_ flags: EFLAGS) {
        let low = (flags.rawValue & 0xD5) &<< 8
        self.init(image: UInt16(truncatingIfNeeded: low | (flags.rawValue &>> 11) & 1))
    }

    @inline(__always) var CF: Bool { carries &>> 31 != 0 }
    @inline(__always) var OF: Bool { (carries ^ (carries &<< 1)) &>> 31 != 0 }
    @inline(__always) var ZF: Bool { result == 0 }
    @inline(__always) var SF: Bool { (UInt32(truncatingIfNeeded: result &>> 63) ^ carries) & 1 != 0 }
    @inline(__always) var AF: Bool { carries & LazyFlags.adjust != 0 }
    @inline(__always) var PF: Bool {
        var byte = UInt32(truncatingIfNeeded: result) ^ (carries &>> 8)
        byte ^= byte &>> 4
        return (0x6996 &>> (byte & 0xF)) & 1 == 0
    }

    /// The status flags in their EFLAGS places.
    @inline(__always) var eflags: EFLAGS {
        let bits = UInt32(image)
        return EFLAGS(rawValue: (bits &>> 8) & 0xD5 | (bits & 1) &<< 11)
    }

    /// Replaces CF and leaves the other five.
    @inline(__always) mutating func setCF(_ value: Bool) {
        let difference = (carries ^ (value ? 0x8000_0000 : 0)) & 0x8000_0000
        carries ^= difference | (difference &>> 1)
    }

    /// Replaces OF and leaves the other five.
    @inline(__always) mutating func setOF(_ value: Bool) {
        if OF != value { carries ^= 0x4000_0000 }
    }

    /// Condition of Jcc, SETcc and CMOVcc. SDM Vol. 1, appendix B.
    @inline(__always) package func holds(_ condition: UInt8) -> Bool {
        let isTrue: Bool
        switch condition &>> 1 {
        case 0: isTrue = OF
        case 1: isTrue = CF
        case 2: isTrue = ZF
        case 3: isTrue = CF || ZF
        case 4: isTrue = SF
        case 5: isTrue = PF
        case 6: isTrue = SF != OF
        default: isTrue = ZF || SF != OF
        }
        return isTrue != (condition & 1 != 0)
    }
}

/// The status flags as LAHF and SETO leave them in AX, which is how recompiled code keeps them: OF in bit 0; SF, ZF, AF, PF and CF in
/// bits 15, 14, 12, 10 and 8.
extension LazyFlags {
    @inline(__always) init(image: UInt16) {
        let bits = UInt32(truncatingIfNeeded: image)
        let (carry, zero) = ((bits &>> 8) & 1, (bits &>> 14) & 1)
        result = UInt64(truncatingIfNeeded: zero ^ 1)
        // The parity of 0 is even, that of 1 odd.
        var state = (((bits &>> 10) ^ zero) & 1) &<< 8
        state |= (bits &>> 15) & 1
        state |= ((bits &>> 12) & 1) &<< 3
        state |= carry &<< 31
        state |= ((carry ^ bits) & 1) &<< 30
        carries = state
    }

    @inline(__always) var image: UInt16 {
        var bits: UInt32 = 0x200
        bits |= (carries ^ (carries &<< 1)) &>> 31
        bits |= (carries &>> 31) &<< 8
        bits |= ((carries &>> 3) & 1) &<< 12
        bits |= (UInt32(truncatingIfNeeded: result &>> 63) ^ carries) &<< 15
        if ZF { bits |= 1 &<< 14 }
        if PF { bits |= 1 &<< 10 }
        return UInt16(truncatingIfNeeded: bits)
    }
}
