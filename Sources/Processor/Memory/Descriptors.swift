import X86

extension CPU: SystemTables {
    @inline(__always) package var idtr: DescriptorTableRegister { core.pointee.state.idtr }
    @inline(__always) package var gdtr: DescriptorTableRegister { core.pointee.state.gdtr }
    @inline(__always) package var ldtr: SegmentRegister { core.pointee.state.ldtr }
    @inline(__always) package var tr: SegmentRegister { core.pointee.state.tr }
    @inline(__always) package var cpl: UInt8 { core.pointee.state.cpl }

    /// The descriptor a selector names, 16 bytes long if it is a system descriptor of IA-32e mode; nil when its table is too short, or when the
    /// bits are set that would make the second half a descriptor of its own.
    func wholeDescriptor(_ selector: Selector) throws(Fault) -> Descriptor? {
        guard var found = try descriptor(selector) else { return nil }
        guard isIA32e, !found.isCodeOrData, found.type != 0 else { return found }
        let last = selector.offset | 7 &+ 8
        let limit = selector.isLocal ? core.pointee.state.ldtr.limit : UInt32(core.pointee.state.gdtr.limit)
        guard last <= limit else { return nil }
        let high = try readSystem(wrappedSystem(found.address &+ 8), 8)
        found.high = high
        return high & 0x1F00_0000_0000 == 0 ? found : nil
    }

    /// The descriptor of the GDT that a segment register was loaded from; nil if what is there would load another one, or set its accessed bit.
    func loadedDescriptor(of register: SegmentRegister) -> Descriptor? {
        let selector = Selector(register.selector)
        guard !selector.isNull, !selector.isLocal, let found = try? descriptor(selector), found.isCodeOrData,
            found.raw & Self.accessed != 0
        else { return nil }
        let loaded =
            found.isCode
            ? found.codeSegment(selector: register.selector, inIA32e: isIA32e)
            : found.segmentRegister(selector: register.selector)
        return loaded == register ? found : nil
    }

    private static let accessed: UInt64 = 1 << 40

    /// The descriptor a selector names, or `fault` with the selector.
    @inline(__always)
    func descriptor(_ selector: Selector, orFault fault: Fault) throws(Fault) -> Descriptor {
        guard let descriptor = try descriptor(selector) else { throw fault }
        return descriptor
    }

    /// Sets the accessed bit of a code or data descriptor, if it is clear.
    @inline(__always)
    func setAccessed(_ descriptor: inout Descriptor) throws(Fault) {
        guard descriptor.raw & Self.accessed == 0 else { return }
        descriptor.raw |= Self.accessed
        try writeRights(descriptor.address, descriptor.raw)
    }

    @inline(never)
    private func writeRights(_ address: UInt64, _ raw: UInt64) throws(Fault) { try writeSystem(address &+ 5, raw &>> 40, 1) }

    /// Sets or clears the busy bit of a TSS descriptor.
    func setBusy(_ descriptor: Descriptor, _ isBusy: Bool) throws(Fault) {
        let rights = (descriptor.raw &>> 40) & 0xFF
        try writeSystem(descriptor.address &+ 5, isBusy ? rights | 2 : rights & ~2, 1)
    }

    // MARK: Implicit supervisor accesses

    /// Reads up to eight bytes of a system table, whatever the CPL.
    @inline(__always)
    package func readSystem(_ linear: UInt64, _ size: UInt64) throws(Fault) -> UInt64 {
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
