/// F2XM1, FYL2X and FYL2XP1. SDM Vol. 1, section 8.3.9; Vol. 2A for the special cases.
///
/// The error is below one unit in the last place. Outside the domains of the manual the functions go on as mathematics says.
extension Extended {
    /// 2^a − 1. For |a| > 1, where the manual leaves the result undefined, a itself.
    package static func exponentialMinusOne(_ a: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(a, &context) { return nan }
        if a.isZero { return a }
        if a.isInfinity { return a.isNegative ? .one(negative: true) : a }
        if a.isDenormal && context.stopsAtDenormal() { return a }
        let finite = Finite(a)
        if finite.exponent >= 0 {
            guard finite.exponent == 0 && finite.significand == J else { return a }
            // Processors report #P here although the result is exact.
            context.raised.insert(.PE)
            return a.isNegative ? Extended(negative: true, exponentField: 0x3FFE, significand: J) : a
        }
        let exponent = Wide(finite) * .ln2
        let factor = Series.exponential(exponent)
        return context.roundToExtended((exponent * Wide(normalizing: factor, exponent: 0)).unrounded())
    }

    /// y × log₂ x.
    package static func logarithm(_ x: Extended, times y: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(x, y, &context) { return nan }
        if x.isNegative && !x.isZero { return invalid(&context) }
        if x.isZero {
            if y.isZero { return invalid(&context) }
            if y.isInfinity { return .infinity(negative: !y.isNegative) }
            context.raised.insert(.ZE)
            return .infinity(negative: !y.isNegative)
        }
        let isOne = x == .one()
        if (y.isInfinity && isOne) || (x.isInfinity && y.isZero) { return invalid(&context) }
        if hasDenormal(x, y, context) && context.stopsAtDenormal() { return y }
        let below = x.exponentField < 0x3FFF
        let negative = y.isNegative != below
        if x.isInfinity || y.isInfinity { return .infinity(negative: negative) }
        if isOne || y.isZero { return .zero(negative: negative) }
        let finite = Finite(x)
        let (logarithm, isExact) = binaryLogarithm(finite)
        // Processors report #P also for powers of two.
        if isExact { context.raised.insert(.PE) }
        return context.roundToExtended((logarithm * Wide(Finite(y))).unrounded(exact: isExact))
    }

    /// y × log₂(x + 1).
    package static func logarithmPlusOne(_ x: Extended, times y: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(x, y, &context) { return nan }
        let isBelowMinusOne = x.isNegative && x.exponentField >= 0x3FFF
        if isBelowMinusOne { return invalid(&context) }
        if (x.isZero && y.isInfinity) || (x.isInfinity && y.isZero) { return invalid(&context) }
        if hasDenormal(x, y, context) && context.stopsAtDenormal() { return y }
        let negative = x.isNegative != y.isNegative
        if x.isInfinity || y.isInfinity { return .infinity(negative: negative) }
        if x.isZero || y.isZero { return .zero(negative: negative) }
        let wide = Wide(Finite(x))
        let one = Wide(exponent: 0, significand: Wide.top)
        if wide.exponent < -1 {
            // log₂(1 + x) = 2 artanh(x / (2 + x)) × log₂ e
            let logarithm = hyperbolic(wide / (one.scaled(1) + wide))
            return context.roundToExtended((logarithm * Wide(Finite(y))).unrounded())
        }
        let sum = one + wide
        let (logarithm, _) = binaryLogarithm(sum)
        return context.roundToExtended((logarithm * Wide(Finite(y))).unrounded())
    }

    private static func binaryLogarithm(_ x: Finite) -> (Wide, isExact: Bool) { binaryLogarithm(Wide(x)) }

    /// log₂ x for positive x other than 1; exact for powers of two.
    private static func binaryLogarithm(_ x: Wide) -> (Wide, isExact: Bool) {
        // m × 2^e with m in √½ … √2.
        let high = x.significand > 0xB504_F333_F9DE_6484_0000_0000_0000_0000
        let exponent = x.exponent &+ (high ? 1 : 0)
        let m = Wide(exponent: high ? -1 : 0, significand: x.significand)
        var whole: Wide?
        if exponent != 0 {
            whole = Wide(
                normalizing: UInt128(truncatingIfNeeded: exponent.magnitude), negative: exponent < 0, exponent: 127)
        }
        if m.significand == Wide.top { return (whole ?? Wide(exponent: 0, significand: Wide.top), true) }
        let one = Wide(exponent: 0, significand: Wide.top)
        let fraction = hyperbolic((m + one.negated) / (m + one))
        guard let whole else { return (fraction, false) }
        return (whole + fraction, false)
    }

    /// 2 artanh(z) × log₂ e = log₂((1 + z) / (1 − z)), for |z| ≤ 0.18.
    private static func hyperbolic(_ z: Wide) -> Wide {
        let factor = Series.inverse(Series.fixed(z * z), alternating: false)
        return (z * Wide(normalizing: factor, exponent: 0) * .log2e).scaled(1)
    }
}
