/// Operands: SDM Vol. 2A, sections 2.1.3 to 2.1.5, 2.2.1, and the notation of appendix A.2.
extension Decoding {
    @inline(__always) private var reg: UInt8 { (instruction.modRM &>> 3) & 7 }
    @inline(__always) private var rm: UInt8 { instruction.modRM & 7 }
    /// REX.R, REX.X and REX.B as bit 3 of a register number.
    @inline(__always) private var rexR: UInt8 { (rex & 4) &<< 1 }
    @inline(__always) private var rexX: UInt8 { (rex & 2) &<< 2 }
    @inline(__always) private var rexB: UInt8 { (rex & 1) &<< 3 }

    /// Number of a byte register: without REX 4…7 are AH CH DH BH.
    @inline(__always) private func byteRegister(_ number: UInt8) -> UInt8 {
        rex == 0 && number & 4 != 0 ? number &+ 12 : number
    }

    @inline(__always) private var rmIsRegister: Bool { instruction.modRM >= 0xC0 }

    /// The kind of an operand; its register number, if it has one, goes to `register`. Nil for implied operands that no field describes.
    mutating func operand(_ form: OperandEncoding, _ register: inout UInt8) -> OperandKind? {
        switch form {
        case .none:
            return nil
        case .rmByte:
            guard rmIsRegister else { return .memory }
            register = byteRegister(rm | rexB)
            return .byteRegister
        case .rmGeneral:
            guard rmIsRegister else { return .memory }
            register = rm | rexB
            return .register
        case .rmMMX:
            guard rmIsRegister else { return .memory }
            register = rm
            return .mmxRegister
        case .rmXMM:
            guard rmIsRegister else { return .memory }
            register = rm | rexB
            return .xmmRegister
        case .rmAnyMod:
            register = rm | rexB
            return .register
        case .regByte:
            register = byteRegister(reg | rexR)
            return .byteRegister
        case .regGeneral:
            register = reg | rexR
            return .register
        case .regMMX:
            register = reg
            return .mmxRegister
        case .regXMM:
            register = reg | rexR
            return .xmmRegister
        case .regSegment:
            if reg > 5 { reject() }
            register = reg
            return .segmentRegister
        case .regControl:
            register = reg | rexR
            // CR0, CR2, CR3, CR4 and CR8.
            if register > 8 || (0b1_0001_1101 as UInt16) &>> UInt16(register) & 1 == 0 { reject() }
            return .controlRegister
        case .regDebug:
            register = reg | rexR
            if register > 7 { reject() }
            return .debugRegister
        case .opcodeByte:
            register = byteRegister(instruction.opcode & 7 | rexB)
            return .byteRegister
        case .opcodeGeneral:
            register = instruction.opcode & 7 | rexB
            return .register
        case .byteRegister0:
            register = 0
            return .byteRegister
        case .byteRegister1:
            register = 1
            return .byteRegister
        case .register0:
            register = 0
            return .register
        case .register2:
            register = 2
            return .register
        case .segment0, .segment1, .segment2, .segment3, .segment4, .segment5:
            register = form.rawValue &- OperandEncoding.segment0.rawValue
            return .segmentRegister
        case .stack0:
            register = 0
            return .stackRegister
        case .stackRM:
            register = rm
            return .stackRegister
        case .xmm0:
            register = 0
            return .xmmRegister
        case .vectorAddress:
            vectorIndex()
            return .memory
        case .vvvvXMM:
            register = instruction.vvvv
            return .xmmRegister
        case .vvvvGeneral:
            register = instruction.vvvv
            return .register
        default:
            return immediateOrString(form)
        }
    }

