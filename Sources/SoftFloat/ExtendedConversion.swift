/// Loads and stores in other formats: single and double precision, integers. SDM Vol. 1, sections 4.2, 8.1.2 and 8.3.4.
extension Extended {
    /// Widens a single-precision pattern, NaNs unchanged; `isDenormal` if it was denormal.
    @inlinable @inline(__always)
    public static func widen(single bits: UInt32) -> (number: Extended, isDenormal: Bool) {
        let negative = bits &>> 31 != 0
        let field = UInt16(truncatingIfNeeded: (bits &>> 23) & 0xFF)
        let fraction = UInt64(truncatingIfNeeded: bits & 0x7F_FFFF) &<< 40
        if (field &- 1) < 0xFE {
            return (Extended(negative: negative, exponentField: field &+ (16383 - 127), significand: fraction | J), false)
        }
        return widenSpecial(negative: negative, isTop: field != 0, fraction: fraction, minimum: -126)
    }

    /// Widens a double-precision pattern, NaNs unchanged; `isDenormal` if it was denormal.
    @inlinable @inline(__always)
    public static func widen(double bits: UInt64) -> (number: Extended, isDenormal: Bool) {
        let negative = bits &>> 63 != 0
        let field = UInt16(truncatingIfNeeded: (bits &>> 52) & 0x7FF)
        let fraction = (bits & 0xF_FFFF_FFFF_FFFF) &<< 11
        if (field &- 1) < 0x7FE {
            return (Extended(negative: negative, exponentField: field &+ (16383 - 1023), significand: fraction | J), false)
        }
        return widenSpecial(negative: negative, isTop: field != 0, fraction: fraction, minimum: -1022)
    }

    @usableFromInline @inline(never)
    static func widenSpecial(
        negative: Bool, isTop: Bool, fraction: UInt64, minimum: Int32
    ) -> (number: Extended, isDenormal: Bool) {
        if isTop { return (Extended(negative: negative, exponentField: 0x7FFF, significand: fraction | J), false) }
        if fraction == 0 { return (.zero(negative: negative), false) }
        let finite = Finite(normalizing: fraction, negative: negative, exponent: minimum)
        return (
            Extended(
                negative: negative, exponentField: UInt16(truncatingIfNeeded: finite.exponent &+ bias),
                significand: finite.significand), true
        )
    }

    /// Converts an integer: FILD. Always exact.
    @inlinable @inline(__always)
    public static func widen(integer value: Int64) -> Extended {
        if value == 0 { return .zero() }
        let finite = Finite(normalizing: value.magnitude, negative: value < 0, exponent: 63)
        return Extended(
            negative: value < 0, exponentField: UInt16(truncatingIfNeeded: finite.exponent &+ bias), significand: finite.significand
        )
    }

    /// Rounds to single precision and returns the pattern.
    @inlinable @inline(__always)
    public func narrowToSingle(_ context: inout FloatContext) -> UInt32 {
        let parts = narrow(to: .single, top: 0xFF, &context)
        var bits: UInt32 = isIndefiniteSign(parts.nan) ? 0x8000_0000 : 0
        bits |= UInt32(truncatingIfNeeded: parts.field) &<< 23
        bits |= UInt32(truncatingIfNeeded: (parts.significand &>> 40) & 0x7F_FFFF)
        return bits
    }

    /// Rounds to double precision and returns the pattern.
    @inlinable @inline(__always)
    public func narrowToDouble(_ context: inout FloatContext) -> UInt64 {
        let parts = narrow(to: .double, top: 0x7FF, &context)
        var bits: UInt64 = isIndefiniteSign(parts.nan) ? Self.J : 0
        bits |= UInt64(truncatingIfNeeded: parts.field) &<< 52
        bits |= (parts.significand &>> 11) & 0xF_FFFF_FFFF_FFFF
        return bits
    }

    @inlinable @inline(__always)
    func isIndefiniteSign(_ nan: Extended?) -> Bool { nan?.isNegative ?? isNegative }

