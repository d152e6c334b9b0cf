import Processor
import X86

/// SSE up to SSE4.2: the host executes the instruction as it is, if it has it, on copies of the registers. SDM Vol. 1, chapters 10 to 12.
///
/// Instructions that look at MXCSR need all its exceptions masked; a region with them runs with the guest's MXCSR. Not executed by the
/// host: approximations and dot products, which differ between processors; what uses MMX registers as well; implied registers.
struct SSEForm {
    enum Kind {
        /// The destination is in ModRM.reg, or in ModRM.rm.
        case registers(isReversed: Bool)
        /// The source is in memory, so many bytes.
        case load(Int)
        /// A source in memory of an instruction that has no form with two registers.
        case loadAlone(Int)
        case store(Int)
        /// From a general register.
        case fromGeneral
        /// To the general register in ModRM.reg, or in ModRM.rm.
        case toGeneral(isReg: Bool)
        case loadToGeneral(Int)
        /// A shift by an immediate.
        case shift
    }

    let kind: Kind
    /// With its escape bytes.
    let opcode: UInt32
    let prefix: UInt8
    let hasImmediate: Bool
    /// Results go into EFLAGS.
    let setsFlags: Bool
    let usesMXCSR: Bool
    /// A misaligned operand is #GP(0).
    let isAligned: Bool
    /// The old value of the destination does not matter.
    let overwrites: Bool
    /// Of a general register, or of an operand in memory that could be one.
    let width: Width

    /// Nil for what the interpreter does, on a host that has `features`.
    init?(_ i: Instruction, _ features: FeatureSet) {
        let row = Table.rows[Int(i.row)]
        guard i.operation.isPacked, !i.isVEX, row.feature != .MMX, features.contains(row.feature) else { return nil }
        switch i.operation {
        case .rcpps, .rcpss, .rsqrtps, .rsqrtss, .maskmovdqu, .dpps, .dppd, .pcmpestrm, .pcmpestri, .pcmpistrm, .pcmpistri:
            return nil
        default: break
        }
        guard let kind = SSEForm.kind(i, row) else { return nil }
        self.kind = kind
        opcode = row.map.escapeBits | UInt32(i.opcode)
        prefix = row.prefix.contains(.pF3) ? 0xF3 : row.prefix.contains(.pF2) ? 0xF2 : row.prefix.contains(.p66) ? 0x66 : 0
        width = i.prefixes.contains(.rexW) ? .quadword : .doubleword
        hasImmediate = i.kind2 == .immediate || i.kind1 == .immediate
        switch opcode {
        case 0x0F2E, 0x0F2F, 0x0F_3817: setsFlags = true
        default: setsFlags = false
        }
        switch opcode {
        case 0x0F2A, 0x0F2C...0x0F2F, 0x0F51, 0x0F58...0x0F5F, 0x0F7C, 0x0F7D, 0x0FC2, 0x0FD0, 0x0FE6, 0x0F_3A08...0x0F_3A0B:
            usesMXCSR = true
        default: usesMXCSR = false
        }
        switch i.operation {
        case .movups, .movupd, .movdqu, .lddqu:
            isAligned = false
            overwrites = true
        case .movaps, .movapd, .movdqa, .movd, .movq, .pshufd, .movntdqa:
            isAligned = true
            overwrites = true
        default:
            isAligned = true
            overwrites = false
        }
    }

    private static func kind(_ i: Instruction, _ row: Row) -> Kind? {
        guard i.kind2 == .none || i.kind2 == .immediate else { return nil }
        switch (i.kind0, i.kind1) {
        case (.xmmRegister, .xmmRegister): return .registers(isReversed: row.operand1 == .Vdq)
        case (.xmmRegister, .memory):
            return bytes(row.operand1, i).map { row.operand1 == .Mdq ? .loadAlone($0) : .load($0) }
        case (.memory, .xmmRegister): return bytes(row.operand0, i).map { .store($0) }
        case (.xmmRegister, .register): return .fromGeneral
        case (.register, .xmmRegister): return .toGeneral(isReg: row.operand0 == .Gd || row.operand0 == .Gy)
        case (.register, .memory): return bytes(row.operand1, i).map { .loadToGeneral($0) }
        case (.xmmRegister, .immediate): return .shift
        default: return nil
        }
    }

    private static func bytes(_ operand: OperandCode, _ i: Instruction) -> Int? {
        switch operand {
        case .Wdq, .Mdq: 16
        case .Wq, .Mq: 8
        case .Ey: i.prefixes.contains(.rexW) ? 8 : 4
        case .Wd, .Ed: 4
        case .Ww, .RdMw, .RyMw: 2
        case .RdMb, .RyMb: 1
        default: nil
        }
    }
}

extension Lowering {
    private var destination: HostRegister { 0 }
    private var source: HostRegister { 1 }

