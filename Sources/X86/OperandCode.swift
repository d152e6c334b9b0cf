/// Operand codes in the notation of SDM Vol. 2, appendix A.2: an addressing method in upper case, then an operand type in
/// lower case. Where the appendix has no code (x87 memory formats) the name is the one of the instruction's page.
public enum OperandCode: UInt8, CaseIterable, Sendable {
    case none

    // E: general register or memory by ModRM.rm
    case Eb, Ew, Ed, Ev, Ey
    /// 16 bits in memory, a register of the operand size: SLDT, SMSW, MOV from a segment register.
    case RvMw
    /// 8 or 16 bits in memory, a 32-bit register (or 64-bit by REX.W): PINSRB, PINSRW, PEXTRB, PEXTRW.
    case RdMb, RdMw, RyMb, RyMw
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
    case BDq, BDdq

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
    /// `Eb` in the bytes of a broadcast.
    case Wb
    // Behind a VEX prefix. `x` has 128 or 256 bits by VEX.L, `qq` always 256.
    case Vx, Vqq, Ux, Wx, Wqq, Mx, Mqq
    // H: vector register by VEX.vvvv, B: general register by VEX.vvvv, L: vector register by bits 7…4 of an immediate
    case Hdq, Hx, Hqq, By, Lx
    /// A vector of addresses, SDM Vol. 2A, section 2.3.12: indices of 32 or 64 bits in an XMM or YMM register.
    case vm32x, vm32y, vm64x, vm64y
}
