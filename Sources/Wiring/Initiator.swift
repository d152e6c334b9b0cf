/// The maker of an access on the bus.
public enum Initiator: Equatable, Sendable {
    /// A processor, counted from 0.
    case processor(Int)
    /// A chip that moves memory by itself, by its name.
    case busMaster(String)

    /// An instruction of the guest made the access, so that a report belongs to its site.
    public var isProcessor: Bool {
        if case .processor = self { true } else { false }
    }
}
