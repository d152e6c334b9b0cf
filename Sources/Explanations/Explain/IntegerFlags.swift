import Inspection
import Processor
import X86

/// The reasons for flags of integer instructions that the processor carries out by methods of its own.
extension IntegerSentences {
    /// Nil for other instructions.
    func reason(for flag: EFLAGS) -> FlagReason? {
        let (before, after) = (outcome.before, outcome.after)
        switch instruction.operation {
        case .aam, .aad, .daa, .das, .aaa, .aas:
            if [.ZF, .SF, .PF].contains(flag) { return FlagReason(flag, ofResult: after.rax & 0xFF, .byte) }
            return flag == .CF || flag == .AF ? adjustment(flag) : nil
        case .popcnt:
            guard flag == .ZF else { return FlagReason(Phrase.alwaysCleared.with(), false) }
            return source.map { zero($0.value == 0) }
        case .lzcnt, .tzcnt:
            guard let source else { return nil }
            if flag == .CF { return zero(source.value == 0) }
            return flag == .ZF ? FlagReason(flag, ofResult: count(source.value), width) : nil
        case .cmpxchg8b, .cmpxchg16b:
            let bytes = instruction.operation == .cmpxchg8b ? 4 : 8
            guard flag == .ZF, let linear = view.address(of: instruction), let low = view.linear(linear, bytes),
                let high = view.linear(linear &+ UInt64(bytes), bytes)
            else { return nil }
            let mask: UInt64 = bytes == 4 ? 0xFFFF_FFFF : .max
            let isEqual = (before.rdx & mask, before.rax & mask) == (high, low)
            return FlagReason((isEqual ? Phrase.bothEqual : .bothDiffer).with(), isEqual)
        default: return nil
        }
    }

    private func zero(_ isZero: Bool) -> FlagReason {
        FlagReason((isZero ? Phrase.sourceZero : .sourceNotZero).with(), isZero)
    }

    /// The zeros above the highest one, or below the lowest one.
    private func count(_ value: UInt64) -> UInt64 {
        let bits = UInt64(width.bits)
        guard value != 0 else { return bits }
        return instruction.operation == .lzcnt
            ? UInt64(value.leadingZeroBitCount) &- (64 &- bits) : UInt64(value.trailingZeroBitCount)
    }

    /// AF and CF of the instructions that make a decimal digit, or two, of a sum or a difference. SDM Vol. 2A, DAA and DAS.
    private func adjustment(_ flag: EFLAGS) -> FlagReason? {
        let (AL, flags) = (outcome.before.rax & 0xFF, outcome.before.eflags)
        let isLow = AL & 0xF > 9 || flags.contains(.AF)
        switch instruction.operation {
        case .aaa, .aas: return FlagReason((isLow ? Phrase.digitWasAdjusted : .digitWasKept).with(), isLow)
        case .daa, .das:
            if flag == .AF { return FlagReason((isLow ? Phrase.digitWasAdjusted : .digitWasKept).with(), isLow) }
            if AL > 0x99 { return FlagReason(Phrase.highWasAdjusted.with(), true) }
            if flags.contains(.CF) { return FlagReason(Phrase.carryWasAdjusted.with(), true) }
            guard instruction.operation == .das, isLow, AL < 6 else { return FlagReason(Phrase.highWasKept.with(), false) }
            return FlagReason(Phrase.digitBorrows.with(h(AL, 2)), true)
        default: return nil
        }
    }
}
