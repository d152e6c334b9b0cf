import Wiring
import X86

/// Between blocks: what SDM Vol. 3A, table 6-2 ("Priority Among Concurrent Events") has to be looked at, in its order.
extension CPU {
    /// Executes until `clock.now` reaches `tick` or the clock's next deadline, or something else needs the board.
    public func run(until tick: UInt64) -> Stop {
        core.pointee.ticks = clock.now
        defer { clock.cells.pointee.now = core.pointee.ticks }
        while true {
            if hasYielded {
                hasYielded = false
                return .yielded
            }
            if stopRequested {
                stopRequested = false
                return .requested
            }
            let end = min(tick, clock.cells.pointee.nextDeadline)
            core.pointee.attention = false
            if !stopEvents.isEmpty { return .stopped }
            if let stop = serveEvents() { return stop }
            if !stopEvents.isEmpty { return .stopped }
            if hasLeftTranslation {
                hasLeftTranslation = false
                return .leftTranslation
            }
            if core.pointee.ticks >= end { return .deadline }
            core.pointee.limit = end
            if core.pointee.mode.contains(.stops) {
                let stop = stopConditions.watchesCode ? stopAtCode() : .none
                if stop == .stop { return .stopped }
                if stop != .none || observer != nil {
                    let start = core.pointee.state.rip
                    stepObserved()
                    if stop != .none { passed(stop, from: start) }
                    if !stopConditions.watchesCode { stepOnObserved(until: end) }
                    continue
                }
            }
            step(isSingle: needsSingleStep)
        }
    }

    /// Executes one instruction, or one iteration of a repeated one, and tells the observer, if there is one.
    private func stepObserved() {
        guard let observer else { return step(isSingle: true) }
        step(observedBy: observer)
    }

    /// Goes on like that until the run loop has something to look at.
    private func stepOnObserved(until end: UInt64) {
        guard let observer else { return }
        while core.pointee.ticks < end, !hasToLook { step(observedBy: observer) }
    }

    @inline(__always)
    private func step(observedBy observer: any ExecutionObserver) {
        guard let block = try? block() else { return step(isSingle: true) }
        let linear = core.wrapped(core.pointee.state.cs.base &+ core.pointee.state.rip)
        observer.willExecute(block.pointee.ops.pointee.instruction, at: linear, physical: block.pointee.physical, by: self)
        let state = core.state
        if state.pointee.eflags.contains(.TF) || state.pointee.shadow != .none || core.pointee.mode.contains(.oneByOne) {
            step(isSingle: true)
        } else {
            state.pointee.eflags.remove(.RF)
            delivered = false
            core.pointee.limit = core.pointee.ticks &+ 1
            run(block)
        }
        observer.didExecute(by: self)
    }

    /// Something that the run loop looks at between two instructions is there.
    private var hasToLook: Bool {
        let state = core.state
        return core.pointee.attention || hasYielded || hasLeftTranslation || !stopEvents.isEmpty || delivered
            || clock.cells.pointee.nextDeadline <= core.pointee.ticks || state.pointee.activity != .active
            || state.pointee.shadow != .none || !state.pointee.pendingDebug.isEmpty || state.pointee.nmiPending
            || core.pointee.intr && state.pointee.eflags.contains(.IF)
    }

    /// PAUSE: another processor's turn, if one has something to do.
    func pause() {
        guard yieldsAtPause else { return }
        hasYielded = true
        requestAttention()
    }

    /// Executes one instruction, or one iteration of a repeated one, and delivers what it raises, but serves no interrupt before it.
    public func stepOne() {
        core.pointee.ticks = clock.now
        core.pointee.limit = core.pointee.ticks &+ 1
        step(isSingle: true)
        clock.cells.pointee.now = core.pointee.ticks
    }

    /// Executes one whole instruction, all iterations of a repeated one included, and in protected mode returns the exception it ends
    /// with before delivery: for tests and debuggers that want to see it.
    public func executeInstruction() -> Fault? {
        intercepted = nil
        interceptsExceptions = isProtectedMode
        defer { interceptsExceptions = false }
        let start = core.pointee.state.rip
        let hasTF = core.pointee.state.eflags.contains(.TF)
        repeat { stepOne() } while core.pointee.state.rip == start && intercepted == nil && !hasTF && isRepeating
        if intercepted == nil, !core.pointee.state.pendingDebug.isEmpty { intercepted = .DB }
        return intercepted
    }

    /// The next instruction is a string instruction with a repeat prefix.
    var isRepeating: Bool {
        guard let i = try? block().pointee.ops.pointee.instruction else { return false }
        return Table.traits(of: i).contains(.repeatable) && !i.prefixes.isDisjoint(with: [.rep, .repne])
    }

