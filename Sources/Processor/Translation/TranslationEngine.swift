import X86

/// The second engine, as the processors of a machine see it: it turns blocks that run often into host machine code.
///
/// Whatever it does must be indistinguishable from the interpreter, which remains responsible for everything it does not do.
package protocol TranslationEngine: AnyObject {
    /// Gives the block an `entry`, if it can and if it pays.
    func translate(_ block: BlockHandle, for cpu: CPU)
    /// The heat with which a block begins: below zero if it has to be entered more often than others before its translation pays.
    func initialHeat(of block: BlockHandle) -> Int32
    /// Makes the transfer that came back with `cell` go straight to the block from now on, where `cpu` executes it.
    func link(_ cell: UInt, to block: BlockHandle, _ term: LinkTerm, for cpu: CPU)
    /// Makes indirect transfers of `cpu` to the block find it.
    func remember(_ block: BlockHandle, _ term: LinkTerm, for cpu: CPU)
    /// Undoes what was linked and remembered for `cpu` until CR3 is written.
    func forgetPassing(of cpu: CPU)
    /// The block's translation could not run as things are now.
    func refused(_ block: BlockHandle)
    /// One of a translated block's bytes was written.
    func dropped(_ block: BlockHandle)
    /// All blocks are gone.
    func reset()
    /// Changes whenever all translations are forgotten: cells from before lead nowhere.
    var epoch: UInt64 { get }
}

/// The reason why translated code came back.
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

/// The words that translated code and the processor exchange: part of `Core`, at fixed offsets.
package struct NativeState {
    /// `Core.limit` when the code was entered, and what is left of the ticks up to it at the end of the running block.
    package var limit: UInt64 = 0
    package var budget: UInt64 = 0
    /// The status flags; see `LazyFlags.image`.
    package var flags: UInt16 = 0
    /// The tables of either privilege, as `Core.tlb` has one of them.
    package var supervisorTLB: UInt = 0
    package var userTLB: UInt = 0
    /// Transfers to other pages, where several processors share the code: the generation for which each holds, by the cell's number.
    package var generations: UnsafeMutablePointer<UInt64>?
    /// Indirect transfers: a table of `NativeJump`.
    package var jumps: UnsafeMutableRawPointer?
    /// The function that runs translated code: with `Core` and a block's entry, it yields a `NativeExit`, or the name of the cell by whose transfer
    /// it was left, with the target in `CPUState.rip`.
    package var enter: Enter?
    package typealias Enter = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> UInt
    /// Words for the engine's back end alone.
    package var words: InlineArray<6, UInt64> = .init(repeating: 0)
    /// Translated code was dropped while it ran.
    package var isInterrupted = false
    var fault: Fault?
    /// The last page with an access that the TLB could not be made to allow.
    var devicePage: UInt64 = 1
    /// Ticks that passed while the interpreter executed instructions for translated code.
    package var callOuts: UInt64 = 0
    /// Instructions of each operation among them.
    package var callOutsByOperation: UnsafeMutablePointer<UInt64>?
    /// Transfers between pages or out of a region, counted by translated code if it was asked to; and those that came back.
    package var directTransfers: UInt64 = 0
    package var directMisses: UInt64 = 0
    package var indirectTransfers: UInt64 = 0
    package var indirectMisses: UInt64 = 0
    /// Ticks that passed in translated code, its call-outs included.
    package var ticks: UInt64 = 0
    /// Pointers to the pages with code, by number of the physical page.
    package var codePages: UnsafeMutableRawPointer?
}

/// An entry of the table of indirect transfers.
package struct NativeJump {
    /// The engine's name for mode and code segment: of 64-bit code alone, of other code above bit 32, with RIP below.
    package var key: UInt64 = .max
    package var generation: UInt64 = 0
    package var entry: UInt = 0
    /// RIP, of 64-bit code.
    package var rip: UInt64 = 0
    package init() {}
    package static let count = 1 << 14
}

