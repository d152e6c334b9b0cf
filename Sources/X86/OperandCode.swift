/// Operand codes in the notation of SDM Vol. 2, appendix A.2: an addressing method in upper case, then an operand type in
/// lower case. Where the appendix has no code (x87 memory formats) the name is the one of the instruction's page.
public enum OperandCode: UInt8, CaseIterable, Sendable {
    case none

    // E: general register or memory by ModRM.rm
    case Eb, Ew, Ed, Ev, Ey
    /// 16 bits in memory, a register of the operand size: SLDT, SMSW, MOV from a segment register.
    case RvMw
    /// 8 or 16 bits in memory, a 32- or 64-bit register: PEXTRB, PINSRB, PEXTRW, PINSRW.
    case RyMb, RyMw
    // G: general register by ModRM.reg
    case Gb, Gw, Gd, Gv, Gy
    // R: general register by ModRM.rm. For MOV to and from CR and DR the mod field is ignored.
    case Ry
    // Z: general register by the low three bits of the opcode
    case Zb, Zv
    // S, C, D: segment, control, debug register by ModRM.reg
    case Sw, Cd, Dd
    // Immediates. `Ibs` is a byte sign-extended to the operand size, `I1` the constant one of D0h and D1h.
    case Ib, Ibs, Iw, Iz, Iv, I1
    // J: relative branch, A: far pointer, O: absolute offset without ModR/M
    case Jb, Jz, Ap, Ob, Ov
    // M: memory by ModRM. `M` has no size (LEA, INVLPG), `Ma` is BOUND's pair, `Mp` a far pointer, `Ms` a pseudo-descriptor.
    case M, Mb, Mw, Md, Mq, My, Mv, Mdq, Ma, Mp, Ms
    // x87 and state formats in memory
    case m16int, m32int, m64int, m32fp, m64fp, m80fp, m80bcd, m14byte, m94byte, m512byte
    // X, Y: string source and destination
    case Xb, Xv, Xz, Yb, Yv, Yz
    /// DS:[rBX + AL] of XLAT.
    case BBb
    /// DS:[rDI] of MASKMOVQ and MASKMOVDQU.
    case BDq

    // Implied registers. `rAX` has the operand size, `eAX` at most 32 bits.
    case AL, CL, AX, rAX, eAX, DX
    case ES, CS, SS, DS, FS, GS
    case ST0, STi
    /// Implied XMM0 of BLENDVPS and its like.
    case XMM0

    // P: MMX register by reg, N: by rm, Q: MMX register or memory by rm
    case Pq, Nq, Qd, Qq
    // V: XMM register by reg, U: by rm, W: XMM register or memory by rm
    case Vdq, Udq, Ww, Wd, Wq, Wdq
}

/// How an operand is found in the bytes: what the decoder switches on.
enum OperandForm: UInt8 {
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
}

extension OperandCode {
    /// Which operands ModRM.rm may name.
    enum RM {
        case unused, either, memoryOnly, registerOnly
    }

    var form: OperandForm {
        switch self {
        case .none: .none
        case .Eb: .rmByte
        case .Ew, .Ed, .Ev, .Ey, .RvMw, .RyMb, .RyMw: .rmGeneral
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
        case .BBb, .BDq: .implicitMemory
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
        case .Vdq: .regXMM
        case .Udq, .Ww, .Wd, .Wq, .Wdq: .rmXMM
        }
    }

    var rm: RM {
        switch self {
        case .Eb, .Ew, .Ed, .Ev, .Ey, .RvMw, .RyMb, .RyMw, .Qd, .Qq, .Ww, .Wd, .Wq, .Wdq: .either
        case .Ry, .Nq, .Udq, .STi: .registerOnly
        case .M, .Mb, .Mw, .Md, .Mq, .My, .Mv, .Mdq, .Ma, .Mp, .Ms: .memoryOnly
        case .m16int, .m32int, .m64int, .m32fp, .m64fp, .m80fp, .m80bcd, .m14byte, .m94byte, .m512byte: .memoryOnly
        default: .unused
        }
    }

    /// Whether the operand needs a ModR/M byte.
    var usesModRM: Bool {
        if rm != .unused { return true }
        switch self {
        case .Gb, .Gw, .Gd, .Gv, .Gy, .Sw, .Cd, .Dd, .Pq, .Vdq: return true
        default: return false
        }
    }

    /// Whether an 8-bit operand of this code makes the whole instruction a byte form.
    var isByteForm: Bool {
        switch self {
        case .Eb, .Gb, .Zb, .Ob, .AL, .Xb, .Yb, .Mb: true
        default: false
        }
    }
}
