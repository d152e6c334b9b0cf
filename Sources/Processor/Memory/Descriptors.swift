import X86

/// A segment or gate descriptor as it lies in memory. SDM Vol. 3A, sections 3.4.5, 3.5 and 5.8.
struct Descriptor {
    var raw: UInt64
    /// The second half of a system descriptor of IA-32e mode. SDM Vol. 3A, sections 5.8.3.1 and 7.2.3.
    var high: UInt64 = 0
    /// Linear address it was read from.
    var address: UInt64

    /// Access rights as `SegmentRegister.attributes` keeps them: the two bytes at offset 5, limit bits 16–19 cleared.
    var attributes: UInt16 { UInt16(truncatingIfNeeded: raw &>> 40) & 0xF0FF }
    var type: UInt8 { UInt8(truncatingIfNeeded: raw &>> 40) & 0xF }
    var isCodeOrData: Bool { raw & (1 &<< 44) != 0 }
    var DPL: UInt8 { UInt8(truncatingIfNeeded: raw &>> 45) & 3 }
    var isPresent: Bool { raw & (1 &<< 47) != 0 }
    var base: UInt64 { ((raw &>> 16) & 0xFF_FFFF) | ((raw &>> 32) & 0xFF00_0000) | (high &<< 32) }
    /// L and D of a code segment. Both at once are reserved where L counts.
    var isLong: Bool { raw & (1 &<< 53) != 0 }
    var isBig: Bool { raw & (1 &<< 54) != 0 }
    var limit: UInt32 {
        let limit = UInt32(truncatingIfNeeded: raw) & 0xFFFF | UInt32(truncatingIfNeeded: raw &>> 32) & 0xF_0000
        return raw & (1 &<< 55) != 0 ? limit &<< 12 | 0xFFF : limit
    }
    var isCode: Bool { isCodeOrData && type & 8 != 0 }
    var isConforming: Bool { isCode && type & 4 != 0 }
    var isReadable: Bool { isCodeOrData && (type & 8 == 0 || type & 2 != 0) }
    var isWritableData: Bool { isCodeOrData && type & 0xA == 2 }
    var isData: Bool { isCodeOrData && type & 8 == 0 }
    var systemType: SystemType? { isCodeOrData ? nil : SystemType(rawValue: type) }

    // Gates
    var gateSelector: UInt16 { UInt16(truncatingIfNeeded: raw &>> 16) }
    var gateOffset: UInt64 {
        let low = raw & 0xFFFF
        return isGate32 ? low | ((raw &>> 32) & 0xFFFF_0000) | (high &<< 32) : low
    }
    /// Bit 3 of the type: 32-bit gate or TSS.
    var isGate32: Bool { type & 8 != 0 }
    /// The stack of the TSS that a gate of IA-32e mode asks for, 1…7; 0 for none.
    var IST: UInt64 { (raw &>> 32) & 7 }
    /// Parameters that a call gate copies.
    var gateCount: UInt64 { (raw &>> 32) & 0x1F }

    func segmentRegister(selector: UInt16) -> SegmentRegister {
        SegmentRegister(selector: selector, base: base, limit: limit, attributes: attributes)
    }

    /// A code segment as CS holds it. 64-bit code has neither base nor limit.
    func codeSegment(selector: UInt16, inIA32e: Bool) -> SegmentRegister {
        guard inIA32e, isLong else { return segmentRegister(selector: selector) }
        return SegmentRegister(selector: selector, base: 0, limit: .max, attributes: attributes)
    }

    /// SDM Vol. 3A, table 3-2. In IA-32e mode the names with 32 are those of the 64-bit forms, and those with 16 and the task gate are reserved.
    enum SystemType: UInt8 {
        case availableTSS16 = 1
        case LDT = 2
        case busyTSS16 = 3
        case callGate16 = 4
        case taskGate = 5
        case interruptGate16 = 6
        case trapGate16 = 7
        case availableTSS32 = 9
        case busyTSS32 = 11
        case callGate32 = 12
        case interruptGate32 = 14
        case trapGate32 = 15
    }
}

