import X86

extension Semantics {
    /// ADD — SDM Vol. 2A. DEST := DEST + SRC.
    @inline(__always)
    static func add<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try combine(r, w) { r.add($0, $1, w) }
    }

    /// ADC — SDM Vol. 2A. DEST := DEST + SRC + CF.
    @inline(__always)
    static func adc<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try combine(r, w) { r.addWithCarry($0, $1, w) }
    }

    /// SUB — SDM Vol. 2B. DEST := DEST − SRC.
    @inline(__always)
    static func sub<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try combine(r, w) { r.subtract($0, $1, w) }
    }

    /// SBB — SDM Vol. 2B. DEST := DEST − (SRC + CF).
    @inline(__always)
    static func sbb<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try combine(r, w) { r.subtractWithBorrow($0, $1, w) }
    }

    /// CMP — SDM Vol. 2A. Flags of operand 1 − operand 2.
    @inline(__always)
    static func cmp<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let source = try r.operand1(w)
        _ = r.subtract(try r.operand0(w), source, w)
    }

    /// INC — SDM Vol. 2A. CF is not changed.
    @inline(__always)
    static func inc<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let destination = try r.updateOperand0(w)
        r.set(destination, r.increment(r.value(of: destination, w), w), w)
    }

    /// DEC — SDM Vol. 2A. CF is not changed.
    @inline(__always)
    static func dec<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let destination = try r.updateOperand0(w)
        r.set(destination, r.decrement(r.value(of: destination, w), w), w)
    }

    /// NEG — SDM Vol. 2B. DEST := 0 − DEST.
    @inline(__always)
    static func neg<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let destination = try r.updateOperand0(w)
        r.set(destination, r.subtract(r.constant(0), r.value(of: destination, w), w), w)
    }

    /// XADD — SDM Vol. 2D. TEMP := SRC + DEST; SRC := DEST; DEST := TEMP.
    @inline(__always)
    static func xadd<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let source = try r.operand1(w)
        let destination = try r.updateOperand0(w)
        let old = r.value(of: destination, w)
        let sum = r.add(old, source, w)
        try r.setOperand1(old, w)
        r.set(destination, sum, w)
    }
}

/// CMPXCHG, CMPXCHG8B and CMPXCHG16B. SDM Vol. 2A. A destination in memory is written in any case.
extension CPU {
    func cmpxchg<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let location = try r.updateOperand0(w)
        let old = r.value(of: location, w)
        let new = core.register(r.instruction.register1, w)
        _ = r.subtract(core.register(0, w), old, w)
        if core.pointee.lazy.ZF {
            r.set(location, new, w)
        } else {
            // Silicon leaves the upper half of a 32-bit register that is not written.
            if !location.isRegister { r.set(location, old, w) }
            core.setRegister(0, old, w)
        }
    }

    func cmpxchg8b(_ r: Execute<AnyForm>) throws(Fault) {
        let i = r.instruction
        let linear = try core.linear(i.segment, r.effectiveAddress(), 8, .readWrite)
        let location = Execute<AnyForm>.Location(host: try core.locate(linear, r.op, Quadword.self), isRegister: false)
        let old = r.value(of: location, Quadword.self)
        let expected = core.register(2, Doubleword.self) &<< 32 | core.register(0, Doubleword.self)
        let isEqual = old == expected
        r.set(
            location, isEqual ? core.register(1, Doubleword.self) &<< 32 | core.register(3, Doubleword.self) : old,
            Quadword.self)
        if !isEqual {
            core.setRegister(0, old, Doubleword.self)
            core.setRegister(2, old &>> 32, Doubleword.self)
        }
        setZF(isEqual)
    }

    func cmpxchg16b(_ r: Execute<AnyForm>) throws(Fault) {
        let linear = try core.linear(r.instruction.segment, r.effectiveAddress(), 16, .readWrite)
        guard linear & 15 == 0 else { throw Fault.GP(0) }
        _ = try resolve(linear, 16, .readWrite)
        let old = try core.load128(linear, r.op)
        let isEqual = old == XMM(low: core.register(0), high: core.register(2))
        try core.store128(linear, isEqual ? XMM(low: core.register(3), high: core.register(1)) : old, r.op)
        if !isEqual {
            core.setRegister(0, old.low)
            core.setRegister(2, old.high)
        }
        setZF(isEqual)
    }
}
