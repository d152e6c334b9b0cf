/// A finite number other than zero, taken apart: ± significand × 2^(exponent − 63), bit 63 of the significand set.
///
/// All formats meet here: extended numbers, single and double precision, integers. The operations return an exact result, or one
/// whose last bit says that something nonzero follows, in `Unrounded`.
@usableFromInline @frozen struct Finite {
    @usableFromInline var negative: Bool
    @usableFromInline var exponent: Int32
    @usableFromInline var significand: UInt64

    @inlinable @inline(__always)
    init(negative: Bool, exponent: Int32, significand: UInt64) {
        self.negative = negative
        self.exponent = exponent
        self.significand = significand
    }
}

/// A result before rounding: ± (significand + fraction × 2^−64) × 2^(exponent − 63), bit 63 of the significand set.
@usableFromInline @frozen struct Unrounded {
    @usableFromInline var negative: Bool
    @usableFromInline var exponent: Int32
    @usableFromInline var significand: UInt64
    /// The bits behind the significand. Bit 0 also stands for anything nonzero behind it.
    @usableFromInline var fraction: UInt64

    @inlinable @inline(__always)
    init(negative: Bool, exponent: Int32, significand: UInt64, fraction: UInt64) {
        self.negative = negative
        self.exponent = exponent
        self.significand = significand
        self.fraction = fraction
    }
}

extension Finite {
    /// From a significand that may have leading zeros, but is not zero.
    @inlinable @inline(__always)
    init(normalizing significand: UInt64, negative: Bool, exponent: Int32) {
        let zeros = significand.leadingZeroBitCount
        self.init(
            negative: negative, exponent: exponent &- Int32(truncatingIfNeeded: zeros),
            significand: significand &<< UInt64(truncatingIfNeeded: zeros))
    }

    /// Of a zero, NaN, infinity or unsupported operand the result has no meaning.
    @inlinable @inline(__always)
    init(_ number: Extended) {
        let field = Int32(truncatingIfNeeded: number.exponentField)
        if field != 0 {
            self.init(negative: number.isNegative, exponent: field &- Extended.bias, significand: number.significand)
        } else {
            self.init(normalizing: number.significand, negative: number.isNegative, exponent: 1 &- Extended.bias)
        }
    }

    /// The sum, or nil when it is exactly zero.
    @inlinable @inline(__always)
    static func sum(_ x: Finite, _ y: Finite) -> Unrounded? {
        let swap = y.exponent > x.exponent || (y.exponent == x.exponent && y.significand > x.significand)
        let a = swap ? y : x
        let b = swap ? x : y
        let distance = UInt64(truncatingIfNeeded: a.exponent &- b.exponent)
        var high = b.significand
        var low: UInt64 = 0
        if distance != 0 {
            if distance < 64 {
                low = high &<< (64 &- distance)
                high = high &>> distance
            } else if distance < 128 {
                low = distance == 64 ? high : (high &>> (distance &- 64)) | (high &<< (128 &- distance) != 0 ? 1 : 0)
                high = 0
            } else {
                low = 1
                high = 0
            }
        }
        if a.negative == b.negative {
            let (sum, carry) = a.significand.addingReportingOverflow(high)
            if !carry { return Unrounded(negative: a.negative, exponent: a.exponent, significand: sum, fraction: low) }
            return Unrounded(
                negative: a.negative, exponent: a.exponent &+ 1, significand: (sum &>> 1) | Extended.J,
                fraction: (sum &<< 63) | (low &>> 1) | (low & 1))
        }
        let rest = 0 &- low
        let difference = a.significand &- high &- (low != 0 ? 1 : 0)
        if difference >= Extended.J {
            return Unrounded(negative: a.negative, exponent: a.exponent, significand: difference, fraction: rest)
        }
        if difference == 0 {
            if rest == 0 { return nil }
            let zeros = UInt64(truncatingIfNeeded: rest.leadingZeroBitCount)
            return Unrounded(
                negative: a.negative, exponent: a.exponent &- 64 &- Int32(truncatingIfNeeded: zeros), significand: rest &<< zeros,
                fraction: 0)
        }
        let zeros = UInt64(truncatingIfNeeded: difference.leadingZeroBitCount)
        return Unrounded(
            negative: a.negative, exponent: a.exponent &- Int32(truncatingIfNeeded: zeros),
            significand: (difference &<< zeros) | (rest &>> (64 &- zeros)), fraction: rest &<< zeros)
    }

