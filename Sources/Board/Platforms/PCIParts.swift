import Chips
import Wiring

extension PC {
    /// The board that the machine is built on.
    public enum Machine: String, Codable, CaseIterable, Sendable {
        /// Intel's 440FX chipset: PCI, ACPI.
        case pc
        /// An AT without PCI.
        case isa
    }

    /// The chips that a board with PCI has more than an AT.
    public struct PCIParts {
        /// The bus with its configuration space.
        public let bus: PCIBus
        /// The host bridge.
        public let hostBridge: I440FX
        /// The bridge to the ISA bus.
        public let isaBridge: PIIX3
        /// The two ATA channels with bus mastering.
        public let ide: PIIX3IDE
        /// The power management function: ACPI's registers and the timer.
        public let power: PIIX4Power
        /// The display adapter as a PCI function.
        public let display: PCIDisplay
        /// The network card, where a network was configured.
        public let card: I82540EM?
        /// The network at the other end of the card's cable; nil where there is no card.
        public let network: UserNetwork?

        /// Tells where each function is: QEMU's `pc` has them there, too. The only place that knows.
        private static func places(_ parts: PCIParts) -> [(PCIFunction, PCIBus.Place)] {
            [
                (parts.hostBridge.function, PCIBus.Place(0, 0)),
                (parts.isaBridge.function, PCIBus.Place(1, 0)),
                (parts.ide.function, PCIBus.Place(1, 1)),
                (parts.power.function, PCIBus.Place(1, 3)),
                (parts.display.function, PCIBus.Place(2, 0)),
            ] + (parts.card.map { [($0.function, PCIBus.Place(3, 0))] } ?? [])
        }

        init(
            channels: (ATAChannel, ATAChannel), vga: VGA, clock: Clock, log: DiagnosticLog, memory: any SystemMemory,
            displayROM: ReadOnlyMemory?, network connection: NetworkConnection?
        ) {
            bus = PCIBus()
            hostBridge = I440FX(bus: bus)
            isaBridge = PIIX3()
            ide = PIIX3IDE(channels: channels, memory: memory, diagnostics: log)
            power = PIIX4Power(clock: clock)
            power.diagnostics = log
            display = PCIDisplay(vga, ROM: displayROM, romSize: AddressMap.displayROMSize)
            card = connection.map { I82540EM(address: $0.address, clock: clock, memory: memory) }
            network = connection.map { UserNetwork(clock: clock, files: $0.files, bootFile: $0.bootFile) }
            card?.diagnostics = log
            network?.diagnostics = log
            for (function, place) in Self.places(self) {
                bus.connect(function, at: place)
                guard function.header.interruptPin > 0, function !== power.function else { continue }
                // The slots' pins are rotated, so that cards do not all ask at PIRQA. The SCI is soldered to the 8259A.
                isaBridge.connect(function.INTx, to: Int(function.header.interruptPin) - 1 + place.device - 1)
            }
        }

        /// Functions before the bridge that leads their interrupts on.
        var chips: [any Chip] {
            [ide, power, display] + (network.map { [$0] } ?? []) + (card.map { [$0] } ?? []) + [isaBridge, hostBridge]
        }
    }
}

extension PC {
    /// Puts windows of PCI functions into the maps whenever they move, and RAM over ROMs as the host bridge says.
    func connectPCI(_ pci: PCIParts) {
        for (_, function) in pci.bus.functions {
            var known: [PCIFunction.AddressWindow] = []
            let update = { [unowned self, unowned function] in
                let new = function.windows
                for window in known where !new.contains(where: { $0.isSame(window) }) { move(window, isThere: false) }
                for window in new where !known.contains(where: { $0.isSame(window) }) { move(window, isThere: true) }
                known = new
            }
            function.onWindowChange = update
            update()
        }
        pci.hostBridge.onShadowChange = { [unowned self, unowned bridge = pci.hostBridge] in shadow(bridge.shadows) }
    }

    private func move(_ window: PCIFunction.AddressWindow, isThere: Bool) {
        switch window.target {
        case .memory(let device):
            let range = window.first..<window.first + UInt64(window.size)
            bus.moveWindow(of: window.name, to: isThere ? MappedRegion(window.name, range, device, priority: .card) : nil)
        case .ports(let device):
            let last = UInt16(min(window.first + UInt64(window.size) - 1, 0xFFFF))
            bus.movePorts(
                of: window.name,
                to: isThere ? PortRange(window.name, UInt16(window.first)...last, device, priority: .card) : nil)
        }
    }

    private func shadow(_ shadows: [I440FX.Shadow]) {
        let name = "shadow RAM"
        bus.replaceRegions(
            where: { $0.name == name },
            by: shadows.compactMap { shadow in
                var accesses: MappedRegion.Accesses = []
                if shadow.readsRAM { accesses.insert(.reads) }
                if shadow.writesRAM { accesses.insert(.writes) }
                guard !accesses.isEmpty, shadow.range.upperBound <= UInt64(memory.size) else { return nil }
                return MappedRegion(
                    name, shadow.range, memory, offset: Int(shadow.range.lowerBound), priority: .hostBridge, accesses: accesses)
            })
    }
}
