import X86

/// Far JMP, CALL, RET and IRET. SDM Vol. 2A, "CALL", "JMP", "IRET"; Vol. 2B, "RET"; Vol. 3A, section 5.8.
extension CPU {
    // MARK: JMP and CALL

    func jmpFar<W: OperandWidth>(_ selector: UInt16, _ offset: UInt64, _ w: W.Type) throws(Fault) {
        if usesParagraphs {
            guard offset <= UInt64(core.pointee.state.cs.limit) else { throw Fault.GP(0) }
            return loadCodeParagraph(selector, offset)
        }
        if isIA32e { return try jmpFarIA32e(selector, offset) }
        let target = Selector(selector)
        guard !target.isNull else { throw Fault.GP(0) }
        let fault = Fault.GP(target.errorCode)
        let found = try descriptor(target, orFault: fault)
        if found.isCode { return try jmpToCode(found, target, offset, checksRPL: true) }
        switch found.systemType {
        case .callGate16, .callGate32:
            try checkGate(found, target)
            let inner = Selector(found.gateSelector)
            guard !inner.isNull else { throw Fault.GP(0) }
            let code = try descriptor(inner, orFault: .GP(inner.errorCode))
            guard code.isCode else { throw Fault.GP(inner.errorCode) }
            try jmpToCode(code, inner, found.gateOffset, checksRPL: false)
        case .taskGate: try throughTaskGate(found, target, .jump)
        case .availableTSS16, .availableTSS32: try toTask(found, target, .jump)
        default: throw fault
        }
    }

    private func jmpToCode(_ found: Descriptor, _ selector: Selector, _ offset: UInt64, checksRPL: Bool) throws(Fault) {
        var code = found
        try checkSameLevel(code, selector, checksRPL: checksRPL)
        guard offset <= UInt64(code.limit) else { throw Fault.GP(0) }
        try setAccessed(&code)
        loadCode(code, selector, level: core.pointee.state.cpl, offset)
    }

    /// A code segment that may be entered without changing the level.
    private func checkSameLevel(_ code: Descriptor, _ selector: Selector, checksRPL: Bool) throws(Fault) {
        let cpl = core.pointee.state.cpl
        let isAllowed = code.isConforming ? code.DPL <= cpl : code.DPL == cpl && (!checksRPL || selector.RPL <= cpl)
        guard isAllowed else { throw Fault.GP(selector.errorCode) }
        guard code.isPresent else { throw Fault.NP(selector.errorCode) }
    }

    private func checkGate(_ gate: Descriptor, _ selector: Selector) throws(Fault) {
        guard gate.DPL >= max(core.pointee.state.cpl, selector.RPL) else { throw Fault.GP(selector.errorCode) }
        guard gate.isPresent else { throw Fault.NP(selector.errorCode) }
    }

    func loadCode(_ code: Descriptor, _ selector: Selector, level: UInt8, _ offset: UInt64) {
        core.pointee.state.cs = code.segmentRegister(selector: selector.rawValue & ~3 | UInt16(level))
        core.pointee.state.cpl = level
        core.pointee.state.rip = offset
        updateTransfer()
    }

    private func throughTaskGate(_ gate: Descriptor, _ selector: Selector, _ reason: TaskSwitch) throws(Fault) {
        try checkGate(gate, selector)
        try enterTask(try task(of: gate).orFault(0), Selector(gate.gateSelector), reason)
    }

    private func toTask(_ tss: Descriptor, _ selector: Selector, _ reason: TaskSwitch) throws(Fault) {
        guard !selector.isLocal, tss.DPL >= max(core.pointee.state.cpl, selector.RPL) else { throw Fault.GP(selector.errorCode) }
        guard tss.isPresent else { throw Fault.NP(selector.errorCode) }
        try enterTask(tss, selector, reason)
    }

    private func enterTask(_ tss: Descriptor, _ selector: Selector, _ reason: TaskSwitch) throws(Fault) {
        try switchTask(to: tss, selector: selector.rawValue, reason, savedFlags: eflags, EXT: 0)
        guard core.pointee.state.rip <= UInt64(core.pointee.state.cs.limit) else { throw Fault.GP(0) }
    }

