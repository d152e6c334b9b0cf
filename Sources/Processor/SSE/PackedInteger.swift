import X86

/// Operations on integer lanes: one function for MMX and SSE. Of an MMX register the upper half is zero, and what comes out above bit 63
/// is dropped. SDM Vol. 1, sections 9.4 and 11.6 and the pages of the names in Vol. 2.
///
/// `isWide` tells the two apart where the lanes of a result come from elsewhere than the same place.
enum PackedInteger {
    /// Destination, source → destination.
    static func apply(_ operation: Operation, _ a: XMM, _ b: XMM, isWide: Bool) -> XMM {
        switch operation {
        case .pand, .andps, .andpd: XMM(a.quads & b.quads)
        case .pandn, .andnps, .andnpd: XMM(~a.quads & b.quads)
        case .por, .orps, .orpd: XMM(a.quads | b.quads)
        case .pxor, .xorps, .xorpd: XMM(a.quads ^ b.quads)

        case .paddb: XMM(a.bytes &+ b.bytes)
        case .paddw: XMM(a.words &+ b.words)
        case .paddd: XMM(a.doubles &+ b.doubles)
        case .paddq: XMM(a.quads &+ b.quads)
        case .psubb: XMM(a.bytes &- b.bytes)
        case .psubw: XMM(a.words &- b.words)
        case .psubd: XMM(a.doubles &- b.doubles)
        case .psubq: XMM(a.quads &- b.quads)

        case .pcmpeqb: XMM(SIMD16<UInt8>.zero.replacing(with: .max, where: a.bytes .== b.bytes))
        case .pcmpeqw: XMM(SIMD8<UInt16>.zero.replacing(with: .max, where: a.words .== b.words))
        case .pcmpeqd: XMM(SIMD4<UInt32>.zero.replacing(with: .max, where: a.doubles .== b.doubles))
        case .pcmpeqq: XMM(SIMD2<UInt64>.zero.replacing(with: .max, where: a.quads .== b.quads))
        case .pcmpgtb: XMM(SIMD16<Int8>.zero.replacing(with: -1, where: a.signedBytes .> b.signedBytes))
        case .pcmpgtw: XMM(SIMD8<Int16>.zero.replacing(with: -1, where: a.signedWords .> b.signedWords))
        case .pcmpgtd: XMM(SIMD4<Int32>.zero.replacing(with: -1, where: a.signedDoubles .> b.signedDoubles))
        case .pcmpgtq: XMM(SIMD2<Int64>.zero.replacing(with: -1, where: a.signedQuads .> b.signedQuads))

        case .pminub: XMM(a.bytes.replacing(with: b.bytes, where: b.bytes .< a.bytes))
        case .pmaxub: XMM(a.bytes.replacing(with: b.bytes, where: b.bytes .> a.bytes))
        case .pminsb: XMM(a.signedBytes.replacing(with: b.signedBytes, where: b.signedBytes .< a.signedBytes))
        case .pmaxsb: XMM(a.signedBytes.replacing(with: b.signedBytes, where: b.signedBytes .> a.signedBytes))
        case .pminuw: XMM(a.words.replacing(with: b.words, where: b.words .< a.words))
        case .pmaxuw: XMM(a.words.replacing(with: b.words, where: b.words .> a.words))
        case .pminsw: XMM(a.signedWords.replacing(with: b.signedWords, where: b.signedWords .< a.signedWords))
        case .pmaxsw: XMM(a.signedWords.replacing(with: b.signedWords, where: b.signedWords .> a.signedWords))
        case .pminud: XMM(a.doubles.replacing(with: b.doubles, where: b.doubles .< a.doubles))
        case .pmaxud: XMM(a.doubles.replacing(with: b.doubles, where: b.doubles .> a.doubles))
        case .pminsd: XMM(a.signedDoubles.replacing(with: b.signedDoubles, where: b.signedDoubles .< a.signedDoubles))
        case .pmaxsd: XMM(a.signedDoubles.replacing(with: b.signedDoubles, where: b.signedDoubles .> a.signedDoubles))

        case .psrlw, .psrld, .psrlq, .psraw, .psrad, .psllw, .pslld, .psllq: shift(operation, a, by: b.low)

        case .punpcklbw, .punpcklwd, .punpckldq, .punpcklqdq, .punpckhbw, .punpckhwd, .punpckhdq, .punpckhqdq,
            .unpcklps, .unpcklpd, .unpckhps, .unpckhpd:
            interleave(operation, a, b, isWide: isWide)
        case .packsswb, .packuswb, .packssdw, .packusdw: pack(operation, a, b, isWide: isWide)
        case .phaddw, .phaddd, .phaddsw, .phsubw, .phsubd, .phsubsw: horizontal(operation, a, b, isWide: isWide)
        default: saturateOrMultiply(operation, a, b, isWide: isWide)
        }
    }

