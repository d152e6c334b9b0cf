import X86

/// What instructions do. One function an instruction, in the file of its family.
enum Semantics {
    /// Reads the definition of `r.instruction` at operand width `W`.
    ///
    /// Operations that are not listed are methods of the processor and are called out for.
    @inline(__always)
    static func perform<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        switch r.instruction.operation {
        case .add: try add(r, w)
        case .adc: try adc(r, w)
        case .sub: try sub(r, w)
        case .sbb: try sbb(r, w)
        case .cmp: try cmp(r, w)
        case .inc: try inc(r, w)
        case .dec: try dec(r, w)
        case .neg: try neg(r, w)
        case .xadd: try xadd(r, w)
        case .and: try and(r, w)
        case .or: try or(r, w)
        case .xor: try xor(r, w)
        case .not: try not(r, w)
        case .test: try test(r, w)
        case .rol: try shift(r, .rol, w)
        case .ror: try shift(r, .ror, w)
        case .rcl: try shift(r, .rcl, w)
        case .rcr: try shift(r, .rcr, w)
        case .shl: try shift(r, .shl, w)
        case .shr: try shift(r, .shr, w)
        case .sar: try shift(r, .sar, w)
        case .shld: try shiftDouble(r, .shl, w)
        case .shrd: try shiftDouble(r, .shr, w)
        case .mul: try mul(r, w)
        case .imul: try imul(r, w)
        case .imulTruncating: try imulTruncating(r, w)
        case .div: try divide(r, signed: false, w)
        case .idiv: try divide(r, signed: true, w)
        case .mov: try mov(r, w)
        case .movzx: try movzx(r, w)
        case .movsx: try movsx(r, w)
        case .movsxd: try movsxd(r, w)
        case .xchg: try xchg(r, w)
        case .lea: try lea(r, w)
        case .cbw: cbw(r, w)
        case .cwd: cwd(r, w)
        case .bswap: bswap(r, w)
        case .xlat: try xlat(r)
        case .cmovcc: try cmovcc(r, w)
        case .setcc: try setcc(r)
        case .nop: break
        case .pause: r.pause()
        case .push: try push(r, w)
        case .pop: try pop(r, w)
        case .leave: try leave(r, w)
        case .pushSegment: try pushSegment(r, w)
        case .bt: try bitTest(r, .test, w)
        case .bts: try bitTest(r, .set, w)
        case .btr: try bitTest(r, .reset, w)
        case .btc: try bitTest(r, .complement, w)
        case .movs, .stos, .lods, .scas, .cmps: try string(r, w)
        case .jmp, .jmpIndirect: try jmp(r, w)
        case .jcc: try jcc(r, w)
        case .call, .callIndirect: try call(r, w)
        case .jcxz, .loop, .loope, .loopne: try loop(r, w)
        case .ret: try ret(r, w)
        case .clc: r.setFlag(.CF, false)
        case .stc: r.setFlag(.CF, true)
        case .cmc: r.complementCarry()
        case .cld: r.setFlag(.DF, false)
        case .std: r.setFlag(.DF, true)
        case .lahf: lahf(r)
        case .sahf: sahf(r)
        default: try r.callOut()
        }
    }

    /// DEST := operation(DEST, SRC), with both read and the destination checked for writing before anything changes.
    @inline(__always)
    static func combine<R: Reading, W: OperandWidth>(
        _ r: R, _ w: W.Type, _ operation: (R.Value, R.Value) -> R.Value
    ) throws(Fault) {
        let source = try r.operand1(w)
        let destination = try r.updateOperand0(w)
        r.set(destination, operation(r.value(of: destination, w), source), w)
    }
}
