import Inspection
import Processor
import X86

/// Values of a transcript in writing: as the definition names them, and with the numbers in their places.
struct TermText {
    let transcript: Transcript

    /// "EAX <- EAX + [EBX+4] = 5 + 7 = 12"; of what depends on a condition only what comes of it, and why.
    func assignment(_ place: String, _ term: Term) -> String {
        guard case .choice(let truth, let chosen, let other) = term.form else { return "\(place) <- \(equation(term))" }
        if !truth.holds, !other.isConstant {
            return Phrase.stays.with(place, Self.number(other.number, other.width, Self.style(of: other)), test(truth))
        }
        return Phrase.chosen.with(place, equation(truth.holds ? chosen : other), test(truth))
    }

    /// "EAX + [EBX+4] = 5 + 7 = 12"; parts that would say the same again are left out.
    func equation(_ term: Term) -> String {
        let style = Self.style(of: term)
        var parts = [symbol(term)]
        for part in [filled(term, style), result(term, style)] where part != parts.last { parts.append(part) }
        // A constant needs no name.
        if case .constant = term.form { parts = [result(term, style)] }
        return parts.joined(separator: " = ") + maskedCount(term) + undefined(term)
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
        case .address, .nextIP, .flags: return false
        default: return true
        }
    }

    static func number(_ value: UInt64, _ width: Width, _ style: Style) -> String {
        if value < 10 || style == .decimal { return String(value) }
        return h(value, 2 * width.bytes)
    }

    /// The number, and when it is a small negative one that, too.
    private func result(_ term: Term, _ style: Style) -> String {
        if term.isProductOrQuotient { return product(term) }
        if case .binary(.bitTest, let a, let index) = term.form { return String(a.number >> index.bit(of: term.width) & 1) }
        let number = Self.number(term.number, term.width, style)
        let signed = term.signed
        guard signed < 0, signed > -10_000, case .binary(let operation, _, _) = term.form, !operation.isBitwise else {
            return number
        }
        return "\(number) (\(Phrase.signedNumber.with(String(signed))))"
    }

    /// A product, quotient or remainder in decimal; a negative one in hexadecimal, too, and of a product that does not fit its lower half.
    private func product(_ term: Term) -> String {
        let bits = Self.number(term.number, term.width, .hexadecimal)
        switch term.form {
        case .binary(.multiplySigned, let a, let b):
            let (whole, overflows) = a.signed.multipliedReportingOverflow(by: b.signed)
            guard !overflows else { return bits }
            guard whole == term.signed else { return Phrase.lowerHalf.with(String(whole), String(term.width.bits), bits) }
        case .binary(.multiply, let a, let b):
            let (whole, overflows) = a.number.multipliedReportingOverflow(by: b.number)
            guard !overflows, whole != term.number else { return overflows ? bits : String(whole) }
            return Phrase.lowerHalf.with(String(whole), String(term.width.bits), bits)
        case .binary: return bits
        default: break
        }
        guard term.isSigned else { return String(term.number) }
        return term.signed < 0 ? "\(term.signed) (\(h(term.number, 2 * term.width.bytes)))" : String(term.signed)
    }

    /// The number that the two halves of a dividend make.
    private static func dividend(_ high: Term, _ low: Term, isSigned: Bool) -> String {
        let whole = high.number << UInt64(low.width.bits) | low.number
        guard isSigned else { return String(whole) }
        return String(Int64(bitPattern: UInt64(bitPattern: high.signed) << UInt64(low.width.bits) | low.number))
    }

    /// "; the count is 33 AND 31 = 1" of a shift whose count is larger than the processor uses.
    private func maskedCount(_ term: Term) -> String {
        guard let shift = ShiftCount(term), shift.count != shift.used else { return "" }
        let modulus = shift.modulus.map { " MOD \($0)" } ?? ""
        return "; " + Phrase.maskedCount.with("\(shift.count) AND \(shift.mask)\(modulus)", String(shift.used))
    }

    /// "; undefined by the manual: …" of a double shift by more bits than its operand has.
    private func undefined(_ term: Term) -> String {
        guard let shift = ShiftCount(term), shift.operands.count == 2, shift.used > term.width.bits else { return "" }
        return "; " + Phrase.shiftedTooFar.with(String(shift.used), String(term.width.bits))
    }

    // MARK: Expressions

    func symbol(_ term: Term) -> String {
        switch term.form {
        case .constant: Self.number(term.number, term.width, Self.style(of: term))
        case .nextIP: term.width == .quadword ? "RIP" : "EIP"
        case .register(let number): RegisterNames.general(number, term.width).uppercased()
        case .selector(let segment): "\(segment)".uppercased()
        case .memory(let access): place(access)
        case .address: AddressSentences.expression(transcript.instruction)
        case .flags: "SF:ZF:0:AF:0:PF:1:CF"
        case .step: Int64(bitPattern: term.number) < 0 ? "-\(0 &- term.number)" : "\(term.number)"
        default: expression(term) { symbol($0, in: term) }
        }
    }

    /// A part of an expression; a constant of a sum or a signed product is a signed number.
    private func symbol(_ part: Term, in whole: Term) -> String {
        guard part.isConstant, whole.isSigned || whole.isSum || whole.isLogic else { return symbol(part) }
        var constant = part
        constant.width = whole.width
        if whole.isLogic { return Self.number(part.number, whole.width, .hexadecimal) }
        let signed = constant.signed
        return whole.isSigned || (signed < 0 && signed > -10_000) ? String(signed) : symbol(part)
    }

    private func filled(_ term: Term, _ style: Style) -> String {
        if case .ternary(let operation, let high, let low, let divisor) = term.form, operation.isQuotient {
            return operation.text([
                Self.dividend(high, low, isSigned: operation.isSigned),
                operation.isSigned ? String(divisor.signed) : String(divisor.number),
            ])
        }
        if term.isProductOrQuotient {
            return expression(term) { term.isSigned ? String($0.signed) : String($0.number) }
        }
        if let shift = ShiftCount(term) {
            var operands = shift.operands.map { operand(filled: $0, style) }
            operands.append(String(shift.used))
            return shift.operation.text(operands)
        }
        return switch term.form {
        case .unary, .ternary, .choice: expression(term) { operand(filled: $0, style) }
        case .binary(let operation, let a, let index) where operation.isAboutOneBit:
            operation.text([operand(filled: a, style), String(index.bit(of: term.width))])
        case .binary:
            expression(term) { $0.isConstant && term.isSum ? symbol($0, in: term) : operand(filled: $0, style) }
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
            // A factor that stands in the instruction comes last, as it does there.
            let isSwapped = operation.isProduct && a.isConstant
            return operation.text(isSwapped ? [inner(b), inner(a)] : [inner(a), inner(b)])
        case .ternary(let operation, let high, let low, let divisor) where operation.isQuotient:
            return operation.text(["\(word(high)):\(word(low))", word(divisor)])
        case .ternary(let operation, let a, let b, let c):
            let isCarry = operation == .addWithCarry || operation == .subtractWithBorrow
            let isSymbolic = isCarry && word(a) == symbol(a) && !a.isConstant
            return operation.text([inner(a), inner(b), isSymbolic ? "CF" : inner(c)])
        case .choice(let truth, let a, let b): return word(truth.holds ? a : b)
        default: return word(term)
        }
    }

    /// The name of a memory operand: "[EBX+4]", "SS:[ESP]".
    func place(_ number: Int) -> String {
        let access = transcript.accesses[number]
        let segment = "\(access.segment)".uppercased()
        switch access.cause {
        case .operand: return AddressSentences.operand(transcript.instruction)
        case .pointer: return "\(segment):[\(access.pointer.map { symbol($0) } ?? h(access.offset))]"
        case .stack: return "SS:[\(h(access.offset))]"
        case .frame: return "SS:[EBP]"
        }
    }

    // MARK: Conditions

    /// "NE ("not equal") holds (ZF = 0)"; of several conditions that fail together only those at fault.
    func test(_ truth: Truth) -> String {
        switch truth.form {
        case .condition(let code, let flags):
            let code = Int(code & 15)
            let values = Condition.flags[code].names.map { name in
                "\(name) = \(flags.names.contains(name) ? 1 : 0)"
            }
            let name = "\(Condition.names[code].uppercased()) (\"\(Phrase.conditions[code].with())\")"
            if truth.holds { return Phrase.conditionHolds.with(name, values.joined(separator: ", ")) }
            let need = Phrase.needs[code].map { "; " + $0.with() } ?? ""
            return Phrase.conditionFails.with(name, values.joined(separator: ", ") + need)
        case .isZero(let a), .isNotZero(let a):
            guard a.number != 0 else { return Phrase.isZeroTest.with(symbol(a)) }
            return Phrase.isNotZeroTest.with(symbol(a), Self.number(a.number, a.width, Self.style(of: a)))
        case .both(let a, let b):
            let parts = [a, b].filter { $0.holds == truth.holds }.map(test)
            return parts.count == 2 ? Phrase.bothTest.with(parts[0], parts[1]) : parts[0]
        }
    }
}
