import Wiring
import X86

/// The processor: state, caches and pins. SDM Vol. 3A.
///
/// Not emulated: system-management mode (RSM raises #UD), performance counters, machine checks.
public final class CPU {
    /// The reason why `run(until:)` came back.
    public enum Stop: Equatable, Sendable {
        /// The clock reached the limit, or the next deadline of the clock.
        case deadline
        /// HLT with no interrupt to serve: only an interrupt, NMI or reset goes on. Time may be skipped.
        case halted
        /// A fault while delivering a double fault: the machine is in the shutdown state until reset.
        case shutdown
        /// `requestStop()` was called.
        case requested
        /// PAUSE, while `yieldsAtPause`.
        case yielded
        /// Translated code was left at a tick that `stopAtExitFrom` includes.
        case leftTranslation
        /// Something happened that `stop(at:)` asked for; `takeStopEvents()` tells.
        case stopped
    }

    /// The processor that CPUID claims it is.
    public let model: CPUModel
    /// Among the processors of a machine, 0 to 15; the first one is the bootstrap processor.
    public let number: Int
    /// The machine's processors, of which this is one.
    package let topology: ProcessorTopology
    /// It is the only processor of its machine: PAUSE has no meaning, and nobody else executes its translations.
    public let isAlone: Bool
    /// The board, for everything outside RAM.
    public let bus: any Bus
    /// The machine's clock.
    public let clock: Clock

    package let core: CoreHandle
    var supervisorTLB = TLB()
    var userTLB = TLB()
    /// The translations that the two do not hold: see `ProcessContexts`.
    var contexts = ProcessContexts()
    /// The decoded blocks of all processors, and what this one remembers of where they are.
    let blocks: BlockCache
    let places: RememberedPlaces
    let tablePages = TablePages()
    let transfers = RememberedTransfers()
    /// The place where links between blocks lead.
    var linkedPages = LinkedPages()
    /// The place where code is.
    let code: CodeMap
    /// The engine for blocks that have become hot; nil leaves all to the interpreter.
    var engine: (any TranslationEngine)?
    let decoder16: Decoder
    let decoder32: Decoder
    /// Made with the first 64-bit code: most machines never have any.
    lazy var decoder64 = Decoder(codeSize: .bits64, features: model.features.instructions)
    lazy var cpuidAnswers = CPUIDAnswers(model)
    /// The present translation of linear addresses.
    public internal(set) var paging: PagingMode {
        @inline(__always) get { pagingMode.pointee }
        @inline(__always) set { pagingMode.pointee = newValue }
    }
    /// SAFETY: allocated in `init` and freed in `deinit`. Page walks read it in place: it is large.
    let pagingMode: UnsafeMutablePointer<PagingMode>
    /// Room for a block that is not kept.
    let transientBlock: BlockHandle
    /// Instructions in a block at most; 1 makes the interpreter look around after each.
    public var longestBlock = BlockCache.longest
    /// Hears of each block of instructions that control comes to for the first time, or again after its bytes were written: linear address and
    /// length. To be set before the machine runs. While it is set nothing is built ahead.
    public var onBlock: ((_ linear: UInt64, _ byteCount: Int) -> Void)?
    /// Hears of each conditional branch, by its linear address, when it goes one of its two ways for the first time, and perhaps again. Only the
    /// interpreter tells. To be set before the machine runs.
    public var onBranch: ((_ linear: UInt64, _ isTaken: Bool) -> Void)?
    /// FFFFFFFFh…, without bit 20 while A20 is masked.
    var a20Mask: UInt64 = .max
    var intr: Bool {
        get { core.pointee.intr }
        set { core.pointee.intr = newValue }
    }
    var stopRequested = false
    /// The first exit of translated code at this tick or later comes back from `run(until:)` with `.leftTranslation`; the code is not cut short
    /// for it, and while such an exit is waited for no two translations are linked, so that each exit is seen.
    public var stopAtExitFrom: UInt64 = .max
    var hasLeftTranslation = false
    /// PAUSE comes back from `run(until:)`: another processor has something to do.
    public var yieldsAtPause = false
    var hasYielded = false
    /// Hears every interrupt and exception that is delivered; for logs.
    public var onDelivery: ((Delivery) -> Void)?
    /// Hears each step of a delivery, the ones that fail, too; for logs.
    public var onDeliveryStep: ((DeliveryStep) -> Void)?
    /// Hears what MOV and LMSW write to a control register, with its number; of CR3 not what translated code writes. For logs.
    public var onControlRegister: ((UInt8, UInt64) -> Void)?
    /// The processor's interrupt controller; nil for one that has none, or on a board that does not use it.
    public internal(set) unowned var localAPIC: (any LocalInterruptController)?
    /// Hears that the local APIC's page may be elsewhere; see `localAPICAddress`.
    public var onAPICBaseChange: (() -> Void)?
    /// Hears, with the tick, that MOV to CR0 or LMSW changed protected mode or paging, that IRET entered virtual-8086 mode, or that
    /// `state` was set, as a reset does; for logs. Deliveries and task switches that change the mode are not told here.
    public var onModeChange: ((UInt64) -> Void)?
    /// The exceptions of the last triple fault, oldest first.
    public internal(set) var faultChain: [Fault] = []
    /// Deliveries that failed on the way to the last double or triple fault, oldest first.
    public internal(set) var failedDeliveries: [FailedDelivery] = []
    /// The latest deliveries. To be set only by who puts the processor back to a state that it had.
    public var history = DeliveryHistory()
    /// Exceptions are kept in `intercepted` instead of being delivered; see `executeInstruction()`.
    var interceptsExceptions = false
    var intercepted: Fault?
    /// Set when an interrupt or exception was delivered during the current instruction.
    var delivered = false
    /// EIP of the task that the current instruction switched to: faults from there on belong to it.
    var newTaskRIP: UInt64?
    /// The shadow under which the current instruction runs.
    var previousShadow: CPUState.Shadow = .none
    /// The last look at a loop that waits for a port.
    var poll = PollLoop()
    /// A data breakpoint is armed.
    var watchesData = false

