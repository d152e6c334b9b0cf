extension Table {
    /// MOV, MOVZX, MOVSX, MOVSXD, XCHG, LEA, CBW, CWD, BSWAP, XLAT, CMOVcc, NOP, PAUSE. SDM Vol. 2, the pages of these names.
    static let dataTransfer: [Row] =
        [
            row(0x88, .mov, .Eb, .Gb),
            row(0x89, .mov, .Ev, .Gv),
            row(0x8A, .mov, .Gb, .Eb),
            row(0x8B, .mov, .Gv, .Ev),
            row(0xA0, .mov, .AL, .Ob),
            row(0xA1, .mov, .rAX, .Ov),
            row(0xA2, .mov, .Ob, .AL),
            row(0xA3, .mov, .Ov, .rAX),
            row(0xB0, .mov, .Zb, .Ib),
            row(0xB8, .mov, .Zv, .Iv),
            row(0xC6, digit: 0, .mov, .Eb, .Ib),
            row(0xC7, digit: 0, .mov, .Ev, .Iz),

            row(0x0F_B6, .movzx, .Gv, .Eb, since: .i80386),
            row(0x0F_B7, .movzx, .Gv, .Ew, since: .i80386),
            row(0x0F_BE, .movsx, .Gv, .Eb, since: .i80386),
            row(0x0F_BF, .movsx, .Gv, .Ew, since: .i80386),
            row(0x63, .movsxd, .Gv, .Ed, since: .LM, is: .only64),

            row(0x86, .xchg, .Eb, .Gb, is: .lockable),
            row(0x87, .xchg, .Ev, .Gv, is: .lockable),
            row(0x90, prefix: .pF3, .pause, is: .excludesREXB),
            row(0x90, .nop, is: .excludesREXB),
            row(0x90, .xchg, .Zv, .rAX),

            row(0x8D, .lea, .Gv, .M),
            row(0x98, .cbw, named: "cbw/cwde/cdqe"),
            row(0x99, .cwd, named: "cwd/cdq/cqo"),
            row(0x0F_C8, .bswap, .Zv, since: .i486),
            row(0xD7, .xlat, .BBb, named: "xlatb"),

            // Prefetches are hints; the reserved ones of 0F 18 to 0F 1E and the NOP of 0F 1F take the same operand and do nothing.
            row(0x0F_18, digit: 0, .nop, .Mb, named: "prefetchnta", since: .SSE),
            row(0x0F_18, digit: 1, .nop, .Mb, named: "prefetcht0", since: .SSE),
            row(0x0F_18, digit: 2, .nop, .Mb, named: "prefetcht1", since: .SSE),
            row(0x0F_18, digit: 3, .nop, .Mb, named: "prefetcht2", since: .SSE),
            row(0x0F_0D, digit: 1, .nop, .Mb, named: "prefetchw", since: .p6),
            row(0x0F_0D, .nop, .Ev, since: .p6, is: .undocumented),
            row(0x0F_18, .nop, .Ev, since: .p6, is: .undocumented),
            row(0x0F_19, .nop, .Ev, since: .p6, is: .undocumented),
            row(0x0F_1A, .nop, .Ev, since: .p6, is: .undocumented),
            row(0x0F_1B, .nop, .Ev, since: .p6, is: .undocumented),
            row(0x0F_1C, .nop, .Ev, since: .p6, is: .undocumented),
            row(0x0F_1D, .nop, .Ev, since: .p6, is: .undocumented),
            row(0x0F_1E, .nop, .Ev, since: .p6, is: .undocumented),
            row(0x0F_1F, .nop, .Ev, since: .p6),
        ] + conditional(0x0F_40, .cmovcc, "cmov", .Gv, .Ev, since: .CMOV)
}
