import X86

/// MOV to and from CR0…CR8, and what their bits switch. SDM Vol. 2B, "MOV—Move to/from Control Registers"; Vol. 3A, sections 2.5 and 9.8.5.
extension CPU {
    func movFromControl(_ i: Instruction) throws(Fault) {
        try needSupervisor()
        let value: UInt64
        switch i.register1 {
        case 0: value = UInt64(core.pointee.state.cr0.rawValue)
        case 2: value = core.pointee.state.cr2
        case 3: value = core.pointee.state.cr3
        case 4:
            guard hasCR4 else { throw Fault.UD }
            value = UInt64(core.pointee.state.cr4.rawValue)
        // REX.R: in 64-bit mode only.
        case 8: value = taskPriority
        default: throw Fault.UD
        }
        core.setRegister(i.register0, is64Bit ? value : value & 0xFFFF_FFFF)
    }

    func movToControl(_ i: Instruction) throws(Fault) {
        try needSupervisor()
        let value = is64Bit ? core.register(i.register1) : core.register(i.register1, Doubleword.self)
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
        case 8:
            guard value <= 0xF else { throw Fault.GP(0) }
            taskPriority = value
        default: throw Fault.UD
        }
    }

    private var hasCR4: Bool { model != .i486 }

    func setCR0(_ value: UInt64) throws(Fault) {
        let old = core.pointee.state.cr0
        // Reserved bits of the lower half are ignored; ET reads as one.
        guard value <= 0xFFFF_FFFF else { throw Fault.GP(0) }
        var new = CR0(rawValue: UInt32(truncatingIfNeeded: value) & 0xE005_003F)
        new.insert(.ET)
        if new.contains(.PG) && !new.contains(.PE) { throw Fault.GP(0) }
        if new.contains(.NW) && !new.contains(.CD) { throw Fault.GP(0) }
        let changed = new.symmetricDifference(old)
        if changed.contains(.PG) { try switchPaging(on: new.contains(.PG)) }
        core.pointee.state.cr0 = new
        updatePaging()
        // Without paging a linear address leads where it led, in real mode as in protected mode.
        if changed.contains(.PG) || changed.contains(.WP) && new.contains(.PG) { flushTLB(keepingGlobal: false) }
        updateMode()
        if !changed.isDisjoint(with: [.PG, .PE]) { onModeChange?(tickAtBlockEnd) }
        requestAttention()
        noteControlRegister(0, old: UInt64(old.rawValue), new: UInt64(new.rawValue))
    }

    /// Follows a change of CR0.PG: PAE's pointers, or with IA32_EFER.LME the way into IA-32e mode and out of it. SDM Vol. 3A, section 9.8.5.
    private func switchPaging(on isOn: Bool) throws(Fault) {
        let state = core.state
        guard state.pointee.efer.contains(.LME) else {
            if isOn, state.pointee.cr4.contains(.PAE) { try loadPDPTEs(cr3: state.pointee.cr3) }
            return
        }
        if isOn {
            let is286Task = state.pointee.tr.type & 8 == 0
            guard state.pointee.cr4.contains(.PAE), !state.pointee.cs.isLong, !is286Task else { throw Fault.GP(0) }
            state.pointee.efer.insert(.LMA)
        } else {
            guard !is64Bit, !state.pointee.cr4.contains(.PCIDE) else { throw Fault.GP(0) }
            state.pointee.efer.remove(.LMA)
        }
    }

    /// With CR4.PCIDE set, bit 63 asks that what is known of the new process context stay. SDM Vol. 3A, section 4.10.4.1.
    func setCR3(_ value: UInt64) throws(Fault) {
        let state = core.state
        var new = value
        if isIA32e {
            if state.pointee.cr4.contains(.PCIDE) { new &= ~(1 &<< 63) }
            guard new & ~model.physicalAddressMask == 0 else { throw Fault.GP(0) }
        } else {
            if state.pointee.cr0.contains(.PG), state.pointee.cr4.contains(.PAE) { try loadPDPTEs(cr3: value) }
            if !model.features.hasLongMode { new &= 0xFFFF_FFFF }
        }
        let old = state.pointee.cr3
        state.pointee.cr3 = new
        core.pointee.callSpace = OpenCalls.space(cr3: new)
        noteControlRegister(3, old: old, new: new)
        guard state.pointee.cr4.contains(.PCIDE) else { return flushTLB(keepingGlobal: state.pointee.cr4.contains(.PGE)) }
        enterContext(new & CPU.contextMask, from: old & CPU.contextMask, keeping: value &>> 63 != 0)
    }

    /// Bits of CR3 that hold the process-context identifier while CR4.PCIDE is set.
    private static let contextMask: UInt64 = 0xFFF

    private var currentContext: UInt64 {
        core.pointee.state.cr4.contains(.PCIDE) ? core.pointee.state.cr3 & CPU.contextMask : 0
    }

    private func enterContext(_ new: UInt64, from old: UInt64, keeping: Bool) {
        guard new != old else {
            if !keeping { flushContext(keepingGlobal: true) }
            return
        }
        contexts.putAside(old, &supervisorTLB, &userTLB)
        if keeping {
            contexts.putBack(new, &supervisorTLB, &userTLB, code)
            if stopsAtData { updateHiddenPages() }
        } else {
            contexts.forget(new)
        }
        forgetPassing()
        observer?.didForgetTranslations(keepingGlobal: true, by: self)
    }

    private func setCR4(_ value: UInt64) throws(Fault) {
        let new = CR4(rawValue: UInt32(truncatingIfNeeded: value))
        guard value <= 0xFFFF_FFFF, model.cr4.isSuperset(of: new) else { throw Fault.GP(0) }
        let state = core.state
        let old = state.pointee.cr4
        let changed = new.symmetricDifference(old)
        if isIA32e {
            guard new.contains(.PAE) else { throw Fault.GP(0) }
        } else if new.contains(.PAE), state.pointee.cr0.contains(.PG), !changed.isDisjoint(with: [.PAE, .PGE, .PSE]) {
            try loadPDPTEs(cr3: state.pointee.cr3)
        }
        if new.contains(.PCIDE), !old.contains(.PCIDE) {
            guard isIA32e, state.pointee.cr3 & 0xFFF == 0 else { throw Fault.GP(0) }
        }
        state.pointee.cr4 = new
        updatePaging()
        if !changed.isDisjoint(with: [.PSE, .PAE, .PGE, .PCIDE, .SMEP, .SMAP]) { flushTLB(keepingGlobal: false) }
        noteControlRegister(4, old: UInt64(old.rawValue), new: UInt64(new.rawValue))
    }

    // MARK: Invalidating translations

    /// Of the current process context, and of all unless `keepingGlobal`.
    func invalidatePage(_ linear: UInt64, keepingGlobal: Bool = false) {
        supervisorTLB.invalidate(linear, keepingGlobal: keepingGlobal)
        userTLB.invalidate(linear, keepingGlobal: keepingGlobal)
        observer?.didForgetTranslation(of: linear, by: self)
        if linkedPages.contains(linear) { newGeneration() }
    }

    /// INVPCID — SDM Vol. 2A.
    func invpcid(_ r: Execute<AnyForm>) throws(Fault) {
        guard !isVirtual8086 else { throw Fault.GP(0) }
        try needSupervisor()
        let i = r.instruction
        let type = is64Bit ? core.register(i.register0) : core.register(i.register0, Doubleword.self)
        let address = r.effectiveAddress()
        let pcid = try r.load(i.segment, address, Quadword.self)
        let linear = try r.load(i.segment, r.addressSum(address, 8), Quadword.self)
        guard type <= 3 else { throw Fault.GP(0) }
        if type <= 1 {
            guard pcid <= CPU.contextMask, pcid == 0 || core.pointee.state.cr4.contains(.PCIDE) else { throw Fault.GP(0) }
            guard type == 1 || AddressSpace.isCanonical(linear) else { throw Fault.GP(0) }
        } else {
            guard pcid & ~CPU.contextMask == 0 else { throw Fault.GP(0) }
        }
        switch (type, pcid == currentContext) {
        case (0, true): invalidatePage(linear, keepingGlobal: true)
        case (0, false): contexts.forget(pcid, linear)
        case (1, true): flushContext(keepingGlobal: true)
        case (1, false): contexts.forget(pcid)
        default: flushTLB(keepingGlobal: type == 3)
        }
    }
}
