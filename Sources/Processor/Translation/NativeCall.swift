import X86

/// A place in a block where translated code asks for help; lies beside the code.
package struct NativeSite {
    package var op: OpHandle
    package var block: BlockHandle
    /// Bytes of the access.
    package var size: UInt32 = 0
    package var access: UInt32 = 0
    package var touchesFlags: Bool = false
    /// The code can go on behind the instruction when the interpreter has executed it.
    package var goesOn: Bool = false
    /// The definition of the instruction is a method of the processor.
    package var isCalledOut: Bool = false
    /// The instruction changes frequently: the site is for any that may be in its place.
    package var isForAny: Bool = false
    /// A store to a page with code that meets none has been looked for.
    package var looksBesideCode: Bool = false
    /// The place where translated code looks for what the instruction loads a segment register with.
    package var cache: UnsafeMutablePointer<SegmentCache>?

    package static let read: UInt32 = 0
    package static let write: UInt32 = 1
    package static let readWrite: UInt32 = 2
    /// The TLB would not help: the interpreter executes the instruction.
    package static let never: UInt32 = 3

    package init(op: OpHandle, block: BlockHandle) {
        self.op = op
        self.block = block
    }
}

/// The functions that translated code calls; all with `Core`, the site and the linear address.
package enum NativeCall {
    package typealias Function = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, UInt64) -> UInt

    /// An access that the TLB did not allow. 0: now it does; 1: the whole instruction was executed and the code has to be left;
    /// 2: it was executed, and the code may go on behind it.
    package static let slowAccess: Function = { raw, site, linear in
        // SAFETY: the engine passes its `Core` and a `NativeSite` of a block that is running.
        let core = CoreHandle(raw.assumingMemoryBound(to: Core.self))
        let site = site.assumingMemoryBound(to: NativeSite.self)
        // A page that the TLB did not take the last time is a device's, as a rule.
        let page = linear & ~0xFFF
        var fault: Fault?
        if core.pointee.native.devicePage != page, site.pointee.access != NativeSite.never, !core.meetsCode(linear, site) {
            if core.fillTLB(linear, site, &fault) { return 0 }
            if fault == nil, !core.meetsCode(linear, site) { core.pointee.native.devicePage = page }
        }
        core.pointee.lazy = LazyFlags(image: core.pointee.native.flags)
        if let fault {
            core.begin(site)
            Dispatch.leave(core, site.pointee.block, site.pointee.op)
            core.pointee.native.fault = fault
        } else {
            let generation = core.pointee.generation
            core.pointee.native.fault = core.interpret(site)
            // Code that goes on may hold on to what the TLB said: not when the device has changed the map of memory.
            if core.pointee.native.fault == nil, site.pointee.goesOn, !core.isInterrupted, core.pointee.generation == generation {
                core.pointee.native.flags = core.pointee.lazy.image
                return 2
            }
        }
        core.restorePatch()
        return 1
    }

    /// An instruction that has no translation, in the middle of a block. 0: go on; 1: the state is the interpreter's.
    package static let callOut: Function = { raw, site, _ in
        let core = CoreHandle(raw.assumingMemoryBound(to: Core.self))
        let site = site.assumingMemoryBound(to: NativeSite.self)
        let touchesFlags = site.pointee.touchesFlags
        if touchesFlags { core.pointee.lazy = LazyFlags(image: core.pointee.native.flags) }
        if let fault = core.interpret(site) {
            core.pointee.native.fault = fault
        } else if !core.isInterrupted {
            if touchesFlags { core.pointee.native.flags = core.pointee.lazy.image }
            return 0
        }
        core.restorePatch()
        if !touchesFlags { core.pointee.lazy = LazyFlags(image: core.pointee.native.flags) }
        return 1
    }

    /// A function of x87 operands that were put into `CPUState` for it: R0, and R1 if it takes two, with TOP = 0. It cannot fault, because the
    /// FPU was looked at when the code was entered.
    package static let x87Function: Function = { raw, site, _ in
        let core = CoreHandle(raw.assumingMemoryBound(to: Core.self))
        let site = site.assumingMemoryBound(to: NativeSite.self)
        core.begin(site)
        core.count(site, ticks: 1)
        try? core.executeX87(site.pointee.op)
        return 0
    }

    /// IN or OUT at level 0, where all ports may be used; the last of its block. 0: go on behind it; 1: something has to be looked at first.
    package static let portAccess: Function = { raw, site, _ in
        let core = CoreHandle(raw.assumingMemoryBound(to: Core.self))
        let site = site.assumingMemoryBound(to: NativeSite.self)
        core.begin(site)
        core.count(site, ticks: 1)
        core.pointee.state.rip = core.afterRIP(site.pointee.block, site.pointee.op)
        core.pointee.lazy = LazyFlags(image: core.pointee.native.flags)
        core.accessPort(site.pointee.op)
        guard core.isInterrupted else { return 0 }
        core.pointee.native.fault = nil
        core.pointee.ticks &+= UInt64(site.pointee.block.pointee.count)
        core.restorePatch()
        return 1
    }

    /// Calls out as `callOut` does, for the last instruction of a block. 0: go on behind it; greater than 1: there.
    package static let callOutAtEnd: Function = { raw, site, _ in
        let core = CoreHandle(raw.assumingMemoryBound(to: Core.self))
        let site = site.assumingMemoryBound(to: NativeSite.self)
        let touchesFlags = site.pointee.touchesFlags
        if touchesFlags { core.pointee.lazy = LazyFlags(image: core.pointee.native.flags) }
        let block = site.pointee.block
        core.pointee.native.fault = core.interpret(site)
        if touchesFlags { core.pointee.native.flags = core.pointee.lazy.image }
        if core.pointee.native.fault == nil, !core.isInterrupted {
            if let cache = site.pointee.cache { core.remember(site.pointee.op, of: block, in: cache) }
            core.pointee.native.budget = core.pointee.limit &- core.pointee.ticks
            if core.isStraightOn(block) { return 0 }
            if let entry = core.nextEntry { return UInt(bitPattern: entry) }
        }
        core.restorePatch()
        if !touchesFlags { core.pointee.lazy = LazyFlags(image: core.pointee.native.flags) }
        return 1
    }
}

