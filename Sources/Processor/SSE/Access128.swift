import X86

/// Sixteen or 32 bytes at once. SDM Vol. 3A, section 8.1.1: not guaranteed to be atomic.
extension Handle where Pointee == Core {
    @inline(__always)
    func load128(_ linear: UInt64, _ op: OpHandle) throws(Fault) -> XMM {
        let entry = pointee.tlb + TLBEntry.slot(linear)
        if entry.pointee.readTag == (linear &+ 15) & ~0xFFF {
            return hostPointer(entry, linear).loadUnaligned(as: XMM.self)
        }
        return try pointee.cpu.load128Slow(linear, op)
    }

    @inline(__always)
    func store128(_ linear: UInt64, _ value: XMM, _ op: OpHandle) throws(Fault) {
        let entry = pointee.tlb + TLBEntry.slot(linear)
        if entry.pointee.writeTag == (linear &+ 15) & ~0xFFF {
            hostPointer(entry, linear).storeBytes(of: value, as: XMM.self)
        } else {
            try pointee.cpu.store128Slow(linear, value, op)
        }
    }

    func load256(_ linear: UInt64, _ op: OpHandle) throws(Fault) -> YMM {
        let entry = pointee.tlb + TLBEntry.slot(linear)
        if entry.pointee.readTag == (linear &+ 31) & ~0xFFF {
            return hostPointer(entry, linear).loadUnaligned(as: YMM.self)
        }
        try pointee.cpu.checkFlatEnd(linear, 32, op, isStore: false)
        _ = try pointee.cpu.resolve(linear, 32, .read)
        let low = try pointee.cpu.load128Slow(linear, op)
        return YMM(low, try pointee.cpu.load128Slow(wrapped(linear &+ 16), op))
    }

    func store256(_ linear: UInt64, _ value: YMM, _ op: OpHandle) throws(Fault) {
        let entry = pointee.tlb + TLBEntry.slot(linear)
        if entry.pointee.writeTag == (linear &+ 31) & ~0xFFF {
            return hostPointer(entry, linear).storeBytes(of: value, as: YMM.self)
        }
        try pointee.cpu.checkFlatEnd(linear, 32, op, isStore: true)
        // Both pages, before anything is written.
        if pointee.tlb.hostBesideCode(linear, 32) == nil { _ = try pointee.cpu.resolve(linear, 32, .write) }
        try pointee.cpu.store128Slow(linear, value.low, op)
        try pointee.cpu.store128Slow(wrapped(linear &+ 16), value.high, op)
    }
}

extension CPU {
    @inline(never)
    func load128Slow(_ linear: UInt64, _ op: OpHandle) throws(Fault) -> XMM {
        try checkFlatEnd(linear, 16, op, isStore: false)
        _ = try resolve(linear, 16, .read)
        let low = try loadSlow(linear, 8, op)
        return XMM(low: low, high: try loadSlow(core.wrapped(linear &+ 8), 8, op))
    }

    @inline(never)
    func store128Slow(_ linear: UInt64, _ value: XMM, _ op: OpHandle) throws(Fault) {
        try checkFlatEnd(linear, 16, op, isStore: true)
        // Both pages, before anything is written.
        if core.pointee.tlb.hostBesideCode(linear, 16) == nil { _ = try resolve(linear, 16, .write) }
        try storeSlow(linear, value.low, 8, op)
        try storeSlow(core.wrapped(linear &+ 8), value.high, 8, op)
    }
}
