/// Operands in Intel's syntax.
extension IntelSyntax {
    func operand(_ code: OperandCode, _ position: Int, of instruction: Instruction, _ row: Row, at address: UInt64) -> String? {
        switch code.form {
        case .vvvvXMM: return vector(code, instruction.vvvv, instruction)
        case .vvvvGeneral: return RegisterNames.general(instruction.vvvv, code.registerWidth(in: instruction))
        case .immediateXMM: return vector(code, instruction.extra, instruction)
        default: break
        }
        let kind = [instruction.kind0, instruction.kind1, instruction.kind2][position]
        let register = position == 0 ? instruction.register0 : position == 1 ? instruction.register1 : code == .CL ? 1 : 0
        switch kind {
        case .none: return nil
        case .register: return RegisterNames.general(register, code.registerWidth(in: instruction))
        case .byteRegister: return RegisterNames.general(register, .byte)
        case .memory: return memory(code, instruction, row)
        case .immediate: return immediate(code, position, instruction, row)
        case .one: return "1"
        case .relative:
            return printed(instruction.operandSize.truncating(address &+ UInt64(instruction.length) &+ instruction.immediate))
        case .farPointer: return printed(UInt64(instruction.immediate2)) + ":" + printed(instruction.immediate)
        case .segmentRegister: return RegisterNames.segment(register)
        case .controlRegister: return "cr\(register)"
        case .debugRegister: return "dr\(register)"
        case .stackRegister: return "st(\(register))"
        case .mmxRegister: return "mm\(register)"
        case .xmmRegister: return vector(code, register, instruction)
        case .stringSource:
            let segment = instruction.segment == .ds ? "" : "\(instruction.segment):"
            return keyword(code, instruction) + segment + "[" + RegisterNames.general(6, instruction.addressSize) + "]"
        case .stringDestination:
            return keyword(code, instruction) + "es:[" + RegisterNames.general(7, instruction.addressSize) + "]"
        }
    }

    private func vector(_ code: OperandCode, _ number: UInt8, _ instruction: Instruction) -> String {
        (code.vectorBits(in: instruction) == 256 ? "ymm" : "xmm") + "\(number)"
    }

    private func immediate(_ code: OperandCode, _ position: Int, _ instruction: Instruction, _ row: Row) -> String {
        if position > 0 && instruction.kind0 == .immediate { return printed(UInt64(instruction.immediate2)) }
        let value = instruction.immediate
        let isSignExtended = code == .Ibs || code == .Iz && instruction.operandSize == .quadword
        guard isSignExtended else {
            return printed(code == .Iz || code == .Iv ? instruction.operandSize.truncating(value) : value)
        }
        switch row.operation {
        case .and, .or, .xor, .test: return printed(instruction.operandSize.truncating(value))
        default: return printed(signed: Int64(bitPattern: value))
        }
    }

    // MARK: Memory

    private func memory(_ code: OperandCode, _ instruction: Instruction, _ row: Row) -> String {
        let needsSize = spellsOut || !Self.registerShowsSize(of: code, instruction, row)
        let segment = Self.needsSegment(instruction) ? "\(instruction.segment):" : ""
        return (needsSize ? keyword(code, instruction) : "") + segment + "[" + address(code, instruction) + "]"
    }

    private static func needsSegment(_ instruction: Instruction) -> Bool {
        let usesStack = instruction.base == 4 || instruction.base == 5
        return instruction.segment != (usesStack ? .ss : .ds)
    }

    /// Tells whether a register operand has the size of the memory operand, so that no keyword is needed.
    private static func registerShowsSize(of memory: OperandCode, _ instruction: Instruction, _ row: Row) -> Bool {
        guard let size = memory.memorySize(in: instruction) else { return true }
        return row.operands.contains { code in
            switch code {
            case .Gb, .AL: size == 1
            case .Gw, .Gd, .Gv, .Gy, .rAX, .eAX: code.registerWidth(in: instruction).bytes == size
            case .Pq: size == 8
            case .Vdq, .Vx, .Vqq: code.vectorBits(in: instruction) == size * 8
            default: false
            }
        }
    }

