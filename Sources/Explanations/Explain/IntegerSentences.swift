import Inspection
import Processor
import X86

/// Numbers of integer instructions that the processor carries out by methods of its own: decimal adjustment, counts of bits, checksums, bits by masks, and
/// comparisons of two or four words.
struct IntegerSentences {
    let view: MachineView
    let outcome: DryRun.Outcome
    let instruction: Instruction

    /// A value with its name.
    struct Named {
        let name: String
        let value: UInt64
    }

    var width: Width { instruction.operandSize }
    private var mask: UInt64 { width.mask }
    private func number(_ value: UInt64, _ width: Width? = nil) -> String { h(value, 2 * (width ?? self.width).bytes) }

    private func register(_ number: UInt8, of state: CPUState? = nil, _ width: Width? = nil) -> Named {
        let width = width ?? self.width
        let value = MachineView.general(number, of: state ?? outcome.before)
        return Named(
            name: RegisterNames.general(number, width).uppercased(),
            value: (width == .byte && number >= 16 ? value >> 8 : value) & width.mask)
    }

    /// The register or memory operand behind the first one.
    var source: Named? {
        let i = instruction
        let width: Width = i.kind1 == .byteRegister ? .byte : self.width
        if i.kind1 == .register || i.kind1 == .byteRegister { return register(i.register1, width) }
        guard i.kind1 == .memory, let linear = view.address(of: i), let value = view.linear(linear, width.bytes) else { return nil }
        return Named(name: AddressSentences.operand(i), value: value)
    }

    var lines: [String] {
        switch instruction.operation {
        case .aam, .aad, .daa, .das, .aaa, .aas: return decimal
        case .cmpxchg8b, .cmpxchg16b: return [pair].compactMap { $0 }
        default: return [result].compactMap { $0 }
        }
    }

    // MARK: Decimal digits

    private var decimal: [String] {
        let (before, after) = (outcome.before, outcome.after)
        let (AL, AH) = (before.rax & 0xFF, before.rax >> 8 & 0xFF)
        let (newAL, newAH) = (after.rax & 0xFF, after.rax >> 8 & 0xFF)
        let (AF, CF) = (before.eflags.contains(.AF), before.eflags.contains(.CF))
        func byte(_ value: UInt64) -> String { h(value, 2) }
        switch instruction.operation {
        case .aam:
            let base = instruction.immediate & 0xFF
            return ["AH <- AL / \(base) = \(AL) / \(base) = \(newAH)", "AL <- \(Phrase.remainder.with()) = \(newAL)"]
        case .aad:
            let base = instruction.immediate & 0xFF
            return ["AL <- AH * \(base) + AL = \(AH) * \(base) + \(AL) = \(newAL)", "AH <- 0"]
        case .aaa, .aas:
            let sign = instruction.operation == .aaa ? "+" : "-"
            let why = AL & 0xF > 9 ? Phrase.digitAbove9.with(byte(AL & 0xF)) : Phrase.flagIs.with("AF", "1")
            guard AL & 0xF > 9 || AF else { return [Phrase.digitKept.with("AL", byte(newAL), byte(AL))] }
            // A carry out of AL goes to AH, too.
            let step = (instruction.operation == .aaa ? newAH &- AH : AH &- newAH) & 0xFF
            return [Phrase.digitAdjusted.with(sign, byte(newAL), why), "AH <- AH \(sign) \(step) = \(byte(newAH))"]
        default:
            let sign = instruction.operation == .daa ? "+" : "-"
            let isLow = AL & 0xF > 9 || AF
            let isHigh = AL > 0x99 || CF
            var reasons: [String] = []
            if isLow { reasons.append(AL & 0xF > 9 ? Phrase.digitAbove9.with(byte(AL & 0xF)) : Phrase.flagIs.with("AF", "1")) }
            if isHigh { reasons.append(AL > 0x99 ? Phrase.above99.with(byte(AL)) : Phrase.flagIs.with("CF", "1")) }
            guard isLow || isHigh else { return [Phrase.decimalAlready.with(byte(AL))] }
            let adjustment = (isLow ? 6 : 0) + (isHigh ? 0x60 as UInt64 : 0)
            return [
                "AL <- AL \(sign) \(byte(adjustment)) = \(byte(newAL)), \(Phrase.reasoned.with(reasons.joined(separator: ", ")))"
            ]
        }
    }

    // MARK: Two words at once