    func callFar<W: OperandWidth>(_ selector: UInt16, _ offset: UInt64, _ w: W.Type) throws(Fault) {
        if usesParagraphs {
            guard offset <= UInt64(core.pointee.state.cs.limit) else { throw Fault.GP(0) }
            try pushReturn(W.bytes)
            return loadCodeParagraph(selector, offset)
        }
        if isIA32e { return try callFarIA32e(selector, offset, W.bytes) }
        let target = Selector(selector)
        guard !target.isNull else { throw Fault.GP(0) }
        let fault = Fault.GP(target.errorCode)
        let found = try descriptor(target, orFault: fault)
        if found.isCode {
            var code = found
            try checkSameLevel(code, target, checksRPL: true)
            // Silicon writes the return address before it looks at the limit; rSP stays when that fails.
            let stack = try returnPushed(W.bytes)
            guard offset <= UInt64(code.limit) else { throw Fault.GP(0) }
            try setAccessed(&code)
            commit(stack)
            return loadCode(code, target, level: core.pointee.state.cpl, offset)
        }
        switch found.systemType {
        case .callGate16, .callGate32:
            try checkGate(found, target)
            try callThrough(found)
        case .taskGate: try throughTaskGate(found, target, .call)
        case .availableTSS16, .availableTSS32: try toTask(found, target, .call)
        default: throw fault
        }
    }

    private func pushReturn(_ size: UInt64) throws(Fault) { commit(try returnPushed(size)) }

    /// The current stack with CS:RIP on it, to be committed.
    private func returnPushed(_ size: UInt64) throws(Fault) -> PendingStack {
        var stack = currentStack()
        try stack.push(core.pointee.state.cs.selector, size)
        try stack.push(core.pointee.state.rip, size)
        return stack
    }

    /// A call gate that was checked itself. SDM Vol. 3A, sections 5.8.3 to 5.8.5.
    private func callThrough(_ gate: Descriptor) throws(Fault) {
        let state = core.state
        let selector = Selector(gate.gateSelector)
        guard !selector.isNull else { throw Fault.GP(0) }
        let fault = Fault.GP(selector.errorCode)
        var code = try descriptor(selector, orFault: fault)
        guard code.isCode, code.DPL <= state.pointee.cpl else { throw fault }
        guard code.isPresent else { throw Fault.NP(selector.errorCode) }
        let size: UInt64 = gate.isGate32 ? 4 : 2
        guard code.isConforming || code.DPL == state.pointee.cpl else { return try callInner(gate, code, selector, size) }
        guard gate.gateOffset <= UInt64(code.limit) else { throw Fault.GP(0) }
        try setAccessed(&code)
        try pushReturn(size)
        loadCode(code, selector, level: state.pointee.cpl, gate.gateOffset)
    }

    private func callInner(_ gate: Descriptor, _ found: Descriptor, _ selector: Selector, _ size: UInt64) throws(Fault) {
        let state = core.state
        var code = found
        var stack = try innerStack(code.DPL, 0)
        guard gate.gateOffset <= UInt64(code.limit) else { throw Fault.GP(0) }
        let outer = currentStack()
        try stack.push(state.pointee.ss.selector, size)
        try stack.push(state.pointee.rsp, size)
        var index = gate.gateCount
        while index > 0 {
            index &-= 1
            try stack.push(try outer.peek(index &* size, size), size)
        }
        try stack.push(state.pointee.cs.selector, size)
        try stack.push(state.pointee.rip, size)
        try setAccessed(&code)
        state.pointee.ss = stack.ss
        state.pointee.rsp = stack.pointer
        loadCode(code, selector, level: code.DPL, gate.gateOffset)
    }

    // MARK: RET

