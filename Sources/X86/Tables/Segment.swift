extension Table {
    /// MOV to and from segment registers, LDS, LES, LFS, LGS, LSS, ARPL, LAR, LSL, VERR, VERW. SDM Vol. 2, the pages of these names.
    static let segment: [Row] = [
        row(0x8C, .movFromSegment, .RvMw, .Sw, named: "mov"),
        row(0x8E, .movToSegment, .Sw, .Ew, named: "mov", is: .endsBlock),
        row(0xC4, .les, .Gv, .Mp, is: [.endsBlock, .invalid64]),
        row(0xC5, .lds, .Gv, .Mp, is: [.endsBlock, .invalid64]),
        row(0x0F_B2, .lss, .Gv, .Mp, since: .i80386, is: .endsBlock),
        row(0x0F_B4, .lfs, .Gv, .Mp, since: .i80386, is: .endsBlock),
        row(0x0F_B5, .lgs, .Gv, .Mp, since: .i80386, is: .endsBlock),
        row(0x63, .arpl, .Ew, .Gw, since: .i80286, is: [.protectedOnly, .invalid64]),
        row(0x0F_02, .lar, .Gv, .Ew, since: .i80286, is: .protectedOnly),
        row(0x0F_03, .lsl, .Gv, .Ew, since: .i80286, is: .protectedOnly),
        row(0x0F_00, digit: 4, .verr, .Ew, since: .i80286, is: .protectedOnly),
        row(0x0F_00, digit: 5, .verw, .Ew, since: .i80286, is: .protectedOnly),
    ]
}
