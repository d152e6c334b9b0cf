import X86

extension Semantics {
    /// ROL, ROR, RCL, RCR, SHL (SAL), SHR, SAR — SDM Vol. 2B, "RCL/RCR/ROL/ROR" and "SAL/SAR/SHL/SHR".
    @inline(__always)
    static func shift<R: Reading, W: OperandWidth>(_ r: R, _ kind: Shift, _ w: W.Type) throws(Fault) {
        let count = try r.operand1(Byte.self)
        let destination = try r.updateOperand0(w)
        r.set(destination, r.shift(kind, r.value(of: destination, w), by: count, w), w)
    }

    /// SHLD, SHRD — SDM Vol. 2B.
    @inline(__always)
    static func shiftDouble<R: Reading, W: OperandWidth>(_ r: R, _ kind: Shift, _ w: W.Type) throws(Fault) {
        let count = try r.operand2(Byte.self)
        let source = try r.operand1(w)
        let destination = try r.updateOperand0(w)
        r.set(destination, r.shiftDouble(kind, r.value(of: destination, w), source, by: count, w), w)
    }
}
