import Wiring

/// The IBM VGA with 256 KBytes of memory (IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem"), and beside it the display
/// interface of Bochs' VBE with 16 MBytes (`DispiRegisters`). The memory is one: the planes are its first 256 KBytes.
///
/// Port offsets 00h to 1Fh are 3C0h to 3DFh, offsets 20h to 2Fh are 3B0h to 3BFh, where the CRTC and Input Status 1 answer
/// while bit 0 of Miscellaneous Output is clear. Offset 30h is the index, 31h the data register of the display interface, 16 bits each.
/// Memory offsets count from A0000h.
/// At power-on all registers are 0 and the screen is blank; a BIOS sets the mode.
/// Not emulated: the light pen, display-enable skew, the diagnostic bits 5–4 of Input Status 1, latches after reads in text
/// modes and in mode 13h (where the window is plain memory), and changes in the middle of a frame: a frame is drawn from the
/// registers as they are when it is asked for.
public final class VGA: Chip, PortDevice, MemoryDevice {
    /// Cells of the VGA proper.
    static let cellCount = 0x10000
    /// Cells of all memory: 16 MBytes.
    static let allCells = 0x40_0000
    /// Bytes of the memory behind the linear frame buffer.
    public static let memorySize = 4 * allCells

    public let name: String
    let clock: Clock
    let diagnostics: (any DiagnosticSink)?
    /// Request of the vertical retrace interrupt.
    public let irq = Wire()
    /// Register values; what hot paths need of them is kept in `path` and `timing`.
    var registers = VGARegisters()
    var dispi = DispiRegisters()
    private(set) var path: VGADataPath
    private(set) var timing: VGATiming
    /// Loaded by reads of the memory.
    var latch: UInt32 = 0
    /// The start of a retrace, while its interrupt is wanted.
    private var retrace: Clock.Event?
    /// The planes side by side: plane p of offset n is byte 4n + p. The linear frame buffer sees the bytes in this order.
    /// SAFETY: `memorySize` bytes, allocated once in `init`, freed in `deinit`; every index into it is cut to 22 bits of cell.
    let cells: UnsafeMutablePointer<UInt32>
    /// The processor's view in text modes and in mode 13h, while it has one: then newer than `cells`.
    /// SAFETY: 64 KBytes, allocated once in `init`, freed in `deinit`.
    private let unfolded: UnsafeMutableRawPointer

