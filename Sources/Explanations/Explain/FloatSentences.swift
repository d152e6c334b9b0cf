import Inspection
import Processor
import SoftFloat
import X86

/// An x87 instruction's numbers and what it made of them.
struct FloatSentences {
    let view: MachineView
    let outcome: DryRun.Outcome
    let instruction: Instruction

    /// The order of two numbers. SDM Vol. 1, table 8-6.
    enum Order: String {
        case above, below, equal, unordered

        /// ZF, PF and CF as FCOMI and UCOMISS set them. SDM Vol. 1, section 8.3.6.
        var flags: EFLAGS {
            switch self {
            case .above: []
            case .below: .CF
            case .equal: .ZF
            case .unordered: [.ZF, .PF, .CF]
            }
        }

        var words: String { self == .unordered ? Phrase.unordered.with() : self == .equal ? Phrase.areEqual.with() : rawValue }
    }

    /// An operand: its name and its value; nil for an empty register.
    private struct Operand {
        let name: String
        let value: Extended?
    }

    private var state: X87State { outcome.before.x87 }

    private func register(_ index: UInt8) -> Operand {
        var state = state
        let number = UInt8((state.status.rawValue >> 11) & 7) &+ index & 7
        return Operand(name: "ST(\(index))", value: state.occupied >> number & 1 != 0 ? state[number] : nil)
    }

    /// Register number that ST(index) is before the instruction.
    private func number(_ index: UInt8) -> UInt8 { (UInt8((state.status.rawValue >> 11) & 7) &+ index) & 7 }

    /// The operand that is not ST(0): a register, or memory by the row's type.
    private var other: Operand? {
        let i = instruction
        guard i.modRM < 0xC0 else { return register(i.modRM & 7) }
        guard let linear = view.address(of: i) else { return nil }
        let value: Extended?
        switch i.opcode {
        case 0xD8: value = view.linear(linear, 4).map { Extended(Double(Float(bitPattern: UInt32($0)))) }
        case 0xDC: value = view.linear(linear, 8).map { Extended(Double(bitPattern: $0)) }
        case 0xDA: value = view.linear(linear, 4).map { Extended(Double(Int32(truncatingIfNeeded: $0))) }
        case 0xDE: value = view.linear(linear, 2).map { Extended(Double(Int16(truncatingIfNeeded: $0))) }
        default: return nil
        }
        return value.map { Operand(name: AddressSentences.operand(i), value: $0) }
    }

    /// "ST(0) <- ST(0) + ST(1) = 1.5 + 2.0 = 3.5"; nothing for what is no sum, product or comparison of numbers.
    var lines: [String] {
        if let fault = stackFault { return [fault] }
        if let sentence = comparison ?? conditional ?? stored ?? examined { return [sentence] }
        guard let (symbol, isReversed) = Self.arithmetic[instruction.operation], let other, let theirs = other.value else {
            return []
        }
        let isIntoRegister = instruction.modRM >= 0xC0 && instruction.opcode != 0xD8
        let (destination, source) = isIntoRegister ? (other, register(0)) : (register(0), other)
        guard let mine = register(0).value else { return [] }
        let index = isIntoRegister ? instruction.modRM & 7 : 0
        var after = outcome.after.x87
        guard after.status.rawValue & ~after.control & 0x3F == 0 else { return [] }
        let (a, b) = isReversed ? (source, destination) : (destination, source)
        let values = (a.name == "ST(0)" ? mine : theirs, b.name == "ST(0)" ? mine : theirs)
        let result = after[number(index)]
        var line =
            "\(destination.name) <- \(a.name) \(symbol) \(b.name) = \(Self.text(values.0)) \(symbol) \(Self.text(values.1)) = \(Self.text(result))"
        if instruction.operation.pops { line += "; " + Phrase.thenPopped.with() }
        return [line]
    }

    // MARK: Moves

    private var statusAfter: UInt16 { outcome.after.x87.status.rawValue }

    /// IE and SF that were not set before: a register that is empty, or one that is not and has to be.
    private var stackFault: String? {
        guard statusAfter & ~state.status.rawValue & 0x40 != 0 else { return nil }
        let isMasked = outcome.after.x87.control & 1 != 0
        if statusAfter & 0x200 != 0 {
            return Phrase.stackOverflow.with(isMasked ? "; masked by IM, ST(0) becomes the indefinite NaN" : "")
        }
        let empty = ([register(0)] + (instruction.modRM >= 0xC0 ? [register(instruction.modRM & 7), register(1)] : []))
            .first { $0.value == nil }
        return Phrase.stackUnderflow.with(
            empty?.name ?? "a register",
            isMasked ? "; masked by IM, the result is the indefinite NaN, or the integer that stands for it" : "")
    }

