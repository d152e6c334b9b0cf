import Inspection
import Processor
import X86

/// An SSE instruction's numbers and what it made of them, lane by lane.
struct PackedSentences {
    let view: MachineView
    let outcome: DryRun.Outcome
    let instruction: Instruction

    /// Quadwords of a register, the lowest first: one of an MMX register, two of an XMM register, four of a YMM register.
    func quadwords(_ state: CPUState, _ number: UInt8, _ kind: OperandKind) -> [UInt64] {
        var state = state
        if kind == .mmxRegister { return [state.x87[number & 7].significand] }
        let (low, high) = (state.sse[number], state.avx[number])
        return [low.low, low.high] + (instruction.is256 ? [high.low, high.high] : [])
    }

    private var form: LaneForm? { LaneForm(instruction.operation) }

    /// The name and the quadwords of the source, the lowest first; nil where it cannot be read, or is no register of lanes.
    private var source: (name: String, words: [UInt64])? {
        let i = instruction
        switch i.kind1 {
        case .xmmRegister: return ("\(i.is256 ? "YMM" : "XMM")\(i.register1)", quadwords(outcome.before, i.register1, .xmmRegister))
        case .mmxRegister: return ("MM\(i.register1 & 7)", quadwords(outcome.before, i.register1, .mmxRegister))
        case .register:
            let value = view.general(i.register1) & i.operandSize.mask
            return (RegisterNames.general(i.register1, i.operandSize).uppercased(), [value])
        case .memory:
            guard let linear = view.address(of: i) else { return nil }
            let most = i.kind0 == .mmxRegister || form?.isScalar == true ? 1 : i.is256 ? 4 : 2
            let bytes = form?.isScalar == true && form?.source.bits == 32 ? 4 : 8
            let words = (0..<most).compactMap { view.linear(linear &+ UInt64(8 * $0), bytes) }
            return words.count == most ? (AddressSentences.operand(i), words) : nil
        default: return nil
        }
    }

    /// The lanes before and after, as numbers: a line for each lane of an operation that works lane by lane, one line for what moves lanes or
    /// makes other numbers of them.
    var lines: [String] {
        if let sentence = comparison { return [sentence] }
        if let lines = fused ?? test ?? strings { return lines }
        guard let form, instruction.kind0 == .xmmRegister || instruction.kind0 == .mmxRegister else { return [] }
        let i = instruction
        let isVector = i.kind0 == .xmmRegister
        let old = quadwords(outcome.before, i.isVEX && isVector ? i.vvvv : i.register0, i.kind0)
        let new = quadwords(outcome.after, i.register0, i.kind0)
        let name =
            isVector ? (i.is256 && !form.isScalar ? "YMM" : "XMM") + "\(i.register0)" : "MM\(i.register0 & 7)"
        func all(_ words: [UInt64], _ element: LaneForm.Element) -> String {
            let count = form.isScalar ? 1 : 64 / element.bits * words.count
            return (0..<count).map { element.text(words, $0) }.joined(separator: ", ")
        }
        guard let text = form.text, let source, form.isScalar || source.words.count == old.count else {
            let from = source.map { "; \($0.name) = \(all($0.words, form.source))" } ?? ""
            let immediate = i.kind2 == .immediate ? "; selected by \(h(i.immediate & 0xFF, 2))" : ""
            return [Phrase.lanesChange.with(name, all(new, form.result), all(old, form.result)) + from + immediate]
        }
        let operation = "\(i.operation)"
        // VEX has 24 more, which differ in signals and in what NaNs are.
        let number = i.immediate & 0x1F
        let predicate =
            ["cmpps", "cmpss", "cmppd", "cmpsd"].contains(operation)
            ? number < 8 ? Self.predicates[Int(number)] : "(comparison \(h(number, 2)))" : nil
        let compares = predicate != nil || operation.hasPrefix("pcmpeq") || operation.hasPrefix("pcmpgt")
        return (0..<(form.isScalar ? 1 : 64 / form.result.bits * new.count)).map { lane in
            let (a, b) = (form.source.text(old, lane), form.source.text(source.words, lane))
            let result = form.result.text(new, lane)
            if compares {
                let question = predicate.map { "\(a) \($0) \(b)" } ?? text(a, b)
                let phrase: Phrase = form.result.bits(new, lane) != 0 ? .allOnes : .allZeros
                return "\(name) " + Phrase.lane.with(String(lane), phrase.with(question))
            }
            return "\(name) "
                + Phrase.lane.with(String(lane), "\(text(a, b)) = \(result)\(form.wrapWords(old, source.words, lane))")
        }
    }

    /// The eight comparisons of CMPPS and its like. SDM Vol. 2A, table 3-7.
    private static let predicates = ["==", "<", "<=", "is unordered with", "!=", "not <", "not <=", "is ordered with"]

    private static func text(_ number: Double) -> String {
        number.isNaN ? "NaN" : number.isFinite ? "\(number)" : number < 0 ? "-infinity" : "infinity"
    }

    // MARK: Comparisons

    /// The numbers that UCOMISS and its like compare.
    private var compared: (Double, Double)? {
        guard let source = source?.words.first else { return nil }
        var state = outcome.before.sse
        let low = state[instruction.register0].low
        // MXCSR.DAZ takes subnormal numbers for 0.
        let flushes = state.mxcsr.rawValue & 0x40 != 0
        func single(_ bits: UInt64) -> Double {
            let number = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
            return flushes && number.isSubnormal ? 0 : Double(number)
        }
        func double(_ bits: UInt64) -> Double {
            let number = Double(bitPattern: bits)
            return flushes && number.isSubnormal ? 0 : number
        }
        switch instruction.operation {
        case .ucomiss, .comiss: return (single(low), single(source))
        case .ucomisd, .comisd: return (double(low), double(source))
        default: return nil
        }
    }

    /// The order of the compared numbers, for the flags' reasons; nil for other instructions.
    var order: FloatSentences.Order? {
        compared.map { a, b in a.isNaN || b.isNaN ? .unordered : a < b ? .below : a > b ? .above : .equal }
    }

    private var comparison: String? {
        guard let (a, b) = compared, let order else { return nil }
        let second = instruction.kind1 == .memory ? AddressSentences.operand(instruction) : "XMM\(instruction.register1)"
        return Phrase.compares.with(
            "XMM\(instruction.register0) = \(Self.text(a))", "\(second) = \(Self.text(b))", order.words)
    }
}
