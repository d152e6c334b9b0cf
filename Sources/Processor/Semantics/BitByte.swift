import X86

extension Semantics {
    /// BT, BTS, BTR, BTC — SDM Vol. 2A and 2B. CF := the bit, and then the bit is set, reset or complemented. With a register as bit
    /// number, a memory operand reaches as far as the number says.
    @inline(__always)
    static func bitTest<R: Reading, W: OperandWidth>(_ r: R, _ operation: BitOperation, _ w: W.Type) throws(Fault) {
        if r.instruction.kind0 == .memory && r.instruction.kind1 == .register {
            return try r.callOut { cpu, r throws(Fault) in try cpu.bitString(r, operation, w) }
        }
        let index = try r.operand1(w)
        if operation == .test {
            _ = r.bit(.test, try r.operand0(w), index, w)
        } else {
            let destination = try r.updateOperand0(w)
            r.set(destination, r.bit(operation, r.value(of: destination, w), index, w), w)
        }
    }
}

/// BSF, BSR, LZCNT, TZCNT, POPCNT, MOVBE, CRC32. SDM Vol. 2A and 2B.
extension CPU {
    /// BT and its like with a bit string in memory: the number is signed and may lead beyond the operand.
    func bitString<W: OperandWidth>(_ r: Execute<AnyForm>, _ operation: BitOperation, _ w: W.Type) throws(Fault) {
        let i = r.instruction
        let number = try r.operand1(w)
        let elements = UInt64(bitPattern: Int64(bitPattern: W.signExtend(number)) &>> Int64(W.bits.trailingZeroBitCount))
        let offset = r.addressSum(r.effectiveAddress(), elements &* W.bytes)
        if operation == .test {
            _ = r.bit(.test, try r.load(i.segment, offset, w), number, w)
            return
        }
        let linear = try core.linear(i.segment, offset, W.bytes, .readWrite)
        let location = Execute<AnyForm>.Location(host: try core.locate(linear, r.op, w), isRegister: false)
        r.set(location, r.bit(operation, r.value(of: location, w), number, w), w)
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

    /// CRC-32C (polynomial 11EDC6F41h), one source byte after the other. The operand size is that of the destination.
    func crc32<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        if r.instruction.opcode == 0xF0 { try accumulateCRC(r, Byte.self) } else { try accumulateCRC(r, w) }
    }

    private func accumulateCRC<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
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
