import X86

/// State, fences and caches: EMMS, LDMXCSR, STMXCSR, CLFLUSH, LFENCE, MFENCE, SFENCE. SDM Vol. 1, sections 10.4.6 and 10.5.
///
/// Not emulated: MONITOR and MWAIT (no model has them), write combining (non-temporal stores are stores).
extension SSEUnit {
    func control() throws(Fault) {
        let i = instruction
        switch i.operation {
        case .lfence, .mfence, .sfence: break
        case .clflush: _ = try r.operand0(Byte.self)
        case .emms:
            try needMMX()
            core.state.pointee.x87.status.top = 0
            core.state.pointee.x87.occupied = 0
        case .ldmxcsr:
            try needSSE()
            let value = UInt32(truncatingIfNeeded: try r.operand0(Doubleword.self))
            guard value & ~core.pointee.cpu.model.mxcsrMask == 0 else { throw Fault.GP(0) }
            sse.pointee.mxcsr = MXCSR(rawValue: value)
        case .stmxcsr:
            try needSSE()
            try r.setOperand0(UInt64(sse.pointee.mxcsr.rawValue), Doubleword.self)
        case .fxsave: try saveState()
        case .fxrstor: try restoreState()
        case .xsave, .xsaveopt, .xsavec: try saveExtendedState()
        case .xrstor: try restoreExtendedState()
        case .vzeroupper, .vzeroall:
            try needSSE()
            for number in UInt8(0)..<(core.pointee.cpu.is64Bit ? 16 : 8) {
                if i.operation == .vzeroall { sse.register(number).pointee = XMM() }
                avx.register(number).pointee = XMM()
            }
        default: throw Fault.UD
        }
    }
}
