import X86

/// The eight operations of opcodes 00–3Fh and group 1. SDM Vol. 2D, table A-6.
enum ALU: UInt8 {
    case add = 0
    case or = 1
    case adc = 2
    case sbb = 3
    case and = 4
    case sub = 5
    case xor = 6
    case cmp = 7
}

/// Group 2. SDM Vol. 2D, table A-6.
enum ShiftGroup: UInt8 {
    case rol = 0
    case ror = 1
    case rcl = 2
    case rcr = 3
    case shl = 4
    case shr = 5
    case sar = 7
}

extension Assembler {
    private func wide(_ w: Width) -> UInt32 { w == .byte ? 0 : 1 }

    // MARK: Moves

    mutating func mov(_ destination: HostRegister, _ source: HostRegister, _ w: Width) {
        if destination == source && w != .doubleword { return }
        rr(0x88 | wide(w), source, destination, w)
    }
    mutating func mov(_ destination: HostRegister, immediate value: UInt64, _ w: Width) {
        noteOperand(destination)
        switch w {
        case .byte: rr(0xC6, 0, destination, w, byteReg: false)
        case .word: rr(0xC7, 0, destination, w)
        case .doubleword:
            if destination >= 8 { byte(0x41) }
            byte(0xB8 | destination & 7)
        case .quadword:
            byte(0x48 | destination &>> 3)
            byte(0xB8 | destination & 7)
            return quadword(value)
        }
        immediate(value, w)
    }
    /// The whole register, by the shortest form.
    mutating func mov(_ destination: HostRegister, constant value: UInt64) {
        if value > 0xFFFF_FFFF, let short = Int32(exactly: Int64(bitPattern: value)) {
            rr(0xC7, 0, destination, .quadword)
            doubleword(UInt32(bitPattern: short))
        } else {
            mov(destination, immediate: value, value > 0xFFFF_FFFF ? .quadword : .doubleword)
        }
    }
    mutating func load(_ destination: HostRegister, _ memory: HostOperand, _ w: Width) {
        rm(0x8A | wide(w), destination, memory, w)
    }
    mutating func store(_ memory: HostOperand, _ source: HostRegister, _ w: Width) { rm(0x88 | wide(w), source, memory, w) }
    mutating func store(_ memory: HostOperand, immediate value: UInt64, _ w: Width) {
        rm(0xC6 | wide(w), 0, memory, w, byteReg: false)
        immediate(value, w)
    }
    /// The whole register from a value of width `from`, zero-extended.
    mutating func zeroExtend(_ destination: HostRegister, _ source: HostRegister, from: Width) {
        switch from {
        case .byte: rr(0x0FB6, destination, source, .doubleword, byteRM: true)
        case .word: rr(0x0FB7, destination, source, .doubleword)
        case .doubleword: rr(0x8B, destination, source, .doubleword)
        case .quadword: rr(0x8B, destination, source, .quadword)
        }
    }
    mutating func zeroExtend(_ destination: HostRegister, _ memory: HostOperand, from: Width) {
        switch from {
        case .byte: rm(0x0FB6, destination, memory, .doubleword)
        case .word: rm(0x0FB7, destination, memory, .doubleword)
        case .doubleword: rm(0x8B, destination, memory, .doubleword)
        case .quadword: rm(0x8B, destination, memory, .quadword)
        }
    }
    mutating func signExtend(_ destination: HostRegister, _ source: HostRegister, from: Width, to w: Width) {
        switch from {
        case .byte: rr(0x0FBE, destination, source, w, byteReg: false, byteRM: true)
        case .word: rr(0x0FBF, destination, source, w)
        case .quadword: mov(destination, source, .quadword)
        case .doubleword: rr(0x63, destination, source, .quadword)
        }
    }
    mutating func lea(_ destination: HostRegister, _ memory: HostOperand, _ w: Width) { rm(0x8D, destination, memory, w) }
    mutating func xchg(_ a: HostRegister, _ b: HostRegister, _ w: Width) { rr(0x86 | wide(w), a, b, w) }