    /// "compares EDX:EAX = 0000000100000002h with [EBX] = 0000000100000002h: equal, so [EBX] <- ECX:EBX = 0000000000000005h" of CMPXCHG8B.
    private var pair: String? {
        let bytes = instruction.operation == .cmpxchg8b ? 4 : 8
        let part: Width = bytes == 4 ? .doubleword : .quadword
        guard let linear = view.address(of: instruction), let low = view.linear(linear, bytes),
            let high = view.linear(linear &+ UInt64(bytes), bytes)
        else { return nil }
        func both(_ high: UInt64, _ low: UInt64) -> String {
            String(number(high, part).dropLast()) + (bytes == 4 ? "" : "_") + number(low, part)
        }
        let names = bytes == 4 ? ("EDX:EAX", "ECX:EBX") : ("RDX:RAX", "RCX:RBX")
        let (d, a) = (register(2, part).value, register(0, part).value)
        let (c, b) = (register(1, part).value, register(3, part).value)
        let place = AddressSentences.operand(instruction)
        let isEqual = (d, a) == (high, low)
        let order = isEqual ? Phrase.areEqual.with() : (d, a) < (high, low) ? Phrase.below.with() : Phrase.above.with()
        let moved = isEqual ? "\(place) <- \(names.1) = \(both(c, b))" : "\(names.0) <- \(place) = \(both(high, low))"
        return Phrase.compares.with(
            "\(names.0) = \(both(d, a))", "\(place) = \(both(high, low))", Phrase.orderSo.with(order, moved))
    }

    // MARK: Bits

    /// "EAX <- the ones in ECX = 000000F0h = 4".
    private var result: String? {
        let i = instruction
        guard let source else { return nil }
        // Those that clear or find the lowest one name their destination by VEX.vvvv, which comes first.
        let destination = register(i.register0, of: outcome.after, i.operation == .crc32 && width.bytes < 4 ? .doubleword : nil)
        let given = "\(source.name) = \(number(source.value, i.kind1 == .byteRegister ? .byte : nil))"
        let other = register(i.vvvv)
        let named = "\(other.name) = \(number(other.value))"
        func line(_ what: String, isCount: Bool = false) -> String {
            "\(destination.name) <- \(what) = \(isCount ? String(destination.value) : number(destination.value, destination.name.hasPrefix("R") ? .quadword : nil))"
        }
        let lowest =
            source.value == 0 ? Phrase.nobody.with(given) : Phrase.lowestOne.with(given, String(source.value.trailingZeroBitCount))
        switch i.operation {
        case .popcnt: return line(Phrase.onesIn.with(given), isCount: true)
        case .lzcnt: return line(Phrase.zerosAbove.with(given), isCount: true)
        case .tzcnt: return line(Phrase.zerosBelow.with(given), isCount: true)
        case .crc32:
            let old = register(i.register0, .doubleword)
            return
                "\(destination.name) <- \(Phrase.checksum.with(given, "\(old.name) = \(number(old.value, .doubleword))")) = \(number(destination.value & 0xFFFF_FFFF, .doubleword))"
        case .andn: return line("~\(other.name) & \(source.name) = ~\(number(other.value)) & \(number(source.value))")
        case .bextr: return line(Phrase.fieldOf.with(given, String(other.value >> 8 & 0xFF), String(other.value & 0xFF), named))
        case .bzhi: return line(Phrase.lowPart.with(given, String(other.value & 0xFF), named))
        case .blsr: return line(Phrase.withoutLowest.with(lowest))
        case .blsi: return line(Phrase.onlyLowest.with(lowest))
        case .blsmsk: return line(Phrase.upToLowest.with(lowest))
        case .pdep: return line(Phrase.deposited.with(named, given))
        case .pext: return line(Phrase.extracted.with(named, given))
        case .rorx:
            return line(
                "\(source.name) ror \(i.immediate & UInt64(width.bits - 1)) = \(number(source.value)) ror \(i.immediate & UInt64(width.bits - 1))"
            )
        case .shlx, .shrx, .sarx:
            let sign = i.operation == .shlx ? "<<" : ">>"
            let count = other.value & UInt64(width.bits - 1)
            let signed = i.operation == .sarx ? " (\(Phrase.keepsSign.with()))" : ""
            return line("\(source.name) \(sign) \(other.name) = \(number(source.value)) \(sign) \(count)\(signed)")
        case .adcx, .adox:
            let flag = i.operation == .adcx ? ("CF", EFLAGS.CF) : ("OF", .OF)
            let old = register(i.register0)
            let carry = outcome.before.eflags.contains(flag.1) ? 1 : 0
            return line("\(old.name) + \(source.name) + \(flag.0) = \(number(old.value)) + \(number(source.value)) + \(carry)")
        case .mulx:
            let (high, low) = (destination, register(i.vvvv, of: outcome.after))
            let d = register(2)
            return
                "\(high.name):\(low.name) <- \(d.name) * \(source.name) = \(number(d.value)) * \(number(source.value)) = \(number(high.value).dropLast())_\(number(low.value))"
        default: return nil
        }
    }
}
