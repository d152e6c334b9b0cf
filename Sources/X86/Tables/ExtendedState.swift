extension Table {
    /// XSAVE and its like, XCR0: SDM Vol. 1, chapter 13.
    static let extendedState: [Row] = [
        row(0x0F_AE, digit: 4, prefix: .none, .xsave, .M, named: "xsave/xsave/xsave64", since: .XSAVE, is: .usesFPU),
        row(0x0F_AE, digit: 5, prefix: .none, .xrstor, .M, named: "xrstor/xrstor/xrstor64", since: .XSAVE, is: .usesFPU),
        row(0x0F_AE, digit: 6, prefix: .none, .xsaveopt, .M, named: "xsaveopt/xsaveopt/xsaveopt64", since: .XSAVEOPT, is: .usesFPU),
        row(0x0F_C7, digit: 4, prefix: .none, .xsavec, .M, named: "xsavec/xsavec/xsavec64", since: .XSAVEC, is: .usesFPU),
        row(0x0F_01, modRM: 0xD0...0xD0, prefix: .none, .xgetbv, since: .XSAVE, is: .endsBlock),
        row(0x0F_01, modRM: 0xD1...0xD1, prefix: .none, .xsetbv, since: .XSAVE, is: [.privileged, .endsBlock]),
    ]
}
