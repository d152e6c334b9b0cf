extension Table {
    /// DAA, DAS, AAA, AAS, AAM, AAD. SDM Vol. 2, the pages of these names. AAM and AAD take any base.
    static let decimal: [Row] = [
        row(0x27, .daa, is: .invalid64),
        row(0x2F, .das, is: .invalid64),
        row(0x37, .aaa, is: .invalid64),
        row(0x3F, .aas, is: .invalid64),
        row(0xD4, .aam, .Ib, is: .invalid64),
        row(0xD5, .aad, .Ib, is: .invalid64),
    ]
}
