import X86

/// The MMX and SSE registers and the memory operand while one instruction runs. SDM Vol. 1, chapters 9 to 12; what each instruction does
/// is in `Semantics/MMX.swift` and `Semantics/SSE*.swift`.
///
/// SAFETY: as for `Execute`.
struct SSEUnit {
    let r: Execute<AnyForm>

    @inline(__always) var core: UnsafeMutablePointer<Core> { r.core }
    @inline(__always) var instruction: Instruction { r.op.pointee.instruction }
    @inline(__always) var immediate: UInt8 { UInt8(truncatingIfNeeded: instruction.immediate) }
    @inline(__always) var hasMMX: Bool { instruction.kind0 == .mmxRegister || instruction.kind1 == .mmxRegister }

    @inline(__always) var sse: UnsafeMutablePointer<SSEState> {
        (core.raw + MemoryLayout<CPUState>.offset(of: \CPUState.sse).unsafelyUnwrapped).assumingMemoryBound(to: SSEState.self)
    }

    // MARK: Registers

    @inline(__always) func xmm(_ number: UInt8) -> XMM { sse.register(number).pointee }
    @inline(__always) func setXMM(_ number: UInt8, _ value: XMM) { sse.register(number).pointee = value }

    /// An MMX register is the significand of the x87 register of its number, wherever TOP is.
    @inline(__always) func mmx(_ number: UInt8) -> UInt64 { core.x87.physical(number).pointee.significand }
    /// Writing sets sign and exponent to ones. SDM Vol. 1, section 9.6.2.
    @inline(__always) func setMMX(_ number: UInt8, _ value: UInt64) {
        core.x87.physical(number).pointee = Extended(significand: value, signExponent: 0xFFFF)
    }

    /// Destination register, with the upper half zero if it is an MMX register.
    @inline(__always) var destination: XMM {
        instruction.kind0 == .mmxRegister ? XMM(low: mmx(instruction.register0)) : xmm(instruction.register0)
    }
    @inline(__always) func setDestination(_ value: XMM) {
        if instruction.kind0 == .mmxRegister {
            setMMX(instruction.register0, value.low)
        } else {
            setXMM(instruction.register0, value)
        }
    }
    /// The low lane of the destination; the others stay.
    @inline(__always) func setScalar(_ value: UInt32) {
        var register = xmm(instruction.register0)
        register.doubles[0] = value
        setXMM(instruction.register0, register)
    }
    @inline(__always) func setScalar(_ value: UInt64) { sse.register(instruction.register0).pointee.low = value }

    // MARK: Operand 1

    /// The whole source: an aligned 16-byte operand in memory, 8 bytes for MMX.
    @inline(__always) func source() throws(Fault) -> XMM {
        switch instruction.kind1 {
        case .xmmRegister: xmm(instruction.register1)
        case .mmxRegister: XMM(low: mmx(instruction.register1))
        default: instruction.kind0 == .mmxRegister ? XMM(low: try r.operand1(Quadword.self)) : try load(isAligned: true)
        }
    }

    /// A source whose memory form has fewer bytes; of a register all lanes come along.
    @inline(__always) func source<W: OperandWidth>(_ w: W.Type) throws(Fault) -> XMM {
        switch instruction.kind1 {
        case .xmmRegister: xmm(instruction.register1)
        case .mmxRegister: XMM(low: mmx(instruction.register1))
        default: XMM(low: try r.operand1(w))
        }
    }

    // MARK: 16 bytes in memory

    /// Linear address of the operand. Aligned operands that are not raise #GP(0) whatever AC says. SDM Vol. 1, section 10.4.1.1.
    @inline(__always)
    private func linear(_ access: Access, isAligned: Bool) throws(Fault) -> UInt64 {
        let linear: UInt64
        if r.op.pointee.assumptions.contains(.flatMemory) {
            linear = r.effectiveAddress()
        } else {
            do throws(Fault) {
                linear = try core.linear(instruction.segment, r.effectiveAddress(), 16, access)
            } catch {
                throw isAligned && error == .AC ? .GP(0) : error
            }
        }
        if isAligned && linear & 15 != 0 { throw Fault.GP(0) }
        return linear
    }

    @inline(__always) func load(isAligned: Bool) throws(Fault) -> XMM {
        try core.load128(try linear(.read, isAligned: isAligned), r.op)
    }

    @inline(__always) func store(_ value: XMM, isAligned: Bool) throws(Fault) {
        try core.store128(try linear(.write, isAligned: isAligned), value, r.op)
    }

    // MARK: Availability and exceptions

    /// #UD and #NM for SSE, and what MMX asks for where an MMX register takes part. SDM Vol. 3A, table 13-1.
    @inline(__always) func needSSE() throws(Fault) {
        let state = core.state
        if state.pointee.cr0.contains(.EM) || !state.pointee.cr4.contains(.OSFXSR) { throw Fault.UD }
        if state.pointee.cr0.contains(.TS) { throw Fault.NM }
        if hasMMX && state.pointee.x87.status.contains(.ES) { try reportPending() }
    }

    /// #UD, #NM and #MF for MMX. SDM Vol. 3A, section 12.1.
    @inline(__always) func needMMX() throws(Fault) {
        let state = core.state
        if state.pointee.cr0.contains(.EM) { throw Fault.UD }
        if state.pointee.cr0.contains(.TS) { throw Fault.NM }
        if state.pointee.x87.status.contains(.ES) { try reportPending() }
    }

    private func reportPending() throws(Fault) { try X87Connection(r: r).reportNumericError() }

    /// Every MMX instruction but EMMS makes all registers valid and TOP zero. SDM Vol. 1, section 9.6.2.
    @inline(__always) func enterMMX() {
        core.state.pointee.x87.status.top = 0
        core.state.pointee.x87.occupied = 0xFF
    }

    /// Puts what an operation raised into MXCSR. #XM, or #UD without CR4.OSXMMEXCPT, when one of them is not masked; then the exceptions
    /// that are found after the operation are not looked at if one was found before. SDM Vol. 1, section 11.5.1.
    @inline(__always) func settle(_ context: FloatContext) throws(Fault) {
        if !context.raised.isEmpty { try settleRaised(context) }
    }

    @inline(never) private func settleRaised(_ context: FloatContext) throws(Fault) {
        let unmasked = context.unmasked
        // IE, DE, ZE
        let isEarly = unmasked.rawValue & 7 != 0
        sse.pointee.mxcsr.rawValue |= UInt32(truncatingIfNeeded: isEarly ? context.raised.rawValue & 7 : context.raised.rawValue)
        if unmasked.isEmpty { return }
        throw core.state.pointee.cr4.contains(.OSXMMEXCPT) ? .XM : .UD
    }
}
