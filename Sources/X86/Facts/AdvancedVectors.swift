extension OperationFacts {
    /// AES, PCLMULQDQ, AVX, AVX2, F16C and FMA. SDM Vol. 2, the pages of these names. SRC1 is the register of VEX.vvvv.
    static let advancedVectors: KeyValuePairs<Operation, OperationFacts> = [
        .aesenc: "DEST <- MixColumns(SubBytes(ShiftRows(SRC1))) XOR SRC2",
        .aesenclast: "DEST <- SubBytes(ShiftRows(SRC1)) XOR SRC2",
        .aesdec: "DEST <- InvMixColumns(InvSubBytes(InvShiftRows(SRC1))) XOR SRC2",
        .aesdeclast: "DEST <- InvSubBytes(InvShiftRows(SRC1)) XOR SRC2",
        .aesimc: "DEST <- InvMixColumns(SRC)",
        .aeskeygenassist: "DEST <- dwords 1 and 3 of SRC through SubBytes, and the same rotated by a byte and XORed with imm8",
        .pclmulqdq: "DEST <- carry-less product of a qword of SRC1 (imm8[0]) and one of SRC2 (imm8[4])",

        .vbroadcastss: "each dword of DEST <- SRC",
        .vbroadcastsd: "each qword of DEST <- SRC",
        .vbroadcastf128: "both halves of DEST <- SRC",
        .vbroadcasti128: "both halves of DEST <- SRC",
        .vpbroadcastb: "each byte of DEST <- SRC",
        .vpbroadcastw: "each word of DEST <- SRC",
        .vpbroadcastd: "each dword of DEST <- SRC",
        .vpbroadcastq: "each qword of DEST <- SRC",
        .vinsertf128: "DEST <- SRC1 with its half imm8[0] replaced by SRC2",
        .vinserti128: "DEST <- SRC1 with its half imm8[0] replaced by SRC2",
        .vextractf128: "DEST <- half imm8[0] of SRC",
        .vextracti128: "DEST <- half imm8[0] of SRC",
        .vperm2f128: "each half of DEST <- the half of SRC1 or SRC2 that two bits of imm8 choose, or 0",
        .vperm2i128: "each half of DEST <- the half of SRC1 or SRC2 that two bits of imm8 choose, or 0",
        .vpermilps: "each dword of DEST <- the dword of the same half of SRC that two bits of the control choose",
        .vpermilpd: "each qword of DEST <- the qword of the same half of SRC that one bit of the control chooses",
        .vpermd: "each dword of DEST <- the dword of SRC2 that SRC1 chooses",
        .vpermps: "each dword of DEST <- the dword of SRC2 that SRC1 chooses",
        .vpermq: "each qword of DEST <- the qword of SRC that two bits of imm8 choose",
        .vpermpd: "each qword of DEST <- the qword of SRC that two bits of imm8 choose",
        .vtestps: OperationFacts(
            "ZF <- no sign bit of a dword in SRC1 AND SRC2; CF <- none in NOT SRC1 AND SRC2", flags: .init(written: .status)),
        .vtestpd: OperationFacts(
            "ZF <- no sign bit of a qword in SRC1 AND SRC2; CF <- none in NOT SRC1 AND SRC2", flags: .init(written: .status)),
        .vmaskmovps: "each dword whose mask has the sign bit: DEST <- SRC; of a register the others <- 0",
        .vmaskmovpd: "each qword whose mask has the sign bit: DEST <- SRC; of a register the others <- 0",
        .vpmaskmovd: "each dword whose mask has the sign bit: DEST <- SRC; of a register the others <- 0",
        .vpmaskmovq: "each qword whose mask has the sign bit: DEST <- SRC; of a register the others <- 0",
        .vzeroupper: "upper halves of all YMM registers <- 0",
        .vzeroall: "all YMM registers <- 0",
        .vpsllvd: "each dword of DEST <- SRC1 shifted left by that of SRC2; 0 if it is > 31",
        .vpsllvq: "each qword of DEST <- SRC1 shifted left by that of SRC2; 0 if it is > 63",
        .vpsrlvd: "each dword of DEST <- SRC1 shifted right by that of SRC2, zeros from above; 0 if it is > 31",
        .vpsrlvq: "each qword of DEST <- SRC1 shifted right by that of SRC2, zeros from above; 0 if it is > 63",
        .vpsravd: "each dword of DEST <- SRC1 shifted right by that of SRC2, its sign from above",
        .vpblendd: "each dword of DEST <- that of SRC2 where imm8 has its bit, else of SRC1",
        .vpgatherdd: OperationFacts(gathered("dword", "dword")),
        .vpgatherdq: OperationFacts(gathered("qword", "dword")),
        .vpgatherqd: OperationFacts(gathered("dword", "qword")),
        .vpgatherqq: OperationFacts(gathered("qword", "qword")),
        .vgatherdps: OperationFacts(gathered("dword", "dword")),
        .vgatherdpd: OperationFacts(gathered("qword", "dword")),
        .vgatherqps: OperationFacts(gathered("dword", "qword")),
        .vgatherqpd: OperationFacts(gathered("qword", "qword")),
        .vcvtph2ps: "each dword of DEST <- SRC's half-precision value in single precision",
        .vcvtps2ph: "each word of DEST <- SRC's single-precision value in half precision, rounded by imm8 or MXCSR.RC",
        .vfmadd: "DEST <- product of two operands + the third, rounded once",
        .vfmsub: "DEST <- product of two operands - the third, rounded once",
        .vfnmadd: "DEST <- -(product of two operands) + the third, rounded once",
        .vfnmsub: "DEST <- -(product of two operands) - the third, rounded once",
        .vfmaddsub: "DEST <- product of two operands, - the third in even lanes and + it in odd ones, rounded once",
        .vfmsubadd: "DEST <- product of two operands, + the third in even lanes and - it in odd ones, rounded once",
    ]

    private static func gathered(_ element: String, _ index: String) -> String {
        """
        each \(element) whose mask has the sign bit: DEST <- [base + \(index) index * scale + displacement]
        mask <- 0, element by element
        """
    }
}
