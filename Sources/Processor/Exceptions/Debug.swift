import X86

/// Debug registers and the breakpoints they arm. SDM Vol. 3B, chapter 17.
extension CPU {
    private var addresses: [UInt64] {
        [core.pointee.state.dr0, core.pointee.state.dr1, core.pointee.state.dr2, core.pointee.state.dr3]
    }

    /// Brings what depends on DR0–DR3, DR7 and CR4.DE up to date.
    func updateDebug() {
        let dr7 = core.pointee.state.dr7
        watchesData = (0..<4).contains { dr7.isEnabled($0) && dr7.condition($0) != .execution }
        // Watched pages must not be in the TLB.
        flushTLB(keepingGlobal: false)
        updateMode()
    }

    /// Tells whether a data breakpoint lies in the page: accesses go the slow way then.
    func isWatched(_ page: UInt64) -> Bool {
        guard watchesData else { return false }
        let dr7 = core.pointee.state.dr7
        return (0..<4).contains {
            guard dr7.isEnabled($0), dr7.condition($0) != .execution else { return false }
            return addresses[$0] & ~0xFFF == page
        }
    }

    /// Remembers data breakpoints that an access hits; they trap after the instruction.
    func noteDataAccess(_ linear: UInt64, _ size: UInt64, isWrite: Bool, _ op: OpHandle?) {
        guard watchesData else { return }
        note(linear, size, op) { $0 == .readWrite || ($0 == .write && isWrite) }
    }

    /// Port breakpoints: R/W = 10 while CR4.DE is set.
    func notePortAccess(_ port: UInt16, _ size: UInt64, _ op: OpHandle?) {
        guard watchesData, core.pointee.state.cr4.contains(.DE) else { return }
        note(UInt64(port), size, op) { $0 == .portIO }
    }

    private func note(
        _ address: UInt64, _ size: UInt64, _ op: OpHandle?, _ matches: (DR7.Condition) -> Bool
    ) {
        let dr7 = core.pointee.state.dr7
        var hit: DR6 = []
        var isArmed = false
        for number in 0..<4 where matches(dr7.condition(number)) {
            let length = dr7.length(number)
            let start = addresses[number] & ~(length &- 1)
            guard address < start &+ length, start < address &+ size else { continue }
            hit.insert(DR6(rawValue: 1 &<< UInt32(truncatingIfNeeded: number)))
            if dr7.isEnabled(number) { isArmed = true }
        }
        guard isArmed else { return }
        core.pointee.state.pendingDebug.formUnion(hit)
        requestAttention()
        if let op { core.leaveAfter(op) }
    }

    /// Looks for an instruction breakpoint at CS:RIP, unless RF is set, and notes it in DR6.
    func instructionBreakpointHit() -> Bool {
        guard !core.pointee.state.eflags.contains(.RF), previousShadow != .stackSegment else { return false }
        let linear = core.wrapped(core.pointee.state.cs.base &+ core.pointee.state.rip)
        let dr7 = core.pointee.state.dr7
        var hit: DR6 = []
        var isArmed = false
        for number in 0..<4 where dr7.condition(number) == .execution && addresses[number] == linear {
            hit.insert(DR6(rawValue: 1 &<< UInt32(truncatingIfNeeded: number)))
            if dr7.isEnabled(number) { isArmed = true }
        }
        if isArmed { core.pointee.state.dr6.formUnion(hit) }
        return isArmed
    }

    // MARK: MOV to and from DR0–DR7

    /// The number a MOV means: DR4 and DR5 are DR6 and DR7 unless CR4.DE forbids them. SDM Vol. 3B, section 17.2.2.
    private func debugRegister(_ number: UInt8) throws(Fault) -> UInt8 {
        guard number < 8 else { throw Fault.UD }
        if number == 4 || number == 5 {
            guard !core.pointee.state.cr4.contains(.DE) else { throw Fault.UD }
            return number &+ 2
        }
        return number
    }

    private func checkDebugAccess() throws(Fault) {
        guard core.pointee.state.cpl == 0 else { throw Fault.GP(0) }
        guard core.pointee.state.dr7.GD else { return }
        core.pointee.state.dr7.rawValue &= ~(1 << 13)
        core.pointee.state.dr6.insert(.BD)
        throw Fault.DB
    }

    func movFromDebug(_ i: Instruction) throws(Fault) {
        let number = try debugRegister(i.register1)
        try checkDebugAccess()
        let value: UInt64
        switch number {
        case 6: value = UInt64(core.pointee.state.dr6.rawValue)
        case 7: value = UInt64(core.pointee.state.dr7.rawValue)
        default: value = addresses[Int(number & 3)]
        }
        core.setRegister(i.register0, value)
    }

    func movToDebug(_ i: Instruction) throws(Fault) {
        let number = try debugRegister(i.register0)
        try checkDebugAccess()
        let value = is64Bit ? core.register(i.register1) : core.register(i.register1, Doubleword.self)
        if number >= 6, value > 0xFFFF_FFFF { throw Fault.GP(0) }
        let state = core.state
        switch number {
        case 0: state.pointee.dr0 = value
        case 1: state.pointee.dr1 = value
        case 2: state.pointee.dr2 = value
        case 3: state.pointee.dr3 = value
        case 6: state.pointee.dr6 = DR6(rawValue: UInt32(truncatingIfNeeded: value) & 0xE00F).union(.fixedOnes)
        default: state.pointee.dr7 = DR7(rawValue: UInt32(truncatingIfNeeded: value) & 0xFFFF_2BFF | 0x400)
        }
        updateDebug()
        requestAttention()
    }
}
