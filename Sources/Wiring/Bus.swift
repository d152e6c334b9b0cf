/// The processor's side of the board: everything outside RAM.
///
/// RAM and ROM pages are given to the processor as host pointers (`page(at:)`) and accessed without the bus; what has no pointer
/// goes through `readMemory`/`writeMemory`. The processor keeps `Clock.Cells.now` exact before it calls any of these.
public protocol Bus: AnyObject {
    /// Reads from a port, with the side effects of the read.
    func readPort(_ port: UInt16, _ width: AccessWidth) -> UInt32
    /// Writes to a port.
    func writePort(_ port: UInt16, _ width: AccessWidth, _ value: UInt32)
    /// Reads as `PortDevice.readString(offset:width:into:)` does, from the chip at `port`.
    func readPortString(_ port: UInt16, _ width: AccessWidth, into buffer: UnsafeMutableRawBufferPointer) -> Int

    /// Tells how the 4-KByte page that starts at `physical` is reached.
    func page(at physical: UInt64) -> PhysicalPage
    /// A read that does not cross a 4-KByte page, at an address without a read pointer.
    func readMemory(_ physical: UInt64, _ width: AccessWidth) -> UInt32
    /// Writes what does not cross a 4-KByte page, to an address without a write pointer.
    func writeMemory(_ physical: UInt64, _ width: AccessWidth, _ value: UInt32)

    /// The INTA cycles: the vector of the interrupt that INTR announced.
    func acknowledgeInterrupt() -> UInt8
    /// The FERR# pin: an unmasked x87 exception with CR0.NE clear (high), or its end (low).
    func floatingPointError(_ level: Bool)
    /// The IGNNE# pin: with CR0.NE clear, x87 instructions do not wait for an interrupt while FERR# is active.
    var ignoresNumericError: Bool { get }
}

extension Bus {
    public func readPortString(_ port: UInt16, _ width: AccessWidth, into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
}

/// Host memory behind one 4-KByte page of physical address space.
/// SAFETY: the pointers stay valid, and their meaning unchanged, until the board calls the processor's `mapChanged()`.
public struct PhysicalPage {
    /// First byte of the page when reads have no side effects: RAM or ROM.
    public var read: UnsafeMutableRawPointer?
    /// First byte of the page when it is plain RAM.
    public var write: UnsafeMutableRawPointer?

    /// A page with its pointers; nil where accesses have to go over the bus.
    public init(read: UnsafeMutableRawPointer?, write: UnsafeMutableRawPointer?) {
        self.read = read
        self.write = write
    }
}
