extension OperationFacts {
    /// XSAVE and its like: SDM Vol. 1, chapter 13. BMI1, BMI2, ADX and RDPID: SDM Vol. 2, the pages of these names.
    static let extendedState: KeyValuePairs<Operation, OperationFacts> = [
        .xsave: OperationFacts(
            "save the state components in EDX:EAX AND XCR0 to memory, with their bits in XSTATE_BV", faults: extendedStateArea),
        .xsaveopt: OperationFacts(
            "save the state components in EDX:EAX AND XCR0 to memory unless they are as they were restored from there",
            faults: extendedStateArea),
        .xsavec: OperationFacts(
            "save the state components in EDX:EAX AND XCR0 that are not initial to memory, one behind the other",
            faults: extendedStateArea),
        .xrstor: OperationFacts(
            "load the state components in EDX:EAX AND XCR0 from memory; those not in XSTATE_BV <- their initial state",
            faults: extendedStateArea),
        .xgetbv: OperationFacts("EDX:EAX <- XCR[ECX]", faults: ["#UD: CR4.OSXSAVE is clear", "#GP(0): ECX is not 0"]),
        .xsetbv: OperationFacts(
            "XCR[ECX] <- EDX:EAX",
            faults: ["#UD: CR4.OSXSAVE is clear", "#GP(0): CPL or ECX is not 0, or XCR0 does not take the value"]),
        .rdpid: "DEST <- IA32_TSC_AUX",
        .andn: OperationFacts("DEST <- NOT SRC1 AND SRC2", flags: .init(written: [.OF, .SF, .ZF, .CF], undefined: [.AF, .PF])),
        .bextr: OperationFacts(
            "DEST <- the bits of SRC1 from SRC2[7:0] on, SRC2[15:8] of them",
            flags: .init(written: [.OF, .ZF, .CF], undefined: [.SF, .AF, .PF])),
        .blsi: OperationFacts(
            "DEST <- the lowest bit that is set in SRC", flags: .init(written: [.OF, .SF, .ZF, .CF], undefined: [.AF, .PF])),
        .blsmsk: OperationFacts(
            "DEST <- ones up to the lowest bit that is set in SRC",
            flags: .init(written: [.OF, .SF, .ZF, .CF], undefined: [.AF, .PF])),
        .blsr: OperationFacts(
            "DEST <- SRC without its lowest bit that is set", flags: .init(written: [.OF, .SF, .ZF, .CF], undefined: [.AF, .PF])),
        .bzhi: OperationFacts(
            "DEST <- the lower SRC2[7:0] bits of SRC1", flags: .init(written: [.OF, .SF, .ZF, .CF], undefined: [.AF, .PF])),
        .mulx: "DEST1:DEST2 <- (E/R)DX * SRC, unsigned",
        .pdep: "DEST <- the low bits of SRC1, one for each bit that is set in SRC2, in their places",
        .pext: "DEST <- the bits of SRC1 where SRC2 has one, side by side",
        .rorx: "DEST <- SRC rotated right by imm8",
        .sarx: "DEST <- SRC1 shifted right by SRC2, its sign from above",
        .shlx: "DEST <- SRC1 shifted left by SRC2",
        .shrx: "DEST <- SRC1 shifted right by SRC2, zeros from above",
        .adcx: OperationFacts("DEST <- DEST + SRC + CF; CF <- the carry", flags: .init(read: .CF, written: .CF)),
        .adox: OperationFacts("DEST <- DEST + SRC + OF; OF <- the carry", flags: .init(read: .OF, written: .OF)),
    ]
}
