/// ADD, SUB, MUL, DIV, SQRT, MIN, MAX on one lane. SDM Vol. 1, sections 11.5.2 and 4.8.3; exceptions are left in the context.
extension PackedFormat {
    /// Adds two numbers, by the host's arithmetic where it gives the same bits.
    @inlinable @inline(__always)
    public static func add(_ a: Bits, _ b: Bits, _ context: inout FloatContext) -> Bits {
        if isNormal(a), isNormal(b), context.rounding == .nearestEven, let (sum, isExact) = hostSum(a, b) {
            if !isExact { context.raised.insert(.PE) }
            return sum
        }
        return addSlowly(a, b, &context)
    }

    /// Subtracts the second number from the first.
    @inlinable @inline(__always)
    public static func subtract(_ a: Bits, _ b: Bits, _ context: inout FloatContext) -> Bits {
        // A NaN keeps its sign.
        add(a, isNaN(b) ? b : b ^ signBit, &context)
    }

    /// Multiplies two numbers, by the host's arithmetic where it gives the same bits.
    @inlinable @inline(__always)
    public static func multiply(_ a: Bits, _ b: Bits, _ context: inout FloatContext) -> Bits {
        if isNormal(a), isNormal(b), context.rounding == .nearestEven, let (product, isExact) = hostProduct(a, b) {
            if !isExact { context.raised.insert(.PE) }
            return product
        }
        return multiplySlowly(a, b, &context)
    }

    /// Divides the first number by the second, by the host's arithmetic where it gives the same bits.
    @inlinable @inline(__always)
    public static func divide(_ a: Bits, _ b: Bits, _ context: inout FloatContext) -> Bits {
        if isNormal(a), isNormal(b), context.rounding == .nearestEven, let (quotient, isExact) = hostQuotient(a, b) {
            if !isExact { context.raised.insert(.PE) }
            return quotient
        }
        return divideSlowly(a, b, &context)
    }

    /// Adds any two numbers without the host's arithmetic.
    @inlinable @inline(never)
    public static func addSlowly(_ first: Bits, _ second: Bits, _ context: inout FloatContext) -> Bits {
        let (a, b) = (operand(first, context), operand(second, context))
        if let nan = nan(a, b, &context) { return nan }
        if isInfinity(a) && isInfinity(b) && a != b { return invalid(&context) }
        noteDenormals(a, b, &context)
        if isInfinity(a) { return a }
        if isInfinity(b) { return b }
        if isZero(a) {
            if isZero(b) { return a == b ? a : zero(negative: context.rounding == .down) }
            return rounded(finite(b), &context)
        }
        if isZero(b) { return rounded(finite(a), &context) }
        guard let sum = Finite.sum(finite(a), finite(b)) else { return zero(negative: context.rounding == .down) }
        return rounded(sum, &context)
    }

    /// Multiplies any two numbers without the host's arithmetic.
    @inlinable @inline(never)
    public static func multiplySlowly(_ first: Bits, _ second: Bits, _ context: inout FloatContext) -> Bits {
        let (a, b) = (operand(first, context), operand(second, context))
        if let nan = nan(a, b, &context) { return nan }
        if (isInfinity(a) && isZero(b)) || (isZero(a) && isInfinity(b)) { return invalid(&context) }
        noteDenormals(a, b, &context)
        let negative = isNegative(a) != isNegative(b)
        if isInfinity(a) || isInfinity(b) { return infinity(negative: negative) }
        if isZero(a) || isZero(b) { return zero(negative: negative) }
        return rounded(Finite.product(finite(a), finite(b)), &context)
    }

