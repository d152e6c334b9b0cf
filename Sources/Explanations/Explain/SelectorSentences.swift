import Inspection
import Processor
import X86

/// The findings of LAR, LSL, VERR and VERW about a selector, and of BT and its like about a bit string in memory.
struct SelectorSentences {
    let view: MachineView
    let outcome: DryRun.Outcome
    let instruction: Instruction

    private var succeeded: Bool { outcome.after.eflags.contains(.ZF) }

    private var selector: UInt16? {
        let i = instruction
        let isSecond = i.operation == .lar || i.operation == .lsl
        let (kind, register) = isSecond ? (i.kind1, i.register1) : (i.kind0, i.register0)
        let value = kind == .memory ? view.address(of: i).flatMap { view.linear($0, 2) } : view.general(register)
        return value.map { UInt16(truncatingIfNeeded: $0) }
    }

    /// "EAX <- 00CF9300h, the access rights of selector 0010h: a data segment of ring 0", or why nothing was found.
    var line: String? {
        guard let selector else { return nil }
        let name = RegisterNames.general(instruction.register0, instruction.operandSize).uppercased()
        let result = h(MachineView.general(instruction.register0, of: outcome.after) & instruction.operandSize.mask)
        let lookup = DescriptorLookup(view, selector: selector)
        let kind = lookup.descriptor.map { "\($0.kind) of ring \($0.DPL)" } ?? "nothing"
        if succeeded {
            switch instruction.operation {
            case .lar: return Phrase.rightsFound.with(name, result, h(selector), kind)
            case .lsl: return Phrase.limitFound.with(name, result, h(selector), kind)
            default:
                return Phrase.selectorSeen.with(
                    h(selector), "\(kind)\(instruction.operation == .verr ? ", readable," : ", writable,")")
            }
        }
        let isLoad = instruction.operation == .lar || instruction.operation == .lsl
        return Phrase.selectorNotSeen.with(h(selector), reason(lookup), isLoad ? "ZF becomes 0 and \(name) stays" : "ZF becomes 0")
    }

    /// Tells why a selector is none for the instruction. SDM Vol. 2A, "LAR", "LSL"; Vol. 2B, "VERR/VERW".
    private func reason(_ lookup: DescriptorLookup) -> String {
        let descriptor: Descriptor
        switch lookup {
        case .null: return "the null selector"
        case .beyondLimit(let table, let limit): return "beyond the \(table)'s limit \(h(limit, 4))"
        case .unmapped(let table, _): return "the \(table) is not mapped there"
        case .found(let found): descriptor = found
        }
        let level = max(view.state.cpl, UInt8((selector ?? 0) & 3))
        let isConforming = descriptor.isConforming
        let what = "\(descriptor.kind) of ring \(descriptor.DPL)"
        switch instruction.operation {
        case .verw where !descriptor.isWritableData: return "\(what), which may not be written"
        case .verr where descriptor.isSystem || descriptor.isCode && descriptor.type & 2 == 0:
            return "\(what), which may not be read"
        default: break
        }
        if !isConforming, descriptor.DPL < level { return "\(what), and \(level) is the larger of CPL and RPL" }
        return "\(what), a kind that \("\(instruction.operation)".uppercased()) does not take"
    }

    /// "bit 35, counted from bit 0 of [00020000h], is bit 3 of the byte at 00020004h: 1" of a bit string in memory.
    var bit: String? {
        let i = instruction
        guard i.kind0 == .memory, i.kind1 == .register, let operand = view.address(of: i) else { return nil }
        let mask = i.operandSize.mask
        let bits = UInt64(i.operandSize.bits)
        let raw = MachineView.general(i.register1, of: outcome.before) & mask
        let number = Int64(bitPattern: raw << (64 - bits)) >> Int64(64 - bits)
        let place = (operand &+ UInt64(bitPattern: number >> 3)) & view.linearMask
        let value = outcome.after.eflags.contains(.CF)
        return Phrase.bitString.with(
            String(number), AddressSentences.operand(i), String(number & 7), h(place),
            value ? "1, and CF with it" : "0, and CF with it"
        )
    }
}
