import SoftFloat
import X86

/// FLD, FILD, FBLD, the constants, FST(P), FIST(P), FISTTP, FBSTP, FXCH, FFREE, FINCSTP and FDECSTP. SDM Vol. 1, sections 8.3.3, 8.3.4
/// and 8.1.2; Vol. 2A.
extension X87Unit {
    /// Pushes what a load delivered.
    @inline(__always)
    private func load(_ value: Extended) {
        if !isEmpty(7) {
            if stackFault(overflow: true) { push(.indefinite) }
            return
        }
        state.pointee.status.remove(.C1)
        push(value)
    }

    /// FLD of memory or ST(i).
    @inline(__always)
    func fld() throws(Fault) {
        try reportPending()
        guard isMemory else { return loadRegister() }
        if instruction.opcode == 0xDB {
            let significand = try environment.load64(0)
            let value = Extended(significand: significand, signExponent: try environment.load16(8))
            notePointers()
            return load(value)
        }
        var context = context
        let value = try memoryOperand(&context)
        notePointers()
        if value.isNormal && !context.widenedDenormal { return load(value) }
        loadSpecial(value, &context)
    }

    @inline(never)
    private func loadRegister() {
        notePointers()
        if isEmpty(index) {
            if stackFault(overflow: false) { push(.indefinite) }
            return
        }
        load(st(index))
    }

    /// A zero, infinity, NaN or denormal of a smaller format.
    @inline(never)
    private func loadSpecial(_ value: Extended, _ context: inout FloatContext) {
        if !isEmpty(7) { return load(value) }
        let result = Extended.invalidOperand(value, &context) ?? value
        let isValid = settle(context)
        // #D is recorded, but the number is pushed even when the exception is not masked.
        if context.widenedDenormal {
            context.raised.insert(.DE)
            _ = settle(context)
        }
        if isValid { push(result) }
    }

    @inline(__always)
    func fild() throws(Fault) {
        try reportPending()
        let value: Int64
        switch (instruction.opcode, instruction.digit) {
        case (0xDF, 5): value = Int64(bitPattern: try environment.load64(0))
        case (0xDF, _): value = Int64(truncatingIfNeeded: Int16(bitPattern: try environment.load16(0)))
        default: value = Int64(truncatingIfNeeded: Int32(bitPattern: try environment.load32(0)))
        }
        notePointers()
        load(.widen(integer: value))
    }

    func fbld() throws(Fault) {
        try reportPending()
        let low = try environment.load64(0)
        let high = try environment.load16(8)
        notePointers()
        load(.widen(decimal: low, high))
    }

    /// FLD1, FLDPI and the other constants. Rounded by rounding control, without #P.
    func loadConstant(_ constant: X87Constant) throws(Fault) {
        try reportPending()
        notePointers()
        load(constant.value(context.rounding))
    }

    /// FST and FSTP to memory or ST(i).
    @inline(__always)
    func fst(pops: Bool) throws(Fault) {
        try reportPending()
        guard isMemory else { return storeRegister(pops: pops) }
        var context = context
        let isUnderflow = isEmpty(0)
        let value = isUnderflow ? Extended.indefinite : st(0)
        switch instruction.opcode {
        case 0xDB:
            try store(isUnderflow, pops: pops) { (environment) throws(Fault) in
                try environment.checkRegisterStore(0)
                try environment.store64(value.significand, 0)
                try environment.store16(value.signExponent, 8)
            }
        case 0xD9:
            let bits = value.narrowToSingle(&context)
            try store(isUnderflow, context, pops: pops) { (environment) throws(Fault) in try environment.store32(bits, 0) }
        default:
            let bits = value.narrowToDouble(&context)
            try store(isUnderflow, context, pops: pops) { (environment) throws(Fault) in try environment.store64(bits, 0) }
        }
    }

    /// Stores if exceptions allow it, and only then changes the status and pops.
    @inline(__always)
    func store(
        _ isUnderflow: Bool, _ context: FloatContext = FloatContext(), pops: Bool, _ body: (Environment) throws(Fault) -> Void
    ) throws(Fault) {
        let preventing: FloatExceptions = [.IE, .DE, .OE, .UE]
        let isStored = isUnderflow ? state.pointee.control & 1 != 0 : context.unmasked.isDisjoint(with: preventing)
        if isStored { try body(environment) }
        notePointers()
        if isUnderflow { _ = stackFault(overflow: false) } else { _ = settle(context) }
        if isStored && pops { pop() }
    }

