import Chips
import Processor
import Wiring

extension PC {
    /// The interrupt controllers and the timer that a PC has since there are several processors.
    public struct APICParts {
        public let bus: APICBus
        public let local: LocalAPIC
        public let io: IOAPIC
        public let hpet: HPET

        init(_ model: CPUModel, clock: Clock, log: DiagnosticLog) {
            bus = APICBus()
            local = LocalAPIC(
                bus: bus, clock: clock, ID: 0, hasTSCDeadline: model.hasTSCDeadline, hasX2: model.hasX2APIC)
            io = IOAPIC(bus: bus)
            hpet = HPET(clock: clock)
            local.diagnostics = log
            io.diagnostics = log
            hpet.diagnostics = log
        }
    }
}

extension PC.APICParts {
    /// Whether the local APIC's timer or an input of the I/O APIC is open.
    var mayInterrupt: Bool {
        let masked: UInt64 = 1 << 16
        let state = local.state
        guard state.isEnabled, state.SVR & 0x100 != 0 else { return false }
        return UInt64(state.timer) & masked == 0 || io.state.entries.contains { $0 & masked == 0 }
    }
}

extension PC {
    /// Solders the local APIC between the 8259As and the processor, and gives it its page. MultiProcessor Specification 1.4, section 3.6.2.2.
    func connectAPIC(_ apic: APICParts) {
        let local = apic.local
        parts.pic1.intr.connect { [unowned local] in local.setLINT(0, $0) }
        local.acknowledgeExternal = { [unowned pic = parts.pic1] in pic.acknowledge() }
        local.intr.connect { [unowned cpu] in cpu.setINTR($0) }
        local.onNMI = { [unowned cpu] in cpu.raiseNMI() }
        local.onINIT = { [unowned self] in request(.reset(.processor)) }
        local.tickOfTSC = { [unowned cpu] in cpu.tick(ofTSC: $0) }
        let name = "local APIC"
        cpu.onAPICBaseChange = { [unowned self, unowned cpu] in
            let range = cpu.localAPICAddress.map { $0..<$0 + 4096 }
            guard bus.ranges(of: local) != [range].compactMap({ $0 }) else { return }
            bus.replaceRegions(
                where: { $0.name == name },
                by: range.map { [Region(name, $0, local, priority: .localAPIC)] } ?? [])
        }
        cpu.connect(local)
    }
}
