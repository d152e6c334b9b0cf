import X86

/// Interrupts and exceptions on their way into the guest. SDM Vol. 3A, chapter 6; Vol. 2A, "INT n/INTO/INT3/INT1".
extension CPU {
    /// An interrupt or exception that was delivered.
    public struct Delivery: Equatable, Sendable {
        /// Vector and error code.
        public let fault: Fault
        /// The cause: an exception, an instruction, or an interrupt from outside.
        public let source: Source
        /// The saved place: the faulting or the next instruction.
        public let cs: UInt16
        /// The offset of the saved place.
        public let rip: UInt64
        /// The time, in ticks.
        public let tick: UInt64
        /// Base of the code segment and privilege level that were left.
        public let csBase: UInt64
        /// The privilege level that was left.
        public let cpl: UInt8
    }

    /// The origin of a request for a vector.
    public enum Source: String, Sendable {
        /// INT n, INT3, INTO: checks the gate's DPL.
        case software
        /// INT1: like software, without the DPL check.
        case trap
        case exception
        case external

        /// EXT of the error codes of exceptions raised meanwhile.
        var EXT: UInt16 {
            switch self {
            case .software: 0
            case .trap, .exception, .external: 1
            }
        }
    }

    /// A step on the way of an interrupt or exception into the guest.
    public enum DeliveryStep: Equatable, Sendable {
        /// An instruction, or the delivery of another one, raises an exception.
        case raised(UInt8)
        /// A vector is about to be delivered; the registers are as it finds them. Of INT n, RIP is that of the next instruction.
        case delivering(Fault, Source)
        /// The delivery of #DF has failed.
        case shutdown
    }

    /// Delivers an exception, with the double-fault rules of SDM Vol. 3A, table 6-5. Never throws: the last resort is shutdown.
    func raise(_ fault: Fault, after earlier: FailedDelivery? = nil) {
        if interceptsExceptions {
            intercepted = fault
            return
        }
        var chain: [Fault] = []
        var failures = earlier.map { [$0] } ?? []
        var current = fault
        onDeliveryStep?(.raised(fault.vector))
        while true {
            let cr2 = core.pointee.state.cr2
            do throws(Fault) {
                try deliver(current.vector, errorCode: current.hasErrorCode ? current.errorCode : nil, .exception)
                return
            } catch {
                if chain.isEmpty { chain.append(fault) }
                chain.append(error)
                faultChain = chain
                failures.append(
                    FailedDelivery(delivering: current, source: .exception, raised: error, cr2: cr2))
                failedDeliveries = failures
                onDeliveryStep?(.raised(error.vector))
                if current == .DF { return shutDown() }
                current = Self.makesDoubleFault(current, error) ? .DF : error
            }
        }
    }

    /// NMI or an external interrupt.
    func interrupt(vector: UInt8) {
        let cr2 = core.pointee.state.cr2
        do throws(Fault) {
            try deliver(vector, errorCode: nil, .external)
        } catch {
            raise(
                error,
                after: FailedDelivery(
                    delivering: Fault(vector), source: .external, raised: error, cr2: cr2))
        }
    }

    /// INT n and its relatives; RIP is that of the next instruction. Throws what checking the gate throws.
    func softwareInterrupt(_ vector: UInt8, _ source: Source = .software) throws(Fault) {
        try deliver(vector, errorCode: nil, source)
    }

    private func shutDown() {
        onDeliveryStep?(.shutdown)
        core.pointee.state.activity = .shutdown
        requestAttention()
    }

    private static func makesDoubleFault(_ first: Fault, _ second: Fault) -> Bool {
        let isContributory = ExceptionFacts.of(second.vector)?.isContributory ?? false
        if first.vector == 14 { return isContributory || second.vector == 14 }
        return isContributory && ExceptionFacts.of(first.vector)?.isContributory ?? false
    }

    /// Fault-class exceptions: their saved EFLAGS have RF set, so that an instruction breakpoint does not fire twice.
    private static func isFault(_ vector: UInt8) -> Bool { vector < 32 && faults >> UInt32(vector) & 1 != 0 }
    private static let faults = ExceptionFacts.vectors { $0.kind == .fault }

    private func deliver(_ vector: UInt8, errorCode: UInt32?, _ source: Source) throws(Fault) {
        onDeliveryStep?(.delivering(errorCode.map { Fault(vector, errorCode: $0) } ?? Fault(vector), source))
        var image = eflags
        if case .exception = source, Self.isFault(vector) { image.insert(.RF) }
        let state = core.state
        let origin = (cs: state.pointee.cs.selector, rip: state.pointee.rip, base: state.pointee.cs.base, cpl: state.pointee.cpl)
        let (cr2, rsp, ss) = (state.pointee.cr2, state.pointee.rsp, state.pointee.ss.selector)
        let wordSize: UInt64
        if !isProtectedMode {
            try deliverReal(vector, image)
            wordSize = 2
        } else if let size = deliverAsRemembered(vector, errorCode: errorCode, isSoftware: source == .software, image) {
            wordSize = size
        } else {
            let linearMask = core.pointee.linearMask
            wordSize = try deliverProtected(vector, errorCode: errorCode, source, image)
            if wordSize >= 4 { rememberGate(vector, linearMask: linearMask, cpl: origin.cpl) }
        }
        let delivery = Delivery(
            fault: errorCode.map { Fault(vector, errorCode: $0) } ?? Fault(vector), source: source, cs: origin.cs, rip: origin.rip,
            tick: source == .software || source == .trap ? tickAtBlockEnd : core.pointee.ticks, csBase: origin.base, cpl: origin.cpl
        )
        remember(delivery, from: state, cr2: cr2, rsp: rsp, ss: ss, frame: frame(wordSize, hasErrorCode: errorCode != nil))
        keepInterrupt(delivery, wordSize, from: rsp)
        onDelivery?(delivery)
        if stopsAtDelivery { noteDelivery(delivery) }
        delivered = true
    }

