import X86

/// System instructions. SDM Vol. 2, the pages of their names; Vol. 3A, section 2.8.
extension CPU {
    func lgdt<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        core.pointee.state.gdtr = try loadTableRegister(r, w)
    }

    func lidt<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        core.pointee.state.idtr = try loadTableRegister(r, w)
    }

    func sgdt<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        try checkUMIP()
        try storeTableRegister(r, core.pointee.state.gdtr, w)
    }

    func sidt<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        try checkUMIP()
        try storeTableRegister(r, core.pointee.state.idtr, w)
    }

    func sldt(_ r: Execute<AnyForm>) throws(Fault) {
        try checkUMIP()
        guard !usesParagraphs else { throw Fault.UD }
        try setSelectorResult(r, core.pointee.state.ldtr.selector)
    }

    func str(_ r: Execute<AnyForm>) throws(Fault) {
        try checkUMIP()
        guard !usesParagraphs else { throw Fault.UD }
        try setSelectorResult(r, core.pointee.state.tr.selector)
    }

    /// SMSW — SDM Vol. 2B. In memory always 16 bits.
    func smsw<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        try checkUMIP()
        let value = UInt64(core.pointee.state.cr0.rawValue)
        if r.instruction.kind0 == .memory { try r.setOperand0(value, Word.self) } else { try r.setOperand0(value, w) }
    }

    /// LMSW — SDM Vol. 2A. PE can be set, not cleared.
    func lmsw(_ r: Execute<AnyForm>) throws(Fault) {
        try needSupervisor()
        let value = UInt32(truncatingIfNeeded: try r.operand0(Word.self))
        let kept = core.pointee.state.cr0.rawValue & ~0xE
        try setCR0(UInt64(kept | (value & 0xF)))
    }

    func clts() throws(Fault) {
        try needSupervisor()
        let state = core.state
        let old = state.pointee.cr0
        state.pointee.cr0.remove(.TS)
        noteControlRegister(0, old: UInt64(old.rawValue), new: UInt64(state.pointee.cr0.rawValue))
    }

    func hlt() throws(Fault) {
        try needSupervisor()
        core.pointee.state.activity = .halted
    }

    func invlpg(_ r: Execute<AnyForm>) throws(Fault) {
        try needSupervisor()
        invalidatePage(core.wrapped(core.window(r.instruction.segment).pointee.base &+ r.effectiveAddress()))
    }

    /// CLAC and STAC — SDM Vol. 2A and 2B.
    func setAlignmentCheck(_ value: Bool) throws(Fault) {
        let state = core.state
        guard state.pointee.cpl == 0 else { throw Fault.UD }
        if value { state.pointee.eflags.insert(.AC) } else { state.pointee.eflags.remove(.AC) }
    }

    func cpuid() {
        let state = core.state
        let result = cpuid(
            leaf: UInt32(truncatingIfNeeded: state.pointee.rax), subleaf: UInt32(truncatingIfNeeded: state.pointee.rcx))
        state.pointee.rax = UInt64(result.eax)
        state.pointee.rbx = UInt64(result.ebx)
        state.pointee.rcx = UInt64(result.ecx)
        state.pointee.rdx = UInt64(result.edx)
    }

    // MARK: Counters and model-specific registers

    func rdtsc(_ r: Execute<AnyForm>) throws(Fault) {
        if core.pointee.state.cr4.contains(.TSD) { try needSupervisor() }
        setPair(timeStampCounter(r.op))
    }

    func rdtscp(_ r: Execute<AnyForm>) throws(Fault) {
        try rdtsc(r)
        core.pointee.state.rcx = core.pointee.state.msr.tscAux
    }

    func rdpid(_ r: Execute<AnyForm>) { core.setRegister(r.instruction.register0, core.pointee.state.msr.tscAux) }

    func rdpmc() throws(Fault) {
        if !core.pointee.state.cr4.contains(.PCE) { try needSupervisor() }
        guard core.pointee.state.rcx & 0xFFFF_FFFF < 2 else { throw Fault.GP(0) }
        setPair(0)
    }

    func rdmsr(_ r: Execute<AnyForm>) throws(Fault) {
        try needSupervisor()
        setPair(try readMSR(UInt32(truncatingIfNeeded: core.pointee.state.rcx), r.op))
    }

    func wrmsr(_ r: Execute<AnyForm>) throws(Fault) {
        try needSupervisor()
        let state = core.state
        let value = (state.pointee.rdx & 0xFFFF_FFFF) &<< 32 | state.pointee.rax & 0xFFFF_FFFF
        try writeMSR(UInt32(truncatingIfNeeded: state.pointee.rcx), value, r.op)
    }

    /// XGETBV — SDM Vol. 2C. XCR0 is the one extended control register.
    func xgetbv() throws(Fault) {
        guard core.pointee.state.cr4.contains(.OSXSAVE) else { throw Fault.UD }
        guard core.pointee.state.rcx & 0xFFFF_FFFF == 0 else { throw Fault.GP(0) }
        setPair(core.pointee.state.avx.xcr0.rawValue)
    }

    /// XSETBV — SDM Vol. 2C.
    func xsetbv() throws(Fault) {
        let state = core.state
        guard state.pointee.cr4.contains(.OSXSAVE) else { throw Fault.UD }
        try needSupervisor()
        let value = XCR0(rawValue: (state.pointee.rdx & 0xFFFF_FFFF) &<< 32 | state.pointee.rax & 0xFFFF_FFFF)
        guard state.pointee.rcx & 0xFFFF_FFFF == 0, model.xcr0.isSuperset(of: value), value.isConsistent else { throw Fault.GP(0) }
        state.pointee.avx.xcr0 = value
    }

    /// #GP(0) unless CPL is 0. Virtual-8086 mode has CPL 3.
    func needSupervisor() throws(Fault) {
        guard core.pointee.state.cpl == 0 else { throw Fault.GP(0) }
    }

    private func setPair(_ value: UInt64) {
        core.pointee.state.rax = value & 0xFFFF_FFFF
        core.pointee.state.rdx = value &>> 32
    }

    /// CR4.UMIP keeps the places of system tables from user code. SDM Vol. 3A, section 2.5.
    private func checkUMIP() throws(Fault) {
        if core.pointee.state.cr4.contains(.UMIP) { try needSupervisor() }
    }

    // MARK: Table registers

    /// A 16-bit operand size loads 24 bits of base, 64-bit code 64.
    private func loadTableRegister<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) -> DescriptorTableRegister {
        try needSupervisor()
        let segment = r.instruction.segment
        let address = r.effectiveAddress()
        let limit = try r.load(segment, address, Word.self)
        let base =
            W.bits == 64
            ? try r.load(segment, r.addressSum(address, 2), Quadword.self)
            : try r.load(segment, r.addressSum(address, 2), Doubleword.self)
        guard AddressSpace.isCanonical(base) else { throw Fault.GP(0) }
        return DescriptorTableRegister(
            base: W.bits == 16 ? base & 0xFF_FFFF : base, limit: UInt16(truncatingIfNeeded: limit))
    }

    /// Six bytes: all 32 base bits whatever the operand size, as every processor since the 80386 does. Ten bytes in 64-bit code.
    private func storeTableRegister<W: OperandWidth>(
        _ r: Execute<AnyForm>, _ register: DescriptorTableRegister, _ w: W.Type
    ) throws(Fault) {
        let segment = r.instruction.segment
        let address = r.effectiveAddress()
        let size: UInt64 = W.bits == 64 ? 8 : 4
        let second = try core.linear(segment, r.addressSum(address, 2), size, .write)
        _ = try resolve(second, size, .write)
        try r.store(segment, address, UInt64(register.limit), Word.self)
        if W.bits == 64 {
            try r.store(segment, r.addressSum(address, 2), register.base, Quadword.self)
        } else {
            try r.store(segment, r.addressSum(address, 2), register.base, Doubleword.self)
        }
    }

    func lldt(_ r: Execute<AnyForm>) throws(Fault) {
        guard !usesParagraphs else { throw Fault.UD }
        try needSupervisor()
        let raw = UInt16(truncatingIfNeeded: try r.operand0(Word.self))
        let selector = Selector(raw)
        guard !selector.isNull else {
            core.pointee.state.ldtr = .null(raw)
            return
        }
        let fault = Fault.GP(selector.errorCode)
        guard !selector.isLocal else { throw fault }
        guard let ldt = try wholeDescriptor(selector), ldt.systemType == .LDT else { throw fault }
        guard ldt.isPresent else { throw Fault.NP(selector.errorCode) }
        guard AddressSpace.isCanonical(ldt.base) else { throw fault }
        core.pointee.state.ldtr = ldt.segmentRegister(selector: raw)
    }

    func ltr(_ r: Execute<AnyForm>) throws(Fault) {
        guard !usesParagraphs else { throw Fault.UD }
        try needSupervisor()
        let raw = UInt16(truncatingIfNeeded: try r.operand0(Word.self))
        let selector = Selector(raw)
        guard !selector.isNull else { throw Fault.GP(0) }
        let fault = Fault.GP(selector.errorCode)
        guard !selector.isLocal else { throw fault }
        guard let tss = try wholeDescriptor(selector) else { throw fault }
        guard tss.systemType == .availableTSS32 || (tss.systemType == .availableTSS16 && !isIA32e) else { throw fault }
        guard tss.isPresent else { throw Fault.NP(selector.errorCode) }
        guard AddressSpace.isCanonical(tss.base) else { throw fault }
        try setBusy(tss, true)
        core.pointee.state.tr = tss.segmentRegister(selector: raw)
        core.pointee.state.tr.attributes |= 2
    }
}
