/// A message between interrupt controllers: from an I/O APIC or a local APIC. SDM Vol. 3A, section 10.6.
public struct InterruptMessage: Equatable, Sendable {
    /// The kind of interrupt, by its code in the interrupt command register and in redirection entries.
    public enum DeliveryMode: UInt8, Sendable {
        case fixed = 0
        case lowestPriority = 1
        case SMI = 2
        case NMI = 4
        case INIT = 5
        /// Start-up: the processor begins in real-address mode at vector × 4096.
        case startUp = 6
        /// The vector comes from the 8259A pair.
        case extINT = 7
    }

    /// The vector, where the mode has one.
    public var vector: UInt8
    /// The delivery mode.
    public var mode: DeliveryMode
    /// An APIC's identification, or a set of processors where `isLogical`.
    public var destination: UInt32
    /// The destination is a set of processors in the logical mode, and not an APIC's identification.
    public var isLogical: Bool
    /// The trigger mode is level: the I/O APIC waits for an EOI.
    public var isLevelTriggered: Bool

    /// A message.
    public init(
        vector: UInt8, mode: DeliveryMode = .fixed, destination: UInt32, isLogical: Bool = false, isLevelTriggered: Bool = false
    ) {
        self.vector = vector
        self.mode = mode
        self.destination = destination
        self.isLogical = isLogical
        self.isLevelTriggered = isLevelTriggered
    }

    /// The destination that all processors answer to.
    public static let everybody: UInt32 = 0xFF
}
