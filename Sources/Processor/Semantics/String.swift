import X86

extension Semantics {
    /// MOVS, STOS, LODS, SCAS, CMPS — SDM Vol. 2A and 2B. Repeated ones, INS and OUTS are called out for.
    @inline(__always)
    static func string<R: Reading, W: OperandWidth>(_ r: R, _ w: W.Type) throws(Fault) {
        if !r.instruction.prefixes.isDisjoint(with: [.rep, .repne]) {
            return try r.callOut { cpu, r throws(Fault) in try cpu.repeated(r, w) }
        }
        switch r.instruction.addressSize {
        case .word, .byte: try element(r, w, Word.self)
        case .doubleword: try element(r, w, Doubleword.self)
        case .quadword: try element(r, w, Quadword.self)
        }
    }

    /// One element, with index registers of width `A`: all accesses before any register changes.
    @inline(__always)
    static func element<R: Reading, W: OperandWidth, A: OperandWidth>(_ r: R, _ w: W.Type, _ a: A.Type) throws(Fault) {
        let source = r.register(6, a)
        let destination = r.register(7, a)
        let segment = r.instruction.segment
        switch r.instruction.operation {
        case .movs:
            try r.store(.es, destination, try r.load(segment, source, w), w)
        case .stos:
            try r.store(.es, destination, r.register(0, w), w)
        case .lods:
            r.setRegister(0, try r.load(segment, source, w), w)
        case .scas:
            _ = r.subtract(r.register(0, w), try r.load(.es, destination, w), w)
        default:
            let first = try r.load(segment, source, w)
            _ = r.subtract(first, try r.load(.es, destination, w), w)
        }
        let step = r.stringStep(w)
        let (usesSource, usesDestination) = (r.instruction.operation.usesSourceIndex, r.instruction.operation != .lods)
        if usesSource { r.setRegister(6, r.sum(source, step, a), a) }
        if usesDestination { r.setRegister(7, r.sum(destination, step, a), a) }
    }
}

extension Operation {
    @inline(__always) fileprivate var usesSourceIndex: Bool { self == .movs || self == .lods || self == .cmps }
}

/// Repetition, INS and OUTS. SDM Vol. 1, section 7.3.9; Vol. 2B, "REP".
extension CPU {
    /// INS, OUTS, or a string instruction repeated until the count, a condition, a fault or the tick limit ends it.
    /// Each iteration is one tick; what is left over starts again at the same RIP.
    func repeated<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let i = r.instruction
        guard !i.prefixes.isDisjoint(with: [.rep, .repne]) else { return try iterate(r, w) }
        let countMask = addressMask(i)
        guard core.register(1) & countMask != 0 else { return }
        // The block's count covers this instruction; its first iteration is that tick. Later ones take theirs before they begin, because a
        // device that they reach looks at the clock.
        var isFirst = true
        while true {
            if !isFirst { core.pointee.ticks &+= 1 }
            let bulk = bulk(r, w)
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
        move(1, 0 &- iterations, mask)
    }

    /// Adds to a register at the address size: 32 bits clear the upper half, 16 leave the rest.
    private func move(_ number: UInt8, _ step: UInt64, _ mask: UInt64) {
        let old = core.register(number)
        core.setRegister(number, (mask == 0xFFFF ? old & ~mask : 0) | ((old &+ step) & mask))
    }

    /// REPE and REPNE of CMPS and SCAS.
    private func isFinished(_ i: Instruction) -> Bool {
        guard i.operation == .cmps || i.operation == .scas else { return false }
        return core.pointee.lazy.ZF != i.prefixes.contains(.rep)
    }

    private func advance(_ number: UInt8, _ bytes: UInt64, _ mask: UInt64) {
        move(number, core.pointee.state.eflags.contains(.DF) ? 0 &- bytes : bytes, mask)
    }

