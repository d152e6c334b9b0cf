extension Table {
    /// AND, OR, XOR, NOT, TEST. SDM Vol. 2, the pages of these names.
    static let logic: [Row] = [
        row(0x08, .or, .Eb, .Gb, is: .lockable),
        row(0x09, .or, .Ev, .Gv, is: .lockable),
        row(0x0A, .or, .Gb, .Eb),
        row(0x0B, .or, .Gv, .Ev),
        row(0x0C, .or, .AL, .Ib),
        row(0x0D, .or, .rAX, .Iz),
        row(0x80, digit: 1, .or, .Eb, .Ib, is: .lockable),
        row(0x81, digit: 1, .or, .Ev, .Iz, is: .lockable),
        row(0x82, digit: 1, .or, .Eb, .Ib, is: [.lockable, .invalid64, .alias]),
        row(0x83, digit: 1, .or, .Ev, .Ibs, is: .lockable),

        row(0x20, .and, .Eb, .Gb, is: .lockable),
        row(0x21, .and, .Ev, .Gv, is: .lockable),
        row(0x22, .and, .Gb, .Eb),
        row(0x23, .and, .Gv, .Ev),
        row(0x24, .and, .AL, .Ib),
        row(0x25, .and, .rAX, .Iz),
        row(0x80, digit: 4, .and, .Eb, .Ib, is: .lockable),
        row(0x81, digit: 4, .and, .Ev, .Iz, is: .lockable),
        row(0x82, digit: 4, .and, .Eb, .Ib, is: [.lockable, .invalid64, .alias]),
        row(0x83, digit: 4, .and, .Ev, .Ibs, is: .lockable),

        row(0x30, .xor, .Eb, .Gb, is: .lockable),
        row(0x31, .xor, .Ev, .Gv, is: .lockable),
        row(0x32, .xor, .Gb, .Eb),
        row(0x33, .xor, .Gv, .Ev),
        row(0x34, .xor, .AL, .Ib),
        row(0x35, .xor, .rAX, .Iz),
        row(0x80, digit: 6, .xor, .Eb, .Ib, is: .lockable),
        row(0x81, digit: 6, .xor, .Ev, .Iz, is: .lockable),
        row(0x82, digit: 6, .xor, .Eb, .Ib, is: [.lockable, .invalid64, .alias]),
        row(0x83, digit: 6, .xor, .Ev, .Ibs, is: .lockable),

        row(0xF6, digit: 2, .not, .Eb, is: .lockable),
        row(0xF7, digit: 2, .not, .Ev, is: .lockable),

        row(0x84, .test, .Eb, .Gb),
        row(0x85, .test, .Ev, .Gv),
        row(0xA8, .test, .AL, .Ib),
        row(0xA9, .test, .rAX, .Iz),
        row(0xF6, digit: 0, .test, .Eb, .Ib),
        row(0xF7, digit: 0, .test, .Ev, .Iz),
        row(0xF6, digit: 1, .test, .Eb, .Ib, is: [.undocumented, .alias]),
        row(0xF7, digit: 1, .test, .Ev, .Iz, is: [.undocumented, .alias]),
    ]
}