    // MARK: Real-address mode

    /// SDM Vol. 3B, section 20.1.4. No error codes.
    private func deliverReal(_ vector: UInt8, _ image: EFLAGS) throws(Fault) {
        let entry = try self.vector(inRealMode: vector).orFault(vector, 0)
        var stack = currentStack()
        try stack.push(UInt64(image.rawValue & 0xFFFF), 2)
        try stack.push(core.pointee.state.cs.selector, 2)
        try stack.push(core.pointee.state.rip & 0xFFFF, 2)
        commit(stack)
        core.pointee.state.eflags.subtract([.IF, .TF, .AC, .RF])
        loadCodeParagraph(UInt16(truncatingIfNeeded: entry &>> 16), entry & 0xFFFF)
    }

    // MARK: Protected mode

    /// Answers the size of the frame's words; 0 where a task gate switched tasks.
    private func deliverProtected(
        _ vector: UInt8, errorCode: UInt32?, _ source: Source, _ image: EFLAGS
    ) throws(Fault) -> UInt64 {
        if isIA32e {
            try deliverIA32e(vector, errorCode: errorCode, source, image)
            return 8
        }
        let EXT = source.EXT
        let gate = try gate(vector, isSoftware: source == .software).orFault(vector, EXT)
        if interceptsExceptions {
            intercepted = Fault(vector)
            return 0
        }
        if gate.isSystem(.taskGate) {
            try enterTaskGate(gate, errorCode, EXT, image)
            return 0
        }
        try enterGate(gate, vector, errorCode, EXT, image)
        return gate.isGate32 ? 4 : 2
    }

    private func enterTaskGate(_ gate: Descriptor, _ errorCode: UInt32?, _ EXT: UInt16, _ image: EFLAGS) throws(Fault) {
        let tss = try task(of: gate).orFault(EXT)
        try switchTask(to: tss, selector: gate.gateSelector, .interrupt, savedFlags: image, EXT: EXT)
        if let errorCode {
            var stack = currentStack(errorCode: EXT)
            try stack.push(UInt64(errorCode), tss.isGate32 ? 4 : 2)
            commit(stack)
        }
        guard core.pointee.state.rip <= UInt64(core.pointee.state.cs.limit) else { throw Fault.GP(EXT) }
    }

    /// Interrupt and trap gates.
    private func enterGate(_ gate: Descriptor, _ vector: UInt8, _ errorCode: UInt32?, _ EXT: UInt16, _ image: EFLAGS) throws(Fault)
    {
        let state = core.state
        var code = try handlerCode(gate).orFault(vector, EXT)
        let isInner = !code.isConforming && code.DPL < state.pointee.cpl
        let wasVirtual = isVirtual8086
        let level = isInner ? code.DPL : state.pointee.cpl
        var stack =
            isInner ? try innerStack(level, EXT) : currentStack(errorCode: EXT)
        let size: UInt64 = gate.isGate32 ? 4 : 2
        if let refusal = refusalOfOffset(gate, code) { throw refusal.fault(vector, EXT) }

        if isInner {
            if wasVirtual {
                for segment in [state.pointee.gs, state.pointee.fs, state.pointee.ds, state.pointee.es] {
                    try stack.push(segment.selector, size)
                }
            }
            try stack.push(state.pointee.ss.selector, size)
            try stack.push(state.pointee.rsp, size)
        }
        try stack.push(UInt64(image.rawValue), size)
        try stack.push(state.pointee.cs.selector, size)
        try stack.push(state.pointee.rip, size)
        if let errorCode { try stack.push(UInt64(errorCode), size) }
        try setAccessed(&code)

        if isInner { state.pointee.ss = stack.ss }
        state.pointee.rsp = stack.pointer
        if wasVirtual {
            for name in [SegmentRegisterName.gs, .fs, .ds, .es] { core.segment(name).pointee = SegmentRegister() }
        }
        state.pointee.cs = code.segmentRegister(selector: gate.gateSelector & ~3 | UInt16(level))
        state.pointee.cpl = level
        state.pointee.rip = gate.gateOffset
        state.pointee.eflags.subtract(gate.clearedFlags)
        if wasVirtual { updateMode() } else { updateTransfer() }
    }

    /// SS:rSP of an inner level, from the TSS. SDM Vol. 3A, section 5.8.5.
    func innerStack(_ level: UInt8, _ EXT: UInt16) throws(Fault) -> PendingStack {
        var stack = try innerStack(level).orFault(0, EXT)
        try setAccessed(&stack.segment)
        return PendingStack(
            cpu: self, ss: stack.segment.segmentRegister(selector: stack.selector.rawValue), pointer: stack.pointer, level: level,
            errorCode: stack.selector.errorCode | EXT, is64Bit: false)
    }
}