    func jmpFarIndirect<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let (offset, selector) = try farPointer(r, w)
        try jmpFar(selector, offset, w)
    }

    func callFarIndirect<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let (offset, selector) = try farPointer(r, w)
        try callFar(selector, offset, w)
    }

    /// Operand 0 is the number of bytes to release behind the return address.
    func retFar<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        try retFar(releasing: r.instruction.kind0 == .immediate ? r.instruction.immediate & 0xFFFF : 0, w)
    }

    private func retFar<W: OperandWidth>(releasing bytes: UInt64, _ w: W.Type) throws(Fault) {
        if isIA32e { return try retFarIA32e(releasing: bytes, W.bytes) }
        var stack = currentStack()
        let offset = try stack.pop(W.bytes)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(W.bytes))
        if usesParagraphs {
            guard offset <= UInt64(core.pointee.state.cs.limit) else { throw Fault.GP(0) }
            stack.release(bytes)
            commit(stack)
            return loadCodeParagraph(selector, offset)
        }
        try returnProtected(stack, selector, offset, releasing: bytes, W.bytes, flags: nil)
    }

    /// The part that RET and IRET share: to the same or an outer level. `flags` is the popped image of IRET and its size.
    private func returnProtected(
        _ popped: PendingStack, _ rawSelector: UInt16, _ offset: UInt64, releasing bytes: UInt64, _ size: UInt64,
        flags: UInt64?
    ) throws(Fault) {
        let state = core.state
        var stack = popped
        let selector = Selector(rawSelector)
        guard !selector.isNull else { throw Fault.GP(0) }
        let fault = Fault.GP(selector.errorCode)
        var code = try descriptor(selector, orFault: fault)
        let cpl = state.pointee.cpl
        guard code.isCode, selector.RPL >= cpl else { throw fault }
        guard code.isConforming ? code.DPL <= selector.RPL : code.DPL == selector.RPL else { throw fault }
        guard code.isPresent else { throw Fault.NP(selector.errorCode) }
        if selector.RPL == cpl {
            guard offset <= UInt64(code.limit) else { throw Fault.GP(0) }
            try setAccessed(&code)
            stack.release(bytes)
            commit(stack)
            loadCode(code, selector, level: cpl, offset)
        } else {
            stack.release(bytes)
            let newPointer = try stack.pop(size)
            let newSelector = Selector(UInt16(truncatingIfNeeded: try stack.pop(size)))
            guard !newSelector.isNull else { throw Fault.GP(0) }
            let stackFault = Fault.GP(newSelector.errorCode)
            var ss = try descriptor(newSelector, orFault: stackFault)
            guard newSelector.RPL == selector.RPL, ss.DPL == selector.RPL, ss.isWritableData else { throw stackFault }
            guard ss.isPresent else { throw Fault.SS(newSelector.errorCode) }
            guard offset <= UInt64(code.limit) else { throw Fault.GP(0) }
            try setAccessed(&code)
            try setAccessed(&ss)
            state.pointee.ss = ss.segmentRegister(selector: newSelector.rawValue)
            let big = state.pointee.ss.isBig
            state.pointee.rsp = big ? newPointer : (state.pointee.rsp & ~0xFFFF) | (newPointer & 0xFFFF)
            if flags == nil {
                // RET releases the parameters on the outer stack too.
                let mask: UInt64 = big ? 0xFFFF_FFFF : 0xFFFF
                state.pointee.rsp = (state.pointee.rsp & ~mask) | ((state.pointee.rsp &+ bytes) & mask)
            }
            loadCode(code, selector, level: selector.RPL, offset)
            dropInnerSegments()
        }
        if let flags {
            setFlags(flags, size: size, oldLevel: cpl)
            updateTransfer()
        }
    }

    /// Data segments that the outer level may not use become null, and null selectors lose their RPL. SDM Vol. 3A, section 5.8.6.
    func dropInnerSegments() {
        let cpl = core.pointee.state.cpl
        for name in [SegmentRegisterName.es, .fs, .gs, .ds] {
            let register = core.segment(name)
            let isConforming = register.pointee.isCode && register.pointee.type & 4 != 0
            guard !register.pointee.isUsable || (!isConforming && register.pointee.DPL < cpl) else { continue }
            // In IA-32e mode the bases of FS and GS stay, which MSRs gave them.
            let null = SegmentRegister(selector: 0, base: isIA32e ? register.pointee.base : 0, limit: 0, attributes: 0)
            guard register.pointee != null else { continue }
            register.pointee = null
            updateSegment(name)
        }
    }

    // MARK: IRET

    func iret<W: OperandWidth>(_ w: W.Type) throws(Fault) {
        let isTask = isProtectedMode && !isVirtual8086 && core.pointee.state.eflags.contains(.NT)
        let frame = frame(isTask ? 0 : W.bytes)
        let (place, level) = (core.pointee.state.rsp & core.pointee.stackMask, core.pointee.state.cpl)
        if W.bits > 16, returnAsRemembered(W.bytes) {
            endNMI()
        } else {
            let linearMask = core.pointee.linearMask
            try interruptReturn(w)
            if W.bits > 16, !isTask { rememberReturn(W.bytes, linearMask: linearMask, cpl: level) }
        }
        if W.bits > 16 { core.closeCall(at: place, level: level, to: core.pointee.state.rip, isIRET: true) }
        history.noteReturn(from: frame)
    }

    private func interruptReturn<W: OperandWidth>(_ w: W.Type) throws(Fault) {
        let state = core.state
        if isIA32e {
            defer { endNMI() }
            return try iretIA32e(W.bytes)
        }
        if isVirtual8086 { return try iretVirtual(w) }
        if isProtectedMode && state.pointee.eflags.contains(.NT) { return try iretTask() }
        var stack = currentStack()
        let offset = try stack.pop(W.bytes)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(W.bytes))
        let flags = try stack.pop(W.bytes)
        defer { endNMI() }
        if !isProtectedMode {
            guard offset <= UInt64(state.pointee.cs.limit) else { throw Fault.GP(0) }
            commit(stack)
            loadCodeParagraph(selector, offset)
            return setFlags(flags, size: W.bytes, oldLevel: 0)
        }
        if W.bits == 32, flags & UInt64(EFLAGS.VM.rawValue) != 0, state.pointee.cpl == 0 {
            return try iretToVirtual(stack, selector, offset, flags)
        }
        try returnProtected(stack, selector, offset, releasing: 0, W.bytes, flags: flags)
    }

    private func endNMI() {
        core.pointee.state.nmiBlocked = false
        if core.pointee.state.nmiPending { requestAttention() }
    }

    /// From a virtual-8086 task. Needs IOPL 3, or VME for the 16-bit form. SDM Vol. 3B, section 20.3.
    private func iretVirtual<W: OperandWidth>(_ w: W.Type) throws(Fault) {
        let state = core.state
        let usesVME = IOPL < 3
        if usesVME && !(W.bits == 16 && state.pointee.cr4.contains(.VME)) { throw Fault.GP(0) }
        var stack = currentStack()
        let offset = try stack.pop(W.bytes)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(W.bytes))
        let flags = try stack.pop(W.bytes)
        let image = EFLAGS(rawValue: UInt32(truncatingIfNeeded: flags))
        if usesVME {
            if image.contains(.TF) || (image.contains(.IF) && state.pointee.eflags.contains(.VIP)) { throw Fault.GP(0) }
        }
        guard offset <= UInt64(state.pointee.cs.limit) else { throw Fault.GP(0) }
        commit(stack)
        loadParagraph(.cs, selector)
        state.pointee.rip = offset
        if usesVME {
            let kept = eflags.intersection([.IF, .IOPL])
            setFlags(flags, size: 2, oldLevel: 3)
            state.pointee.eflags.subtract([.IF, .IOPL, .VIF])
            state.pointee.eflags.formUnion(kept)
            if image.contains(.IF) { state.pointee.eflags.insert(.VIF) }
        } else {
            setFlags(flags, size: W.bytes, oldLevel: 3)
        }
        endNMI()
        updateTransfer()
    }

    private func iretToVirtual(_ popped: PendingStack, _ selector: UInt16, _ offset: UInt64, _ flags: UInt64) throws(Fault) {
        let state = core.state
        var stack = popped
        let pointer = try stack.pop(4)
        var selectors: [UInt16] = []
        for _ in 0..<5 { selectors.append(UInt16(truncatingIfNeeded: try stack.pop(4))) }
        guard offset <= 0xFFFF else { throw Fault.GP(0) }
        setFlags(flags, size: 4, oldLevel: 0)
        state.pointee.eflags.insert(.VM)
        state.pointee.cpl = 3
        loadParagraph(.cs, selector)
        state.pointee.rip = offset & 0xFFFF
        state.pointee.rsp = pointer
        for (name, selector) in zip([SegmentRegisterName.ss, .es, .ds, .fs, .gs], selectors) { loadParagraph(name, selector) }
        updateMode()
        onModeChange?(tickAtBlockEnd)
    }

    /// Back to the task that was interrupted: NT is set.
    private func iretTask() throws(Fault) {
        let state = core.state
        let link = Selector(UInt16(truncatingIfNeeded: try readSystem(state.pointee.tr.base, 2)))
        let fault = Fault.TS(link.errorCode)
        guard !link.isLocal else { throw fault }
        let tss = try descriptor(link, orFault: fault)
        guard tss.systemType == .busyTSS16 || tss.systemType == .busyTSS32 else { throw fault }
        guard tss.isPresent else { throw Fault.NP(link.errorCode) }
        try enterTask(tss, link, .return)
        endNMI()
    }
}
