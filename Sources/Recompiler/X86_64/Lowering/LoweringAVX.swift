import Processor
import X86

/// An instruction with a VEX prefix that works on vectors: the host executes the instruction as it is, if it has it, on copies of the registers. SDM Vol. 1,
/// chapter 14; Vol. 2A, section 2.3.
///
/// The rules are those of `SSEForm`. Elements under a mask and gathers, which may fault between elements, are called out for.
struct VEXForm {
    /// A register of the guest in a field of the instruction, which the host's instruction has a register in, too.
    struct Vector {
        let number: UInt8
        /// In the host: by the field.
        let register: HostRegister
        let is256: Bool
    }

    /// ModRM.rm, or for general registers ModRM.reg.
    enum Other {
        case none
        /// The source, so many bytes.
        case load(Int)
        case store(Int)
        case fromGeneral(UInt8)
        /// To the general register, which is in ModRM.reg or in ModRM.rm.
        case toGeneral(UInt8, isReg: Bool)
    }

    let opcode: VEXOpcode
    private(set) var sources: [Vector] = []
    private(set) var result: Vector?
    private(set) var other = Other.none
    /// The general register beside memory: CVTSS2SI and its like.
    private(set) var loadsIntoGeneral: UInt8?
    private(set) var immediate: UInt8?
    /// Registers of the host in the fields that are registers.
    private(set) var hasVVVV = false
    private(set) var rmRegister: HostRegister?
    let digit: UInt8?
    let setsFlags: Bool
    let usesMXCSR: Bool
    /// A misaligned operand is #GP(0).
    let isAligned: Bool

    private enum Field {
        static let reg: HostRegister = 0
        static let vvvv: HostRegister = 1
        static let rm: HostRegister = 2
        static let extra: HostRegister = 3
    }

    /// Nil for what the interpreter does, on a host that has `features`.
    init?(_ i: Instruction, _ features: FeatureSet) {
        guard i.isVEX, i.operation.isPacked else { return nil }
        let row = Table.rows[Int(i.row)]
        guard features.contains(row.feature), VEXForm.isDone(i.operation, features) else { return nil }
        let number = VEXForm.key(row)
        let isGeneral = row.operands.contains { [.Gd, .Gy, .Ey, .Ed, .RdMb, .RdMw].contains($0) }
        opcode = VEXOpcode(
            map: VEXForm.map(row.map), prefix: VEXForm.prefix(row.prefix), opcode: i.opcode,
            isWide: isGeneral ? i.prefixes.contains(.rexW) : i.hasVEXW,
            is256: i.is256 && row.operands.contains { [.Vx, .Ux, .Wx, .Hx, .Mx, .Vqq, .Wqq, .Hqq, .Mqq].contains($0) })
        digit = row.digit
        switch number {
        case 0x0F2E, 0x0F2F, 0x0F_3817, 0x0F_380E, 0x0F_380F: setsFlags = true
        default: setsFlags = false
        }
        switch number {
        case 0x0F2A, 0x0F2C...0x0F2F, 0x0F51, 0x0F58...0x0F5F, 0x0F7C, 0x0F7D, 0x0FC2, 0x0FD0, 0x0FE6, 0x0F_3813,
            0x0F_3896...0x0F_38BF,
            0x0F_3A08...0x0F_3A0B, 0x0F_3A1D:
            usesMXCSR = true
        default: usesMXCSR = false
        }
        switch i.operation {
        case .movaps, .movapd, .movdqa, .movntps, .movntpd, .movntdq, .movntdqa: isAligned = true
        default: isAligned = false
        }
        for (position, operand) in row.operands.enumerated() {
            guard place(operand, position, i) else { return nil }
        }
        if row.feature == .FMA, let result { sources.append(result) }
    }

    private static func isDone(_ operation: Operation, _ features: FeatureSet) -> Bool {
        switch operation {
        case .rcpps, .rcpss, .rsqrtps, .rsqrtss, .maskmovdqu, .dpps, .dppd, .pcmpestrm, .pcmpestri, .pcmpistrm, .pcmpistri,
            .ldmxcsr,
            .stmxcsr, .vmaskmovps, .vmaskmovpd, .vpmaskmovd, .vpmaskmovq, .vpgatherdd, .vpgatherdq, .vpgatherqd, .vpgatherqq,
            .vgatherdps, .vgatherdpd, .vgatherqps, .vgatherqpd, .vzeroall, .vzeroupper:
            false
        case .aesenc, .aesenclast, .aesdec, .aesdeclast, .aesimc, .aeskeygenassist: features.contains(.AES)
        case .pclmulqdq: features.contains(.PCLMULQDQ)
        default: true
        }
    }

