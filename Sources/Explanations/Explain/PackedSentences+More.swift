import Inspection
import Processor
import X86

/// Fused products, tests of bits, and comparisons of strings: SDM Vol. 2, "VFMADD132SD" and its like, "PTEST", section 4.1.
extension PackedSentences {
    private func name(_ number: UInt8) -> String { "\(instruction.is256 ? "YMM" : "XMM")\(number)" }

    // MARK: Fused multiplication and addition

    /// Lane by lane: which two operands are multiplied, the opcode says.
    var fused: [String]? {
        let i = instruction
        let signs: (product: String, sum: String)
        switch i.operation {
        case .vfmadd: signs = ("", "+")
        case .vfmsub: signs = ("", "-")
        case .vfnmadd: signs = ("-", "+")
        case .vfnmsub: signs = ("-", "-")
        default: return nil
        }
        let isScalar = i.opcode & 1 != 0
        let element = LaneForm.Element.float(i.hasVEXW ? 64 : 32)
        let first = quadwords(outcome.before, i.register0, .xmmRegister)
        let second = quadwords(outcome.before, i.vvvv, .xmmRegister)
        guard let third = operand(words: isScalar ? 1 : first.count, bytes: isScalar && !i.hasVEXW ? 4 : 8) else { return nil }
        let new = quadwords(outcome.after, i.register0, .xmmRegister)
        // 98h, A8h and B8h: 132, 213 and 231.
        let (a, b, c) =
            i.opcode >> 4 == 9 ? (first, third, second) : i.opcode >> 4 == 0xA ? (second, first, third) : (second, third, first)
        return (0..<(isScalar ? 1 : 64 / element.bits * first.count)).map { lane in
            let product = "\(signs.product)(\(element.text(a, lane)) * \(element.text(b, lane)))"
            let sum = "\(product) \(signs.sum) \(element.text(c, lane)) = \(element.text(new, lane))"
            return "\(name(i.register0)) " + Phrase.lane.with(String(lane), sum)
        }
    }

    /// The quadwords of the register or memory operand.
    private func operand(words: Int, bytes: Int) -> [UInt64]? {
        let i = instruction
        if i.kind1 == .xmmRegister { return quadwords(outcome.before, i.register1, .xmmRegister) }
        guard i.kind1 == .memory, let linear = view.address(of: i) else { return nil }
        let read = (0..<words).compactMap { view.linear(linear &+ UInt64(8 * $0), bytes) }
        return read.count == words ? read : nil
    }

    private var operandName: String {
        instruction.kind1 == .memory ? AddressSentences.operand(instruction) : name(instruction.register1)
    }

    // MARK: PTEST

    var test: [String]? {
        let i = instruction
        guard i.operation == .ptest else { return nil }
        let first = quadwords(outcome.before, i.register0, .xmmRegister)
        guard let second = operand(words: first.count, bytes: 8) else { return nil }
        func words(_ values: [UInt64]) -> String {
            values.allSatisfy { $0 == 0 } ? "0" : values.reversed().map { hexDigits($0, 16) }.joined(separator: "_") + "h"
        }
        return [
            Phrase.bitsTested.with(
                name(i.register0), operandName, words(zip(first, second).map { $0 & $1 }),
                words(zip(first, second).map { ~$0 & $1 }))
        ]
    }

    // MARK: Strings

    /// Aggregations of the immediate's bits 3 and 2, for the elements of the second operand.
    private static let aggregations = [
        "an element of it is any of those", "an element of it is within one of those ranges",
        "elements at the same place are equal",
        "those are found in it, whole",
    ]

    /// Elements of both strings that count, and the most that there may be; nil for other instructions.
    private var lengths: (first: Int, second: Int, most: Int)? {
        let i = instruction
        guard [.pcmpestri, .pcmpestrm, .pcmpistri, .pcmpistrm].contains(i.operation) else { return nil }
        let first = quadwords(outcome.before, i.register0, .xmmRegister)
        guard let second = operand(words: 2, bytes: 8) else { return nil }
        let isWord = i.immediate & 1 != 0
        let most = isWord ? 8 : 16
        let element: LaneForm.Element = isWord ? .unsigned(16) : .unsigned(8)
        func length(_ words: [UInt64], _ register: UInt8) -> Int {
            if i.operation == .pcmpistri || i.operation == .pcmpistrm {
                return (0..<most).first { element.bits(words, $0) == 0 } ?? most
            }
            let value = MachineView.general(register, of: outcome.before)
            let number = i.prefixes.contains(.rexW) ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
            return Int(min(UInt64(most), number.magnitude))
        }
        return (length(first, 0), length(second, 2), most)
    }

    /// The reason for a flag of a comparison of strings; nil for other instructions. SDM Vol. 2B, section 4.1.6.
    func reasonOfStrings(_ flag: EFLAGS) -> FlagReason? {
        guard let (first, second, most) = lengths else { return nil }
        func ends(_ length: Int, _ name: String) -> FlagReason {
            FlagReason((length < most ? Phrase.endsInside : .fillsAll).with(name), length < most)
        }
        switch flag {
        case .CF:
            let isIndex = instruction.operation == .pcmpestri || instruction.operation == .pcmpistri
            let found =
                isIndex
                ? outcome.after.rcx & 0xFFFF_FFFF != UInt64(most)
                : quadwords(outcome.after, 0, .xmmRegister).prefix(2).contains { $0 != 0 }
            return FlagReason((found ? Phrase.maskHasOne : .maskHasNone).with(), found)
        case .ZF: return ends(second, operandName)
        case .SF: return ends(first, name(instruction.register0))
        case .OF: return FlagReason(Phrase.maskBit.with(), nil)
        default: return FlagReason(Phrase.alwaysCleared.with(), false)
        }
    }

    var strings: [String]? {
        guard let (first, second, most) = lengths else { return nil }
        let i = instruction
        let control = i.immediate
        let isWord = control & 1 != 0
        let what = (isWord ? "words" : "bytes") + (control & 2 != 0 ? ", signed," : "")
        let negated = control & 0x10 != 0 ? (control & 0x20 != 0 ? "not so, where it has one: " : "not so: ") : ""
        let line = Phrase.stringsCompared.with(
            what, name(i.register0), String(first), String(most), operandName, String(second),
            negated + Self.aggregations[Int(control >> 2 & 3)])
        guard i.operation == .pcmpestri || i.operation == .pcmpistri else { return [line, Phrase.maskMade.with()] }
        let index = outcome.after.rcx & 0xFFFF_FFFF
        let place =
            index == UInt64(most)
            ? Phrase.placeNotFound.with("ECX", String(index))
            : Phrase.placeFound.with("ECX", String(index), control & 0x40 != 0 ? "last" : "first")
        return [line, place]
    }
}
