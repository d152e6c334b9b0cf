/// The way in which an operand is found in the bytes: what the decoder switches on.
enum OperandEncoding: UInt8 {
    case none
    case rmByte, rmGeneral, rmMMX, rmXMM
    /// A general register whatever ModRM.mod says.
    case rmAnyMod
    case regByte, regGeneral, regMMX, regXMM
    case regSegment, regControl, regDebug
    case opcodeByte, opcodeGeneral
    case imm8, imm8Signed, imm16, immZ, immV, one
    case rel8, relZ, far, offset
    case stringSource, stringDestination, implicitMemory
    case byteRegister0, byteRegister1, register0, register2
    case segment0, segment1, segment2, segment3, segment4, segment5
    case stack0, stackRM
    case xmm0
    case vectorAddress
    case vvvvXMM, vvvvGeneral, immediateXMM

    /// An operand of this form, unless it is the first, has no place of its own in `Instruction`.
    var isBeside: Bool {
        switch self {
        case .vvvvXMM, .vvvvGeneral, .immediateXMM: true
        default: false
        }
    }
}

extension OperandCode {
    /// The operands that ModRM.rm may name.
    enum RM {
        case unused, either, memoryOnly, registerOnly
    }

    var form: OperandEncoding {
        switch self {
        case .none: .none
        case .Eb: .rmByte
        case .Ew, .Ed, .Ev, .Ey, .RvMw, .RdMb, .RdMw, .RyMb, .RyMw: .rmGeneral
        case .Ry: .rmAnyMod
        case .M, .Mb, .Mw, .Md, .Mq, .My, .Mv, .Mdq, .Ma, .Mp, .Ms: .rmGeneral
        case .m16int, .m32int, .m64int, .m32fp, .m64fp, .m80fp, .m80bcd, .m14byte, .m94byte, .m512byte: .rmGeneral
        case .Gb: .regByte
        case .Gw, .Gd, .Gv, .Gy: .regGeneral
        case .Zb: .opcodeByte
        case .Zv: .opcodeGeneral
        case .Sw: .regSegment
        case .Cd: .regControl
        case .Dd: .regDebug
        case .Ib: .imm8
        case .Ibs: .imm8Signed
        case .Iw: .imm16
        case .Iz: .immZ
        case .Iv: .immV
        case .I1: .one
        case .Jb: .rel8
        case .Jz: .relZ
        case .Ap: .far
        case .Ob, .Ov: .offset
        case .Xb, .Xv, .Xz: .stringSource
        case .Yb, .Yv, .Yz: .stringDestination
        case .BBb, .BDq, .BDdq: .implicitMemory
        case .AL: .byteRegister0
        case .CL: .byteRegister1
        case .AX, .rAX, .eAX: .register0
        case .DX: .register2
        case .ES: .segment0
        case .CS: .segment1
        case .SS: .segment2
        case .DS: .segment3
        case .FS: .segment4
        case .GS: .segment5
        case .ST0: .stack0
        case .STi: .stackRM
        case .XMM0: .xmm0
        case .Pq: .regMMX
        case .Nq, .Qd, .Qq: .rmMMX
        case .Vdq, .Vx, .Vqq: .regXMM
        case .Udq, .Wb, .Ww, .Wd, .Wq, .Wdq, .Ux, .Wx, .Wqq: .rmXMM
        case .Mx, .Mqq: .rmGeneral
        case .Hdq, .Hx, .Hqq: .vvvvXMM
        case .By: .vvvvGeneral
        case .Lx: .immediateXMM
        case .vm32x, .vm32y, .vm64x, .vm64y: .vectorAddress
        }
    }

    var rm: RM {
        switch self {
        case .Eb, .Ew, .Ed, .Ev, .Ey, .RvMw, .RdMb, .RdMw, .RyMb, .RyMw, .Qd, .Qq, .Wb, .Ww, .Wd, .Wq, .Wdq: .either
        case .Wx, .Wqq: .either
        case .Ry, .Nq, .Udq, .Ux, .STi: .registerOnly
        case .Mx, .Mqq, .vm32x, .vm32y, .vm64x, .vm64y: .memoryOnly
        case .M, .Mb, .Mw, .Md, .Mq, .My, .Mv, .Mdq, .Ma, .Mp, .Ms: .memoryOnly
        case .m16int, .m32int, .m64int, .m32fp, .m64fp, .m80fp, .m80bcd, .m14byte, .m94byte, .m512byte: .memoryOnly
        default: .unused
        }
    }

    /// The operand needs a ModR/M byte.
    var usesModRM: Bool {
        if rm != .unused { return true }
        switch self {
        case .Gb, .Gw, .Gd, .Gv, .Gy, .Sw, .Cd, .Dd, .Pq, .Vdq, .Vx, .Vqq: return true
        default: return false
        }
    }

    /// Bits of the vector register that the operand may be; nil for other operands.
    func vectorBits(in instruction: Instruction) -> Int? {
        switch self {
        case .Vdq, .Udq, .Wb, .Ww, .Wd, .Wq, .Wdq, .Hdq: 128
        case .Vx, .Ux, .Wx, .Hx, .Lx: instruction.is256 ? 256 : 128
        case .Vqq, .Wqq, .Hqq: 256
        default: nil
        }
    }

    /// An 8-bit operand of this code makes the whole instruction a byte form.
    var isByteForm: Bool {
        switch self {
        case .Eb, .Gb, .Zb, .Ob, .AL, .Xb, .Yb, .Mb: true
        default: false
        }
    }
}
