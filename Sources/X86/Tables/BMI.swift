extension Table {
    /// BMI1 and BMI2 behind a VEX prefix, ADX and RDPID: SDM Vol. 1, section 5.1.15; Vol. 2, the pages of these names.
    static let bmi: [Row] = [
        general(0x0F_38_F2, .none, .andn, .Gy, .By, .Ey, since: .BMI1),
        general(0x0F_38_F3, digit: 1, .none, .blsr, .By, .Ey, since: .BMI1),
        general(0x0F_38_F3, digit: 2, .none, .blsmsk, .By, .Ey, since: .BMI1),
        general(0x0F_38_F3, digit: 3, .none, .blsi, .By, .Ey, since: .BMI1),
        general(0x0F_38_F7, .none, .bextr, .Gy, .Ey, .By, since: .BMI1),
        general(0x0F_38_F5, .none, .bzhi, .Gy, .Ey, .By, since: .BMI2),
        general(0x0F_38_F5, .pF3, .pext, .Gy, .By, .Ey, since: .BMI2),
        general(0x0F_38_F5, .pF2, .pdep, .Gy, .By, .Ey, since: .BMI2),
        general(0x0F_38_F6, .pF2, .mulx, .Gy, .By, .Ey, since: .BMI2),
        general(0x0F_38_F7, .p66, .shlx, .Gy, .Ey, .By, since: .BMI2),
        general(0x0F_38_F7, .pF3, .sarx, .Gy, .Ey, .By, since: .BMI2),
        general(0x0F_38_F7, .pF2, .shrx, .Gy, .Ey, .By, since: .BMI2),
        general(0x0F_3A_F0, .pF2, .rorx, .Gy, .Ey, .Ib, since: .BMI2),
        row(0x0F_38_F6, prefix: .p66, .adcx, .Gy, .Ey, since: .ADX),
        row(0x0F_38_F6, prefix: .pF3, .adox, .Gy, .Ey, since: .ADX),
        row(0x0F_C7, digit: 7, prefix: .pF3, .rdpid, .Ry, since: .RDPID, is: .endsBlock),
    ]

    private static func general(
        _ opcode: UInt32, digit: UInt8? = nil, _ prefix: MandatoryPrefix, _ operation: Operation, _ operand0: OperandCode,
        _ operand1: OperandCode, _ operand2: OperandCode = .none, since feature: Feature
    ) -> Row {
        vex(opcode, digit: digit, prefix, [.L0, .WIG], operation, operand0, operand1, operand2, since: feature, is: [])
    }
}