extension Handle where Pointee == Core {
    /// Clock and place as they are when the interpreter runs the site's block.
    @inline(__always)
    fileprivate func begin(_ site: UnsafePointer<NativeSite>) {
        let block = site.pointee.block
        pointee.block = block
        pointee.entryRIP = block.pointee.rip
        pointee.ticks = pointee.native.limit &- pointee.native.budget &- UInt64(block.pointee.count)
    }

    /// Executes the site's instruction as the interpreter does.
    fileprivate func interpret(_ site: UnsafePointer<NativeSite>) -> Fault? {
        let (block, op) = (site.pointee.block, site.pointee.op)
        begin(site)
        if site.pointee.isForAny { pointee.cpu.countCall(of: block) }
        let before = pointee.ticks &+ UInt64(op.pointee.index)
        let fault = site.pointee.isCalledOut ? Dispatch.calledOut(self, block, op) : Dispatch.single(self, block, op)
        count(site, ticks: pointee.ticks &- before)
        return fault
    }

    /// The interpreter executed the site's instruction, which took so many ticks.
    @inline(__always)
    fileprivate func count(_ site: UnsafePointer<NativeSite>, ticks: UInt64) {
        pointee.native.callOutsByOperation?[Int(truncatingIfNeeded: site.pointee.op.pointee.instruction.operation.rawValue)] &+= 1
        pointee.native.callOuts &+= ticks
    }

    @inline(__always)
    fileprivate func accessPort(_ op: OpHandle) {
        let isInput = op.pointee.instruction.operation == .in
        let size = UInt64(op.pointee.instruction.operandSize.bytes)
        withCPU { cpu in
            let port = cpu.portNumber(op.pointee.instruction, isInput: isInput)
            guard isInput else { return cpu.writePort(port, size, register(0) & (1 &<< (8 &* size) &- 1), op) }
            let value = cpu.readPort(port, size, op)
            switch size {
            case 1: setRegister(0, value, Byte.self)
            case 2: setRegister(0, value, Word.self)
            default: setRegister(0, value, Doubleword.self)
            }
        }
    }

