import SoftFloat
import X86

/// FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XSAVEC and XRSTOR. SDM Vol. 1, sections 10.5 and 13.4 to 13.10.
///
/// XSAVEOPT leaves out what is in its initial state and nothing else: what has not been modified is saved again.
extension SSEUnit {
    /// Places in the area. SDM Vol. 1, tables 10-2 and 13-1, section 13.4.2.
    private enum Area {
        static let legacySize: UInt64 = 512
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
        static let XSTATE_BV: UInt64 = 512
        static let XCOMP_BV: UInt64 = 520
        static let headerEnd: UInt64 = 576
        /// In both forms, for there is no component between SSE and AVX.
        static let upper: UInt64 = 576
        static let end: UInt64 = 832
    }

    /// Registers that there are: eight outside 64-bit mode.
    private var registers: Range<UInt8> { 0..<(core.pointee.cpu.is64Bit ? 16 : 8) }
    private var isWide: Bool { instruction.operandSize == .quadword }

    // MARK: FXSAVE, FXRSTOR

    /// Neither reports a pending x87 exception.
    private func beginLegacyArea(_ access: Access) throws(Fault) {
        if !core.state.pointee.cr0.isDisjoint(with: [.EM, .TS]) { throw Fault.NM }
        try beginArea(Area.legacySize, alignment: 16, access)
    }

    func saveState() throws(Fault) {
        try beginLegacyArea(.write)
        try saveX87()
        guard core.state.pointee.cr4.contains(.OSFXSR) else { return }
        try saveMXCSR()
        try saveXMM()
    }

    func restoreState() throws(Fault) {
        try beginLegacyArea(.read)
        let hasXMM = core.state.pointee.cr4.contains(.OSFXSR)
        let mxcsr = hasXMM ? try loadMXCSR() : []
        try restoreX87()
        guard hasXMM else { return }
        sse.pointee.mxcsr = mxcsr
        try restoreXMM()
    }

    // MARK: XSAVE, XRSTOR

    /// The components that the instruction asks for and XCR0 enables: RFBM of the manual.
    private func beginExtendedArea(_ access: Access) throws(Fault) -> XCR0 {
        let state = core.state
        guard state.pointee.cr4.contains(.OSXSAVE) else { throw Fault.UD }
        if state.pointee.cr0.contains(.TS) { throw Fault.NM }
        let asked = (state.pointee.rdx & 0xFFFF_FFFF) &<< 32 | state.pointee.rax & 0xFFFF_FFFF
        let components = state.pointee.avx.xcr0.intersection(XCR0(rawValue: asked))
        try beginArea(components.contains(.AVX) ? Area.end : Area.headerEnd, alignment: 64, access)
        return components
    }

    /// Components that are not in their initial state: XINUSE of the manual.
    private var used: XCR0 {
        let state = core.state
        var used: XCR0 = []
        var initial = X87State()
        initial.control = 0x37F
        initial.occupied = 0
        if state.pointee.x87 != initial { used.insert(.x87) }
        for number in registers {
            if xmm(number) != XMM() { used.insert(.SSE) }
            if avx.register(number).pointee != XMM() { used.insert(.AVX) }
        }
        return used
    }

    func saveExtendedState() throws(Fault) {
        let components = try beginExtendedArea(.write)
        let isCompacted = instruction.operation == .xsavec
        var present = used.intersection(components)
        if instruction.operation != .xsave, components.contains(.SSE), sse.pointee.mxcsr != .reset { present.insert(.SSE) }
        let old = isCompacted ? 0 : try load(Area.XSTATE_BV, Quadword.self)
        let saved = instruction.operation == .xsave ? components : present
        if saved.contains(.x87) { try saveX87() }
        if isCompacted ? saved.contains(.SSE) : !components.isDisjoint(with: [.SSE, .AVX]) { try saveMXCSR() }
        if saved.contains(.SSE) { try saveXMM() }
        if saved.contains(.AVX) {
            for number in registers { try store(avx.register(number).pointee, Area.upper &+ UInt64(number) &* 16) }
        }
        try store(old & ~components.rawValue | present.rawValue, Area.XSTATE_BV, Quadword.self)
        if isCompacted { try store(components.rawValue | 1 &<< 63, Area.XCOMP_BV, Quadword.self) }
    }

