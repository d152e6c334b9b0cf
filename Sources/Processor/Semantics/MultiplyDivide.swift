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

    /// DIV and IDIV — SDM Vol. 2A. AX or rDX:rAX divided by SRC; all flags are undefined and stay.
    @inline(__always)
    static func divide<R: Reading, W: OperandWidth>(_ r: R, signed: Bool, _ w: W.Type) throws(Fault) {
        let divisor = try r.operand0(w)
        // AH for the byte form
        let upper: UInt8 = W.width == .byte ? 16 : 2
        let result = try r.divide(
            high: r.register(upper, w), low: r.register(0, w), by: divisor, signed: signed, w)
        r.setRegister(0, result.quotient, w)
        r.setRegister(upper, result.remainder, w)
    }
}