    private static func saturateOrMultiply(_ operation: Operation, _ a: XMM, _ b: XMM, isWide: Bool) -> XMM {
        switch operation {
        case .paddusb: XMM(saturatingSum(a.bytes, b.bytes))
        case .paddusw: XMM(saturatingSum(a.words, b.words))
        case .psubusb: XMM((a.bytes &- b.bytes).replacing(with: 0, where: b.bytes .> a.bytes))
        case .psubusw: XMM((a.words &- b.words).replacing(with: 0, where: b.words .> a.words))
        case .paddsb: XMM(narrowed(widened(a.signedBytes) &+ widened(b.signedBytes)))
        case .psubsb: XMM(narrowed(widened(a.signedBytes) &- widened(b.signedBytes)))
        case .paddsw: XMM(narrowed(widened(a.signedWords) &+ widened(b.signedWords)))
        case .psubsw: XMM(narrowed(widened(a.signedWords) &- widened(b.signedWords)))
        case .pavgb: XMM((a.bytes | b.bytes) &- ((a.bytes ^ b.bytes) &>> 1))
        case .pavgw: XMM((a.words | b.words) &- ((a.words ^ b.words) &>> 1))

        case .pmullw: XMM(a.words &* b.words)
        case .pmulld: XMM(a.doubles &* b.doubles)
        case .pmulhw: XMM(SIMD8<Int16>(truncatingIfNeeded: (widened(a.signedWords) &* widened(b.signedWords)) &>> 16))
        case .pmulhuw:
            XMM(
                SIMD8<UInt16>(
                    truncatingIfNeeded: (SIMD8<UInt32>(truncatingIfNeeded: a.words) &* SIMD8<UInt32>(truncatingIfNeeded: b.words))
                        &>> 16
                ))
        case .pmulhrsw:
            XMM(SIMD8<Int16>(truncatingIfNeeded: (((widened(a.signedWords) &* widened(b.signedWords)) &>> 14) &+ 1) &>> 1))
        case .pmuludq: XMM((a.quads & 0xFFFF_FFFF) &* (b.quads & 0xFFFF_FFFF))
        case .pmuldq: XMM(((a.signedQuads &<< 32) &>> 32) &* ((b.signedQuads &<< 32) &>> 32))
        case .pmaddwd:
            XMM(
                widened(a.signedWords.evenHalf) &* widened(b.signedWords.evenHalf)
                    &+ widened(a.signedWords.oddHalf) &* widened(b.signedWords.oddHalf))
        case .pmaddubsw:
            XMM(
                narrowed(
                    SIMD8<Int32>(truncatingIfNeeded: a.bytes.evenHalf) &* SIMD8<Int32>(truncatingIfNeeded: b.signedBytes.evenHalf)
                        &+ SIMD8<Int32>(truncatingIfNeeded: a.bytes.oddHalf)
                        &* SIMD8<Int32>(truncatingIfNeeded: b.signedBytes.oddHalf)))
        case .psadbw: XMM(low: differences(a.bytes.lowHalf, b.bytes.lowHalf), high: differences(a.bytes.highHalf, b.bytes.highHalf))

        case .psignb: XMM(signed(a.signedBytes, by: b.signedBytes))
        case .psignw: XMM(signed(a.signedWords, by: b.signedWords))
        case .psignd: XMM(signed(a.signedDoubles, by: b.signedDoubles))
        case .pabsb: XMM(b.signedBytes.replacing(with: 0 &- b.signedBytes, where: b.signedBytes .< 0))
        case .pabsw: XMM(b.signedWords.replacing(with: 0 &- b.signedWords, where: b.signedWords .< 0))
        case .pabsd: XMM(b.signedDoubles.replacing(with: 0 &- b.signedDoubles, where: b.signedDoubles .< 0))
        case .pshufb: shuffleBytes(a, by: b, isWide: isWide)
        case .phminposuw: smallestWord(b)
        default: a
        }
    }

    // MARK: Shifts