    @inline(never)
    private func storeRegister(pops: Bool) {
        notePointers()
        if isEmpty(0) {
            // D9 D8+i, the undocumented FSTP1, pops an empty register without complaint.
            if instruction.opcode == 0xD9 { return popSilently() }
            return underflow(into: index, pops: pops)
        }
        state.pointee.status.remove(.C1)
        setST(index, st(0))
        if pops { pop() }
    }

    private func popSilently() {
        state.pointee.status.remove(.C1)
        pop()
    }

    /// FIST, FISTP and, cutting off, FISTTP.
    func fist(pops: Bool, truncates: Bool = false) throws(Fault) {
        try reportPending()
        var context = context
        if truncates { context.rounding = .towardZero }
        let isUnderflow = isEmpty(0)
        let value = isUnderflow ? Extended.indefinite : st(0)
        let bits: UInt8
        switch (instruction.opcode, instruction.digit) {
        case (0xDF, 7), (0xDD, _): bits = 64
        case (0xDF, _): bits = 16
        default: bits = 32
        }
        let integer = value.toInteger(bits: bits, &context)
        try store(isUnderflow, context, pops: pops) { (environment) throws(Fault) in
            switch bits {
            case 16: try environment.store16(UInt16(truncatingIfNeeded: integer), 0)
            case 32: try environment.store32(UInt32(truncatingIfNeeded: integer), 0)
            default: try environment.store64(UInt64(bitPattern: integer), 0)
            }
        }
    }

    func fbstp() throws(Fault) {
        try reportPending()
        var context = context
        let isUnderflow = isEmpty(0)
        let value = isUnderflow ? Extended.indefinite : st(0)
        let decimal = value.toDecimal(&context)
        try store(isUnderflow, context, pops: true) { (environment) throws(Fault) in
            try environment.checkRegisterStore(0)
            try environment.store64(decimal.low, 0)
            try environment.store16(decimal.high, 8)
        }
    }

    @inline(__always)
    func fxch() throws(Fault) {
        try reportPending()
        notePointers()
        var (a, b) = (st(0), st(index))
        if isEmpty(0) || isEmpty(index) {
            guard stackFault(overflow: false) else { return }
            if isEmpty(0) { a = .indefinite }
            if isEmpty(index) { b = .indefinite }
        } else {
            state.pointee.status.remove(.C1)
        }
        setST(0, b)
        setST(index, a)
    }

    /// FFREE, and FFREEP which also pops.
    func ffree(pops: Bool) throws(Fault) {
        try reportPending()
        notePointers()
        free(index)
        if pops { pop() }
    }

    /// FINCSTP and FDECSTP: TOP moves, no register changes.
    func moveTop(by step: UInt8) throws(Fault) {
        try reportPending()
        notePointers()
        state.pointee.status.remove(.C1)
        state.pointee.status.top = state.pointee.status.top &+ step
    }
}

/// The constants of FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2 and FLDZ. SDM Vol. 1, section 8.3.4.
enum X87Constant {
    case one, log2Ten, log2E, pi, log10Two, ln2, zero

    func value(_ rounding: FloatRounding) -> Extended {
        // The significand cut off, and whether the nearest number is the next one.
        let (signExponent, significand, isAboveHalf): (UInt16, UInt64, Bool)
        switch self {
        case .one: return .one()
        case .zero: return .zero()
        case .log2Ten: (signExponent, significand, isAboveHalf) = (0x4000, 0xD49A_784B_CD1B_8AFE, false)
        case .log2E: (signExponent, significand, isAboveHalf) = (0x3FFF, 0xB8AA_3B29_5C17_F0BB, true)
        case .pi: (signExponent, significand, isAboveHalf) = (0x4000, 0xC90F_DAA2_2168_C234, true)
        case .log10Two: (signExponent, significand, isAboveHalf) = (0x3FFD, 0x9A20_9A84_FBCF_F798, true)
        case .ln2: (signExponent, significand, isAboveHalf) = (0x3FFE, 0xB172_17F7_D1CF_79AB, true)
        }
        let up = rounding == .up || (rounding == .nearestEven && isAboveHalf)
        return Extended(significand: up ? significand &+ 1 : significand, signExponent: signExponent)
    }
}
