import X86

/// RDMSR and WRMSR, and the time-stamp counter. SDM Vol. 4; P6 family registers.
extension CPU {
    /// IA32_TIME_STAMP_COUNTER: the clock's ticks plus what WRMSR made of it.
    func timeStampCounter(_ op: UnsafeMutablePointer<Op>) -> UInt64 {
        core.pointee.ticks &+ UInt64(op.pointee.index) &+ core.pointee.state.msr.tscOffset
    }

    func readMSR(_ number: UInt32, _ op: UnsafeMutablePointer<Op>) throws(Fault) -> UInt64 {
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
        case 0x119 where model.isP6: return 0
        case 0x174 where model.features.hasSEP: return msr.sysenterCS
        case 0x175 where model.features.hasSEP: return msr.sysenterESP
        case 0x176 where model.features.hasSEP: return msr.sysenterEIP
        case 0x179, 0x17A: if model.isP6 { return 0 }
        case 0x1A0 where model.hasMiscEnable: return msr.miscEnable
        case 0x1D9 where model.isP6: return msr.debugControl
        case 0xC000_0080 where model.features.hasNX: return UInt64(core.pointee.state.efer.rawValue)
        default: break
        }
        throw Fault.GP(0)
    }

    func writeMSR(_ number: UInt32, _ value: UInt64, _ op: UnsafeMutablePointer<Op>) throws(Fault) {
        let state = core.state
        switch number {
        case 0x10:
            // SDM Vol. 3B, section 17.17.3: before family 0Fh, model 03h and family 06h, model 0Eh only the lower half is taken.
            let taken = model.takesWholeTSC ? value : value & 0xFFFF_FFFF
            state.pointee.msr.tscOffset = taken &- core.pointee.ticks &- UInt64(op.pointee.index)
        case 0x00, 0x01: break
        case 0x1B where model.isP6: state.pointee.msr.apicBase = value
        case 0x2A where model.isP6: break
        case 0x79 where model.isP6: break
        case 0x8B where model.isP6: state.pointee.msr.biosSignID = value
        case 0xC1 where model.isP6, 0xC2 where model.isP6, 0x186 where model.isP6, 0x187 where model.isP6: break
        case 0x119 where model.isP6: break
        case 0x174 where model.features.hasSEP: state.pointee.msr.sysenterCS = value & 0xFFFF_FFFF
        case 0x175 where model.features.hasSEP: state.pointee.msr.sysenterESP = value & 0xFFFF_FFFF
        case 0x176 where model.features.hasSEP: state.pointee.msr.sysenterEIP = value & 0xFFFF_FFFF
        case 0x179 where model.isP6, 0x17A where model.isP6: break
        case 0x1A0 where model.hasMiscEnable:
            guard value & ~ModelSpecificRegisters.miscEnableBits == 0 else { throw Fault.GP(0) }
            state.pointee.msr.miscEnable = (value & 1) | (ModelSpecificRegisters.miscEnableBits & ~1)
        case 0x1D9 where model.isP6: state.pointee.msr.debugControl = value & 0x7F
        case 0xC000_0080 where model.features.hasNX:
            guard value & ~UInt64(EFER.NXE.rawValue) == 0 else { throw Fault.GP(0) }
            core.pointee.state.efer = EFER(rawValue: UInt32(truncatingIfNeeded: value))
            updatePaging()
            flushTLB(keepingGlobal: false)
        default: throw Fault.GP(0)
        }
    }
}