    /// FCMOVcc. SDM Vol. 1, section 8.3.3.
    private var conditional: String? {
        let codes: [X86.Operation: (Int, [(EFLAGS, String)])] = [
            .fcmovb: (2, [(.CF, "CF")]), .fcmove: (4, [(.ZF, "ZF")]), .fcmovbe: (6, [(.CF, "CF"), (.ZF, "ZF")]),
            .fcmovu: (10, [(.PF, "PF")]),
            .fcmovnb: (3, [(.CF, "CF")]), .fcmovne: (5, [(.ZF, "ZF")]), .fcmovnbe: (7, [(.CF, "CF"), (.ZF, "ZF")]),
            .fcmovnu: (11, [(.PF, "PF")]),
        ]
        guard let (code, flags) = codes[instruction.operation], let mine = register(0).value else { return nil }
        let source = register(instruction.modRM & 7)
        guard let theirs = source.value else { return nil }
        let before = outcome.before.eflags
        let isSet = flags.contains { before.contains($0.0) }
        let holds = isSet != (code & 1 != 0)
        let name = "\(instruction.operation)".dropFirst(5).uppercased()
        let words = code == 10 ? "unordered" : code == 11 ? "not unordered" : Phrase.conditions[code].with()
        let values = flags.map { "\($0.1) = \(before.contains($0.0) ? 1 : 0)" }.joined(separator: ", ")
        let test = (holds ? Phrase.conditionHolds : .conditionFails).with("\(name) (\"\(words)\")", values)
        return holds
            ? Phrase.conditionMoved.with(source.name, Self.text(theirs), test) : Phrase.conditionStays.with(Self.text(mine), test)
    }

    /// FIST, FISTP, FISTTP and FBSTP: what was rounded, and how.
    private var stored: String? {
        let i = instruction
        guard [.fist, .fistp, .fisttp, .fbstp].contains(i.operation), let value = register(0).value,
            let linear = view.address(of: i)
        else { return nil }
        let count = i.operation == .fbstp ? 10 : i.opcode == 0xDB ? 4 : i.opcode == 0xDF && i.modRM >> 3 & 7 < 4 ? 2 : 8
        var bytes: [UInt8] = []
        for offset in 0..<UInt64(count) {
            guard let physical = PageWalk(view, linear: (linear &+ offset) & view.linearMask).physical,
                let byte = outcome.writes[physical]
            else { return nil }
            bytes.append(byte)
        }
        let mode = i.operation == .fisttp ? 3 : Int(outcome.before.x87.control >> 10 & 3)
        let rounding = ["to nearest (even where two are)", "down", "up", "towards 0"][mode]
        let pops = i.operation == .fist ? "" : "; " + Phrase.thenPopped.with()
        return Phrase.rounded.with(AddressSentences.operand(i), Self.integer(bytes), "ST(0) = \(Self.text(value))", rounding) + pops
    }

    /// A signed integer, or ten bytes of packed decimal digits. SDM Vol. 1, section 4.7.
    private static func integer(_ bytes: [UInt8]) -> String {
        if bytes.count == 10 {
            let digits = bytes.prefix(9).reversed().map { hexDigits(UInt64($0), 2) }.joined().drop { $0 == "0" }
            if digits.contains(where: \.isLetter) { return "the indefinite decimal" }
            return (bytes[9] & 0x80 != 0 ? "-" : "") + (digits.isEmpty ? "0" : digits)
        }
        let value = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let shift = UInt64(64 - 8 * bytes.count)
        let signed = Int64(bitPattern: value << shift) >> Int64(shift)
        return signed == Int64.min >> Int64(shift) ? "\(signed), the indefinite integer if it does not fit" : String(signed)
    }

    /// FXAM. SDM Vol. 2A, "FXAM", table of classes.
    private var examined: String? {
        guard instruction.operation == .fxam else { return nil }
        let bits = (statusAfter >> 14 & 1, statusAfter >> 10 & 1, statusAfter >> 8 & 1)
        let classes = ["unsupported", "a NaN", "a normal number", "infinity", "zero", "empty", "a denormal number"]
        let index = Int(bits.0) * 4 + Int(bits.1) * 2 + Int(bits.2)
        let value = register(0).value.map { " (\(Self.text($0)))" } ?? ""
        return Phrase.examined.with(
            (classes.indices.contains(index) ? classes[index] : "unsupported") + value, "\(bits.0), \(bits.1), \(bits.2)",
            String(statusAfter >> 9 & 1))
    }

