import X86

/// The second engine, as the processor sees it: it turns blocks that run often into host machine code.
///
/// Whatever it does must be indistinguishable from the interpreter, which remains responsible for everything it does not do.
package protocol TranslationEngine: AnyObject {
    /// Gives the block an `entry`, if it can and if it pays.
    func translate(_ block: UnsafeMutablePointer<Block>)
    /// Makes the transfer that came back with `cell` go straight to the block from now on.
    func link(_ cell: UInt, to block: UnsafeMutablePointer<Block>)
    /// Makes indirect transfers to the block find it.
    func remember(_ block: UnsafeMutablePointer<Block>)
    /// The block's translation could not run as things are now.
    func refused(_ block: UnsafeMutablePointer<Block>)
    /// One of a translated block's bytes was written.
    func dropped(_ block: UnsafeMutablePointer<Block>)
    /// All blocks are gone.
    func reset()
    /// Changes whenever all translations are forgotten: cells from before lead nowhere.
    var epoch: UInt64 { get }
    /// Runs the code at an entry; yields an `NativeExit` or the cell of a transfer whose target is in `CPUState.rip`.
    var enter: @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> UInt { get }
}

/// Why translated code came back.
package enum NativeExit {
    /// The next block does not fit before the limit, or the next instruction is not for this engine. State, flags image and budget are exact.
    package static let boundary: UInt = 0
    /// The interpreter executed an instruction for the code, and the state is as it left it.
    package static let interpreted: UInt = 1
    /// An indirect transfer found no translation.
    package static let indirect: UInt = 2
    /// The block cannot run as it was translated: the interpreter executes it.
    package static let refused: UInt = 3
}

/// What translated code and the processor tell each other: part of `Core`, at fixed offsets.
package struct NativeState {
    /// `Core.limit` when the code was entered, and what is left of the ticks up to it at the end of the running block.
    package var limit: UInt64 = 0
    package var budget: UInt64 = 0
    /// The status flags; see `LazyFlags.image`.
    package var flags: UInt16 = 0
    package var scratch: UInt16 = 0
    /// Operands of the last instruction that set flags, when registers no longer hold them.
    package var operand0: UInt64 = 0
    package var operand1: UInt64 = 0
    /// Indirect transfers: a table of `NativeJump`.
    package var jumps: UnsafeMutableRawPointer?
    /// Host code that translated code calls.
    package var slowAccess: UInt = 0
    package var callOut: UInt = 0
    package var callOutAtEnd: UInt = 0
    package var leave: UInt = 0
    package var leaveToLink: UInt = 0
    package var leaveIndirect: UInt = 0
    package var leaveRefused: UInt = 0
    package var saveX87: UInt = 0
    package var loadX87: UInt = 0
    /// An image as FXSAVE writes it, for the way of the FPU's state into the host and back; the address is a multiple of 16.
    package var x87Image: UnsafeMutableRawPointer?
    /// Stack pointer of the host inside `enter`.
    package var hostStack: UInt = 0
    /// Translated code was dropped while it ran.
    package var isInterrupted = false
    var fault: Fault?
    /// Ticks that passed while the interpreter executed instructions for translated code.
    package var callOuts: UInt64 = 0
    /// Instructions of each operation among them.
    package var callOutsByOperation: UnsafeMutablePointer<UInt64>?
    /// Ticks that passed in translated code, its call-outs included.
    package var ticks: UInt64 = 0
}

/// An entry of the table of indirect transfers.
package struct NativeJump {
    /// RIP, and above bit 32 what the engine calls the mode and code segment.
    package var key: UInt64 = .max
    package var generation: UInt64 = 0
    package var entry: UInt = 0
    package var unused: UInt = 0
    package init() {}
    package static let count = 4096
}

/// Where in a block translated code asks for help; lies beside the code.
package struct NativeSite {
    package var op: UnsafeMutablePointer<Op>
    package var block: UnsafeMutablePointer<Block>
    /// Bytes of the access.
    package var size: UInt32 = 0
    package var access: UInt32 = 0
    package var touchesFlags: Bool = false

    package static let read: UInt32 = 0
    package static let write: UInt32 = 1
    package static let readWrite: UInt32 = 2
    /// The TLB would not help: the interpreter executes the instruction.
    package static let never: UInt32 = 3

    package init(op: UnsafeMutablePointer<Op>, block: UnsafeMutablePointer<Block>) {
        self.op = op
        self.block = block
    }
}

