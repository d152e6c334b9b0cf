import SoftFloat
import X86

/// The MMX, SSE and AVX registers and the memory operand while one instruction runs. A VEX form of an instruction is the same instruction, with a first
/// source apart from the destination and one or two halves of 128 bits. SDM Vol. 1, chapters 9 to 14; what each instruction does
/// is in `Semantics/MMX.swift`, `Semantics/SSE*.swift` and `Semantics/AVX*.swift`.
///
/// SAFETY: as for `Execute`.
struct SSEUnit {
    let r: Execute<AnyForm>

    @inline(__always) var core: CoreHandle { r.core }
    @inline(__always) var instruction: Instruction { r.op.pointee.instruction }
    @inline(__always) var immediate: UInt8 { UInt8(truncatingIfNeeded: instruction.immediate) }
    @inline(__always) var hasMMX: Bool { instruction.kind0 == .mmxRegister || instruction.kind1 == .mmxRegister }

    @inline(__always) var sse: UnsafeMutablePointer<SSEState> {
        (core.raw + MemoryLayout<CPUState>.offset(of: \CPUState.sse).unsafelyUnwrapped).assumingMemoryBound(to: SSEState.self)
    }

    @inline(__always) var avx: UnsafeMutablePointer<AVXState> {
        (core.raw + MemoryLayout<CPUState>.offset(of: \CPUState.avx).unsafelyUnwrapped).assumingMemoryBound(to: AVXState.self)
    }

    // MARK: Registers

    @inline(__always) func xmm(_ number: UInt8) -> XMM { sse.register(number).pointee }
    /// A VEX form makes the upper half of the YMM register zero, any other leaves it alone. SDM Vol. 1, section 14.1.1.
    @inline(__always) func setXMM(_ number: UInt8, _ value: XMM) {
        sse.register(number).pointee = value
        if instruction.isVEX { avx.register(number).pointee = XMM() }
    }
    /// The register as far as the instruction sees it: 128 bits or, with VEX.L, 256.
    @inline(__always) func ymm(_ number: UInt8) -> YMM {
        instruction.is256 ? YMM(xmm(number), avx.register(number).pointee) : YMM(xmm(number))
    }
    @inline(__always) func setYMM(_ number: UInt8, _ value: YMM) {
        sse.register(number).pointee = value.low
        if instruction.isVEX { avx.register(number).pointee = value.high }
    }

    /// An MMX register is the significand of the x87 register of its number, wherever TOP is.
    @inline(__always) func mmx(_ number: UInt8) -> UInt64 { core.x87.physical(number).pointee.significand }
    /// Writing sets sign and exponent to ones. SDM Vol. 1, section 9.6.2.
    @inline(__always) func setMMX(_ number: UInt8, _ value: UInt64) {
        core.x87.physical(number).pointee = Extended(significand: value, signExponent: 0xFFFF)
    }

    /// The first source: what VEX.vvvv names or, without VEX, the destination.
    @inline(__always) var first: YMM {
        let i = instruction
        if i.isVEX { return ymm(i.vvvv) }
        return YMM(i.kind0 == .mmxRegister ? XMM(low: mmx(i.register0)) : xmm(i.register0))
    }
    @inline(__always) func setDestination(_ value: XMM) {
        if instruction.kind0 == .mmxRegister {
            setMMX(instruction.register0, value.low)
        } else {
            setXMM(instruction.register0, value)
        }
    }
    @inline(__always) func setDestination(_ value: YMM) {
        if instruction.isVEX { setYMM(instruction.register0, value) } else { setDestination(value.low) }
    }
    /// The low lane of the destination; the others are those of the first source.
    @inline(__always) func setScalar(_ value: UInt32) {
        var register = firstXMM
        register.doubles[0] = value
        setXMM(instruction.register0, register)
    }
    @inline(__always) func setScalar(_ value: UInt64) { setXMM(instruction.register0, XMM(low: value, high: firstXMM.high)) }

    /// 128 bits of the first source, of an XMM register.
    @inline(__always) var firstXMM: XMM { xmm(instruction.isVEX ? instruction.vvvv : instruction.register0) }

    // MARK: Halves

