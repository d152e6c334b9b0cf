/// FSIN, FCOS, FSINCOS, FPTAN and FPATAN. SDM Vol. 1, sections 8.3.7, 8.3.8 and 8.3.10; Vol. 2A for the special cases.
///
/// The error is below one unit in the last place. Arguments are reduced with the 66-bit value of π that the processors use.
extension Extended {
    /// An angle taken to −π/4 … π/4, and the quarter turn it came from.
    private struct ReducedAngle {
        /// nil for an exact zero.
        var rest: Wide?
        /// 0…3.
        var quadrant: UInt8

        /// For |angle| < 2^63.
        init(_ angle: Finite) {
            // π/4 is above 2^-1.
            if angle.exponent < -1 {
                rest = Wide(angle)
                quadrant = 0
                return
            }
            // In units of 2^-65 both the angle and the 66-bit π/2 are integers.
            let quarter: UInt128 = 0x3_243F_6A88_85A3_08D3
            let units = UInt128(truncatingIfNeeded: angle.significand) &<< UInt128(truncatingIfNeeded: angle.exponent &+ 2)
            var (turns, units2) = units.quotientAndRemainder(dividingBy: quarter)
            var negative = angle.negative
            if units2 > quarter &>> 1 {
                units2 = quarter &- units2
                turns = turns &+ 1
                negative.toggle()
            }
            rest = units2 == 0 ? nil : Wide(normalizing: units2, negative: negative, exponent: 127 - 65)
            quadrant = UInt8(truncatingIfNeeded: turns & 3)
            if angle.negative { quadrant = (0 &- quadrant) & 3 }
        }

        /// Sine and cosine of the reduced angle. Both fall short of 1 by at least one unit, as the true values do.
        func sineAndCosine() -> (sine: Wide?, cosine: Wide) {
            guard let rest else { return (nil, Wide(exponent: 0, significand: Wide.top)) }
            let square = Series.fixed(rest * rest)
            let sine = rest * Wide(normalizing: min(Series.sine(square), Series.one &- 1), exponent: 0)
            return (sine, Wide(normalizing: min(Series.cosine(square), Series.one &- 1), exponent: 0))
        }
    }

    /// The outcome of the check that FSIN and its relatives make before they compute: nil when the argument is out of range (C2 = 1).
    private enum AngleCheck {
        case outOfRange
        case answer(Extended)
        case compute(Finite)
    }

    private static func check(_ a: Extended, zero: Extended, _ context: inout FloatContext) -> AngleCheck {
        if let nan = invalidOperand(a, &context) { return .answer(nan) }
        if a.isInfinity { return .answer(invalid(&context)) }
        if a.isZero { return .answer(zero) }
        if a.isDenormal && context.stopsAtDenormal() { return .answer(a) }
        let finite = Finite(a)
        return finite.exponent >= 63 ? .outOfRange : .compute(finite)
    }

    /// nil when |a| is 2^63 or more.
    package static func sine(_ a: Extended, _ context: inout FloatContext) -> Extended? {
        switch check(a, zero: a, &context) {
        case .outOfRange: return nil
        case .answer(let answer): return answer
        case .compute(let finite): return sine(ReducedAngle(finite), &context)
        }
    }

    /// nil when |a| is 2^63 or more.
    package static func cosine(_ a: Extended, _ context: inout FloatContext) -> Extended? {
        switch check(a, zero: .one(), &context) {
        case .outOfRange: return nil
        case .answer(let answer): return answer
        case .compute(let finite):
            var angle = ReducedAngle(finite)
            angle.quadrant = (angle.quadrant &+ 1) & 3
            return sine(angle, &context)
        }
    }

    /// Sine and cosine; nil when |a| is 2^63 or more.
    package static func sineAndCosine(_ a: Extended, _ context: inout FloatContext) -> (sine: Extended, cosine: Extended)? {
        var second = context
        guard let sine = sine(a, &context), let cosine = cosine(a, &second) else { return nil }
        context.raised.formUnion(second.raised)
        return (sine, cosine)
    }