    /// A part of A0000h to BFFFFh that is plain memory at the moment.
    public struct PlainWindow: Equatable {
        /// Counted from A0000h.
        public let offset: Int
        /// Length in bytes.
        public let count: Int
        /// The host's memory behind the first byte.
        public let base: UnsafeMutableRawPointer
    }
    /// The memory that the processor may reach by pointer; `onWindowChange` hears when this changes.
    public private(set) var plainWindow: PlainWindow?
    /// Hears that `plainWindow` is another one, or none.
    public var onWindowChange: (() -> Void)?
    /// First byte of the memory as one stretch, `memorySize` of them.
    var frameBuffer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(cells) }
    /// The display memory as a device of its own: the linear frame buffer.
    public private(set) lazy var linearFrameBuffer = VGAFrameBuffer(self)

    /// Registers, latch and memory up to the last byte that is not zero.
    public struct State: Codable, Equatable, Sendable {
        var registers: VGARegisters
        var dispi: DispiRegisters
        var latch: UInt32
        var memory: [UInt32]

        /// Bytes of memory in it.
        public var byteCount: Int { 4 * memory.count }
    }

    /// The adapter as it is after power-on: blank. Throws when the host has no address space for its memory.
    public init(name: String = "vga", clock: Clock, diagnostics: (any DiagnosticSink)? = nil) throws(HostMemory.Exhausted) {
        self.name = name
        self.clock = clock
        self.diagnostics = diagnostics
        path = VGADataPath(registers, dispi)
        timing = VGATiming(registers, dispi)
        cells = try HostMemory.zeroed(UInt32.self, count: Self.allCells)
        unfolded = .allocate(byteCount: 0x10000, alignment: 4096)
        unfolded.initializeMemory(as: UInt8.self, repeating: 0, count: 0x10000)
        retrace = clock.register("\(name) retrace") { [unowned self] in retraceBegins() }
    }

    deinit {
        HostMemory.free(cells, count: Self.allCells)
        unfolded.deallocate()
    }

    /// RESET puts the registers back; the memory keeps its content.
    public func reset() {
        registers = VGARegisters()
        dispi = DispiRegisters()
        latch = 0
        registersChanged()
        updateInterrupt()
    }

    public var state: State {
        get {
            fold()
            var count = Self.allCells
            while count > 0, isZero(1024, before: count) { count -= 1024 }
            while count > 0, cells[count - 1] == 0 { count -= 1 }
            let memory = [UInt32](UnsafeBufferPointer(start: cells, count: count))
            return State(registers: registers, dispi: dispi, latch: latch, memory: memory)
        }
        set {
            guard newValue.registers.isWellFormed, newValue.dispi.isWellFormed, newValue.memory.count <= Self.allCells else {
                return
            }
            // What the window held belongs to the old memory.
            setPath(VGADataPath(VGARegisters(), DispiRegisters()))
            registers = newValue.registers
            dispi = newValue.dispi
            latch = newValue.latch
            newValue.memory.withUnsafeBufferPointer { memory in
                if let base = memory.baseAddress { cells.update(from: base, count: memory.count) }
            }
            clear(from: newValue.memory.count)
            registersChanged()
            updateInterrupt()
        }
    }

    private func isZero(_ count: Int, before end: Int) -> Bool {
        var any: UInt32 = 0
        for index in end &- count..<end { any |= cells[index] }
        return any == 0
    }

    /// Zeros from cell `first` on; pages that are zero already stay untouched.
    private func clear(from first: Int) {
        var index = first
        while index < Self.allCells {
            let count = min(1024 - index % 1024, Self.allCells - index)
            if !isZero(count, before: index + count) { (cells + index).update(repeating: 0, count: count) }
            index += count
        }
    }

    /// Derives what follows from the registers.
    func registersChanged() {
        pathChanged()
        timingChanged()
    }

    /// To be called after each change of the sequencer's, the graphics controller's and the miscellaneous output registers.
    func pathChanged() { setPath(VGADataPath(registers, dispi)) }

    private func setPath(_ new: VGADataPath) {
        let isSame = new.plain == path.plain && new.windowStart == path.windowStart
        if !isSame { fold() }
        path = new
        guard !isSame else { return }
        unfold()
        switch new.plain {
        case .none: plainWindow = nil
        case .text: plainWindow = PlainWindow(offset: new.windowStart, count: 0x8000, base: unfolded)
        case .chain4: plainWindow = PlainWindow(offset: 0, count: 0x10000, base: unfolded)
        case .bank(let bank): plainWindow = PlainWindow(offset: 0, count: 0x10000, base: frameBuffer + bank << 16)
        }
        onWindowChange?()
    }

    /// Writes what the processor left in the window to the planes it stands for. Does nothing when the window is not unfolded.
    func fold() {
        let bytes = UnsafeMutableRawPointer(cells)
        switch path.plain {
        case .none, .bank: break
        case .text:
            for place in stride(from: 0, to: 0x8000, by: 2) {
                bytes.storeBytes(
                    of: unfolded.load(fromByteOffset: place, as: UInt16.self), toByteOffset: place << 2, as: UInt16.self)
            }
        case .chain4:
            for place in stride(from: 0, to: 0x10000, by: 4) {
                cells[place] = unfolded.load(fromByteOffset: place, as: UInt32.self)
            }
        }
    }

    private func unfold() {
        switch path.plain {
        case .none, .bank: break
        case .text:
            for place in stride(from: 0, to: 0x8000, by: 2) {
                unfolded.storeBytes(of: UInt16(truncatingIfNeeded: cells[place]), toByteOffset: place, as: UInt16.self)
            }
        case .chain4:
            for place in stride(from: 0, to: 0x10000, by: 4) {
                unfolded.storeBytes(of: cells[place], toByteOffset: place, as: UInt32.self)
            }
        }
    }

    /// To be called after each change of the CRTC's, the sequencer's clocking mode and the miscellaneous output registers.
    func timingChanged() {
        timing = VGATiming(registers, dispi)
        updateInterrupt()
    }

    // MARK: Vertical retrace interrupt

    /// CRTC 11h: bit 5 clear lets the interrupt through, bit 4 clear takes it back.
    func updateInterrupt() {
        guard let retrace else { return }
        let control = registers.CRTC[0x11]
        if control & 0x10 == 0 { registers.retraceIsPending = false }
        irq.set(registers.retraceIsPending && control & 0x20 == 0)
        if control & 0x30 == 0x10 {
            clock.schedule(retrace, at: timing.nextRetrace(clock))
        } else {
            clock.cancel(retrace)
        }
    }

    private func retraceBegins() {
        registers.retraceIsPending = true
        updateInterrupt()
    }
}
