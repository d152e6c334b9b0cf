import Wiring

/// The port through which the boot ROM of the kernel loader says that the BIOS is done and a kernel may be started. Ours; there only
/// when a kernel was given.
///
/// Offset 0: a write of any value asks. Reads float.
public final class KernelLoaderPort: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    /// Hears that a kernel may be started.
    public var onRequest: (() -> Void)?
    public var state = State()

    /// The chip as it is after power-on.
    public init(name: String = "loader") { self.name = name }

    public func reset() {}
    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { 0xFF }
    public func write(offset: Int, value: UInt8) { onRequest?() }
}
