import Wiring

/// Intel 82371SB (PIIX3), function 0: the bridge to the ISA bus (datasheet 290550, chapter 2.2).
///
/// Emulated: PIRQRCA–PIRQRCD, which lead the four PCI interrupts to inputs of the 8259As. The edge/level registers, the reset control register and
/// the chips of an AT are files of their own. Not emulated: ISA timing, X-bus chip selects, SMI, the APIC's and distributed DMA's registers, of
/// which some keep what is written.
public final class PIIX3: Chip {
    public struct State: Codable, Equatable, Sendable {
        /// The function's 256 bytes of configuration space.
        public var configuration: [UInt8] = []
    }

    private static let PIRQRCA = 0x60
    /// The inputs that a PIRQ can be led to.
    private static let routable: Set<Int> = [3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15]

    public let name: String
    /// The function on the PCI bus.
    public let function: PCIFunction
    /// Hears which inputs of the two 8259As a PCI interrupt asks for now: one bit for each of IRQ 0–15.
    public var onRequestChange: ((UInt16) -> Void)?
    private var requests: UInt16 = 0
    /// By PIRQ: the interrupt lines that are soldered to it.
    private var lines: [[Wire]] = [[], [], [], []]

    /// The chip as it is after power-on.
    public init(name: String = "piix3") {
        self.name = name
        function = PCIFunction(
            name: name, PCIHeader(vendor: 0x8086, device: 0x7000, classCode: 0x06_0100, isMultifunction: true))
        function.declare(0x04, .word, 0x0007, writable: 0x0008)
        function.declare(0x4C, .byte, 0x4D, writable: 0x7F)
        function.declare(0x4E, .word, 0x0003, writable: 0x01FF)
        for register in Self.PIRQRCA..<Self.PIRQRCA + 4 { function.declare(register, .byte, 0x80, writable: 0x8F) }
        function.declare(0x69, .byte, 0x02, writable: 0xFE)
        function.declare(0x6A, .word, 0, writable: 0x80FF)
        function.declare(0x70, .word, 0x8080, writable: 0xEFEF)
        function.declare(0x76, .word, 0x0C0C, writable: 0x8F8F)
        function.declare(0x78, .word, 0x0002, writable: 0xFFFF)
        function.declare(0xA0, .doubleword, 0x08, writable: 0x00FF_00FF)
        function.declare(0xA4, .doubleword, 0, writable: 0xFFFF_FFFF)
        function.declare(0xA8, .doubleword, 0x0000_000F, writable: 0x00FF_00FF)
        function.onWrite = { [unowned self] _ in update() }
    }

    public var state: State {
        get { State(configuration: function.configuration) }
        set { function.configuration = newValue.configuration }
    }

    public func reset() { function.reset() }

    /// Solders an interrupt line to PIRQ `number`, 0–3 for A–D.
    public func connect(_ line: Wire, to number: Int) {
        lines[number & 3].append(line)
        line.connect { [unowned self] _ in update() }
    }

    private func update() {
        var new: UInt16 = 0
        for (number, wires) in lines.enumerated() where wires.contains(where: \.isHigh) {
            let route = function.bytes[Self.PIRQRCA + number]
            if route & 0x80 == 0, Self.routable.contains(Int(route & 15)) { new |= 1 << UInt16(route & 15) }
        }
        guard new != requests else { return }
        requests = new
        onRequestChange?(new)
    }
}
