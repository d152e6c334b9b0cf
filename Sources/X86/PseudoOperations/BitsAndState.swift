extension PseudoOperation {
    /// XSAVE and its like: SDM Vol. 1, chapter 13. BMI1, BMI2, ADX and RDPID: SDM Vol. 2, the pages of these names.
    static let extendedState: [Operation: String] = [
        .xsave: "save the state components in EDX:EAX AND XCR0 to memory, with their bits in XSTATE_BV",
        .xsaveopt: "save the state components in EDX:EAX AND XCR0 to memory unless they are as they were restored from there",
        .xsavec: "save the state components in EDX:EAX AND XCR0 that are not initial to memory, one behind the other",
        .xrstor: "load the state components in EDX:EAX AND XCR0 from memory; those not in XSTATE_BV <- their initial state",
        .xgetbv: "EDX:EAX <- XCR[ECX]",
        .xsetbv: "XCR[ECX] <- EDX:EAX",
        .rdpid: "DEST <- IA32_TSC_AUX",
        .andn: "DEST <- NOT SRC1 AND SRC2",
        .bextr: "DEST <- the bits of SRC1 from SRC2[7:0] on, SRC2[15:8] of them",
        .blsi: "DEST <- the lowest bit that is set in SRC",
        .blsmsk: "DEST <- ones up to the lowest bit that is set in SRC",
        .blsr: "DEST <- SRC without its lowest bit that is set",
        .bzhi: "DEST <- the lower SRC2[7:0] bits of SRC1",
        .mulx: "DEST1:DEST2 <- (E/R)DX * SRC, unsigned",
        .pdep: "DEST <- the low bits of SRC1, one for each bit that is set in SRC2, in their places",
        .pext: "DEST <- the bits of SRC1 where SRC2 has one, side by side",
        .rorx: "DEST <- SRC rotated right by imm8",
        .sarx: "DEST <- SRC1 shifted right by SRC2, its sign from above",
        .shlx: "DEST <- SRC1 shifted left by SRC2",
        .shrx: "DEST <- SRC1 shifted right by SRC2, zeros from above",
        .adcx: "DEST <- DEST + SRC + CF; CF <- the carry",
        .adox: "DEST <- DEST + SRC + OF; OF <- the carry",
    ]
}