extension CPU {
    /// Runs translated code from `block` on, as far as it leads, as `Dispatch.run` does.
    func runTranslated(_ first: UnsafeMutablePointer<Block>) -> Dispatch.Exit {
        guard let engine, var entry = first.pointee.entry else { return .boundary }
        let enter = engine.enter
        core.pointee.native.limit = core.pointee.limit
        while true {
            core.pointee.native.budget = core.pointee.limit &- core.pointee.ticks
            core.pointee.native.flags = core.pointee.lazy.image
            core.pointee.native.isInterrupted = false
            let start = core.pointee.ticks
            let exit = enter(core.raw, entry)
            core.pointee.block = nil
            if exit == NativeExit.interpreted {
                core.pointee.native.ticks &+= core.pointee.ticks &- start
                guard let fault = core.pointee.native.fault else { return .boundary }
                core.pointee.native.fault = nil
                return .fault(fault)
            }
            core.pointee.lazy = LazyFlags(image: core.pointee.native.flags)
            core.pointee.ticks = core.pointee.native.limit &- core.pointee.native.budget
            core.pointee.native.ticks &+= core.pointee.ticks &- start
            if exit == NativeExit.refused { return interpretBlock() }
            guard exit != NativeExit.boundary, core.pointee.ticks < core.pointee.limit else { return .boundary }
            let epoch = engine.epoch
            guard let target = try? block(), !target.pointee.isTransient else { return .boundary }
            let isTransfer = exit != NativeExit.indirect
            // A guarded transfer may lead to a block that begins no translation.
            if isTransfer && engine.epoch == epoch { engine.link(exit, to: target) }
            guard let next = translated(target, by: engine) else { return .boundary }
            if !isTransfer {
                engine.remember(target)
            } else if engine.epoch == epoch {
                engine.link(exit, to: target)
            }
            guard core.pointee.ticks &+ UInt64(target.pointee.count) <= core.pointee.limit else { return .boundary }
            entry = next
        }
    }

    /// The block at CS:RIP by the interpreter, as far as it fits before the limit.
    private func interpretBlock() -> Dispatch.Exit {
        guard core.pointee.ticks < core.pointee.limit, let block = try? block() else { return .boundary }
        engine?.refused(block)
        core.pointee.entryRIP = block.pointee.rip
        let room = core.pointee.limit &- core.pointee.ticks
        if room < UInt64(block.pointee.count) { core.patchLeave(block.pointee.ops + Int(truncatingIfNeeded: room)) }
        defer { core.restorePatch() }
        return Dispatch.run(core, block)
    }

    /// The block's translation; it is made when the block has become hot.
    func translated(_ block: UnsafeMutablePointer<Block>, by engine: any TranslationEngine) -> UnsafeRawPointer? {
        if let entry = block.pointee.entry { return entry }
        block.pointee.heat &+= 1
        guard block.pointee.heat >= core.pointee.threshold else { return nil }
        engine.translate(block)
        if block.pointee.entry == nil { block.pointee.heat = 0 }
        return block.pointee.entry
    }

    /// Instructions that passed in translated code, and those among them that the interpreter executed for it.
    public var nativeStatistics: (instructions: UInt64, callOuts: UInt64) {
        (core.pointee.native.ticks &- core.pointee.native.callOuts, core.pointee.native.callOuts)
    }

    /// Uses `engine` for blocks that were entered `threshold` times; nil goes back to the interpreter alone.
    package func use(_ engine: (any TranslationEngine)?, threshold: UInt32) {
        self.engine?.reset()
        self.engine = engine
        blocks.engine = engine
        core.pointee.threshold = engine == nil ? .max : max(1, threshold)
        blocks.reset()
        newGeneration()
    }
}

