import X86

/// EFLAGS as a whole: PUSHF, POPF, CLI, STI, and what IRET may change. SDM Vol. 2B, "POPF"; Vol. 3B, section 20.3.
extension CPU {
    /// Flags that exist in this processor, besides those that POPF never changes (VM, RF, VIP, VIF).
    private var writableFlags: EFLAGS {
        var flags: EFLAGS = [.CF, .PF, .AF, .ZF, .SF, .TF, .DF, .OF, .NT, .AC]
        if model.features.hasCPUID { flags.insert(.ID) }
        return flags
    }

    /// Loads EFLAGS from an image as IRET does, under the privileges of `oldLevel`. `size` 2 leaves the upper half.
    func setFlags(_ image: UInt64, size: UInt64, oldLevel: UInt8) {
        var changeable = writableFlags.union(.RF)
        if oldLevel == 0 { changeable.formUnion([.IOPL, .VIF, .VIP]) }
        if oldLevel <= IOPL { changeable.insert(.IF) }
        apply(image, changeable, size)
    }

    private func apply(_ image: UInt64, _ changeable: EFLAGS, _ size: UInt64) {
        var changeable = changeable
        if size == 2 { changeable = EFLAGS(rawValue: changeable.rawValue & 0xFFFF) }
        let value = EFLAGS(rawValue: UInt32(truncatingIfNeeded: image))
        let new = eflags.subtracting(changeable).union(value.intersection(changeable))
        eflags = new
        // RF is looked at where instructions like IRET end: see `Handle.nextEntry`.
        if (intr && new.contains(.IF)) || new.contains(.TF) { requestAttention() }
    }

    /// PUSHF — SDM Vol. 2B. VM and RF are pushed as zero.
    func pushf<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        var image = eflags.subtracting([.VM, .RF])
        if isVirtual8086 && IOPL < 3 {
            guard W.bits == 16, core.pointee.state.cr4.contains(.VME) else { throw Fault.GP(0) }
            image.formUnion(.IOPL)
            if image.contains(.VIF) { image.insert(.IF) } else { image.remove(.IF) }
        }
        try r.push(UInt64(image.rawValue), w)
    }

    /// POPF — SDM Vol. 2B.
    func popf<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let state = core.state
        let usesVME = isVirtual8086 && IOPL < 3
        if usesVME && !(W.bits == 16 && state.pointee.cr4.contains(.VME)) { throw Fault.GP(0) }
        let value = try r.top(w)
        let image = EFLAGS(rawValue: UInt32(truncatingIfNeeded: value))
        if usesVME {
            if image.contains(.TF) || (image.contains(.IF) && state.pointee.eflags.contains(.VIP)) { throw Fault.GP(0) }
            apply(value, writableFlags, 2)
            if image.contains(.IF) { state.pointee.eflags.insert(.VIF) } else { state.pointee.eflags.remove(.VIF) }
        } else {
            var changeable = writableFlags
            if isVirtual8086 {
                changeable.insert(.IF)
            } else {
                if state.pointee.cpl == 0 { changeable.insert(.IOPL) }
                if state.pointee.cpl <= IOPL { changeable.insert(.IF) }
            }
            apply(value, changeable, W.bytes)
            state.pointee.eflags.remove(.RF)
        }
        r.drop(w)
        updateTransfer()
    }

    /// CLI and STI: where IF may not be touched, VME and PVI give VIF instead. SDM Vol. 2A, "CLI"; Vol. 2B, "STI".
    func setInterruptFlag(_ value: Bool) throws(Fault) {
        let state = core.state
        let level = isVirtual8086 ? 3 : state.pointee.cpl
        if !isProtectedMode || level <= IOPL {
            let wasSet = state.pointee.eflags.contains(.IF)
            if value {
                state.pointee.eflags.insert(.IF)
                if !wasSet && previousShadow != .sti { state.pointee.shadow = .sti }
            } else {
                state.pointee.eflags.remove(.IF)
            }
            return
        }
        let isVirtualized = isVirtual8086 ? state.pointee.cr4.contains(.VME) : level == 3 && state.pointee.cr4.contains(.PVI)
        guard isVirtualized else { throw Fault.GP(0) }
        if value {
            guard !state.pointee.eflags.contains(.VIP) else { throw Fault.GP(0) }
            state.pointee.eflags.insert(.VIF)
        } else {
            state.pointee.eflags.remove(.VIF)
        }
    }
}
