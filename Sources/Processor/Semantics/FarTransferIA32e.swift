import X86

/// Far JMP, CALL, RET and IRET in IA-32e mode: code of 64, 32 and 16 bits, call gates of 16 bytes, and no tasks. SDM Vol. 2A and 2B, the pages of
/// these names; Vol. 3A, sections 5.8.3.1 and 5.8.5.1.
extension CPU {
    /// The code segment that a transfer enters, at `level`.
    private struct CodeTarget {
        var descriptor: Descriptor
        let selector: Selector
        let offset: UInt64

        var is64Bit: Bool { descriptor.isLong }
        var fault: Fault { .GP(selector.errorCode) }
    }

    /// L and D together are reserved. 64-bit code has to be entered at a canonical address, other code within its limit.
    private func checkForm(_ target: CodeTarget) throws(Fault) {
        guard !(target.descriptor.isLong && target.descriptor.isBig) else { throw target.fault }
    }

    private func checkOffset(_ target: CodeTarget) throws(Fault) {
        let isInside =
            target.is64Bit ? AddressSpace.isCanonical(target.offset) : target.offset <= UInt64(target.descriptor.limit)
        guard isInside else { throw Fault.GP(0) }
    }

    private func enter(_ target: CodeTarget, level: UInt8) {
        let selector = target.selector.rawValue & ~3 | UInt16(level)
        core.pointee.state.cs = target.descriptor.codeSegment(selector: selector, inIA32e: true)
        core.pointee.state.cpl = level
        core.pointee.state.rip = target.offset
        updateTransfer()
    }

    // MARK: JMP and CALL

    func jmpFarIA32e(_ rawSelector: UInt16, _ offset: UInt64) throws(Fault) {
        switch try farTarget(rawSelector, offset) {
        case .code(var target):
            try checkOffset(target)
            try setAccessed(&target.descriptor)
            enter(target, level: core.pointee.state.cpl)
        case .gate(var target):
            let code = target.descriptor
            guard code.isConforming ? code.DPL <= core.pointee.state.cpl : code.DPL == core.pointee.state.cpl else {
                throw target.fault
            }
            guard code.isPresent else { throw Fault.NP(target.selector.errorCode) }
            try checkOffset(target)
            try setAccessed(&target.descriptor)
            enter(target, level: core.pointee.state.cpl)
        }
    }

    func callFarIA32e(_ rawSelector: UInt16, _ offset: UInt64, _ size: UInt64) throws(Fault) {
        let state = core.state
        switch try farTarget(rawSelector, offset) {
        case .code(var target):
            var stack = currentStack()
            try stack.push(state.pointee.cs.selector, size)
            try stack.push(state.pointee.rip, size)
            try checkOffset(target)
            try setAccessed(&target.descriptor)
            commit(stack)
            enter(target, level: state.pointee.cpl)
        case .gate(var target):
            let code = target.descriptor
            guard code.DPL <= state.pointee.cpl else { throw target.fault }
            guard code.isPresent else { throw Fault.NP(target.selector.errorCode) }
            let isInner = !code.isConforming && code.DPL < state.pointee.cpl
            let level = isInner ? code.DPL : state.pointee.cpl
            var stack = try stackIA32e(level: level, isInner: isInner, IST: 0, EXT: 0)
            try checkOffset(target)
            if isInner {
                try stack.push(state.pointee.ss.selector, 8)
                try stack.push(state.pointee.rsp, 8)
            }
            try stack.push(state.pointee.cs.selector, 8)
            try stack.push(state.pointee.rip, 8)
            try setAccessed(&target.descriptor)
            if isInner { state.pointee.ss = .null(UInt16(level)) }
            commit(stack)
            enter(target, level: level)
        }
    }

    private enum FarTarget {
        /// A code segment that may be entered at the current level.
        case code(CodeTarget)
        /// A call gate's, which was checked itself, and leads to 64-bit code always.
        case gate(CodeTarget)
    }