    /// The opcode with its escape bytes.
    private static func key(_ row: Row) -> UInt32 { row.map.escapeBits | UInt32(row.opcode) }

    private static func map(_ map: OpcodeMap) -> UInt8 { map == .vex0F ? 1 : map == .vex0F38 ? 2 : 3 }

    private static func prefix(_ prefix: MandatoryPrefix) -> UInt8 {
        prefix.contains(.p66) ? 1 : prefix.contains(.pF3) ? 2 : prefix.contains(.pF2) ? 3 : 0
    }

    /// Notes an operand. False for one that is not known here.
    private mutating func place(_ operand: OperandCode, _ position: Int, _ i: Instruction) -> Bool {
        let is256: Bool
        switch operand {
        case .Vx, .Ux, .Wx, .Hx, .Lx, .Mx: is256 = i.is256
        case .Vqq, .Wqq, .Hqq, .Mqq: is256 = true
        default: is256 = false
        }
        let number = position == 0 ? i.register0 : i.register1
        switch operand {
        case .Vdq, .Vx, .Vqq: add(Vector(number: number, register: Field.reg, is256: is256), position)
        case .Hdq, .Hx, .Hqq:
            hasVVVV = true
            add(Vector(number: position == 0 ? number : i.vvvv, register: Field.vvvv, is256: is256), position)
        case .Lx:
            immediate = Field.extra << 4
            add(Vector(number: i.extra, register: Field.extra, is256: is256), position)
        case .Ib: immediate = UInt8(truncatingIfNeeded: i.immediate)
        case .Gd, .Gy:
            guard position == 0 else { return false }
            if i.kind1 == .memory { loadsIntoGeneral = number } else { other = .toGeneral(number, isReg: true) }
        default: return placeRM(operand, position, i, is256: is256)
        }
        return true
    }

    /// Notes the operand of ModRM.rm.
    private mutating func placeRM(_ operand: OperandCode, _ position: Int, _ i: Instruction, is256: Bool) -> Bool {
        let kind = position == 0 ? i.kind0 : i.kind1
        let number = position == 0 ? i.register0 : i.register1
        switch kind {
        case .memory:
            guard let size = VEXForm.bytes(operand, i) else { return false }
            other = position == 0 ? .store(size) : .load(size)
        case .xmmRegister:
            rmRegister = Field.rm
            add(Vector(number: number, register: Field.rm, is256: is256), position)
        case .register: other = position == 0 ? .toGeneral(number, isReg: false) : .fromGeneral(number)
        default: return false
        }
        return true
    }

    private mutating func add(_ vector: Vector, _ position: Int) {
        if position == 0 && !setsFlags { result = vector } else { sources.append(vector) }
    }

    private static func bytes(_ operand: OperandCode, _ i: Instruction) -> Int? {
        switch operand {
        case .Wx, .Mx: i.is256 ? 32 : 16
        case .Wqq, .Mqq: 32
        case .Wdq, .Mdq: 16
        case .Wq, .Mq: 8
        case .Ey: i.prefixes.contains(.rexW) ? 8 : 4
        case .Wd, .Md, .Ed: 4
        case .Ww, .RdMw, .RyMw: 2
        case .Wb, .RdMb, .RyMb: 1
        default: nil
        }
    }
}

extension Lowering {
    /// False when it has to be called out for.
    mutating func lowerAVX() -> Bool {
        let i = instruction
        guard i.isVEX, backend.host.features.contains(.AVX) else { return false }
        let index = range.lowerBound
        if i.operation == .vzeroupper {
            prepareAVX(at: index)
            clearUpperHalves()
            return true
        }
        guard let form = VEXForm(i, backend.host.features), !form.usesMXCSR || region.usesMXCSR else { return false }
        prepareAVX(at: index)
        switch form.other {
        case .none: operate(form)
        case .load(let size):
            // The access uses all temporary registers: a general destination is made when it is over.
            let general = form.loadsIntoGeneral.map { _ in protectedGeneral(at: index) }
            let memory = vectorAccess(NativeSite.read, size, form, at: index)
            operate(form, memory, reg: general)
            if let general { keep(general, in: i.register0) }
        case .store(let size):
            let memory = vectorAccess(NativeSite.write, size, form, at: index)
            operate(form, memory)
        case .fromGeneral(let number): operate(form, rm: general(number, in: HostMap.value))
        case .toGeneral(_, let isReg):
            let general = protectedGeneral(at: index)
            if isReg { operate(form, reg: general) } else { operate(form, rm: general) }
            keep(general, in: i.register0)
        }
        if form.setsFlags { takeComparison() }
        return true
    }

