import Wiring

/// The addresses at which a write is an interrupt, from FEE00000h on: how PCI functions ask without a line (message signalled interrupts). SDM Vol. 3A,
/// section 10.11.
///
/// An aligned doubleword: address bits 19–12 are the destination, bit 3 asks for the processor of lowest priority among several, bit 2 says that the
/// destination is logical; bits 7–0 of the data are the vector, 10–8 the delivery mode, 15 that it is level triggered, and 14 that the level is
/// asserted. A processor's own local APIC lies over the first page for what that processor writes.
public final class InterruptMessageWindow: MemoryDevice {
    /// Bytes of the window.
    public static let size: UInt64 = 0x10_0000

    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    private let bus: APICBus

    /// A window whose messages go to the APICs on a bus.
    public init(bus: APICBus) { self.bus = bus }

    public func readMemory(offset: Int) -> UInt8 { peekMemory(offset: offset) }
    public func peekMemory(offset: Int) -> UInt8 { 0xFF }
    public func writeMemory(offset: Int, value: UInt8) { lose("is not an aligned doubleword") }

    public func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        guard width == .doubleword, offset & 3 == 0 else { return lose("is not an aligned doubleword") }
        guard let mode = InterruptMessage.DeliveryMode(rawValue: UInt8(value >> 8 & 7)), mode != .startUp else {
            return lose("has delivery mode \(value >> 8 & 7), which is reserved")
        }
        let isLevelTriggered = value & 0x8000 != 0
        // The end of a level is no interrupt.
        guard !isLevelTriggered || value & 0x4000 != 0 else { return }
        let isLogical = offset & 4 != 0
        let isRedirected = offset & 8 != 0 && isLogical && mode == .fixed
        bus.deliver(
            InterruptMessage(
                vector: UInt8(value & 0xFF), mode: isRedirected ? .lowestPriority : mode, destination: UInt32(offset >> 12 & 0xFF),
                isLogical: isLogical, isLevelTriggered: isLevelTriggered))
    }

    private func lose(_ reason: String) {
        diagnostics?.report(
            Diagnostic(chip: "APIC", message: "an interrupt message \(reason)", unit: "messages lost", isUnbidden: true))
    }
}
