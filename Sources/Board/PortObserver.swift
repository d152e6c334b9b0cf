import Chips
import Wiring

/// An access to an I/O port as the processor made it.
public struct PortAccess: Equatable, Sendable {
    /// The address in the I/O space.
    public let port: UInt16
    /// Width of the access: 1, 2 or 4 bytes.
    public let width: AccessWidth
    /// The value written, or the port's answer.
    public let value: UInt32
    /// The processor wrote.
    public let isWrite: Bool
}

/// Sits at all 65,536 ports, passes each access on to the chips as it came, and tells of it.
final class PortObserver: PortDevice {
    private unowned let bus: SystemBus
    private let chips: PortTable
    private let hear: (PortAccess) -> Void

    init(_ bus: SystemBus, of chips: PortTable, _ hear: @escaping (PortAccess) -> Void) {
        self.bus = bus
        self.chips = chips
        self.hear = hear
    }

    func read(offset: Int, width: AccessWidth) -> UInt32 {
        let port = UInt16(truncatingIfNeeded: offset)
        let value = bus.readPort(port, width, through: chips)
        hear(PortAccess(port: port, width: width, value: value, isWrite: false))
        return value
    }

    func write(offset: Int, width: AccessWidth, value: UInt32) {
        let port = UInt16(truncatingIfNeeded: offset)
        // First: the access may end the machine.
        hear(PortAccess(port: port, width: width, value: value & width.mask, isWrite: true))
        bus.writePort(port, width, value, through: chips)
    }

    func read(offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: read(offset: offset, width: .byte)) }

    func write(offset: Int, value: UInt8) { write(offset: offset, width: .byte, value: UInt32(value)) }

    func peek(offset: Int) -> UInt8 {
        guard case .chip(let chip) = chips.target(UInt16(truncatingIfNeeded: offset), .byte) else { return 0xFF }
        return chip.peek()
    }
}

extension PC {
    /// A command to a drive, or its bad end.
    public typealias DiskRequest = ATARequest

    /// Tells `hear` of every command that a drive is given from now on, and of every one that fails; nil ends it.
    public func observeDisks(_ hear: ((DiskRequest) -> Void)?) {
        for channel in [parts.ide0, parts.ide1] { channel.onRequest = hear }
    }

    /// Tells `hear` of every port access from now on, in the order in which the processor makes them; nil ends it. Word accesses to the
    /// last port arrive as bytes.
    public func observePorts(_ hear: ((PortAccess) -> Void)?) { bus.observePorts(hear) }
}
