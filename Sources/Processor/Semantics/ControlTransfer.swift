import X86

extension Semantics {
    /// JMP, near — SDM Vol. 2A. Relative, or by the operand's value.
    @inline(__always)
    static func jmp<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try r.branch(to: try target(r, w), w)
    }

    /// Jcc — SDM Vol. 2A.
    @inline(__always)
    static func jcc<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        try r.branch(if: r.condition(r.instruction.condition), to: try target(r, w), w)
    }

    /// CALL, near — SDM Vol. 2A.
    @inline(__always)
    static func call<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let target = try target(r, w)
        try r.checkBranch(to: target, w)
        try r.push(r.nextRIP(), w)
        r.opensCall(w)
        try r.branch(to: target, w)
    }

    /// RET, near, with or without bytes to release — SDM Vol. 2B.
    @inline(__always)
    static func ret<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        let target = try r.top(w)
        try r.branch(to: target, w)
        r.closesCall(to: target, w)
        r.drop(w)
        if r.instruction.kind0 == .immediate { r.release(r.instruction.immediate) }
    }

    /// JCXZ, LOOP, LOOPE, LOOPNE — SDM Vol. 2A. The counter has the address size, the target the operand size.
    @inline(__always)
    static func loop<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        switch r.instruction.addressSize {
        case .word, .byte: try loop(r, counter: Word.self, w)
        case .doubleword: try loop(r, counter: Doubleword.self, w)
        case .quadword: try loop(r, counter: Quadword.self, w)
        }
    }

    @inline(__always)
    private static func loop<R: Reading, C: OperandWidth, W: OperandWidth>(_ r: R, counter c: C.Type, _ w: W.Type) throws(Fault) {
        let target = try target(r, w)
        let old = r.register(1, c)
        if r.instruction.operation == .jcxz { return try r.branch(if: r.isZero(old, c), to: target, w) }
        let count = r.sum(old, r.constant(C.mask), c)
        // The counter changes only when the transfer is allowed, and before it happens.
        let isTaken =
            switch r.instruction.operation {
            case .loope: r.both(r.isNotZero(count, c), r.condition(4))
            case .loopne: r.both(r.isNotZero(count, c), r.condition(5))
            default: r.isNotZero(count, c)
            }
        try r.branch(if: isTaken, to: target, setting: 1, to: count, c, w)
    }

    @inline(__always)
    private static func target<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) -> R.Value {
        r.instruction.kind0 == .relative
            ? r.sum(r.nextRIP(), r.constant(r.instruction.immediate), w)
            : try r.operand0(w)
    }
}

/// BOUND and INT n. SDM Vol. 2A.
extension CPU {
    /// BOUND: both limits are signed and inclusive.
    func bound<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let i = r.instruction
        let address = r.effectiveAddress()
        let lower = Int64(bitPattern: W.signExtend(try r.load(i.segment, address, w)))
        let upper = Int64(bitPattern: W.signExtend(try r.load(i.segment, r.addressSum(address, W.bytes), w)))
        let index = Int64(bitPattern: W.signExtend(core.register(i.register0, w)))
        if index < lower || index > upper { throw Fault.BR }
    }

    /// INTO — SDM Vol. 2A.
    func into() throws(Fault) {
        if core.pointee.lazy.OF { try softwareInterrupt(4) }
    }

    /// INT n. In virtual-8086 mode IOPL decides, or with VME the redirection bit map. SDM Vol. 3B, section 20.3.3.
    func int(_ vector: UInt8) throws(Fault) {
        guard isVirtual8086 else { return try softwareInterrupt(vector) }
        let state = core.state
        guard state.pointee.cr4.contains(.VME) else {
            guard IOPL == 3 else { throw Fault.GP(0) }
            return try softwareInterrupt(vector)
        }
        if try isRedirected(vector) { return try interruptVirtual(vector) }
        guard IOPL == 3 else { throw Fault.GP(0) }
        try softwareInterrupt(vector)
    }

    /// A clear bit in the 32 bytes below the I/O map: the interrupt stays in virtual-8086 mode.
    private func isRedirected(_ vector: UInt8) throws(Fault) -> Bool {
        let tr = core.pointee.state.tr
        guard tr.type & 8 != 0, tr.limit >= 103 else { throw Fault.GP(0) }
        let map = try readSystem(wrappedSystem(tr.base &+ 102), 2)
        let byte = map &- 32 &+ UInt64(vector &>> 3)
        guard map >= 32, byte <= UInt64(tr.limit) else { throw Fault.GP(0) }
        return try readSystem(wrappedSystem(tr.base &+ byte), 1) & (1 &<< UInt64(vector & 7)) == 0
    }

    /// Through the interrupt table of the virtual machine, as a real 8086 would.
    private func interruptVirtual(_ vector: UInt8) throws(Fault) {
        let state = core.state
        let entry = try read(UInt64(vector) &* 4, 4, level: 3)
        var image = eflags
        if IOPL < 3 {
            image.formUnion(.IOPL)
            if image.contains(.VIF) { image.insert(.IF) } else { image.remove(.IF) }
        }
        var stack = currentStack()
        try stack.push(UInt64(image.rawValue & 0xFFFF), 2)
        try stack.push(state.pointee.cs.selector, 2)
        try stack.push(state.pointee.rip & 0xFFFF, 2)
        commit(stack)
        loadParagraph(.cs, UInt16(truncatingIfNeeded: entry &>> 16))
        state.pointee.rip = entry & 0xFFFF
        state.pointee.eflags.remove(IOPL < 3 ? [.TF, .VIF] : [.TF, .IF])
        delivered = true
        updateMode()
    }
}
