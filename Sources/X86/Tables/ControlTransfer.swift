extension Table {
    /// JMP, Jcc, JCXZ, LOOPcc, CALL, RET, INT n, INTO, IRET, BOUND. SDM Vol. 2, the pages of these names.
    static let controlTransfer: [Row] =
        conditional(0x70, .jcc, "j", .Jb, is: [.transfersControl, .forced64])
        + conditional(0x0F_80, .jcc, "j", .Jz, since: .i80386, is: [.transfersControl, .forced64])
        + [
            row(0xE0, .loopne, .Jb, is: [.transfersControl, .forced64]),
            row(0xE1, .loope, .Jb, is: [.transfersControl, .forced64]),
            row(0xE2, .loop, .Jb, is: [.transfersControl, .forced64]),
            row(0xE3, .jcxz, .Jb, named: "jcxz/jecxz/jrcxz", is: [.transfersControl, .forced64, .namedByAddressSize]),

            row(0xEB, .jmp, .Jb, is: [.transfersControl, .forced64]),
            row(0xE9, .jmp, .Jz, is: [.transfersControl, .forced64]),
            row(0xFF, digit: 4, .jmpIndirect, .Ev, named: "jmp", is: [.transfersControl, .forced64]),
            row(0xEA, .jmpFar, .Ap, named: "jmp", is: [.transfersControl, .invalid64]),
            row(0xFF, digit: 5, .jmpFarIndirect, .Mp, named: "jmp", is: .transfersControl),

            row(0xE8, .call, .Jz, is: [.transfersControl, .forced64]),
            row(0xFF, digit: 2, .callIndirect, .Ev, named: "call", is: [.transfersControl, .forced64]),
            row(0x9A, .callFar, .Ap, named: "call", is: [.transfersControl, .invalid64]),
            row(0xFF, digit: 3, .callFarIndirect, .Mp, named: "call", is: .transfersControl),

            row(0xC3, .ret, is: [.transfersControl, .forced64]),
            row(0xC2, .ret, .Iw, is: [.transfersControl, .forced64]),
            row(0xCB, .retFar, named: "retf", is: .transfersControl),
            row(0xCA, .retFar, .Iw, named: "retf", is: .transfersControl),

            row(0xCC, .int3, is: .transfersControl),
            row(0xCD, .int, .Ib, is: .transfersControl),
            row(0xCE, .into, is: [.transfersControl, .invalid64], flags: FlagEffects(read: .OF)),
            row(0xF1, .int1, since: .i80386, is: .transfersControl),
            row(0xCF, .iret, named: "iret/iretd/iretq", is: .transfersControl),
            row(0x62, .bound, .Gv, .Ma, since: .i80186, is: .invalid64),
        ]
}
