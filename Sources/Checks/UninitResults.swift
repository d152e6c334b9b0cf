import Processor
import X86

/// The results of instructions on bytes that were never written. An instruction that is not named here makes all bytes of its result of all that it reads.
extension UninitCheck {
    /// The bytes of the first operand that `operation` reads; of a MOV it reads none.
    private func first(_ number: Int) -> UInt8 {
        let i = current[number].instruction
        switch i.kind0 {
        case .register, .byteRegister: return shadows[number].operand(i.kind0, i.register0, i.operandSize.bytes)
        case .memory: return current[number].reads[0]
        default: return 0
        }
    }

    /// The bytes of the second operand.
    private func second(_ number: Int) -> UInt8 {
        let i = current[number].instruction
        switch i.kind1 {
        case .register, .byteRegister: return shadows[number].operand(i.kind1, i.register1, i.operandSize.bytes)
        case .memory: return current[number].reads[0]
        default: return 0
        }
    }

    /// Tells where what the instruction reads comes from.
    private func origin(_ number: Int) -> UnwrittenByte? {
        if let origin = current[number].origin { return origin }
        let i = current[number].instruction
        for (kind, register) in [(i.kind0, i.register0), (i.kind1, i.register1)] {
            switch kind {
            case .register where shadows[number].general[Int(register)] != 0: return shadows[number].origin(general: register)
            case .byteRegister where shadows[number].general[Int(register & 15)] != 0:
                return shadows[number].origin(general: register & 15)
            case .xmmRegister where shadows[number].vectors[Int(register)] != 0:
                return shadows[number].origin(vector: Int(register))
            case .mmxRegister where shadows[number].vectors[16 + Int(register & 7)] != 0:
                return shadows[number].origin(vector: 16 + Int(register & 7))
            default: continue
            }
        }
        for register in [0, 1, 2] as [UInt8] where shadows[number].general[Int(register)] != 0 {
            return shadows[number].origin(general: register)
        }
        return shadows[number].originOfFlags
    }

    private func vector(_ kind: OperandKind, _ register: UInt8) -> Int? {
        kind == .xmmRegister ? Int(register & 15) : kind == .mmxRegister ? 16 + Int(register & 7) : nil
    }

    // MARK: Stores

    /// The unwritten bytes of the instruction's next store of `size` bytes, and where they come from.
    func stored(_ number: Int, _ size: UInt64) -> (mask: UInt8, origin: UnwrittenByte?) {
        let i = current[number].instruction
        let full = RegisterShadow.full(Int(truncatingIfNeeded: min(size, 8)))
        let mask: UInt8
        switch i.operation {
        case .mov, .movnti: mask = second(number)
        case .push: mask = first(number)
        case .pop: mask = current[number].reads[0]
        case .movs: mask = current[number].reads[0]
        case .stos: mask = shadows[number].general[0]
        case .xchg: mask = i.kind0 == .memory ? second(number) : first(number)
        case .pusha: mask = shadows[number].general[min(current[number].storeCount, 7)]
        case .pushf: mask = shadows[number].flags.isEmpty ? 0 : 1
        case .enter: mask = current[number].storeCount == 0 ? shadows[number].general[5] : current[number].reads[0]
        case .setcc: mask = shadows[number].flags.isDisjoint(with: Self.flags(of: i.condition)) ? 0 : 1
        case .call, .callIndirect, .callFar, .callFarIndirect, .ins, .pushSegment, .movFromSegment, .fxsave, .xsave, .xsaveopt,
            .xsavec:
            mask = 0
        default:
            if i.operation.isX87 {
                mask = 0
            } else if let register = vector(i.kind1, i.register1) {
                let isHigh = current[number].storeCount > 0 || i.operation == .movhps || i.operation == .movhpd
                mask = UInt8(truncatingIfNeeded: shadows[number].vectors[register] &>> (isHigh ? 8 : 0))
            } else {
                mask = combined(number, Int(truncatingIfNeeded: size)).mask
            }
        }
        return (mask & full, mask & full == 0 ? nil : origin(number))
    }

