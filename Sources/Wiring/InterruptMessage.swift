/// A message between interrupt controllers: from an I/O APIC, a local APIC or a device that signals by messages (MSI).
/// SDM Vol. 3A, sections 10.6 and 10.11.
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

    public var vector: UInt8
    public var mode: DeliveryMode
    /// An APIC's identification, or a set of processors where `isLogical`.
    public var destination: UInt32
    public var isLogical: Bool
    public var isLevelTriggered: Bool

    public init(
        vector: UInt8, mode: DeliveryMode = .fixed, destination: UInt32, isLogical: Bool = false, isLevelTriggered: Bool = false
    ) {
        self.vector = vector
        self.mode = mode
        self.destination = destination
        self.isLogical = isLogical
        self.isLevelTriggered = isLevelTriggered
    }

    /// What a device signals by writing `data` to `address`, one of FEE00000h to FEEFFFFFh; nil where the delivery mode is reserved.
    /// SDM Vol. 3A, section 10.11.
    public init?(address: UInt64, data: UInt32) {
        guard let mode = DeliveryMode(rawValue: UInt8(truncatingIfNeeded: data >> 8) & 7) else { return nil }
        self.init(
            vector: UInt8(truncatingIfNeeded: data), mode: mode, destination: UInt32(truncatingIfNeeded: address >> 12) & 0xFF,
            isLogical: address & 4 != 0, isLevelTriggered: data & 0x8000 != 0)
    }

    /// The destination that all processors answer to.
    public static let everybody: UInt32 = 0xFF
}
