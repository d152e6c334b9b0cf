import X86

/// BT, BTS, BTR, BTC, BSF, BSR, LZCNT, TZCNT, POPCNT, MOVBE, CRC32. SDM Vol. 2A and 2B.
extension CPU {
    /// With a register as bit number, a memory operand reaches as far as the number says; otherwise the number is taken modulo the width.
    func bitTest<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let i = r.instruction
        let number = try r.operand1(w)
        let bit = number & (W.bits &- 1)
        guard i.kind0 == .memory, i.kind1 == .register else {
            if i.operation == .bt { return core.pointee.lazy.setCF(try r.operand0(w) &>> bit & 1 != 0) }
            return modifyBit(r, try r.updateOperand0(w), bit, w)
        }
        let elements = UInt64(bitPattern: Int64(bitPattern: W.signExtend(number)) &>> Int64(W.bits.trailingZeroBitCount))
        let offset = r.addressSum(r.effectiveAddress(), elements &* W.bytes)
        if i.operation == .bt {
            return core.pointee.lazy.setCF(try r.load(i.segment, offset, w) &>> bit & 1 != 0)
        }
        let linear = try core.linear(i.segment, offset, W.bytes, .readWrite)
        modifyBit(r, .init(host: try core.locate(linear, r.op, w), isRegister: false), bit, w)
    }

    private func modifyBit<W: OperandWidth>(
        _ r: Execute<AnyForm>, _ location: Execute<AnyForm>.Location, _ bit: UInt64, _ w: W.Type
    ) {
        let old = r.value(of: location, w)
        let mask = 1 &<< bit
        core.pointee.lazy.setCF(old & mask != 0)
        let new =
            switch r.instruction.operation {
            case .bts: old | mask
            case .btr: old & ~mask
            default: old ^ mask
            }
        r.set(location, new, w)
    }

    /// BSF and BSR leave the destination alone when the source is zero.
    func bitScan<W: OperandWidth>(_ r: Execute<AnyForm>, reverse: Bool, _ w: W.Type) throws(Fault) {
        let source = try r.operand1(w)
        guard source != 0 else { return setZF(true) }
        setZF(false)
        let index = reverse ? 63 &- source.leadingZeroBitCount : source.trailingZeroBitCount
        core.setRegister(r.instruction.register0, UInt64(truncatingIfNeeded: index), w)
    }

    /// LZCNT, TZCNT: of zero the width, with CF.
    func countZeros<W: OperandWidth>(_ r: Execute<AnyForm>, leading: Bool, _ w: W.Type) throws(Fault) {
        let source = try r.operand1(w)
        let zeros = UInt64(truncatingIfNeeded: leading ? source.leadingZeroBitCount : source.trailingZeroBitCount)
        let count = leading ? zeros &- (64 &- W.bits) : min(zeros, W.bits)
        core.setRegister(r.instruction.register0, count, w)
        setZF(count == 0)
        core.pointee.lazy.setCF(source == 0)
    }

    func popcnt<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let source = try r.operand1(w)
        core.setRegister(r.instruction.register0, UInt64(truncatingIfNeeded: source.nonzeroBitCount), w)
        core.pointee.lazy = LazyFlags(source == 0 ? .ZF : [])
    }

    func movbe<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        try r.setOperand0(r.byteSwap(try r.operand1(w), w), w)
    }

    /// CRC-32C (polynomial 11EDC6F41h), one source byte after the other.
    func crc32<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        var source = try r.operand1(w)
        var crc = UInt32(truncatingIfNeeded: core.register(r.instruction.register0))
        for _ in 0..<W.bytes {
            crc ^= UInt32(truncatingIfNeeded: source & 0xFF)
            source &>>= 8
            for _ in 0..<8 { crc = crc &>> 1 ^ (crc & 1 != 0 ? 0x82F6_3B78 : 0) }
        }
        core.setRegister(r.instruction.register0, UInt64(crc))
    }
}
