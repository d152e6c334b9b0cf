import Inspection
import Processor
import X86

/// The actions of an instruction, from the transcript of its definition; for the methods of the processor, which the definition does not take apart, by
/// comparing before and after.
struct ActionSentences {
    let view: MachineView
    let transcript: Transcript?
    let outcome: DryRun.Outcome

    var actions: [String] {
        guard let transcript else { return [] }
        var lines = iteration(transcript)
        let i = transcript.instruction
        if transcript.isCalledOut {
            if isRepeated(i), !StringSentences(view: view, outcome: outcome, instruction: i).hasCount { return lines }
            var changes = StateChanges(outcome, instruction: i)
            if let frame = FrameSentences(view: view, outcome: outcome).line(of: i) {
                lines.append(frame.text)
                changes.told = frame.written
            }
            lines += numbers(i)
            let rest = changes.lines
            guard rest == [Phrase.noChange.with()] else { return lines + rest }
            return lines.isEmpty ? nothing(i) : lines
        }
        let words = TermText(transcript: transcript)
        var lastResult: Term?
        var stackPointer: UInt64?
        for (number, effect) in transcript.effects.enumerated() {
            if case .flags(let change) = effect, let result = change.result { lastResult = result }
            // RET n moves it twice.
            if case .stackPointer(let old, _) = effect {
                stackPointer = stackPointer ?? old
                if number + 1 < transcript.effects.count, case .stackPointer = transcript.effects[number + 1] { continue }
            }
            if let line = self.line(effect, words, stackPointer: stackPointer) { lines.append(line) }
        }
        if [.cmp, .test, .bt, .scas, .cmps].contains(i.operation), let lastResult {
            lines.insert("\(words.equation(lastResult)) (\(Phrase.onlyFlags.with()))", at: 0)
        }
        if case .flags(let change)? = transcript.effects.last(where: { if case .flags = $0 { true } else { false } }),
            change.written.isEmpty
        {
            lines.append(Phrase.countZero.with())
        }
        return lines.isEmpty ? nothing(i) : lines
    }

    /// Says something where no register and no memory changes; nothing where the flags below say it all.
    private func nothing(_ i: Instruction) -> [String] {
        switch i.operation {
        case .invlpg: return [Phrase.forgetsPage.with(view.address(of: i).map { h($0) } ?? "")]
        case .invpcid: return [Phrase.forgetsPages.with()]
        case .invd, .wbinvd, .clflush: return [Phrase.noCaches.with()]
        case .lfence, .mfence, .sfence: return [Phrase.ordersAccesses.with()]
        case .pause: return [Phrase.hintToWait.with()]
        case .monitor: return [Phrase.watchesAddress.with(h(view.state.rax & view.linearMask))]
        default: break
        }
        let shown = EFLAGS.status.union(.DF)
        let (before, after) = (outcome.before.eflags.intersection(shown), outcome.after.eflags.intersection(shown))
        return before == after ? [Phrase.noChange.with()] : []
    }

    private func line(_ effect: Effect, _ words: TermText, stackPointer: UInt64?) -> String? {
        switch effect {
        case .register(let number, let width, let term):
            return words.assignment(RegisterNames.general(number, width).uppercased(), term) + rest(of: number, width)
        case .memory(let access, let term): return words.assignment(words.place(access), term)
        case .stackPointer(let old, let new):
            let digits = view.is64Bit ? 16 : view.state.ss.isBig ? 8 : 4
            return Phrase.stackMoves.with(
                view.is64Bit ? "RSP" : view.state.ss.isBig ? "ESP" : "SP", h(new & stackMask, digits),
                h((stackPointer ?? old) & stackMask, digits))
        case .jump(let target, nil):
            switch target.form {
            case .register, .memory: return "\(Phrase.jumps.with(h(target.number))) (\(words.symbol(target)))"
            default: return Phrase.jumps.with(h(target.number))
            }
        case .jump(let target, let condition?):
            return condition.holds
                ? Phrase.jumpsIf.with(h(target.number), words.test(condition)) : Phrase.jumpsNot.with(words.test(condition))
        case .flags(let change):
            if case .image = change.rule { return Phrase.flagsLoaded.with(h(change.a, 2)) }
            guard case .direct = change.rule, let name = Self.names.first(where: { change.written.contains($0.0) }) else {
                return nil
            }
            return Phrase.flagSet.with(name.1, change.after.contains(name.0) ? "1" : "0")
        case .callOut: return nil
        }
    }

