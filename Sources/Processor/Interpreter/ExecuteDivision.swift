import X86

/// Division of the running reading. SDM Vol. 2A, "DIV" and "IDIV".
extension Execute {
    @inline(never)
    func divide<W: OperandWidth>(
        high: UInt64, low: UInt64, by divisor: UInt64, signed: Bool, _ w: W.Type
    ) throws(Fault) -> (quotient: UInt64, remainder: UInt64) {
        guard divisor != 0 else { throw Fault.DE }
        return signed ? try divideSigned(high, low, divisor, w) : try divideUnsigned(high, low, divisor, w)
    }

    @inline(__always)
    private func divideUnsigned<W: OperandWidth>(
        _ high: UInt64, _ low: UInt64, _ divisor: UInt64, _ w: W.Type
    ) throws(Fault) -> (quotient: UInt64, remainder: UInt64) {
        guard high < divisor else { throw Fault.DE }
        if W.bits == 64 { return divisor.dividingFullWidth((high, low)) }
        let whole = high &<< W.bits | low
        return (whole / divisor, whole % divisor)
    }

    /// By magnitudes: the quotient of magnitudes must fit the signed range.
    @inline(__always)
    private func divideSigned<W: OperandWidth>(
        _ high: UInt64, _ low: UInt64, _ divisor: UInt64, _ w: W.Type
    ) throws(Fault) -> (quotient: UInt64, remainder: UInt64) {
        let signedDivisor = Int64(bitPattern: W.signExtend(divisor))
        let isNegative = high & W.signBit != 0
        var magnitude = (high: high, low: low)
        if isNegative {
            magnitude.low = W.truncate(0 &- low)
            magnitude.high = W.truncate(~high &+ (low == 0 ? 1 : 0))
        }
        let (quotient, remainder) = try divideUnsigned(magnitude.high, magnitude.low, signedDivisor.magnitude, w)
        let quotientIsNegative = isNegative != (signedDivisor < 0)
        guard quotient <= (quotientIsNegative ? W.signBit : W.signBit &- 1) else { throw Fault.DE }
        return (W.truncate(quotientIsNegative ? 0 &- quotient : quotient), W.truncate(isNegative ? 0 &- remainder : remainder))
    }
}
