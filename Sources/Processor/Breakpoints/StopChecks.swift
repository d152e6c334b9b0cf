import X86

/// Stops for a debugger: armed from outside, noted where things happen, served at the next instruction boundary.
extension CPU {
    /// Arms `conditions` in place of those before. Costs nothing where nothing is armed: blocks that know of stops have a mode of their own, and
    /// watched pages go the way of accesses that the TLB does not answer.
    public func stop(at conditions: StopConditions) {
        guard conditions != stopConditions else { return }
        arm(conditions)
    }

    /// Takes `conditions` over. An observer sees everything.
    func arm(_ conditions: StopConditions) {
        let old = stopConditions
        stopConditions = conditions
        stopsAtCode = conditions.watchesCode || observer != nil
        stopsAtData = !conditions.data.isEmpty || observer != nil
        stopsAtDelivery = !conditions.deliveries.isEmpty || observer != nil
        modeBefore = conditions.stopsAtModeChange ? ProcessorMode(core.pointee.state) : nil
        dropBlocks(notKnowing: conditions, since: old)
        if conditions.data != old.data { updateHiddenPages() }
        updateMode()
    }

    /// Takes the events noted since the last call; the machine goes on afterwards.
    public func takeStopEvents() -> [StopEvent] {
        defer { stopEvents = [] }
        return stopEvents
    }

    /// Goes on from here: the instruction at CS:RIP is no reason to stop until it was executed, even if an interrupt comes first.
    public func passStop() { passing = PassingPlace(core.state) }

    // MARK: Code

    /// Blocks that were built without the new addresses in mind.
    private func dropBlocks(notKnowing new: StopConditions, since old: StopConditions) {
        let everything = new.stopsAtMagic && !old.stopsAtMagic
        let linear = new.linear.subtracting(old.linear)
        let physical = new.physical.subtracting(old.physical)
        let offsets = new.offsets.subtracting(old.offsets)
        guard everything || !linear.isEmpty || !physical.isEmpty || !offsets.isEmpty else { return }
        blocks.drop { block in
            guard block.pointee.mode.contains(.stops), Int(block.pointee.owner) == number else { return false }
            if everything { return true }
            let count = UInt64(block.pointee.byteCount)
            func holds(_ first: UInt64, _ address: UInt64) -> Bool { address &- first < count }
            let (first, here) = (core.wrapped(block.pointee.csBase &+ block.pointee.rip), block.pointee)
            let inFirst = min(count, 0x1000 - (here.physical & 0xFFF))
            return linear.contains { holds(first, $0) } || offsets.contains { holds(here.rip, $0) }
                || physical.contains {
                    $0 &- here.physical < inFirst || (here.secondPage != 0 && $0 &- here.secondPage < count - inFirst)
                }
        }
    }

    /// Tells whether a block has to begin at this instruction, and be left there.
    func isStop(linear: UInt64, physical: UInt64, rip: UInt64, _ i: Instruction) -> Bool {
        stopConditions.linear.contains(core.wrapped(linear)) || stopConditions.physical.contains(physical)
            || stopConditions.offsets.contains(rip) || (stopConditions.stopsAtMagic && i.isMagic)
    }

    /// Called between blocks: what to do about a stop at CS:RIP.
    func stopAtCode() -> CodeStop {
        let state = core.state
        let linear = core.wrapped(state.pointee.cs.base &+ state.pointee.rip)
        let isAddressed =
            stopConditions.linear.contains(linear) || stopConditions.offsets.contains(state.pointee.rip)
            || (!stopConditions.physical.isEmpty
                && physicalAddress(ofLinear: linear).map(stopConditions.physical.contains) ?? false)
        if isAddressed {
            if passing == PassingPlace(state) { return .pass }
            note(.code)
            return .stop
        }
        return stopConditions.stopsAtMagic && isMagic(at: linear) ? .magic : .none
    }

    enum CodeStop { case none, stop, pass, magic }

    /// After the instruction that `pass` or `magic` let through.
    func passed(_ stop: CodeStop, from start: UInt64) {
        if case .magic = stop { return note(.magic) }
        guard !delivered else { return }
        // A repeated instruction is passed when all its iterations are done.
        passing = core.pointee.state.rip == start && isRepeating ? PassingPlace(core.state) : nil
    }

