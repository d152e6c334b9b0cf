extension Table {
    /// The instructions that AVX2 has beyond the longer forms of AVX. SDM Vol. 1, section 14.6; Vol. 2, the pages of these names.
    static let avx2: [Row] = [
        vex(0x0F_38_78, .p66, [.L, .W0], .vpbroadcastb, .Vx, .Wb, since: .AVX2),
        vex(0x0F_38_79, .p66, [.L, .W0], .vpbroadcastw, .Vx, .Ww, since: .AVX2),
        vex(0x0F_38_58, .p66, [.L, .W0], .vpbroadcastd, .Vx, .Wd, since: .AVX2),
        vex(0x0F_38_59, .p66, [.L, .W0], .vpbroadcastq, .Vx, .Wq, since: .AVX2),
        vex(0x0F_38_5A, .p66, [.L1, .W0], .vbroadcasti128, .Vqq, .Mdq, since: .AVX2),
        vex(0x0F_3A_38, .p66, [.L1, .W0], .vinserti128, .Vqq, .Hqq, .Wdq, .Ib, since: .AVX2),
        vex(0x0F_3A_39, .p66, [.L1, .W0], .vextracti128, .Wdq, .Vqq, .Ib, since: .AVX2),
        vex(0x0F_3A_46, .p66, [.L1, .W0], .vperm2i128, .Vqq, .Hqq, .Wqq, .Ib, since: .AVX2),
        vex(0x0F_38_36, .p66, [.L1, .W0], .vpermd, .Vqq, .Hqq, .Wqq, since: .AVX2),
        vex(0x0F_38_16, .p66, [.L1, .W0], .vpermps, .Vqq, .Hqq, .Wqq, since: .AVX2),
        vex(0x0F_3A_00, .p66, [.L1, .W1], .vpermq, .Vqq, .Wqq, .Ib, since: .AVX2),
        vex(0x0F_3A_01, .p66, [.L1, .W1], .vpermpd, .Vqq, .Wqq, .Ib, since: .AVX2),
        vex(0x0F_38_47, .p66, [.L, .W0], .vpsllvd, .Vx, .Hx, .Wx, since: .AVX2),
        vex(0x0F_38_47, .p66, [.L, .W1], .vpsllvq, .Vx, .Hx, .Wx, since: .AVX2),
        vex(0x0F_38_45, .p66, [.L, .W0], .vpsrlvd, .Vx, .Hx, .Wx, since: .AVX2),
        vex(0x0F_38_45, .p66, [.L, .W1], .vpsrlvq, .Vx, .Hx, .Wx, since: .AVX2),
        vex(0x0F_38_46, .p66, [.L, .W0], .vpsravd, .Vx, .Hx, .Wx, since: .AVX2),
        vex(0x0F_3A_02, .p66, [.L, .W0], .vpblendd, .Vx, .Hx, .Wx, .Ib, since: .AVX2),
        vex(0x0F_38_8C, .p66, [.L, .W0], .vpmaskmovd, .Vx, .Hx, .Mx, since: .AVX2),
        vex(0x0F_38_8E, .p66, [.L, .W0], .vpmaskmovd, .Mx, .Hx, .Vx, since: .AVX2),
        vex(0x0F_38_8C, .p66, [.L, .W1], .vpmaskmovq, .Vx, .Hx, .Mx, since: .AVX2),
        vex(0x0F_38_8E, .p66, [.L, .W1], .vpmaskmovq, .Mx, .Hx, .Vx, since: .AVX2),
    ]

    static let gather: [Row] = [
        vex(0x0F_38_90, .p66, [.L0, .W0], .vpgatherdd, .Vdq, .vm32x, .Hdq, since: .AVX2),
        vex(0x0F_38_90, .p66, [.L1, .W0], .vpgatherdd, .Vqq, .vm32y, .Hqq, since: .AVX2),
        vex(0x0F_38_90, .p66, [.L0, .W1], .vpgatherdq, .Vdq, .vm32x, .Hdq, since: .AVX2),
        vex(0x0F_38_90, .p66, [.L1, .W1], .vpgatherdq, .Vqq, .vm32x, .Hqq, since: .AVX2),
        vex(0x0F_38_91, .p66, [.L0, .W0], .vpgatherqd, .Vdq, .vm64x, .Hdq, since: .AVX2),
        vex(0x0F_38_91, .p66, [.L1, .W0], .vpgatherqd, .Vdq, .vm64y, .Hdq, since: .AVX2),
        vex(0x0F_38_91, .p66, [.L0, .W1], .vpgatherqq, .Vdq, .vm64x, .Hdq, since: .AVX2),
        vex(0x0F_38_91, .p66, [.L1, .W1], .vpgatherqq, .Vqq, .vm64y, .Hqq, since: .AVX2),
        vex(0x0F_38_92, .p66, [.L0, .W0], .vgatherdps, .Vdq, .vm32x, .Hdq, since: .AVX2),
        vex(0x0F_38_92, .p66, [.L1, .W0], .vgatherdps, .Vqq, .vm32y, .Hqq, since: .AVX2),
        vex(0x0F_38_92, .p66, [.L0, .W1], .vgatherdpd, .Vdq, .vm32x, .Hdq, since: .AVX2),
        vex(0x0F_38_92, .p66, [.L1, .W1], .vgatherdpd, .Vqq, .vm32x, .Hqq, since: .AVX2),
        vex(0x0F_38_93, .p66, [.L0, .W0], .vgatherqps, .Vdq, .vm64x, .Hdq, since: .AVX2),
        vex(0x0F_38_93, .p66, [.L1, .W0], .vgatherqps, .Vdq, .vm64y, .Hdq, since: .AVX2),
        vex(0x0F_38_93, .p66, [.L0, .W1], .vgatherqpd, .Vdq, .vm64x, .Hdq, since: .AVX2),
        vex(0x0F_38_93, .p66, [.L1, .W1], .vgatherqpd, .Vqq, .vm64y, .Hqq, since: .AVX2),
    ]

    /// FMA: the opcode's high digit is the order of the operands, VEX.W the precision. SDM Vol. 1, section 14.5.
    static let fma: [Row] = [(0x90, "132"), (0xA0, "213"), (0xB0, "231")].flatMap { (opcodes: UInt32, order: String) in
        fusedOperations.flatMap { (digit: UInt32, operation: Operation, isScalar: Bool) in
            [(VEXFields.W0, isScalar ? "ss" : "ps"), (.W1, isScalar ? "sd" : "pd")].map { w, suffix in
                let source: OperandCode = !isScalar ? .Wx : w == .W0 ? .Wd : .Wq
                return vex(
                    0x0F_38_00 | opcodes | digit, .p66, [.L, w], operation, isScalar ? .Vdq : .Vx, isScalar ? .Hdq : .Hx, source,
                    named: "\(operation)\(order)\(suffix)", since: .FMA)
            }
        }
    }

    private static let fusedOperations: [(UInt32, Operation, isScalar: Bool)] = [
        (0x6, .vfmaddsub, false), (0x7, .vfmsubadd, false), (0x8, .vfmadd, false), (0x9, .vfmadd, true), (0xA, .vfmsub, false),
        (0xB, .vfmsub, true), (0xC, .vfnmadd, false), (0xD, .vfnmadd, true), (0xE, .vfnmsub, false), (0xF, .vfnmsub, true),
    ]
}