    @inlinable @inline(__always)
    func narrow(
        to format: FloatFormat, top: Int32, _ context: inout FloatContext
    ) -> (field: Int32, significand: UInt64, nan: Extended?) {
        if isNormal {
            let exact = Unrounded(
                negative: isNegative, exponent: Int32(truncatingIfNeeded: exponentField) &- Self.bias, significand: significand,
                fraction: 0)
            return narrow(exact, to: format, &context)
        }
        if let nan = Self.invalidOperand(self, &context) { return (top, nan.significand, nan) }
        if isZero { return (0, 0, nil) }
        if isInfinity { return (top, Self.J, nil) }
        // Far below the range of both formats. Stores do not raise #D.
        let finite = Finite(self)
        let exact = Unrounded(negative: isNegative, exponent: finite.exponent, significand: finite.significand, fraction: 0)
        return narrow(exact, to: format, &context)
    }

    @inlinable @inline(__always)
    func narrow(
        _ exact: Unrounded, to format: FloatFormat, _ context: inout FloatContext
    ) -> (field: Int32, significand: UInt64, nan: Extended?) {
        let rounded = context.round(exact, to: format)
        // Nothing is stored after an unmasked #O or #U, so nothing was rounded either.
        if !context.raised.isDisjoint(with: [.OE, .UE]) && !context.unmasked.isDisjoint(with: [.OE, .UE]) {
            context.raised.remove(.PE)
            context.roundedUp = false
        }
        return (rounded.exponentField, rounded.significand, nil)
    }
}

extension Extended {
    /// Rounds to an integer of `bits` bits (16, 32 or 64). Out of range, NaN and unsupported operands give the integer indefinite.
    @inlinable public func toInteger(bits: UInt8, _ context: inout FloatContext) -> Int64 {
        let indefinite = Int64.min &>> Int64(truncatingIfNeeded: 64 &- bits)
        let limit = UInt64(1) &<< UInt64(truncatingIfNeeded: bits &- 1)
        guard let magnitude = roundedMagnitude(limit: isNegative ? limit : limit &- 1, &context) else { return indefinite }
        return isNegative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(truncatingIfNeeded: magnitude)
    }

    /// The magnitude rounded to an integer of at most `limit`; nil and #I when there is none.
    @inlinable public func roundedMagnitude(limit: UInt64, _ context: inout FloatContext) -> UInt64? {
        if isZero { return 0 }
        if exponentField == 0x7FFF || kind == .unsupported {
            context.raised.insert(.IE)
            return nil
        }
        let finite = Finite(self)
        guard finite.exponent <= 63 else {
            context.raised.insert(.IE)
            return nil
        }
        let integer = finite.integralPart(context.rounding)
        guard let magnitude = integer.magnitude, magnitude <= limit else {
            context.raised.insert(.IE)
            return nil
        }
        if integer.isInexact {
            context.raised.insert(.PE)
            context.roundedUp = integer.roundedUp
        }
        return magnitude
    }
}

extension Finite {
    /// A number below 2^64 rounded to an integer; the magnitude is nil when rounding up reaches 2^64.
    @inlinable func integralPart(_ rounding: FloatRounding) -> (magnitude: UInt64?, isInexact: Bool, roundedUp: Bool) {
        let whole: UInt64
        let rest: UInt64
        if exponent >= 63 {
            (whole, rest) = (significand, 0)
        } else if exponent >= 0 {
            let shift = UInt64(truncatingIfNeeded: exponent &+ 1)
            (whole, rest) = (significand &>> (64 &- shift), significand &<< shift)
        } else {
            (whole, rest) = (0, exponent == -1 ? significand : 1)
        }
        if rest == 0 { return (whole, false, false) }
        let up: Bool
        switch rounding {
        case .nearestEven: up = rest > Extended.J || (rest == Extended.J && whole & 1 != 0)
        case .down: up = negative
        case .up: up = !negative
        case .towardZero: up = false
        }
        if !up { return (whole, true, false) }
        return (whole == UInt64.max ? nil : whole &+ 1, true, true)
    }
}
