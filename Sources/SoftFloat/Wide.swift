/// A finite number other than zero with 128 bits of significand: what the transcendental functions compute in, so that one final rounding
/// gives the result.
///
/// ± significand × 2^(exponent − 127), bit 127 set. Operations cut off; each errs by less than two units in the last place.
struct Wide {
    var negative: Bool
    var exponent: Int32
    var significand: UInt128

    static let top: UInt128 = 1 << 127

    init(negative: Bool = false, exponent: Int32, significand: UInt128) {
        self.negative = negative
        self.exponent = exponent
        self.significand = significand
    }

    /// From a significand that may have leading zeros, but is not zero.
    init(normalizing significand: UInt128, negative: Bool = false, exponent: Int32) {
        let zeros = significand.leadingZeroBitCount
        self.init(
            negative: negative, exponent: exponent &- Int32(truncatingIfNeeded: zeros),
            significand: significand &<< UInt128(truncatingIfNeeded: zeros))
    }

    init(_ number: Finite) {
        self.init(
            negative: number.negative, exponent: number.exponent,
            significand: UInt128(truncatingIfNeeded: number.significand) &<< 64)
    }

    static let pi = Wide(exponent: 1, significand: 0xC90F_DAA2_2168_C234_C4C6_628B_80DC_1CD1)
    static let ln2 = Wide(exponent: -1, significand: 0xB172_17F7_D1CF_79AB_C9E3_B398_03F2_F6AF)
    /// log₂ e.
    static let log2e = Wide(exponent: 0, significand: 0xB8AA_3B29_5C17_F0BB_BE87_FED0_691D_3E88)

    /// The next digit of `rest`:`next` ÷ `divisor`, whose top bit is set; `rest` < `divisor` becomes the remainder.
    private static func digit(_ rest: inout UInt128, _ next: UInt64, _ divisor: UInt128) -> UInt64 {
        let top = UInt64(truncatingIfNeeded: divisor &>> 64)
        let low = UInt128(truncatingIfNeeded: UInt64(truncatingIfNeeded: divisor))
        let high = UInt64(truncatingIfNeeded: rest &>> 64)
        let middle = UInt64(truncatingIfNeeded: rest)
        var (quotient, remainder) =
            high >= top ? (UInt64.max, UInt64(0)) : top.dividingFullWidth((high, middle))
        // remainder = rest − quotient × top, which may have more than 64 bits when the estimate was cut to the largest digit.
        var wideRemainder = UInt128(truncatingIfNeeded: remainder)
        if high >= top { wideRemainder = rest &- UInt128(truncatingIfNeeded: quotient) &* UInt128(truncatingIfNeeded: top) }
        while wideRemainder &>> 64 == 0,
            UInt128(truncatingIfNeeded: quotient) &* low > wideRemainder &<< 64 | UInt128(truncatingIfNeeded: next)
        {
            quotient &-= 1
            wideRemainder = wideRemainder &+ UInt128(truncatingIfNeeded: top)
        }
        remainder = UInt64(truncatingIfNeeded: wideRemainder)
        // What is left fits 128 bits, so its upper parts need not be known.
        rest =
            (UInt128(truncatingIfNeeded: remainder) &<< 64 | UInt128(truncatingIfNeeded: next))
            &- UInt128(truncatingIfNeeded: quotient) &* low
        return quotient
    }

    static func * (a: Wide, b: Wide) -> Wide {
        let high = a.significand.upperProduct(with: b.significand)
        return Wide(normalizing: high, negative: a.negative != b.negative, exponent: a.exponent &+ b.exponent &+ 1)
    }

    static func / (a: Wide, b: Wide) -> Wide {
        // a × 2^126 ÷ b with both significands halved, digit by digit of 64 bits: Knuth's algorithm D for a divisor of two digits.
        let dividend = a.significand &>> 1
        let divisor = b.significand & ~1
        var rest = dividend &>> 1
        let upper = digit(&rest, UInt64(truncatingIfNeeded: (dividend & 1) &<< 63), divisor)
        let lower = digit(&rest, 0, divisor)
        let quotient = UInt128(truncatingIfNeeded: upper) &<< 64 | UInt128(truncatingIfNeeded: lower)
        return Wide(normalizing: quotient, negative: a.negative != b.negative, exponent: a.exponent &- b.exponent &+ 1)
    }

    /// The sum; the caller knows that it is not zero.
    static func + (x: Wide, y: Wide) -> Wide {
        let swap = y.exponent > x.exponent || (y.exponent == x.exponent && y.significand > x.significand)
        let a = swap ? y : x
        let b = swap ? x : y
        let distance = a.exponent &- b.exponent
        // Something beyond the last place still counts as one unit there.
        let shifted = distance > 126 ? 1 : max(b.significand &>> UInt128(truncatingIfNeeded: distance), 1)
        if a.negative != b.negative {
            return Wide(normalizing: max(a.significand &- shifted, 1), negative: a.negative, exponent: a.exponent)
        }
        let (sum, carry) = a.significand.addingReportingOverflow(shifted)
        if !carry { return Wide(negative: a.negative, exponent: a.exponent, significand: sum) }
        return Wide(negative: a.negative, exponent: a.exponent &+ 1, significand: (sum &>> 1) | top)
    }

    var negated: Wide { Wide(negative: !negative, exponent: exponent, significand: significand) }

    /// 2^`power` times the number.
    func scaled(_ power: Int32) -> Wide { Wide(negative: negative, exponent: exponent &+ power, significand: significand) }

