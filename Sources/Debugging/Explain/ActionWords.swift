import Processor
import X86

/// What was done, from the transcript of the definition; for the methods of the processor, which the definition does not take apart, by
/// comparing before and after.
struct ActionWords {
    let view: MachineView
    let transcript: Transcript?
    let outcome: Rehearsal.Outcome

    var actions: [String] {
        guard let transcript else { return [] }
        var lines = iteration(transcript)
        let i = transcript.instruction
        if transcript.isCalledOut {
            if isRepeated(i), !StringWords(view: view, outcome: outcome, instruction: i).hasCount { return lines }
            var changes = StateChanges(outcome, instruction: i)
            if let frame = FrameWords(view: view, outcome: outcome).line(of: i) {
                lines.append(frame.text)
                changes.told = frame.written
            }
            lines += numbers(i)
            let rest = changes.lines
            return lines.isEmpty || rest != [Phrase.noChange.with()] ? lines + rest : lines
        }
        let words = TermWords(transcript: transcript)
        var lastResult: Term?
        var isUsed = true
        for effect in transcript.effects {
            if case .flags(let change) = effect, let result = change.result {
                lastResult = result
                isUsed = false
            }
            if let line = self.line(effect, words) { lines.append(line) }
            if case .register = effect { isUsed = true }
            if case .memory = effect { isUsed = true }
        }
        // CMP, TEST, BT, SCAS, CMPS: a result that goes nowhere.
        if !isUsed, let lastResult, let place = lines.firstIndex(where: { !$0.isEmpty }) ?? Optional(lines.count) {
            lines.insert("\(words.equation(lastResult)) (\(Phrase.onlyFlags.with()))", at: min(place, lines.count))
        }
        if case .flags(let change)? = transcript.effects.last(where: { if case .flags = $0 { true } else { false } }),
            change.written.isEmpty
        {
            lines.append(Phrase.countZero.with())
        }
        return lines.isEmpty ? [Phrase.noChange.with()] : lines
    }

    private func line(_ effect: Effect, _ words: TermWords) -> String? {
        switch effect {
        case .register(let number, let width, let term):
            return words.assignment(RegisterNames.general(number, width).uppercased(), term)
        case .memory(let access, let term): return words.assignment(words.place(access), term)
        case .stackPointer(let old, let new):
            return "\(view.state.ss.isBig ? "ESP" : "SP") <- \(h(new & stackMask)) (\(h(old & stackMask)))"
        case .jump(let target, nil): return Phrase.jumps.with(h(target.number))
        case .jump(let target, let condition?):
            return condition.holds
                ? Phrase.jumpsIf.with(h(target.number), words.test(condition)) : Phrase.jumpsNot.with(words.test(condition))
        case .flags(let change):
            guard case .direct = change.rule, let name = Self.names.first(where: { change.written.contains($0.0) }) else {
                return nil
            }
            return Phrase.flagSet.with(name.1, change.after.contains(name.0) ? "1" : "0")
        case .callOut: return nil
        }
    }

    private var stackMask: UInt64 { view.state.ss.isBig ? 0xFFFF_FFFF : 0xFFFF }

    private func isRepeated(_ i: Instruction) -> Bool {
        Table.traits(of: i).contains(.repeatable) && !i.prefixes.isDisjoint(with: [.rep, .repne])
    }

    /// "this is one iteration; 5 are left, this one included".
    private func iteration(_ transcript: Transcript) -> [String] {
        let i = transcript.instruction
        guard isRepeated(i) else { return [] }
        let words = StringWords(view: view, outcome: outcome, instruction: i)
        guard words.hasCount else { return words.lines }
        let count = view.state.rcx & (i.addressSize == .word ? 0xFFFF : 0xFFFF_FFFF)
        return [Phrase.oneIteration.with(String(count))] + words.lines
    }

    /// Numbers with a point, and the number of a bit.
    private func numbers(_ i: Instruction) -> [String] {
        if i.operation.isX87 { return FloatWords(view: view, outcome: outcome, instruction: i).lines }
        if i.operation.isPacked { return PackedWords(view: view, outcome: outcome, instruction: i).lines }
        guard i.operation == .bsf || i.operation == .bsr else { return [] }
        let name = RegisterNames.general(i.register0, i.operandSize).uppercased()
        guard !outcome.after.eflags.contains(.ZF) else { return [Phrase.resultUndefined.with(name)] }
        let mask: UInt64 = i.operandSize == .word ? 0xFFFF : 0xFFFF_FFFF
        let result = MachineView.general(i.register0, of: outcome.after) & mask
        let source = i.kind1 == .memory ? AddressWords.operand(i) : RegisterNames.general(i.register1, i.operandSize).uppercased()
        return [Phrase.bitFound.with(name, String(result), i.operation == .bsf ? "lowest" : "highest", source)]
    }

