import Processor
import X86

/// Code that seldom runs; it stands behind the region's.
struct ColdPath {
    enum Work {
        /// Out at `rip`, with `count` ticks given back; `isSaved`: `giveBack` has been done.
        case budget(count: UInt64, rip: UInt64, isSaved: Bool)
        /// An access that the TLB does not allow; when it does, the probe is made again.
        case slow(
            site: Assembler.Label, again: Assembler.Label, linear: UInt64?, store: StoreProbe?, flags: FlagState,
            pointers: X87Pointers?)
        /// A miss as above, or the interpreter has executed the instruction and the code goes on behind it, where the host's flags are
        /// expected to be the guest's if `hasFlags`.
        case device(
            site: Assembler.Label, again: Assembler.Label, behind: Assembler.Label, linear: UInt64?, store: StoreProbe?,
            flags: FlagState, hasFlags: Bool)
        /// The page is elsewhere than the code has it: the linear address makes up for it.
        case otherAddend(instead: Int32, behind: Assembler.Label)
        /// The interpreter executes the instruction `op`, and the block goes on.
        case callOut(site: Assembler.Label, op: OpHandle, behind: Assembler.Label)
        case callOutAtEnd(site: Assembler.Label, ending: Intermediate.Ending)
        /// An operand of an x87 function is empty: those that were taken off the stack go back.
        case restack(X87Function, taken: Int, callOut: Assembler.Label)
        /// The status word that an x87 function has left.
        case x87Status(behind: Assembler.Label)
        /// The instructions of an `AccessRun`, each with an access of its own.
        case apart(instructions: Range<Int>, before: FlagState, after: FlagState, behind: Assembler.Label)
        /// The interpreter executes the instruction, and the code is left.
        case interpret(site: Assembler.Label, flags: FlagState, pointers: X87Pointers?)
        /// The ticks of the block at `rip` do not fit, and its flags are not in the image.
        case overdrawn(count: UInt64, rip: UInt64, flags: FlagState)
        /// A look-up of a place in another page, which has to be done again.
        case relink(stub: Assembler.Label)
        /// To the computed address in `addend`, with the flags in the image.
        case indirect
        /// A return that is none of what was called last at its place; `open`: where an open call ends, `done`: behind that.
        case otherReturn(bytes: UInt64, open: Assembler.Label, done: Assembler.Label)
        /// The region cannot run as things are: the interpreter executes its first block.
        case refused(rip: UInt64)
        /// A transfer that has to put the flags into the image first; `areInHost`: the jump has brought them in the host's.
        case go(rip: UInt64, flags: FlagState, areInHost: Bool)
    }

    /// A store of `size` bytes, which goes on at `found` when the TLB allows it.
    struct StoreProbe {
        let size: Int
        let found: Assembler.Label
    }

    let label: Assembler.Label
    var work: Work
    /// Number of the member it belongs to.
    var member = 0

    init(_ label: Assembler.Label, _ work: Work) {
        self.label = label
        self.work = work
    }
}

extension Lowering {
    /// Writes all cold paths. False when the buffer is too small.
    mutating func finishColdPaths() -> Bool {
        isInColdPath = true
        coldStart = asm.offset
        var next = 0
        while next < cold.count {
            guard asm.hasRoom else { return false }
            let part = cold[next]
            number = part.member
            asm.place(part.label)
            lower(part.work)
            next += 1
        }
        if usesIndirect {
            asm.place(indirectMiss)
            asm.jump(backend.stubs.leaveIndirect)
        }
        for cell in cells {
            guard asm.hasRoom else { return false }
            asm.place(cell.stub)
            asm.mov(HostMap.addend, constant: cell.rip)
            asm.leaRelative(HostMap.scratch, cell.cell)
            asm.jump(backend.stubs.leaveToLink)
        }
        return asm.hasRoom(for: Assembler.margin + sites.count * MemoryLayout<NativeSite>.stride + cells.count * 32)
    }