    /// A debugger's wishes, and which parts of them there are.
    public internal(set) var stopConditions = StopConditions()
    var stopsAtCode = false
    var stopsAtData = false
    var stopsAtDelivery = false
    /// The mode that changes are compared with; nil when nobody asked.
    var modeBefore: ProcessorMode?
    var passing: PassingPlace?
    var stopEvents: [StopEvent] = []
    /// Follows each instruction, where somebody checks what the guest does.
    var observer: (any ExecutionObserver)? { didSet { holder = observer.map(ObserverHolder.init) } }
    private var holder: ObserverHolder? { didSet { accessObserver = holder.map(Unmanaged.passUnretained) } }
    /// The same for accesses, each of which would count references otherwise.
    private(set) var accessObserver: Unmanaged<ObserverHolder>?
    /// The calls that are open, where somebody wants to know them; holds what `Core` points to.
    package internal(set) var openCalls: OpenCalls?
    /// Hears of each event as it happens, in the middle of an instruction, and decides whether it stops. For logs.
    public var onStopEvent: ((StopEvent) -> Bool)?

    /// A processor; of several in one machine each has the same `blocks` and its own number, in order. Throws where the host has no room for
    /// its tables.
    public init(
        model: CPUModel, bus: any Bus, clock: Clock, number: Int = 0, of topology: ProcessorTopology = ProcessorTopology(),
        blocks: BlockCache? = nil
    ) throws(HostMemory.Exhausted) {
        let blocks = if let blocks { blocks } else { try BlockCache() }
        self.model = model
        self.number = number
        self.topology = topology
        isAlone = topology.count == 1
        self.blocks = blocks
        code = blocks.code
        places = try RememberedPlaces()
        self.bus = bus
        self.clock = clock
        decoder16 = Decoder(codeSize: .bits16, features: model.features.instructions)
        decoder32 = Decoder(codeSize: .bits32, features: model.features.instructions)
        pagingMode = .allocate(capacity: 1)
        pagingMode.initialize(to: PagingMode(CPUState(), model))
        core = CoreHandle(.allocate(capacity: 1))
        transientBlock = BlockHandle(.allocate(capacity: 1))
        core.pointer.initialize(to: Core(cpu: self, tlb: supervisorTLB.data))
        core.pointee.native.supervisorTLB = supervisorTLB.data.address
        core.pointee.native.userTLB = userTLB.data.address
        blocks.join(self)
        reset()
    }

    deinit {
        core.pointer.deinitialize(count: 1)
        core.pointer.deallocate()
        pagingMode.deallocate()
        transientBlock.pointer.deallocate()
        supervisorTLB.deallocate()
        userTLB.deallocate()
        tablePages.deallocate()
    }

    // MARK: State

