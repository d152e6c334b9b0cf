import X86

/// The instructions that a handler of its own runs: operation, operand width and operand form.
struct Specialisation: Hashable {
    /// The forms that have a type in `OperandForm.swift`.
    enum Form: Int {
        case RR, RM, MR, RI, MI, I
    }

    let operation: Operation
    let width: Width
    let form: Form

    init(_ operation: Operation, _ width: Width, _ form: Form) {
        self.operation = operation
        self.width = width
        self.form = form
    }

    /// Nil for an instruction whose operands have none of the forms.
    init?(of i: Instruction) {
        func isRegister(_ kind: OperandKind) -> Bool { kind == .register || kind == .byteRegister }
        guard i.kind2 == .none else { return nil }
        switch (i.kind0, i.kind1) {
        case (.memory, .immediate): form = .MI
        case (.memory, let second) where isRegister(second) || second == .none: form = .MR
        case (.immediate, .none): form = .I
        case (let first, .memory) where isRegister(first): form = .RM
        case (let first, .immediate) where isRegister(first): form = .RI
        case (let first, let second) where isRegister(first) && (isRegister(second) || second == .none): form = .RR
        default: return nil
        }
        operation = i.operation
        width = i.operandSize
    }

    /// Its place in a table of all operations, 4 widths and 6 forms. Asked for each instruction that is decoded: counting cases would make arrays.
    var index: Int { (Int(operation.rawValue) * 4 + Int(width.rawValue)) * 6 + form.rawValue }
}

