import X86

/// The purpose of an access. SDM Vol. 3A, sections 4.6 and 5.
@frozen public enum Access: UInt8, Sendable {
    case read
    case write
    /// A read that will be followed by a write of the same bytes: checked as a write.
    case readWrite
    case execute

    @inline(__always) var writes: Bool { self == .write || self == .readWrite }
}

extension Handle where Pointee == Core {
    // MARK: Segmentation

    /// Segment:offset to linear, with the checks of SDM Vol. 3A, section 5.3 and 5.4, and alignment.
    @inline(never)
    func linear(_ segment: SegmentRegisterName, _ offset: UInt64, _ size: UInt64, _ access: Access) throws(Fault) -> UInt64 {
        let window = window(segment)
        let top = access.writes ? window.pointee.writeTop : window.pointee.readTop
        if offset &+ size > top {
            try pointee.cpu.checkSegment(segment, offset, size, access)
        }
        let wrapped = wrapped(window.pointee.base &+ offset)
        if pointee.mode.contains(.alignment), wrapped & (size &- 1) != 0, size.nonzeroBitCount == 1 {
            throw Fault.AC
        }
        return wrapped
    }

    // MARK: Linear memory

    @inline(__always)
    func load<W: OperandWidth>(_ linear: UInt64, _ op: OpHandle, _ w: W.Type) throws(Fault) -> UInt64 {
        let entry = pointee.tlb + TLBEntry.slot(linear)
        if entry.pointee.readTag == (linear &+ (W.bytes &- 1)) & ~0xFFF {
            return UInt64(truncatingIfNeeded: hostPointer(entry, linear).loadUnaligned(as: W.Bits.self))
        }
        return try pointee.slowly { cpu throws(Fault) in try cpu.loadSlow(linear, W.bytes, op) }
    }

    @inline(__always)
    func store<W: OperandWidth>(_ linear: UInt64, _ value: UInt64, _ op: OpHandle, _ w: W.Type) throws(Fault) {
        let entry = pointee.tlb + TLBEntry.slot(linear)
        if entry.pointee.writeTag == (linear &+ (W.bytes &- 1)) & ~0xFFF {
            hostPointer(entry, linear).storeBytes(of: W.Bits(truncatingIfNeeded: value), as: W.Bits.self)
        } else {
            try pointee.slowly { cpu throws(Fault) in try cpu.storeSlow(linear, value, W.bytes, op) }
        }
    }

    /// Host address for a read and a later write; 0 when `split` was filled in instead.
    @inline(__always)
    func locate<W: OperandWidth>(_ linear: UInt64, _ op: OpHandle, _ w: W.Type) throws(Fault) -> UInt {
        let entry = pointee.tlb + TLBEntry.slot(linear)
        if entry.pointee.writeTag == (linear &+ (W.bytes &- 1)) & ~0xFFF, entry.pointee.readTag == entry.pointee.writeTag {
            return UInt(bitPattern: hostPointer(entry, linear))
        }
        return try pointee.slowly { cpu throws(Fault) in try cpu.locateSlow(linear, W.bytes, op) }
    }

    /// SAFETY: a matching tag means that the whole page at `linear` is RAM at `linear + addend`.
    @inline(__always)
    func hostPointer(_ entry: TLBEntryHandle, _ linear: UInt64) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: Int(truncatingIfNeeded: linear) &+ entry.pointee.addend).unsafelyUnwrapped
    }

    @inline(never)
    func loadSplit(_ op: OpHandle, _ size: UInt64) -> UInt64 { pointee.cpu.readSplit(pointee.split, size, op) }

    @inline(never)
    func storeSplit(_ op: OpHandle, _ value: UInt64, _ size: UInt64) {
        withCPU { $0.writeSplit(pointee.split, value, size, op) }
    }

    @inline(__always) func setStackPointer(_ value: UInt64) {
        let mask = pointee.stackMask
        pointee.state.rsp = (pointee.state.rsp & ~mask) | (value & mask)
    }
}