    func restoreExtendedState() throws(Fault) {
        let components = try beginExtendedArea(.read)
        let present = XCR0(rawValue: try load(Area.XSTATE_BV, Quadword.self))
        let format = try load(Area.XCOMP_BV, Quadword.self)
        let isCompacted = format &>> 63 != 0
        let enabled = core.state.pointee.avx.xcr0
        if isCompacted {
            let there = XCR0(rawValue: format & ~(1 &<< 63))
            guard core.pointee.cpu.model.features.instructions.contains(.XSAVEC), enabled.isSuperset(of: there),
                there.isSuperset(of: present), try isZero(Area.XCOMP_BV &+ 8, Area.headerEnd)
            else { throw Fault.GP(0) }
        } else {
            guard enabled.isSuperset(of: present), format == 0, try isZero(Area.XCOMP_BV &+ 8, Area.XCOMP_BV &+ 16) else {
                throw Fault.GP(0)
            }
        }
        let loaded = present.intersection(components)
        // In the standard form MXCSR does not depend on XSTATE_BV. SDM Vol. 1, section 13.8.1.
        var mxcsr = sse.pointee.mxcsr
        if isCompacted {
            if components.contains(.SSE) { mxcsr = present.contains(.SSE) ? try loadMXCSR() : .reset }
        } else if !components.isDisjoint(with: [.SSE, .AVX]) {
            mxcsr = try loadMXCSR()
        }
        if loaded.contains(.x87) { try restoreX87() } else if components.contains(.x87) { initializeX87() }
        sse.pointee.mxcsr = mxcsr
        if loaded.contains(.SSE) {
            try restoreXMM()
        } else if components.contains(.SSE) {
            for number in registers { sse.register(number).pointee = XMM() }
        }
        guard components.contains(.AVX) else { return }
        for number in registers {
            avx.register(number).pointee = loaded.contains(.AVX) ? try load(Area.upper &+ UInt64(number) &* 16) : XMM()
        }
    }

    private func isZero(_ start: UInt64, _ end: UInt64) throws(Fault) -> Bool {
        var any: UInt64 = 0
        for offset in stride(from: start, to: end, by: 8) { any |= try load(offset, Quadword.self) }
        return any == 0
    }

    // MARK: The area

