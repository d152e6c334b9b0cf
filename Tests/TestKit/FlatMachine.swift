import Processor
import Wiring

/// A processor with nothing but RAM around it: ports float high, addresses beyond RAM read FFh, nobody interrupts.
public final class FlatMachine {
    public let cpu: CPU
    public let clock: Clock
    public let memory: UnsafeMutableRawPointer
    public let size: Int
    /// The processor holds it, and it does not hold the processor: both go with the machine.
    private let bus: FlatBus

    public init(model: CPUModel, megabytes: Int = 16) {
        (bus, clock) = (FlatBus(bytes: megabytes << 20), Clock(rate: 1_000_000))
        (memory, size) = (bus.memory, bus.size)
        do {
            cpu = try CPU(model: model, bus: bus, clock: clock)
        } catch {
            preconditionFailure("the host has no \(error.bytes) bytes for a test")
        }
        bus.cpu = cpu
    }

    // MARK: Around the processor

    /// Port E9h answers E9h and keeps what is written to it; without, it floats as all others do.
    public var hasConsole: Bool {
        get { bus.hasConsole }
        set { bus.hasConsole = newValue }
    }
    /// Bytes written to port E9h.
    public var console: [UInt8] { bus.console }
    /// Level of FERR#.
    public var ferr: Bool { bus.ferr }
    /// Keeps RAM writes from being made by pointer, and their addresses in `written`.
    public var logsWrites: Bool {
        get { bus.logsWrites }
        set { bus.logsWrites = newValue }
    }
    public var written: [Int] {
        get { bus.written }
        set { bus.written = newValue }
    }
    /// Answer of the next INTA cycle.
    public var interruptVector: UInt8 {
        get { bus.interruptVector }
        set { bus.interruptVector = newValue }
    }
    /// The INTA cycle takes INTR back.
    public var lowersINTR: Bool {
        get { bus.lowersINTR }
        set { bus.lowersINTR = newValue }
    }
    /// Nobody would end a wait for IRQ 13, unless a test wants to see the wait itself.
    public var ignoresNumericError: Bool {
        get { bus.ignoresNumericError }
        set { bus.ignoresNumericError = newValue }
    }

    // MARK: RAM

    public func read(_ address: Int) -> UInt8 { memory.load(fromByteOffset: address, as: UInt8.self) }

    /// Writes as a bus master does: decoded code is dropped.
    public func write(_ address: Int, _ bytes: some Collection<UInt8>) {
        for (offset, byte) in bytes.enumerated() {
            memory.storeBytes(of: byte, toByteOffset: address + offset, as: UInt8.self)
        }
        cpu.memoryWritten(physical: UInt64(address), count: bytes.count)
    }

    public func write32(_ address: Int, _ value: UInt32) {
        memory.storeBytes(of: value, toByteOffset: address, as: UInt32.self)
        cpu.memoryWritten(physical: UInt64(address), count: 4)
    }

    public func write64(_ address: Int, _ value: UInt64) {
        write32(address, UInt32(truncatingIfNeeded: value))
        write32(address + 4, UInt32(truncatingIfNeeded: value >> 32))
    }
}

/// What is at the processor's pins. It owns the RAM, so that a processor never outlives it.
private final class FlatBus: Bus {
    let memory: UnsafeMutableRawPointer
    let size: Int
    weak var cpu: CPU?
    var hasConsole = true
    var console: [UInt8] = []
    var ferr = false
    var logsWrites = false
    var written: [Int] = []
    var interruptVector: UInt8 = 0xFF
    var lowersINTR = false
    var ignoresNumericError = true

    init(bytes: Int) {
        size = bytes
        guard let memory = HostMemory.ram(bytes: size) else { preconditionFailure("the host has no \(size) bytes for a test") }
        self.memory = UnsafeMutableRawPointer(memory)
    }

    deinit { HostMemory.free(memory.assumingMemoryBound(to: UInt8.self), count: size) }

    func readPort(_ port: UInt16, _ width: AccessWidth) -> UInt32 { port == 0xE9 && hasConsole ? 0xE9 : width.mask }
    func writePort(_ port: UInt16, _ width: AccessWidth, _ value: UInt32) {
        if port == 0xE9 && hasConsole { console.append(UInt8(truncatingIfNeeded: value)) }
    }
    func page(at physical: UInt64) -> PhysicalPage {
        guard physical + 0xFFF < UInt64(size) else { return PhysicalPage(read: nil, write: nil) }
        let page = memory + Int(physical)
        return PhysicalPage(read: page, write: logsWrites ? nil : page)
    }
    func readMemory(_ physical: UInt64, _ width: AccessWidth) -> UInt32 { width.mask }
    func writeMemory(_ physical: UInt64, _ width: AccessWidth, _ value: UInt32) {
        for index in 0..<width.rawValue where Int(physical) + index < size {
            memory.storeBytes(
                of: UInt8(truncatingIfNeeded: value >> UInt32(8 * index)), toByteOffset: Int(physical) + index, as: UInt8.self)
            written.append(Int(physical) + index)
        }
    }
    func acknowledgeInterrupt() -> UInt8 {
        if lowersINTR { cpu?.setINTR(false) }
        return interruptVector
    }
    func floatingPointError(_ level: Bool) { ferr = level }
}
