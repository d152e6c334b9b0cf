import X86

/// The ways into a known state. SDM Vol. 3A, sections 8.4 and 9.1.
extension CPU {
    /// The RESET pin: everything to its power-on value. SDM Vol. 3A, table 9-1. Processors but the bootstrap processor wait for a start-up message.
    public func reset() {
        var state = CPUState()
        state.msr.tscOffset = 0 &- clock.now
        begin(state)
        resetAPICBase()
    }

    /// INIT: as RESET, but the FPU, vector registers, XCR0, model-specific registers and CR0's cache control stay as they are. SDM Vol. 3A, table 9-1.
    public func initialize() {
        let old = self.state
        var state = CPUState()
        (state.msr, state.x87, state.sse, state.avx) = (old.msr, old.x87, old.sse, old.avx)
        state.cr0 = state.cr0.subtracting([.CD, .NW]).union(old.cr0.intersection([.CD, .NW]))
        begin(state)
    }

    private func begin(_ state: CPUState) {
        var state = state
        state.rdx = UInt64(model.signature)
        if number > 0 { state.activity = .waitForSIPI }
        self.state = state
        stopRequested = false
        core.pointee.native.devicePage = 1
        faultChain = []
        failedDeliveries = []
        requestAttention()
    }

    /// A start-up message: a processor that waits for one begins in real-address mode at `vector` × 4096. SDM Vol. 3A, section 8.4.3.
    public func startUp(at vector: UInt8) {
        var state = self.state
        guard state.activity == .waitForSIPI else { return }
        state.activity = .active
        state.cs = .realMode(UInt16(vector) << 8)
        state.rip = 0
        self.state = state
        requestAttention()
    }

    /// It executes instructions, or would if it were its turn.
    public var isActive: Bool { core.pointee.state.activity == .active }

    /// A halted processor hears no interrupt that may come.
    public var isDeaf: Bool {
        core.pointee.state.activity == .waitForSIPI || !core.pointee.state.eflags.contains(.IF)
    }

    /// The number of the first of `processors` behind one of them, in the order of their numbers and round, that has something to do. Asked for at each
    /// interrupt and at each HLT, of up to sixteen.
    public static func nextRunnable(of processors: [CPU], behind number: Int) -> Int? {
        for other in number + 1..<processors.count where processors[other].isRunnable { return other }
        for other in 0..<number where processors[other].isRunnable { return other }
        return nil
    }

    /// The processor has something to do: it executes, or an interrupt that it may take has come.
    public var isRunnable: Bool {
        let state = core.state
        switch state.pointee.activity {
        case .active, .shutdown: return true
        case .waitForSIPI: return false
        case .halted, .frozen:
            return intr && state.pointee.eflags.contains(.IF) && state.pointee.shadow == .none
                || state.pointee.shadow != .stackSegment
                    && (state.pointee.nmiPending && !state.pointee.nmiBlocked || !state.pointee.pendingDebug.isEmpty)
        }
    }
}