    private func keyword(_ code: OperandCode, _ instruction: Instruction) -> String {
        switch code {
        case .Mp:
            // Only jumps and calls need the word: LES and its like have a register operand.
            let loadsSegment = instruction.kind0 == .register
            return loadsSegment ? "" : "far "
        case .Ma, .Ms, .M, .m14byte, .m94byte, .m512byte: return ""
        default: break
        }
        switch code.memorySize(in: instruction) {
        case 1: return "byte ptr "
        case 2: return "word ptr "
        case 4: return "dword ptr "
        case 8: return "qword ptr "
        case 10: return "tbyte ptr "
        case 16: return "xmmword ptr "
        case 32: return "ymmword ptr "
        default: return ""
        }
    }

    private func address(_ code: OperandCode, _ instruction: Instruction) -> String {
        let width = instruction.addressSize
        if code.form == .offset && width == .quadword { return printed(instruction.immediate) }
        var parts: [String] = []
        if instruction.base == Instruction.ripRegister {
            parts.append(width == .quadword ? "rip" : "eip")
        } else if instruction.base != Instruction.noRegister {
            parts.append(RegisterNames.general(instruction.base, width))
        }
        if instruction.index != Instruction.noRegister {
            let factor = instruction.scale == 0 && !parts.isEmpty ? "" : "*\(1 << Int(instruction.scale))"
            parts.append(RegisterNames.general(instruction.index, width) + (width == .word ? "" : factor))
        }
        if code.form == .vectorAddress {
            let name = code == .vm32y || code == .vm64y ? "ymm" : "xmm"
            parts.append("\(name)\(instruction.extra)" + (instruction.scale == 0 ? "" : "*\(1 << Int(instruction.scale))"))
        }
        let displacement = Int64(instruction.displacement)
        if parts.isEmpty { return printed(width.truncating(UInt64(bitPattern: displacement))) }
        let text = parts.joined(separator: "+")
        return displacement == 0 ? text : text + (displacement < 0 ? "" : "+") + printed(signed: displacement)
    }
}

extension OperandCode {
    /// Width of a general register that the operand names.
    func registerWidth(in instruction: Instruction) -> Width {
        switch self {
        case .Eb, .Gb, .Zb, .AL, .CL: return .byte
        case .Ew, .Gw, .AX, .DX: return .word
        case .Ed, .Gd, .RdMb, .RdMw: return .doubleword
        case .Ey, .Gy, .By, .RyMb, .RyMw:
            return instruction.prefixes.contains(.rexW) || instruction.operandSize == .quadword ? .quadword : .doubleword
        default: return instruction.operandSize
        }
    }

    /// Bytes that the operand has in memory; nil where the manual gives no one size.
    func memorySize(in instruction: Instruction) -> Int? {
        let size = instruction.operandSize.bytes
        switch self {
        case .Eb, .Ob, .Mb, .Xb, .Yb, .RyMb, .RdMb, .BBb, .Wb: return 1
        case .Ew, .RvMw, .RyMw, .RdMw, .Mw, .m16int, .Ww: return 2
        case .Ed, .Md, .m32int, .m32fp, .Qd, .Wd: return 4
        case .Ev, .Ov, .Mv, .Xv, .Yv, .Xz, .Yz: return size
        case .Ey, .My: return instruction.prefixes.contains(.rexW) ? 8 : 4
        case .Mq, .m64int, .m64fp, .Qq, .Wq, .BDq: return 8
        case .m80fp, .m80bcd: return 10
        case .Mdq, .Wdq, .BDdq: return 16
        case .Wx, .Mx: return instruction.is256 ? 32 : 16
        case .Wqq, .Mqq: return 32
        case .vm32x, .vm32y, .vm64x, .vm64y: return instruction.hasVEXW ? 8 : 4
        case .Ma: return 2 * size
        case .Mp: return 2 + size
        case .Ms: return size == 8 ? 10 : 6
        case .m14byte: return size == 2 ? 14 : 28
        case .m94byte: return size == 2 ? 94 : 108
        case .m512byte: return 512
        default: return nil
        }
    }
}
