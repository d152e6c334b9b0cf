import Processor
import X86

/// BMI1 and BMI2 on general registers, by the host's. SDM Vol. 2, the pages of their names.
extension Lowering {
    /// The host has the instruction, and it is not one that only protected mode has, in other code than that.
    var hasBitManipulation: Bool {
        let feature = Table.rows[Int(instruction.row)].feature
        return feature != .ADX && isCode64 && backend.host.features.contains(feature)
    }

    /// Operand 0 is the destination, operand 1 the operand of ModR/M; VEX.vvvv names another.
    mutating func lowerBitManipulation() {
        let i = instruction
        let w = i.operandSize
        let (value, scratch, addend) = (HostMap.value, HostMap.scratch, HostMap.addend)
        let row = Table.rows[Int(i.row)]
        let source = bitSource()
        var opcode = VEXOpcode(
            map: row.map == .vex0F38 ? 2 : 3,
            prefix: row.prefix.contains(.p66) ? 1 : row.prefix.contains(.pF3) ? 2 : row.prefix.contains(.pF2) ? 3 : 0,
            opcode: i.opcode)
        opcode.isWide = w == .quadword
        switch i.operation {
        case .mulx:
            asm.vex(opcode, addend, scratch, source)
            // When both are the same register the upper half stays.
            setGeneral(i.vvvv, from: scratch, w)
            return setCount()
        case .rorx:
            asm.vex(opcode, addend, nil, source)
            asm.byte(UInt8(truncatingIfNeeded: i.immediate))
            return setCount()
        case .blsr, .blsmsk, .blsi: asm.vex(opcode, row.digit ?? 0, addend, source)
        default: asm.vex(opcode, addend, general(i.vvvv, in: scratch), source)
        }
        switch i.operation {
        case .andn, .blsr, .blsmsk, .blsi, .bextr, .bzhi: break
        default: return setCount()
        }
        // CF is the host's, ZF and SF those of the result; the others are clear.
        asm.changeFlags()
        asm.set(HostCondition.below, scratch)
        asm.test(addend, addend, w)
        asm.set(HostCondition.equal, value)
        asm.set(HostCondition.sign, HostMap.linear)
        asm.shift(.shl, value, by: 6, .byte)
        asm.shift(.shl, HostMap.linear, by: 7, .byte)
        asm.alu(.or, scratch, value, .byte)
        asm.alu(.or, scratch, HostMap.linear, .byte)
        asm.alu(.or, scratch, immediate: 2, .byte)
        asm.store(HostMap.core(CoreOffset.flags), immediate: 0, .byte)
        asm.store(HostMap.core(CoreOffset.flags + 1), scratch, .byte)
        setCount()
    }

    /// The operand of ModR/M: in its register, or in `value`.
    private mutating func bitSource() -> HostRegister {
        let i = instruction
        if i.kind1 != .memory { return general(i.register1, in: HostMap.value) }
        asm.zeroExtend(HostMap.value, operandAccess(NativeSite.read, i.operandSize.bytes), from: i.operandSize)
        return HostMap.value
    }

    private mutating func setGeneral(_ number: UInt8, from source: HostRegister, _ w: Width) {
        if let host = plan.host(number) {
            asm.mov(host, source, w)
        } else {
            asm.store(extended(number), source, .quadword)
        }
    }
}
