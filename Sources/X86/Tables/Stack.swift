extension Table {
    /// PUSH, POP, PUSHA, POPA, PUSHF, POPF, ENTER, LEAVE. SDM Vol. 2, the pages of these names.
    static let stack: [Row] = [
        row(0x50, .push, .Zv, is: .default64),
        row(0x58, .pop, .Zv, is: .default64),
        row(0x68, .push, .Iz, since: .i80186, is: .default64),
        row(0x6A, .push, .Ibs, since: .i80186, is: .default64),
        row(0xFF, digit: 6, .push, .Ev, is: .default64),
        row(0x8F, digit: 0, .pop, .Ev, is: .default64),

        row(0x06, .pushSegment, .ES, named: "push", is: .invalid64),
        row(0x0E, .pushSegment, .CS, named: "push", is: .invalid64),
        row(0x16, .pushSegment, .SS, named: "push", is: .invalid64),
        row(0x1E, .pushSegment, .DS, named: "push", is: .invalid64),
        row(0x0F_A0, .pushSegment, .FS, named: "push", since: .i80386, is: .default64),
        row(0x0F_A8, .pushSegment, .GS, named: "push", since: .i80386, is: .default64),
        row(0x07, .popSegment, .ES, named: "pop", is: [.invalid64, .endsBlock]),
        row(0x17, .popSegment, .SS, named: "pop", is: [.invalid64, .endsBlock]),
        row(0x1F, .popSegment, .DS, named: "pop", is: [.invalid64, .endsBlock]),
        row(0x0F_A1, .popSegment, .FS, named: "pop", since: .i80386, is: [.default64, .endsBlock]),
        row(0x0F_A9, .popSegment, .GS, named: "pop", since: .i80386, is: [.default64, .endsBlock]),

        row(0x60, .pusha, named: "pusha/pushad", since: .i80186, is: .invalid64),
        row(0x61, .popa, named: "popa/popad", since: .i80186, is: .invalid64),
        row(0x9C, .pushf, named: "pushf/pushfd/pushfq", is: .default64),
        row(0x9D, .popf, named: "popf/popfd/popfq", is: [.default64, .endsBlock]),
        row(0xC8, .enter, .Iw, .Ib, since: .i80186, is: .default64),
        row(0xC9, .leave, since: .i80186, is: .default64),
    ]
}
