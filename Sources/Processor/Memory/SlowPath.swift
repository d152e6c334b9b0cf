import Wiring
import X86

/// Accesses that the TLB does not answer: first touches, devices, page crossings, pages with code, watched pages.
extension CPU {
    @inline(never)
    func loadSlow(_ linear: UInt64, _ size: UInt64, _ op: OpHandle) throws(Fault) -> UInt64 {
        if let (host, target) = observed(linear, size, writes: false) {
            let value = host.loadBytes(size)
            noteData(target, size, isWrite: false, value, op)
            return value
        }
        try checkFlatEnd(linear, size, op, isStore: false)
        let target = try resolve(linear, size, .read)
        noteDataAccess(linear, size, isWrite: false, op)
        let value = readSplit(target, size, op)
        if stopsAtData { noteData(target, size, isWrite: false, value, op) }
        return value
    }

    @inline(never)
    func storeSlow(_ linear: UInt64, _ value: UInt64, _ size: UInt64, _ op: OpHandle) throws(Fault) {
        if storeBesideCode(linear, value, size, core.pointee.tlb, op) { return }
        if let (host, target) = observed(linear, size, writes: true) {
            host.storeBytes(value, size)
            return noteData(target, size, isWrite: true, value, op)
        }
        try checkFlatEnd(linear, size, op, isStore: true)
        let target = try resolve(linear, size, .write)
        writeSplit(target, value, size, op)
    }

    /// The host's place of bytes in one page that is hidden from the TLB for the observer's sake alone: nothing else has to be looked at.
    @inline(__always)
    private func observed(_ linear: UInt64, _ size: UInt64, writes: Bool) -> (UnsafeMutableRawPointer, SplitAccess)? {
        guard observer != nil, !watchesData, linear & 0xFFF &+ size <= 0x1000 else { return nil }
        let entry = core.pointee.tlb + TLBEntry.slot(linear)
        guard (writes ? entry.pointee.writeTag : entry.pointee.readTag) == linear & ~0xFFF | TLBEntry.hidden else { return nil }
        return (
            core.hostPointer(entry, linear),
            SplitAccess(linear: linear, first: entry.pointee.physicalPage | linear & 0xFFF, second: 0, firstCount: size)
        )
    }

    /// A store to a page with code that the TLB knows; false when it is none.
    @inline(__always)
    func storeBesideCode(
        _ linear: UInt64, _ value: UInt64, _ size: UInt64, _ tlb: TLBEntryHandle, _ op: OpHandle?
    ) -> Bool {
        guard let (host, physical) = tlb.hostBesideCode(linear, size) else { return false }
        // Code that is overwritten with itself does not change.
        guard code.isCode(physical, size), host.loadBytes(size) != value & (UInt64.max &>> (64 &- 8 &* size)) else {
            host.storeBytes(value, size)
            return true
        }
        host.storeBytes(value, size)
        codeWritten(physical, size, op)
        return true
    }

    /// Host address of an operand that will be read and written, or 0 with `core.split` filled in.
    @inline(never)
    func locateSlow(_ linear: UInt64, _ size: UInt64, _ op: OpHandle) throws(Fault) -> UInt {
        if let (host, physical) = core.pointee.tlb.hostBesideCode(linear, size) {
            guard code.isCode(physical, size) else { return UInt(bitPattern: host) }
            core.pointee.split = SplitAccess(linear: linear, first: physical, second: 0, firstCount: size)
            return 0
        }
        try checkFlatEnd(linear, size, op, isStore: false)
        let target = try resolve(linear, size, .readWrite)
        noteDataAccess(linear, size, isWrite: false, op)
        let entry = core.pointee.tlb[TLBEntry.slot(linear)]
        if entry.writeTag == (linear &+ (size &- 1)) & ~0xFFF, entry.readTag == entry.writeTag {
            return UInt(truncatingIfNeeded: linear) &+ UInt(bitPattern: entry.addend)
        }
        if stopsAtData { noteData(target, size, isWrite: false, peek(target, size), op) }
        core.pointee.split = target
        return 0
    }

