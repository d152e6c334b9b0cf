import X86

/// VFMADD, VFMSUB, VFNMADD, VFNMSUB, VFMADDSUB and VFMSUBADD. SDM Vol. 1, section 14.5; Vol. 2C, the pages of their names.
extension SSEUnit {
    func fusedMultiplyAdd() throws(Fault) {
        try needSSE()
        // Bit 0 of the opcode: scalar, but for VFMADDSUB and VFMSUBADD.
        let isScalar: Bool
        switch instruction.operation {
        case .vfmaddsub, .vfmsubadd: isScalar = false
        default: isScalar = instruction.opcode & 1 != 0
        }
        if instruction.hasVEXW { try fuse(Double64.self, isScalar) } else { try fuse(Single.self, isScalar) }
    }

    private func fuse<F: PackedFormat>(_ f: F.Type, _ isScalar: Bool) throws(Fault) {
        let i = instruction
        let isDouble = F.Bits.bitWidth == 64
        let destination = ymm(i.register0)
        let second = first
        let third =
            !isScalar ? try source() : YMM(isDouble ? try source(Quadword.self) : try source(Doubleword.self))
        var context = sse.pointee.mxcsr.context
        var result = destination
        let count = isScalar ? 1 : (i.is256 ? 32 : 16) / (F.Bits.bitWidth / 8)
        for place in 0..<count {
            func lane(_ vector: YMM) -> F.Bits {
                isDouble ? F.Bits(truncatingIfNeeded: vector.quad(place)) : F.Bits(truncatingIfNeeded: vector.double(place))
            }
            // The digits of the name are the operands: the first two are multiplied.
            let (a, b, c) =
                switch i.opcode &>> 4 {
                case 9: (lane(destination), lane(third), lane(second))
                case 0xA: (lane(second), lane(destination), lane(third))
                default: (lane(second), lane(third), lane(destination))
                }
            let value = F.fusedMultiplyAdd(
                a, b, c, negatesProduct: i.operation == .vfnmadd || i.operation == .vfnmsub, subtracts: subtracts(place), &context)
            if isDouble {
                result.setQuad(place, UInt64(truncatingIfNeeded: value))
            } else {
                result.setDouble(place, UInt32(truncatingIfNeeded: value))
            }
        }
        try settle(context)
        if isScalar { setXMM(i.register0, result.low) } else { setDestination(result) }
    }

    private func subtracts(_ place: Int) -> Bool {
        switch instruction.operation {
        case .vfmsub, .vfnmsub: true
        case .vfmaddsub: place & 1 == 0
        case .vfmsubadd: place & 1 != 0
        default: false
        }
    }
}

extension PackedFormat {
    /// ±a × b ± c, rounded once. Of several NaNs the first counts, and 0 × ∞ beside a quiet NaN raises nothing. SDM Vol. 1, table 14-17.
    static func fusedMultiplyAdd(
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
    private var wide: UInt128 { UInt128(truncatingIfNeeded: significand) &<< 64 | UInt128(truncatingIfNeeded: fraction) }

    /// The sum of two exact numbers of at most 106 bits, or nil when it is exactly zero. What is lost below bit 0 is kept there as a one.
    static func sum(_ x: Unrounded, _ y: Unrounded) -> Unrounded? {
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
