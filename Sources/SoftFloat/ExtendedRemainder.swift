/// FPREM, FPREM1, FRNDINT, FSCALE and FXTRACT. SDM Vol. 2A.
extension Extended {
    /// Result of one step of a partial remainder.
    package struct Remainder {
        package var value: Extended
        /// The three low bits of the quotient.
        package var quotient: UInt8?
        /// The reduction has to go on: C2.
        package var isIncomplete = false
    }

    /// a − b × quotient, the quotient rounded toward zero, or to nearest (FPREM1). Always exact. At most 63 bits of quotient are
    /// worked off in one step; an incomplete step works off 32 to 63.
    package static func remainder(_ a: Extended, _ b: Extended, nearest: Bool, _ context: inout FloatContext) -> Remainder {
        if let nan = invalidOperand(a, b, &context) { return Remainder(value: nan, quotient: nil) }
        if a.isInfinity || b.isZero { return Remainder(value: invalid(&context), quotient: nil) }
        if (a.isDenormal || b.isDenormal) && context.stopsAtDenormal() { return Remainder(value: a, quotient: 0) }
        if a.isZero || b.isInfinity { return Remainder(value: a.isZero ? a : exact(Finite(a), &context), quotient: 0) }
        let x = Finite(a)
        let y = Finite(b)
        let distance = x.exponent &- y.exponent
        if distance < -1 || (distance < 0 && !nearest) { return Remainder(value: exact(x, &context), quotient: 0) }
        if distance >= 64 {
            let step = UInt64(truncatingIfNeeded: distance & 31 | 32)
            let rest = y.significand.dividingFullWidth((x.significand &>> (64 &- step), x.significand &<< step)).remainder
            if rest == 0 { return Remainder(value: .zero(negative: x.negative), quotient: nil, isIncomplete: true) }
            let exponent = y.exponent &+ distance &- Int32(truncatingIfNeeded: step)
            return Remainder(
                value: exact(Finite(normalizing: rest, negative: x.negative, exponent: exponent), &context), quotient: nil,
                isIncomplete: true)
        }
        var quotient: UInt64 = 0
        var rest = x.significand
        var exponent = x.exponent
        if distance >= 0 {
            exponent = y.exponent
            let step = UInt64(truncatingIfNeeded: distance)
            let high = distance == 0 ? 0 : x.significand &>> (64 &- step)
            (quotient, rest) = y.significand.dividingFullWidth((high, x.significand &<< step))
        }
        var negative = x.negative
        if nearest && rest != 0 {
            // Twice the rest against the divisor. One exponent lower, the significand itself is twice the rest.
            let other = distance < 0 ? y.significand : y.significand &- rest
            if rest > other || (rest == other && quotient & 1 != 0) {
                quotient = quotient &+ 1
                negative.toggle()
                rest = distance < 0 ? (y.significand &- rest) &+ y.significand : other
            }
        }
        let low = UInt8(truncatingIfNeeded: quotient & 7)
        if rest == 0 { return Remainder(value: .zero(negative: x.negative), quotient: low) }
        return Remainder(value: exact(Finite(normalizing: rest, negative: negative, exponent: exponent), &context), quotient: low)
    }

    /// Rounds to an integer, in the same format.
    package static func roundToIntegral(_ a: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(a, &context) { return nan }
        if a.isZero || a.isInfinity { return a }
        if a.isDenormal && context.stopsAtDenormal() { return a }
        let finite = Finite(a)
        if finite.exponent >= 63 { return a }
        let integer = finite.integralPart(context.rounding)
        if integer.isInexact {
            context.raised.insert(.PE)
            context.roundedUp = integer.roundedUp
        }
        guard let magnitude = integer.magnitude, magnitude != 0 else { return .zero(negative: a.isNegative) }
        let result = Finite(normalizing: magnitude, negative: a.isNegative, exponent: 63)
        return Extended(
            negative: a.isNegative, exponentField: UInt16(truncatingIfNeeded: result.exponent &+ bias),
            significand: result.significand)
    }

    /// a × 2^b, b rounded toward zero.
    package static func scale(_ a: Extended, by b: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(a, b, &context) { return nan }
        if b.isInfinity {
            if b.isNegative ? a.isInfinity : a.isZero { return invalid(&context) }
            if a.isDenormal && context.stopsAtDenormal() { return a }
            return b.isNegative ? .zero(negative: a.isNegative) : .infinity(negative: a.isNegative)
        }
        if (a.isDenormal || b.isDenormal) && context.stopsAtDenormal() { return a }
        if a.isZero || a.isInfinity { return a }
        var finite = Finite(a)
        if !b.isZero {
            let scale = Finite(b)
            // Beyond 2^17 every number overflows or vanishes.
            let distance: UInt64 = scale.exponent >= 17 ? 1 << 17 : scale.integralPart(.towardZero).magnitude ?? 0
            let step = Int32(truncatingIfNeeded: distance)
            finite.exponent = finite.exponent &+ (scale.negative ? 0 &- step : step)
        }
        return exact(finite, &context)
    }

    /// The unbiased exponent as a number, and the significand with the exponent taken away.
    package static func extract(_ a: Extended, _ context: inout FloatContext) -> (exponent: Extended, significand: Extended) {
        if let nan = invalidOperand(a, &context) { return (nan, nan) }
        if a.isInfinity { return (.infinity(), a) }
        if a.isZero {
            context.raised.insert(.ZE)
            return (.infinity(negative: true), a)
        }
        if a.isDenormal && context.stopsAtDenormal() { return (a, a) }
        let finite = Finite(a)
        return (
            widen(integer: Int64(truncatingIfNeeded: finite.exponent)),
            Extended(negative: a.isNegative, exponentField: 0x3FFF, significand: finite.significand)
        )
    }

    /// A number that needs no rounding unless it is out of range.
    private static func exact(_ number: Finite, _ context: inout FloatContext) -> Extended {
        context.roundToExtended(
            Unrounded(negative: number.negative, exponent: number.exponent, significand: number.significand, fraction: 0))
    }
}
