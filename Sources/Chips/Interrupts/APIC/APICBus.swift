import Wiring

/// The bus by which local and I/O APICs hear of each other. SDM Vol. 3A, sections 10.3 and 10.6.2.
public final class APICBus {
    private var processors: [Unowned<LocalAPIC>] = []
    private var controllers: [Unowned<IOAPIC>] = []

    /// The chips hold the bus; it does not hold them.
    private struct Unowned<Member: AnyObject> {
        unowned let member: Member
    }

    /// A bus to which nothing is connected.
    public init() {}

    func connect(_ processor: LocalAPIC) { processors.append(Unowned(member: processor)) }
    func connect(_ controller: IOAPIC) { controllers.append(Unowned(member: controller)) }

    /// Delivers a message to the processors it names; of several, with lowest priority, to the one that does the least important thing.
    public func deliver(_ message: InterruptMessage) {
        let targets = processors.map(\.member).filter { $0.isNamed(by: message) }
        if message.mode == .lowestPriority {
            let ready = targets.filter(\.isSoftwareEnabled)
            // The first of those with the same priority, in the order of identification.
            ready.min { $0.PPR < $1.PPR }?.accept(message)
        } else {
            for target in targets { target.accept(message) }
        }
    }

    func deliverToAll(_ message: InterruptMessage, except sender: LocalAPIC?) {
        for processor in processors where processor.member !== sender { processor.member.accept(message) }
    }

    func endOfInterrupt(_ vector: UInt8) {
        for controller in controllers { controller.member.endOfInterrupt(vector) }
    }
}

extension LocalAPIC {
    /// Tells whether the destination of a message means this processor. SDM Vol. 3A, sections 10.6.2.1 and 10.6.2.2.
    public func isNamed(by message: InterruptMessage) -> Bool {
        let destination = message.destination
        if destination == InterruptMessage.everybody && !registers.isX2 || destination == .max { return true }
        guard message.isLogical else { return destination == registers.ID }
        if registers.isX2 {
            return destination >> 16 == registers.LDR >> 16 && destination & registers.LDR & 0xFFFF != 0
        }
        let logical = registers.LDR >> 24
        // Flat: a bit a processor. Cluster: the cluster's number, and a bit a processor in it.
        if registers.DFR >> 28 == 0xF { return logical & destination != 0 }
        return (logical ^ destination) & 0xF0 == 0 && logical & destination & 0xF != 0
    }
}
