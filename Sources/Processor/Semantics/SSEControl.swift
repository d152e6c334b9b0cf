import X86

/// State, fences and caches: EMMS, FXSAVE, FXRSTOR, LDMXCSR, STMXCSR, CLFLUSH, LFENCE, MFENCE, SFENCE. SDM Vol. 1, sections 10.4.6 and 10.5.
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
        default: throw Fault.UD
        }
    }

    // MARK: The 512-byte area

    /// Places in the area. SDM Vol. 1, table 10-2.
    private enum Area {
        static let size: UInt64 = 512
        static let control: UInt64 = 0
        static let status: UInt64 = 2
        static let tags: UInt64 = 4
        static let FOP: UInt64 = 6
        static let FIP: UInt64 = 8
        static let FCS: UInt64 = 12
        static let FDP: UInt64 = 16
        static let FDS: UInt64 = 20
        static let MXCSR: UInt64 = 24
        static let MXCSRMask: UInt64 = 28
        static let stack: UInt64 = 32
        static let xmm: UInt64 = 160
    }

    /// Neither reports a pending x87 exception.
    private func beginArea(_ access: Access) throws(Fault) {
        let cr0 = core.state.pointee.cr0
        if !cr0.isDisjoint(with: [.EM, .TS]) { throw Fault.NM }
        let first = r.effectiveAddress()
        let linear: UInt64
        do throws(Fault) {
            linear = try core.linear(instruction.segment, first, 16, access)
        } catch {
            throw error == .AC ? .GP(0) : error
        }
        if linear & 15 != 0 { throw Fault.GP(0) }
        if place(Area.size &- 1) > first {
            _ = try core.linear(instruction.segment, place(Area.size &- 1), 1, access)
            _ = try core.pointee.cpu.resolve(linear, Area.size, access)
            return
        }
        // Real-address and virtual-8086 mode: no byte of the operand is beyond FFFFh. SDM Vol. 2A, "FXSAVE".
        if core.pointee.cpu.usesParagraphs { throw instruction.segment == .ss ? .SS(0) : .GP(0) }
        for offset in stride(from: 0, to: Area.size, by: 16) {
            _ = try core.pointee.cpu.resolve(try core.linear(instruction.segment, place(offset), 16, access), 16, access)
        }
    }

    /// The area is in sixteens: the address of each wraps at the address size, its bytes follow each other.
    private func place(_ offset: UInt64) -> UInt64 { r.addressSum(r.effectiveAddress(), offset & ~15) &+ (offset & 15) }
    private func store<W: OperandWidth>(_ value: UInt64, _ offset: UInt64, _ w: W.Type) throws(Fault) {
        try r.store(instruction.segment, place(offset), value, w)
    }
    private func load<W: OperandWidth>(_ offset: UInt64, _ w: W.Type) throws(Fault) -> UInt64 {
        try r.load(instruction.segment, place(offset), w)
    }

    private func saveState() throws(Fault) {
        try beginArea(.write)
        let x87 = core.state.pointee.x87
        try store(UInt64(x87.control), Area.control, Word.self)
        try store(UInt64(x87.status.rawValue), Area.status, Word.self)
        try store(UInt64(x87.occupied), Area.tags, Word.self)
        try store(UInt64(x87.FOP & 0x7FF), Area.FOP, Word.self)
        try store(x87.FIP & 0xFFFF_FFFF, Area.FIP, Doubleword.self)
        try store(UInt64(x87.FCS), Area.FCS, Doubleword.self)
        try store(x87.FDP & 0xFFFF_FFFF, Area.FDP, Doubleword.self)
        try store(UInt64(x87.FDS), Area.FDS, Doubleword.self)
        for index in UInt8(0)..<8 {
            let register = core.x87.physical(x87.status.top &+ index).pointee
            try store(register.significand, Area.stack &+ UInt64(index) &* 16, Quadword.self)
            try store(UInt64(register.signExponent), Area.stack &+ UInt64(index) &* 16 &+ 8, Quadword.self)
        }
        guard core.state.pointee.cr4.contains(.OSFXSR) else { return }
        try store(UInt64(sse.pointee.mxcsr.rawValue), Area.MXCSR, Doubleword.self)
        try store(UInt64(core.pointee.cpu.model.mxcsrMask), Area.MXCSRMask, Doubleword.self)
        for number in UInt8(0)..<8 {
            try store(xmm(number).low, Area.xmm &+ UInt64(number) &* 16, Quadword.self)
            try store(xmm(number).high, Area.xmm &+ UInt64(number) &* 16 &+ 8, Quadword.self)
        }
    }

    private func restoreState() throws(Fault) {
        try beginArea(.read)
        let hasXMM = core.state.pointee.cr4.contains(.OSFXSR)
        let mxcsr = UInt32(truncatingIfNeeded: try load(Area.MXCSR, Doubleword.self))
        if hasXMM && mxcsr & ~core.pointee.cpu.model.mxcsrMask != 0 { throw Fault.GP(0) }
        let status = X87Status(rawValue: UInt16(truncatingIfNeeded: try load(Area.status, Word.self)))
        core.x87.pointee.control = UInt16(truncatingIfNeeded: try load(Area.control, Word.self)) & 0x1F3F | 0x40
        core.x87.pointee.status = status
        core.x87.pointee.occupied = UInt8(truncatingIfNeeded: try load(Area.tags, Byte.self))
        core.x87.pointee.FOP = UInt16(truncatingIfNeeded: try load(Area.FOP, Word.self)) & 0x7FF
        core.x87.pointee.FIP = try load(Area.FIP, Doubleword.self)
        core.x87.pointee.FCS = UInt16(truncatingIfNeeded: try load(Area.FCS, Word.self))
        core.x87.pointee.FDP = try load(Area.FDP, Doubleword.self)
        core.x87.pointee.FDS = UInt16(truncatingIfNeeded: try load(Area.FDS, Word.self))
        for index in UInt8(0)..<8 {
            let significand = try load(Area.stack &+ UInt64(index) &* 16, Quadword.self)
            let signExponent = try load(Area.stack &+ UInt64(index) &* 16 &+ 8, Word.self)
            core.x87.physical(status.top &+ index).pointee = Extended(
                significand: significand, signExponent: UInt16(truncatingIfNeeded: signExponent))
        }
        core.x87.pointee.updateSummary()
        core.updateFERR(r.op)
        guard hasXMM else { return }
        sse.pointee.mxcsr = MXCSR(rawValue: mxcsr)
        for number in UInt8(0)..<8 {
            let low = try load(Area.xmm &+ UInt64(number) &* 16, Quadword.self)
            setXMM(number, XMM(low: low, high: try load(Area.xmm &+ UInt64(number) &* 16 &+ 8, Quadword.self)))
        }
    }
}
