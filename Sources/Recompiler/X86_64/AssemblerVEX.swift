import X86

/// An opcode behind a VEX prefix, and what the prefix says beside its registers. SDM Vol. 2A, section 2.3.
struct VEXOpcode {
    /// VEX.mmmmm: 1 for 0Fh, 2 for 0F38h, 3 for 0F3Ah.
    let map: UInt8
    /// VEX.pp: 0, 1 for 66h, 2 for F3h, 3 for F2h.
    let prefix: UInt8
    let opcode: UInt8
    var isWide = false
    var is256 = false
}

extension Assembler {
    /// Registers alone. `vvvv`: nil where the instruction has no such operand.
    mutating func vex(_ op: VEXOpcode, _ reg: HostRegister, _ vvvv: HostRegister?, _ rm: HostRegister) {
        prefix(op, reg, vvvv, index: 0, rm)
        byte(0xC0 | (reg & 7) &<< 3 | rm & 7)
    }

    /// With an operand in memory.
    mutating func vex(_ op: VEXOpcode, _ reg: HostRegister, _ vvvv: HostRegister?, _ memory: HostOperand) {
        prefix(op, reg, vvvv, index: memory.index ?? 0, memory.base ?? 0)
        modRM(reg & 7, memory)
    }

    /// The form of three bytes, and the opcode. R, X, B and vvvv are inverted; vvvv is 1111 where it names nothing.
    private mutating func prefix(
        _ op: VEXOpcode, _ reg: HostRegister, _ vvvv: HostRegister?, index: HostRegister, _ rm: HostRegister
    ) {
        noteOperand(reg)
        if let vvvv { noteOperand(vvvv) }
        let (R, X, B) = ((reg &>> 3) &<< 7, (index &>> 3) &<< 6, (rm &>> 3) &<< 5)
        let inverted: UInt8 = R | X | B
        byte(0xC4)
        byte(inverted ^ 0xE0 | op.map)
        var last: UInt8 = (15 - (vvvv ?? 0)) &<< 3
        last |= op.prefix
        if op.isWide { last |= 0x80 }
        if op.is256 { last |= 4 }
        byte(last)
        byte(op.opcode)
    }

    /// RORX, of BMI2: 32 bits of another register, and no flags.
    mutating func rotateRight(_ register: HostRegister, _ source: HostRegister, by count: UInt8) {
        vex(VEXOpcode(map: 3, prefix: 3, opcode: 0xF0), register, nil, source)
        byte(count)
    }

    // MARK: YMM registers

    /// VMOVUPS: 16 bytes, and the upper half becomes zero, or 32.
    mutating func loadVector(_ register: HostRegister, _ memory: HostOperand, is256: Bool = false) {
        vex(VEXOpcode(map: 1, prefix: 0, opcode: 0x10, is256: is256), register, nil, memory)
    }
    mutating func storeVector(_ memory: HostOperand, _ register: HostRegister, is256: Bool = false) {
        vex(VEXOpcode(map: 1, prefix: 0, opcode: 0x11, is256: is256), register, nil, memory)
    }
    /// VINSERTF128.
    mutating func loadUpperHalf(_ register: HostRegister, _ memory: HostOperand) {
        vex(VEXOpcode(map: 3, prefix: 1, opcode: 0x18, is256: true), register, register, memory)
        byte(1)
    }
    /// VEXTRACTF128.
    mutating func storeUpperHalf(_ memory: HostOperand, _ register: HostRegister) {
        vex(VEXOpcode(map: 3, prefix: 1, opcode: 0x19, is256: true), register, nil, memory)
        byte(1)
    }
    /// VXORPS: all of the YMM register.
    mutating func clearVector(_ register: HostRegister) {
        vex(VEXOpcode(map: 1, prefix: 0, opcode: 0x57), register, register, register)
    }
    mutating func vzeroupper() {
        byte(0xC5)
        byte(0xF8)
        byte(0x77)
    }
}