    /// XCHG BX,BX at a linear address, looked at without side effects.
    private func isMagic(at linear: UInt64) -> Bool {
        var expected: [UInt8] = [0x87, 0xDB]
        if core.pointee.mode.contains(.code32) { expected.insert(0x66, at: 0) }
        for (index, byte) in expected.enumerated() {
            guard let physical = physicalAddress(ofLinear: core.wrapped(linear &+ UInt64(index))),
                let page = bus.page(at: physical & ~0xFFF).read,
                page.load(fromByteOffset: Int(truncatingIfNeeded: physical & 0xFFF), as: UInt8.self) == byte
            else { return false }
        }
        return true
    }

    // MARK: Data

    /// Tells whether a page's accesses have to be looked at for a debugger.
    private func isHidden(_ page: UInt64, _ physicalPage: UInt64) -> Bool {
        if observer != nil { return true }
        return stopConditions.data.contains { watch in
            let first = watch.space == .linear ? page : physicalPage
            return watch.range.overlaps(first..<first &+ 0x1000)
        }
    }

    /// A translation that the TLB would have answered with, were the page not watched. Watched pages must not be walked more often than
    /// others: the guest could see it in its accessed flags.
    func hiddenTranslation(_ linear: UInt64, _ access: Access, isUser: Bool) -> UInt64? {
        let entry = (isUser ? userTLB : supervisorTLB).data[TLBEntry.slot(linear)]
        let tag = linear & ~0xFFF | TLBEntry.hidden
        guard access == .write || entry.readTag == tag, !access.writes || entry.writeTag & ~TLBEntry.besideCode == tag else {
            return nil
        }
        return entry.physicalPage | linear & 0xFFF
    }

    /// Hides a TLB entry that was just made, if its page is watched.
    func hideIfWatched(_ entry: TLBEntryHandle, _ page: UInt64) {
        if isHidden(page, entry.pointee.physicalPage) { entry.pointee.hide() }
    }

    /// Other pages than before are watched.
    func updateHiddenPages() {
        for table in [supervisorTLB.data, userTLB.data] {
            for slot in 0..<TLBEntry.count {
                (table + slot).pointee.show()
                let entry = table[slot]
                let tag = entry.readTag == TLBEntry.noTag ? entry.writeTag : entry.readTag
                if stopsAtData, tag != TLBEntry.noTag { hideIfWatched(table + slot, tag & ~0xFFF) }
            }
        }
    }

    /// An access by an instruction (`op`), or by a delivery.
    func noteData(_ target: SplitAccess, _ size: UInt64, isWrite: Bool, _ value: UInt64, _ op: OpHandle?) {
        accessObserver?._withUnsafeGuaranteedRef {
            $0.observer.didAccess(
                ObservedAccess(
                    linear: target.linear, physical: target.first, secondPhysical: target.second, firstCount: target.firstCount,
                    size: size, isWrite: isWrite, value: value, isOperand: op != nil), by: self)
        }
        guard !stopConditions.data.isEmpty else { return }
        let isWanted = stopConditions.data.contains { watch in
            guard isWrite ? watch.writes : watch.reads else { return false }
            if watch.space == .linear { return watch.range.overlaps(target.linear..<target.linear &+ size) }
            let rest = size &- target.firstCount
            return watch.range.overlaps(target.first..<target.first &+ target.firstCount)
                || (rest > 0 && watch.range.overlaps(target.second..<target.second &+ rest))
        }
        guard isWanted else { return }
        let masked = size < 8 ? value & ((1 &<< (8 &* size)) &- 1) : value
        note(.data(linear: target.linear, physical: target.first, size: size, isWrite: isWrite, value: masked), op)
    }

    /// An instruction that faults has made none of its accesses.
    func dropDataEvents() {
        stopEvents.removeAll {
            if case .data = $0.kind { true } else { false }
        }
    }

