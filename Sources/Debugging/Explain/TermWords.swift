import Processor
import X86

/// Values of a transcript in writing: as the definition names them, and with the numbers in their places.
struct TermWords {
    let transcript: Transcript

    /// "EAX <- EAX + [EBX+4] = 5 + 7 = 12".
    func assignment(_ place: String, _ term: Term) -> String { "\(place) <- \(equation(term))" }

    /// "EAX + [EBX+4] = 5 + 7 = 12"; parts that would say the same again are left out.
    func equation(_ term: Term) -> String {
        let style = Self.style(of: term)
        var parts = [symbol(term)]
        for part in [filled(term, style), result(term, style)] where part != parts.last { parts.append(part) }
        // A constant needs no name.
        if case .constant = term.form { parts = [result(term, style)] }
        return parts.joined(separator: " = ")
    }

    // MARK: Numbers

    enum Style { case decimal, hexadecimal }

    /// Small numbers are decimal unless bits are what counts.
    static func style(of term: Term) -> Style { isSmall(term) ? .decimal : .hexadecimal }

    private static func isSmall(_ term: Term) -> Bool {
        guard term.number < 10_000 else { return false }
        switch term.form {
        case .unary(let operation, let a): return !operation.isBitwise && isSmall(a)
        case .binary(let operation, let a, let b): return !operation.isBitwise && isSmall(a) && isSmall(b)
        case .ternary(let operation, let a, let b, let c): return !operation.isBitwise && isSmall(a) && isSmall(b) && isSmall(c)
        case .choice(_, let a, let b): return isSmall(a) && isSmall(b)
        case .address, .nextIP: return false
        default: return true
        }
    }

    static func number(_ value: UInt64, _ width: Width, _ style: Style) -> String {
        if value < 10 || style == .decimal { return String(value) }
        return h(value, 2 * width.bytes)
    }

    /// The number, and when it is a small negative one that, too.
    private func result(_ term: Term, _ style: Style) -> String {
        let number = Self.number(term.number, term.width, style)
        let signed = term.signed
        guard signed < 0, signed > -10_000, case .binary(let operation, _, _) = term.form, !operation.isBitwise else {
            return number
        }
        return "\(number) (\(Phrase.signedNumber.with(String(signed))))"
    }

    // MARK: Expressions

    func symbol(_ term: Term) -> String {
        switch term.form {
        case .constant: Self.number(term.number, term.width, Self.style(of: term))
        case .nextIP: "EIP"
        case .register(let number): RegisterNames.general(number, term.width).uppercased()
        case .selector(let segment): "\(segment)".uppercased()
        case .memory(let access): place(access)
        case .address: AddressWords.expression(transcript.instruction)
        case .flags: "SF:ZF:0:AF:0:PF:1:CF"
        case .step: Int64(bitPattern: term.number) < 0 ? "-\(0 &- term.number)" : "\(term.number)"
        default: expression(term) { symbol($0) }
        }
    }

    private func filled(_ term: Term, _ style: Style) -> String {
        switch term.form {
        case .unary, .binary, .ternary, .choice: expression(term) { operand(filled: $0, style) }
        case .step: symbol(term)
        default: Self.number(term.number, term.width, style)
        }
    }

    /// A value inside another one is a number, whatever it was made of.
    private func operand(filled term: Term, _ style: Style) -> String {
        if case .step = term.form { return symbol(term) }
        return Self.number(term.number, term.width, style)
    }

    private func expression(_ term: Term, _ word: (Term) -> String) -> String {
        func inner(_ term: Term) -> String {
            switch term.form {
            case .binary, .ternary, .choice, .unary: "(\(word(term)))".replacing("((", with: "(").replacing("))", with: ")")
            default: word(term)
            }
        }
        switch term.form {
        case .unary(.signFill, let a):
            if case .unary(.signExtend, let original) = a.form { return Phrase.signOf.with(word(original)) }
            return Phrase.signOf.with(word(a))
        case .unary(.truncate, let a):
            if case .unary(.signFill, _) = a.form { return expression(a, word) }
            return Phrase.lowBits.with(word(a), String(term.width.bits))
        case .unary(let operation, let a): return operation.text([inner(a)])
        case .binary(let operation, let a, let b):
            return operation.text([inner(a), inner(b)])
        case .ternary(let operation, let a, let b, let c):
            let isCarry = operation == .addWithCarry || operation == .subtractWithBorrow
            let isSymbolic = isCarry && word(a) == symbol(a) && !a.isConstant
            return operation.text([inner(a), inner(b), isSymbolic ? "CF" : inner(c)])
        case .choice(let truth, let a, let b): return Phrase.chosen.with(word(truth.holds ? a : b), self.test(truth))
        default: return word(term)
        }
    }

    /// The name of a memory operand: "[EBX+4]", "SS:[ESP]".
    func place(_ number: Int) -> String {
        let access = transcript.accesses[number]
        let segment = "\(access.segment)".uppercased()
        switch access.cause {
        case .operand: return AddressWords.operand(transcript.instruction)
        case .pointer: return "\(segment):[\(access.pointer.map { symbol($0) } ?? h(access.offset))]"
        case .stack: return "SS:[\(h(access.offset))]"
        case .frame: return "SS:[EBP]"
        }
    }

    // MARK: Conditions

    /// "NE (ZF = 0)".
    func test(_ truth: Truth) -> String {
        switch truth.form {
        case .condition(let code, let flags):
            let code = Int(code & 15)
            let values = Condition.flags[code].names.map { name in
                "\(name) = \(flags.names.contains(name) ? 1 : 0)"
            }
            let phrase: Phrase = truth.holds ? .conditionHolds : .conditionFails
            return phrase.with(Condition.names[code].uppercased(), values.joined(separator: ", "))
        case .isZero(let a):
            return
                "\((truth.holds ? Phrase.isZeroTest : .isNotZeroTest).with(symbol(a))) (\(Self.number(a.number, a.width, Self.style(of: a))))"
        case .isNotZero(let a):
            return
                "\((truth.holds ? Phrase.isNotZeroTest : .isZeroTest).with(symbol(a))) (\(Self.number(a.number, a.width, Self.style(of: a))))"
        case .both(let a, let b): return Phrase.bothTest.with(test(a), test(b))
        }
    }
}

extension Term {
    var isConstant: Bool { if case .constant = form { true } else { false } }
    var signed: Int64 {
        let shift = Int64(64 - width.bits)
        return (Int64(bitPattern: number) << shift) >> shift
    }
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
        case .quotient, .quotientSigned: "\(a):\(b) / \(c)"
        case .remainder, .remainderSigned: "\(a):\(b) MOD \(c)"
        case .signExtend: Phrase.signExtended.with(a)
        case .signFill: Phrase.signOf.with(a)
        case .truncate: a
        case .byteSwap: Phrase.swapped.with(a)
        case .rol, .ror, .rcl, .rcr, .shl, .shr, .sar: "\(a) \("\(self)".uppercased()) \(b)"
        case .shld, .shrd: "\(a) \("\(self)".uppercased()) \(c), filled with \(b)"
        case .bitTest: a
        case .bitSet: Phrase.bitSet.with(a, b)
        case .bitReset: Phrase.bitReset.with(a, b)
        case .bitComplement: Phrase.bitComplemented.with(a, b)
        }
    }
}