    /// False when it has to be called out for.
    mutating func lowerSSE() -> Bool {
        let i = instruction
        guard let form = SSEForm(i, backend.host.features), !form.usesMXCSR || region.usesMXCSR else { return false }
        let index = range.lowerBound
        flushX87Pointers()
        if !hasCheckedSSE { checkSSE(at: index) }
        switch form.kind {
        case .registers(let isReversed):
            fetch(i.register1, into: source)
            operate(form, isReversed ? source : destination, isReversed ? destination : source)
        case .load(let size):
            let memory = sseAccess(NativeSite.read, size, form, at: index)
            if size == 16 {
                asm.rm(0x0F10, source, memory, .doubleword)
                operate(form, destination, source)
            } else {
                operate(form) { asm, op in asm.rm(op, 0, memory, form.width, mandatory: form.prefix) }
            }
        case .loadAlone(let size):
            let memory = sseAccess(NativeSite.read, size, form, at: index)
            operate(form) { asm, op in asm.rm(op, 0, memory, .doubleword, mandatory: form.prefix) }
        case .store(let size):
            let memory = sseAccess(NativeSite.write, size, form, at: index)
            fetch(i.register1, into: source)
            asm.rm(form.opcode, source, memory, form.width, mandatory: form.prefix)
            immediate(form)
        case .fromGeneral:
            let general = general(i.register1, in: HostMap.value)
            operate(form) { asm, op in asm.rr(op, 0, general, form.width, mandatory: form.prefix) }
        case .toGeneral(let isReg):
            let general = protectedGeneral(at: index)
            fetch(i.register1, into: source)
            asm.rr(form.opcode, isReg ? general : source, isReg ? source : general, form.width, mandatory: form.prefix)
            immediate(form)
            keep(general, in: i.register0)
        case .loadToGeneral(let size):
            let general = protectedGeneral(at: index)
            let memory = sseAccess(NativeSite.read, size, form, at: index)
            asm.rm(form.opcode, general, memory, form.width, mandatory: form.prefix)
            keep(general, in: i.register0)
        case .shift:
            fetch(i.register0, into: destination)
            asm.rr(form.opcode, i.digit, destination, .doubleword, mandatory: form.prefix)
            immediate(form)
            keep()
        }
        if form.setsFlags { takeComparison() }
        return true
    }

    /// Tells where a result for general register 0 of the instruction is made.
    mutating func protectedGeneral(at index: Int) -> HostRegister {
        let number = instruction.register0
        guard let host = plan.host(number) else {
            protect(extended: number, at: index)
            return HostMap.value
        }
        protect(host, at: index)
        return host
    }

    private mutating func immediate(_ form: SSEForm) {
        if form.hasImmediate { asm.byte(UInt8(truncatingIfNeeded: instruction.immediate)) }
    }

    private mutating func operate(_ form: SSEForm, _ destination: HostRegister, _ source: HostRegister) {
        operate(form) { asm, op in asm.rr(op, destination, source, .doubleword, mandatory: form.prefix) }
    }

    /// The operation on the destination in XMM0, which is kept if it is a result.
    private mutating func operate(_ form: SSEForm, _ emit: (inout Assembler, UInt32) -> Void) {
        if !form.overwrites { fetch(instruction.register0, into: destination) }
        emit(&asm, form.opcode)
        immediate(form)
        if !form.setsFlags { keep() }
    }

    /// A register of the guest into one of the host.
    private mutating func fetch(_ number: UInt8, into register: HostRegister) {
        asm.rm(0x0F10, register, HostMap.core(CoreOffset.xmm(number)), .doubleword)
    }

    private mutating func keep() {
        asm.rm(0x0F11, destination, HostMap.core(CoreOffset.xmm(instruction.register0)), .doubleword)
    }

    private mutating func sseAccess(_ access: UInt32, _ size: Int, _ form: SSEForm, at index: Int) -> HostOperand {
        prepareFlags(at: index)
        effectiveAddress(into: HostMap.linear)
        addSegment(instruction.segment.rawValue, size, writes: access == NativeSite.write, at: index)
        if size == 16 && form.isAligned {
            let misaligned = asm.makeLabel()
            asm.test(HostMap.linear, immediate: 15, .doubleword)
            asm.jump(if: HostCondition.notEqual, misaligned)
            addCold(misaligned, .interpret(site: site(NativeSite.never, size), flags: flags, pointers: nil))
        }
        return probe(access, size, at: index)
    }

    /// CR0.EM, CR0.TS and CR4.OSFXSR, once a block: what changes them ends blocks.
    private mutating func checkSSE(at index: Int) {
        prepareFlags(at: index)
        hasCheckedSSE = true
        let refused = asm.makeLabel()
        asm.load(HostMap.scratch, HostMap.core(CoreOffset.cr0), .doubleword)
        asm.test(HostMap.scratch, immediate: UInt64(CR0([.EM, .TS]).rawValue), .doubleword)
        asm.jump(if: HostCondition.notEqual, refused)
        asm.load(HostMap.scratch, HostMap.core(CoreOffset.cr4), .doubleword)
        asm.test(HostMap.scratch, immediate: UInt64(CR4.OSFXSR.rawValue), .doubleword)
        asm.jump(if: HostCondition.equal, refused)
        addCold(refused, .interpret(site: site(NativeSite.never, 0), flags: flags, pointers: nil))
    }

    // MARK: MXCSR

    /// Stores MXCSR (LDMXCSR and STMXCSR are 0F AE /2 and /3).
    mutating func saveMXCSR() {
        guard region.usesMXCSR else { return }
        asm.rm(0x0FAE, 3, HostMap.core(CoreOffset.mxcsr), .doubleword)
        asm.rm(0x0FAE, 2, HostMap.core(CoreOffset.hostMXCSR), .doubleword)
    }

    mutating func loadMXCSR() {
        if region.usesMXCSR { asm.rm(0x0FAE, 2, HostMap.core(CoreOffset.mxcsr), .doubleword) }
    }

    /// Tells whether every exception is masked. Uses `scratch`.
    mutating func checkMXCSR(orTo refused: Assembler.Label) {
        guard region.usesMXCSR else { return }
        asm.load(HostMap.scratch, HostMap.core(CoreOffset.mxcsr), .doubleword)
        asm.alu(.and, HostMap.scratch, immediate: UInt64(MXCSR.masks.rawValue), .doubleword)
        asm.alu(.cmp, HostMap.scratch, immediate: UInt64(MXCSR.masks.rawValue), .doubleword)
        asm.jump(if: HostCondition.notEqual, refused)
    }
}