    private func farTarget(_ rawSelector: UInt16, _ offset: UInt64) throws(Fault) -> FarTarget {
        let selector = Selector(rawSelector)
        guard !selector.isNull else { throw Fault.GP(0) }
        let fault = Fault.GP(selector.errorCode)
        guard let found = try wholeDescriptor(selector) else { throw fault }
        let cpl = core.pointee.state.cpl
        if found.isCode {
            let target = CodeTarget(descriptor: found, selector: selector, offset: offset)
            try checkForm(target)
            guard found.isConforming ? found.DPL <= cpl : found.DPL == cpl && selector.RPL <= cpl else { throw fault }
            guard found.isPresent else { throw Fault.NP(selector.errorCode) }
            return .code(target)
        }
        guard found.systemType == .callGate32, found.DPL >= max(cpl, selector.RPL) else { throw fault }
        guard found.isPresent else { throw Fault.NP(selector.errorCode) }
        let inner = Selector(found.gateSelector)
        guard !inner.isNull else { throw Fault.GP(0) }
        let code = try descriptor(inner, orFault: .GP(inner.errorCode))
        guard code.isCode, code.isLong, !code.isBig else { throw Fault.GP(inner.errorCode) }
        return .gate(CodeTarget(descriptor: code, selector: inner, offset: found.gateOffset))
    }

    /// The stack on which a gate of IA-32e mode pushes: one of the interrupt stack table, the one of an inner level, or the current one.
    /// SDM Vol. 3A, sections 6.14.4 and 6.14.5.
    func stackIA32e(level: UInt8, isInner: Bool, IST: UInt64, EXT: UInt16) throws(Fault) -> PendingStack {
        let state = core.state
        let pointer = IST != 0 || isInner ? try innerStackIA32e(level, IST: IST).orFault(0, EXT) : state.pointee.rsp
        return PendingStack(
            cpu: self, ss: state.pointee.ss, pointer: pointer, level: level, errorCode: EXT, is64Bit: true)
    }

    // MARK: RET and IRET

    func retFarIA32e(releasing bytes: UInt64, _ size: UInt64) throws(Fault) {
        var stack = currentStack()
        let offset = try stack.pop(size)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(size))
        try returnIA32e(stack, selector, offset, releasing: bytes, size, flags: nil)
    }

    /// IRET: 64-bit code always finds SS:RSP on the stack. A nested task cannot be.
    func iretIA32e(_ size: UInt64) throws(Fault) {
        guard !core.pointee.state.eflags.contains(.NT) else { throw Fault.GP(0) }
        var stack = currentStack()
        let offset = try stack.pop(size)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(size))
        let flags = try stack.pop(size)
        try returnIA32e(stack, selector, offset, releasing: 0, size, flags: flags)
    }

    private func returnIA32e(
        _ popped: PendingStack, _ rawSelector: UInt16, _ offset: UInt64, releasing bytes: UInt64, _ size: UInt64, flags: UInt64?
    ) throws(Fault) {
        let state = core.state
        var stack = popped
        let selector = Selector(rawSelector)
        guard !selector.isNull else { throw Fault.GP(0) }
        let fault = Fault.GP(selector.errorCode)
        let code = try descriptor(selector, orFault: fault)
        let cpl = state.pointee.cpl
        var target = CodeTarget(descriptor: code, selector: selector, offset: offset)
        guard code.isCode, selector.RPL >= cpl else { throw fault }
        try checkForm(target)
        guard code.isConforming ? code.DPL <= selector.RPL : code.DPL == selector.RPL else { throw fault }
        guard code.isPresent else { throw Fault.NP(selector.errorCode) }
        stack.release(bytes)
        if selector.RPL == cpl, flags == nil || !is64Bit {
            try checkOffset(target)
            try setAccessed(&target.descriptor)
            commit(stack)
            enter(target, level: cpl)
        } else {
            let pointer = try stack.pop(size)
            let ss = try stackSegment(
                UInt16(truncatingIfNeeded: try stack.pop(size)), level: selector.RPL, is64Bit: target.is64Bit)
            try checkOffset(target)
            try setAccessed(&target.descriptor)
            state.pointee.ss = ss
            let mask: UInt64 = target.is64Bit ? .max : ss.isBig ? 0xFFFF_FFFF : 0xFFFF
            // RET releases the parameters on the outer stack too.
            state.pointee.rsp = (state.pointee.rsp & ~mask) | ((pointer &+ (flags == nil ? bytes : 0)) & mask)
            enter(target, level: selector.RPL)
            if selector.RPL != cpl { dropInnerSegments() }
        }
        if let flags {
            setFlags(flags, size: size, oldLevel: cpl)
            updateTransfer()
        }
    }
}
