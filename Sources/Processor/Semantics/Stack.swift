import X86

extension Semantics {
    /// PUSH — SDM Vol. 2B. PUSH rSP pushes the value from before; an address of the operand uses the old rSP.
    @inline(__always)
    static func push<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try r.push(try r.operand0(w), w)
    }

    /// POP — SDM Vol. 2B. An address of the operand uses the new rSP; POP rSP ends with the value that was popped.
    @inline(__always)
    static func pop<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        if r.instruction.kind0 == .memory { return try r.callOut { cpu, r throws(Fault) in try cpu.popToMemory(r, w) } }
        let value = try r.pop(w)
        try r.setOperand0(value, w)
    }

    /// LEAVE — SDM Vol. 2A. rSP := rBP; rBP := pop.
    @inline(__always)
    static func leave<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let value = try r.frameTop(w)
        r.releaseFrame(W.bytes)
        r.setRegister(5, value, w)
    }
}

extension Semantics {
    /// PUSH of a segment register — SDM Vol. 2B.
    @inline(__always)
    static func pushSegment<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try r.push(r.selector(SegmentRegisterName(rawValue: r.instruction.register0).unsafelyUnwrapped), w)
    }
}

/// The stack instructions that do several things. SDM Vol. 2A and 2B.
extension CPU {
    /// POP to memory: the address is computed with the new rSP, and nothing changes when the store faults.
    func popToMemory<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let value = try r.top(w)
        let old = core.pointee.state.rsp
        r.drop(w)
        do throws(Fault) {
            try r.setOperand0(value, w)
        } catch {
            core.pointee.state.rsp = old
            throw error
        }
    }

    /// PUSHA, PUSHAD: SP is pushed as it was before.
    func pusha<W: OperandWidth>(_ w: W.Type) throws(Fault) {
        var stack = currentStack()
        let target = (core.pointee.state.rsp &- 8 &* W.bytes) & core.pointee.stackMask
        _ = try resolveStack(target, 8 &* W.bytes)
        for number in 0..<8 as Range<UInt8> { try stack.push(core.register(number, w), W.bytes) }
        commit(stack)
    }

    /// Checks rights for both ends of an area about to be pushed, so that a fault leaves memory alone.
    private func resolveStack(_ offset: UInt64, _ size: UInt64) throws(Fault) -> UInt64 {
        let linear = core.wrapped(core.window(.ss).pointee.base &+ offset)
        if core.pointee.state.cpl == 3 { return try resolve(linear, size, .write).first }
        return try resolveSystem(linear, size, .write).first
    }

    /// POPA, POPAD: the stored SP is skipped.
    func popa<W: OperandWidth>(_ w: W.Type) throws(Fault) {
        var stack = currentStack()
        var values: InlineArray<8, UInt64> = .init(repeating: 0)
        for number in 0..<8 { values[7 - number] = try stack.pop(W.bytes) }
        commit(stack)
        for number in 0..<8 where number != 4 { core.setRegister(UInt8(truncatingIfNeeded: number), values[number], w) }
    }

    /// ENTER size, level.
    func enter<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let size = r.instruction.immediate & 0xFFFF
        let level = UInt64(r.instruction.immediate2) & 0x1F
        var stack = currentStack()
        try stack.push(core.register(5, w), W.bytes)
        let frame = stack.pointer
        if level > 0 {
            let mask = core.pointee.stackMask
            var display = core.pointee.state.rbp
            for _ in 1..<level where level > 1 {
                display = (display & ~mask) | ((display &- W.bytes) & mask)
                try stack.push(try currentStack(at: display).peek(0, W.bytes), W.bytes)
            }
            try stack.push(frame, W.bytes)
        }
        stack.release(0 &- size)
        // The manual's last step: the stack must be writable where it ends.
        try stack.checkWritable()
        commit(stack)
        core.setRegister(5, (core.pointee.state.rbp & ~W.mask) | (frame & W.mask))
    }

    func popSegment<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let name = SegmentRegisterName(rawValue: r.instruction.register0).unsafelyUnwrapped
        let value = try r.top(w)
        // The size of the stack that is popped from, not of the one that POP SS brings.
        let pointer = core.pointee.state.rsp
        let mask = core.pointee.stackMask
        try loadSegment(name, UInt16(truncatingIfNeeded: value))
        core.pointee.state.rsp = (pointer & ~mask) | ((pointer &+ W.bytes) & mask)
        if name == .ss { beginStackShadow() }
    }
}
