import X86

/// RDMSR and WRMSR, and the time-stamp counter. SDM Vol. 4; P6 family registers.
extension CPU {
    /// IA32_TIME_STAMP_COUNTER: the clock's ticks plus what WRMSR made of it.
    func timeStampCounter(_ op: OpHandle) -> UInt64 {
        core.pointee.ticks &+ UInt64(op.pointee.index) &+ core.pointee.state.msr.tscOffset
    }

    func readMSR(_ number: UInt32, _ op: OpHandle) throws(Fault) -> UInt64 {
        let msr = core.pointee.state.msr
        switch number {
        case 0x10: return timeStampCounter(op)
        case 0x00, 0x01: return 0
        case 0x17 where model.isP6: return 0
        case 0x1B where model.isP6: return msr.apicBase
        case 0x2A where model.isP6: return 0
        case 0x79 where model.isP6: return 0
        case 0x8B where model.isP6: return msr.biosSignID
        case 0xC1, 0xC2, 0x186, 0x187: if model.isP6 { return 0 }
        case 0xFE where model.isP6: return 0
        case 0x10A where model.features.instructions.contains(.ARCH_CAPABILITIES): return CPUModel.archCapabilities
        case 0x119 where model.isP6: return 0
        case 0x200...0x20F, 0x250, 0x258, 0x259, 0x268...0x26F, 0x2FF: if model.isP6 { return 0 }
        case 0x174 where model.features.hasSEP: return msr.sysenterCS
        case 0x175 where model.features.hasSEP: return msr.sysenterESP
        case 0x176 where model.features.hasSEP: return msr.sysenterEIP
        case 0x179, 0x17A: if model.isP6 { return 0 }
        case 0x1A0 where model.hasMiscEnable: return msr.miscEnable
        case 0x1D9 where model.isP6: return msr.debugControl
        case 0x6E0, 0x800...0x8FF: if let value = readAPICMSR(number) { return value }
        case 0x277 where model.features.instructions.contains(.PAT): return msr.pat
        case 0xC000_0080 where model.features.hasNX: return UInt64(core.pointee.state.efer.rawValue)
        case 0xC000_0081...0xC000_0103 where model.features.hasLongMode: return try readLongModeMSR(number)
        default: break
        }
        throw Fault.GP(0)
    }

    /// The registers that came with Intel 64. SDM Vol. 4, table 2-2.
    private func readLongModeMSR(_ number: UInt32) throws(Fault) -> UInt64 {
        let state = core.state
        switch number {
        case 0xC000_0081: return state.pointee.msr.star
        case 0xC000_0082: return state.pointee.msr.lstar
        case 0xC000_0083: return state.pointee.msr.cstar
        case 0xC000_0084: return state.pointee.msr.fmask
        case 0xC000_0100: return state.pointee.fs.base
        case 0xC000_0101: return state.pointee.gs.base
        case 0xC000_0102: return state.pointee.msr.kernelGSBase
        case 0xC000_0103 where model.features.instructions.contains(.RDTSCP): return state.pointee.msr.tscAux
        default: throw Fault.GP(0)
        }
    }

    private func writeLongModeMSR(_ number: UInt32, _ value: UInt64) throws(Fault) {
        let state = core.state
        switch number {
        case 0xC000_0082, 0xC000_0083, 0xC000_0102: guard AddressSpace.isCanonical(value) else { throw Fault.GP(0) }
        case 0xC000_0084, 0xC000_0103: guard value <= 0xFFFF_FFFF else { throw Fault.GP(0) }
        default: break
        }
        switch number {
        case 0xC000_0081: state.pointee.msr.star = value
        case 0xC000_0082: state.pointee.msr.lstar = value
        case 0xC000_0083: state.pointee.msr.cstar = value
        case 0xC000_0084: state.pointee.msr.fmask = value
        case 0xC000_0100: try setSegmentBase(.fs, value)
        case 0xC000_0101: try setSegmentBase(.gs, value)
        case 0xC000_0102: state.pointee.msr.kernelGSBase = value
        case 0xC000_0103 where model.features.instructions.contains(.RDTSCP): state.pointee.msr.tscAux = value
        default: throw Fault.GP(0)
        }
    }