    /// A count beyond the lane gives zeros, or copies of the sign.
    static func shift(_ operation: Operation, _ a: XMM, by count: UInt64) -> XMM {
        switch operation {
        case .psrlw: count > 15 ? XMM() : XMM(a.words &>> UInt16(truncatingIfNeeded: count))
        case .psllw: count > 15 ? XMM() : XMM(a.words &<< UInt16(truncatingIfNeeded: count))
        case .psraw: XMM(a.signedWords &>> Int16(truncatingIfNeeded: min(count, 15)))
        case .psrld: count > 31 ? XMM() : XMM(a.doubles &>> UInt32(truncatingIfNeeded: count))
        case .pslld: count > 31 ? XMM() : XMM(a.doubles &<< UInt32(truncatingIfNeeded: count))
        case .psrad: XMM(a.signedDoubles &>> Int32(truncatingIfNeeded: min(count, 31)))
        case .psrlq: count > 63 ? XMM() : XMM(a.quads &>> count)
        case .psllq: count > 63 ? XMM() : XMM(a.quads &<< count)
        case .psrldq: shiftBytesRight(a, XMM(), by: count)
        case .pslldq: count > 15 ? XMM() : shiftBytesRight(XMM(), a, by: 16 &- count)
        default: a
        }
    }

    /// The 16 bytes from byte `count` on of `high`:`low`.
    static func shiftBytesRight(_ low: XMM, _ high: XMM, by count: UInt64) -> XMM {
        if count >= 32 { return XMM() }
        if count >= 16 { return shiftBytesRight(high, XMM(), by: count &- 16) }
        let bits = (count & 7) &* 8
        func join(_ a: UInt64, _ b: UInt64) -> UInt64 { bits == 0 ? a : (a &>> bits) | (b &<< (64 &- bits)) }
        return count < 8
            ? XMM(low: join(low.low, low.high), high: join(low.high, high.low))
            : XMM(low: join(low.high, high.low), high: join(high.low, high.high))
    }

    // MARK: Between lanes

    private static func interleave(_ operation: Operation, _ a: XMM, _ b: XMM, isWide: Bool) -> XMM {
        let isHigh: Bool
        switch operation {
        case .punpckhbw, .punpckhwd, .punpckhdq, .punpckhqdq, .unpckhps, .unpckhpd: isHigh = true
        default: isHigh = false
        }
        // For MMX the high form is the upper half of all that there is to interleave.
        let x = isWide && isHigh ? XMM(low: a.high) : a
        let y = isWide && isHigh ? XMM(low: b.high) : b
        let all: XMM
        switch operation {
        case .punpcklbw, .punpckhbw: all = XMM(zipped(x.bytes.lowHalf, y.bytes.lowHalf))
        case .punpcklwd, .punpckhwd: all = XMM(zipped(x.words.lowHalf, y.words.lowHalf))
        case .punpckldq, .punpckhdq, .unpcklps, .unpckhps:
            all = XMM(SIMD4<UInt32>(x.doubles[0], y.doubles[0], x.doubles[1], y.doubles[1]))
        default: all = XMM(low: x.low, high: y.low)
        }
        return !isWide && isHigh ? XMM(low: all.high) : all
    }

    private static func pack(_ operation: Operation, _ a: XMM, _ b: XMM, isWide: Bool) -> XMM {
        func half(_ x: XMM) -> UInt64 {
            switch operation {
            case .packsswb: lowHalf(SIMD8<Int8>(truncatingIfNeeded: clamped(x.signedWords, -128, 127)))
            case .packuswb: lowHalf(SIMD8<Int8>(truncatingIfNeeded: clamped(x.signedWords, 0, 255)))
            case .packssdw: lowHalf(SIMD4<Int16>(truncatingIfNeeded: clamped(x.signedDoubles, -32768, 32767)))
            default: lowHalf(SIMD4<Int16>(truncatingIfNeeded: clamped(x.signedDoubles, 0, 65535)))
            }
        }
        return isWide ? XMM(low: half(a), high: half(b)) : XMM(low: half(XMM(low: a.low, high: b.low)))
    }

    private static func horizontal(_ operation: Operation, _ a: XMM, _ b: XMM, isWide: Bool) -> XMM {
        func half(_ x: XMM) -> UInt64 {
            let words = x.signedWords
            let doubles = x.doubles
            switch operation {
            case .phaddw: return lowHalf(words.evenHalf &+ words.oddHalf)
            case .phsubw: return lowHalf(words.evenHalf &- words.oddHalf)
            case .phaddd: return lowHalf(doubles.evenHalf &+ doubles.oddHalf)
            case .phsubd: return lowHalf(doubles.evenHalf &- doubles.oddHalf)
            default:
                let (even, odd) = (widened(words.evenHalf), widened(words.oddHalf))
                let sum = operation == .phaddsw ? even &+ odd : even &- odd
                return lowHalf(SIMD4<Int16>(truncatingIfNeeded: clamped(sum, -32768, 32767)))
            }
        }
        return isWide ? XMM(low: half(a), high: half(b)) : XMM(low: half(XMM(low: a.low, high: b.low)))
    }