    /// For rounding. `exact` says that the significand is the whole truth; otherwise something follows it.
    func unrounded(exact: Bool = false) -> Unrounded {
        Unrounded(
            negative: negative, exponent: exponent, significand: UInt64(truncatingIfNeeded: significand &>> 64),
            fraction: UInt64(truncatingIfNeeded: significand) | (exact ? 0 : 1))
    }
}

extension UInt128 {
    /// The upper half of the product: four multiplications of the host. The standard library's `multipliedFullWidth` goes digit by digit.
    @inline(__always)
    fileprivate func upperProduct(with other: UInt128) -> UInt128 {
        let mask = UInt128(UInt64.max)
        let (a1, a0) = (self &>> 64, self & mask)
        let (b1, b0) = (other &>> 64, other & mask)
        let (first, second) = (a1 &* b0, a0 &* b1)
        let middle = ((a0 &* b0) &>> 64) &+ (first & mask) &+ (second & mask)
        return a1 &* b1 &+ (first &>> 64) &+ (second &>> 64) &+ (middle &>> 64)
    }
}

/// Sums of power series, in fixed point with one bit before the point: `one` is 1, anything below 2 can be said.
enum Series {
    static let one: UInt128 = 1 << 127

    /// The magnitude of a number below 2 as fixed point.
    static func fixed(_ number: Wide) -> UInt128 {
        number.exponent < -127 ? 0 : number.significand &>> UInt128(truncatingIfNeeded: 0 &- number.exponent)
    }

    static func multiply(_ a: UInt128, _ b: UInt128) -> UInt128 { a.upperProduct(with: b) &<< 1 }

    /// (e^x − 1) / x for |x| ≤ ln 2: 1 + x/2! + x²/3! + …
    static func exponential(_ x: Wide) -> UInt128 {
        let magnitude = fixed(x)
        return exponentials.reduce(0) { sum, coefficient in
            let term = multiply(magnitude, sum)
            return x.negative ? coefficient &- term : coefficient &+ term
        }
    }

    /// 1 ∓ u/3 + u²/5 ∓ …: artanh(z)/z for u = z² ≤ 2^−5, or with `alternating` arctan(z)/z.
    static func inverse(_ u: UInt128, alternating: Bool) -> UInt128 {
        var sum: UInt128 = 0
        for reciprocal in oddReciprocals {
            let term = multiply(u, sum)
            sum = alternating ? reciprocal &- term : reciprocal &+ term
        }
        return sum
    }

    /// 1/37, 1/35 … 1.
    private static let oddReciprocals: [UInt128] = stride(from: UInt128(37), through: 1, by: -2).map { one / $0 }

    /// 1/27!, 1/26! … 1/1!, then 1/29!, 1/27! … 1/1! and 1/28!, 1/26! … 1/0!: the highest power first, as Horner's rule takes them. With
    /// factorials a term costs one multiplication instead of two.
    private static let exponentials = factorials(1...27, by: 1)
    private static let sines = factorials(1...29, by: 2)
    private static let cosines = factorials(0...28, by: 2)

    private static func factorials(_ range: ClosedRange<UInt128>, by step: UInt128) -> [UInt128] {
        var value = one
        var result = [one]
        var number = range.lowerBound
        while number < range.upperBound {
            for factor in number + 1...number + step { value /= factor }
            number += step
            result.append(value)
        }
        return result.reversed()
    }

    /// sin(x)/x from u = x² ≤ (π/4)²: 1 − u/3! + u²/5! − …
    static func sine(_ u: UInt128) -> UInt128 { sines.reduce(0) { sum, coefficient in coefficient &- multiply(u, sum) } }

    /// cos(x) from u = x² ≤ (π/4)²: 1 − u/2! + u²/4! − …
    static func cosine(_ u: UInt128) -> UInt128 { cosines.reduce(0) { sum, coefficient in coefficient &- multiply(u, sum) } }

    /// arctan(k/16) for k = 0…16.
    static let arctangents: [UInt128] = [
        0,
        0x07FD_56ED_CB3F_7A71_B659_3C96_E071_706A,
        0x0FEA_DD4D_5617_B6E3_2C89_7989_F3E8_88EF,
        0x17B9_7B4B_CE5B_0226_8F61_69F1_0393_8E90,
        0x1F5B_75F9_2C80_DD62_ADB8_F3DE_BEF4_42FC,
        0x26C4_EE6E_0FD7_979A_716A_ED26_349E_BCCA,
        0x2DEC_3283_C9BD_E11C_E2A8_C848_B73F_9120,
        0x34C9_DD87_9847_F96D_909F_257A_4007_9C4D,
        0x3B58_CE0A_C376_9ED1_5BF9_117B_2F0E_A340,
        0x4195_FA53_6CC3_3F15_25B5_04E5_B0D2_8AE0,
        0x4780_2EAF_7BFA_CFCD_AE41_AF0B_32E2_1BA3,
        0x4D17_C073_38DE_ED10_2113_7C71_1027_F9DE,
        0x525E_3E8C_9A7B_8492_0CD4_3F95_22BE_D64F,
        0x5756_261C_5A6C_6040_0A39_2F17_9F29_0385,
        0x5C02_9F15_E118_CF39_E596_D2A9_0852_221E,
        0x6067_42DC_5629_3320_44EE_B162_3749_7D12,
        0x6487_ED51_10B4_611A_6263_3145_C06E_0E68,
    ]
}
