extension OperationFacts {
    /// Floating-point SSE to SSE4.1. SDM Vol. 2, the pages of these names. PS: each of four floats, PD: each of two doubles, SS and SD: the lowest
    /// alone, the others stay.
    static let floatLanes: [(Operation, OperationFacts)] = {
        let binary: [([Operation], String)] = [
            ([.addps, .addpd, .addss, .addsd], "DEST + SRC"),
            ([.subps, .subpd, .subss, .subsd], "DEST - SRC"),
            ([.mulps, .mulpd, .mulss, .mulsd], "DEST * SRC"),
            ([.divps, .divpd, .divss, .divsd], "DEST / SRC"),
            ([.minps, .minpd, .minss, .minsd], "the smaller of DEST and SRC; SRC if one is a NaN or both are 0"),
            ([.maxps, .maxpd, .maxss, .maxsd], "the greater of DEST and SRC; SRC if one is a NaN or both are 0"),
            ([.sqrtps, .sqrtpd, .sqrtss, .sqrtsd], "square root of SRC"),
            ([.cmpps, .cmppd, .cmpss, .cmpsd], "all ones if DEST and SRC compare as imm8 says, else 0"),
            ([.roundps, .roundpd, .roundss, .roundsd], "SRC rounded to an integer as imm8 says"),
        ]
        return binary.flatMap { operations, words in
            zip(operations, ["each float", "each double", "the low float", "the low double"]).map { operation, subject in
                (operation, OperationFacts("\(subject) of DEST <- \(words)"))
            }
        }
    }()

    static let floatVectors: KeyValuePairs<Operation, OperationFacts> = [
        .rsqrtps: "each float of DEST <- 1 / square root of SRC, to about 12 bits",
        .rsqrtss: "the low float of DEST <- 1 / square root of SRC, to about 12 bits",
        .rcpps: "each float of DEST <- 1 / SRC, to about 12 bits",
        .rcpss: "the low float of DEST <- 1 / SRC, to about 12 bits",
        .andps: "DEST <- DEST AND SRC",
        .andpd: "DEST <- DEST AND SRC",
        .andnps: "DEST <- NOT DEST AND SRC",
        .andnpd: "DEST <- NOT DEST AND SRC",
        .orps: "DEST <- DEST OR SRC",
        .orpd: "DEST <- DEST OR SRC",
        .xorps: "DEST <- DEST XOR SRC",
        .xorpd: "DEST <- DEST XOR SRC",
        .ucomiss: OperationFacts(
            "ZF:PF:CF <- low floats DEST > SRC: 000, <: 001, =: 100, unordered: 111; OF, SF, AF <- 0",
            flags: .init(written: .status)),
        .ucomisd: OperationFacts(
            "ZF:PF:CF <- low doubles DEST > SRC: 000, <: 001, =: 100, unordered: 111; OF, SF, AF <- 0",
            flags: .init(written: .status)),
        .comiss: OperationFacts("as UCOMISS; a quiet NaN, too, is an invalid operation", flags: .init(written: .status)),
        .comisd: OperationFacts("as UCOMISD; a quiet NaN, too, is an invalid operation", flags: .init(written: .status)),
        .cvtpi2ps: "two low floats of DEST <- dwords of SRC, signed",
        .cvtpi2pd: "doubles of DEST <- dwords of SRC, signed",
        .cvtsi2ss: "the low float of DEST <- integer SRC",
        .cvtsi2sd: "the low double of DEST <- integer SRC",
        .cvttps2pi: "dwords of DEST <- two low floats of SRC, truncated",
        .cvttpd2pi: "dwords of DEST <- doubles of SRC, truncated",
        .cvttss2si: "DEST <- the low float of SRC, truncated",
        .cvttsd2si: "DEST <- the low double of SRC, truncated",
        .cvtps2pi: "dwords of DEST <- two low floats of SRC, rounded",
        .cvtpd2pi: "dwords of DEST <- doubles of SRC, rounded",
        .cvtss2si: "DEST <- the low float of SRC, rounded",
        .cvtsd2si: "DEST <- the low double of SRC, rounded",
        .cvtps2pd: "doubles of DEST <- two low floats of SRC",
        .cvtpd2ps: "two low floats of DEST <- doubles of SRC, rounded; the others <- 0",
        .cvtss2sd: "the low double of DEST <- the low float of SRC",
        .cvtsd2ss: "the low float of DEST <- the low double of SRC, rounded",
        .cvtdq2ps: "floats of DEST <- dwords of SRC, signed",
        .cvtps2dq: "dwords of DEST <- floats of SRC, rounded",
        .cvttps2dq: "dwords of DEST <- floats of SRC, truncated",
        .cvttpd2dq: "two low dwords of DEST <- doubles of SRC, truncated; the others <- 0",
        .cvtpd2dq: "two low dwords of DEST <- doubles of SRC, rounded; the others <- 0",
        .cvtdq2pd: "doubles of DEST <- two low dwords of SRC, signed",
        .haddps: "floats of DEST <- sums of neighbours in DEST, then in SRC",
        .haddpd: "doubles of DEST <- sum of the two in DEST, then in SRC",
        .hsubps: "floats of DEST <- differences of neighbours in DEST, then in SRC",
        .hsubpd: "doubles of DEST <- difference of the two in DEST, then in SRC",
        .addsubps: "odd floats of DEST <- DEST + SRC, even ones <- DEST - SRC",
        .addsubpd: "high double of DEST <- DEST + SRC, low double <- DEST - SRC",
        .dpps: "floats of DEST that imm8 names <- sum of the products that imm8 names, the others <- 0",
        .dppd: "doubles of DEST that imm8 names <- sum of the products that imm8 names, the others <- 0",
    ]
}