    @inlinable @inline(__always)
    static func product(_ x: Finite, _ y: Finite) -> Unrounded {
        let (high, low) = x.significand.multipliedFullWidth(by: y.significand)
        let negative = x.negative != y.negative
        let exponent = x.exponent &+ y.exponent
        if high >= Extended.J {
            return Unrounded(negative: negative, exponent: exponent &+ 1, significand: high, fraction: low)
        }
        return Unrounded(negative: negative, exponent: exponent, significand: (high &<< 1) | (low &>> 63), fraction: low &<< 1)
    }

    @inlinable @inline(__always)
    static func quotient(_ x: Finite, _ y: Finite) -> Unrounded {
        let wide = x.significand >= y.significand
        let high = wide ? x.significand &>> 1 : x.significand
        let low = wide ? x.significand &<< 63 : 0
        let (quotient, remainder) = y.significand.dividingFullWidth((high, low))
        var fraction: UInt64 = 0
        if remainder != 0 {
            // Enough to tell below, at and above one half apart.
            let rest = y.significand &- remainder
            fraction = remainder > rest ? 0xC000_0000_0000_0000 : remainder == rest ? 0x8000_0000_0000_0000 : 0x4000_0000_0000_0000
        }
        return Unrounded(
            negative: x.negative != y.negative, exponent: x.exponent &- y.exponent &- (wide ? 0 : 1), significand: quotient,
            fraction: fraction)
    }

    /// Of a positive number.
    @inlinable static func squareRoot(_ x: Finite) -> Unrounded {
        let odd = x.exponent & 1 != 0
        // radicand × 2^128 = root² + remainder, root in 2^63 ..< 2^64
        let high = odd ? x.significand : x.significand &>> 1
        let low = odd ? 0 : x.significand &<< 63
        // A straight line within 4 %, then Newton's method, which doubles the correct bits with each step: 32 of them at the end.
        var half = (high &>> 33) &+ (high &>> 35) &+ (high &>> 37) &+ 0x5C28_F5C3
        for _ in 0..<3 { half = (half &+ high / half) &>> 1 }
        // From above, so that the quotient of the last step has 64 bits.
        var root = half >= 0xFFFF_FFFF ? UInt64.max : (half &+ 1) &<< 32
        if high < root {
            let quotient = root.dividingFullWidth((high, low)).quotient
            let (sum, carry) = root.addingReportingOverflow(quotient)
            root = max((sum &>> 1) | (carry ? Extended.J : 0), Extended.J)
        }
        let radicand = UInt128(truncatingIfNeeded: high) &<< 64 | UInt128(truncatingIfNeeded: low)
        var remainder = radicand &- UInt128(truncatingIfNeeded: root) &* UInt128(truncatingIfNeeded: root)
        while remainder > UInt128.max / 2 {  // negative: the root is too large
            root &-= 1
            remainder = remainder &+ UInt128(truncatingIfNeeded: root) &* 2 &+ 1
        }
        while remainder > UInt128(truncatingIfNeeded: root) &* 2 {
            remainder = remainder &- UInt128(truncatingIfNeeded: root) &* 2 &- 1
            root &+= 1
        }
        // (root + ½)² = root² + root + ¼: never a tie.
        let fraction: UInt64 =
            remainder == 0 ? 0 : remainder > UInt128(truncatingIfNeeded: root) ? 0xC000_0000_0000_0000 : 0x4000_0000_0000_0000
        return Unrounded(negative: false, exponent: x.exponent &>> 1, significand: root, fraction: fraction)
    }
}