    /// Says what becomes of the bits of a register of 64-bit code that a result does not have.
    private func rest(of number: UInt8, _ width: Width) -> String {
        guard view.is64Bit, width != .quadword else { return "" }
        // Numbers from 16 on are AH to BH.
        let name = RegisterNames.general(number & 15, .quadword).uppercased()
        return " (\((width == .doubleword ? Phrase.clearsUpper : .keepsRest).with(name)))"
    }

    private var stackMask: UInt64 { view.is64Bit ? .max : view.state.ss.isBig ? 0xFFFF_FFFF : 0xFFFF }

    private func isRepeated(_ i: Instruction) -> Bool {
        Table.traits(of: i).contains(.repeatable) && !i.prefixes.isDisjoint(with: [.rep, .repne])
    }

    /// "this is one iteration; 5 are left, this one included".
    private func iteration(_ transcript: Transcript) -> [String] {
        let i = transcript.instruction
        guard isRepeated(i) else { return [] }
        let words = StringSentences(view: view, outcome: outcome, instruction: i)
        guard words.hasCount else { return words.lines }
        let count = view.state.rcx & i.addressSize.mask
        return [count == 1 ? Phrase.lastIteration.with() : Phrase.oneIteration.with(String(count))] + words.lines
    }

    /// Numbers with a point, and the number of a bit.
    private func numbers(_ i: Instruction) -> [String] {
        if i.operation.isX87 { return FloatSentences(view: view, outcome: outcome, instruction: i).lines }
        if i.operation.isPacked { return PackedSentences(view: view, outcome: outcome, instruction: i).lines }
        let selectors = SelectorSentences(view: view, outcome: outcome, instruction: i)
        switch i.operation {
        case .cmpxchg: return [exchange(i)].compactMap { $0 }
        case .lar, .lsl, .verr, .verw: return [selectors.line].compactMap { $0 }
        case .bt, .bts, .btr, .btc: return [selectors.bit].compactMap { $0 }
        case .iret where outcome.before.eflags.contains(.NT) && outcome.before.tr != outcome.after.tr:
            return [Phrase.taskReturn.with(h(outcome.after.tr.selector))]
        case .aam, .aad, .daa, .das, .aaa, .aas, .cmpxchg8b, .cmpxchg16b, .popcnt, .lzcnt, .tzcnt, .crc32, .andn, .bextr, .blsi,
            .blsmsk, .blsr, .bzhi, .mulx, .pdep, .pext, .rorx, .sarx, .shlx, .shrx, .adcx, .adox:
            return IntegerSentences(view: view, outcome: outcome, instruction: i).lines
        default: break
        }
        guard i.operation == .bsf || i.operation == .bsr else { return [] }
        let name = RegisterNames.general(i.register0, i.operandSize).uppercased()
        guard !outcome.after.eflags.contains(.ZF) else { return [Phrase.resultUndefined.with(name)] }
        let mask = i.operandSize.mask
        let result = MachineView.general(i.register0, of: outcome.after) & mask
        let source =
            i.kind1 == .memory ? AddressSentences.operand(i) : RegisterNames.general(i.register1, i.operandSize).uppercased()
        return [Phrase.bitFound.with(name, String(result), i.operation == .bsf ? "lowest" : "highest", source)]
    }

    /// "compares EAX = 1 with [EBX] = 1: equal, so [EBX] <- ECX = 9" of CMPXCHG.
    private func exchange(_ i: Instruction) -> String? {
        let mask = i.operandSize.bits == 64 ? UInt64.max : 1 << UInt64(i.operandSize.bits) - 1
        func register(_ number: UInt8) -> (name: String, value: UInt64) {
            let value = MachineView.general(i.operandSize == .byte ? number & 15 : number, of: outcome.before)
            return (
                RegisterNames.general(number, i.operandSize).uppercased(),
                value >> (i.operandSize == .byte && number >= 16 ? 8 : 0) & mask
            )
        }
        var destination = register(i.register0)
        if i.kind0 == .memory {
            guard let linear = view.address(of: i), let value = view.linear(linear, i.operandSize.bytes) else { return nil }
            destination = (AddressSentences.operand(i), value)
        }
        func number(_ value: UInt64) -> String { h(value, 2 * i.operandSize.bytes) }
        let (accumulator, source) = (register(0), register(i.register1))
        let order =
            accumulator.value == destination.value
            ? Phrase.areEqual.with() : accumulator.value < destination.value ? "below" : "above"
        let (to, from) = accumulator.value == destination.value ? (destination.name, source) : (accumulator.name, destination)
        return Phrase.compares.with(
            "\(accumulator.name) = \(number(accumulator.value))", "\(destination.name) = \(number(destination.value))",
            "\(order), so \(to) <- \(from.name) = \(number(from.value))")
    }