    @inline(__always) private mutating func immediateOrString(_ form: OperandEncoding) -> OperandKind? {
        switch form {
        case .imm8:
            let value = byte()
            // The second immediate of ENTER.
            if instruction.kind0 == .immediate {
                instruction.immediate2 = UInt16(truncatingIfNeeded: value)
            } else {
                instruction.immediate = UInt64(truncatingIfNeeded: value)
            }
            return .immediate
        case .imm8Signed:
            instruction.immediate = UInt64(truncatingIfNeeded: Int8(bitPattern: byte()))
            return .immediate
        case .imm16:
            instruction.immediate = UInt64(truncatingIfNeeded: word())
            return .immediate
        case .immZ, .immV:
            switch instruction.operandSize {
            case .byte, .word: instruction.immediate = UInt64(truncatingIfNeeded: word())
            case .doubleword: instruction.immediate = UInt64(truncatingIfNeeded: doubleword())
            case .quadword:
                instruction.immediate =
                    form == .immV ? quadword() : UInt64(truncatingIfNeeded: Int32(bitPattern: doubleword()))
            }
            return .immediate
        case .one:
            return .one
        case .rel8:
            instruction.immediate = UInt64(truncatingIfNeeded: Int8(bitPattern: byte()))
            return .relative
        case .relZ:
            if instruction.operandSize == .word {
                instruction.immediate = UInt64(truncatingIfNeeded: Int16(bitPattern: word()))
            } else {
                instruction.immediate = UInt64(truncatingIfNeeded: Int32(bitPattern: doubleword()))
            }
            return .relative
        case .far:
            instruction.immediate = UInt64(truncatingIfNeeded: instruction.operandSize == .word ? UInt32(word()) : doubleword())
            instruction.immediate2 = word()
            return .farPointer
        case .offset:
            switch instruction.addressSize {
            case .byte, .word: instruction.displacement = Int32(truncatingIfNeeded: word())
            case .doubleword: instruction.displacement = Int32(bitPattern: doubleword())
            case .quadword: instruction.immediate = quadword()
            }
            useSegment(default: .ds)
            return .memory
        case .stringSource:
            useSegment(default: .ds)
            return .stringSource
        case .stringDestination:
            return .stringDestination
        case .implicitMemory:
            useSegment(default: .ds)
            return nil
        default:
            return nil
        }
    }

    // MARK: ModR/M and SIB

    /// SDM Vol. 2A, tables 2-1 to 2-3.
    @inline(__always) mutating func memoryOperand() {
        let mod = instruction.modRM &>> 6
        if instruction.addressSize == .word {
            memory16(mod)
        } else {
            memory32(mod)
        }
    }

    private mutating func memory16(_ mod: UInt8) {
        // Base and index of the eight forms: BX+SI BX+DI BP+SI BP+DI SI DI BP BX.
        var usesStack = false
        switch rm {
        case 0: (instruction.base, instruction.index) = (3, 6)
        case 1: (instruction.base, instruction.index) = (3, 7)
        case 2: (instruction.base, instruction.index, usesStack) = (5, 6, true)
        case 3: (instruction.base, instruction.index, usesStack) = (5, 7, true)
        case 4: instruction.base = 6
        case 5: instruction.base = 7
        case 6:
            if mod == 0 {
                instruction.displacement = Int32(truncatingIfNeeded: word())
            } else {
                (instruction.base, usesStack) = (5, true)
            }
        default: instruction.base = 3
        }
        if mod == 1 { instruction.displacement = Int32(truncatingIfNeeded: Int8(bitPattern: byte())) }
        if mod == 2 { instruction.displacement = Int32(truncatingIfNeeded: Int16(bitPattern: word())) }
        useSegment(default: usesStack ? .ss : .ds)
    }

    /// The index of a vector of addresses is a register without exception, and there is a SIB byte. SDM Vol. 2A, section 2.3.12.
    private mutating func vectorIndex() {
        if rm != 4 || instruction.addressSize == .word { reject() }
        instruction.index = Instruction.noRegister
        instruction.scale = sib &>> 6
        let index = (sib &>> 3) & 7 | rexX
        let destination = reg | rexR
        instruction.immediate2 |= UInt16(truncatingIfNeeded: index) &<< 4
        // Destination, mask and index have to be three registers.
        if index == destination || index == instruction.vvvv || destination == instruction.vvvv { reject() }
    }

    /// The register in the upper half of an immediate; outside 64-bit code there are eight.
    mutating func immediateRegister() {
        let number = byte() &>> 4
        instruction.immediate2 |= UInt16(truncatingIfNeeded: is64 ? number : number & 7) &<< 4
    }

    @inline(__always) private mutating func memory32(_ mod: UInt8) {
        var base = rm
        var hasBase = true
        if rm == 4 {
            sib = byte()
            base = sib & 7
            let index = (sib &>> 3) & 7 | rexX
            if index != 4 {
                instruction.index = index
                instruction.scale = sib &>> 6
            }
            if base == 5 && mod == 0 {
                hasBase = false
                instruction.displacement = Int32(bitPattern: doubleword())
            }
        } else if rm == 5 && mod == 0 {
            hasBase = false
            instruction.displacement = Int32(bitPattern: doubleword())
            if is64 { instruction.base = Instruction.ripRegister }
        }
        if hasBase { instruction.base = base | rexB }
        if mod == 1 { instruction.displacement = Int32(truncatingIfNeeded: Int8(bitPattern: byte())) }
        if mod == 2 { instruction.displacement = Int32(bitPattern: doubleword()) }
        useSegment(default: instruction.base == 4 || instruction.base == 5 ? .ss : .ds)
    }
}
