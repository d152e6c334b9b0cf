import X86

/// Loading segment registers, and the instructions that look at descriptors. SDM Vol. 3A, sections 5.4 to 5.10.
extension CPU {
    /// Loads a segment register as real mode and virtual-8086 mode do. Limits stay in real mode ("unreal mode").
    func loadParagraph(_ name: SegmentRegisterName, _ selector: UInt16) {
        let register = core.segment(name)
        if isVirtual8086 {
            register.pointee = .realMode(selector, attributes: 0xF3)
        } else {
            register.pointee.selector = selector
            register.pointee.base = UInt64(selector) &<< 4
            if name == .cs {
                register.pointee.attributes = register.pointee.attributes & 0xF000 | 0x9B
            } else {
                register.pointee.attributes = register.pointee.attributes & 0xF000 | 0x93
            }
        }
    }

    /// Goes to a place in real mode or virtual-8086 mode. Of what hangs on the segment registers only CS has changed.
    func loadCodeParagraph(_ selector: UInt16, _ offset: UInt64) {
        loadParagraph(.cs, selector)
        core.pointee.state.rip = offset
        updateCode()
    }

    /// MOV Sreg, POP Sreg, LDS and so on. CS cannot be loaded this way.
    func loadSegment(_ name: SegmentRegisterName, _ rawSelector: UInt16) throws(Fault) {
        defer { updateSegment(name) }
        if usesParagraphs { return loadParagraph(name, rawSelector) }
        core.segment(name).pointee =
            name == .ss
            ? try stackSegment(rawSelector, level: core.pointee.state.cpl, is64Bit: is64Bit)
            : try checkedDataSegment(rawSelector)
    }

    /// SS of code at a level, which is 64-bit code or not.
    func stackSegment(_ rawSelector: UInt16, level: UInt8, is64Bit: Bool) throws(Fault) -> SegmentRegister {
        let selector = Selector(rawSelector)
        guard !selector.isNull else {
            // 64-bit code needs no stack segment, but in ring 3.
            guard is64Bit, level < 3, selector.RPL == level else { throw Fault.GP(0) }
            return .null(rawSelector)
        }
        let fault = Fault.GP(selector.errorCode)
        var descriptor = try descriptor(selector, orFault: fault)
        guard selector.RPL == level, descriptor.DPL == level, descriptor.isWritableData else { throw fault }
        guard descriptor.isPresent else { throw Fault.SS(selector.errorCode) }
        try setAccessed(&descriptor)
        return descriptor.segmentRegister(selector: rawSelector)
    }

    private func checkedDataSegment(_ rawSelector: UInt16) throws(Fault) -> SegmentRegister {
        let selector = Selector(rawSelector)
        guard !selector.isNull else { return .null(rawSelector) }
        let fault = Fault.GP(selector.errorCode)
        var descriptor = try descriptor(selector, orFault: fault)
        guard descriptor.isReadable else { throw fault }
        if !descriptor.isConforming {
            guard descriptor.DPL >= max(core.pointee.state.cpl, selector.RPL) else { throw fault }
        }
        guard descriptor.isPresent else { throw Fault.NP(selector.errorCode) }
        try setAccessed(&descriptor)
        return descriptor.segmentRegister(selector: rawSelector)
    }

    // MARK: Instructions

    /// MOV Sreg, r/m16 and POP Sreg into SS keep interrupts away from the next instruction. SDM Vol. 3A, section 6.8.3.
    func movToSegment(_ r: Execute<AnyForm>) throws(Fault) {
        let name = SegmentRegisterName(rawValue: r.instruction.register0).unsafelyUnwrapped
        try loadSegment(name, UInt16(truncatingIfNeeded: try r.operand1(Word.self)))
        if name == .ss { beginStackShadow() }
    }

    func beginStackShadow() {
        if previousShadow != .stackSegment { core.pointee.state.shadow = .stackSegment }
    }

    /// MOV r/m16, Sreg. A register is written whole, memory gets 16 bits.
    func movFromSegment(_ r: Execute<AnyForm>) throws(Fault) {
        let name = SegmentRegisterName(rawValue: r.instruction.register1).unsafelyUnwrapped
        try setSelectorResult(r, core.segment(name).pointee.selector)
    }

