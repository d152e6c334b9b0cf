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
        guard tss.limit >= (is32 ? 0x67 : 0x2B) else { throw Fault.TS(selector & 0xFFFC | EXT) }
        let old = state.pointee.tr
        try touch(old.base, old.type & 8 != 0 ? 0x68 : 0x2C, .write)
        try touch(tss.base, is32 ? 0x68 : 0x2C, reason == .call || reason == .interrupt ? .readWrite : .read)
        let image = try readTask(tss.base, is32: is32)

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

    /// The fields of a TSS that a switch loads.
    private struct TaskImage {
        var cr3: UInt64 = 0
        var rip: UInt64 = 0
        var eflags: UInt64 = 0
        var registers: [UInt64] = []
        /// ES CS SS DS FS GS.
        var selectors: [UInt16] = []
        var ldt: UInt16 = 0
        var trap = false
    }

    private func readTask(_ base: UInt64, is32: Bool) throws(Fault) -> TaskImage {
        var image = TaskImage()
        if is32 {
            image.cr3 = try readSystem(wrappedSystem(base &+ 0x1C), 4)
            image.rip = try readSystem(wrappedSystem(base &+ 0x20), 4)
            image.eflags = try readSystem(wrappedSystem(base &+ 0x24), 4)
            for index in 0..<8 as Range<UInt64> {
                image.registers.append(try readSystem(wrappedSystem(base &+ 0x28 &+ index &* 4), 4))
            }
            for index in 0..<6 as Range<UInt64> {
                image.selectors.append(UInt16(truncatingIfNeeded: try readSystem(wrappedSystem(base &+ 0x48 &+ index &* 4), 2)))
            }
            image.ldt = UInt16(truncatingIfNeeded: try readSystem(wrappedSystem(base &+ 0x60), 2))
            image.trap = try readSystem(wrappedSystem(base &+ 0x64), 2) & 1 != 0
        } else {
            image.rip = try readSystem(wrappedSystem(base &+ 0xE), 2)
            image.eflags = try readSystem(wrappedSystem(base &+ 0x10), 2)
            for index in 0..<8 as Range<UInt64> {
                image.registers.append(try readSystem(wrappedSystem(base &+ 0x12 &+ index &* 2), 2) | 0xFFFF_0000)
            }
            for index in 0..<4 as Range<UInt64> {
                image.selectors.append(UInt16(truncatingIfNeeded: try readSystem(wrappedSystem(base &+ 0x22 &+ index &* 2), 2)))
            }
            image.selectors += [0, 0]
            image.ldt = UInt16(truncatingIfNeeded: try readSystem(wrappedSystem(base &+ 0x2A), 2))
        }
        return image
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
        let names: [SegmentRegisterName] = [.es, .cs, .ss, .ds, .fs, .gs]
        for (name, selector) in zip(names, image.selectors) {
            core.segment(name).pointee = SegmentRegister(selector: selector, base: 0, limit: 0, attributes: 0)
        }
        state.pointee.ldtr = SegmentRegister(selector: image.ldt, base: 0, limit: 0, attributes: 0)
        let oldLevel = state.pointee.cpl
        state.pointee.cpl = flags.contains(.VM) ? 3 : UInt8(truncatingIfNeeded: image.selectors[1]) & 3
        defer { updateMode() }
        do throws(Fault) {
            try loadTaskLDT(image.ldt, EXT)
            if flags.contains(.VM) {
                for (name, selector) in zip(names, image.selectors) { loadParagraph(name, selector) }
                return
            }
            try loadTaskCode(image.selectors[1], EXT)
            try loadTaskStack(image.selectors[2], EXT)
            for (name, selector) in zip(names, image.selectors) where name != .cs && name != .ss {
                try loadTaskData(name, selector, EXT)
            }
        } catch {
            // The level that the new CS failed to establish.
            if !state.pointee.cs.isUsable { state.pointee.cpl = oldLevel }
            throw error
        }
    }

    private func loadTaskLDT(_ rawSelector: UInt16, _ EXT: UInt16) throws(Fault) {
        let selector = Selector(rawSelector)
        guard !selector.isNull else { return }
        let fault = Fault.TS(selector.errorCode | EXT)
        guard !selector.isLocal else { throw fault }
        let ldt = try descriptor(selector, orFault: fault)
        guard ldt.systemType == .LDT, ldt.isPresent else { throw fault }
        core.pointee.state.ldtr = ldt.segmentRegister(selector: rawSelector)
    }

    private func loadTaskCode(_ rawSelector: UInt16, _ EXT: UInt16) throws(Fault) {
        let selector = Selector(rawSelector)
        let fault = Fault.TS(selector.errorCode | EXT)
        guard !selector.isNull else { throw fault }
        var code = try descriptor(selector, orFault: fault)
        guard code.isCode, code.isConforming ? code.DPL <= selector.RPL : code.DPL == selector.RPL else { throw fault }
        guard code.isPresent else { throw Fault.NP(selector.errorCode | EXT) }
        try setAccessed(&code)
        core.pointee.state.cs = code.segmentRegister(selector: rawSelector)
    }

    private func loadTaskStack(_ rawSelector: UInt16, _ EXT: UInt16) throws(Fault) {
        let selector = Selector(rawSelector)
        let fault = Fault.TS(selector.errorCode | EXT)
        guard !selector.isNull else { throw fault }
        var stack = try descriptor(selector, orFault: fault)
        let cpl = core.pointee.state.cpl
        guard stack.isWritableData, stack.DPL == cpl, selector.RPL == cpl else { throw fault }
        guard stack.isPresent else { throw Fault.SS(selector.errorCode | EXT) }
        try setAccessed(&stack)
        core.pointee.state.ss = stack.segmentRegister(selector: rawSelector)
    }

    private func loadTaskData(_ name: SegmentRegisterName, _ rawSelector: UInt16, _ EXT: UInt16) throws(Fault) {
        let selector = Selector(rawSelector)
        guard !selector.isNull else { return }
        let fault = Fault.TS(selector.errorCode | EXT)
        var data = try descriptor(selector, orFault: fault)
        guard data.isReadable else { throw fault }
        if !data.isConforming { guard data.DPL >= max(core.pointee.state.cpl, selector.RPL) else { throw fault } }
        guard data.isPresent else { throw Fault.NP(selector.errorCode | EXT) }
        try setAccessed(&data)
        core.segment(name).pointee = data.segmentRegister(selector: rawSelector)
    }
}