    /// Through memory: picking lanes of a vector by number costs five times as much.
    private static func shuffleBytes(_ a: XMM, by b: XMM, isWide: Bool) -> XMM {
        let mask: UInt8 = isWide ? 15 : 7
        var result = b
        withUnsafeBytes(of: a) { source in
            withUnsafeMutableBytes(of: &result) { lanes in
                for lane in 0..<16 {
                    let selector = lanes[lane]
                    lanes[lane] = selector < 0x80 ? source[Int(truncatingIfNeeded: selector & mask)] : 0
                }
            }
        }
        return result
    }

    private static func smallestWord(_ b: XMM) -> XMM {
        var place = 0
        for lane in 1..<8 where b.words[lane] < b.words[place] { place = lane }
        return XMM(low: UInt64(truncatingIfNeeded: b.words[place]) | UInt64(truncatingIfNeeded: place) &<< 16)
    }

    // MARK: Lanes

    @inline(__always) private static func widened(_ x: SIMD16<Int8>) -> SIMD16<Int16> { SIMD16(truncatingIfNeeded: x) }
    @inline(__always) private static func widened(_ x: SIMD8<Int16>) -> SIMD8<Int32> { SIMD8(truncatingIfNeeded: x) }
    @inline(__always) private static func widened(_ x: SIMD4<Int16>) -> SIMD4<Int32> { SIMD4(truncatingIfNeeded: x) }
    @inline(__always) private static func narrowed(_ x: SIMD16<Int16>) -> SIMD16<Int8> {
        SIMD16(truncatingIfNeeded: clamped(x, -128, 127))
    }
    @inline(__always) private static func narrowed(_ x: SIMD8<Int32>) -> SIMD8<Int16> {
        SIMD8(truncatingIfNeeded: clamped(x, -32768, 32767))
    }

    @inline(__always)
    private static func clamped<L: SIMD>(_ x: L, _ low: L.Scalar, _ high: L.Scalar) -> L where L.Scalar: Comparable {
        x.clamped(lowerBound: L(repeating: low), upperBound: L(repeating: high))
    }
    @inline(__always) private static func lowHalf(_ x: SIMD8<Int8>) -> UInt64 { unsafeBitCast(x, to: UInt64.self) }
    @inline(__always) private static func lowHalf(_ x: SIMD4<Int16>) -> UInt64 { unsafeBitCast(x, to: UInt64.self) }
    @inline(__always) private static func lowHalf(_ x: SIMD2<UInt32>) -> UInt64 { unsafeBitCast(x, to: UInt64.self) }
    @inline(__always) private static func zipped(_ even: SIMD8<UInt8>, _ odd: SIMD8<UInt8>) -> SIMD16<UInt8> {
        var result = SIMD16<UInt8>.zero
        result.evenHalf = even
        result.oddHalf = odd
        return result
    }
    @inline(__always) private static func zipped(_ even: SIMD4<UInt16>, _ odd: SIMD4<UInt16>) -> SIMD8<UInt16> {
        var result = SIMD8<UInt16>.zero
        result.evenHalf = even
        result.oddHalf = odd
        return result
    }

    @inline(__always) private static func saturatingSum(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> {
        let sum = a &+ b
        return sum.replacing(with: .max, where: sum .< a)
    }
    @inline(__always) private static func saturatingSum(_ a: SIMD8<UInt16>, _ b: SIMD8<UInt16>) -> SIMD8<UInt16> {
        let sum = a &+ b
        return sum.replacing(with: .max, where: sum .< a)
    }

    @inline(__always)
    private static func signed<L: SIMD>(_ a: L, by b: L) -> L where L.Scalar: FixedWidthInteger & SignedInteger {
        a.replacing(with: L.zero &- a, where: b .< 0).replacing(with: L.zero, where: b .== 0)
    }

    /// Sum of the absolute differences of eight bytes.
    @inline(__always) private static func differences(_ a: SIMD8<UInt8>, _ b: SIMD8<UInt8>) -> UInt64 {
        var sum: UInt64 = 0
        for lane in 0..<8 { sum &+= UInt64(truncatingIfNeeded: a[lane] > b[lane] ? a[lane] &- b[lane] : b[lane] &- a[lane]) }
        return sum
    }
}
