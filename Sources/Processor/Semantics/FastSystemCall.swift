import X86

/// SYSCALL, SYSRET, SYSENTER, SYSEXIT, and the bases of FS and GS that come with them. SDM Vol. 2B; Vol. 3A, section 5.8.7.
extension CPU {
    private enum Attributes {
        /// Flat code and data of ring 0; ring 3 adds its DPL.
        static let code32: UInt16 = 0xC09B
        static let code64: UInt16 = 0xA09B
        static let data: UInt16 = 0xC093
        static let ring3: UInt16 = 0x60
    }

    /// CS and SS become flat segments of `level` without a look at their descriptors.
    private func loadFlat(code: UInt16, stack: UInt16, is64: Bool, level: UInt8) {
        let state = core.state
        let ring = level == 3 ? Attributes.ring3 : 0
        state.pointee.cs = SegmentRegister(
            selector: code | UInt16(level), base: 0, limit: .max,
            attributes: (is64 ? Attributes.code64 : Attributes.code32) | ring)
        state.pointee.ss = SegmentRegister(
            selector: stack | UInt16(level), base: 0, limit: .max, attributes: Attributes.data | ring)
        state.pointee.cpl = level
    }

    // MARK: SYSCALL and SYSRET

    /// SYSCALL, in 64-bit mode.
    func syscall() throws(Fault) {
        let state = core.state
        guard state.pointee.efer.contains(.SCE) else { throw Fault.UD }
        state.pointee.rcx = state.pointee.rip
        state.pointee.r11 = UInt64(eflags.rawValue)
        state.pointee.rip = state.pointee.msr.lstar
        eflags = eflags.subtracting(EFLAGS(rawValue: UInt32(truncatingIfNeeded: state.pointee.msr.fmask))).subtracting([.RF, .VM])
        let selector = UInt16(truncatingIfNeeded: state.pointee.msr.star &>> 32) & 0xFFFC
        loadFlat(code: selector, stack: selector &+ 8, is64: true, level: 0)
        updateTransfer()
    }

    /// SYSRET, to 64-bit code with REX.W and to compatibility mode without. RCX is looked at while the level is still 0: Intel's way.
    func sysret(_ r: Execute<AnyForm>) throws(Fault) {
        let state = core.state
        guard state.pointee.efer.contains(.SCE) else { throw Fault.UD }
        try needSupervisor()
        let is64 = r.instruction.prefixes.contains(.rexW)
        let target = is64 ? state.pointee.rcx : state.pointee.rcx & 0xFFFF_FFFF
        guard AddressSpace.isCanonical(target) else { throw Fault.GP(0) }
        let selector = UInt16(truncatingIfNeeded: state.pointee.msr.star &>> 48) & 0xFFFC
        state.pointee.rip = target
        eflags = EFLAGS(rawValue: UInt32(truncatingIfNeeded: state.pointee.r11) & 0x003C_7FD7).union(.alwaysOne)
        loadFlat(code: is64 ? selector &+ 16 : selector, stack: selector &+ 8, is64: is64, level: 3)
        updateTransfer()
        let flags = state.pointee.eflags
        if intr && flags.contains(.IF) || flags.contains(.TF) { requestAttention() }
    }

    // MARK: SYSENTER and SYSEXIT

    func sysenter() throws(Fault) {
        let state = core.state
        let selector = UInt16(truncatingIfNeeded: state.pointee.msr.sysenterCS) & 0xFFFC
        guard isProtectedMode, selector != 0 else { throw Fault.GP(0) }
        let wasVirtual = state.pointee.eflags.contains(.VM)
        state.pointee.eflags.subtract([.VM, .IF, .RF])
        loadFlat(code: selector, stack: selector &+ 8, is64: isIA32e, level: 0)
        let mask: UInt64 = isIA32e ? .max : 0xFFFF_FFFF
        state.pointee.rsp = state.pointee.msr.sysenterESP & mask
        state.pointee.rip = state.pointee.msr.sysenterEIP & mask
        if wasVirtual { updateMode() } else { updateTransfer() }
    }

    /// SYSEXIT. With REX.W to 64-bit code, whose segments lie behind those of 32-bit code.
    func sysexit(_ r: Execute<AnyForm>) throws(Fault) {
        let state = core.state
        let selector = UInt16(truncatingIfNeeded: state.pointee.msr.sysenterCS) & 0xFFFC
        guard isProtectedMode, state.pointee.cpl == 0, selector != 0 else { throw Fault.GP(0) }
        let is64 = is64Bit && r.instruction.prefixes.contains(.rexW)
        let mask: UInt64 = is64 ? .max : 0xFFFF_FFFF
        let (target, stack) = (state.pointee.rdx & mask, state.pointee.rcx & mask)
        guard AddressSpace.isCanonical(target), AddressSpace.isCanonical(stack) else { throw Fault.GP(0) }
        loadFlat(code: selector &+ (is64 ? 32 : 16), stack: selector &+ (is64 ? 40 : 24), is64: is64, level: 3)
        state.pointee.rip = target
        state.pointee.rsp = stack
        updateTransfer()
    }

    // MARK: Bases of FS and GS

    func swapgs() throws(Fault) {
        try needSupervisor()
        let state = core.state
        (state.pointee.gs.base, state.pointee.msr.kernelGSBase) = (state.pointee.msr.kernelGSBase, state.pointee.gs.base)
        updateSegment(.gs)
    }

    /// RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE — SDM Vol. 2B.
    func moveSegmentBase(_ i: Instruction) throws(Fault) {
        guard core.pointee.state.cr4.contains(.FSGSBASE) else { throw Fault.UD }
        let name: SegmentRegisterName = i.operation == .rdfsbase || i.operation == .wrfsbase ? .fs : .gs
        let mask: UInt64 = i.operandSize == .quadword ? .max : 0xFFFF_FFFF
        switch i.operation {
        case .rdfsbase, .rdgsbase: core.setRegister(i.register0, core.segment(name).pointee.base & mask)
        default: try setSegmentBase(name, core.register(i.register0) & mask)
        }
    }

    /// The base of FS or GS, whatever its selector; WRMSR sets it too.
    func setSegmentBase(_ name: SegmentRegisterName, _ base: UInt64) throws(Fault) {
        guard AddressSpace.isCanonical(base) else { throw Fault.GP(0) }
        core.segment(name).pointee.base = base
        updateSegment(name)
    }
}
