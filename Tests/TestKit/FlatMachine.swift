import Processor
import Wiring

/// A processor with nothing but RAM around it: ports float high, addresses beyond RAM read FFh, nobody interrupts.
public final class FlatMachine: Bus {
    public let memory: UnsafeMutableRawPointer
    public let size: Int
    public let clock = Clock(rate: 1_000_000)
    public private(set) var cpu: CPU!
    /// Port E9h answers E9h and keeps what is written to it; without, it floats as all others do.
    public var hasConsole = true
    /// Bytes written to port E9h.
    public private(set) var console: [UInt8] = []
    /// Level of FERR#.
    public private(set) var ferr = false
    /// Keeps RAM writes from being made by pointer, and their addresses in `written`.
    public var logsWrites = false
    public var written: [Int] = []
    /// Answer of the next INTA cycle.
    public var interruptVector: UInt8 = 0xFF
    /// The INTA cycle takes INTR back.
    public var lowersINTR = false

    public init(model: CPUModel, megabytes: Int = 16) {
        size = megabytes << 20
        guard let memory = HostMemory.ram(bytes: size) else { preconditionFailure("the host has no \(size) bytes for a test") }
        self.memory = UnsafeMutableRawPointer(memory)
        do {
            cpu = try CPU(model: model, bus: self, clock: clock)
        } catch {
            preconditionFailure("the host has no \(error.bytes) bytes for a test")
        }
    }

    deinit { HostMemory.free(memory.assumingMemoryBound(to: UInt8.self), count: size) }

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

    // MARK: Bus

    public func readPort(_ port: UInt16, _ width: AccessWidth) -> UInt32 { port == 0xE9 && hasConsole ? 0xE9 : width.mask }
    public func writePort(_ port: UInt16, _ width: AccessWidth, _ value: UInt32) {
        if port == 0xE9 && hasConsole { console.append(UInt8(truncatingIfNeeded: value)) }
    }
    public func page(at physical: UInt64) -> PhysicalPage {
        guard physical + 0xFFF < UInt64(size) else { return PhysicalPage(read: nil, write: nil) }
        let page = memory + Int(physical)
        return PhysicalPage(read: page, write: logsWrites ? nil : page)
    }
    public func readMemory(_ physical: UInt64, _ width: AccessWidth) -> UInt32 { width.mask }
    public func writeMemory(_ physical: UInt64, _ width: AccessWidth, _ value: UInt32) {
        for index in 0..<width.rawValue where Int(physical) + index < size {
            memory.storeBytes(
                of: UInt8(truncatingIfNeeded: value >> UInt32(8 * index)), toByteOffset: Int(physical) + index, as: UInt8.self)
            written.append(Int(physical) + index)
        }
    }
    public func acknowledgeInterrupt() -> UInt8 {
        if lowersINTR { cpu.setINTR(false) }
        return interruptVector
    }
    public func floatingPointError(_ level: Bool) { ferr = level }
    /// Nobody would end a wait for IRQ 13, unless a test wants to see the wait itself.
    public var ignoresNumericError = true
}
