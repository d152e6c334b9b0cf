import SoftFloat
import X86

/// FADD, FSUB, FMUL, FDIV in all their forms; FSQRT, FABS, FCHS, FPREM, FRNDINT, FSCALE, FXTRACT. SDM Vol. 1, section 8.3.5; Vol. 2A.
extension X87Unit {
    enum Arithmetic {
        case add, subtract, subtractReversed, multiply, divide, divideReversed
    }

    @inline(__always)
    private func compute(_ kind: Arithmetic, _ destination: Extended, _ source: Extended, _ context: inout FloatContext) -> Extended
    {
        switch kind {
        case .add: Extended.add(destination, source, &context)
        case .subtract: Extended.subtract(destination, source, &context)
        case .subtractReversed: Extended.subtract(source, destination, &context)
        case .multiply: Extended.multiply(destination, source, &context)
        case .divide: Extended.divide(destination, source, &context)
        case .divideReversed: Extended.divide(source, destination, &context)
        }
    }

    /// The memory operand as the opcode says: D8 single, DA doubleword integer, DC double, DE word integer.
    @inline(__always)
    func memoryOperand(_ context: inout FloatContext) throws(Fault) -> Extended {
        switch instruction.opcode & 6 {
        case 0:
            let wide = Extended.widen(single: try environment.load32(0))
            context.widenedDenormal = wide.isDenormal
            return wide.number
        case 2: return Extended.widen(integer: Int64(truncatingIfNeeded: Int32(bitPattern: try environment.load32(0))))
        case 4:
            let wide = Extended.widen(double: try environment.load64(0))
            context.widenedDenormal = wide.isDenormal
            return wide.number
        default: return Extended.widen(integer: Int64(truncatingIfNeeded: Int16(bitPattern: try environment.load16(0))))
        }
    }

    /// FADD and its like: ST(0) with memory or ST(i), or ST(i) with ST(0) (opcodes DC and DE), then perhaps a pop.
    @inline(__always)
    func arithmetic(_ kind: Arithmetic, pops: Bool = false) throws(Fault) {
        try reportPending()
        var context = context
        if isMemory {
            let source = try memoryOperand(&context)
            notePointers()
            if isEmpty(0) { return underflow(into: 0) }
            let result = compute(kind, st(0), source, &context)
            if settle(context) { setST(0, result) }
            return
        }
        notePointers()
        let destination = instruction.opcode & 4 != 0 ? index : 0
        let source = instruction.opcode & 4 != 0 ? 0 : index
        if isEmpty(destination) || isEmpty(source) {
            underflow(into: destination, pops: pops)
            return
        }
        let result = compute(kind, st(destination), st(source), &context)
        if settle(context) {
            setST(destination, result)
            if pops { pop() }
        }
    }

    /// The response to an empty operand: the real indefinite in ST(`destination`).
    @inline(never)
    func underflow(into destination: UInt8, pops: Bool = false) {
        guard stackFault(overflow: false) else { return }
        setST(destination, .indefinite)
        if pops { pop() }
    }

    /// ST(0) := function of ST(0).
    @inline(__always)
    func unary(_ function: (Extended, inout FloatContext) -> Extended) throws(Fault) {
        try reportPending()
        notePointers()
        if isEmpty(0) { return underflow(into: 0) }
        var context = context
        let result = function(st(0), &context)
        if settle(context) { setST(0, result) }
    }

    /// FSCALE: ST(0) := ST(0) × 2^ST(1).
    func fscale() throws(Fault) {
        try reportPending()
        notePointers()
        if isEmpty(0) || isEmpty(1) { return underflow(into: 0) }
        var context = context
        let result = Extended.scale(st(0), by: st(1), &context)
        if settle(context) { setST(0, result) }
    }

    /// FPREM and FPREM1: C2 says that the reduction is incomplete, C0 C3 C1 are the low bits of the quotient.
    func fprem(nearest: Bool) throws(Fault) {
        try reportPending()
        notePointers()
        state.pointee.status.remove(.C2)
        if isEmpty(0) || isEmpty(1) { return underflow(into: 0) }
        var context = context
        let result = Extended.remainder(st(0), st(1), nearest: nearest, &context)
        guard settle(context) else { return }
        setST(0, result.value)
        if result.isIncomplete { state.pointee.status.insert(.C2) }
        guard let quotient = result.quotient else { return }
        state.pointee.status.subtract([.C0, .C1, .C3])
        if quotient & 1 != 0 { state.pointee.status.insert(.C1) }
        if quotient & 2 != 0 { state.pointee.status.insert(.C3) }
        if quotient & 4 != 0 { state.pointee.status.insert(.C0) }
    }

    /// FXTRACT: ST(0) := exponent, then the significand is pushed.
    func fxtract() throws(Fault) {
        try reportPending()
        notePointers()
        if isEmpty(0) || !isEmpty(7) {
            guard stackFault(overflow: !isEmpty(0)) else { return }
            setST(0, .indefinite)
            push(.indefinite)
            return
        }
        var context = context
        let parts = Extended.extract(st(0), &context)
        guard settle(context) else { return }
        setST(0, parts.exponent)
        push(parts.significand)
    }
}