/// What translated code calls; all with `Core`, the site and the linear address.
package enum NativeCall {
    package typealias Function = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, UInt64) -> UInt

    /// An access that the TLB did not allow. 0: now it does; 1: the whole instruction was executed.
    package static let slowAccess: Function = { raw, site, linear in
        // SAFETY: the engine passes its `Core` and a `NativeSite` of a block that is running.
        let core = raw.assumingMemoryBound(to: Core.self)
        let site = site.assumingMemoryBound(to: NativeSite.self)
        var fault: Fault?
        if core.fillTLB(linear, site, &fault) { return 0 }
        core.pointee.lazy = LazyFlags(image: core.pointee.native.flags)
        if let fault {
            core.begin(site)
            Dispatch.leave(core, site.pointee.block, site.pointee.op)
            core.pointee.native.fault = fault
        } else {
            core.pointee.native.fault = core.interpret(site)
        }
        core.restorePatch()
        return 1
    }

    /// An instruction that has no translation, in the middle of a block. 0: go on; 1: the state is the interpreter's.
    package static let callOut: Function = { raw, site, _ in
        let core = raw.assumingMemoryBound(to: Core.self)
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

    /// The same for the last instruction of a block. 0: go on behind it; greater than 1: there.
    package static let callOutAtEnd: Function = { raw, site, _ in
        let core = raw.assumingMemoryBound(to: Core.self)
        let site = site.assumingMemoryBound(to: NativeSite.self)
        core.pointee.lazy = LazyFlags(image: core.pointee.native.flags)
        let block = site.pointee.block
        core.pointee.native.fault = core.interpret(site)
        if core.pointee.native.fault == nil, !core.isInterrupted {
            core.pointee.native.flags = core.pointee.lazy.image
            core.pointee.native.budget = core.pointee.limit &- core.pointee.ticks
            if core.isStraightOn(block) { return 0 }
            if let entry = core.nextEntry { return UInt(bitPattern: entry) }
        }
        core.restorePatch()
        return 1
    }
}

extension UnsafeMutablePointer where Pointee == Core {
    /// Clock and place as they are when the interpreter runs the site's block.
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
        pointee.native.callOutsByOperation?[Int(truncatingIfNeeded: op.pointee.instruction.operation.rawValue)] &+= 1
        let before = pointee.ticks &+ UInt64(op.pointee.index)
        let fault = Dispatch.single(self, block, op)
        pointee.native.callOuts &+= pointee.ticks &- before
        return fault
    }

    /// Something happened that the interpreter would end a block for.
    fileprivate var isInterrupted: Bool {
        pointee.limit != pointee.native.limit || pointee.attention || pointee.patched != nil || pointee.native.isInterrupted
    }

    /// The instruction behind the block is next, in the same mode and code segment, and time is left.
    fileprivate func isStraightOn(_ block: UnsafeMutablePointer<Block>) -> Bool {
        let next = truncatedRIP(block.pointee.rip &+ UInt64(block.pointee.byteCount))
        return pointee.state.rip == next && pointee.mode == block.pointee.mode && pointee.state.cs.base == block.pointee.csBase
            && pointee.state.cs.limit == block.pointee.csLimit && pointee.ticks < pointee.limit
            && pointee.state.shadow == .none
    }

    /// The translation of the block at CS:RIP, if it is known, fits before the limit, and nothing has to be looked at before it.
    fileprivate var nextEntry: UnsafeRawPointer? {
        let state = self.state
        guard pointee.cpu.newTaskRIP == nil, state.pointee.activity == .active, state.pointee.shadow == .none,
            state.pointee.pendingDebug.isEmpty,
            state.pointee.eflags.isDisjoint(with: [.TF, .RF]),
            let block = pointee.cpu.guessedBlock, let entry = block.pointee.entry,
            pointee.ticks &+ UInt64(block.pointee.count) <= pointee.limit
        else { return nil }
        return entry
    }

    /// Enters the page of an access into the TLB. False when that does not help, which is for the interpreter to find out again.
    fileprivate func fillTLB(_ linear: UInt64, _ site: UnsafePointer<NativeSite>, _ fault: inout Fault?) -> Bool {
        guard site.pointee.access != NativeSite.never else { return false }
        let size = UInt64(site.pointee.size)
        let page = linear & ~0xFFF
        guard (linear &+ (size &- 1)) & ~0xFFF == page else { return false }
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
        return (access == .write || entry.readTag == page) && (access == .read || entry.writeTag == page)
    }
}
