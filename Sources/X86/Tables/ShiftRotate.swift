extension Table {
    /// ROL, ROR, RCL, RCR, SHL (SAL), SHR, SAR, SHLD, SHRD. SDM Vol. 2, pages "RCL/RCR/ROL/ROR", "SAL/SAR/SHL/SHR", SHLD, SHRD.
    /// Digit 6 shifts left like digit 4 on all processors.
    static let shiftRotate: [Row] = [
        row(0xC0, digit: 0, .rol, .Eb, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xC1, digit: 0, .rol, .Ev, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xD0, digit: 0, .rol, .Eb, .I1, flags: byOneRotate),
        row(0xD1, digit: 0, .rol, .Ev, .I1, flags: byOneRotate),
        row(0xD2, digit: 0, .rol, .Eb, .CL, is: .mayKeepFlags),
        row(0xD3, digit: 0, .rol, .Ev, .CL, is: .mayKeepFlags),

        row(0xC0, digit: 1, .ror, .Eb, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xC1, digit: 1, .ror, .Ev, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xD0, digit: 1, .ror, .Eb, .I1, flags: byOneRotate),
        row(0xD1, digit: 1, .ror, .Ev, .I1, flags: byOneRotate),
        row(0xD2, digit: 1, .ror, .Eb, .CL, is: .mayKeepFlags),
        row(0xD3, digit: 1, .ror, .Ev, .CL, is: .mayKeepFlags),

        row(0xC0, digit: 2, .rcl, .Eb, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xC1, digit: 2, .rcl, .Ev, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xD0, digit: 2, .rcl, .Eb, .I1, flags: byOneRotateThroughCarry),
        row(0xD1, digit: 2, .rcl, .Ev, .I1, flags: byOneRotateThroughCarry),
        row(0xD2, digit: 2, .rcl, .Eb, .CL, is: .mayKeepFlags),
        row(0xD3, digit: 2, .rcl, .Ev, .CL, is: .mayKeepFlags),

        row(0xC0, digit: 3, .rcr, .Eb, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xC1, digit: 3, .rcr, .Ev, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xD0, digit: 3, .rcr, .Eb, .I1, flags: byOneRotateThroughCarry),
        row(0xD1, digit: 3, .rcr, .Ev, .I1, flags: byOneRotateThroughCarry),
        row(0xD2, digit: 3, .rcr, .Eb, .CL, is: .mayKeepFlags),
        row(0xD3, digit: 3, .rcr, .Ev, .CL, is: .mayKeepFlags),

        row(0xC0, digit: 4, .shl, .Eb, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xC1, digit: 4, .shl, .Ev, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xD0, digit: 4, .shl, .Eb, .I1, flags: byOneShift),
        row(0xD1, digit: 4, .shl, .Ev, .I1, flags: byOneShift),
        row(0xD2, digit: 4, .shl, .Eb, .CL, is: .mayKeepFlags),
        row(0xD3, digit: 4, .shl, .Ev, .CL, is: .mayKeepFlags),

        row(0xC0, digit: 5, .shr, .Eb, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xC1, digit: 5, .shr, .Ev, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xD0, digit: 5, .shr, .Eb, .I1, flags: byOneShift),
        row(0xD1, digit: 5, .shr, .Ev, .I1, flags: byOneShift),
        row(0xD2, digit: 5, .shr, .Eb, .CL, is: .mayKeepFlags),
        row(0xD3, digit: 5, .shr, .Ev, .CL, is: .mayKeepFlags),

        row(0xC0, digit: 6, .shl, .Eb, .Ib, since: .i80186, is: [.mayKeepFlags, .undocumented, .alias]),
        row(0xC1, digit: 6, .shl, .Ev, .Ib, since: .i80186, is: [.mayKeepFlags, .undocumented, .alias]),
        row(0xD0, digit: 6, .shl, .Eb, .I1, is: [.undocumented, .alias], flags: byOneShift),
        row(0xD1, digit: 6, .shl, .Ev, .I1, is: [.undocumented, .alias], flags: byOneShift),
        row(0xD2, digit: 6, .shl, .Eb, .CL, is: [.mayKeepFlags, .undocumented, .alias]),
        row(0xD3, digit: 6, .shl, .Ev, .CL, is: [.mayKeepFlags, .undocumented, .alias]),

        row(0xC0, digit: 7, .sar, .Eb, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xC1, digit: 7, .sar, .Ev, .Ib, since: .i80186, is: .mayKeepFlags),
        row(0xD0, digit: 7, .sar, .Eb, .I1, flags: byOneShift),
        row(0xD1, digit: 7, .sar, .Ev, .I1, flags: byOneShift),
        row(0xD2, digit: 7, .sar, .Eb, .CL, is: .mayKeepFlags),
        row(0xD3, digit: 7, .sar, .Ev, .CL, is: .mayKeepFlags),

        row(0x0F_A4, .shld, .Ev, .Gv, .Ib, since: .i80386, is: .mayKeepFlags),
        row(0x0F_A5, .shld, .Ev, .Gv, .CL, since: .i80386, is: .mayKeepFlags),
        row(0x0F_AC, .shrd, .Ev, .Gv, .Ib, since: .i80386, is: .mayKeepFlags),
        row(0x0F_AD, .shrd, .Ev, .Gv, .CL, since: .i80386, is: .mayKeepFlags),
    ]

    /// OF is defined when the count is one.
    private static let byOneRotate = FlagEffects(written: [.CF, .OF])
    private static let byOneRotateThroughCarry = FlagEffects(read: .CF, written: [.CF, .OF])
    private static let byOneShift = FlagEffects(written: [.CF, .OF, .SF, .ZF, .PF], undefined: .AF)
}