    /// The result of the instruction's operands.
    private func combined(_ number: Int, _ size: Int) -> (mask: UInt8, isAny: Bool) {
        let i = current[number].instruction
        let (a, b) = (first(number), second(number))
        let isSame = i.kind0 == i.kind1 && i.register0 == i.register1 && i.kind0 != .memory
        var any = a | b
        switch i.operation {
        case .xor, .sub, .cmp: if isSame { any = 0 }
        case .and, .test: if i.kind1 == .immediate { any = a & Self.bytes(of: i.immediate, where: { $0 != 0 }) }
        case .or: if i.kind1 == .immediate { any = a & Self.bytes(of: i.immediate, where: { $0 != 0xFF }) }
        case .sbb where isSame: any = shadows[number].flags.contains(.CF) ? 0xFF : 0
        case .adc, .sbb: if shadows[number].flags.contains(.CF) { any |= 1 }
        case .shl, .shr, .sar, .rol, .ror, .rcl, .rcr:
            if i.kind1 == .byteRegister { any |= (shadows[number].general[1] & 1) * 0xFF }
        case .shld, .shrd: if i.kind2 == .byteRegister { any |= (shadows[number].general[1] & 1) * 0xFF }
        case .cmpxchg: any |= shadows[number].general[0] & RegisterShadow.full(size)
        default: break
        }
        any &= RegisterShadow.full(size)
        let mask: UInt8
        switch i.operation {
        case .and, .or, .xor, .not, .test: mask = any
        case .add, .adc, .sub, .sbb, .cmp, .inc, .dec, .neg, .xadd: mask = RegisterShadow.upward(any, size)
        case .shl where i.kind1 == .immediate && i.immediate & 7 == 0:
            mask = (a &<< UInt8(truncatingIfNeeded: (i.immediate & 63) >> 3)) & RegisterShadow.full(size)
        case .shr where i.kind1 == .immediate && i.immediate & 7 == 0:
            mask = a &>> UInt8(truncatingIfNeeded: (i.immediate & 63) >> 3)
        default: mask = any == 0 ? 0 : RegisterShadow.full(size)
        }
        return (mask, any != 0)
    }

    private static func bytes(of value: UInt64, where holds: (UInt8) -> Bool) -> UInt8 {
        var mask: UInt8 = 0
        for byte in 0..<8 as Range<UInt64> where holds(UInt8(truncatingIfNeeded: value &>> (8 &* byte))) {
            mask |= 1 &<< UInt8(byte)
        }
        return mask
    }

    // MARK: Registers