    /// An operation on 128 bits, carried out on each half that there is.
    @inline(__always) func each(_ a: YMM, _ b: YMM, _ operation: (XMM, XMM) -> XMM) -> YMM {
        var result = YMM()
        for half in 0..<(instruction.is256 ? 2 : 1) { result[half] = operation(a[half], b[half]) }
        return result
    }
    @inline(__always) func each(_ a: YMM, _ operation: (XMM) -> XMM) -> YMM {
        var result = YMM()
        for half in 0..<(instruction.is256 ? 2 : 1) { result[half] = operation(a[half]) }
        return result
    }

    // MARK: Operand 1

    /// The whole source: 16 or 32 bytes in memory, the former aligned without VEX; 8 bytes for MMX.
    @inline(__always) func source() throws(Fault) -> YMM {
        switch instruction.kind1 {
        case .xmmRegister: ymm(instruction.register1)
        case .mmxRegister: YMM(XMM(low: mmx(instruction.register1)))
        default:
            if instruction.is256 {
                try load256(isAligned: false)
            } else {
                YMM(instruction.kind0 == .mmxRegister ? XMM(low: try r.operand1(Quadword.self)) : try source128())
            }
        }
    }

    /// A source of 128 bits, whatever VEX.L says.
    @inline(__always) func source128() throws(Fault) -> XMM {
        instruction.kind1 == .memory ? try load(isAligned: !instruction.isVEX) : xmm(instruction.register1)
    }

    /// A source of half the vector: 8 or 16 bytes.
    @inline(__always) func sourceHalf() throws(Fault) -> XMM {
        instruction.is256 ? try source128() : try source(Quadword.self)
    }

    /// A source whose memory form has fewer bytes; of a register all lanes come along.
    @inline(__always) func source<W: OperandWidth>(_ w: W.Type) throws(Fault) -> XMM {
        switch instruction.kind1 {
        case .xmmRegister: xmm(instruction.register1)
        case .mmxRegister: XMM(low: mmx(instruction.register1))
        default: XMM(low: try r.operand1(w))
        }
    }

    // MARK: 16 and 32 bytes in memory

    /// Linear address of the operand. Aligned operands that are not raise #GP(0) whatever AC says. SDM Vol. 1, section 10.4.1.1.
    @inline(__always)
    private func linear(_ access: Access, _ size: UInt64, isAligned: Bool) throws(Fault) -> UInt64 {
        let linear: UInt64
        if r.op.pointee.assumptions.contains(.flatMemory) {
            linear = r.effectiveAddress()
        } else {
            do throws(Fault) {
                linear = try core.linear(instruction.segment, r.effectiveAddress(), size, access)
            } catch {
                throw isAligned && error == .AC ? .GP(0) : error
            }
        }
        if isAligned && linear & (size &- 1) != 0 { throw Fault.GP(0) }
        return linear
    }

    @inline(__always) func load(isAligned: Bool) throws(Fault) -> XMM {
        try core.load128(try linear(.read, 16, isAligned: isAligned), r.op)
    }

    @inline(__always) func store(_ value: XMM, isAligned: Bool) throws(Fault) {
        try core.store128(try linear(.write, 16, isAligned: isAligned), value, r.op)
    }

    @inline(never) func load256(isAligned: Bool) throws(Fault) -> YMM {
        try core.load256(try linear(.read, 32, isAligned: isAligned), r.op)
    }

    @inline(never) func store(_ value: YMM, isAligned: Bool) throws(Fault) {
        try core.store256(try linear(.write, 32, isAligned: isAligned), value, r.op)
    }

    // MARK: Availability and exceptions

    /// #UD and #NM for SSE, and what MMX asks for where an MMX register takes part. SDM Vol. 3A, table 13-1.
    @inline(__always) func needSSE() throws(Fault) {
        let state = core.state
        if instruction.isVEX { return try needAVX() }
        if state.pointee.cr0.contains(.EM) || !state.pointee.cr4.contains(.OSFXSR) { throw Fault.UD }
        if state.pointee.cr0.contains(.TS) { throw Fault.NM }
        if hasMMX && state.pointee.x87.status.contains(.ES) { try reportPending() }
    }

    /// #UD and #NM for AVX. SDM Vol. 1, section 14.3; Vol. 2A, table 2-14.
    @inline(never) private func needAVX() throws(Fault) {
        let state = core.state
        guard state.pointee.cr4.contains(.OSXSAVE), state.pointee.avx.xcr0.isSuperset(of: [.SSE, .AVX]),
            !core.pointee.cpu.usesParagraphs
        else { throw Fault.UD }
        if state.pointee.cr0.contains(.TS) { throw Fault.NM }
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
