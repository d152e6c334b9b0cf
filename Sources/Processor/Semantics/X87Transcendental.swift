import SoftFloat
import X86

/// FSIN, FCOS, FSINCOS, FPTAN, FPATAN, F2XM1, FYL2X, FYL2XP1. SDM Vol. 1, section 8.3.7 to 8.3.10; Vol. 2A.
extension X87Unit {
    /// FSIN, FCOS: C2 = 1 and ST(0) unchanged when |ST(0)| ≥ 2^63.
    func angleFunction(_ function: (Extended, inout FloatContext) -> Extended?) throws(Fault) {
        try reportPending()
        notePointers()
        state.pointee.status.remove(.C2)
        if isEmpty(0) { return underflow(into: 0) }
        var context = context
        let result = function(st(0), &context)
        guard let result else { return reductionIncomplete() }
        if settle(context) { setST(0, result) }
    }

    private func reductionIncomplete() {
        state.pointee.status.remove(.C1)
        state.pointee.status.insert(.C2)
    }

    /// FSINCOS: ST(0) := sine, then the cosine is pushed.
    func fsincos() throws(Fault) {
        try angleFunctionPushing { (a, context) in
            guard let both = Extended.sineAndCosine(a, &context) else { return nil }
            return (both.sine, both.cosine)
        }
    }

    /// FPTAN: ST(0) := tangent, then 1 is pushed; after a NaN or an invalid operand, the NaN.
    func fptan() throws(Fault) {
        try angleFunctionPushing { (a, context) in
            guard let tangent = Extended.tangent(a, &context) else { return nil }
            return (tangent, tangent.isNaN ? tangent : .one())
        }
    }

    private func angleFunctionPushing(
        _ function: (Extended, inout FloatContext) -> (result: Extended, pushed: Extended)?
    ) throws(Fault) {
        try reportPending()
        notePointers()
        state.pointee.status.remove(.C2)
        if isEmpty(0) || !isEmpty(7) {
            guard stackFault(overflow: !isEmpty(0)) else { return }
            setST(0, .indefinite)
            push(.indefinite)
            return
        }
        var context = context
        guard let both = function(st(0), &context) else { return reductionIncomplete() }
        guard settle(context) else { return }
        setST(0, both.result)
        push(both.pushed)
    }

    /// FYL2X, FYL2XP1, FPATAN: ST(1) := function of ST(0) and ST(1), then a pop.
    func binaryPopping(_ function: (_ st0: Extended, _ st1: Extended, inout FloatContext) -> Extended) throws(Fault) {
        try reportPending()
        notePointers()
        if isEmpty(0) || isEmpty(1) { return underflow(into: 1, pops: true) }
        var context = context
        let result = function(st(0), st(1), &context)
        guard settle(context) else { return }
        setST(1, result)
        pop()
    }
}