extension CPU {
    /// The descriptor a selector names; nil when its table is too short or, for the LDT, there is none.
    func descriptor(_ selector: Selector) throws(Fault) -> Descriptor? {
        let state = core.state
        let base: UInt64
        let limit: UInt32
        if selector.isLocal {
            guard state.pointee.ldtr.isUsable else { return nil }
            (base, limit) = (state.pointee.ldtr.base, state.pointee.ldtr.limit)
        } else {
            (base, limit) = (state.pointee.gdtr.base, UInt32(state.pointee.gdtr.limit))
        }
        guard selector.offset | 7 <= limit else { return nil }
        let address = wrappedSystem(base &+ UInt64(selector.offset))
        return Descriptor(raw: try readSystem(address, 8), address: address)
    }

    /// The descriptor a selector names, 16 bytes long if it is a system descriptor of IA-32e mode; nil when its table is too short, or when the
    /// bits are set that would make the second half a descriptor of its own.
    func wholeDescriptor(_ selector: Selector) throws(Fault) -> Descriptor? {
        guard var found = try descriptor(selector) else { return nil }
        guard isIA32e, !found.isCodeOrData, found.type != 0 else { return found }
        let last = selector.offset | 7 &+ 8
        let limit = selector.isLocal ? core.pointee.state.ldtr.limit : UInt32(core.pointee.state.gdtr.limit)
        guard last <= limit else { return nil }
        found.high = try readSystem(wrappedSystem(found.address &+ 8), 8)
        return found.high & 0x1F00_0000_0000 == 0 ? found : nil
    }

    /// The descriptor a selector names, or `fault` with the selector.
    @inline(__always)
    func descriptor(_ selector: Selector, orFault fault: Fault) throws(Fault) -> Descriptor {
        guard let descriptor = try descriptor(selector) else { throw fault }
        return descriptor
    }

    /// Sets the accessed bit of a code or data descriptor, if it is clear.
    func setAccessed(_ descriptor: inout Descriptor) throws(Fault) {
        guard descriptor.raw & (1 &<< 40) == 0 else { return }
        descriptor.raw |= 1 &<< 40
        try writeSystem(descriptor.address &+ 5, descriptor.raw &>> 40, 1)
    }

    /// Sets or clears the busy bit of a TSS descriptor.
    func setBusy(_ descriptor: Descriptor, _ isBusy: Bool) throws(Fault) {
        let rights = (descriptor.raw &>> 40) & 0xFF
        try writeSystem(descriptor.address &+ 5, isBusy ? rights | 2 : rights & ~2, 1)
    }

    // MARK: Implicit supervisor accesses

    /// Reads up to eight bytes of a system table, whatever the CPL.
    @inline(__always)
    func readSystem(_ linear: UInt64, _ size: UInt64) throws(Fault) -> UInt64 {
        if let host = supervisorTLB.host(linear, size, forWrite: false) { return host.loadBytes(size) }
        return try readSystemSlowly(linear, size)
    }

    @inline(never)
    private func readSystemSlowly(_ linear: UInt64, _ size: UInt64) throws(Fault) -> UInt64 {
        readSplit(try resolveSystem(linear, size, .read), size, nil)
    }

    func writeSystem(_ linear: UInt64, _ value: UInt64, _ size: UInt64) throws(Fault) {
        if let host = supervisorTLB.host(linear, size, forWrite: true) { return host.storeBytes(value, size) }
        if storeBesideCode(linear, value, size, supervisorTLB.data, nil) { return }
        writeSplit(try resolveSystem(linear, size, .write), value, size, nil)
    }

    func resolveSystem(_ linear: UInt64, _ size: UInt64, _ access: Access) throws(Fault) -> SplitAccess {
        let inPage = 0x1000 &- (linear & 0xFFF)
        let first = try resolvePage(wrappedSystem(linear), access, asSupervisor: true)
        guard size > inPage else { return SplitAccess(linear: linear, first: first, second: 0, firstCount: size) }
        let second = try resolvePage(wrappedSystem(linear &+ inPage), access, asSupervisor: true)
        return SplitAccess(linear: linear, first: first, second: second, firstCount: inPage)
    }
}
