/// Prints instructions in Intel's syntax: `add eax, [ebx+ecx*4+0x10]`, `mov byte ptr [si], 1`, `rep movsb`.
///
/// A size keyword is printed where no register shows the size, a segment where it is not the default, and `o16`, `o32`, `a16`, `a32` where
/// a size prefix changes the meaning and nothing else shows it. `F2h` and `F3h` that have no effect are not printed.
public struct IntelSyntax: Equatable, Sendable {
    /// Sizes of all memory operands and the operands of string instructions are printed even where they are evident.
    public var spellsOut: Bool

    /// A printer; `spellsOut` as the property.
    public init(spellsOut: Bool = false) { self.spellsOut = spellsOut }

    /// The text of an instruction at `address`, the offset of its first byte in the code segment.
    public func text(of instruction: Instruction, at address: UInt64) -> String {
        guard let row = Table.row(of: instruction) else {
            switch instruction.operation {
            case .tooLong: return "(longer than 15 bytes)"
            case .truncated: return "(bytes end)"
            default: return "(invalid opcode)"
            }
        }
        var text = prefixes(of: instruction, row) + Self.mnemonic(of: instruction, row)
        let operands = operands(of: instruction, row, at: address)
        if !operands.isEmpty { text += " " + operands.joined(separator: ", ") }
        return text
    }

    /// The name alone, chosen by operand or address size.
    static func mnemonic(of instruction: Instruction, _ row: Row) -> String {
        guard row.mnemonic.contains("/") else { return row.mnemonic }
        let names = row.mnemonic.split(separator: "/")
        let width = row.traits.contains(.namedByAddressSize) ? instruction.addressSize : instruction.operandSize
        return String(names[min(max(Int(width.rawValue) - 1, 0), names.count - 1)])
    }

    private func prefixes(of instruction: Instruction, _ row: Row) -> String {
        var text = ""
        let prefixes = instruction.prefixes
        if prefixes.contains(.lock) { text += "lock " }
        if row.traits.contains(.repeatable) {
            let compares = row.operation == .cmps || row.operation == .scas
            if prefixes.contains(.rep) { text += compares ? "repe " : "rep " }
            if prefixes.contains(.repne) { text += "repne " }
        }
        if prefixes.contains(.operandSize) && Self.hidesOperandSize(instruction, row) {
            text += "o\(instruction.operandSize.bits) "
        }
        if prefixes.contains(.addressSize) && Self.countsInRCX(row.operation) { text += "a\(instruction.addressSize.bits) " }
        return text
    }

    /// Tells whether neither the name nor an operand shows the operand size, and it matters.
    private static func hidesOperandSize(_ instruction: Instruction, _ row: Row) -> Bool {
        if instruction.operandSize == .quadword { return false }
        return switch row.operation {
        case .ret, .retFar, .leave, .enter, .pushSegment, .popSegment, .lgdt, .lidt, .sgdt, .sidt, .fldenv, .fnstenv, .frstor,
            .fnsave:
            true
        case .jmp, .jcc, .jcxz, .loop, .loope, .loopne, .call, .callFar, .jmpFar, .callFarIndirect, .jmpFarIndirect: true
        case .push: row.operand0 == .Iz || row.operand0 == .Ibs
        default: false
        }
    }

    private static func countsInRCX(_ operation: Operation) -> Bool {
        operation == .loop || operation == .loope || operation == .loopne
    }

    private func operands(of instruction: Instruction, _ row: Row, at address: UInt64) -> [String] {
        if row.traits.contains(.repeatable) || row.operation == .xlat {
            let evident = instruction.prefixes.isDisjoint(with: [.segmentOverride, .addressSize])
            if evident && !spellsOut { return [] }
            if row.operation == .xlat { return spellsOut || evident ? [] : [xlatOperand(instruction)] }
        }
        if (row.operation == .aam || row.operation == .aad) && instruction.immediate == 10 { return [] }
        let operands = row.operands
        var position = 0
        return operands.indices.compactMap { index in
            defer { if index == 0 || !operands[index].form.isBeside { position += 1 } }
            return operand(operands[index], position, of: instruction, row, at: address)
        }
    }

    private func xlatOperand(_ instruction: Instruction) -> String {
        let segment = instruction.segment == .ds ? "" : "\(instruction.segment):"
        return segment + "[" + RegisterNames.general(3, instruction.addressSize) + "]"
    }
}

extension Instruction {
    /// The instruction in Intel's syntax. `address` is the offset of its first byte in the code segment: branch targets count from it.
    public func text(at address: UInt64 = 0) -> String { IntelSyntax().text(of: self, at: address) }
}
