extension Table {
    /// MOVS, CMPS, STOS, LODS, SCAS. SDM Vol. 2, the pages of these names. INS and OUTS are with the ports.
    static let string: [Row] = [
        row(0xA4, .movs, .Yb, .Xb, named: "movsb", is: .repeatable),
        row(0xA5, .movs, .Yv, .Xv, named: "movsw/movsd/movsq", is: .repeatable),
        row(0xA6, .cmps, .Xb, .Yb, named: "cmpsb", is: [.repeatable, .mayKeepFlags]),
        row(0xA7, .cmps, .Xv, .Yv, named: "cmpsw/cmpsd/cmpsq", is: [.repeatable, .mayKeepFlags]),
        row(0xAA, .stos, .Yb, .AL, named: "stosb", is: .repeatable),
        row(0xAB, .stos, .Yv, .rAX, named: "stosw/stosd/stosq", is: .repeatable),
        row(0xAC, .lods, .AL, .Xb, named: "lodsb", is: .repeatable),
        row(0xAD, .lods, .rAX, .Xv, named: "lodsw/lodsd/lodsq", is: .repeatable),
        row(0xAE, .scas, .AL, .Yb, named: "scasb", is: [.repeatable, .mayKeepFlags]),
        row(0xAF, .scas, .rAX, .Yv, named: "scasw/scasd/scasq", is: [.repeatable, .mayKeepFlags]),
    ]
}
