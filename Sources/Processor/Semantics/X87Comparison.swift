import SoftFloat
import X86

/// FCOM, FUCOM, FICOM, FTST, FXAM, FCOMI, FUCOMI and FCMOVcc. SDM Vol. 1, sections 8.3.3, 8.3.6 and 8.6.1; Vol. 2A.
///
/// The condition codes, or flags, are set even when the exception that the comparison raises is not masked, as current processors do; only the pops
/// are left out then.
extension X87Unit {
    /// FCOM and FUCOM: ST(0) with memory or ST(i); C3 C2 C0 say how they compare. Then `pops` pops.
    func compare(quiet: Bool, pops: UInt8) throws(Fault) {
        try reportPending()
        var context = context
        var source = Extended.zero()
        if isMemory { source = try memoryOperand(&context) }
        notePointers()
        // FCOMPP and FUCOMPP always name ST(1).
        let index = pops == 2 ? 1 : index
        if isEmpty(0) || (!isMemory && isEmpty(index)) {
            setConditionCodes(.unordered)
            guard stackFault(overflow: false) else { return }
        } else {
            if !isMemory { source = st(index) }
            setConditionCodes(Extended.compare(st(0), source, quiet: quiet, &context))
            guard settle(context) else { return }
        }
        for _ in 0..<pops { pop() }
    }

    /// FTST: ST(0) with 0.
    func ftst() throws(Fault) {
        try reportPending()
        notePointers()
        if isEmpty(0) {
            _ = stackFault(overflow: false)
            return setConditionCodes(.unordered)
        }
        var context = context
        setConditionCodes(Extended.compare(st(0), .zero(), quiet: false, &context))
        _ = settle(context)
    }

    private func setConditionCodes(_ comparison: Extended.Comparison) {
        state.pointee.status.subtract([.C0, .C2, .C3])
        switch comparison {
        case .greater: break
        case .less: state.pointee.status.insert(.C0)
        case .equal: state.pointee.status.insert(.C3)
        case .unordered: state.pointee.status.formUnion([.C0, .C2, .C3])
        }
    }

    /// FCOMI and FUCOMI: the result goes to ZF PF CF.
    func compareToFlags(quiet: Bool, pops: Bool) throws(Fault) {
        try reportPending()
        notePointers()
        if isEmpty(0) || isEmpty(index) {
            setFlags(.unordered)
            guard stackFault(overflow: false) else { return }
        } else {
            var context = context
            setFlags(Extended.compare(st(0), st(index), quiet: quiet, &context))
            // C1 is left alone: only a stack fault touches it.
            let C1 = state.pointee.status.intersection(.C1)
            let isValid = settle(context)
            state.pointee.status.formUnion(C1)
            guard isValid else { return }
        }
        if pops { pop() }
    }

    /// OF, SF and AF are cleared.
    private func setFlags(_ comparison: Extended.Comparison) {
        switch comparison {
        case .greater: environment.setStatusFlags([])
        case .less: environment.setStatusFlags(.CF)
        case .equal: environment.setStatusFlags(.ZF)
        case .unordered: environment.setStatusFlags([.ZF, .PF, .CF])
        }
    }

    /// FXAM: C3 C2 C0 are the class of ST(0), C1 its sign.
    func fxam() throws(Fault) {
        try reportPending()
        notePointers()
        let code: UInt8 = isEmpty(0) ? 0b101 : st(0).classCode
        state.pointee.status.subtract(.conditionCodes)
        if code & 1 != 0 { state.pointee.status.insert(.C0) }
        if code & 2 != 0 { state.pointee.status.insert(.C2) }
        if code & 4 != 0 { state.pointee.status.insert(.C3) }
        if st(0).isNegative { state.pointee.status.insert(.C1) }
    }

    /// FCMOVcc: ST(0) := ST(i) if one of `flags` is set, or with `negated` if none is.
    func conditionalMove(_ flags: EFLAGS, negated: Bool) throws(Fault) {
        try reportPending()
        notePointers()
        if isEmpty(0) || isEmpty(index) { return underflow(into: 0) }
        if environment.flags.isDisjoint(with: flags) == negated { setST(0, st(index)) }
    }
}
