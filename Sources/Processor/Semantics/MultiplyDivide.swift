import X86

extension Semantics {
    /// MUL — SDM Vol. 2B. AX := AL × SRC; rDX:rAX := rAX × SRC.
    @inline(__always)
    static func mul<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        setProduct(r, r.multiply(r.register(0, w), try r.operand0(w), signed: false, w), w)
    }

    /// IMUL, one operand — SDM Vol. 2A.
    @inline(__always)
    static func imul<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        setProduct(r, r.multiply(r.register(0, w), try r.operand0(w), signed: true, w), w)
    }

    @inline(__always)
    private static func setProduct<R: Reading, W: OperandWidth>(_ r: R, _ product: (low: R.Value, high: R.Value), _ w: W.Type) {
        r.setRegister(0, product.low, w)
        // AH after the byte form, rDX otherwise
        r.setRegister(W.width == .byte ? 16 : 2, product.high, w)
    }

    /// IMUL, two and three operands — SDM Vol. 2A. The product is truncated.
    @inline(__always)
    static func imulTruncating<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let second = try r.operand1(w)
        let first = r.instruction.kind2 == .none ? try r.operand0(w) : try r.operand2(w)
        try r.setOperand0(r.multiply(first, second, signed: true, w).low, w)
    }
}

/// DIV and IDIV. SDM Vol. 2A. All flags are undefined and stay.
extension CPU {
    func divide<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let divisor = try r.operand0(w)
        guard divisor != 0 else { throw Fault.DE }
        let (high, low) = dividend(w)
        guard high < divisor else { throw Fault.DE }
        if W.bits == 64 {
            let result = divisor.dividingFullWidth((high, low))
            return setQuotient(result.quotient, result.remainder, w)
        }
        let whole = high &<< W.bits | low
        setQuotient(whole / divisor, whole % divisor, w)
    }

    func divideSigned<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let divisor = Int64(bitPattern: W.signExtend(try r.operand0(w)))
        guard divisor != 0 else { throw Fault.DE }
        let (high, low) = dividend(w)
        // Magnitudes: the quotient of magnitudes must fit the signed range.
        let isNegative = high & W.signBit != 0
        var magnitude = (high: high, low: low)
        if isNegative {
            magnitude.low = W.truncate(0 &- low)
            magnitude.high = W.truncate(~high &+ (low == 0 ? 1 : 0))
        }
        guard magnitude.high < divisor.magnitude else { throw Fault.DE }
        let quotient: UInt64
        let remainder: UInt64
        if W.bits == 64 {
            (quotient, remainder) = divisor.magnitude.dividingFullWidth(magnitude)
        } else {
            let whole = magnitude.high &<< W.bits | magnitude.low
            quotient = whole / divisor.magnitude
            remainder = whole % divisor.magnitude
        }
        let quotientIsNegative = isNegative != (divisor < 0)
        guard quotient <= (quotientIsNegative ? W.signBit : W.signBit &- 1) else { throw Fault.DE }
        setQuotient(quotientIsNegative ? 0 &- quotient : quotient, isNegative ? 0 &- remainder : remainder, w)
    }

    /// rDX:rAX, or AH:AL for bytes.
    private func dividend<W: OperandWidth>(_ w: W.Type) -> (high: UInt64, low: UInt64) {
        (core.register(W.bits == 8 ? 16 : 2, w), core.register(0, w))
    }

    private func setQuotient<W: OperandWidth>(_ quotient: UInt64, _ remainder: UInt64, _ w: W.Type) {
        core.setRegister(0, quotient, w)
        core.setRegister(W.bits == 8 ? 16 : 2, remainder, w)
    }
}