    /// Compares the operands of FCOMI, UCOMISS and their like.
    private func order(_ i: Instruction) -> FloatSentences.Order? {
        i.operation.isX87
            ? FloatSentences(view: view, outcome: outcome, instruction: i).order
            : i.operation.isPacked ? PackedSentences(view: view, outcome: outcome, instruction: i).order : nil
    }

    /// Tells why a flag of an instruction that the definition does not take apart is what it is.
    private func reason(_ flag: EFLAGS, _ i: Instruction, isUndefined: Bool, after: Bool) -> FlagReason {
        if isUndefined { return .undefined }
        if i.operation == .bsf || i.operation == .bsr {
            return FlagReason((after ? Phrase.sourceZero : .sourceNotZero).with(), nil)
        }
        if outcome.before.tr != outcome.after.tr { return FlagReason(Phrase.taskFlag.with(), nil) }
        if i.operation == .popf || i.operation == .iret {
            return FlagReason(Phrase.poppedBit.with(String(flag.rawValue.trailingZeroBitCount)), nil)
        }
        if [.lar, .lsl, .verr, .verw, .bt, .bts, .btr, .btc].contains(i.operation) {
            return FlagReason(Phrase.foundByRunning.with(), nil)
        }
        if let reason = IntegerSentences(view: view, outcome: outcome, instruction: i).reason(for: flag) { return reason }
        if let reason = PackedSentences(view: view, outcome: outcome, instruction: i).reasonOfStrings(flag) { return reason }
        if [.cmps, .scas, .cmpxchg].contains(i.operation) { return FlagReason(Phrase.foundByComparing.with(), nil) }
        guard let order = order(i) else { return FlagReason(Phrase.foundByRunning.with(), nil) }
        let orders: [EFLAGS: String] = [.ZF: "equal or unordered", .PF: "unordered", .CF: "below or unordered"]
        guard let ones = orders[flag] else { return FlagReason(Phrase.clearedFlag.with(), false) }
        return FlagReason(Phrase.comparedFlag.with(ones, order.rawValue), order.flags.contains(flag))
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
                        isUndefined: reason.isUndefined, reason: reason.text, implied: reason.implied
                    ))
            }
        }
        return flags
    }

    /// Flags that the instruction's row says it writes, as running it has set them.
    private func calledOutFlags(_ transcript: Transcript, _ undefined: EFLAGS) -> [Explanation.Flag] {
        let i = transcript.instruction
        // A count of 0 changes no flag.
        if isRepeated(i), !StringSentences(view: view, outcome: outcome, instruction: i).hasCount { return [] }
        let written = Table.row(of: i)?.flags.written ?? []
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
        let words = AddressSentences(view: view, instruction: transcript.instruction)
        let terms = TermText(transcript: transcript)
        var seen: Set<UInt64> = []
        var addresses: [ExplainedAddress] = []
        for (number, access) in transcript.accesses.enumerated() where seen.insert(access.linear).inserted {
            addresses.append(words.explained(access, name: terms.place(number)))
        }
        if addresses.isEmpty, let access = implied(transcript) {
            addresses.append(words.explained(access, name: AddressSentences.operand(transcript.instruction)))
        }
        return addresses
    }

    /// The memory operand of an instruction whose definition has not got to it, or does not take it apart.
    private func implied(_ transcript: Transcript) -> MemoryAccess? {
        let i = transcript.instruction
        guard i.hasMemoryOperand, i.operation != .lea, i.operation != .nop, let linear = view.address(of: i) else { return nil }
        let base = AddressSentences(view: view, instruction: i).base(i.segment)
        return MemoryAccess(operandOf: i, offset: (linear &- base) & view.linearMask, linear: linear)
    }
}