    /// Something happened that the interpreter would end a block for.
    var isInterrupted: Bool {
        pointee.limit != pointee.native.limit || pointee.attention || pointee.patched != nil || pointee.native.isInterrupted
    }

    /// The instruction behind the block is next, in the same mode and code segment, and time is left.
    fileprivate func isStraightOn(_ block: BlockHandle) -> Bool {
        let next = truncatedRIP(block.pointee.rip &+ UInt64(block.pointee.byteCount))
        return pointee.state.rip == next && pointee.mode == block.pointee.mode && pointee.state.cs.base == block.pointee.csBase
            && pointee.state.cs.limit == block.pointee.csLimit && pointee.ticks < pointee.limit
            && pointee.state.shadow == .none && !pointee.state.eflags.contains(.RF)
    }

    /// The translation of the block at CS:RIP, if it is known, fits before the limit, and nothing has to be looked at before it.
    var nextEntry: UnsafeRawPointer? {
        let state = self.state
        guard pointee.cpu.newTaskRIP == nil, state.pointee.activity == .active, state.pointee.shadow == .none,
            state.pointee.pendingDebug.isEmpty,
            !state.pointee.eflags.contains(.TF),
            let block = pointee.cpu.guessedBlock, let entry = block.pointee.entry,
            pointee.ticks &+ UInt64(block.pointee.count) <= pointee.limit
        else { return nil }
        // What the run loop does before an instruction; IRET from every page fault has it set. Code with instruction breakpoints has no translation.
        state.pointee.eflags.remove(.RF)
        return entry
    }

    /// Enters the page of an access into the TLB. False when that does not help, which is for the interpreter to find out again.
    fileprivate func fillTLB(_ linear: UInt64, _ site: UnsafePointer<NativeSite>, _ fault: inout Fault?) -> Bool {
        let size = UInt64(site.pointee.size)
        let page = linear & ~0xFFF
        guard (linear &+ (size &- 1)) & ~0xFFF == page, pointee.space.contains(linear, size) else { return false }
        let access: Access =
            switch site.pointee.access {
            case NativeSite.read: .read
            case NativeSite.write: .write
            default: .readWrite
            }
        do throws(Fault) {
            _ = try pointee.cpu.resolvePage(linear, access)
        } catch {
            // The interpreter would come to the same access and find the same.
            fault = error
            return false
        }
        let entry = pointee.tlb[TLBEntry.slot(linear)]
        guard access == .write || entry.readTag == page else { return false }
        return access == .read || entry.writeTag == page
            || site.pointee.looksBesideCode && entry.writeTag == page | TLBEntry.besideCode && !meetsCode(linear, site)
    }

    /// A store, to bytes that belong to blocks, in a page that the TLB knows.
    fileprivate func meetsCode(_ linear: UInt64, _ site: UnsafePointer<NativeSite>) -> Bool {
        let size = UInt64(site.pointee.size)
        guard site.pointee.access != NativeSite.read, let (_, physical) = pointee.tlb.hostBesideCode(linear, size) else {
            return false
        }
        return pointee.cpu.code.isCode(physical, size)
    }
}

extension CPU {
    /// Calls of an instruction after which it no longer counts as one that changes frequently.
    private static let callsOfSettled: UInt16 = 1 << 14

    /// Translated code calls out for an instruction of the block only because it changes frequently.
    fileprivate func countCall(of block: BlockHandle) {
        block.pointee.callsSinceChange &+= 1
        guard block.pointee.callsSinceChange >= CPU.callsOfSettled else { return }
        block.pointee.callsSinceChange = 0
        for index in 0..<Int(block.pointee.count) { block.pointee.ops[index].changes = Op.Changes() }
        blocks.dropTranslations(of: block)
    }
}