    private mutating func lower(_ work: ColdPath.Work) {
        switch work {
        case .budget(let count, let rip, let isSaved):
            if !isSaved { giveBack() }
            asm.alu(.add, HostMap.budget, immediate: count, .quadword)
            asm.mov(HostMap.addend, constant: rip)
            asm.jump(backend.stubs.leave)
        case .slow(let site, let again, let linear, let store, let flags, let pointers):
            lookBesideCode(store, linear)
            callSlowAccess(site, linear, flags, pointers)
            // Nothing has changed that the load could be refused for.
            if region.usesX87 { asm.call(backend.stubs.loadX87) }
            loadMXCSR()
            exchangeRegisters(undo: false)
            asm.jump(again)
        case .device(let site, let again, let behind, let linear, let store, let flags, let hasFlags):
            lookBesideCode(store, linear)
            callSlowAccess(site, linear, flags, nil)
            exchangeRegisters(undo: false)
            asm.jump(if: HostCondition.below, again)
            if hasFlags { loadImage() }
            asm.jump(behind)
        case .restack(let function, let taken, let callOut):
            function.restack(&asm, taken: taken)
            asm.jump(callOut)
        case .x87Status(let behind):
            X87Function.loadStatus(&asm, image: backend.x87ImageAddress)
            asm.jump(behind)
        case .interpret(let site, let flags, let pointers):
            callSlowAccess(site, nil, flags, pointers)
        case .otherAddend(let addend, let behind):
            asm.load(HostMap.addend, entryAddend, .quadword)
            asm.lea(HostMap.linear, HostOperand(HostMap.linear, index: HostMap.addend, 0 &- addend), .quadword)
            asm.jump(behind)
        case .callOut(let site, let op, let behind):
            self.op = op
            flags = FlagState()
            callOut(site)
            asm.jump(behind)
        case .apart(let instructions, let before, let after, let behind):
            lowerApart(instructions, before: before)
            if after.origin == .image { putIntoImage() }
            if flags.isSame(as: after) || live[range.upperBound - 1].isEmpty { return asm.jump(behind) }
            // The code behind looks for the flags elsewhere.
            putIntoImage()
            let rest = UInt64(block.pointee.count) - UInt64(op.pointee.index) - 1
            lower(.budget(count: rest, rip: block.pointee.rip(at: op.pointee.end), isSaved: false))
        case .callOutAtEnd(let site, let ending):
            flags = FlagState()
            callOutAtEnd(site, ending)
        case .overdrawn(let count, let rip, let flags):
            saveFlags(flags)
            lower(.budget(count: count, rip: rip, isSaved: false))
        case .relink(let stub):
            giveBack()
            asm.jump(stub)
        case .indirect:
            flags = FlagState()
            goIndirect(context: context)
        case .otherReturn(let bytes, let open, let done): keepOtherReturn(bytes, open: open, done: done)
        case .refused(let rip):
            asm.mov(HostMap.addend, constant: rip)
            asm.jump(backend.stubs.leaveRefused)
        case .go(let rip, let flags, let areInHost):
            self.flags = flags
            self.flags.holder = areInHost ? asm.hostFlags : nil
            go(to: rip)
        }
    }

    /// A store in a page with code that meets none goes on. `linear`: the address, if the probe has not put it where others do.
    private mutating func lookBesideCode(_ store: ColdPath.StoreProbe?, _ linear: UInt64?) {
        guard let store, let stub = backend.stubs.besideCode(store.size) else { return }
        if let linear {
            asm.mov(HostMap.linear, constant: linear)
            asm.mov(HostMap.addend, immediate: UInt64(CoreOffset.TLB.entry(of: linear)), .doubleword)
            asm.mov(HostMap.scratch, constant: linear & ~0xFFF)
        }
        asm.call(stub)
        asm.jump(if: HostCondition.equal, store.found)
    }

    private mutating func callSlowAccess(
        _ site: Assembler.Label, _ linear: UInt64?, _ flags: FlagState, _ pointers: X87Pointers?
    ) {
        saveFlags(flags)
        writeX87Pointers(pointers)
        giveBack()
        if let linear { asm.mov(HostMap.linear, constant: linear) }
        asm.leaRelative(HostMap.addend, site)
        asm.call(backend.stubs.slowAccess)
    }

    private mutating func saveFlags(_ flags: FlagState) {
        guard flags.origin != .image else { return }
        var flags = flags
        flags.holder = nil
        emitImage(flags)
    }

    /// Places what the code refers to: sites and cells.
    mutating func placeData() {
        asm.align(64)
        for (label, site) in sites {
            asm.place(label)
            withUnsafeBytes(of: site) { for byte in $0 { asm.byte(byte) } }
            asm.align(8)
        }
        asm.align(16)
        for cell in cells {
            asm.place(cell.cell)
            asm.quadword(0)
            asm.place(cell.generation)
            asm.quadword(0)
            asm.quadword(0)
        }
    }
}
