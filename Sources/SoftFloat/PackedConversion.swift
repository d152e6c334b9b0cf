/// Between single, double and integers, and rounding to integers. SDM Vol. 1, sections 11.5.2.3 (conversions) and 4.8.4.
extension PackedFormat {
    /// To an integer of `bits` bits; out of range and NaN give the integer indefinite.
    @inlinable public static func integer(_ source: Bits, bits: Int, _ rounding: FloatRounding, _ context: inout FloatContext)
        -> UInt64
    {
        let a = operand(source, context)
        if isZero(a) { return 0 }
        let limit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: bits &- 1)
        guard a & infinity != infinity else {
            context.raised.insert(.IE)
            return limit
        }
        let number = finite(a)
        guard number.exponent < 63 || (number.exponent == 63 && number.negative), case let part = number.integralPart(rounding),
            let magnitude = part.magnitude, magnitude <= (number.negative ? limit : limit &- 1)
        else {
            context.raised.insert(.IE)
            return limit
        }
        if part.isInexact { context.raised.insert(.PE) }
        let value = number.negative ? 0 &- magnitude : magnitude
        return bits == 32 ? value & 0xFFFF_FFFF : value
    }

    /// Converts an integer, rounding where it has more bits than the fraction.
    @inlinable public static func from(integer value: Int64, _ context: inout FloatContext) -> Bits {
        if value == 0 { return 0 }
        return rounded(Finite(normalizing: value.magnitude, negative: value < 0, exponent: 63), &context)
    }

    /// ROUNDSS and its like. A denormal operand raises nothing but #P.
    @inlinable public static func integral(_ source: Bits, _ rounding: FloatRounding, _ context: inout FloatContext) -> Bits {
        let a = operand(source, context)
        if let nan = nan(a, a, &context) { return nan }
        if isZero(a) || isInfinity(a) { return a }
        let number = finite(a)
        if number.exponent >= Int32(truncatingIfNeeded: fractionBits) { return a }
        let part = number.integralPart(rounding)
        if part.isInexact { context.raised.insert(.PE) }
        guard let magnitude = part.magnitude, magnitude != 0 else { return zero(negative: number.negative) }
        var exact = FloatContext()
        return rounded(Finite(normalizing: magnitude, negative: number.negative, exponent: 63), &exact)
    }
}

extension Double64 {
    /// CVTSS2SD.
    @inlinable public static func from(single source: UInt32, _ context: inout FloatContext) -> UInt64 {
        let a = Single.operand(source, context)
        let sign = UInt64(truncatingIfNeeded: a & Single.signBit) &<< 32
        if Single.isNaN(a) {
            if Single.isSignalingNaN(a) { context.raised.insert(.IE) }
            return sign | infinity | quietBit | UInt64(truncatingIfNeeded: a & Single.fractionMask) &<< 29
        }
        if Single.isZero(a) { return sign }
        if Single.isInfinity(a) { return sign | infinity }
        if Single.isDenormal(a) { context.raised.insert(.DE) }
        return rounded(Single.finite(a), &context)
    }
}

extension Single {
    /// CVTSD2SS.
    @inlinable public static func from(double source: UInt64, _ context: inout FloatContext) -> UInt32 {
        let a = Double64.operand(source, context)
        let sign = UInt32(truncatingIfNeeded: a &>> 32) & signBit
        if Double64.isNaN(a) {
            if Double64.isSignalingNaN(a) { context.raised.insert(.IE) }
            return sign | infinity | quietBit | UInt32(truncatingIfNeeded: (a & Double64.fractionMask) &>> 29)
        }
        if Double64.isZero(a) { return sign }
        if Double64.isInfinity(a) { return sign | infinity }
        if Double64.isDenormal(a) { context.raised.insert(.DE) }
        return rounded(Double64.finite(a), &context)
    }

    /// VCVTPH2PS. A denormal is an ordinary number here.
    @inlinable public static func from(half a: UInt16, _ context: inout FloatContext) -> UInt32 {
        let sign = UInt32(truncatingIfNeeded: a & Half.signBit) &<< 16
        if Half.isNaN(a) {
            if Half.isSignalingNaN(a) { context.raised.insert(.IE) }
            return sign | infinity | quietBit | UInt32(truncatingIfNeeded: a & Half.fractionMask) &<< 13
        }
        if Half.isZero(a) { return sign }
        if Half.isInfinity(a) { return sign | infinity }
        return rounded(Half.finite(a), &context)
    }

    /// RCPPS: 1 ÷ x, raising nothing. Denormals and results that would be denormal are zeros.
    @inlinable public static func reciprocal(_ a: UInt32) -> UInt32 {
        if isNaN(a) { return a | quietBit }
        if a & infinity == 0 { return infinity(negative: isNegative(a)) }
        return flushed((1 / Float(bitPattern: a)).bitPattern)
    }

    /// RSQRTPS: 1 ÷ √x, raising nothing.
    @inlinable public static func reciprocalSquareRoot(_ a: UInt32) -> UInt32 {
        if isNaN(a) { return a | quietBit }
        if a & infinity == 0 { return infinity(negative: isNegative(a)) }
        if isNegative(a) { return indefinite }
        return Float(1 / Double(Float(bitPattern: a)).squareRoot()).bitPattern
    }

    @inlinable static func flushed(_ a: UInt32) -> UInt32 { a & infinity == 0 ? a & signBit : a }
}

extension Half {
    /// VCVTPS2PH.
    @inlinable public static func from(single source: UInt32, _ context: inout FloatContext) -> UInt16 {
        let a = Single.operand(source, context)
        let sign = UInt16(truncatingIfNeeded: a &>> 16) & signBit
        if Single.isNaN(a) {
            if Single.isSignalingNaN(a) { context.raised.insert(.IE) }
            return sign | infinity | quietBit | UInt16(truncatingIfNeeded: (a & Single.fractionMask) &>> 13)
        }
        if Single.isZero(a) { return sign }
        if Single.isInfinity(a) { return sign | infinity }
        if Single.isDenormal(a) { context.raised.insert(.DE) }
        return rounded(Single.finite(a), &context)
    }
}
