import Wiring

/// The IBM VGA with 256 KBytes of memory (IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem").
///
/// Port offsets 00h to 1Fh are 3C0h to 3DFh, offsets 20h to 2Fh are 3B0h to 3BFh, where the CRTC and Input Status 1 answer
/// while bit 0 of Miscellaneous Output is clear. Memory offsets count from A0000h.
/// At power-on all registers are 0 and the screen is blank; a BIOS sets the mode.
/// Not emulated: the vertical retrace interrupt, the light pen, cursor and display-enable skew, doubled vertical counts
/// (CRTC 17h bit 2), the diagnostic bits 5–4 of Input Status 1, and changes in the middle of a frame: a frame is drawn from the
/// registers as they are when it is asked for.
public final class VGA: Chip, PortDevice, MemoryDevice {
    static let cellCount = 0x10000

    public let name: String
    let clock: Clock
    let diagnostics: (any DiagnosticSink)?
    /// Register values; what hot paths need of them is kept in `path` and `timing`.
    var registers = VGARegisters()
    private(set) var path: VGADataPath
    private(set) var timing: VGATiming
    /// Loaded by every read of the memory.
    var latch: UInt32 = 0
    /// The planes side by side: plane p of offset n is byte 4n + p.
    /// SAFETY: allocated once in `init`, freed in `deinit`; every index into it is cut to 16 bits of cell.
    let cells: UnsafeMutablePointer<UInt32>

    /// Registers, latch and the 256 KBytes of memory.
    public struct State: Codable, Equatable, Sendable {
        var registers: VGARegisters
        var latch: UInt32
        var memory: [UInt32]
    }

    public init(name: String = "vga", clock: Clock, diagnostics: (any DiagnosticSink)? = nil) {
        self.name = name
        self.clock = clock
        self.diagnostics = diagnostics
        path = VGADataPath(registers)
        timing = VGATiming(registers)
        cells = .allocate(capacity: Self.cellCount)
        cells.initialize(repeating: 0, count: Self.cellCount)
    }

    deinit { cells.deallocate() }

    /// RESET puts the registers back; the memory keeps its content.
    public func reset() {
        registers = VGARegisters()
        latch = 0
        registersChanged()
    }

    public var state: State {
        get {
            let memory = [UInt32](UnsafeBufferPointer(start: cells, count: Self.cellCount))
            return State(registers: registers, latch: latch, memory: memory)
        }
        set {
            guard newValue.registers.isWellFormed, newValue.memory.count == Self.cellCount else { return }
            registers = newValue.registers
            latch = newValue.latch
            newValue.memory.withUnsafeBufferPointer { cells.update(from: $0.baseAddress!, count: Self.cellCount) }
            registersChanged()
        }
    }

    /// Derives what follows from the registers. To be called after each change of them.
    func registersChanged() {
        path = VGADataPath(registers)
        timing = VGATiming(registers)
    }
}
