extension Table {
    /// IN, OUT, INS, OUTS. SDM Vol. 2, the pages of these names.
    static let portIO: [Row] = [
        row(0xE4, .in, .AL, .Ib, is: .endsBlock),
        row(0xE5, .in, .eAX, .Ib, is: .endsBlock),
        row(0xEC, .in, .AL, .DX, is: .endsBlock),
        row(0xED, .in, .eAX, .DX, is: .endsBlock),
        row(0xE6, .out, .Ib, .AL, is: .endsBlock),
        row(0xE7, .out, .Ib, .eAX, is: .endsBlock),
        row(0xEE, .out, .DX, .AL, is: .endsBlock),
        row(0xEF, .out, .DX, .eAX, is: .endsBlock),
        row(0x6C, .ins, .Yb, .DX, named: "insb", since: .i80186, is: [.repeatable, .endsBlock]),
        row(0x6D, .ins, .Yz, .DX, named: "insw/insd", since: .i80186, is: [.repeatable, .endsBlock]),
        row(0x6E, .outs, .DX, .Xb, named: "outsb", since: .i80186, is: [.repeatable, .endsBlock]),
        row(0x6F, .outs, .DX, .Xz, named: "outsw/outsd", since: .i80186, is: [.repeatable, .endsBlock]),
    ]
}
