import Wiring

/// Intel 82371SB (PIIX3), function 1: the IDE controller with two channels in compatibility mode (datasheet 290550, chapters 2.3 and 2.7).
///
/// BAR 4 shows sixteen ports: the bus master's registers of the primary channel at offset 0, of the secondary one at 8 (`ATABusMaster`).
/// Not emulated: timing, which only keeps what is written; switching a channel off (IDETIM bit 15 is kept, and without effect).
public final class PIIX3IDE: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        var configuration: [UInt8] = []
        var primary = ATABusMaster.State()
        var secondary = ATABusMaster.State()
    }

    public let name: String
    /// The function on the PCI bus.
    public let function: PCIFunction
    private let masters: [ATABusMaster]

    /// The controller of two channels as it is after power-on; they transfer to and from `memory`.
    public init(
        name: String = "piix3ide", channels: (ATAChannel, ATAChannel), memory: any SystemMemory,
        diagnostics: (any DiagnosticSink)? = nil
    ) {
        self.name = name
        let function = PCIFunction(name: name, PCIHeader(vendor: 0x8086, device: 0x7010, classCode: 0x01_0180))
        self.function = function
        masters = [channels.0, channels.1].map { ATABusMaster($0, function, memory: memory, diagnostics: diagnostics) }
        function.declare(0x40, .doubleword, 0, writable: 0xFFFF_FFFF)
        function.declare(0x44, .byte, 0, writable: 0xFF)
        function.declareBAR(4, size: 16, self)
        function.onWrite = { [unowned self] in
            // A drive may have waited for the right to use the bus.
            if $0.contains(4) { for master in masters { master.move() } }
        }
    }

    public var state: State {
        get { State(configuration: function.configuration, primary: masters[0].state, secondary: masters[1].state) }
        set {
            // Before the registers, so that what they start is what was running.
            masters[0].state.status = []
            masters[1].state.status = []
            function.configuration = newValue.configuration
            masters[0].state = newValue.primary
            masters[1].state = newValue.secondary
        }
    }

    public func reset() {
        for master in masters { master.state = ATABusMaster.State() }
        function.reset()
    }

    /// A rising edge of the interrupt request of channel 0 or 1.
    public func interruptCame(from channel: Int) { masters[channel & 1].interruptCame() }

    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { masters[offset >> 3 & 1].read(offset: offset & 7) }
    public func write(offset: Int, value: UInt8) { masters[offset >> 3 & 1].write(offset: offset & 7, value: value) }

    /// The command and status registers change by the clock's events, and by what drives do then.
    public func isSteady(offset: Int) -> Bool { true }
}
