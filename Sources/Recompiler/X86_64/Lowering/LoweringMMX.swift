import Processor
import X86

/// MMX: while a region that uses it runs, the guest's FPU is in the host's, and with it the MMX registers; the host executes the instruction as it
/// is. SDM Vol. 1, chapter 9.
///
/// The form of an MMX instruction. What uses XMM registers as well, and MASKMOVQ with its implied address, is called out for.
struct MMXForm {
    enum Kind {
        /// On MMX registers alone, or EMMS.
        case registers
        case load(Int)
        case store(Int)
        /// From a general register, in ModRM.rm.
        case fromGeneral
        /// To the general register in ModRM.reg, or in ModRM.rm.
        case toGeneral(isReg: Bool)
    }

    let kind: Kind
    /// With its escape bytes.
    let opcode: UInt32
    let hasImmediate: Bool

    /// Nil for what the interpreter does, on a host that has `features`.
    init?(_ i: Instruction, _ features: FeatureSet) {
        let row = Table.rows[Int(i.row)]
        let operands = [row.operand0, row.operand1]
        guard i.operation.isPacked, features.contains(row.feature), i.operation != .maskmovq,
            row.prefix.isDisjoint(with: [.p66, .pF2, .pF3]),
            i.operation == .emms || operands.contains(where: { [.Pq, .Nq, .Qq].contains($0) }), !operands.contains(.Vdq)
        else { return nil }
        guard let kind = MMXForm.kind(i, row) else { return nil }
        self.kind = kind
        opcode = row.map.escapeBits | UInt32(i.opcode)
        hasImmediate = i.kind1 == .immediate || i.kind2 == .immediate
    }

    private static func kind(_ i: Instruction, _ row: Row) -> Kind? {
        switch (i.kind0, i.kind1) {
        case (.none, _), (.mmxRegister, .mmxRegister), (.mmxRegister, .immediate): return .registers
        case (.mmxRegister, .memory): return bytes(row.operand1, i).map { .load($0) }
        case (.memory, .mmxRegister): return bytes(row.operand0, i).map { .store($0) }
        case (.mmxRegister, .register): return .fromGeneral
        case (.register, .mmxRegister): return .toGeneral(isReg: row.operand0 == .Gd)
        default: return nil
        }
    }

    private static func bytes(_ operand: OperandCode, _ i: Instruction) -> Int? {
        switch operand {
        case .Qq, .Mq: 8
        case .Ey: i.prefixes.contains(.rexW) ? 8 : 4
        case .Qd: 4
        case .RdMw: 2
        default: nil
        }
    }
}

extension Lowering {
    /// False when it has to be called out for.
    mutating func lowerMMX() -> Bool {
        let i = instruction
        guard let form = MMXForm(i, backend.host.features) else { return false }
        let index = range.lowerBound
        switch form.kind {
        case .registers:
            // ModRM as it is; EMMS has none.
            asm.opcode(form.opcode)
            if i.operation != .emms { asm.byte(i.modRM) }
        case .load(let size):
            guard let memory = x87Access(NativeSite.read, size, at: index) else { return false }
            asm.rm(form.opcode, i.register0, memory, i.prefixes.contains(.rexW) ? .quadword : .doubleword)
        case .store(let size):
            guard let memory = x87Access(NativeSite.write, size, at: index) else { return false }
            asm.rm(form.opcode, i.register1, memory, i.prefixes.contains(.rexW) ? .quadword : .doubleword)
        case .fromGeneral where isCode64, .toGeneral where isCode64: return false
        case .fromGeneral:
            asm.rr(form.opcode, i.register0, HostMap.register(i.register1), .doubleword)
        case .toGeneral(let isReg):
            let general = HostMap.register(i.register0)
            protect(general, at: index)
            asm.rr(form.opcode, isReg ? general : i.register1, isReg ? i.register1 : general, .doubleword)
        }
        if form.hasImmediate { asm.byte(UInt8(truncatingIfNeeded: i.immediate)) }
        return true
    }
}

extension OpcodeMap {
    /// The bytes before the opcode, above it.
    var escapeBits: UInt32 { escape.reduce(0) { $0 << 8 | UInt32($1) } << 8 }
}
