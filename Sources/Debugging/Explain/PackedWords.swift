import Processor
import X86

/// What an SSE instruction made of which numbers, lane by lane.
struct PackedWords {
    let view: MachineView
    let outcome: Rehearsal.Outcome
    let instruction: Instruction

    /// The lanes of an operation: how wide they are, whether they are numbers with a point, and whether only the lowest counts.
    private struct Lanes {
        let operation: String
        let bits: Int
        let isFloat: Bool
        let isScalar: Bool
    }

    private var lanes: Lanes? {
        let name = "\(instruction.operation)"
        for operation in ["add", "sub", "mul", "div", "min", "max", "sqrt"] where name.hasPrefix(operation) {
            switch name.dropFirst(operation.count) {
            case "ps": return Lanes(operation: operation, bits: 32, isFloat: true, isScalar: false)
            case "ss": return Lanes(operation: operation, bits: 32, isFloat: true, isScalar: true)
            case "pd": return Lanes(operation: operation, bits: 64, isFloat: true, isScalar: false)
            case "sd": return Lanes(operation: operation, bits: 64, isFloat: true, isScalar: true)
            default: return nil
            }
        }
        for operation in ["padd", "psub"] where name.hasPrefix(operation) {
            let widths: [Substring: Int] = ["b": 8, "w": 16, "d": 32, "q": 64]
            guard let bits = widths[name.dropFirst(operation.count)] else { return nil }
            return Lanes(operation: String(operation.dropFirst()), bits: bits, isFloat: false, isScalar: false)
        }
        return nil
    }

    /// Quadwords of a register, the lowest first: two of an XMM register, four of a YMM register.
    private func quadwords(_ state: CPUState, _ number: UInt8) -> [UInt64] {
        var state = state
        let (low, high) = (state.sse[number], state.avx[number])
        return [low.low, low.high] + (instruction.is256 ? [high.low, high.high] : [])
    }

    /// Quadwords of the source, the lowest first; nil where it cannot be read.
    private var source: [UInt64]? {
        let i = instruction
        if i.kind1 == .xmmRegister { return quadwords(outcome.before, i.register1) }
        guard i.kind1 == .memory, let linear = view.address(of: i) else { return nil }
        let isWide = lanes.map { !$0.isScalar } ?? false
        guard isWide else { return view.linear(linear, lanes?.isScalar == true && lanes?.bits == 32 ? 4 : 8).map { [$0] } }
        let words = (0..<(i.is256 ? 4 : 2)).compactMap { view.linear(linear &+ UInt64(8 * $0), 8) }
        return words.count == (i.is256 ? 4 : 2) ? words : nil
    }

    /// "XMM0 <- lane 0: 1.0 + 2.0 = 3.0", a line each, the lowest lane first.
    var lines: [String] {
        guard instruction.kind0 == .xmmRegister else { return [] }
        if let sentence = comparison { return [sentence] }
        guard let lanes, let source else { return [] }
        let old = quadwords(outcome.before, instruction.isVEX ? instruction.vvvv : instruction.register0)
        let new = quadwords(outcome.after, instruction.register0)
        let name = (instruction.is256 && !lanes.isScalar ? "YMM" : "XMM") + "\(instruction.register0)"
        return (0..<(lanes.isScalar ? 1 : 64 / lanes.bits * new.count)).map { lane in
            func text(_ value: [UInt64]) -> String { Self.number(value, lane, lanes.bits, isFloat: lanes.isFloat) }
            let (a, b, result) = (text(old), text(source), text(new))
            let symbols = ["add": "+", "sub": "-", "mul": "*", "div": "/"]
            let operation =
                symbols[lanes.operation].map { "\(a) \($0) \(b)" }
                ?? (lanes.operation == "sqrt" ? "sqrt(\(b))" : "\(lanes.operation)(\(a), \(b))")
            return "\(name) " + Phrase.lane.with(String(lane), "\(operation) = \(result)")
        }
    }

    private static func number(_ value: [UInt64], _ lane: Int, _ bits: Int, isFloat: Bool) -> String {
        let bit = lane * bits
        let number = value[bit / 64] >> UInt64(bit % 64) & (bits == 64 ? .max : 1 << UInt64(bits) - 1)
        guard isFloat else { return String(number) }
        if bits == 32 {
            let single = Float(bitPattern: UInt32(number))
            return single.isFinite ? "\(single)" : text(Double(single))
        }
        return text(Double(bitPattern: number))
    }

    private static func text(_ number: Double) -> String {
        number.isNaN ? "NaN" : number.isFinite ? "\(number)" : number < 0 ? "-infinity" : "infinity"
    }

    // MARK: Comparisons

    /// The numbers that UCOMISS and its like compare.
    private var compared: (Double, Double)? {
        guard let source = source?.first else { return nil }
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

    /// How the compared numbers stand, for the flags' reasons; nil for other instructions.
    var order: FloatWords.Order? {
        compared.map { a, b in a.isNaN || b.isNaN ? .unordered : a < b ? .below : a > b ? .above : .equal }
    }

    private var comparison: String? {
        guard let (a, b) = compared, let order else { return nil }
        let second = instruction.kind1 == .memory ? AddressWords.operand(instruction) : "XMM\(instruction.register1)"
        return Phrase.compares.with(
            "XMM\(instruction.register0) = \(Self.text(a))", "\(second) = \(Self.text(b))", order.words)
    }
}
