import X86

/// The cause of a task switch.
enum TaskSwitch {
    case jump, call, interrupt, `return`
}

/// Hardware task switching. SDM Vol. 3A, chapter 7.
extension CPU {
    /// Switches to the task of `tss`, whose type and presence were checked. Afterwards the machine is in the new task; faults of loading its
    /// segments are raised there. SDM Vol. 3A, section 7.3.
    func switchTask(
        to tss: Descriptor, selector: UInt16, _ reason: TaskSwitch, savedFlags: EFLAGS, EXT: UInt16
    ) throws(Fault) {
        let state = core.state
        let is32 = tss.isGate32
        if let refusal = refusalOfLimit(tss, Selector(selector)) { throw refusal.fault(EXT) }
        let old = state.pointee.tr
        try touch(old.base, old.type & 8 != 0 ? 0x68 : 0x2C, .write)
        try touch(tss.base, is32 ? 0x68 : 0x2C, reason == .call || reason == .interrupt ? .readWrite : .read)
        let image = try image(of: tss)

        var flags = savedFlags
        if reason == .return { flags.remove(.NT) }
        if reason != .call && reason != .interrupt {
            if let oldDescriptor = try descriptor(Selector(old.selector)) { try setBusy(oldDescriptor, false) }
        }
        try saveTask(old, flags)
        if reason == .call || reason == .interrupt { try writeSystem(tss.base, UInt64(old.selector), 2) }
        if reason != .return { try setBusy(tss, true) }

        var tr = tss.segmentRegister(selector: selector)
        tr.attributes |= 2
        state.pointee.tr = tr
        state.pointee.cr0.insert(.TS)
        state.pointee.dr7.rawValue &= ~0x155
        updateDebug()
        try enter(image, is32: is32, isNested: reason == .call || reason == .interrupt, EXT: EXT)
        if is32, image.trap { state.pointee.pendingDebug.insert(.BT) }
        requestAttention()
    }

    private func saveTask(_ tr: SegmentRegister, _ flags: EFLAGS) throws(Fault) {
        let state = core.state
        let is32 = tr.type & 8 != 0
        let step: UInt64 = is32 ? 4 : 2
        var address = tr.base &+ (is32 ? 0x20 : 0xE)
        try writeSystem(wrappedSystem(address), state.pointee.rip, step)
        address &+= step
        try writeSystem(wrappedSystem(address), UInt64(flags.rawValue), step)
        for number in 0..<8 as Range<UInt8> {
            address &+= step
            try writeSystem(wrappedSystem(address), core.register(number), step)
        }
        for name in is32 ? [SegmentRegisterName.es, .cs, .ss, .ds, .fs, .gs] : [.es, .cs, .ss, .ds] {
            address &+= step
            try writeSystem(wrappedSystem(address), UInt64(core.segment(name).pointee.selector), 2)
        }
    }

    private func touch(_ base: UInt64, _ size: UInt64, _ access: Access) throws(Fault) {
        _ = try translate(wrappedSystem(base), access, asSupervisor: true)
        _ = try translate(wrappedSystem(base &+ size &- 1), access, asSupervisor: true)
    }

    /// From here on faults belong to the new task.
    private func enter(_ image: TaskImage, is32: Bool, isNested: Bool, EXT: UInt16) throws(Fault) {
        let state = core.state
        if is32, state.pointee.cr0.contains(.PG), image.cr3 != state.pointee.cr3 { try setCR3(image.cr3) }
        var flags = EFLAGS(rawValue: UInt32(truncatingIfNeeded: image.eflags) & 0x003F_7FD5)
        if !is32 { flags = EFLAGS(rawValue: flags.rawValue & 0x7FD5) }
        if isNested { flags.insert(.NT) }
        eflags = flags.union(.alwaysOne)
        state.pointee.rip = image.rip
        newTaskRIP = image.rip
        for number in 0..<8 { core.setRegister(UInt8(truncatingIfNeeded: number), image.registers[number]) }
        for name in TaskImage.order {
            core.segment(name).pointee = SegmentRegister(selector: image.selector(name), base: 0, limit: 0, attributes: 0)
        }
        state.pointee.ldtr = SegmentRegister(selector: image.ldt, base: 0, limit: 0, attributes: 0)
        let oldLevel = state.pointee.cpl
        state.pointee.cpl = image.level
        defer { updateMode() }
        do throws(Fault) {
            if let table = try taskLDT(image).orFault(EXT) { state.pointee.ldtr = table.segmentRegister(selector: image.ldt) }
            for name in TaskImage.order {
                if image.isVirtual8086 {
                    loadParagraph(name, image.selector(name))
                } else {
                    try loadTaskSegment(name, image.selector(name), EXT)
                }
            }
        } catch {
            // The level that the new CS failed to establish.
            if !state.pointee.cs.isUsable { state.pointee.cpl = oldLevel }
            throw error
        }
    }

    private func loadTaskSegment(_ name: SegmentRegisterName, _ selector: UInt16, _ EXT: UInt16) throws(Fault) {
        let found = try taskSegment(name, selector, level: core.pointee.state.cpl, ldt: ldtr).orFault(EXT)
        guard var segment = found else { return }
        try setAccessed(&segment)
        core.segment(name).pointee = segment.segmentRegister(selector: selector)
    }
}