    /// Everything the processor remembers. Setting it drops all caches.
    public var state: CPUState {
        get {
            var state = core.pointee.state
            state.eflags = eflags
            return state
        }
        set {
            core.pointee.state = newValue
            eflags = newValue.eflags
            updatePaging()
            flushTLB(keepingGlobal: false)
            updateMode()
            updateDebug()
            core.pointee.lastCall = 0
            core.pointee.callSpace = OpenCalls.space(cr3: newValue.cr3)
            observer?.didReplaceState(of: self)
            onAPICBaseChange?()
            onModeChange?(clock.now)
        }
    }

    /// EFLAGS with the status flags put in.
    var eflags: EFLAGS {
        get { core.pointee.state.eflags.subtracting(.status).union(core.pointee.lazy.eflags).union(.alwaysOne) }
        set {
            core.pointee.state.eflags = newValue
            core.pointee.lazy = LazyFlags(newValue)
        }
    }

    var isProtectedMode: Bool { core.pointee.state.cr0.contains(.PE) }
    @inline(__always) package var isVirtual8086: Bool { core.pointee.state.eflags.contains(.VM) }
    /// IA32_EFER.LMA: 64-bit or compatibility mode.
    @inline(__always) package var isIA32e: Bool { core.pointee.state.efer.contains(.LMA) }
    /// 64-bit mode.
    var is64Bit: Bool { core.pointee.mode.contains(.code64) }
    /// Real-address mode or virtual-8086 mode: selectors are paragraph numbers.
    var usesParagraphs: Bool { !isProtectedMode || isVirtual8086 }
    var IOPL: UInt8 { UInt8(truncatingIfNeeded: core.pointee.state.eflags.rawValue &>> 12) & 3 }

    /// Counters of the block cache.
    package var blockStatistics: BlockCache.Statistics { blocks.statistics }

    /// Selector and offset of the instruction that is on the bus now, or of the next one between instructions.
    public var location: (cs: UInt16, rip: UInt64) {
        let rip = core.pointee.current.map { core.pointee.entryRIP &+ UInt64($0.pointee.offset) }
        return (core.pointee.state.cs.selector, rip ?? core.pointee.state.rip)
    }

    /// The tick of the instruction that is being executed, if it is one that ends its block: the clock does not have those before it yet.
    var tickAtBlockEnd: UInt64 { core.pointee.ticks &+ (core.pointee.block.map { UInt64($0.pointee.count) &- 1 } ?? 0) }

    // MARK: Pins

    /// Level of the INTR pin.
    public func setINTR(_ level: Bool) {
        intr = level
        // Whoever sets IF looks at the pin himself.
        if level && core.pointee.state.eflags.contains(.IF) { requestAttention() }
    }

    /// A rising edge of the NMI pin.
    public func raiseNMI() {
        core.pointee.state.nmiPending = true
        requestAttention()
    }

    /// Level of the A20M# function: false forces address bit 20 low.
    public func setA20(_ enabled: Bool) {
        let mask: UInt64 = enabled ? .max : ~(1 << 20)
        guard mask != a20Mask else { return }
        a20Mask = mask
        mapChanged()
    }

    /// Makes `run(until:)` return at the next instruction boundary. May be called by a chip during an access.
    public func requestStop() {
        stopRequested = true
        requestAttention()
    }

    /// The board changed which host memory is behind some physical page: drops all translations.
    public func mapChanged() {
        tablePages.removeAll()
        flushTLB(keepingGlobal: false)
        requestAttention()
    }

    /// Somebody else than a processor wrote RAM: code that was decoded from there is dropped, for all processors that share the blocks.
    public func memoryWritten(physical: UInt64, count: Int) {
        blocks.written(physical: physical, count: UInt64(count))
        observer?.didWrite(physical: physical, count: count)
    }

    /// Something has to be looked at before the next instruction.
    func requestAttention() {
        core.pointee.attention = true
        core.pointee.limit = 0
    }

    /// Drops the translations of all address spaces.
    func flushTLB(keepingGlobal: Bool) {
        contexts.forgetAll()
        flushContext(keepingGlobal: keepingGlobal)
    }

    /// Drops the translations of the current address space.
    func flushContext(keepingGlobal: Bool) {
        supervisorTLB.flush(keepingGlobal: keepingGlobal)
        userTLB.flush(keepingGlobal: keepingGlobal)
        observer?.didForgetTranslations(keepingGlobal: keepingGlobal, by: self)
        if keepingGlobal { forgetPassing() } else { newGeneration() }
    }
}

extension CPU {
    /// The level that the processor drives on FERR#. Set it only when a state is put back, as the board remembers it.
    public var isFERRAsserted: Bool {
        get { core.pointee.ferr }
        set { core.pointee.ferr = newValue }
    }
}
