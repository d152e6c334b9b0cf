import X86

/// The dispatch loop's action for an instruction.
///
/// The first group runs every instruction by its width. The second group are the frequent instructions with a place of their own: the
/// name says operation, width and operand form, and `specialisation` says it to `select`.
enum Handler: UInt16, CaseIterable {
    /// Not an instruction: out of the block, before the instruction that stood here.
    case leave
    /// Not an instruction: behind the last one, on to the next block.
    case next
    /// Any instruction after which the block goes on.
    case byte, word, doubleword, quadword
    /// A near transfer: the block ends, its successor may be linked.
    case branchWord, branchDoubleword, branchQuadword
    /// Any other instruction that ends a block: modes, interrupts and time are looked at afterwards.
    case endByte, endWord, endDoubleword, endQuadword
    /// Instructions that end a block for the sake of time, or may change the mode but rarely do: the successor may be linked if
    /// the mode is the same and no limit was reached; what else has to be looked at asks for attention, which is such a limit. IN and OUT of bytes have a place of their own.
    case linkedByte, linkedWord, linkedDoubleword, linkedQuadword, inByte, outByte
    /// Jcc, JMP, CALL, RET of 32-bit code.
    case jcc32, jmp32, call32, ret32
    /// An x87 instruction: it goes to the unit without a look at the definitions.
    case x87

    case add8RR, add8RM, add8MR, add8RI, add8MI, add16RR, add16RM, add16MR, add16RI, add16MI, add32RR, add32RM, add32MR, add32RI,
        add32MI
    case adc32RR, adc32RM, adc32MR, adc32RI
    case sub8RR, sub8RM, sub8MR, sub8RI, sub8MI, sub16RR, sub16RM, sub16MR, sub16RI, sub32RR, sub32RM, sub32MR, sub32RI, sub32MI
    case sbb32RR, sbb32RM, sbb32MR, sbb32RI
    case cmp8RR, cmp8RM, cmp8MR, cmp8RI, cmp8MI, cmp16RR, cmp16RM, cmp16MR, cmp16RI, cmp16MI, cmp32RR, cmp32RM, cmp32MR, cmp32RI,
        cmp32MI
    case and8RR, and8RM, and8MR, and8RI, and8MI, and16RR, and16RM, and16MR, and16RI, and32RR, and32RM, and32MR, and32RI, and32MI
    case or8RR, or8RM, or8MR, or8RI, or8MI, or16RR, or16RM, or16MR, or16RI, or32RR, or32RM, or32MR, or32RI, or32MI
    case xor8RR, xor8RM, xor8MR, xor8RI, xor8MI, xor16RR, xor16RM, xor16MR, xor16RI, xor32RR, xor32RM, xor32MR, xor32RI, xor32MI
    case test8RR, test8MR, test8RI, test8MI, test16RR, test16MR, test16RI, test32RR, test32MR, test32RI, test32MI
    case mov8RR, mov8RM, mov8MR, mov8RI, mov8MI, mov16RR, mov16RM, mov16MR, mov16RI, mov16MI, mov32RR, mov32RM, mov32MR, mov32RI,
        mov32MI
    case inc8RR, inc16RR, inc32RR, inc32MR
    case dec8RR, dec16RR, dec32RR, dec32MR
    case neg32RR
    case not32RR
    case movzx32RR, movzx32RM
    case movsx32RR, movsx32RM
    case lea32RM, lea16RM
    case imulTruncating32RR, imulTruncating32RM
    case mul32RR
    case shl32RI, shl32RR, shl16RI, shl8RI
    case shr32RI, shr32RR, shr16RI, shr8RI
    case sar32RI, sar32RR
    case rol32RI, rol32RR
    case ror32RI, ror32RR
    case push32RR, push32I, push32MR, push16RR
    case pop32RR, pop16RR
    case cmovcc32RR, cmovcc32RM
    case setcc8RR
    case xchg32RR

    var endsBlock: Bool {
        rawValue >= Handler.branchWord.rawValue && rawValue <= Handler.ret32.rawValue
    }

    static func select(for op: Op, traits: Traits) -> Handler {
        let i = op.instruction
        switch i.operation {
        case .jcc, .jmp, .call, .ret, .jmpIndirect, .callIndirect, .jcxz, .loop, .loope, .loopne:
            return branch(i)
        case .invalidOpcode, .tooLong, .truncated:
            return .endWord
        default: break
        }
        if traits.contains(.endsBlock) || (traits.contains(.repeatable) && !i.prefixes.isDisjoint(with: [.rep, .repne])) {
            if let linked = linked(i) { return linked }
            return ending[Int(i.operandSize.rawValue)]
        }
        if i.operation.isX87 { return .x87 }
        return special(i) ?? plain[Int(i.operandSize.rawValue)]
    }

    private static let plain: [Handler] = [.byte, .word, .doubleword, .quadword]
    private static let linkedByWidth: [Handler] = [.linkedByte, .linkedWord, .linkedDoubleword, .linkedQuadword]
    private static let ending: [Handler] = [.endByte, .endWord, .endDoubleword, .endQuadword]

    private static func linked(_ i: Instruction) -> Handler? {
        switch i.operation {
        case .in where i.operandSize == .byte: return .inByte
        case .out where i.operandSize == .byte: return .outByte
        case .in, .out, .ins, .outs, .movs, .stos, .lods, .cmps, .scas, .cli, .pause, .lds, .les, .lfs, .lgs: break
        case .swapgs, .rdfsbase, .rdgsbase, .wrfsbase, .wrgsbase, .rdtsc, .rdtscp, .rdpid, .rdmsr, .wrmsr, .cpuid, .xgetbv, .stac,
            .clac, .clts,
            .movFromControl, .movFromDebug:
            break
        case .int, .int3, .into, .iret, .popf, .callFar, .callFarIndirect, .retFar, .jmpFar, .jmpFarIndirect: break
        case .movToSegment, .popSegment: if i.register0 == SegmentRegisterName.ss.rawValue { return nil }
        default: return nil
        }
        return linkedByWidth[Int(i.operandSize.rawValue)]
    }

    private static func branch(_ i: Instruction) -> Handler {
        if i.operandSize == .doubleword {
            switch i.operation {
            case .jcc: return .jcc32
            case .jmp: return .jmp32
            case .call: return .call32
            case .ret: return .ret32
            default: return .branchDoubleword
            }
        }
        return i.operandSize == .quadword ? .branchQuadword : .branchWord
    }

    // MARK: Specialised handlers

    private static func special(_ i: Instruction) -> Handler? {
        guard let index = Specialisation(of: i)?.index, index < specials.count else { return nil }
        return specials[index]
    }

    /// By `Specialisation.index`, as far as the last operation that has a handler of its own.
    static let specials: [Handler?] = {
        let places = allCases.compactMap { handler in handler.specialisation.map { (index: $0.index, handler: handler) } }
        var table = [Handler?](repeating: nil, count: (places.map(\.index).max() ?? 0) + 1)
        for place in places { table[place.index] = place.handler }
        return table
    }()
}
