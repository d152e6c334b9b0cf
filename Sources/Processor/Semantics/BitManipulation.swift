import X86

/// BMI1, BMI2 and ADX. SDM Vol. 2, the pages of their names. Operand 0 is the destination, operand 1 the operand of ModR/M; VEX.vvvv names another.
extension CPU {
    func manipulateBits<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let i = r.instruction
        if i.isVEX && usesParagraphs { throw Fault.UD }
        let source = try r.operand1(w)
        let other = core.register(i.vvvv, w)
        switch i.operation {
        case .andn: set(i, ~other & source, carry: false, w)
        case .blsi: set(i, source & (0 &- source), carry: source != 0, w)
        case .blsmsk: set(i, source ^ (source &- 1), carry: source == 0, w)
        case .blsr: set(i, source & (source &- 1), carry: source == 0, w)
        case .bzhi:
            let count = other & 0xFF
            set(i, count < W.bits ? source & ((1 &<< count) &- 1) : source, carry: count >= W.bits, w)
        case .bextr:
            let (start, count) = (other & 0xFF, (other &>> 8) & 0xFF)
            let shifted = start < W.bits ? source &>> start : 0
            set(i, count < 64 ? shifted & ((1 &<< count) &- 1) : shifted, carry: false, w)
        case .adcx, .adox:
            let isADCX = i.operation == .adcx
            let carry: UInt64 = (isADCX ? core.pointee.lazy.CF : core.pointee.lazy.OF) ? 1 : 0
            let (sum, first) = W.truncate(core.register(i.register0, w)).addingReportingOverflow(source)
            let (total, second) = sum.addingReportingOverflow(carry)
            let carries = W.bits == 64 ? first || second : total &>> W.bits != 0
            core.setRegister(i.register0, W.truncate(total), w)
            if isADCX { core.pointee.lazy.setCF(carries) } else { core.pointee.lazy.setOF(carries) }
        default: setWithoutFlags(i, source, other, w)
        }
    }

    private func setWithoutFlags<W: OperandWidth>(_ i: Instruction, _ source: UInt64, _ other: UInt64, _ w: W.Type) {
        let count = other & (W.bits &- 1)
        let result: UInt64
        switch i.operation {
        case .shlx: result = source &<< count
        case .shrx: result = source &>> count
        case .sarx: result = UInt64(bitPattern: Int64(bitPattern: W.signExtend(source)) &>> Int64(truncatingIfNeeded: count))
        case .rorx:
            let count = i.immediate & (W.bits &- 1)
            result = count == 0 ? source : source &>> count | source &<< (W.bits &- count)
        case .mulx:
            let product = core.register(2, w).multipliedFullWidth(by: source)
            let high = W.bits == 64 ? product.high : product.low &>> 32
            // When both are the same register the upper half stays.
            core.setRegister(i.vvvv, W.truncate(product.low), w)
            return core.setRegister(i.register0, W.truncate(high), w)
        // The mask is operand 1.
        case .pdep: result = Self.deposit(other, source)
        default: result = Self.extract(other, source)
        }
        core.setRegister(i.register0, W.truncate(result), w)
    }

    private static func deposit(_ value: UInt64, _ mask: UInt64) -> UInt64 {
        var (value, mask, result) = (value, mask, UInt64(0))
        while mask != 0 {
            if value & 1 != 0 { result |= mask & (0 &- mask) }
            value &>>= 1
            mask &= mask &- 1
        }
        return result
    }

    private static func extract(_ value: UInt64, _ mask: UInt64) -> UInt64 {
        var (mask, result, bit) = (mask, UInt64(0), UInt64(1))
        while mask != 0 {
            if value & mask & (0 &- mask) != 0 { result |= bit }
            bit &<<= 1
            mask &= mask &- 1
        }
        return result
    }

    /// SF and ZF by the result, OF clear; AF and PF, which are undefined, clear too.
    private func set<W: OperandWidth>(_ i: Instruction, _ value: UInt64, carry: Bool, _ w: W.Type) {
        let result = W.truncate(value)
        core.setRegister(i.register0, result, w)
        var flags: EFLAGS = carry ? .CF : []
        if result == 0 { flags.insert(.ZF) }
        if result & W.signBit != 0 { flags.insert(.SF) }
        core.pointee.lazy = LazyFlags(flags)
    }
}
