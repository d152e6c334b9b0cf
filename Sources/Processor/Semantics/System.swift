import X86

/// System instructions. SDM Vol. 2, the pages of their names; Vol. 3A, section 2.8.
extension CPU {
    func system<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let i = r.instruction
        let state = core.state
        switch i.operation {
        case .lgdt: state.pointee.gdtr = try loadTableRegister(r, w)
        case .lidt: state.pointee.idtr = try loadTableRegister(r, w)
        case .sgdt: try storeTableRegister(r, state.pointee.gdtr, w)
        case .sidt: try storeTableRegister(r, state.pointee.idtr, w)
        case .lldt: try lldt(r)
        case .ltr: try ltr(r)
        case .sldt:
            guard !usesParagraphs else { throw Fault.UD }
            try setSelectorResult(r, state.pointee.ldtr.selector)
        case .str:
            guard !usesParagraphs else { throw Fault.UD }
            try setSelectorResult(r, state.pointee.tr.selector)
        case .lmsw:
            try needSupervisor()
            let value = UInt32(truncatingIfNeeded: try r.operand0(Word.self))
            // PE can be set, not cleared.
            let kept = state.pointee.cr0.rawValue & ~0xE
            try setCR0(UInt64(kept | (value & 0xF)))
        case .smsw:
            let value = UInt64(state.pointee.cr0.rawValue)
            if i.kind0 == .memory { try r.setOperand0(value, Word.self) } else { try r.setOperand0(value, w) }
        case .clts:
            try needSupervisor()
            let old = state.pointee.cr0
            state.pointee.cr0.remove(.TS)
            noteControlRegister(0, old: UInt64(old.rawValue), new: UInt64(state.pointee.cr0.rawValue))
        case .hlt:
            try needSupervisor()
            state.pointee.activity = .halted
        case .invd, .wbinvd: try needSupervisor()
        case .invlpg:
            try needSupervisor()
            invalidatePage(core.wrapped(core.window(i.segment).pointee.base &+ r.effectiveAddress()))
        case .movFromControl: try movFromControl(i)
        case .movToControl: try movToControl(i)
        case .movFromDebug: try movFromDebug(i)
        case .movToDebug: try movToDebug(i)
        case .cpuid:
            let result = model.cpuid(leaf: UInt32(truncatingIfNeeded: state.pointee.rax))
            state.pointee.rax = UInt64(result.eax)
            state.pointee.rbx = UInt64(result.ebx)
            state.pointee.rcx = UInt64(result.ecx)
            state.pointee.rdx = UInt64(result.edx)
        case .rdtsc:
            if state.pointee.cr4.contains(.TSD) { try needSupervisor() }
            setPair(timeStampCounter(r.op))
        case .rdpmc:
            if !state.pointee.cr4.contains(.PCE) { try needSupervisor() }
            guard state.pointee.rcx & 0xFFFF_FFFF < 2 else { throw Fault.GP(0) }
            setPair(0)
        case .rdmsr:
            try needSupervisor()
            setPair(try readMSR(UInt32(truncatingIfNeeded: state.pointee.rcx), r.op))
        case .wrmsr:
            try needSupervisor()
            let value = (state.pointee.rdx & 0xFFFF_FFFF) &<< 32 | state.pointee.rax & 0xFFFF_FFFF
            try writeMSR(UInt32(truncatingIfNeeded: state.pointee.rcx), value, r.op)
        case .sysenter: try sysenter()
        case .sysexit: try sysexit()
        default: try core.executeX87(r.op)
        }
    }

    /// #GP(0) unless CPL is 0. Virtual-8086 mode has CPL 3.
    func needSupervisor() throws(Fault) {
        guard core.pointee.state.cpl == 0 else { throw Fault.GP(0) }
    }

    private func setPair(_ value: UInt64) {
        core.pointee.state.rax = value & 0xFFFF_FFFF
        core.pointee.state.rdx = value &>> 32
    }

    // MARK: Table registers

    /// A 16-bit operand size loads 24 bits of base.
    private func loadTableRegister<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) -> DescriptorTableRegister {
        try needSupervisor()
        let segment = r.instruction.segment
        let address = r.effectiveAddress()
        let limit = try r.load(segment, address, Word.self)
        let base = try r.load(segment, r.addressSum(address, 2), Doubleword.self)
        return DescriptorTableRegister(
            base: W.bits == 16 ? base & 0xFF_FFFF : base, limit: UInt16(truncatingIfNeeded: limit))
    }

    /// Six bytes: all 32 base bits whatever the operand size, as every processor since the 80386 does.
    private func storeTableRegister<W: OperandWidth>(
        _ r: Execute<AnyForm>, _ register: DescriptorTableRegister, _ w: W.Type
    ) throws(Fault) {
        let segment = r.instruction.segment
        let address = r.effectiveAddress()
        let second = try core.linear(segment, r.addressSum(address, 2), 4, .write)
        _ = try resolve(second, 4, .write)
        try r.store(segment, address, UInt64(register.limit), Word.self)
        try r.store(segment, r.addressSum(address, 2), register.base, Doubleword.self)
    }

    private func lldt(_ r: Execute<AnyForm>) throws(Fault) {
        guard !usesParagraphs else { throw Fault.UD }
        try needSupervisor()
        let raw = UInt16(truncatingIfNeeded: try r.operand0(Word.self))
        let selector = Selector(raw)
        guard !selector.isNull else {
            core.pointee.state.ldtr = SegmentRegister(selector: raw, base: 0, limit: 0, attributes: 0)
            return
        }
        let fault = Fault.GP(selector.errorCode)
        guard !selector.isLocal else { throw fault }
        let ldt = try descriptor(selector, orFault: fault)
        guard ldt.systemType == .LDT else { throw fault }
        guard ldt.isPresent else { throw Fault.NP(selector.errorCode) }
        core.pointee.state.ldtr = ldt.segmentRegister(selector: raw)
    }

    private func ltr(_ r: Execute<AnyForm>) throws(Fault) {
        guard !usesParagraphs else { throw Fault.UD }
        try needSupervisor()
        let raw = UInt16(truncatingIfNeeded: try r.operand0(Word.self))
        let selector = Selector(raw)
        guard !selector.isNull else { throw Fault.GP(0) }
        let fault = Fault.GP(selector.errorCode)
        guard !selector.isLocal else { throw fault }
        let tss = try descriptor(selector, orFault: fault)
        guard tss.systemType == .availableTSS16 || tss.systemType == .availableTSS32 else { throw fault }
        guard tss.isPresent else { throw Fault.NP(selector.errorCode) }
        try setBusy(tss, true)
        core.pointee.state.tr = tss.segmentRegister(selector: raw)
        core.pointee.state.tr.attributes |= 2
    }

    // MARK: Control registers

    private func movFromControl(_ i: Instruction) throws(Fault) {
        try needSupervisor()
        let value: UInt64
        switch i.register1 {
        case 0: value = UInt64(core.pointee.state.cr0.rawValue)
        case 2: value = core.pointee.state.cr2
        case 3: value = core.pointee.state.cr3
        case 4:
            guard hasCR4 else { throw Fault.UD }
            value = UInt64(core.pointee.state.cr4.rawValue)
        default: throw Fault.UD
        }
        core.setRegister(i.register0, value, Doubleword.self)
    }

    private func movToControl(_ i: Instruction) throws(Fault) {
        try needSupervisor()
        let value = core.register(i.register1, Doubleword.self)
        switch i.register0 {
        case 0: try setCR0(value)
        case 2:
            let old = core.pointee.state.cr2
            core.pointee.state.cr2 = value
            noteControlRegister(2, old: old, new: value)
        case 3: try setCR3(value)
        case 4:
            guard hasCR4 else { throw Fault.UD }
            try setCR4(value)
        default: throw Fault.UD
        }
    }

    private var hasCR4: Bool { model != .i486 }

    private func setCR0(_ value: UInt64) throws(Fault) {
        let old = core.pointee.state.cr0
        // Reserved bits are ignored; ET reads as one.
        var new = CR0(rawValue: UInt32(truncatingIfNeeded: value) & 0xE005_003F)
        new.insert(.ET)
        if new.contains(.PG) && !new.contains(.PE) { throw Fault.GP(0) }
        if new.contains(.NW) && !new.contains(.CD) { throw Fault.GP(0) }
        if new.contains(.PG), !old.contains(.PG), core.pointee.state.cr4.contains(.PAE) {
            try loadPDPTEs(cr3: core.pointee.state.cr3)
        }
        core.pointee.state.cr0 = new
        updatePaging()
        let changed = new.symmetricDifference(old)
        if !changed.isDisjoint(with: [.PG, .WP, .PE]) { flushTLB(keepingGlobal: false) }
        updateMode()
        if !changed.isDisjoint(with: [.PG, .PE]) { onModeChange?(tickAtBlockEnd) }
        requestAttention()
        noteControlRegister(0, old: UInt64(old.rawValue), new: UInt64(new.rawValue))
    }

    func setCR3(_ value: UInt64) throws(Fault) {
        if core.pointee.state.cr0.contains(.PG), core.pointee.state.cr4.contains(.PAE) { try loadPDPTEs(cr3: value) }
        let old = core.pointee.state.cr3
        core.pointee.state.cr3 = value & 0xFFFF_FFFF
        noteControlRegister(3, old: old, new: core.pointee.state.cr3)
        flushTLB(keepingGlobal: core.pointee.state.cr4.contains(.PGE))
    }

    private func setCR4(_ value: UInt64) throws(Fault) {
        let new = CR4(rawValue: UInt32(truncatingIfNeeded: value))
        guard model.cr4.isSuperset(of: new) else { throw Fault.GP(0) }
        let old = core.pointee.state.cr4
        let changed = new.symmetricDifference(old)
        if new.contains(.PAE), core.pointee.state.cr0.contains(.PG), !changed.isDisjoint(with: [.PAE, .PGE, .PSE]) {
            try loadPDPTEs(cr3: core.pointee.state.cr3)
        }
        core.pointee.state.cr4 = new
        updatePaging()
        if !changed.isDisjoint(with: [.PSE, .PAE, .PGE]) { flushTLB(keepingGlobal: false) }
        noteControlRegister(4, old: UInt64(old.rawValue), new: UInt64(new.rawValue))
    }

    private func invalidatePage(_ linear: UInt64) {
        supervisorTLB.invalidate(linear)
        userTLB.invalidate(linear)
        newGeneration()
    }

    // MARK: Fast system calls

    /// SYSENTER — SDM Vol. 2B.
    private func sysenter() throws(Fault) {
        let state = core.state
        let selector = UInt16(truncatingIfNeeded: state.pointee.msr.sysenterCS) & 0xFFFC
        guard isProtectedMode, selector != 0 else { throw Fault.GP(0) }
        let wasVirtual = state.pointee.eflags.contains(.VM)
        state.pointee.eflags.subtract([.VM, .IF, .RF])
        state.pointee.cs = SegmentRegister(selector: selector, base: 0, limit: .max, attributes: 0xC09B)
        state.pointee.ss = SegmentRegister(selector: selector &+ 8, base: 0, limit: .max, attributes: 0xC093)
        state.pointee.cpl = 0
        state.pointee.rsp = state.pointee.msr.sysenterESP & 0xFFFF_FFFF
        state.pointee.rip = state.pointee.msr.sysenterEIP & 0xFFFF_FFFF
        if wasVirtual { updateMode() } else { updateTransfer() }
    }

    /// SYSEXIT — SDM Vol. 2B.
    private func sysexit() throws(Fault) {
        let state = core.state
        let selector = UInt16(truncatingIfNeeded: state.pointee.msr.sysenterCS) & 0xFFFC
        guard isProtectedMode, state.pointee.cpl == 0, selector != 0 else { throw Fault.GP(0) }
        state.pointee.cs = SegmentRegister(selector: (selector &+ 16) | 3, base: 0, limit: .max, attributes: 0xC0FB)
        state.pointee.ss = SegmentRegister(selector: (selector &+ 24) | 3, base: 0, limit: .max, attributes: 0xC0F3)
        state.pointee.cpl = 3
        state.pointee.rip = state.pointee.rdx & 0xFFFF_FFFF
        state.pointee.rsp = state.pointee.rcx & 0xFFFF_FFFF
        updateTransfer()
    }
}
