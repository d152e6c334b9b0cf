extension Table {
    /// MUL, IMUL, DIV, IDIV. SDM Vol. 2, the pages of these names.
    static let multiplyDivide: [Row] = [
        row(0xF6, digit: 4, .mul, .Eb),
        row(0xF7, digit: 4, .mul, .Ev),
        row(0xF6, digit: 5, .imul, .Eb),
        row(0xF7, digit: 5, .imul, .Ev),
        row(0x0F_AF, .imulTruncating, .Gv, .Ev, named: "imul", since: .i80386),
        row(0x69, .imulTruncating, .Gv, .Ev, .Iz, named: "imul", since: .i80186),
        row(0x6B, .imulTruncating, .Gv, .Ev, .Ibs, named: "imul", since: .i80186),
        row(0xF6, digit: 6, .div, .Eb),
        row(0xF7, digit: 6, .div, .Ev),
        row(0xF6, digit: 7, .idiv, .Eb),
        row(0xF7, digit: 7, .idiv, .Ev),
    ]
}