    private static let arithmetic: [X86.Operation: (String, Bool)] = [
        .fadd: ("+", false), .faddp: ("+", false), .fiadd: ("+", false),
        .fsub: ("-", false), .fsubp: ("-", false), .fisub: ("-", false),
        .fsubr: ("-", true), .fsubrp: ("-", true), .fisubr: ("-", true),
        .fmul: ("*", false), .fmulp: ("*", false), .fimul: ("*", false),
        .fdiv: ("/", false), .fdivp: ("/", false), .fidiv: ("/", false),
        .fdivr: ("/", true), .fdivrp: ("/", true), .fidivr: ("/", true),
    ]

    // MARK: Comparisons

    /// The two numbers that are compared, and how they stand to each other; nil for other instructions and empty registers.
    private var compared: (Operand, Operand, Order)? {
        let second: Operand?
        switch instruction.operation {
        case .fcom, .fcomp, .fucom, .fucomp, .ficom, .ficomp, .fcomi, .fcomip, .fucomi, .fucomip: second = other
        case .fcompp, .fucompp: second = register(1)
        case .ftst: second = Operand(name: "0", value: Extended())
        default: return nil
        }
        guard let second, let b = second.value, case let first = register(0), let a = first.value else { return nil }
        return (first, second, Self.order(a, b))
    }

    /// Of FCOMI and its like: how the operands stand, for the flags' reasons.
    var order: Order? {
        switch instruction.operation {
        case .fcomi, .fcomip, .fucomi, .fucomip: compared?.2
        default: nil
        }
    }

    private var comparison: String? {
        guard let (a, b, order) = compared, let x = a.value, let y = b.value else { return nil }
        let second = b.name == "0" ? "0" : "\(b.name) = \(Self.text(y))"
        var line = Phrase.compares.with("\(a.name) = \(Self.text(x))", second, order.words)
        if self.order == nil {
            let status = outcome.after.x87.status.rawValue
            line += "; C3 = \(status >> 14 & 1), C2 = \(status >> 10 & 1), C0 = \(status >> 8 & 1)"
        }
        return line
    }

    /// Signs, exponents and significands in turn; NaNs and encodings without a meaning compare with nothing.
    static func order(_ a: Extended, _ b: Extended) -> Order {
        guard a.isNumber, b.isNumber else { return .unordered }
        if a.significand == 0, b.significand == 0 { return .equal }
        let negative = (a.signExponent & 0x8000 != 0, b.signExponent & 0x8000 != 0)
        if negative.0 != negative.1 { return negative.0 ? .below : .above }
        if a == b { return .equal }
        let exponents = (a.signExponent & 0x7FFF, b.signExponent & 0x7FFF)
        let isSmaller = exponents.0 == exponents.1 ? a.significand < b.significand : exponents.0 < exponents.1
        return isSmaller != negative.0 ? .below : .above
    }

    /// In decimal, as near as a double shows it.
    static func text(_ value: Extended) -> String {
        let text = FloatText(value).text
        let word = text.split(separator: " ").first.map(String.init) ?? text
        return word == "0" || word == "-0" ? "\(word).0" : word
    }
}

extension Extended {
    /// A double's value, exactly. Subnormal doubles are normal here.
    package init(_ value: Double) {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        guard value.isFinite else {
            self.init(significand: value.isNaN ? 0xC000_0000_0000_0000 : 1 << 63, signExponent: sign | 0x7FFF)
            return
        }
        guard value != 0 else {
            self.init(significand: 0, signExponent: sign)
            return
        }
        self.init(
            significand: UInt64(value.significand * 0x1p63), signExponent: sign | UInt16(Int(value.exponent) + 16383))
    }

    /// Neither a NaN nor an encoding that no processor makes.
    fileprivate var isNumber: Bool {
        let exponent = signExponent & 0x7FFF
        if exponent == 0x7FFF { return significand == 1 << 63 }
        return exponent == 0 || significand >> 63 != 0
    }
}

extension X86.Operation {
    fileprivate var pops: Bool {
        switch self {
        case .faddp, .fsubp, .fsubrp, .fmulp, .fdivp, .fdivrp: true
        default: false
        }
    }
}
