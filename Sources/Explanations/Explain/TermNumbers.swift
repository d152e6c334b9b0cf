import Processor
import X86

extension Term {
    var isConstant: Bool { if case .constant = form { true } else { false } }
    var signed: Int64 {
        let shift = Int64(64 - width.bits)
        return (Int64(bitPattern: number) << shift) >> shift
    }

    /// The operation of an expression with one.
    private var operation: Operator? {
        switch form {
        case .unary(let operation, _), .binary(let operation, _, _), .ternary(let operation, _, _, _): operation
        default: nil
        }
    }

    /// Operands and result are signed numbers.
    var isSigned: Bool { operation?.isSigned == true }
    var isSum: Bool { operation == .add }
    var isLogic: Bool { operation == .and || operation == .or || operation == .xor }
    /// The number of a bit in an operand, of which it may lie outside.
    func bit(of width: Width) -> UInt64 { number & UInt64(width.bits - 1) }
    var isProductOrQuotient: Bool { operation?.isProduct == true || operation?.isQuotient == true }
}

/// The count of a shift or rotate: as the instruction has it and as the processor uses it.
struct ShiftCount {
    let operation: Term.Operator
    /// The value that is shifted, and the one it is filled with if that is an operand.
    let operands: [Term]
    let count: UInt64
    let mask: UInt64
    /// RCL and RCR of 8 and 16 bits rotate one bit more than the operand has.
    let modulus: UInt64?

    /// nil where the term is no shift.
    init?(_ term: Term) {
        switch term.form {
        case .binary(let operation, let a, let count) where operation.isShift:
            (self.operation, operands, self.count) = (operation, [a], count.number)
        case .ternary(let operation, let a, let b, let count) where operation == .shld || operation == .shrd:
            (self.operation, operands, self.count) = (operation, [a, b], count.number)
        default: return nil
        }
        mask = term.width == .quadword ? 63 : 31
        modulus = (operation == .rcl || operation == .rcr) && term.width.bits < 32 ? UInt64(term.width.bits) + 1 : nil
    }

    var used: UInt64 { modulus.map { (count & mask) % $0 } ?? (count & mask) }
}

extension Term.Operator {
    /// Bits count, not numbers.
    var isBitwise: Bool {
        switch self {
        case .add, .addWithCarry, .subtract, .subtractWithBorrow, .multiply, .multiplySigned, .quotient, .remainder,
            .quotientSigned,
            .remainderSigned:
            false
        default: true
        }
    }

    var isSigned: Bool {
        switch self {
        case .multiplySigned, .upperHalfSigned, .quotientSigned, .remainderSigned: true
        default: false
        }
    }

    var isProduct: Bool {
        switch self {
        case .multiply, .multiplySigned, .upperHalf, .upperHalfSigned: true
        default: false
        }
    }

    var isQuotient: Bool {
        switch self {
        case .quotient, .quotientSigned, .remainder, .remainderSigned: true
        default: false
        }
    }

    var isAboutOneBit: Bool {
        switch self {
        case .bitTest, .bitSet, .bitReset, .bitComplement: true
        default: false
        }
    }

    var isShift: Bool {
        switch self {
        case .rol, .ror, .rcl, .rcr, .shl, .shr, .sar: true
        default: false
        }
    }

    /// The operation with its operands in their places.
    func text(_ operands: [String]) -> String {
        let a = operands[0]
        let b = operands.count > 1 ? operands[1] : ""
        let c = operands.count > 2 ? operands[2] : ""
        return switch self {
        case .add: b.hasPrefix("-") ? "\(a) - \(b.dropFirst())" : "\(a) + \(b)"
        case .addWithCarry: "\(a) + \(b) + \(c)"
        case .subtract: "\(a) - \(b)"
        case .subtractWithBorrow: "\(a) - \(b) - \(c)"
        case .and: "\(a) AND \(b)"
        case .or: "\(a) OR \(b)"
        case .xor: "\(a) XOR \(b)"
        case .not: "NOT \(a)"
        case .multiply, .multiplySigned: "\(a) * \(b)"
        case .upperHalf, .upperHalfSigned: Phrase.upperHalf.with("\(a) * \(b)")
        case .quotient, .quotientSigned: "\(a) / \(b)"
        case .remainder, .remainderSigned: "\(a) MOD \(b)"
        case .signExtend: Phrase.signExtended.with(a)
        case .signFill: Phrase.signOf.with(a)
        case .truncate: a
        case .byteSwap: Phrase.swapped.with(a)
        case .rol, .ror, .rcl, .rcr, .shl, .shr, .sar: "\(a) \("\(self)".uppercased()) \(b)"
        case .shld, .shrd: "\(a) \("\(self)".uppercased()) \(c), filled with \(b)"
        case .bitTest: Phrase.bitOf.with(a, b)
        case .bitSet: Phrase.bitSet.with(a, b)
        case .bitReset: Phrase.bitReset.with(a, b)
        case .bitComplement: Phrase.bitComplemented.with(a, b)
        }
    }
}