    /// How the operands of FCOMI, UCOMISS and their like stand to each other.
    private func order(_ i: Instruction) -> FloatWords.Order? {
        i.operation.isX87
            ? FloatWords(view: view, outcome: outcome, instruction: i).order
            : i.operation.isPacked ? PackedWords(view: view, outcome: outcome, instruction: i).order : nil
    }

    /// Why a flag of an instruction that the definition does not take apart is what it is.
    private func reason(_ flag: EFLAGS, _ i: Instruction, isUndefined: Bool, after: Bool) -> FlagReason {
        if isUndefined { return FlagReason(Phrase.undefinedFlag.with(), nil) }
        if i.operation == .bsf || i.operation == .bsr {
            return FlagReason((after ? Phrase.sourceZero : .sourceNotZero).with(), nil)
        }
        guard let order = order(i) else { return FlagReason(Phrase.foundByRunning.with(), nil) }
        guard [.ZF, .PF, .CF].contains(flag) else { return FlagReason(Phrase.clearedFlag.with(), false) }
        return FlagReason(Phrase.comparedFlag.with(order.words), order.flags.contains(flag))
    }

    // MARK: Flags

    func flags(undefined: EFLAGS) -> [Explanation.Flag] {
        guard let transcript else { return [] }
        if transcript.isCalledOut { return calledOutFlags(transcript, undefined) }
        var flags: [Explanation.Flag] = []
        for case .flags(let change) in transcript.effects {
            for (flag, name) in Self.names where change.written.contains(flag) {
                let reason = change.reason(for: flag, undefined: undefined)
                flags.removeAll { $0.flag == flag }
                flags.append(
                    Explanation.Flag(
                        name: name, flag: flag, before: change.before.contains(flag), after: change.after.contains(flag),
                        isUndefined: reason.implied == nil && undefined.contains(flag), reason: reason.text, implied: reason.implied
                    ))
            }
        }
        return flags
    }

    /// Flags that the instruction's row says it writes, as running it has set them.
    private func calledOutFlags(_ transcript: Transcript, _ undefined: EFLAGS) -> [Explanation.Flag] {
        let written = Table.row(of: transcript.instruction)?.flags.written ?? []
        return Self.names.filter { written.union(undefined).contains($0.0) }.map { flag, name in
            let isUndefined = undefined.contains(flag)
            let after = outcome.after.eflags.contains(flag)
            let reason = reason(flag, transcript.instruction, isUndefined: isUndefined, after: after)
            return Explanation.Flag(
                name: name, flag: flag, before: outcome.before.eflags.contains(flag), after: after, isUndefined: isUndefined,
                reason: reason.text, implied: reason.implied)
        }
    }

    static let names: [(EFLAGS, String)] = [
        (.CF, "CF"), (.OF, "OF"), (.AF, "AF"), (.ZF, "ZF"), (.SF, "SF"), (.PF, "PF"), (.DF, "DF"),
    ]

    // MARK: Addresses

    var addresses: [ExplainedAddress] {
        guard let transcript else { return [] }
        let words = AddressWords(view: view, instruction: transcript.instruction)
        let terms = TermWords(transcript: transcript)
        var seen: Set<UInt64> = []
        var addresses: [ExplainedAddress] = []
        for (number, access) in transcript.accesses.enumerated() where seen.insert(access.linear).inserted {
            addresses.append(words.explained(access, name: terms.place(number)))
        }
        if addresses.isEmpty, let access = implied(transcript) {
            addresses.append(words.explained(access, name: AddressWords.operand(transcript.instruction)))
        }
        return addresses
    }

    /// The memory operand of an instruction whose definition has not got to it, or does not take it apart.
    private func implied(_ transcript: Transcript) -> MemoryAccess? {
        let i = transcript.instruction
        guard i.hasMemoryOperand, i.operation != .lea, i.operation != .nop, let linear = view.address(of: i) else { return nil }
        let base = AddressWords(view: view, instruction: i).register(i.segment).base
        return MemoryAccess(operandOf: i, offset: (linear &- base) & 0xFFFF_FFFF, linear: linear)
    }
}
