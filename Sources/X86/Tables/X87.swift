extension Table {
    /// The x87 FPU: SDM Vol. 1, chapter 8; Vol. 2, tables and the pages of these names.
    /// Rows marked as aliases repeat a documented instruction in another place of the map, as all processors with an FPU do.
    static let x87: [Row] = x87Memory + x87Register

    private static func fpu(
        _ opcode: UInt32, digit: UInt8, _ operation: Operation, _ operand: OperandCode, since feature: Feature = .FPU
    ) -> Row {
        row(opcode, digit: digit, operation, operand, since: feature, is: .usesFPU)
    }

    private static func fpu(
        _ opcode: UInt32, _ modRM: ClosedRange<UInt8>, _ operation: Operation, _ operand0: OperandCode = .none,
        _ operand1: OperandCode = .none, named mnemonic: String? = nil, since feature: Feature = .FPU, is traits: Traits = []
    ) -> Row {
        row(
            opcode, modRM: modRM, operation, operand0, operand1, named: mnemonic, since: feature, is: traits.union(.usesFPU))
    }

    private static let x87Memory: [Row] = [
        fpu(0xD8, digit: 0, .fadd, .m32fp),
        fpu(0xD8, digit: 1, .fmul, .m32fp),
        fpu(0xD8, digit: 2, .fcom, .m32fp),
        fpu(0xD8, digit: 3, .fcomp, .m32fp),
        fpu(0xD8, digit: 4, .fsub, .m32fp),
        fpu(0xD8, digit: 5, .fsubr, .m32fp),
        fpu(0xD8, digit: 6, .fdiv, .m32fp),
        fpu(0xD8, digit: 7, .fdivr, .m32fp),

        fpu(0xD9, digit: 0, .fld, .m32fp),
        fpu(0xD9, digit: 2, .fst, .m32fp),
        fpu(0xD9, digit: 3, .fstp, .m32fp),
        fpu(0xD9, digit: 4, .fldenv, .m14byte),
        fpu(0xD9, digit: 5, .fldcw, .Mw),
        fpu(0xD9, digit: 6, .fnstenv, .m14byte),
        fpu(0xD9, digit: 7, .fnstcw, .Mw),

        fpu(0xDA, digit: 0, .fiadd, .m32int),
        fpu(0xDA, digit: 1, .fimul, .m32int),
        fpu(0xDA, digit: 2, .ficom, .m32int),
        fpu(0xDA, digit: 3, .ficomp, .m32int),
        fpu(0xDA, digit: 4, .fisub, .m32int),
        fpu(0xDA, digit: 5, .fisubr, .m32int),
        fpu(0xDA, digit: 6, .fidiv, .m32int),
        fpu(0xDA, digit: 7, .fidivr, .m32int),

        fpu(0xDB, digit: 0, .fild, .m32int),
        fpu(0xDB, digit: 1, .fisttp, .m32int, since: .SSE3),
        fpu(0xDB, digit: 2, .fist, .m32int),
        fpu(0xDB, digit: 3, .fistp, .m32int),
        fpu(0xDB, digit: 5, .fld, .m80fp),
        fpu(0xDB, digit: 7, .fstp, .m80fp),

        fpu(0xDC, digit: 0, .fadd, .m64fp),
        fpu(0xDC, digit: 1, .fmul, .m64fp),
        fpu(0xDC, digit: 2, .fcom, .m64fp),
        fpu(0xDC, digit: 3, .fcomp, .m64fp),
        fpu(0xDC, digit: 4, .fsub, .m64fp),
        fpu(0xDC, digit: 5, .fsubr, .m64fp),
        fpu(0xDC, digit: 6, .fdiv, .m64fp),
        fpu(0xDC, digit: 7, .fdivr, .m64fp),

        fpu(0xDD, digit: 0, .fld, .m64fp),
        fpu(0xDD, digit: 1, .fisttp, .m64int, since: .SSE3),
        fpu(0xDD, digit: 2, .fst, .m64fp),
        fpu(0xDD, digit: 3, .fstp, .m64fp),
        fpu(0xDD, digit: 4, .frstor, .m94byte),
        fpu(0xDD, digit: 6, .fnsave, .m94byte),
        fpu(0xDD, digit: 7, .fnstsw, .Mw),

        fpu(0xDE, digit: 0, .fiadd, .m16int),
        fpu(0xDE, digit: 1, .fimul, .m16int),
        fpu(0xDE, digit: 2, .ficom, .m16int),
        fpu(0xDE, digit: 3, .ficomp, .m16int),
        fpu(0xDE, digit: 4, .fisub, .m16int),
        fpu(0xDE, digit: 5, .fisubr, .m16int),
        fpu(0xDE, digit: 6, .fidiv, .m16int),
        fpu(0xDE, digit: 7, .fidivr, .m16int),

        fpu(0xDF, digit: 0, .fild, .m16int),
        fpu(0xDF, digit: 1, .fisttp, .m16int, since: .SSE3),
        fpu(0xDF, digit: 2, .fist, .m16int),
        fpu(0xDF, digit: 3, .fistp, .m16int),
        fpu(0xDF, digit: 4, .fbld, .m80bcd),
        fpu(0xDF, digit: 5, .fild, .m64int),
        fpu(0xDF, digit: 6, .fbstp, .m80bcd),
        fpu(0xDF, digit: 7, .fistp, .m64int),
    ]

    private static let x87Register: [Row] = [
        // WAIT is not an ESC opcode: it tests CR0.MP with TS and exists without an FPU.
        row(0x9B, .fwait, named: "wait"),

        fpu(0xD8, 0xC0...0xC7, .fadd, .ST0, .STi),
        fpu(0xD8, 0xC8...0xCF, .fmul, .ST0, .STi),
        fpu(0xD8, 0xD0...0xD7, .fcom, .STi),
        fpu(0xD8, 0xD8...0xDF, .fcomp, .STi),
        fpu(0xD8, 0xE0...0xE7, .fsub, .ST0, .STi),
        fpu(0xD8, 0xE8...0xEF, .fsubr, .ST0, .STi),
        fpu(0xD8, 0xF0...0xF7, .fdiv, .ST0, .STi),
        fpu(0xD8, 0xF8...0xFF, .fdivr, .ST0, .STi),

        fpu(0xD9, 0xC0...0xC7, .fld, .STi),
        fpu(0xD9, 0xC8...0xCF, .fxch, .STi),
        fpu(0xD9, 0xD0...0xD0, .fnop),
        fpu(0xD9, 0xD8...0xDF, .fstp, .STi, named: "fstp1", is: [.undocumented, .alias]),
        fpu(0xD9, 0xE0...0xE0, .fchs),
        fpu(0xD9, 0xE1...0xE1, .fabs),
        fpu(0xD9, 0xE4...0xE4, .ftst),
        fpu(0xD9, 0xE5...0xE5, .fxam),
        fpu(0xD9, 0xE8...0xE8, .fld1),
        fpu(0xD9, 0xE9...0xE9, .fldl2t),
        fpu(0xD9, 0xEA...0xEA, .fldl2e),
        fpu(0xD9, 0xEB...0xEB, .fldpi),
        fpu(0xD9, 0xEC...0xEC, .fldlg2),
        fpu(0xD9, 0xED...0xED, .fldln2),
        fpu(0xD9, 0xEE...0xEE, .fldz),
        fpu(0xD9, 0xF0...0xF0, .f2xm1),
        fpu(0xD9, 0xF1...0xF1, .fyl2x),
        fpu(0xD9, 0xF2...0xF2, .fptan),
        fpu(0xD9, 0xF3...0xF3, .fpatan),
        fpu(0xD9, 0xF4...0xF4, .fxtract),
        fpu(0xD9, 0xF5...0xF5, .fprem1, since: .i80386),
        fpu(0xD9, 0xF6...0xF6, .fdecstp),
        fpu(0xD9, 0xF7...0xF7, .fincstp),
        fpu(0xD9, 0xF8...0xF8, .fprem),
        fpu(0xD9, 0xF9...0xF9, .fyl2xp1),
        fpu(0xD9, 0xFA...0xFA, .fsqrt),
        fpu(0xD9, 0xFB...0xFB, .fsincos, since: .i80386),
        fpu(0xD9, 0xFC...0xFC, .frndint),
        fpu(0xD9, 0xFD...0xFD, .fscale),
        fpu(0xD9, 0xFE...0xFE, .fsin, since: .i80386),
        fpu(0xD9, 0xFF...0xFF, .fcos, since: .i80386),

        fpu(0xDA, 0xC0...0xC7, .fcmovb, .ST0, .STi, since: .P6FPU),
        fpu(0xDA, 0xC8...0xCF, .fcmove, .ST0, .STi, since: .P6FPU),
        fpu(0xDA, 0xD0...0xD7, .fcmovbe, .ST0, .STi, since: .P6FPU),
        fpu(0xDA, 0xD8...0xDF, .fcmovu, .ST0, .STi, since: .P6FPU),
        fpu(0xDA, 0xE9...0xE9, .fucompp, since: .i80386),

        fpu(0xDB, 0xC0...0xC7, .fcmovnb, .ST0, .STi, since: .P6FPU),
        fpu(0xDB, 0xC8...0xCF, .fcmovne, .ST0, .STi, since: .P6FPU),
        fpu(0xDB, 0xD0...0xD7, .fcmovnbe, .ST0, .STi, since: .P6FPU),
        fpu(0xDB, 0xD8...0xDF, .fcmovnu, .ST0, .STi, since: .P6FPU),
        // What the 8087 and 80287 did here is nothing on later processors: SDM Vol. 3B, section 22.18.9 (FENI, FDISI, FSETPM).
        fpu(0xDB, 0xE0...0xE0, .fnop, named: "fneni", is: .undocumented),
        fpu(0xDB, 0xE1...0xE1, .fnop, named: "fndisi", is: .undocumented),
        fpu(0xDB, 0xE2...0xE2, .fnclex),
        fpu(0xDB, 0xE3...0xE3, .fninit),
        fpu(0xDB, 0xE4...0xE4, .fnop, named: "fnsetpm", is: .undocumented),
        fpu(0xDB, 0xE8...0xEF, .fucomi, .ST0, .STi, since: .P6FPU),
        fpu(0xDB, 0xF0...0xF7, .fcomi, .ST0, .STi, since: .P6FPU),

        // The destination is ST(i): FSUB and FSUBR, FDIV and FDIVR change places against D8h.
        fpu(0xDC, 0xC0...0xC7, .fadd, .STi, .ST0),
        fpu(0xDC, 0xC8...0xCF, .fmul, .STi, .ST0),
        fpu(0xDC, 0xD0...0xD7, .fcom, .STi, named: "fcom2", is: [.undocumented, .alias]),
        fpu(0xDC, 0xD8...0xDF, .fcomp, .STi, named: "fcomp3", is: [.undocumented, .alias]),
        fpu(0xDC, 0xE0...0xE7, .fsubr, .STi, .ST0),
        fpu(0xDC, 0xE8...0xEF, .fsub, .STi, .ST0),
        fpu(0xDC, 0xF0...0xF7, .fdivr, .STi, .ST0),
        fpu(0xDC, 0xF8...0xFF, .fdiv, .STi, .ST0),

        fpu(0xDD, 0xC0...0xC7, .ffree, .STi),
        fpu(0xDD, 0xC8...0xCF, .fxch, .STi, named: "fxch4", is: [.undocumented, .alias]),
        fpu(0xDD, 0xD0...0xD7, .fst, .STi),
        fpu(0xDD, 0xD8...0xDF, .fstp, .STi),
        fpu(0xDD, 0xE0...0xE7, .fucom, .STi, since: .i80386),
        fpu(0xDD, 0xE8...0xEF, .fucomp, .STi, since: .i80386),

        fpu(0xDE, 0xC0...0xC7, .faddp, .STi, .ST0),
        fpu(0xDE, 0xC8...0xCF, .fmulp, .STi, .ST0),
        fpu(0xDE, 0xD0...0xD7, .fcomp, .STi, named: "fcomp5", is: [.undocumented, .alias]),
        fpu(0xDE, 0xD9...0xD9, .fcompp),
        fpu(0xDE, 0xE0...0xE7, .fsubrp, .STi, .ST0),
        fpu(0xDE, 0xE8...0xEF, .fsubp, .STi, .ST0),
        fpu(0xDE, 0xF0...0xF7, .fdivrp, .STi, .ST0),
        fpu(0xDE, 0xF8...0xFF, .fdivp, .STi, .ST0),

        fpu(0xDF, 0xC0...0xC7, .ffreep, .STi, is: .undocumented),
        fpu(0xDF, 0xC8...0xCF, .fxch, .STi, named: "fxch7", is: [.undocumented, .alias]),
        fpu(0xDF, 0xD0...0xD7, .fstp, .STi, named: "fstp8", is: [.undocumented, .alias]),
        fpu(0xDF, 0xD8...0xDF, .fstp, .STi, named: "fstp9", is: [.undocumented, .alias]),
        fpu(0xDF, 0xE0...0xE0, .fnstsw, .AX),
        fpu(0xDF, 0xE8...0xEF, .fucomip, .ST0, .STi, since: .P6FPU),
        fpu(0xDF, 0xF0...0xF7, .fcomip, .ST0, .STi, since: .P6FPU),
    ]
}