    /// IA32_EFER. LME may change while paging is off only; LMA is the processor's. SDM Vol. 3A, section 9.8.5.
    private func setEFER(_ value: UInt64) throws(Fault) {
        guard value & ~UInt64(model.efer.rawValue) == 0 else { throw Fault.GP(0) }
        let old = core.pointee.state.efer
        let new = EFER(rawValue: UInt32(truncatingIfNeeded: value)).subtracting(.LMA).union(old.intersection(.LMA))
        if core.pointee.state.cr0.contains(.PG), new.contains(.LME) != old.contains(.LME) { throw Fault.GP(0) }
        core.pointee.state.efer = new
        updatePaging()
        flushTLB(keepingGlobal: false)
    }

    /// The addresses of SYSENTER have 64 bits where there is 64-bit mode.
    private func sysenterAddress(_ value: UInt64) throws(Fault) -> UInt64 {
        guard model.features.hasLongMode else { return value & 0xFFFF_FFFF }
        guard AddressSpace.isCanonical(value) else { throw Fault.GP(0) }
        return value
    }

    /// Eight memory types, each UC, WC, WT, WP, WB or UC-. SDM Vol. 3A, section 11.12.2.
    private func setPAT(_ value: UInt64) throws(Fault) {
        for entry in 0..<8 as Range<UInt64> {
            let type = (value &>> (8 &* entry)) & 0xFF
            guard type <= 7, type != 2, type != 3 else { throw Fault.GP(0) }
        }
        core.pointee.state.msr.pat = value
    }

    func writeMSR(_ number: UInt32, _ value: UInt64, _ op: OpHandle) throws(Fault) {
        let state = core.state
        switch number {
        case 0x10:
            // SDM Vol. 3B, section 17.17.3: before family 0Fh, model 03h and family 06h, model 0Eh only the lower half is taken.
            let taken = model.takesWholeTSC ? value : value & 0xFFFF_FFFF
            state.pointee.msr.tscOffset = taken &- core.pointee.ticks &- UInt64(op.pointee.index)
        case 0x00, 0x01: break
        case 0x1B where model.isP6: try setAPICBase(value)
        case 0x2A where model.isP6: break
        case 0x79 where model.isP6: break
        case 0x8B where model.isP6: state.pointee.msr.biosSignID = value
        case 0xC1 where model.isP6, 0xC2 where model.isP6, 0x186 where model.isP6, 0x187 where model.isP6: break
        case 0x119 where model.isP6: break
        // Memory types change nothing here, and CPUID says so; firmware that does not ask keeps its MTRRs anyway.
        case 0x200...0x20F, 0x250, 0x258, 0x259, 0x268...0x26F, 0x2FF: guard model.isP6 else { throw Fault.GP(0) }
        case 0x174 where model.features.hasSEP: state.pointee.msr.sysenterCS = value & 0xFFFF_FFFF
        case 0x175 where model.features.hasSEP: state.pointee.msr.sysenterESP = try sysenterAddress(value)
        case 0x176 where model.features.hasSEP: state.pointee.msr.sysenterEIP = try sysenterAddress(value)
        case 0x179 where model.isP6, 0x17A where model.isP6: break
        case 0x1A0 where model.hasMiscEnable:
            guard value & ~ModelSpecificRegisters.miscEnableBits == 0 else { throw Fault.GP(0) }
            state.pointee.msr.miscEnable = (value & 1) | (ModelSpecificRegisters.miscEnableBits & ~1)
        case 0x1D9 where model.isP6: state.pointee.msr.debugControl = value & 0x7F
        case 0x277 where model.features.instructions.contains(.PAT): try setPAT(value)
        case 0x6E0, 0x800...0x8FF: guard writeAPICMSR(number, value) else { throw Fault.GP(0) }
        case 0xC000_0080 where model.features.hasNX: try setEFER(value)
        case 0xC000_0081...0xC000_0103 where model.features.hasLongMode: try writeLongModeMSR(number, value)
        default: throw Fault.GP(0)
        }
    }
}
