/// FADD, FSUB, FMUL, FDIV, FSQRT on extended numbers. SDM Vol. 1, sections 4.8.3.5, 4.9.1 and 8.5.
///
/// Each function returns the masked response; whether the caller may store it follows from `FloatContext.unmasked`.
extension Extended {
    /// Adds two numbers: FADD.
    @inlinable @inline(__always)
    public static func add(_ a: Extended, _ b: Extended, _ context: inout FloatContext) -> Extended {
        if a.isNormal && b.isNormal && !context.widenedDenormal { return finiteSum(Finite(a), Finite(b), &context) }
        return addSpecial(a, b, &context)
    }

    /// a − b.
    @inlinable @inline(__always)
    public static func subtract(_ a: Extended, _ b: Extended, _ context: inout FloatContext) -> Extended {
        if a.isNormal && b.isNormal && !context.widenedDenormal { return finiteSum(Finite(a), Finite(b.negated), &context) }
        if let nan = invalidOperand(a, b, &context) { return nan }
        return addSpecial(a, b.negated, &context)
    }

    /// Multiplies two numbers: FMUL.
    @inlinable @inline(__always)
    public static func multiply(_ a: Extended, _ b: Extended, _ context: inout FloatContext) -> Extended {
        if a.isNormal && b.isNormal && !context.widenedDenormal {
            return context.roundToExtended(Finite.product(Finite(a), Finite(b)), precision: context.precision)
        }
        return multiplySpecial(a, b, &context)
    }

    /// a ÷ b.
    @inlinable @inline(__always)
    public static func divide(_ a: Extended, _ b: Extended, _ context: inout FloatContext) -> Extended {
        if a.isNormal && b.isNormal && !context.widenedDenormal {
            return context.roundToExtended(Finite.quotient(Finite(a), Finite(b)), precision: context.precision)
        }
        return divideSpecial(a, b, &context)
    }

    /// Takes the square root: FSQRT.
    @inlinable public static func squareRoot(_ a: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(a, &context) { return nan }
        switch a.kind {
        case .zero: return a
        case _ where a.isNegative: return invalid(&context)
        case .infinity: return a
        case .denormal: if context.stopsAtDenormal() { return a }
        default: break
        }
        return context.roundToExtended(Finite.squareRoot(Finite(a)), precision: context.precision)
    }
}

extension Extended {
    @inlinable @inline(__always)
    static func finiteSum(_ a: Finite, _ b: Finite, _ context: inout FloatContext) -> Extended {
        guard let sum = Finite.sum(a, b) else { return .zero(negative: context.rounding == .down) }
        return context.roundToExtended(sum, precision: context.precision)
    }

    @usableFromInline @inline(never)
    static func addSpecial(_ a: Extended, _ b: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(a, b, &context) { return nan }
        if a.isInfinity && b.isInfinity {
            return a.isNegative == b.isNegative ? a : invalid(&context)
        }
        if hasDenormal(a, b, context) && context.stopsAtDenormal() { return a }
        if a.isInfinity { return a }
        if b.isInfinity { return b }
        if a.isZero && b.isZero {
            return a.isNegative == b.isNegative ? a : .zero(negative: context.rounding == .down)
        }
        // A zero adds nothing, but the sum is still rounded to the precision in force.
        if a.isZero { return exactly(Finite(b), &context) }
        if b.isZero { return exactly(Finite(a), &context) }
        return finiteSum(Finite(a), Finite(b), &context)
    }

    @usableFromInline @inline(never)
    static func multiplySpecial(_ a: Extended, _ b: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(a, b, &context) { return nan }
        let negative = a.isNegative != b.isNegative
        if (a.isInfinity && b.isZero) || (a.isZero && b.isInfinity) { return invalid(&context) }
        if hasDenormal(a, b, context) && context.stopsAtDenormal() { return a }
        if a.isInfinity || b.isInfinity { return .infinity(negative: negative) }
        if a.isZero || b.isZero { return .zero(negative: negative) }
        return context.roundToExtended(Finite.product(Finite(a), Finite(b)), precision: context.precision)
    }

    @usableFromInline @inline(never)
    static func divideSpecial(_ a: Extended, _ b: Extended, _ context: inout FloatContext) -> Extended {
        if let nan = invalidOperand(a, b, &context) { return nan }
        let negative = a.isNegative != b.isNegative
        if (a.isInfinity && b.isInfinity) || (a.isZero && b.isZero) { return invalid(&context) }
        if b.isZero && !a.isInfinity {
            context.raised.insert(.ZE)
            return .infinity(negative: negative)
        }
        if hasDenormal(a, b, context) && context.stopsAtDenormal() { return a }
        if a.isInfinity { return .infinity(negative: negative) }
        if a.isZero || b.isInfinity { return .zero(negative: negative) }
        return context.roundToExtended(Finite.quotient(Finite(a), Finite(b)), precision: context.precision)
    }

    @inlinable static func exactly(_ number: Finite, _ context: inout FloatContext) -> Extended {
        let exact = Unrounded(negative: number.negative, exponent: number.exponent, significand: number.significand, fraction: 0)
        return context.roundToExtended(exact, precision: context.precision)
    }

    /// Tells whether an operand is denormal, or was before it was widened.
    @inlinable public static func hasDenormal(_ a: Extended, _ b: Extended, _ context: FloatContext) -> Bool {
        a.isDenormal || b.isDenormal || context.widenedDenormal
    }

    /// The masked response to an invalid operation.
    @inlinable public static func invalid(_ context: inout FloatContext) -> Extended {
        context.raised.insert(.IE)
        return .indefinite
    }

    /// The result that an unsupported operand or a NaN forces, nil if there is none.
    @inlinable public static func invalidOperand(_ a: Extended, _ context: inout FloatContext) -> Extended? {
        switch a.kind {
        case .unsupported: return invalid(&context)
        case .signalingNaN:
            context.raised.insert(.IE)
            return a.quieted
        case .quietNaN: return a
        default: return nil
        }
    }

    /// The result that unsupported operands or NaNs force, nil if there are none. SDM Vol. 1, table 4-7, column "x87 FPU".
    @inlinable public static func invalidOperand(_ a: Extended, _ b: Extended, _ context: inout FloatContext) -> Extended? {
        if a.isNormal && b.isNormal { return nil }
        let kinds = (a.kind, b.kind)
        if kinds.0 == .unsupported || kinds.1 == .unsupported { return invalid(&context) }
        guard a.isNaN || b.isNaN else { return nil }
        if kinds.0 == .signalingNaN || kinds.1 == .signalingNaN { context.raised.insert(.IE) }
        if !b.isNaN { return a.quieted }
        if !a.isNaN { return b.quieted }
        if kinds.0 == .signalingNaN && kinds.1 == .quietNaN { return b }
        if kinds.0 == .quietNaN && kinds.1 == .signalingNaN { return a }
        if a.significand != b.significand { return a.significand > b.significand ? a.quieted : b.quieted }
        return a.isNegative ? b.quieted : a.quieted
    }
}