    /// After the instruction: the bytes of its result.
    func result(_ cpu: CPU) {
        let number = cpu.number
        let i = current[number].instruction
        let size = i.operandSize.bytes
        let load = current[number].reads[0]
        func set(_ mask: UInt8, _ bytes: Int? = nil) {
            guard i.kind0 == .register || i.kind0 == .byteRegister else { return }
            shadows[number].set(i.kind0, i.register0, bytes ?? size, mask, from: mask == 0 ? nil : origin(number))
        }
        switch i.operation {
        case .mov: set(second(number))
        case .movzx, .movsx, .movsxd: set(extended(number, i, size))
        case .lea:
            let any =
                (i.base < 16 ? shadows[number].general[Int(i.base)] : 0)
                | (i.index < 16 ? shadows[number].general[Int(i.index)] : 0)
            let from = i.base < 16 && shadows[number].general[Int(i.base)] != 0 ? i.base : i.index
            let origin = any == 0 ? nil : shadows[number].origin(general: min(from, 16))
            shadows[number].set(.register, i.register0, size, RegisterShadow.upward(any, size), from: origin)
        case .pop: set(load)
        case .popa:
            for (index, register) in [7, 6, 5, 3, 2, 1, 0].enumerated() as EnumeratedSequence<[UInt8]> {
                let read = index < 3 ? index : current[number].readCount == 8 ? index + 1 : index
                shadows[number].set(.register, register, size, current[number].reads[min(read, 7)], from: current[number].origin)
            }
        case .leave: shadows[number].set(.register, 5, size, load, from: current[number].origin)
        case .lods:
            shadows[number].set(i.operandSize == .byte ? .byteRegister : .register, 0, size, load, from: current[number].origin)
        case .xchg:
            let (a, b) = (first(number), second(number))
            let from = a | b == 0 ? nil : origin(number)
            if i.kind0 != .memory { shadows[number].set(i.kind0, i.register0, size, b, from: from) }
            if i.kind1 != .memory { shadows[number].set(i.kind1, i.register1, size, a, from: from) }
        case .bswap: set(Self.reversed(first(number), size))
        case .cbw:
            let half = shadows[number].general[0] & RegisterShadow.full(size / 2)
            let sign = half &>> UInt8(size / 2 - 1) & 1 != 0
            let mask = half | (sign ? RegisterShadow.full(size) & ~RegisterShadow.full(size / 2) : 0)
            shadows[number].set(.register, 0, size, mask, from: shadows[number].origin(general: 0))
        case .cwd:
            let sign = shadows[number].general[0] &>> UInt8(size - 1) & 1 != 0
            shadows[number].set(.register, 2, size, sign ? 0xFF : 0, from: shadows[number].origin(general: 0))
        case .setcc: set(shadows[number].flags.isDisjoint(with: Self.flags(of: i.condition)) ? 0 : 1, 1)
        case .cmovcc:
            if !shadows[number].flags.isDisjoint(with: Self.flags(of: i.condition)) {
                set(0xFF)
            } else {
                set(cpu.core.pointee.lazy.holds(i.condition) ? second(number) : first(number))
            }
        case .push, .pusha, .pushf, .enter, .stos, .movs, .call, .callIndirect, .ret, .jcc, .jmp, .nop: break
        case .mul, .imul, .div, .idiv: multiply(number, i, size)
        case .in, .cpuid, .rdtsc, .rdtscp, .rdmsr, .rdpmc, .xgetbv:
            let registers: [Int] =
                switch i.operation {
                case .in: [0]
                case .cpuid: [0, 1, 2, 3]
                case .rdtscp: [0, 1, 2]
                default: [0, 2]
                }
            for register in registers { shadows[number].general[register] = 0 }
        case .popf, .sahf:
            let mask = i.operation == .popf ? load & 1 : shadows[number].general[0] &>> 1 & 1
            shadows[number].setFlags(.status, mask != 0, from: mask == 0 ? nil : origin(number))
        case .iret: shadows[number].flags = []
        case .lahf:
            shadows[number].set(.byteRegister, 16, 1, shadows[number].flags.isEmpty ? 0 : 1, from: shadows[number].originOfFlags)
        default: other(number, i, size)
        }
    }

    /// MOVZX, MOVSX and MOVSXD.
    private func extended(_ number: Int, _ i: Instruction, _ size: Int) -> UInt8 {
        let bytes = i.kind1 == .byteRegister ? 1 : i.kind1 == .memory ? current[number].readBytes : i.operation == .movsxd ? 4 : 2
        let mask = i.kind1 == .memory ? current[number].reads[0] : shadows[number].operand(i.kind1, i.register1, bytes)
        guard i.operation != .movzx, mask &>> UInt8(max(bytes, 1) - 1) & 1 != 0 else { return mask & RegisterShadow.full(bytes) }
        return mask | RegisterShadow.full(size) & ~RegisterShadow.full(bytes)
    }

    private static func reversed(_ mask: UInt8, _ size: Int) -> UInt8 {
        (0..<size).reduce(0) { $0 | (mask &>> UInt8($1) & 1) &<< UInt8(size - 1 - $1) }
    }

    /// rDX:rAX, of the one-operand forms.
    private func multiply(_ number: Int, _ i: Instruction, _ size: Int) {
        let wide = RegisterShadow.full(size)
        var any = first(number) | shadows[number].general[0] & wide
        if i.operation == .div || i.operation == .idiv {
            any |= size == 1 ? shadows[number].general[0] & 2 : shadows[number].general[2] & wide
        }
        let origin = any == 0 ? nil : origin(number)
        shadows[number].set(.register, 0, max(size, 2), any == 0 ? 0 : 0xFF, from: origin)
        if size > 1 { shadows[number].set(.register, 2, size, any == 0 ? 0 : 0xFF, from: origin) }
        shadows[number].setFlags(.status, any != 0, from: origin)
    }

