import X86

extension Semantics {
    /// AND — SDM Vol. 2A. CF = OF = 0.
    @inline(__always)
    static func and<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try combine(r, w) { r.and($0, $1, w) }
    }

    /// OR — SDM Vol. 2B. CF = OF = 0.
    @inline(__always)
    static func or<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try combine(r, w) { r.or($0, $1, w) }
    }

    /// XOR — SDM Vol. 2D. CF = OF = 0.
    @inline(__always)
    static func xor<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try combine(r, w) { r.xor($0, $1, w) }
    }

    /// NOT — SDM Vol. 2B. No flags.
    @inline(__always)
    static func not<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let destination = try r.updateOperand0(w)
        r.set(destination, r.not(r.value(of: destination, w), w), w)
    }

    /// TEST — SDM Vol. 2B. Flags of operand 1 AND operand 2.
    @inline(__always)
    static func test<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let source = try r.operand1(w)
        _ = r.and(try r.operand0(w), source, w)
    }
}
