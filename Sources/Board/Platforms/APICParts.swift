import Chips
import Processor
import Wiring

extension PC {
    /// The interrupt controllers and the timer that a PC has since there are several processors.
    public struct APICParts {
        /// The bus that interrupt messages take between I/O APIC and local APICs.
        public let bus: APICBus
        /// By processor.
        public let locals: [LocalAPIC]
        /// The line from INTR of the 8259As to the local APICs.
        let line: LINT0Line
        /// The I/O APIC.
        public let io: IOAPIC
        /// The high precision event timer.
        public let hpet: HPET
        /// The addresses by which PCI functions send message signalled interrupts.
        public let messages: InterruptMessageWindow

        init(_ model: CPUModel, count: Int, clock: Clock, log: DiagnosticLog) {
            let (bus, line) = (APICBus(), LINT0Line())
            locals = (0..<count).map {
                LocalAPIC(
                    bus: bus, clock: clock, ID: UInt8($0), LINT0: line, hasTSCDeadline: model.hasTSCDeadline, hasX2: model.hasX2APIC
                )
            }
            io = IOAPIC(bus: bus)
            hpet = HPET(clock: clock)
            messages = InterruptMessageWindow(bus: bus)
            (self.bus, self.line) = (bus, line)
            for local in locals { local.diagnostics = log }
            io.diagnostics = log
            hpet.diagnostics = log
            messages.diagnostics = log
        }
    }
}

extension PC.APICParts {
    /// A local APIC's timer or an input of the I/O APIC is open.
    public var mayInterrupt: Bool {
        let masked: UInt64 = 1 << 16
        let enabled = locals.map(\.state).filter { $0.isEnabled && $0.SVR & 0x100 != 0 }
        guard !enabled.isEmpty else { return false }
        return enabled.contains { UInt64($0.timer) & masked == 0 } || io.state.entries.contains { $0 & masked == 0 }
    }
}

/// The page of the local APICs: each processor finds its own there, if IA32_APIC_BASE says so.
private final class LocalAPICPage: MemoryDevice {
    private let members: [LocalAPIC?]
    private unowned let pc: PC

    /// `members` are those that are at this page, by processor.
    init(_ members: [LocalAPIC?], of pc: PC) {
        self.members = members
        self.pc = pc
    }

    private var member: LocalAPIC? { members[pc.turn.processor] }

    func readMemory(offset: Int) -> UInt8 { member?.readMemory(offset: offset) ?? 0xFF }
    func peekMemory(offset: Int) -> UInt8 { member?.peekMemory(offset: offset) ?? 0xFF }
    func writeMemory(offset: Int, value: UInt8) { member?.writeMemory(offset: offset, value: value) }
    func readMemory(offset: Int, width: AccessWidth) -> UInt32 { member?.readMemory(offset: offset, width: width) ?? width.mask }
    func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        member?.writeMemory(offset: offset, width: width, value: value)
    }
}

extension PC {
    /// Solders the local APICs between the 8259As and the processors, and gives them their page. MultiProcessor Specification 1.4, section 3.6.2.2.
    func connectAPIC(_ apic: APICParts) {
        // The HPET, which asks the 8259As for interrupts, is not to be held by them.
        parts.pic1.intr.connect { [line = apic.line] in line.set($0) }
        // SAFETY: here and below, the board owns the processors, their local APICs and whatever drives the wires. To count a reference takes longer than to
        // hear of the level.
        let locals = apic.locals.map(Unmanaged.passUnretained)
        bus.acknowledge = { locals[$0]._withUnsafeGuaranteedRef { $0.acknowledge() } }
        for (cpu, local) in zip(processors, apic.locals) {
            local.acknowledgeExternal = { [pic = Unmanaged.passUnretained(parts.pic1)] in
                pic._withUnsafeGuaranteedRef { $0.acknowledge() }
            }
            local.intr.connect { [cpu = Unmanaged.passUnretained(cpu), board = Unmanaged.passUnretained(self)] level in
                cpu._withUnsafeGuaranteedRef { $0.setINTR(level) }
                if level { board._withUnsafeGuaranteedRef { board in cpu._withUnsafeGuaranteedRef { board.wake($0) } } }
            }
            local.onNMI = { [unowned self, unowned cpu] in
                cpu.raiseNMI()
                wake(cpu)
            }
            local.onINIT = { [unowned self, unowned cpu] in initialize(cpu) }
            local.onStartUp = { [unowned self, unowned cpu] vector in
                wake(cpu)
                cpu.startUp(at: vector)
            }
            local.tickOfTSC = { [unowned cpu] in cpu.tick(ofTSC: $0) }
            cpu.onAPICBaseChange = { [unowned self] in placeLocalAPICs(apic) }
            cpu.connect(local)
        }
    }

    /// Puts the local APICs where their processors want them.
    private func placeLocalAPICs(_ apic: APICParts) {
        let name = "local APIC"
        let places = processors.map { $0.localAPIC == nil ? nil : $0.localAPICAddress }
        guard places != localAPICPlaces else { return }
        localAPICPlaces = places
        let pages = Set(places.compactMap { $0 }).sorted().map { place in
            let members = zip(apic.locals, places).map { $1 == place ? $0 : nil }
            let device: any MemoryDevice = processors.count == 1 ? apic.locals[0] : LocalAPICPage(members, of: self)
            return MappedRegion(name, place..<place + 4096, device, priority: .localAPIC)
        }
        bus.replaceRegions(where: { $0.name == name }, by: pages)
    }
}
