import X86

/// MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS and their repetition. SDM Vol. 1, section 7.3.9; Vol. 2B, "REP".
extension CPU {
    /// One string instruction: a single one, or repeated until the count, a condition, a fault or the tick limit ends it.
    /// Each iteration is one tick; what is left over starts again at the same RIP.
    func string<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let i = r.instruction
        guard !i.prefixes.isDisjoint(with: [.rep, .repne]) else { return try iterate(r, w) }
        let countMask = addressMask(i)
        guard core.register(1) & countMask != 0 else { return }
        // The block's count covers this instruction; its first iteration is that tick. Later ones take theirs before they begin, because a
        // device that they reach looks at the clock.
        var isFirst = true
        while true {
            if !isFirst { core.pointee.ticks &+= 1 }
            let bulk = try moveBulk(r, w)
            if bulk == 0 {
                try iterate(r, w)
                countDown(1, countMask)
            } else {
                countDown(bulk, countMask)
                core.pointee.ticks &+= bulk &- 1
            }
            isFirst = false
            if core.register(1) & countMask == 0 || isFinished(i) { return }
            if core.pointee.ticks &+ UInt64(r.op.pointee.index) &+ 1 >= core.pointee.limit {
                core.pointee.state.rip = core.truncatedRIP(core.pointee.entryRIP &+ UInt64(r.op.pointee.offset))
                // SDM Vol. 3B, section 17.3.1.1: RF is one between iterations, so that a breakpoint here does not hit again.
                core.pointee.state.eflags.insert(.RF)
                return
            }
        }
    }

    private func addressMask(_ i: Instruction) -> UInt64 {
        switch i.addressSize {
        case .word, .byte: 0xFFFF
        case .doubleword: 0xFFFF_FFFF
        case .quadword: .max
        }
    }

    private func countDown(_ iterations: UInt64, _ mask: UInt64) {
        let count = core.register(1)
        core.setRegister(1, (count & ~mask) | ((count &- iterations) & mask))
    }

    /// REPE and REPNE of CMPS and SCAS.
    private func isFinished(_ i: Instruction) -> Bool {
        guard i.operation == .cmps || i.operation == .scas else { return false }
        return core.pointee.lazy.ZF != i.prefixes.contains(.rep)
    }

    private func advance(_ number: UInt8, _ bytes: UInt64, _ mask: UInt64) {
        let old = core.register(number)
        let step = core.pointee.state.eflags.contains(.DF) ? 0 &- bytes : bytes
        core.setRegister(number, (old & ~mask) | ((old &+ step) & mask))
    }

    /// One element: all accesses before any register changes.
    private func iterate<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let i = r.instruction
        let mask = addressMask(i)
        let source = core.register(6) & mask
        let destination = core.register(7) & mask
        switch i.operation {
        case .movs:
            let value = try r.load(i.segment, source, w)
            try r.store(.es, destination, value, w)
            advance(6, W.bytes, mask)
            advance(7, W.bytes, mask)
        case .stos:
            try r.store(.es, destination, core.register(0, w), w)
            advance(7, W.bytes, mask)
        case .lods:
            core.setRegister(0, try r.load(i.segment, source, w), w)
            advance(6, W.bytes, mask)
        case .cmps:
            let first = try r.load(i.segment, source, w)
            let second = try r.load(.es, destination, w)
            _ = r.subtract(first, second, w)
            advance(6, W.bytes, mask)
            advance(7, W.bytes, mask)
        case .scas:
            let value = try r.load(.es, destination, w)
            _ = r.subtract(core.register(0, w), value, w)
            advance(7, W.bytes, mask)
        case .ins:
            try checkPort(UInt16(truncatingIfNeeded: core.register(2)), W.bytes)
            let linear = try core.linear(.es, destination, W.bytes, .write)
            let target = try resolve(linear, W.bytes, .write)
            let value = readPort(UInt16(truncatingIfNeeded: core.register(2)), W.bytes, r.op)
            writeSplit(target, value, W.bytes, r.op)
            advance(7, W.bytes, mask)
        default:
            try checkPort(UInt16(truncatingIfNeeded: core.register(2)), W.bytes)
            let value = try r.load(i.segment, source, w)
            writePort(UInt16(truncatingIfNeeded: core.register(2)), W.bytes, value, r.op)
            advance(6, W.bytes, mask)
        }
    }

    // MARK: Many elements at once

    /// Does as many iterations of a repeated MOVS or STOS as lie in one page of RAM on both sides, run upward, pass every check and fit
    /// before the tick limit. 0: none, do one the plain way.
    private func moveBulk<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) -> UInt64 {
        let i = r.instruction
        guard i.operation == .movs || i.operation == .stos, !core.pointee.state.eflags.contains(.DF),
            !core.pointee.mode.contains(.alignment)
        else { return 0 }
        let mask = addressMask(i)
        let now = core.pointee.ticks &+ UInt64(r.op.pointee.index)
        guard core.pointee.limit > now &+ 1 else { return 0 }
        var count = min(core.register(1) & mask, core.pointee.limit &- now &- 1)
        guard let destination = span(.es, core.register(7) & mask, mask, &count, .write, w), count > 1 else { return 0 }
        if i.operation == .movs {
            guard let source = span(i.segment, core.register(6) & mask, mask, &count, .read, w), count > 1 else { return 0 }
            copy(source, destination, count, w)
            let bytes = count &* W.bytes
            advance(6, bytes, mask)
            advance(7, bytes, mask)
        } else {
            let value = W.Bits(truncatingIfNeeded: core.register(0))
            destination.assumingMemoryBound(to: W.Bits.self).update(repeating: value, count: Int(truncatingIfNeeded: count))
            advance(7, count &* W.bytes, mask)
        }
        return count
    }

    /// Forward element by element where the areas overlap so that earlier elements feed later ones.
    private func copy<W: OperandWidth>(
        _ source: UnsafeMutableRawPointer, _ destination: UnsafeMutableRawPointer, _ count: UInt64, _ w: W.Type
    ) {
        let bytes = Int(truncatingIfNeeded: count &* W.bytes)
        let distance = destination - source
        guard distance > 0 && distance < bytes else {
            return destination.copyMemory(from: source, byteCount: bytes)
        }
        var offset = 0
        while offset < bytes {
            let value = (source + offset).loadUnaligned(as: W.Bits.self)
            (destination + offset).storeBytes(of: value, as: W.Bits.self)
            offset += Int(truncatingIfNeeded: W.bytes)
        }
    }

    /// Host memory for elements from `offset` on, with `count` cut to what stays in the page and the segment's window.
    private func span<W: OperandWidth>(
        _ segment: SegmentRegisterName, _ offset: UInt64, _ mask: UInt64, _ count: inout UInt64, _ access: Access, _ w: W.Type
    ) -> UnsafeMutableRawPointer? {
        let window = core.window(segment).pointee
        let top = min(access.writes ? window.writeTop : window.readTop, mask &+ 1 == 0 ? .max : mask &+ 1)
        guard offset < top else { return nil }
        let linear = wrapped(window.base &+ offset)
        let entry = core.pointee.tlb[TLBEntry.slot(linear)]
        guard (access.writes ? entry.writeTag : entry.readTag) == linear & ~0xFFF else { return nil }
        let bytes = min(0x1000 &- (linear & 0xFFF), top &- offset)
        count = min(count, bytes &>> UInt64(truncatingIfNeeded: W.width.rawValue))
        guard count > 0 else { return nil }
        // SAFETY: a matching tag means that the whole page is RAM.
        return UnsafeMutableRawPointer(bitPattern: Int(truncatingIfNeeded: linear) &+ entry.addend)
    }
}
