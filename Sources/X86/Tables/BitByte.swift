extension Table {
    /// BT, BTS, BTR, BTC, BSF, BSR, SETcc, POPCNT, LZCNT, TZCNT, MOVBE, CRC32. SDM Vol. 2, the pages of these names.
    static let bitByte: [Row] =
        [
            row(0x0F_A3, .bt, .Ev, .Gv, since: .i80386),
            row(0x0F_AB, .bts, .Ev, .Gv, since: .i80386, is: .lockable),
            row(0x0F_B3, .btr, .Ev, .Gv, since: .i80386, is: .lockable),
            row(0x0F_BB, .btc, .Ev, .Gv, since: .i80386, is: .lockable),
            row(0x0F_BA, digit: 4, .bt, .Ev, .Ib, since: .i80386),
            row(0x0F_BA, digit: 5, .bts, .Ev, .Ib, since: .i80386, is: .lockable),
            row(0x0F_BA, digit: 6, .btr, .Ev, .Ib, since: .i80386, is: .lockable),
            row(0x0F_BA, digit: 7, .btc, .Ev, .Ib, since: .i80386, is: .lockable),
            row(0x0F_BC, prefix: .pF3, .tzcnt, .Gv, .Ev, since: .BMI1),
            row(0x0F_BD, prefix: .pF3, .lzcnt, .Gv, .Ev, since: .LZCNT),
            row(0x0F_BC, .bsf, .Gv, .Ev, since: .i80386),
            row(0x0F_BD, .bsr, .Gv, .Ev, since: .i80386),
            row(0x0F_B8, prefix: .pF3, .popcnt, .Gv, .Ev, since: .POPCNT),
            row(0x0F_38_F0, prefix: [.none, .p66], .movbe, .Gv, .Mv, since: .MOVBE),
            row(0x0F_38_F1, prefix: [.none, .p66], .movbe, .Mv, .Gv, since: .MOVBE),
            row(0x0F_38_F0, prefix: .pF2, .crc32, .Gy, .Eb, since: .SSE42),
            row(0x0F_38_F1, prefix: .pF2, .crc32, .Gy, .Ev, since: .SSE42),
        ] + conditional(0x0F_90, .setcc, "set", .Eb, since: .i80386)
}