    /// Divides any number by another without the host's arithmetic.
    @inlinable @inline(never)
    public static func divideSlowly(_ first: Bits, _ second: Bits, _ context: inout FloatContext) -> Bits {
        let (a, b) = (operand(first, context), operand(second, context))
        if let nan = nan(a, b, &context) { return nan }
        let negative = isNegative(a) != isNegative(b)
        if (isInfinity(a) && isInfinity(b)) || (isZero(a) && isZero(b)) { return invalid(&context) }
        if isZero(b) && !isInfinity(a) {
            context.raised.insert(.ZE)
            return infinity(negative: negative)
        }
        noteDenormals(a, b, &context)
        if isInfinity(a) { return infinity(negative: negative) }
        if isZero(a) || isInfinity(b) { return zero(negative: negative) }
        return rounded(Finite.quotient(finite(a), finite(b)), &context)
    }

    /// Takes the square root, by the host's arithmetic where it gives the same bits.
    @inlinable @inline(__always)
    public static func squareRoot(_ a: Bits, _ context: inout FloatContext) -> Bits {
        if isNormal(a), !isNegative(a), context.rounding == .nearestEven, let (root, isExact) = hostSquareRoot(a) {
            if !isExact { context.raised.insert(.PE) }
            return root
        }
        return squareRootSlowly(a, &context)
    }

    /// Takes the square root of any number without the host's arithmetic.
    @inlinable @inline(never)
    public static func squareRootSlowly(_ source: Bits, _ context: inout FloatContext) -> Bits {
        let a = operand(source, context)
        if let nan = nan(a, a, &context) { return nan }
        if isZero(a) { return a }
        if isNegative(a) { return invalid(&context) }
        if isInfinity(a) { return a }
        noteDenormals(a, a, &context)
        return rounded(Finite.squareRoot(finite(a)), &context)
    }

    /// MIN, or MAX: the second operand when one is a NaN or both are zeros.
    @inlinable public static func extreme(_ first: Bits, _ second: Bits, maximum: Bool, _ context: inout FloatContext) -> Bits {
        let (a, b) = (operand(first, context), operand(second, context))
        switch compare(a, b, quiet: false, &context) {
        case .less: return maximum ? b : a
        case .greater: return maximum ? a : b
        // A signaling NaN is not made quiet.
        case .equal, .unordered: return b
        }
    }

    /// A quiet NaN is an invalid operation unless `quiet`.
    @inlinable public static func compare(_ first: Bits, _ second: Bits, quiet: Bool, _ context: inout FloatContext)
        -> Extended.Comparison
    {
        let (a, b) = (operand(first, context), operand(second, context))
        if isNaN(a) || isNaN(b) {
            if !quiet || isSignalingNaN(a) || isSignalingNaN(b) { context.raised.insert(.IE) }
            return .unordered
        }
        noteDenormals(a, b, &context)
        if a == b || (isZero(a) && isZero(b)) { return .equal }
        if isNegative(a) != isNegative(b) { return isNegative(a) ? .less : .greater }
        return (a < b) != isNegative(a) ? .less : .greater
    }

    /// The 32 predicates of VCMPPS and its like; the first eight are those of CMPPS: EQ LT LE UNORD NEQ NLT NLE ORD. Bit 4 exchanges quiet and
    /// signaling. SDM Vol. 2A, table 3-1.
    @inlinable public static func holds(_ predicate: UInt8, _ a: Bits, _ b: Bits, _ context: inout FloatContext) -> Bool {
        let isQuiet = (predicate & 3 == 0 || predicate & 3 == 3) != (predicate & 16 != 0)
        let outcome: UInt64 =
            switch compare(a, b, quiet: isQuiet, &context) {
            case .less: 1
            case .equal: 2
            case .greater: 4
            case .unordered: 8
            }
        // A digit for each predicate: the outcomes that it holds for.
        return (0xF465_0B9A_7CED_8312 as UInt64) &>> (UInt64(truncatingIfNeeded: predicate & 15) &* 4) & outcome != 0
    }

    @inlinable @inline(__always)
    static func noteDenormals(_ a: Bits, _ b: Bits, _ context: inout FloatContext) {
        if isDenormal(a) || isDenormal(b) { context.raised.insert(.DE) }
    }
}