    /// nil when |a| is 2^63 or more.
    package static func tangent(_ a: Extended, _ context: inout FloatContext) -> Extended? {
        switch check(a, zero: a, &context) {
        case .outOfRange: return nil
        case .answer(let answer): return answer
        case .compute(let finite):
            let angle = ReducedAngle(finite)
            let (sine, cosine) = angle.sineAndCosine()
            guard let sine else { return .zero(negative: a.isNegative) }
            let tangent = angle.quadrant & 1 == 0 ? sine / cosine : (cosine / sine).negated
            return context.roundToExtended(tangent.unrounded())
        }
    }

    private static func sine(_ angle: ReducedAngle, _ context: inout FloatContext) -> Extended {
        let (sine, cosine) = angle.sineAndCosine()
        let turned = angle.quadrant & 2 != 0
        guard var value = angle.quadrant & 1 == 0 ? sine : cosine else { return .zero(negative: turned) }
        if turned { value.negative.toggle() }
        return context.roundToExtended(value.unrounded(exact: angle.rest == nil))
    }

    /// The angle of the point (x, y), −π … π.
    package static func arctangent(y: Extended, x: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(y, x, &context) { return nan }
        if hasDenormal(y, x, context) && context.stopsAtDenormal() { return y }
        let negative = y.isNegative
        // Eighths of a turn that need no computation.
        let eighths: Int32?
        if y.isInfinity {
            eighths = x.isInfinity ? (x.isNegative ? 3 : 1) : 2
        } else if x.isInfinity || y.isZero {
            eighths = x.isNegative ? 4 : 0
        } else {
            eighths = x.isZero ? 2 : nil
        }
        if let eighths {
            switch eighths {
            case 0: return .zero(negative: negative)
            case 3:
                let angle = Wide.pi * Wide(exponent: -1, significand: 3 << 126)
                return context.roundToExtended(
                    Wide(negative: negative, exponent: angle.exponent, significand: angle.significand).unrounded())
            default:
                let power: Int32 = eighths == 4 ? 0 : eighths == 2 ? -1 : -2
                let angle = Wide(negative: negative, exponent: Wide.pi.exponent &+ power, significand: Wide.pi.significand)
                return context.roundToExtended(angle.unrounded())
            }
        }
        var a = Wide(Finite(y))
        var b = Wide(Finite(x))
        a.negative = false
        b.negative = false
        let steep = a.exponent > b.exponent || (a.exponent == b.exponent && a.significand > b.significand)
        var angle = firstOctant(steep ? b / a : a / b)
        if steep { angle = Wide.pi.scaled(-1) + angle.negated }
        if x.isNegative { angle = Wide.pi + angle.negated }
        angle.negative = negative
        return context.roundToExtended(angle.unrounded())
    }

    /// arctan of a ratio of at most 1.
    private static func firstOctant(_ ratio: Wide) -> Wide {
        // The nearest sixteenth c; arctan r = arctan c + arctan((r − c) / (1 + r c)).
        let sixteenths = ratio.exponent < -6 ? 0 : Int((Series.fixed(ratio) &+ (1 << 122)) &>> 123)
        var rest = ratio
        if sixteenths != 0 {
            let c = Wide(normalizing: UInt128(truncatingIfNeeded: sixteenths), exponent: 127 - 4)
            let known = Wide(normalizing: Series.arctangents[sixteenths], exponent: 0)
            if c.exponent == ratio.exponent && c.significand == ratio.significand { return known }
            rest = (ratio + c.negated) / (Wide(exponent: 0, significand: Wide.top) + ratio * c)
            let small = rest * Wide(normalizing: Series.inverse(Series.fixed(rest * rest), alternating: true), exponent: 0)
            return known + small
        }
        let factor = min(Series.inverse(Series.fixed(rest * rest), alternating: true), Series.one &- 1)
        return rest * Wide(normalizing: factor, exponent: 0)
    }
}
