import Inspection
import Processor
import X86

/// One iteration of a repeated string instruction.
struct StringSentences {
    let view: MachineView
    let outcome: DryRun.Outcome
    let instruction: Instruction

    /// The mask of an address's size, and the names of the registers that hold addresses and the count.
    private var mask: UInt64 { instruction.addressSize.mask }
    private func name(_ register: String) -> String {
        (instruction.addressSize == .word ? "" : instruction.addressSize == .quadword ? "R" : "E") + register
    }
    private var count: UInt64 { view.state.rcx & mask }
    private var width: Width { instruction.operandSize }

    private var verb: (infinitive: String, participle: String) {
        switch instruction.operation {
        case .movs: ("copies", "copied")
        case .stos: ("stores", "stored")
        case .lods: ("loads", "loaded")
        case .ins: ("reads", "read")
        case .outs: ("writes", "written")
        default: ("compares", "compared")
        }
    }

    var hasCount: Bool { count != 0 }

    /// "ECX is 0: nothing is copied", or what the iteration does and how many are left.
    var lines: [String] {
        let counter = name("CX")
        guard count != 0 else {
            let whole =
                mask == 0xFFFF && view.state.rcx > 0xFFFF ? Phrase.countOfAddressSize.with(h(view.state.rcx & view.linearMask)) : ""
            return [Phrase.noIteration.with(counter, verb.participle) + whole]
        }
        return ([action, moves, rest(counter)].compactMap { $0 }).joined(separator: "; ").isEmpty
            ? [] : [([action, moves, rest(counter)].compactMap { $0 }).joined(separator: "; ")]
    }

    private var usesSource: Bool { [.movs, .lods, .cmps, .outs].contains(instruction.operation) }
    private var usesDestination: Bool { [.movs, .stos, .cmps, .scas, .ins].contains(instruction.operation) }

    private var source: (place: String, value: UInt64?) {
        let base = AddressSentences(view: view, instruction: instruction).base(instruction.segment)
        let offset = view.state.rsi & mask
        return (
            "\("\(instruction.segment)".uppercased()):[\(h(offset, mask == 0xFFFF ? 4 : 8))]",
            view.linear((base &+ offset) & view.linearMask, width.bytes)
        )
    }

    private var destination: (place: String, value: UInt64?) {
        let offset = view.state.rdi & mask
        return (
            "ES:[\(h(offset, mask == 0xFFFF ? 4 : 8))]",
            view.linear((AddressSentences(view: view, instruction: instruction).base(.es) &+ offset) & view.linearMask, width.bytes)
        )
    }

    /// "61h 'a'".
    private func number(_ value: UInt64) -> String {
        let text = h(value, 2 * width.bytes)
        guard width == .byte, (0x21...0x7E).contains(value) else { return text }
        return "\(text) '\(Character(UnicodeScalar(UInt8(value))))'"
    }

    private var accumulator: (name: String, value: UInt64) {
        let value = view.state.rax
        switch width {
        case .byte: return ("AL", value & 0xFF)
        case .word: return ("AX", value & 0xFFFF)
        case .doubleword: return ("EAX", value & 0xFFFF_FFFF)
        case .quadword: return ("RAX", value)
        }
    }

    private var action: String? {
        let (from, to) = (source, destination)
        switch instruction.operation {
        case .movs: return from.value.map { Phrase.copies.with(number($0), from.place, to.place) }
        case .stos: return Phrase.stores.with("\(accumulator.name) = \(number(accumulator.value))", to.place)
        case .lods: return from.value.map { Phrase.loads.with(accumulator.name, number($0), from.place) }
        case .cmps:
            guard let a = from.value, let b = to.value else { return nil }
            return compares("\(number(a)) at \(from.place)", a, "\(number(b)) at \(to.place)", b)
        case .scas:
            guard let b = to.value else { return nil }
            return compares(
                "\(accumulator.name) = \(number(accumulator.value))", accumulator.value, "\(number(b)) at \(to.place)", b)
        default: return nil
        }
    }

    private func compares(_ a: String, _ x: UInt64, _ b: String, _ y: UInt64) -> String {
        Phrase.compares.with(a, b, x == y ? Phrase.areEqual.with() : x < y ? "below" : "above")
    }

    /// "ESI and EDI go up by 4 (DF = 0)".
    private var moves: String? {
        let registers = (usesSource ? [name("SI")] : []) + (usesDestination ? [name("DI")] : [])
        let phrase: Phrase = view.state.eflags.contains(.DF) ? .goesDown : .goesUp
        return phrase.with(registers.joined(separator: " and "), String(width.bytes), registers.count == 1 ? "goes" : "go")
    }

    private func rest(_ counter: String) -> String {
        let text = "\(counter) \(count) -> \(count - 1)"
        guard count > 1, [.cmps, .scas].contains(instruction.operation) else { return text }
        let isEqual = outcome.after.eflags.contains(.ZF)
        let goesOn = isEqual == instruction.prefixes.contains(.rep)
        return "\(text), " + (goesOn ? Phrase.goesOn : .endsHere).with(isEqual ? "1" : "0")
    }
}