    /// Traps of the last instruction, NMI, INTR, in this order.
    private func serveEvents() -> Stop? {
        let state = core.state
        if state.pointee.activity == .shutdown { return .shutdown }
        if state.pointee.activity == .waitForSIPI { return .halted }
        let shadow = state.pointee.shadow
        if !state.pointee.pendingDebug.isEmpty && shadow != .stackSegment {
            state.pointee.dr6.formUnion(state.pointee.pendingDebug)
            state.pointee.pendingDebug = []
            state.pointee.activity = .active
            raise(.DB)
        }
        if state.pointee.nmiPending && !state.pointee.nmiBlocked && shadow != .stackSegment {
            state.pointee.nmiPending = false
            state.pointee.nmiBlocked = true
            state.pointee.activity = .active
            interrupt(vector: 2)
        }
        if intr && state.pointee.eflags.contains(.IF) && shadow == .none && state.pointee.activity != .shutdown {
            state.pointee.activity = .active
            clock.cells.pointee.now = core.pointee.ticks
            interrupt(vector: bus.acknowledgeInterrupt())
        }
        switch state.pointee.activity {
        case .active: return nil
        case .halted, .frozen, .waitForSIPI: return .halted
        case .shutdown: return .shutdown
        }
    }

    /// Something has to be done after exactly one instruction.
    private var needsSingleStep: Bool {
        let state = core.state
        return state.pointee.eflags.contains(.TF) || state.pointee.shadow != .none
            || core.pointee.mode.contains(.oneByOne)
    }

    /// Runs blocks up to the limit, or one instruction.
    private func step(isSingle: Bool) {
        let state = core.state
        guard isSingle else {
            state.pointee.eflags.remove(.RF)
            return runBlock(upTo: core.pointee.limit &- core.pointee.ticks)
        }
        let flags = state.pointee.eflags
        previousShadow = state.pointee.shadow
        if core.pointee.mode.contains(.oneByOne), instructionBreakpointHit() {
            state.pointee.shadow = .none
            return raiseInTime(.DB)
        }
        state.pointee.shadow = .none
        state.pointee.eflags.remove(.RF)
        delivered = false
        core.pointee.limit = core.pointee.ticks &+ 1
        runBlock(upTo: 1)
        previousShadow = .none
        if flags.contains(.TF) && !delivered && state.pointee.shadow != .stackSegment { state.pointee.pendingDebug.insert(.BS) }
    }

    /// Runs the block at RIP and its successors, `room` instructions at most, and delivers the fault that ends them.
    private func runBlock(upTo room: UInt64) {
        let block: BlockHandle
        do throws(Fault) {
            block = try self.block()
        } catch {
            return raiseInTime(error)
        }
        run(block, upTo: room)
    }

    /// Runs the block at RIP.
    @inline(__always)
    private func run(_ block: BlockHandle, upTo room: UInt64 = .max) {
        core.pointee.entryRIP = block.pointee.rip
        newTaskRIP = nil
        let pendingBefore = core.pointee.state.pendingDebug
        let exit: Dispatch.Exit
        if room >= UInt64(block.pointee.count), translated(block) != nil {
            exit = runTranslated(block)
            core.restorePatch()
        } else {
            if room < UInt64(block.pointee.count) { core.patchLeave(block.pointee.ops + Int(truncatingIfNeeded: room)) }
            exit = Dispatch.run(core, block)
            core.restorePatch()
        }
        guard case .fault(let fault) = exit else { return }
        if let newTaskRIP {
            core.pointee.state.rip = newTaskRIP
        } else {
            // An instruction that faults reports none of the data breakpoints it passed.
            core.pointee.state.pendingDebug = pendingBefore
            if stopsAtData { dropDataEvents() }
        }
        if fault == .awaitsInterrupt {
            core.pointee.state.activity = .frozen
            return
        }
        raiseInTime(fault)
    }

    /// An instruction that faults takes a tick as one that retires does: a handler whose first instruction faults, again and again, must
    /// not make time stand still.
    func raiseInTime(_ fault: Fault) {
        core.pointee.ticks &+= 1
        raise(fault)
    }

    /// Tells which way the conditional branch at a block's end, if there is one, has gone.
    private func noteBranch(_ block: BlockHandle) {
        let last = block.pointee.ops + (Int(block.pointee.count) - 1)
        switch last.pointee.instruction.operation {
        case .jcc, .jcxz, .loop, .loope, .loopne:
            let next = core.truncatedRIP(block.pointee.rip &+ last.pointee.end)
            let linear = core.wrapped(block.pointee.csBase &+ block.pointee.rip &+ UInt64(last.pointee.offset))
            onBranch?(linear, core.pointee.state.rip != next)
        default: break
        }
    }

    /// The block that follows `block` at RIP, entered as its link; nil when fetching faults or it is time to look around.
    func link(_ block: BlockHandle) -> BlockHandle? {
        if onBranch != nil { noteBranch(block) }
        guard core.pointee.ticks < core.pointee.limit else { return nil }
        let resets = blocks.statistics.resets
        guard let target = try? self.block(), !target.pointee.isTransient else { return nil }
        guard blocks.statistics.resets == resets, !block.pointee.isTransient else { return target }
        let here = (block.pointee.csBase &+ core.pointee.entryRIP) & ~0xFFF
        let there = (target.pointee.csBase &+ target.pointee.rip) & ~0xFFF
        let isSamePage = here == there && block.pointee.secondPage == 0 && target.pointee.secondPage == 0
        places.link(block, to: target, isSamePage ? .always : term(of: target))
        return target
    }
}