extension Handler {
    /// Nil for a handler of many instructions.
    var specialisation: Specialisation? {
        switch self {
        case .leave, .next, .byte, .word, .doubleword, .quadword, .branchWord, .branchDoubleword, .branchQuadword, .endByte,
            .endWord, .endDoubleword, .endQuadword, .linkedByte, .linkedWord, .linkedDoubleword, .linkedQuadword, .inByte,
            .outByte, .jcc32, .jmp32, .call32, .ret32, .x87:
            nil
        case .add8RR: Specialisation(.add, .byte, .RR)
        case .add8RM: Specialisation(.add, .byte, .RM)
        case .add8MR: Specialisation(.add, .byte, .MR)
        case .add8RI: Specialisation(.add, .byte, .RI)
        case .add8MI: Specialisation(.add, .byte, .MI)
        case .add16RR: Specialisation(.add, .word, .RR)
        case .add16RM: Specialisation(.add, .word, .RM)
        case .add16MR: Specialisation(.add, .word, .MR)
        case .add16RI: Specialisation(.add, .word, .RI)
        case .add16MI: Specialisation(.add, .word, .MI)
        case .add32RR: Specialisation(.add, .doubleword, .RR)
        case .add32RM: Specialisation(.add, .doubleword, .RM)
        case .add32MR: Specialisation(.add, .doubleword, .MR)
        case .add32RI: Specialisation(.add, .doubleword, .RI)
        case .add32MI: Specialisation(.add, .doubleword, .MI)
        case .adc32RR: Specialisation(.adc, .doubleword, .RR)
        case .adc32RM: Specialisation(.adc, .doubleword, .RM)
        case .adc32MR: Specialisation(.adc, .doubleword, .MR)
        case .adc32RI: Specialisation(.adc, .doubleword, .RI)
        case .sub8RR: Specialisation(.sub, .byte, .RR)
        case .sub8RM: Specialisation(.sub, .byte, .RM)
        case .sub8MR: Specialisation(.sub, .byte, .MR)
        case .sub8RI: Specialisation(.sub, .byte, .RI)
        case .sub8MI: Specialisation(.sub, .byte, .MI)
        case .sub16RR: Specialisation(.sub, .word, .RR)
        case .sub16RM: Specialisation(.sub, .word, .RM)
        case .sub16MR: Specialisation(.sub, .word, .MR)
        case .sub16RI: Specialisation(.sub, .word, .RI)
        case .sub32RR: Specialisation(.sub, .doubleword, .RR)
        case .sub32RM: Specialisation(.sub, .doubleword, .RM)
        case .sub32MR: Specialisation(.sub, .doubleword, .MR)
        case .sub32RI: Specialisation(.sub, .doubleword, .RI)
        case .sub32MI: Specialisation(.sub, .doubleword, .MI)
        case .sbb32RR: Specialisation(.sbb, .doubleword, .RR)
        case .sbb32RM: Specialisation(.sbb, .doubleword, .RM)
        case .sbb32MR: Specialisation(.sbb, .doubleword, .MR)
        case .sbb32RI: Specialisation(.sbb, .doubleword, .RI)
        case .cmp8RR: Specialisation(.cmp, .byte, .RR)
        case .cmp8RM: Specialisation(.cmp, .byte, .RM)
        case .cmp8MR: Specialisation(.cmp, .byte, .MR)
        case .cmp8RI: Specialisation(.cmp, .byte, .RI)
        case .cmp8MI: Specialisation(.cmp, .byte, .MI)
        case .cmp16RR: Specialisation(.cmp, .word, .RR)
        case .cmp16RM: Specialisation(.cmp, .word, .RM)
        case .cmp16MR: Specialisation(.cmp, .word, .MR)
        case .cmp16RI: Specialisation(.cmp, .word, .RI)
        case .cmp16MI: Specialisation(.cmp, .word, .MI)
        case .cmp32RR: Specialisation(.cmp, .doubleword, .RR)
        case .cmp32RM: Specialisation(.cmp, .doubleword, .RM)
        case .cmp32MR: Specialisation(.cmp, .doubleword, .MR)
        case .cmp32RI: Specialisation(.cmp, .doubleword, .RI)
        case .cmp32MI: Specialisation(.cmp, .doubleword, .MI)
        case .and8RR: Specialisation(.and, .byte, .RR)
        case .and8RM: Specialisation(.and, .byte, .RM)
        case .and8MR: Specialisation(.and, .byte, .MR)
        case .and8RI: Specialisation(.and, .byte, .RI)
        case .and8MI: Specialisation(.and, .byte, .MI)
        case .and16RR: Specialisation(.and, .word, .RR)
        case .and16RM: Specialisation(.and, .word, .RM)
        case .and16MR: Specialisation(.and, .word, .MR)
        case .and16RI: Specialisation(.and, .word, .RI)
        case .and32RR: Specialisation(.and, .doubleword, .RR)
        case .and32RM: Specialisation(.and, .doubleword, .RM)
        case .and32MR: Specialisation(.and, .doubleword, .MR)
        case .and32RI: Specialisation(.and, .doubleword, .RI)
        case .and32MI: Specialisation(.and, .doubleword, .MI)
        case .or8RR: Specialisation(.or, .byte, .RR)
        case .or8RM: Specialisation(.or, .byte, .RM)
        case .or8MR: Specialisation(.or, .byte, .MR)
        case .or8RI: Specialisation(.or, .byte, .RI)
        case .or8MI: Specialisation(.or, .byte, .MI)
        case .or16RR: Specialisation(.or, .word, .RR)
        case .or16RM: Specialisation(.or, .word, .RM)
        case .or16MR: Specialisation(.or, .word, .MR)
        case .or16RI: Specialisation(.or, .word, .RI)
        case .or32RR: Specialisation(.or, .doubleword, .RR)
        case .or32RM: Specialisation(.or, .doubleword, .RM)
        case .or32MR: Specialisation(.or, .doubleword, .MR)
        case .or32RI: Specialisation(.or, .doubleword, .RI)
        case .or32MI: Specialisation(.or, .doubleword, .MI)
        case .xor8RR: Specialisation(.xor, .byte, .RR)
        case .xor8RM: Specialisation(.xor, .byte, .RM)
        case .xor8MR: Specialisation(.xor, .byte, .MR)
        case .xor8RI: Specialisation(.xor, .byte, .RI)
        case .xor8MI: Specialisation(.xor, .byte, .MI)
        case .xor16RR: Specialisation(.xor, .word, .RR)
        case .xor16RM: Specialisation(.xor, .word, .RM)
        case .xor16MR: Specialisation(.xor, .word, .MR)
        case .xor16RI: Specialisation(.xor, .word, .RI)
        case .xor32RR: Specialisation(.xor, .doubleword, .RR)
        case .xor32RM: Specialisation(.xor, .doubleword, .RM)
        case .xor32MR: Specialisation(.xor, .doubleword, .MR)
        case .xor32RI: Specialisation(.xor, .doubleword, .RI)
        case .xor32MI: Specialisation(.xor, .doubleword, .MI)
        case .test8RR: Specialisation(.test, .byte, .RR)
        case .test8MR: Specialisation(.test, .byte, .MR)
        case .test8RI: Specialisation(.test, .byte, .RI)
        case .test8MI: Specialisation(.test, .byte, .MI)
        case .test16RR: Specialisation(.test, .word, .RR)
        case .test16MR: Specialisation(.test, .word, .MR)
        case .test16RI: Specialisation(.test, .word, .RI)
        case .test32RR: Specialisation(.test, .doubleword, .RR)
        case .test32MR: Specialisation(.test, .doubleword, .MR)
        case .test32RI: Specialisation(.test, .doubleword, .RI)
        case .test32MI: Specialisation(.test, .doubleword, .MI)
        case .mov8RR: Specialisation(.mov, .byte, .RR)
        case .mov8RM: Specialisation(.mov, .byte, .RM)
        case .mov8MR: Specialisation(.mov, .byte, .MR)
        case .mov8RI: Specialisation(.mov, .byte, .RI)
        case .mov8MI: Specialisation(.mov, .byte, .MI)
        case .mov16RR: Specialisation(.mov, .word, .RR)
        case .mov16RM: Specialisation(.mov, .word, .RM)
        case .mov16MR: Specialisation(.mov, .word, .MR)
        case .mov16RI: Specialisation(.mov, .word, .RI)
        case .mov16MI: Specialisation(.mov, .word, .MI)
        case .mov32RR: Specialisation(.mov, .doubleword, .RR)
        case .mov32RM: Specialisation(.mov, .doubleword, .RM)
        case .mov32MR: Specialisation(.mov, .doubleword, .MR)
        case .mov32RI: Specialisation(.mov, .doubleword, .RI)
        case .mov32MI: Specialisation(.mov, .doubleword, .MI)
        case .inc8RR: Specialisation(.inc, .byte, .RR)
        case .inc16RR: Specialisation(.inc, .word, .RR)
        case .inc32RR: Specialisation(.inc, .doubleword, .RR)
        case .inc32MR: Specialisation(.inc, .doubleword, .MR)
        case .dec8RR: Specialisation(.dec, .byte, .RR)
        case .dec16RR: Specialisation(.dec, .word, .RR)
        case .dec32RR: Specialisation(.dec, .doubleword, .RR)
        case .dec32MR: Specialisation(.dec, .doubleword, .MR)
        case .neg32RR: Specialisation(.neg, .doubleword, .RR)
        case .not32RR: Specialisation(.not, .doubleword, .RR)
        case .movzx32RR: Specialisation(.movzx, .doubleword, .RR)
        case .movzx32RM: Specialisation(.movzx, .doubleword, .RM)
        case .movsx32RR: Specialisation(.movsx, .doubleword, .RR)
        case .movsx32RM: Specialisation(.movsx, .doubleword, .RM)
        case .lea32RM: Specialisation(.lea, .doubleword, .RM)
        case .lea16RM: Specialisation(.lea, .word, .RM)
        case .imulTruncating32RR: Specialisation(.imulTruncating, .doubleword, .RR)
        case .imulTruncating32RM: Specialisation(.imulTruncating, .doubleword, .RM)
        case .mul32RR: Specialisation(.mul, .doubleword, .RR)
        case .shl32RI: Specialisation(.shl, .doubleword, .RI)
        case .shl32RR: Specialisation(.shl, .doubleword, .RR)
        case .shl16RI: Specialisation(.shl, .word, .RI)
        case .shl8RI: Specialisation(.shl, .byte, .RI)
        case .shr32RI: Specialisation(.shr, .doubleword, .RI)
        case .shr32RR: Specialisation(.shr, .doubleword, .RR)
        case .shr16RI: Specialisation(.shr, .word, .RI)
        case .shr8RI: Specialisation(.shr, .byte, .RI)
        case .sar32RI: Specialisation(.sar, .doubleword, .RI)
        case .sar32RR: Specialisation(.sar, .doubleword, .RR)
        case .rol32RI: Specialisation(.rol, .doubleword, .RI)
        case .rol32RR: Specialisation(.rol, .doubleword, .RR)
        case .ror32RI: Specialisation(.ror, .doubleword, .RI)
        case .ror32RR: Specialisation(.ror, .doubleword, .RR)
        case .push32RR: Specialisation(.push, .doubleword, .RR)
        case .push32I: Specialisation(.push, .doubleword, .I)
        case .push32MR: Specialisation(.push, .doubleword, .MR)
        case .push16RR: Specialisation(.push, .word, .RR)
        case .pop32RR: Specialisation(.pop, .doubleword, .RR)
        case .pop16RR: Specialisation(.pop, .word, .RR)
        case .cmovcc32RR: Specialisation(.cmovcc, .doubleword, .RR)
        case .cmovcc32RM: Specialisation(.cmovcc, .doubleword, .RM)
        case .setcc8RR: Specialisation(.setcc, .byte, .RR)
        case .xchg32RR: Specialisation(.xchg, .doubleword, .RR)
        }
    }
}
