/// VFMADD and its like on one lane. SDM Vol. 1, section 14.5; exceptions are left in the context.
extension PackedFormat {
    /// ±a × b ± c, rounded once. Of several NaNs the first counts, and 0 × ∞ beside a quiet NaN raises nothing. SDM Vol. 1, table 14-17.
    @inlinable public static func fusedMultiplyAdd(
        _ first: Bits, _ second: Bits, _ third: Bits, negatesProduct: Bool, subtracts: Bool, _ context: inout FloatContext
    ) -> Bits {
        let (a, b, c) = (operand(first, context), operand(second, context), operand(third, context))
        let isInvalidProduct = (isInfinity(a) && isZero(b)) || (isZero(a) && isInfinity(b))
        if isNaN(a) || isNaN(b) || isNaN(c) {
            if isSignalingNaN(a) || isSignalingNaN(b) || isSignalingNaN(c) { context.raised.insert(.IE) }
            return (isNaN(a) ? a : isNaN(b) ? b : c) | quietBit
        }
        if isInvalidProduct { return invalid(&context) }
        let isNegativeProduct = (isNegative(a) != isNegative(b)) != negatesProduct
        let isNegativeSum = isNegative(c) != subtracts
        let isInfiniteProduct = isInfinity(a) || isInfinity(b)
        if isInfiniteProduct && isInfinity(c) && isNegativeProduct != isNegativeSum { return invalid(&context) }
        if isDenormal(a) || isDenormal(b) || isDenormal(c) { context.raised.insert(.DE) }
        if isInfiniteProduct { return infinity(negative: isNegativeProduct) }
        if isInfinity(c) { return infinity(negative: isNegativeSum) }
        let hasProduct = !isZero(a) && !isZero(b)
        if isZero(c) {
            if !hasProduct {
                return zero(negative: isNegativeProduct == isNegativeSum ? isNegativeProduct : context.rounding == .down)
            }
            var product = Finite.product(finite(a), finite(b))
            product.negative = isNegativeProduct
            return rounded(product, &context)
        }
        var addend = finite(c)
        addend.negative = isNegativeSum
        guard hasProduct else { return rounded(addend, &context) }
        var product = Finite.product(finite(a), finite(b))
        product.negative = isNegativeProduct
        guard
            let sum = Unrounded.sum(
                product, Unrounded(negative: isNegativeSum, exponent: addend.exponent, significand: addend.significand, fraction: 0)
            )
        else { return zero(negative: context.rounding == .down) }
        return rounded(sum, &context)
    }
}

extension Unrounded {
    @inlinable var wide: UInt128 { UInt128(truncatingIfNeeded: significand) &<< 64 | UInt128(truncatingIfNeeded: fraction) }

    /// The sum of two exact numbers of at most 106 bits, or nil when it is exactly zero. What is lost below bit 0 is kept there as a one.
    @inlinable static func sum(_ x: Unrounded, _ y: Unrounded) -> Unrounded? {
        let swap = y.exponent > x.exponent || (y.exponent == x.exponent && y.wide > x.wide)
        let (a, b) = swap ? (y, x) : (x, y)
        let distance = UInt128(truncatingIfNeeded: a.exponent &- b.exponent)
        let aligned = distance == 0 ? b.wide : distance < 128 ? b.wide &>> distance : 0
        let isLost = distance != 0 && (distance >= 128 || b.wide &<< (128 &- distance) != 0)
        let other = aligned | (isLost ? 1 : 0)
        var exponent = a.exponent
        var sum: UInt128
        if a.negative == b.negative {
            let (value, carry) = a.wide.addingReportingOverflow(other)
            sum = value
            if carry {
                sum = (value &>> 1) | (value & 1) | (1 as UInt128) &<< 127
                exponent &+= 1
            }
        } else {
            sum = a.wide &- other
            if sum == 0 { return nil }
            let zeros = sum.leadingZeroBitCount
            sum = sum &<< UInt128(truncatingIfNeeded: zeros)
            exponent &-= Int32(truncatingIfNeeded: zeros)
        }
        return Unrounded(
            negative: a.negative, exponent: exponent, significand: UInt64(truncatingIfNeeded: sum &>> 64),
            fraction: UInt64(truncatingIfNeeded: sum))
    }
}