    private func iterate<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) throws(Fault) {
        let i = r.instruction
        guard i.operation == .ins || i.operation == .outs else {
            switch i.addressSize {
            case .word, .byte: return try Semantics.element(r, w, Word.self)
            case .doubleword: return try Semantics.element(r, w, Doubleword.self)
            case .quadword: return try Semantics.element(r, w, Quadword.self)
            }
        }
        let mask = addressMask(i)
        let port = UInt16(truncatingIfNeeded: core.register(2))
        try checkPort(port, W.bytes)
        if i.operation == .ins {
            let linear = try core.linear(.es, core.register(7) & mask, W.bytes, .write)
            // Nothing is read from the port before the store is known to succeed.
            if let host = core.pointee.tlb.host(linear, W.bytes, forWrite: true) {
                host.storeBytes(readPort(port, W.bytes, r.op), W.bytes)
            } else {
                let target = try resolve(linear, W.bytes, .write)
                writeSplit(target, readPort(port, W.bytes, r.op), W.bytes, r.op)
            }
            advance(7, W.bytes, mask)
        } else {
            let value = try r.load(i.segment, core.register(6) & mask, w)
            writePort(port, W.bytes, value, r.op)
            advance(6, W.bytes, mask)
        }
    }

    // MARK: Many elements at once

    /// Does as many iterations as lie in one page of RAM on each side, pass every check and fit before the tick limit; of MOVS and STOS downward, too; of
    /// INS as many as mean nothing to the chip but the next bytes.
    /// 0: none, do one the plain way.
    private func bulk<W: OperandWidth>(_ r: Execute<AnyForm>, _ w: W.Type) -> UInt64 {
        let i = r.instruction
        let writes = i.operation == .movs || i.operation == .stos || i.operation == .ins
        let isDown = core.pointee.state.eflags.contains(.DF)
        guard writes || i.operation == .cmps || i.operation == .scas, !isDown || i.operation == .movs || i.operation == .stos,
            !core.pointee.mode.contains(.alignment), i.operation != .ins || mayReadString(W.bytes)
        else { return 0 }
        let mask = addressMask(i)
        let now = core.pointee.ticks &+ UInt64(r.op.pointee.index)
        guard core.pointee.limit > now &+ 1 else { return 0 }
        var count = min(core.register(1) & mask, core.pointee.limit &- now &- 1)
        guard count > 1 else { return 0 }
        // The source comes first, as in each iteration: what it is refused leaves the destination's tables as they are.
        var source: UnsafeMutableRawPointer?
        if i.operation.usesSourceIndex {
            source = span(i.segment, core.register(6) & mask, mask, &count, .read, isDown: isDown, w)
            guard source != nil, count > 1 else { return 0 }
        }
        guard let destination = span(.es, core.register(7) & mask, mask, &count, writes ? .write : .read, isDown: isDown, w),
            count > 1
        else { return 0 }
        let lowest = isDown ? Int(truncatingIfNeeded: (count &- 1) &* W.bytes) : 0
        switch i.operation {
        case .stos:
            let value = W.Bits(truncatingIfNeeded: core.register(0))
            (destination - lowest).assumingMemoryBound(to: W.Bits.self).update(
                repeating: value, count: Int(truncatingIfNeeded: count))
        case .movs: if let source { copy(source - lowest, destination - lowest, count, isDown: isDown, w) }
        case .ins:
            let port = UInt16(truncatingIfNeeded: core.register(2))
            let room = UnsafeMutableRawBufferPointer(start: destination, count: Int(truncatingIfNeeded: count &* W.bytes))
            count = UInt64(bus.readPortString(port, width(W.bytes), into: room)) / W.bytes
        case .scas: count = scan(r, destination, count, w)
        default: if let source { count = compare(r, source, destination, count, w) }
        }
        if source != nil { advance(6, count &* W.bytes, mask) }
        advance(7, count &* W.bytes, mask)
        return count
    }

    /// Reads of the port in DX are allowed, and nobody looks at each one.
    private func mayReadString(_ size: UInt64) -> Bool {
        guard size > 1, stopConditions.ports.isEmpty, !watchesData else { return false }
        return (try? checkPort(UInt16(truncatingIfNeeded: core.register(2)), size)) != nil
    }

    /// SCAS of up to `count` elements: how many were looked at, with the flags of the last one.
    private func scan<W: OperandWidth>(
        _ r: Execute<AnyForm>, _ memory: UnsafeMutableRawPointer, _ count: UInt64, _ w: W.Type
    ) -> UInt64 {
        let wanted = W.Bits(truncatingIfNeeded: core.register(0))
        let endsWhenEqual = !r.instruction.prefixes.contains(.rep)
        let bytes = Int(truncatingIfNeeded: W.bytes)
        let last = Int(truncatingIfNeeded: count) - 1
        var index = 0
        while index < last, ((memory + index * bytes).loadUnaligned(as: W.Bits.self) == wanted) != endsWhenEqual { index += 1 }
        let value = (memory + index * bytes).loadUnaligned(as: W.Bits.self)
        _ = r.subtract(UInt64(truncatingIfNeeded: wanted), UInt64(truncatingIfNeeded: value), w)
        return UInt64(truncatingIfNeeded: index + 1)
    }

    /// CMPS of up to `count` elements: how many were compared, with the flags of the last pair.
    private func compare<W: OperandWidth>(
        _ r: Execute<AnyForm>, _ first: UnsafeMutableRawPointer, _ second: UnsafeMutableRawPointer, _ count: UInt64, _ w: W.Type
    ) -> UInt64 {
        let endsWhenEqual = !r.instruction.prefixes.contains(.rep)
        let bytes = Int(truncatingIfNeeded: W.bytes)
        let last = Int(truncatingIfNeeded: count) - 1
        var index = 0
        while index < last {
            let offset = index * bytes
            let areEqual = (first + offset).loadUnaligned(as: W.Bits.self) == (second + offset).loadUnaligned(as: W.Bits.self)
            if areEqual == endsWhenEqual { break }
            index += 1
        }
        let offset = index * bytes
        _ = r.subtract(
            UInt64(truncatingIfNeeded: (first + offset).loadUnaligned(as: W.Bits.self)),
            UInt64(truncatingIfNeeded: (second + offset).loadUnaligned(as: W.Bits.self)), w)
        return UInt64(truncatingIfNeeded: index + 1)
    }

    /// Element by element where the areas overlap so that earlier elements feed later ones. The pointers are to the lowest elements.
    private func copy<W: OperandWidth>(
        _ source: UnsafeMutableRawPointer, _ destination: UnsafeMutableRawPointer, _ count: UInt64, isDown: Bool, _ w: W.Type
    ) {
        let bytes = Int(truncatingIfNeeded: count &* W.bytes)
        let distance = isDown ? source - destination : destination - source
        guard distance > 0 && distance < bytes else {
            return destination.copyMemory(from: source, byteCount: bytes)
        }
        let step = Int(truncatingIfNeeded: W.bytes)
        for done in stride(from: 0, to: bytes, by: step) {
            let offset = isDown ? bytes - step - done : done
            let value = (source + offset).loadUnaligned(as: W.Bits.self)
            (destination + offset).storeBytes(of: value, as: W.Bits.self)
        }
    }

    /// Host memory of the element at `offset`, with `count` cut to what stays in its page, in the segment's window and off code. Translates the
    /// page if the TLB has it not; where that faults the plain way finds it again.
    private func span<W: OperandWidth>(
        _ segment: SegmentRegisterName, _ offset: UInt64, _ mask: UInt64, _ count: inout UInt64, _ access: Access, isDown: Bool,
        _ w: W.Type
    ) -> UnsafeMutableRawPointer? {
        let window = core.window(segment).pointee
        // 64-bit code looks at no limit.
        let limit = core.pointee.mode.contains(.code64) ? .max : access.writes ? window.writeTop : window.readTop
        let top = min(limit, mask &+ 1 == 0 ? .max : mask &+ 1)
        guard offset < top, top &- offset >= W.bytes else { return nil }
        let linear = core.wrapped(window.base &+ offset)
        let inPage = linear & 0xFFF
        guard inPage &+ W.bytes <= 0x1000, core.pointee.space.contains(linear, W.bytes) else { return nil }
        let slot = core.pointee.tlb + TLBEntry.slot(linear)
        let page = linear & ~0xFFF
        func tag() -> UInt64 { (access.writes ? slot.pointee.writeTag : slot.pointee.readTag) }
        if tag() & ~TLBEntry.besideCode != page {
            guard !stopsAtData, (try? resolvePage(linear, access)) != nil, tag() & ~TLBEntry.besideCode == page else { return nil }
        }
        if isDown {
            guard tag() == page else { return nil }
            count = min(count, min(inPage, offset) &>> UInt64(truncatingIfNeeded: W.width.rawValue) &+ 1)
        } else {
            var bytes = min(0x1000 &- inPage, top &- offset)
            if tag() & TLBEntry.besideCode != 0 { bytes = code.bytesWithoutCode(slot.pointee.physicalPage | inPage, limit: bytes) }
            count = min(count, bytes &>> UInt64(truncatingIfNeeded: W.width.rawValue))
        }
        guard count > 0 else { return nil }
        // SAFETY: a matching tag means that the whole page is RAM.
        return UnsafeMutableRawPointer(bitPattern: Int(truncatingIfNeeded: linear) &+ slot.pointee.addend)
    }
}