    /// The instruction between what it reads and what it writes. `reg` and `rm`: general registers of the host in these fields.
    private mutating func operate(_ form: VEXForm, _ memory: HostOperand? = nil, reg: HostRegister? = nil, rm: HostRegister? = nil)
    {
        for source in form.sources { fetch(source) }
        let vvvv: HostRegister? = form.hasVVVV ? 1 : nil
        let field = form.digit ?? reg ?? 0
        if let memory {
            asm.vex(unaligned(form), field, vvvv, memory)
        } else {
            asm.vex(form.opcode, field, vvvv, rm ?? form.rmRegister ?? 0)
        }
        if let immediate = form.immediate { asm.byte(immediate) }
        guard let result = form.result else { return }
        asm.storeVector(HostMap.core(CoreOffset.xmm(result.number)), result.register)
        // The half of the host's register is zero where the instruction has but 128 bits.
        asm.storeUpperHalf(HostMap.core(CoreOffset.upperHalf(result.number)), result.register)
    }

    /// That the guest's operand is aligned has been looked at.
    private func unaligned(_ form: VEXForm) -> VEXOpcode {
        guard form.isAligned else { return form.opcode }
        var isStore = false
        if case .store = form.other { isStore = true }
        return VEXOpcode(map: 1, prefix: 0, opcode: isStore ? 0x11 : 0x10, is256: form.opcode.is256)
    }

    private mutating func fetch(_ vector: VEXForm.Vector) {
        asm.loadVector(vector.register, HostMap.core(CoreOffset.xmm(vector.number)))
        if vector.is256 { asm.loadUpperHalf(vector.register, HostMap.core(CoreOffset.upperHalf(vector.number))) }
    }

    private mutating func clearUpperHalves() {
        asm.clearVector(0)
        for number in 0..<(isCode64 ? 16 : 8) as Range<UInt8> { asm.storeVector(HostMap.core(CoreOffset.upperHalf(number)), 0) }
    }

    private mutating func vectorAccess(_ access: UInt32, _ size: Int, _ form: VEXForm, at index: Int) -> HostOperand {
        prepareFlags(at: index)
        effectiveAddress(into: HostMap.linear)
        addSegment(instruction.segment.rawValue, size, writes: access == NativeSite.write, at: index)
        if form.isAligned {
            let misaligned = asm.makeLabel()
            asm.test(HostMap.linear, immediate: UInt64(size - 1), .doubleword)
            asm.jump(if: HostCondition.notEqual, misaligned)
            addCold(misaligned, .interpret(site: site(NativeSite.never, size), flags: flags, pointers: nil))
        }
        return probe(access, size, at: index)
    }

    private mutating func prepareAVX(at index: Int) {
        flushX87Pointers()
        if !hasCheckedAVX { checkAVX(at: index) }
    }

    /// CR0.PE and TS, EFLAGS.VM, CR4.OSXSAVE and XCR0, once a block: what changes them ends blocks. SDM Vol. 1, section 14.3.
    private mutating func checkAVX(at index: Int) {
        prepareFlags(at: index)
        hasCheckedAVX = true
        let refused = asm.makeLabel()
        func require(_ offset: Int, _ bits: UInt64, _ value: UInt64) {
            asm.load(HostMap.scratch, HostMap.core(offset), .doubleword)
            asm.alu(.and, HostMap.scratch, immediate: bits, .doubleword)
            asm.alu(.cmp, HostMap.scratch, immediate: value, .doubleword)
            asm.jump(if: HostCondition.notEqual, refused)
        }
        require(CoreOffset.cr0, UInt64(CR0([.PE, .TS]).rawValue), UInt64(CR0.PE.rawValue))
        require(CoreOffset.cr4, UInt64(CR4.OSXSAVE.rawValue), UInt64(CR4.OSXSAVE.rawValue))
        require(CoreOffset.xcr0, XCR0([.SSE, .AVX]).rawValue, XCR0([.SSE, .AVX]).rawValue)
        if !isCode64 { require(CoreOffset.eflags, UInt64(EFLAGS.VM.rawValue), 0) }
        addCold(refused, .interpret(site: site(NativeSite.never, 0), flags: flags, pointers: nil))
    }
}