    /// A flat segment ends at FFFFFFFFh: an operand that reaches beyond is outside its limit. In 64-bit code an operand that is not canonical ends
    /// here, for no entry of the TLB holds such an address.
    func checkFlatEnd(_ linear: UInt64, _ size: UInt64, _ op: OpHandle, isStore: Bool) throws(Fault) {
        let space = core.pointee.space
        guard !space.contains(linear, size) else { return }
        let i = op.pointee.instruction
        // Of an instruction with an operand in memory that uses the stack, too, one access is the operand's and the other goes the other way.
        let isStack = isStore ? i.operation == .push || i.operation == .callIndirect : i.operation == .pop
        let isOperand = i.hasMemoryOperand && !isStack
        guard space == .canonical48 || op.pointee.assumptions.contains(isOperand ? .flatMemory : .flatStack) else { return }
        throw isOperand && i.segment != .ss ? Fault.GP(0) : Fault.SS(0)
    }

    /// Translates one or two pages, all before anything is moved, and fills the TLB.
    func resolve(_ linear: UInt64, _ size: UInt64, _ access: Access) throws(Fault) -> SplitAccess {
        let inPage = 0x1000 &- (linear & 0xFFF)
        let first = try resolvePage(linear, access)
        guard size > inPage else {
            return SplitAccess(linear: linear, first: first, second: 0, firstCount: size)
        }
        let next = core.wrapped(linear &+ inPage)
        return SplitAccess(linear: linear, first: first, second: try resolvePage(next, access), firstCount: inPage)
    }

    /// Translates for the current privilege level, or the supervisor, and enters the page into its TLB as far as host memory may be used.
    func resolvePage(_ linear: UInt64, _ access: Access, asSupervisor: Bool = false) throws(Fault) -> UInt64 {
        let isUser = core.pointee.state.cpl == 3 && !asSupervisor
        if stopsAtData, let known = hiddenTranslation(linear, access, isUser: isUser) { return known }
        let translation = try translate(linear, access, asSupervisor: asSupervisor)
        let page = linear & ~0xFFF
        let physicalPage = translation.physical & ~0xFFF
        let host = bus.page(at: physicalPage)
        let slot = TLBEntry.slot(linear)
        guard let read = host.read, translation.isLasting, !isWatched(page) else { return translation.physical }
        if isUser {
            userTLB.claim(slot, physicalPage: physicalPage, isGlobal: translation.isGlobal, span: translation.span)
        } else {
            supervisorTLB.claim(slot, physicalPage: physicalPage, isGlobal: translation.isGlobal, span: translation.span)
        }
        let entry = (isUser ? userTLB : supervisorTLB).data + slot
        entry.pointee.addend = Int(bitPattern: read) &- Int(truncatingIfNeeded: page)
        entry.pointee.readTag = page
        if translation.allowsWrites, host.write != nil {
            entry.pointee.writeTag = code.holdsCode(physicalPage) ? page | TLBEntry.besideCode : page
        }
        if stopsAtData { hideIfWatched(entry, page) }
        return translation.physical
    }

    func readSplit(_ target: SplitAccess, _ size: UInt64, _ op: OpHandle?) -> UInt64 {
        let low = readBytes(target.first, target.firstCount, op)
        guard size > target.firstCount else { return low }
        return low | (readBytes(target.second, size &- target.firstCount, op) &<< (8 &* target.firstCount))
    }

    func writeSplit(_ target: SplitAccess, _ value: UInt64, _ size: UInt64, _ op: OpHandle?) {
        writeBytes(target.first, value, target.firstCount, op)
        if size > target.firstCount {
            writeBytes(target.second, value &>> (8 &* target.firstCount), size &- target.firstCount, op)
        }
        noteDataAccess(target.linear, size, isWrite: true, op)
        if stopsAtData { noteData(target, size, isWrite: true, value, op) }
    }