extension CPU {
    /// Runs translated code from `block` on, as far as it leads, as `Dispatch.run` does.
    func runTranslated(_ first: BlockHandle) -> Dispatch.Exit {
        guard var entry = first.pointee.entry, let enter = core.pointee.native.enter else { return .boundary }
        core.pointee.native.limit = core.pointee.limit
        var shortVisits = 0
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
                guard isDeliveredAtOnce(fault) else { return .fault(fault) }
                raiseInTime(fault)
                guard !core.isInterrupted, let next = core.nextEntry else { return .boundary }
                entry = next
                continue
            }
            core.pointee.lazy = LazyFlags(image: core.pointee.native.flags)
            core.pointee.ticks = core.pointee.native.limit &- core.pointee.native.budget
            core.pointee.native.ticks &+= core.pointee.ticks &- start
            if exit == NativeExit.refused { return interpretBlock() }
            if exit == NativeExit.indirect {
                core.pointee.native.indirectMisses &+= 1
            } else if exit != NativeExit.boundary {
                core.pointee.native.directMisses &+= 1
            }
            if core.pointee.ticks >= stopAtExitFrom {
                hasLeftTranslation = true
                return .boundary
            }
            guard exit != NativeExit.boundary, core.pointee.ticks < core.pointee.limit, let engine else { return .boundary }
            let epoch = engine.epoch
            guard let target = try? block(), !target.pointee.isTransient else { return .boundary }
            let isTransfer = exit != NativeExit.indirect
            // A guarded transfer may lead to a block that begins no translation.
            let links = stopAtExitFrom == .max
            let isNew = target.pointee.entry == nil
            if links && isTransfer && engine.epoch == epoch { engine.link(exit, to: target, term(of: target), for: self) }
            guard let next = translated(target, by: engine) else {
                // A loop may lead through a block that is not translated: to and fro in here takes half as long as by way of the run loop.
                guard links, core.pointee.ticks &+ UInt64(target.pointee.count) <= core.pointee.limit else { return .boundary }
                core.pointee.entryRIP = target.pointee.rip
                shortVisits = core.pointee.ticks &- start < CPU.shortVisit ? shortVisits + 1 : 0
                let exit = shortVisits > CPU.mostShortVisits ? interpretForAWhile(target) : Dispatch.run(core, target)
                guard case .boundary = exit, !core.isInterrupted, let next = core.nextEntry else { return exit }
                entry = next
                continue
            }
            if links {
                if !isTransfer {
                    engine.remember(target, term(of: target), for: self)
                } else if isNew, engine.epoch == epoch {
                    engine.link(exit, to: target, term(of: target), for: self)
                }
            }
            guard core.pointee.ticks &+ UInt64(target.pointee.count) <= core.pointee.limit else { return .boundary }
            entry = next
        }
    }

    /// Tells whether a fault of translated code is delivered without a way by the run loop, which would be a tenth of a page fault's time: nobody waits for
    /// it, and it came of no task switch and with no debug exception.
    private func isDeliveredAtOnce(_ fault: Fault) -> Bool {
        fault != .awaitsInterrupt && newTaskRIP == nil && core.pointee.state.pendingDebug.isEmpty && stopAtExitFrom == .max
            && !core.pointee.mode.contains(.stops) && !interceptsExceptions && !stopsAtDelivery && !stopsAtData
    }

    /// Ticks in translated code that do not pay for the way in and out of it; visits of that kind, one after the other, after which the interpreter
    /// stays for so many ticks.
    private static let shortVisit: UInt64 = 16, mostShortVisits = 8, stay: UInt64 = 512

    /// Interprets from `block` on whether others are translated or not, for a few hundred ticks.
    private func interpretForAWhile(_ block: BlockHandle) -> Dispatch.Exit {
        let (limit, threshold) = (core.pointee.limit, core.pointee.threshold)
        let end = min(limit, core.pointee.ticks &+ max(CPU.stay, UInt64(block.pointee.count)))
        (core.pointee.limit, core.pointee.threshold) = (end, .max)
        let exit = Dispatch.run(core, block)
        // Whoever has moved the limit in the meantime has a reason; a chip that has moved its deadline beyond the short limit has not.
        if core.pointee.limit == end { core.pointee.limit = min(limit, clock.cells.pointee.nextDeadline) }
        core.pointee.threshold = threshold
        return exit
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

    /// The block's translation, if there is an engine; it is made when the block has become hot.
    @inline(__always)
    func translated(_ block: BlockHandle) -> UnsafeRawPointer? {
        if let entry = block.pointee.entry { return entry }
        guard core.pointee.threshold != .max, let engine else { return nil }
        return translated(block, by: engine)
    }

    private func translated(_ block: BlockHandle, by engine: any TranslationEngine) -> UnsafeRawPointer? {
        if let entry = block.pointee.entry { return entry }
        block.pointee.heat &+= 1
        guard block.pointee.heat >= core.pointee.threshold else { return nil }
        engine.translate(block, for: self)
        if block.pointee.entry == nil { blocks.cool(block) }
        return block.pointee.entry
    }

    /// Instructions that passed in translated code, and those among them that the interpreter executed for it.
    public var nativeStatistics: (instructions: UInt64, callOuts: UInt64) {
        (core.pointee.native.ticks &- core.pointee.native.callOuts, core.pointee.native.callOuts)
    }

    /// The difference between linear addresses of RAM and the host's, where it is the same for most: while paging is off, or where most pages of the current
    /// privilege are mapped to themselves, or as far away as a kernel's in the higher half. Nil elsewhere, or when it has more than 31 bits.
    package var usualAddend: Int32? {
        let addend: Int?
        if core.pointee.state.cr0.contains(.PG) {
            addend = (core.pointee.state.cpl == 3 ? userTLB : supervisorTLB).usualAddend
        } else {
            // Physical page 0 is RAM, and RAM is in one piece.
            addend = bus.page(at: 0).read.map { Int(bitPattern: $0) }
        }
        return addend.flatMap { Int32(exactly: $0) }
    }

    /// Ticks of the clock at the start of the running block.
    package var tick: UInt64 { core.pointee.ticks }

    /// The block whose instruction is being executed.
    package var runningBlock: BlockHandle? { core.pointee.block }

    /// The block has to become hot again before it is translated.
    package func cool(_ block: BlockHandle) { blocks.cool(block) }

    /// Uses `engine` for blocks that were entered `threshold` times; nil goes back to the interpreter alone.
    package func use(_ engine: (any TranslationEngine)?, threshold: Int32) {
        self.engine?.reset()
        self.engine = engine
        blocks.engine = engine
        core.pointee.native.codePages = code.pageTable
        core.pointee.threshold = engine == nil ? .max : max(1, threshold)
        blocks.reset()
        newGeneration()
    }
}
