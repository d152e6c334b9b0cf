extension Table {
    /// AES and PCLMULQDQ: SDM Vol. 1, section 12.13; Vol. 2, the pages of these names.
    static let aes: [Row] = [
        sse(0x0F_38_DB, prefix: .p66, .aesimc, .Vdq, .Wdq, since: .AES),
        sse(0x0F_38_DC, prefix: .p66, .aesenc, .Vdq, .Wdq, since: .AES),
        sse(0x0F_38_DD, prefix: .p66, .aesenclast, .Vdq, .Wdq, since: .AES),
        sse(0x0F_38_DE, prefix: .p66, .aesdec, .Vdq, .Wdq, since: .AES),
        sse(0x0F_38_DF, prefix: .p66, .aesdeclast, .Vdq, .Wdq, since: .AES),
        sse(0x0F_3A_DF, prefix: .p66, .aeskeygenassist, .Vdq, .Wdq, .Ib, since: .AES),
        sse(0x0F_3A_44, prefix: .p66, .pclmulqdq, .Vdq, .Wdq, .Ib, since: .PCLMULQDQ),
    ]
}