    /// The destination of SLDT, STR, MOV r/m16, Sreg: zero-extended in a 32-bit register.
    func setSelectorResult(_ r: Execute<AnyForm>, _ value: UInt16) throws(Fault) {
        if r.instruction.kind0 == .memory || r.instruction.operandSize == .word {
            try r.setOperand0(UInt64(value), Word.self)
        } else {
            try r.setOperand0(UInt64(value), Doubleword.self)
        }
    }

    /// LDS, LES, LFS, LGS, LSS — SDM Vol. 2A, "LDS/LES/LFS/LGS/LSS".
    func loadFarPointer<W: OperandWidth>(_ r: Execute<AnyForm>, _ name: SegmentRegisterName, _ w: W.Type) throws(Fault) {
        let (offset, selector) = try farPointer(r, w)
        try loadSegment(name, selector)
        core.setRegister(r.instruction.register0, offset, w)
    }

    /// m16:16 or m16:32 of the memory operand.
    func farPointer<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) -> (offset: UInt64, selector: UInt16) {
        let segment = r.instruction.segment
        let address = r.effectiveAddress()
        let offset = try r.load(segment, address, w)
        let selector = try r.load(segment, r.addressSum(address, W.bytes), Word.self)
        return (offset, UInt16(truncatingIfNeeded: selector))
    }

    /// ARPL — SDM Vol. 2A.
    func arpl(_ r: Execute<AnyForm>) throws(Fault) {
        guard !usesParagraphs else { throw Fault.UD }
        let old = try r.operand0(Word.self)
        let wanted = try r.operand1(Word.self) & 3
        var flags = core.pointee.lazy.eflags
        if old & 3 < wanted {
            try r.setOperand0(old & ~3 | wanted, Word.self)
            flags.insert(.ZF)
        } else {
            flags.remove(.ZF)
        }
        core.pointee.lazy = LazyFlags(flags)
    }

    /// LAR and LSL — SDM Vol. 2A. ZF tells whether the destination was written.
    func loadAccessRightsOrLimit<W: OperandWidth>(_ r: Execute<AnyForm>, isLimit: Bool, _ w: W.Type) throws(Fault) {
        guard !usesParagraphs else { throw Fault.UD }
        let selector = Selector(UInt16(truncatingIfNeeded: try r.operand1(Word.self)))
        let found = selector.isNull ? nil : try wholeDescriptor(selector)
        guard let descriptor = found, isVisible(descriptor, selector, toLimit: isLimit) else { return setZF(false) }
        let value = isLimit ? UInt64(descriptor.limit) : (descriptor.raw &>> 32) & 0xFF_FF00
        core.setRegister(r.instruction.register0, value, w)
        setZF(true)
    }

    /// Types and privilege of LAR (all but some gates) and LSL (segments with a limit). SDM Vol. 2A, tables of LAR and LSL.
    private func isVisible(_ descriptor: Descriptor, _ selector: Selector, toLimit: Bool) -> Bool {
        if let type = descriptor.systemType {
            switch type {
            case .LDT, .availableTSS32, .busyTSS32: break
            case .callGate32: if toLimit { return false }
            case .availableTSS16, .busyTSS16: if isIA32e { return false }
            case .callGate16, .taskGate: if toLimit || isIA32e { return false }
            default: return false
            }
        } else if !descriptor.isCodeOrData {
            return false
        }
        return descriptor.isConforming || descriptor.DPL >= max(core.pointee.state.cpl, selector.RPL)
    }

    /// VERR and VERW — SDM Vol. 2B.
    func verify(_ r: Execute<AnyForm>, forWrite: Bool) throws(Fault) {
        guard !usesParagraphs else { throw Fault.UD }
        let selector = Selector(UInt16(truncatingIfNeeded: try r.operand0(Word.self)))
        let found = selector.isNull ? nil : try descriptor(selector)
        guard let descriptor = found else { return setZF(false) }
        let isAllowed = forWrite ? descriptor.isWritableData : descriptor.isReadable
        let isVisible =
            (!forWrite && descriptor.isConforming) || descriptor.DPL >= max(core.pointee.state.cpl, selector.RPL)
        setZF(isAllowed && isVisible)
    }

    func setZF(_ value: Bool) {
        var flags = core.pointee.lazy.eflags
        if value { flags.insert(.ZF) } else { flags.remove(.ZF) }
        core.pointee.lazy = LazyFlags(flags)
    }
}
