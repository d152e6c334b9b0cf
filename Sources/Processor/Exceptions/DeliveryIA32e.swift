import X86

/// Interrupts and exceptions in IA-32e mode. SDM Vol. 3A, section 6.14; Vol. 2A, "INT n/INTO/INT3/INT1".
extension CPU {
    /// Through a gate of 16 bytes to 64-bit code. SS:RSP is pushed always, on a stack aligned to 16 bytes.
    func deliverIA32e(_ vector: UInt8, errorCode: UInt32?, _ source: Source, _ image: EFLAGS) throws(Fault) {
        let state = core.state
        let EXT = source.EXT
        let index = UInt16(vector) &* 8
        let invalid = Fault.GP(index | 2 | EXT)
        guard UInt32(vector) &* 16 &+ 15 <= UInt32(state.pointee.idtr.limit) else { throw invalid }
        let address = wrappedSystem(state.pointee.idtr.base &+ UInt64(vector) &* 16)
        var gate = Descriptor(raw: try readSystem(address, 8), address: address)
        gate.high = try readSystem(wrappedSystem(address &+ 8), 8)
        guard gate.systemType == .interruptGate32 || gate.systemType == .trapGate32, gate.high & 0x1F00_0000_0000 == 0 else {
            throw invalid
        }
        if case .software = source, gate.DPL < state.pointee.cpl { throw Fault.GP(index | 2) }
        guard gate.isPresent else { throw Fault.NP(index | 2 | EXT) }
        if interceptsExceptions {
            intercepted = Fault(vector)
            return
        }
        let selector = Selector(gate.gateSelector)
        guard !selector.isNull else { throw Fault.GP(EXT) }
        var code = try descriptor(selector, orFault: .GP(selector.errorCode | EXT))
        guard code.isCode, code.DPL <= state.pointee.cpl, code.isLong, !code.isBig else {
            throw Fault.GP(selector.errorCode | EXT)
        }
        guard code.isPresent else { throw Fault.NP(selector.errorCode | EXT) }
        let isInner = !code.isConforming && code.DPL < state.pointee.cpl
        let level = isInner ? code.DPL : state.pointee.cpl
        var stack = try stackIA32e(level: level, isInner: isInner, IST: gate.IST, EXT: EXT)
        guard AddressSpace.isCanonical(gate.gateOffset) else { throw Fault.GP(EXT) }
        stack.align()
        try stack.push(state.pointee.ss.selector, 8)
        try stack.push(state.pointee.rsp, 8)
        try stack.push(UInt64(image.rawValue), 8)
        try stack.push(state.pointee.cs.selector, 8)
        try stack.push(state.pointee.rip, 8)
        if let errorCode { try stack.push(UInt64(errorCode), 8) }
        try setAccessed(&code)

        if isInner { state.pointee.ss = .null(UInt16(level)) }
        state.pointee.rsp = stack.pointer
        state.pointee.cs = code.codeSegment(selector: selector.rawValue & ~3 | UInt16(level), inIA32e: true)
        state.pointee.cpl = level
        state.pointee.rip = gate.gateOffset
        state.pointee.eflags.subtract(gate.systemType == .interruptGate32 ? [.TF, .VM, .RF, .NT, .IF] : [.TF, .VM, .RF, .NT])
        updateTransfer()
    }
}
