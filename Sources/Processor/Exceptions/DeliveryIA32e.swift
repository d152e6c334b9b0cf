import X86

/// Interrupts and exceptions in IA-32e mode. SDM Vol. 3A, section 6.14; Vol. 2A, "INT n/INTO/INT3/INT1".
extension CPU {
    /// Through a gate of 16 bytes to 64-bit code. SS:RSP is pushed always, on a stack aligned to 16 bytes.
    func deliverIA32e(_ vector: UInt8, errorCode: UInt32?, _ source: Source, _ image: EFLAGS) throws(Fault) {
        let state = core.state
        let EXT = source.EXT
        let gate = try gate(vector, isSoftware: source == .software).orFault(vector, EXT)
        if interceptsExceptions {
            intercepted = Fault(vector)
            return
        }
        var code = try handlerCode(gate).orFault(vector, EXT)
        let isInner = !code.isConforming && code.DPL < state.pointee.cpl
        let level = isInner ? code.DPL : state.pointee.cpl
        var stack = try stackIA32e(level: level, isInner: isInner, IST: gate.IST, EXT: EXT)
        if let refusal = refusalOfOffset(gate, code) { throw refusal.fault(vector, EXT) }
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
        state.pointee.cs = code.codeSegment(selector: gate.gateSelector & ~3 | UInt16(level), inIA32e: true)
        state.pointee.cpl = level
        state.pointee.rip = gate.gateOffset
        state.pointee.eflags.subtract(gate.clearedFlags)
        updateTransfer()
    }
}