    // MARK: Arithmetic

    mutating func alu(_ op: ALU, _ destination: HostRegister, _ source: HostRegister, _ w: Width) {
        rr(UInt32(op.rawValue) &<< 3 | wide(w), source, destination, w)
        changeFlags()
    }
    mutating func alu(_ op: ALU, _ destination: HostRegister, _ memory: HostOperand, _ w: Width) {
        rm(UInt32(op.rawValue) &<< 3 | 2 | wide(w), destination, memory, w)
        changeFlags()
    }
    mutating func alu(_ op: ALU, _ memory: HostOperand, _ source: HostRegister, _ w: Width) {
        rm(UInt32(op.rawValue) &<< 3 | wide(w), source, memory, w)
        changeFlags()
    }
    mutating func alu(_ op: ALU, _ destination: HostRegister, immediate value: UInt64, _ w: Width) {
        let isShort = w != .byte && fitsByte(value, w)
        rr(w == .byte ? 0x80 : isShort ? 0x83 : 0x81, op.rawValue, destination, w, byteReg: false)
        if isShort { byte(UInt8(truncatingIfNeeded: value)) } else { immediate(value, w) }
        changeFlags()
    }
    mutating func alu(_ op: ALU, _ memory: HostOperand, immediate value: UInt64, _ w: Width) {
        let isShort = w != .byte && fitsByte(value, w)
        rm(w == .byte ? 0x80 : isShort ? 0x83 : 0x81, op.rawValue, memory, w, byteReg: false)
        if isShort { byte(UInt8(truncatingIfNeeded: value)) } else { immediate(value, w) }
        changeFlags()
    }
    private func fitsByte(_ value: UInt64, _ w: Width) -> Bool {
        let extended: Int64 =
            switch w {
            case .byte: Int64(Int8(truncatingIfNeeded: value))
            case .word: Int64(Int16(truncatingIfNeeded: value))
            case .doubleword: Int64(Int32(truncatingIfNeeded: value))
            case .quadword: Int64(bitPattern: value)
            }
        return extended >= -128 && extended <= 127
    }
    mutating func test(_ a: HostRegister, _ b: HostRegister, _ w: Width) {
        rr(0x84 | wide(w), b, a, w)
        changeFlags()
    }
    mutating func test(_ a: HostRegister, immediate value: UInt64, _ w: Width) {
        rr(0xF6 | wide(w), 0, a, w, byteReg: false)
        immediate(value, w)
        changeFlags()
    }
    mutating func not(_ a: HostRegister, _ w: Width) { rr(0xF6 | wide(w), 2, a, w, byteReg: false) }
    /// /3 NEG, /4 MUL, /5 IMUL, /6 DIV, /7 IDIV.
    mutating func group3(_ digit: UInt8, _ a: HostRegister, _ w: Width) {
        rr(0xF6 | wide(w), digit, a, w, byteReg: false)
        changeFlags()
    }
    mutating func neg(_ a: HostRegister, _ w: Width) { group3(3, a, w) }
    mutating func inc(_ a: HostRegister, _ w: Width) {
        rr(0xFE | wide(w), 0, a, w, byteReg: false)
        changeFlags()
    }
    mutating func dec(_ a: HostRegister, _ w: Width) {
        rr(0xFE | wide(w), 1, a, w, byteReg: false)
        changeFlags()
    }
    mutating func imul(_ destination: HostRegister, _ source: HostRegister, _ w: Width) {
        rr(0x0FAF, destination, source, w)
        changeFlags()
    }
    mutating func imul(_ destination: HostRegister, _ source: HostOperand, _ w: Width) {
        rm(0x0FAF, destination, source, w)
        changeFlags()
    }
    mutating func imul(_ destination: HostRegister, _ source: HostRegister, immediate value: UInt64, _ w: Width) {
        let isShort = fitsByte(value, w)
        rr(isShort ? 0x6B : 0x69, destination, source, w)
        if isShort { byte(UInt8(truncatingIfNeeded: value)) } else { immediate(value, w) }
        changeFlags()
    }
    mutating func shift(_ op: ShiftGroup, _ a: HostRegister, by count: UInt8, _ w: Width) {
        changeFlags()
        if count == 1 { return rr(0xD0 | wide(w), op.rawValue, a, w, byteReg: false) }
        rr(0xC0 | wide(w), op.rawValue, a, w, byteReg: false)
        byte(count)
    }
    mutating func shiftByCL(_ op: ShiftGroup, _ a: HostRegister, _ w: Width) {
        rr(0xD2 | wide(w), op.rawValue, a, w, byteReg: false)
        changeFlags()
    }
    mutating func shiftDouble(left: Bool, _ a: HostRegister, _ b: HostRegister, by count: UInt8, _ w: Width) {
        rr(left ? 0x0FA4 : 0x0FAC, b, a, w)
        byte(count)
        changeFlags()
    }
    mutating func shiftDoubleByCL(left: Bool, _ a: HostRegister, _ b: HostRegister, _ w: Width) {
        rr(left ? 0x0FA5 : 0x0FAD, b, a, w)
        changeFlags()
    }
    /// BT, BTS, BTR or BTC (0…3).
    mutating func bit(_ number: UInt8, _ a: HostRegister, _ bit: HostRegister, _ w: Width) {
        rr(0x0FA3 + UInt32(number) * 8, bit, a, w)
        changeFlags()
    }
    mutating func bit(_ number: UInt8, _ a: HostRegister, immediate bit: UInt64, _ w: Width) {
        rr(0x0FBA, 4 + number, a, w)
        byte(UInt8(truncatingIfNeeded: bit) & UInt8(truncatingIfNeeded: w.bits - 1))
        changeFlags()
    }
    /// BSF or BSR.
    mutating func scan(reverse: Bool, _ destination: HostRegister, _ source: HostRegister, _ w: Width) {
        rr(reverse ? 0x0FBD : 0x0FBC, destination, source, w)
        changeFlags()
    }
    mutating func compareExchange(_ destination: HostRegister, _ source: HostRegister, _ w: Width) {
        rr(0x0FB1, source, destination, w)
        changeFlags()
    }
    mutating func compareExchange(_ memory: HostOperand, _ source: HostRegister, _ w: Width) {
        rm(0x0FB1, source, memory, w)
        changeFlags()
    }
    mutating func bswap(_ a: HostRegister, _ w: Width) {
        noteOperand(a)
        let rex: UInt8 = (w == .quadword ? 8 : 0) | a &>> 3
        if rex != 0 { byte(0x40 | rex) }
        byte(0x0F)
        byte(0xC8 | a & 7)
    }

    // MARK: Flags

    mutating func lahf() { byte(0x9F) }
    mutating func sahf() {
        byte(0x9E)
        changeFlags()
    }
    mutating func set(_ condition: UInt8, _ a: HostRegister) { rr(0x0F90 | UInt32(condition), 0, a, .byte, byteReg: false) }
    mutating func set(_ condition: UInt8, _ memory: HostOperand) {
        rm(0x0F90 | UInt32(condition), 0, memory, .byte, byteReg: false)
    }
    mutating func cmov(_ condition: UInt8, _ destination: HostRegister, _ source: HostRegister, _ w: Width) {
        rr(0x0F40 | UInt32(condition), destination, source, w)
    }
    mutating func cmov(_ condition: UInt8, _ destination: HostRegister, _ source: HostOperand, _ w: Width) {
        rm(0x0F40 | UInt32(condition), destination, source, w)
    }
    mutating func cmc() {
        byte(0xF5)
        changeFlags()
    }
    mutating func clc() {
        byte(0xF8)
        changeFlags()
    }
    mutating func stc() {
        byte(0xF9)
        changeFlags()
    }
}
