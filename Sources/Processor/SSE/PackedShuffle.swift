import X86

/// Operations that an immediate steers. SDM Vol. 2, the pages of their names.
extension PackedInteger {
    /// Destination, source, immediate → destination.
    static func apply(_ operation: Operation, _ a: XMM, _ b: XMM, immediate: UInt8, isWide: Bool) -> XMM {
        switch operation {
        case .pshufd: return XMM(select(b.doubles, b.doubles, immediate))
        case .shufps: return XMM(select(a.doubles, b.doubles, immediate))
        case .shufpd: return XMM(low: immediate & 1 == 0 ? a.low : a.high, high: immediate & 2 == 0 ? b.low : b.high)
        case .pshufw, .pshuflw: return XMM(low: selectWords(b.low, immediate), high: b.high)
        case .pshufhw: return XMM(low: b.low, high: selectWords(b.high, immediate))
        case .palignr:
            if isWide { return shiftBytesRight(b, a, by: UInt64(truncatingIfNeeded: immediate)) }
            return XMM(low: shiftBytesRight(XMM(low: b.low, high: a.low), XMM(), by: UInt64(truncatingIfNeeded: immediate)).low)
        case .blendps: return blend(a, b, unit: 4, immediate)
        case .blendpd: return blend(a, b, unit: 8, immediate)
        case .pblendw: return blend(a, b, unit: 2, immediate)
        case .mpsadbw: return multipleDifferences(a, b, immediate)
        default: return a
        }
    }

    /// Lanes 0 and 1 from `a`, 2 and 3 from `b`.
    private static func select(_ a: SIMD4<UInt32>, _ b: SIMD4<UInt32>, _ immediate: UInt8) -> SIMD4<UInt32> {
        func place(_ lane: UInt8) -> Int { Int(truncatingIfNeeded: (immediate &>> (lane &* 2)) & 3) }
        return SIMD4(a[place(0)], a[place(1)], b[place(2)], b[place(3)])
    }

    private static func selectWords(_ a: UInt64, _ immediate: UInt8) -> UInt64 {
        var result: UInt64 = 0
        for lane in UInt64(0)..<4 {
            let place = (UInt64(truncatingIfNeeded: immediate) &>> (lane &* 2)) & 3
            result |= ((a &>> (place &* 16)) & 0xFFFF) &<< (lane &* 16)
        }
        return result
    }

    /// Lanes of `unit` bytes, from `b` where the immediate has a one.
    private static func blend(_ a: XMM, _ b: XMM, unit: Int, _ immediate: UInt8) -> XMM {
        let (old, new) = (a.bytes, b.bytes)
        var result = old
        for byte in 0..<16 where immediate &>> UInt8(truncatingIfNeeded: byte / unit) & 1 != 0 { result[byte] = new[byte] }
        return XMM(result)
    }

    /// PBLENDVB (`unit` 1), BLENDVPS (4), BLENDVPD (8): lanes from `b` where the top bit of the mask's lane is set.
    static func blend(_ a: XMM, _ b: XMM, unit: Int, mask: XMM) -> XMM {
        let (old, new, chooser) = (a.bytes, b.bytes, mask.bytes)
        var result = old
        for byte in 0..<16 where chooser[byte | (unit &- 1)] >= 0x80 { result[byte] = new[byte] }
        return XMM(result)
    }

    private static func multipleDifferences(_ a: XMM, _ b: XMM, _ immediate: UInt8) -> XMM {
        let first = immediate & 4 != 0 ? 4 : 0
        let second = Int(truncatingIfNeeded: immediate & 3) &* 4
        var result = SIMD8<UInt16>.zero
        for lane in 0..<8 {
            for byte in 0..<4 {
                let (x, y) = (a.bytes[first &+ lane &+ byte], b.bytes[second &+ byte])
                result[lane] &+= UInt16(truncatingIfNeeded: x > y ? x &- y : y &- x)
            }
        }
        return XMM(result)
    }

    /// PMOVSX and PMOVZX: the low lanes of the source widened.
    static func widen(_ operation: Operation, _ b: XMM) -> XMM {
        let bytes = b.bytes.lowHalf
        let words = b.words.lowHalf
        let doubles = b.doubles.lowHalf
        let signedBytes = b.signedBytes.lowHalf
        let signedWords = b.signedWords.lowHalf
        switch operation {
        case .pmovsxbw: return XMM(SIMD8<Int16>(truncatingIfNeeded: signedBytes))
        case .pmovsxbd: return XMM(SIMD4<Int32>(truncatingIfNeeded: signedBytes.lowHalf))
        case .pmovsxbq: return XMM(SIMD2<Int64>(truncatingIfNeeded: signedBytes.lowHalf.lowHalf))
        case .pmovsxwd: return XMM(SIMD4<Int32>(truncatingIfNeeded: signedWords))
        case .pmovsxwq: return XMM(SIMD2<Int64>(truncatingIfNeeded: signedWords.lowHalf))
        case .pmovsxdq: return XMM(SIMD2<Int64>(truncatingIfNeeded: b.signedDoubles.lowHalf))
        case .pmovzxbw: return XMM(SIMD8<UInt16>(truncatingIfNeeded: bytes))
        case .pmovzxbd: return XMM(SIMD4<UInt32>(truncatingIfNeeded: bytes.lowHalf))
        case .pmovzxbq: return XMM(SIMD2<UInt64>(truncatingIfNeeded: bytes.lowHalf.lowHalf))
        case .pmovzxwd: return XMM(SIMD4<UInt32>(truncatingIfNeeded: words))
        case .pmovzxwq: return XMM(SIMD2<UInt64>(truncatingIfNeeded: words.lowHalf))
        default: return XMM(SIMD2<UInt64>(truncatingIfNeeded: doubles))
        }
    }
}