    /// Up to eight bytes within one page.
    private func readBytes(_ physical: UInt64, _ count: UInt64, _ op: OpHandle?) -> UInt64 {
        var value: UInt64 = 0
        var done: UInt64 = 0
        while done < count {
            let width = chunk(count &- done)
            value |= readPhysical(physical &+ done, width, op) &<< (8 &* done)
            done &+= UInt64(width.rawValue)
        }
        return value
    }

    private func writeBytes(_ physical: UInt64, _ value: UInt64, _ count: UInt64, _ op: OpHandle?) {
        var done: UInt64 = 0
        while done < count {
            let width = chunk(count &- done)
            writePhysical(physical &+ done, width, value &>> (8 &* done), op)
            done &+= UInt64(width.rawValue)
        }
    }

    private func chunk(_ count: UInt64) -> AccessWidth { count >= 4 ? .doubleword : count >= 2 ? .word : .byte }

    /// A physical read within one page. `op` is the instruction that does it, if one does.
    func readPhysical(_ physical: UInt64, _ width: AccessWidth, _ op: OpHandle? = nil) -> UInt64 {
        let physical = physical & a20Mask
        if let page = bus.page(at: physical & ~0xFFF).read {
            let address = page + Int(truncatingIfNeeded: physical & 0xFFF)
            switch width {
            case .byte: return UInt64(address.load(as: UInt8.self))
            case .word: return UInt64(address.loadUnaligned(as: UInt16.self))
            case .doubleword: return UInt64(address.loadUnaligned(as: UInt32.self))
            }
        }
        beginBusAccess(op)
        let value = UInt64(bus.readMemory(physical, width))
        endBusAccess(op)
        return value
    }

    func writePhysical(_ physical: UInt64, _ width: AccessWidth, _ value: UInt64, _ op: OpHandle? = nil) {
        let physical = physical & a20Mask
        guard let page = bus.page(at: physical & ~0xFFF).write else {
            beginBusAccess(op)
            bus.writeMemory(physical, width, UInt32(truncatingIfNeeded: value))
            endBusAccess(op)
            return
        }
        let address = page + Int(truncatingIfNeeded: physical & 0xFFF)
        let size = UInt64(width.rawValue)
        let changesCode = code.isCode(physical, size) && address.loadBytes(size) != value & (UInt64.max &>> (64 &- 8 &* size))
        address.storeBytes(value, size)
        if changesCode { codeWritten(physical, size, op) }
    }

    /// Drops blocks made from these bytes, or refreshes them; when the running block was dropped it ends after `op`.
    func codeWritten(_ physical: UInt64, _ count: UInt64, _ op: OpHandle?) {
        var droppedRunning = false
        code.forEachBlock(physical, count) { block in
            if let op, refresh(block, writtenAt: physical, count: count, by: op) { return }
            if block == core.pointee.block { droppedRunning = true }
            blocks.drop(block)
        }
        if droppedRunning, let op { core.leaveAfter(op) }
    }

    /// Makes the clock exact for the instruction that goes to the bus.
    @inline(__always)
    func beginBusAccess(_ op: OpHandle?) {
        core.pointee.current = op
        clock.cells.pointee.now = core.pointee.ticks &+ (op.map { UInt64($0.pointee.index) } ?? 0)
    }

    /// A chip may have moved a deadline or raised a line: then the block ends after this instruction.
    @inline(__always)
    func endBusAccess(_ op: OpHandle?) {
        core.pointee.current = nil
        guard let op, core.pointee.attention || clock.cells.pointee.nextDeadline < core.pointee.limit else { return }
        core.leaveAfter(op)
    }
}

extension Handle where Pointee == Core {
    /// Ends the running block at the boundary behind `op`, which is not after a boundary that was set before.
    func leaveAfter(_ op: OpHandle) {
        pointee.limit = 0
        restorePatch()
        patchLeave(op + 1)
    }

    func patchLeave(_ op: OpHandle) {
        pointee.patched = op
        pointee.patchedHandler = op.pointee.handler
        op.pointee.handler = .leave
    }

    func restorePatch() {
        guard let patched = pointee.patched else { return }
        patched.pointee.handler = pointee.patchedHandler
        pointee.patched = nil
    }
}
