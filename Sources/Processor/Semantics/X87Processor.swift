import Wiring
import X86

/// The processor around the x87 unit. SDM Vol. 3A, section 2.5 and chapter 13.
extension Handle where Pointee == Core {
    /// #NM by CR0.EM and CR0.TS (for FWAIT by MP and TS), then the unit.
    func executeX87(_ op: OpHandle) throws(Fault) {
        let r = Execute<AnyForm>(self, op)
        let cr0 = pointee.state.cr0
        if r.instruction.operation == .fwait {
            if cr0.isSuperset(of: [.MP, .TS]) { throw Fault.NM }
        } else if !cr0.isDisjoint(with: [.EM, .TS]) {
            throw Fault.NM
        }
        try X87Unit(x87, X87Connection(r: r), r.instruction).execute()
        updateFERR(op)
    }

    /// Drives FERR# as the status word and CR0.NE say. SDM Vol. 3A, section 2.5.
    @inline(__always)
    func updateFERR(_ op: OpHandle) {
        let level = pointee.state.x87.status.contains(.ES) && !pointee.state.cr0.contains(.NE)
        if level != pointee.ferr { pointee.cpu.driveFERR(level, op) }
    }

    /// SAFETY: a field of `CPUState` at its fixed offset.
    var x87: UnsafeMutablePointer<X87State> {
        (raw + MemoryLayout<CPUState>.offset(of: \CPUState.x87).unsafelyUnwrapped).assumingMemoryBound(to: X87State.self)
    }
}

extension CPU {
    fileprivate func driveFERR(_ level: Bool, _ op: OpHandle) {
        core.pointee.ferr = level
        beginBusAccess(op)
        bus.floatingPointError(level)
        endBusAccess(op)
    }
}

/// The processor as the x87 unit sees it while `r.instruction` runs.
struct X87Connection: X87Environment {
    let r: Execute<AnyForm>

    private func load<W: OperandWidth>(_ offset: UInt64, _ w: W.Type) throws(Fault) -> UInt64 {
        try r.load(r.instruction.segment, r.addressSum(r.effectiveAddress(), offset), w)
    }
    private func store<W: OperandWidth>(_ value: UInt64, _ offset: UInt64, _ w: W.Type) throws(Fault) {
        try r.store(r.instruction.segment, r.addressSum(r.effectiveAddress(), offset), value, w)
    }

    func load16(_ offset: UInt64) throws(Fault) -> UInt16 { UInt16(truncatingIfNeeded: try load(offset, Word.self)) }
    func load32(_ offset: UInt64) throws(Fault) -> UInt32 { UInt32(truncatingIfNeeded: try load(offset, Doubleword.self)) }
    func load64(_ offset: UInt64) throws(Fault) -> UInt64 { try load(offset, Quadword.self) }
    func store16(_ value: UInt16, _ offset: UInt64) throws(Fault) { try store(UInt64(value), offset, Word.self) }
    func store32(_ value: UInt32, _ offset: UInt64) throws(Fault) { try store(UInt64(value), offset, Doubleword.self) }
    func store64(_ value: UInt64, _ offset: UInt64) throws(Fault) { try store(value, offset, Quadword.self) }

    func storeSignificand(_ value: UInt64, _ offset: UInt64) throws(Fault) {
        let start = r.addressSum(r.effectiveAddress(), offset)
        for word in UInt64(0)..<4 {
            try r.store(r.instruction.segment, start &+ word &* 2, value &>> (word &* 16) & 0xFFFF, Word.self)
        }
    }

    func isContiguous(_ count: UInt64) -> Bool {
        let first = r.effectiveAddress()
        return r.addressSum(first, count &- 1) >= first
    }

    func checkStore(_ offset: UInt64, _ count: UInt64) throws(Fault) {
        let start = r.addressSum(r.effectiveAddress(), offset)
        // Byte by byte, for alignment is the store's own business.
        let linear = try r.core.linear(r.instruction.segment, start, 1, .write)
        _ = try r.core.linear(r.instruction.segment, start &+ (count &- 1), 1, .write)
        _ = try r.core.pointee.cpu.resolve(linear, count, .write)
    }

    func reportNumericError() throws(Fault) {
        if r.core.pointee.state.cr0.contains(.NE) { throw Fault.MF }
        // FERR# is asserted already; the board answers with an interrupt, and its handler with IGNNE#.
        guard r.core.pointee.cpu.bus.ignoresNumericError else { throw Fault.awaitsInterrupt }
    }

    func setAX(_ value: UInt16) { r.core.setRegister(0, UInt64(value), Word.self) }
    var flags: EFLAGS { r.core.pointee.lazy.eflags }
    func setStatusFlags(_ flags: EFLAGS) { r.core.pointee.lazy = LazyFlags(flags) }

    var instructionPointer: (selector: UInt16, offset: UInt64) {
        (r.core.pointee.state.cs.selector, r.core.pointee.entryRIP &+ UInt64(r.op.pointee.offset))
    }
    var dataPointer: (selector: UInt16, offset: UInt64) {
        (r.core.segment(r.instruction.segment).pointee.selector, r.effectiveAddress())
    }
    var storesSelectors: Bool { !r.core.pointee.cpu.usesParagraphs }
}