    private func other(_ number: Int, _ i: Instruction, _ size: Int) {
        let effects = Table.flags(of: i)
        let flags = effects.written.union(effects.undefined).intersection(.status)
        if i.operation.isX87 {
            shadows[number].setFlags(flags, false, from: nil)
            if i.operation == .fnstsw, i.kind0 == .register { shadows[number].set(.register, 0, 2, 0, from: nil) }
            return
        }
        if i.operation.isPacked { return packed(number, i, size, flags) }
        var (mask, isAny) = combined(number, size)
        switch i.operation {
        case .cmps: isAny = current[number].reads[0] | current[number].reads[1] != 0
        case .scas: isAny = (current[number].reads[0] | shadows[number].general[0]) & RegisterShadow.full(size) != 0
        default: break
        }
        let from = isAny ? origin(number) : nil
        switch i.operation {
        case .cmp, .test, .cmps, .scas, .bt: break
        case .xadd:
            let old = first(number)
            if i.kind0 != .memory { shadows[number].set(i.kind0, i.register0, size, mask, from: from) }
            shadows[number].set(i.kind1, i.register1, size, old, from: from)
        case .cmpxchg:
            if i.kind0 != .memory { shadows[number].set(i.kind0, i.register0, size, mask, from: from) }
            mask = isAny ? 0xFF : 0
            shadows[number].set(i.operandSize == .byte ? .byteRegister : .register, 0, size, mask, from: from)
        case .xlat: shadows[number].set(.byteRegister, 0, 1, current[number].reads[0], from: current[number].origin)
        default:
            if i.kind0 == .register || i.kind0 == .byteRegister {
                shadows[number].set(i.kind0, i.register0, size, mask, from: from)
            }
        }
        if !flags.isEmpty { shadows[number].setFlags(flags, isAny, from: from) }
    }

    /// MMX and SSE: copies are followed by bytes, all else as a whole.
    private func packed(_ number: Int, _ i: Instruction, _ size: Int, _ flags: EFLAGS) {
        let reads = UInt16(current[number].reads[0]) | UInt16(current[number].reads[1]) &<< 8
        let source = vector(i.kind1, i.register1).map { shadows[number].vectors[$0] }
        let isAny = (source ?? reads) != 0 || vector(i.kind0, i.register0).map { shadows[number].vectors[$0] != 0 } ?? false
        let from = isAny || i.kind1 == .register ? origin(number) : nil
        guard let target = vector(i.kind0, i.register0) else {
            guard i.kind0 == .register || i.kind0 == .byteRegister else { return }
            let bytes = i.operation == .movd ? size : 8
            let mask = UInt8(truncatingIfNeeded: i.operation == .movd ? source ?? 0 : source ?? 0 == 0 ? 0 : 0xFF)
            return shadows[number].set(i.kind0, i.register0, bytes, mask & RegisterShadow.full(bytes), from: from)
        }
        let old = shadows[number].vectors[target]
        var mask: UInt16
        switch i.operation {
        case .movaps, .movapd, .movups, .movupd, .movdqa, .movdqu, .lddqu, .movntdqa: mask = source ?? reads
        case .movq, .movd:
            let general = i.kind1 == .register ? UInt16(shadows[number].operand(i.kind1, i.register1, size)) : nil
            mask = general ?? (source.map { $0 & 0xFF } ?? reads)
        case .movss: mask = source.map { old & ~0xF | $0 & 0xF } ?? reads
        case .movsd: mask = source.map { old & ~0xFF | $0 & 0xFF } ?? reads
        case .movlps, .movlpd: mask = old & 0xFF00 | reads & 0xFF
        case .movhps, .movhpd: mask = old & 0xFF | reads &<< 8
        case .pxor, .xorps, .xorpd, .psubb, .psubw, .psubd, .psubq, .pcmpeqb, .pcmpeqw, .pcmpeqd:
            mask = i.kind1 == i.kind0 && i.register0 == i.register1 ? 0 : old | (source ?? reads) == 0 ? 0 : 0xFFFF
        case .cvtsi2sd, .cvtsi2ss: mask = old
        default: mask = old | (source ?? reads) == 0 ? 0 : 0xFFFF
        }
        if target >= 16 { mask &= 0xFF }
        if flags.isEmpty {
            shadows[number].setVector(target, mask, from: mask == 0 ? nil : from)
        } else {
            shadows[number].setFlags(flags, old | (source ?? reads) != 0, from: from)
        }
    }
}