    /// Checks all of it, so that nothing faults half-way.
    private func beginArea(_ size: UInt64, alignment: UInt64, _ access: Access) throws(Fault) {
        let first = r.effectiveAddress()
        let linear: UInt64
        do throws(Fault) {
            linear = try core.linear(instruction.segment, first, 16, access)
        } catch {
            throw error == .AC ? .GP(0) : error
        }
        if linear & (alignment &- 1) != 0 { throw Fault.GP(0) }
        if place(size &- 1) > first {
            _ = try core.linear(instruction.segment, place(size &- 1), 1, access)
            _ = try core.pointee.cpu.resolve(linear, size, access)
            return
        }
        // Real-address and virtual-8086 mode: no byte of the operand is beyond FFFFh. SDM Vol. 2A, "FXSAVE".
        if core.pointee.cpu.usesParagraphs { throw instruction.segment == .ss ? .SS(0) : .GP(0) }
        for offset in stride(from: 0, to: size, by: 16) {
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
    private func store(_ value: XMM, _ offset: UInt64) throws(Fault) {
        try store(value.low, offset, Quadword.self)
        try store(value.high, offset &+ 8, Quadword.self)
    }
    private func load(_ offset: UInt64) throws(Fault) -> XMM {
        let low = try load(offset, Quadword.self)
        return XMM(low: low, high: try load(offset &+ 8, Quadword.self))
    }

    // MARK: Components

    private func saveX87() throws(Fault) {
        let x87 = core.state.pointee.x87
        try store(UInt64(x87.control), Area.control, Word.self)
        try store(UInt64(x87.status.rawValue), Area.status, Word.self)
        try store(UInt64(x87.occupied), Area.tags, Word.self)
        try store(UInt64(x87.FOP & 0x7FF), Area.FOP, Word.self)
        if isWide {
            try store(x87.FIP, Area.FIP, Quadword.self)
            try store(x87.FDP, Area.FDP, Quadword.self)
        } else {
            try store(x87.FIP & 0xFFFF_FFFF, Area.FIP, Doubleword.self)
            try store(UInt64(x87.FCS), Area.FCS, Doubleword.self)
            try store(x87.FDP & 0xFFFF_FFFF, Area.FDP, Doubleword.self)
            try store(UInt64(x87.FDS), Area.FDS, Doubleword.self)
        }
        for index in UInt8(0)..<8 {
            let register = core.x87.physical(x87.status.top &+ index).pointee
            try store(register.significand, Area.stack &+ UInt64(index) &* 16, Quadword.self)
            try store(UInt64(register.signExponent), Area.stack &+ UInt64(index) &* 16 &+ 8, Quadword.self)
        }
    }

    private func restoreX87() throws(Fault) {
        let status = X87Status(rawValue: UInt16(truncatingIfNeeded: try load(Area.status, Word.self)))
        core.x87.pointee.control = UInt16(truncatingIfNeeded: try load(Area.control, Word.self)) & 0x1F3F | 0x40
        core.x87.pointee.status = status
        core.x87.pointee.occupied = UInt8(truncatingIfNeeded: try load(Area.tags, Byte.self))
        core.x87.pointee.FOP = UInt16(truncatingIfNeeded: try load(Area.FOP, Word.self)) & 0x7FF
        if isWide {
            core.x87.pointee.FIP = try load(Area.FIP, Quadword.self)
            core.x87.pointee.FDP = try load(Area.FDP, Quadword.self)
        } else {
            core.x87.pointee.FIP = try load(Area.FIP, Doubleword.self)
            core.x87.pointee.FCS = UInt16(truncatingIfNeeded: try load(Area.FCS, Word.self))
            core.x87.pointee.FDP = try load(Area.FDP, Doubleword.self)
            core.x87.pointee.FDS = UInt16(truncatingIfNeeded: try load(Area.FDS, Word.self))
        }
        for index in UInt8(0)..<8 {
            let significand = try load(Area.stack &+ UInt64(index) &* 16, Quadword.self)
            let signExponent = try load(Area.stack &+ UInt64(index) &* 16 &+ 8, Word.self)
            core.x87.physical(status.top &+ index).pointee = Extended(
                significand: significand, signExponent: UInt16(truncatingIfNeeded: signExponent))
        }
        core.x87.pointee.updateSummary()
        core.updateFERR(r.op)
    }

    private func initializeX87() {
        core.x87.pointee = X87State()
        core.x87.pointee.control = 0x37F
        core.x87.pointee.occupied = 0
        core.updateFERR(r.op)
    }

    private func saveMXCSR() throws(Fault) {
        try store(UInt64(sse.pointee.mxcsr.rawValue), Area.MXCSR, Doubleword.self)
        try store(UInt64(core.pointee.cpu.model.mxcsrMask), Area.MXCSRMask, Doubleword.self)
    }

    private func loadMXCSR() throws(Fault) -> MXCSR {
        let value = UInt32(truncatingIfNeeded: try load(Area.MXCSR, Doubleword.self))
        guard value & ~core.pointee.cpu.model.mxcsrMask == 0 else { throw Fault.GP(0) }
        return MXCSR(rawValue: value)
    }

    private func saveXMM() throws(Fault) {
        for number in registers { try store(xmm(number), Area.xmm &+ UInt64(number) &* 16) }
    }

    private func restoreXMM() throws(Fault) {
        for number in registers { sse.register(number).pointee = try load(Area.xmm &+ UInt64(number) &* 16) }
    }
}