    /// Reads a place without asking a device.
    func peek(_ target: SplitAccess, _ size: UInt64) -> UInt64 {
        (0..<min(size, 8)).reduce(0) { value, index in
            let physical = index < target.firstCount ? target.first &+ index : target.second &+ index &- target.firstCount
            guard let page = bus.page(at: physical & ~0xFFF & a20Mask).read else { return value }
            return value | UInt64(page.load(fromByteOffset: Int(truncatingIfNeeded: physical & 0xFFF), as: UInt8.self))
                &<< (8 &* index)
        }
    }

    // MARK: Everything else

    func notePort(_ port: UInt16, _ size: UInt64, isWrite: Bool, _ value: UInt64, _ op: OpHandle) {
        let last = port &+ UInt16(truncatingIfNeeded: size &- 1)
        let isWanted = stopConditions.ports.contains {
            (isWrite ? $0.writes : $0.reads) && $0.ports.lowerBound <= max(port, last) && port <= $0.ports.upperBound
        }
        if isWanted { note(.port(port, size: size, isWrite: isWrite, value: value), op) }
    }

    func noteDelivery(_ delivery: Delivery) {
        observer?.didDeliver(delivery, by: self)
        let isWanted = stopConditions.deliveries.contains {
            $0.vectors.contains(delivery.fault.vector) && $0.sources.contains(delivery.source)
        }
        if isWanted { note(.delivery(delivery)) }
    }

    /// A control register was written, by an instruction that ends its block.
    func noteControlRegister(_ number: UInt8, old: UInt64, new: UInt64) {
        onControlRegister?(number, new)
        if stopConditions.controlRegisters.contains(number) { note(.controlRegister(number, old: old, new: new)) }
    }

    /// Notes a change of mode, of which `ProcessorMode` says what may have changed.
    func noteMode(_ old: ProcessorMode) {
        let new = ProcessorMode(core.pointee.state)
        guard new != old else { return }
        modeBefore = new
        note(.mode(old: old, new: new))
    }

    private func note(_ kind: StopEvent.Kind, _ op: OpHandle? = nil) {
        let rip = op.map { core.truncatedRIP(core.pointee.entryRIP &+ UInt64($0.pointee.offset)) } ?? core.pointee.state.rip
        let event = StopEvent(
            kind: kind, cs: core.pointee.state.cs.selector, rip: rip,
            tick: core.pointee.ticks &+ (op.map { UInt64($0.pointee.index) } ?? 0))
        if let onStopEvent, !onStopEvent(event) { return }
        // A loop of accesses within one instruction ends; a debugger does not need all of them.
        if stopEvents.count < 64 { stopEvents.append(event) }
        requestAttention()
        if let op { core.leaveAfter(op) }
    }
}

/// A place at which a machine went on after a stop: the place and all general registers, so that a return from an interrupt comes to the same.
struct PassingPlace: Equatable {
    let rip: UInt64
    let cs: UInt64
    let registers: InlineArray<8, UInt64>

    init(_ state: UnsafeMutablePointer<CPUState>) {
        rip = state.pointee.rip
        cs = state.pointee.cs.base
        let s = state.pointee
        registers = [s.rax, s.rcx, s.rdx, s.rbx, s.rsp, s.rbp, s.rsi, s.rdi]
    }

    static func == (a: PassingPlace, b: PassingPlace) -> Bool {
        a.rip == b.rip && a.cs == b.cs && a.registers.indices.allSatisfy { a.registers[$0] == b.registers[$0] }
    }
}

extension Instruction {
    /// XCHG BX,BX.
    fileprivate var isMagic: Bool {
        operation == .xchg && kind0 == .register && kind1 == .register && register0 == 3 && register1 == 3 && operandSize == .word
            && length <= 3
    }
}

extension TLBEntry {
    /// Set in tags of pages that a debugger watches: such a tag never matches, but says what the TLB would have known.
    static let hidden: UInt64 = 4

    mutating func hide() {
        if readTag != TLBEntry.noTag { readTag |= TLBEntry.hidden }
        if writeTag != TLBEntry.noTag { writeTag |= TLBEntry.hidden }
    }

    mutating func show() {
        readTag &= ~TLBEntry.hidden
        writeTag &= ~TLBEntry.hidden
    }
}
