extension Table {
    /// Descriptor tables, control and debug registers, caches, MSRs, CPUID, system calls, HLT, undefined-opcode instructions.
    /// SDM Vol. 2, the pages of these names; SDM Vol. 3A, section 2.8.
    static let system: [Row] = [
        row(0x0F_00, digit: 0, .sldt, .RvMw, since: .i80286, is: .protectedOnly),
        row(0x0F_00, digit: 1, .str, .RvMw, since: .i80286, is: .protectedOnly),
        row(0x0F_00, digit: 2, .lldt, .Ew, since: .i80286, is: [.privileged, .protectedOnly, .endsBlock]),
        row(0x0F_00, digit: 3, .ltr, .Ew, since: .i80286, is: [.privileged, .protectedOnly, .endsBlock]),
        row(0x0F_01, digit: 0, .sgdt, .Ms, since: .i80286, is: .forced64),
        row(0x0F_01, digit: 1, .sidt, .Ms, since: .i80286, is: .forced64),
        row(0x0F_01, digit: 2, .lgdt, .Ms, since: .i80286, is: [.privileged, .forced64, .endsBlock]),
        row(0x0F_01, digit: 3, .lidt, .Ms, since: .i80286, is: [.privileged, .forced64, .endsBlock]),
        row(0x0F_01, digit: 4, .smsw, .RvMw, since: .i80286),
        row(0x0F_01, digit: 6, .lmsw, .Ew, since: .i80286, is: [.privileged, .endsBlock]),
        row(0x0F_01, digit: 7, .invlpg, .M, since: .i486, is: [.privileged, .endsBlock]),
        row(0x0F_01, modRM: 0xCA...0xCA, prefix: .none, .clac, since: .SMAP, is: .endsBlock),
        row(0x0F_01, modRM: 0xCB...0xCB, prefix: .none, .stac, since: .SMAP, is: .endsBlock),
        row(0x0F_01, modRM: 0xF9...0xF9, .rdtscp, since: .RDTSCP, is: .endsBlock),
        row(0x0F_38_82, prefix: .p66, .invpcid, .Gy, .Mdq, since: .INVPCID, is: [.privileged, .endsBlock, .forced64]),
        row(0x0F_AE, digit: 0, prefix: .pF3, .rdfsbase, .Ry, since: .FSGSBASE, is: [.only64, .endsBlock]),
        row(0x0F_AE, digit: 1, prefix: .pF3, .rdgsbase, .Ry, since: .FSGSBASE, is: [.only64, .endsBlock]),
        row(0x0F_AE, digit: 2, prefix: .pF3, .wrfsbase, .Ry, since: .FSGSBASE, is: [.only64, .endsBlock]),
        row(0x0F_AE, digit: 3, prefix: .pF3, .wrgsbase, .Ry, since: .FSGSBASE, is: [.only64, .endsBlock]),
        row(0x0F_01, modRM: 0xF8...0xF8, .swapgs, since: .LM, is: [.privileged, .only64, .endsBlock]),
        row(0x0F_05, .syscall, since: .LM, is: [.only64, .transfersControl]),
        row(0x0F_06, .clts, since: .i80286, is: [.privileged, .endsBlock]),
        row(0x0F_07, .sysret, since: .LM, is: [.privileged, .only64, .transfersControl]),
        row(0x0F_08, .invd, since: .i486, is: [.privileged, .endsBlock]),
        row(0x0F_09, .wbinvd, since: .i486, is: [.privileged, .endsBlock]),

        row(0x0F_20, .movFromControl, .Ry, .Cd, named: "mov", since: .i80386, is: [.privileged, .endsBlock]),
        row(0x0F_21, .movFromDebug, .Ry, .Dd, named: "mov", since: .i80386, is: [.privileged, .endsBlock]),
        row(0x0F_22, .movToControl, .Cd, .Ry, named: "mov", since: .i80386, is: [.privileged, .endsBlock]),
        row(0x0F_23, .movToDebug, .Dd, .Ry, named: "mov", since: .i80386, is: [.privileged, .endsBlock]),

        row(0x0F_30, .wrmsr, since: .MSR, is: [.privileged, .endsBlock]),
        row(0x0F_31, .rdtsc, since: .TSC, is: .endsBlock),
        row(0x0F_32, .rdmsr, since: .MSR, is: [.privileged, .endsBlock]),
        row(0x0F_33, .rdpmc, since: .p6, is: .endsBlock),
        row(0x0F_34, .sysenter, since: .SEP, is: .transfersControl),
        row(0x0F_35, .sysexit, since: .SEP, is: [.privileged, .transfersControl]),
        row(0x0F_A2, .cpuid, since: .i486, is: .endsBlock),
        row(0x0F_AA, .rsm, since: .pentium, is: .transfersControl),
        row(0xF4, .hlt, is: [.privileged, .endsBlock]),

        // UD0 takes a ModR/M byte like UD1: SDM Vol. 2B, UD.
        row(0x0F_FF, .ud0, .Gv, .Ev, is: .transfersControl),
        row(0x0F_B9, .ud1, .Gv, .Ev, is: .transfersControl),
        row(0x0F_0B, .ud2, is: .transfersControl),
    ]
}
