import SoftFloat
import X86

extension X87Unit {
    /// Executes the instruction. An operation that is not of the x87 family raises #UD.
    @inline(__always)
    func execute() throws(Fault) {
        switch instruction.operation {
        case .fld: try fld()
        case .fst: try fst(pops: false)
        case .fstp: try fst(pops: true)
        case .fadd, .fiadd: try arithmetic(.add)
        case .fsub, .fisub: try arithmetic(.subtract)
        case .fsubr, .fisubr: try arithmetic(.subtractReversed)
        case .fmul, .fimul: try arithmetic(.multiply)
        case .fdiv, .fidiv: try arithmetic(.divide)
        case .fdivr, .fidivr: try arithmetic(.divideReversed)
        case .faddp: try arithmetic(.add, pops: true)
        case .fsubp: try arithmetic(.subtract, pops: true)
        case .fsubrp: try arithmetic(.subtractReversed, pops: true)
        case .fmulp: try arithmetic(.multiply, pops: true)
        case .fdivp: try arithmetic(.divide, pops: true)
        case .fdivrp: try arithmetic(.divideReversed, pops: true)
        case .fild: try fild()
        case .fist: try fist(pops: false)
        case .fistp: try fist(pops: true)
        case .fisttp: try fist(pops: true, truncates: true)
        case .fxch: try fxch()
        default: try executeSeldom()
        }
    }

    @inline(never)
    private func executeSeldom() throws(Fault) {
        switch instruction.operation {
        case .fcom, .ficom: try compare(quiet: false, pops: 0)
        case .fcomp, .ficomp: try compare(quiet: false, pops: 1)
        case .fcompp: try compare(quiet: false, pops: 2)
        case .fucom: try compare(quiet: true, pops: 0)
        case .fucomp: try compare(quiet: true, pops: 1)
        case .fucompp: try compare(quiet: true, pops: 2)
        case .fcomi: try compareToFlags(quiet: false, pops: false)
        case .fcomip: try compareToFlags(quiet: false, pops: true)
        case .fucomi: try compareToFlags(quiet: true, pops: false)
        case .fucomip: try compareToFlags(quiet: true, pops: true)
        case .ftst: try ftst()
        case .fxam: try fxam()
        case .fcmovb: try conditionalMove(.CF, negated: false)
        case .fcmove: try conditionalMove(.ZF, negated: false)
        case .fcmovbe: try conditionalMove([.CF, .ZF], negated: false)
        case .fcmovu: try conditionalMove(.PF, negated: false)
        case .fcmovnb: try conditionalMove(.CF, negated: true)
        case .fcmovne: try conditionalMove(.ZF, negated: true)
        case .fcmovnbe: try conditionalMove([.CF, .ZF], negated: true)
        case .fcmovnu: try conditionalMove(.PF, negated: true)
        case .fld1: try loadConstant(.one)
        case .fldl2t: try loadConstant(.log2Ten)
        case .fldl2e: try loadConstant(.log2E)
        case .fldpi: try loadConstant(.pi)
        case .fldlg2: try loadConstant(.log10Two)
        case .fldln2: try loadConstant(.ln2)
        case .fldz: try loadConstant(.zero)
        case .fbld: try fbld()
        case .fbstp: try fbstp()
        case .fabs: try unary { (a, _) in a.magnitude }
        case .fchs: try unary { (a, _) in a.negated }
        case .fsqrt: try unary { (a, context) in Extended.squareRoot(a, &context) }
        case .frndint: try unary { (a, context) in Extended.roundToIntegral(a, &context) }
        case .fscale: try fscale()
        case .fprem: try fprem(nearest: false)
        case .fprem1: try fprem(nearest: true)
        case .fxtract: try fxtract()
        case .fsin: try angleFunction { (a, context) in Extended.sine(a, &context) }
        case .fcos: try angleFunction { (a, context) in Extended.cosine(a, &context) }
        case .fsincos: try fsincos()
        case .fptan: try fptan()
        case .f2xm1: try unary { (a, context) in Extended.exponentialMinusOne(a, &context) }
        case .fyl2x: try binaryPopping { (x, y, context) in Extended.logarithm(x, times: y, &context) }
        case .fyl2xp1: try binaryPopping { (x, y, context) in Extended.logarithmPlusOne(x, times: y, &context) }
        case .fpatan: try binaryPopping { (x, y, context) in Extended.arctangent(y: y, x: x, &context) }
        default: try executeControl()
        }
    }

    private func executeControl() throws(Fault) {
        switch instruction.operation {
        case .fincstp: try moveTop(by: 1)
        case .fdecstp: try moveTop(by: 7)
        case .ffree: try ffree(pops: false)
        case .ffreep: try ffree(pops: true)
        case .fwait: try reportPending()
        // The 8087's FNENI, FNDISI and the 80287's FNSETPM share the operation and do not wait.
        case .fnop: if instruction.opcode == 0xD9 { try fnop() }
        case .fninit: state.pointee.initialize()
        case .fnclex: fnclex()
        case .fldcw: try fldcw()
        case .fnstcw: try fnstcw()
        case .fnstsw: try fnstsw()
        case .fldenv: try fldenv()
        case .fnstenv: try fnstenv()
        case .frstor: try frstor()
        case .fnsave: try fnsave()
        default: throw Fault.UD
        }
    }
}
