import X86

/// A debugger's conditions for a stop of the processor. They live outside guest memory and outside DR0–DR7; the guest cannot see them, and they change
/// nothing in the machine. All addresses are looked at when an access or a fetch happens, so they survive paging changes and resets.
public struct StopConditions: Equatable, Sendable {
    /// Instructions to stop before: by linear address, by physical address, by EIP alone (whatever CS holds).
    public var linear: Set<UInt64> = []
    /// Physical addresses of instructions to stop before.
    public var physical: Set<UInt64> = []
    /// Offsets of instructions to stop before, whatever CS holds.
    public var offsets: Set<UInt64> = []
    /// Stop behind XCHG BX,BX, Bochs' "magic breakpoint".
    public var stopsAtMagic = false
    /// Accesses to memory to stop behind.
    public var data: [DataWatch] = []
    /// Accesses to ports to stop behind.
    public var ports: [PortWatch] = []
    /// Deliveries to stop behind.
    public var deliveries: [DeliveryWatch] = []
    /// Changes of what `ProcessorMode` says.
    public var stopsAtModeChange = false
    /// Numbers of control registers whose writes are noted, changed or not: 0, 2, 3, 4.
    public var controlRegisters: Set<UInt8> = []

    /// No conditions: nothing stops the processor.
    public init() {}

    var watchesCode: Bool { stopsAtMagic || !linear.isEmpty || !physical.isEmpty || !offsets.isEmpty }

    /// Bytes of memory whose accesses by instructions and by deliveries are noted. Not seen: page walks, reads of descriptors, other bus masters.
    public struct DataWatch: Hashable, Sendable {
        /// The addresses that a range is of.
        public enum Space: Hashable, Sendable { case linear, physical }
        /// The addresses that `range` is of.
        public var space: Space
        /// Not empty.
        public var range: Range<UInt64>
        /// Reads stop.
        public var reads: Bool
        /// Writes stop.
        public var writes: Bool

        /// A range whose accesses are noted.
        public init(_ space: Space, _ range: Range<UInt64>, reads: Bool = false, writes: Bool = true) {
            self.space = space
            self.range = range
            self.reads = reads
            self.writes = writes
        }
    }

    /// Ports whose accesses are noted.
    public struct PortWatch: Hashable, Sendable {
        /// The ports.
        public var ports: ClosedRange<UInt16>
        /// Reads stop.
        public var reads: Bool
        /// Writes stop.
        public var writes: Bool

        /// Ports whose accesses are noted.
        public init(_ ports: ClosedRange<UInt16>, reads: Bool = true, writes: Bool = true) {
            self.ports = ports
            self.reads = reads
            self.writes = writes
        }
    }

    /// Vectors whose delivery is noted, from these sources.
    public struct DeliveryWatch: Hashable, Sendable {
        /// The vectors.
        public var vectors: ClosedRange<UInt8>
        /// The causes of a delivery that count.
        public var sources: Set<CPU.Source>

        /// Vectors whose delivery is noted.
        public init(_ vectors: ClosedRange<UInt8>, from sources: Set<CPU.Source>) {
            self.vectors = vectors
            self.sources = sources
        }
    }
}

/// A mode of the processor, with paging or without.
public struct ProcessorMode: Equatable, Sendable {
    /// The operating mode.
    public var operating: OperatingMode
    /// Paging is on: CR0.PG is set.
    public var isPaged: Bool

    /// The mode of a state.
    public init(_ state: CPUState) {
        operating = state.operatingMode
        isPaged = state.cr0.contains(.PG)
    }
}

/// Something that `StopConditions` asked for, and where it happened.
public struct StopEvent: Equatable, Sendable {
    /// An event with its numbers.
    public enum Kind: Equatable, Sendable {
        /// The instruction is the next one.
        case code
        /// XCHG BX,BX was executed.
        case magic
        /// An access; `physical` is that of its first byte.
        case data(linear: UInt64, physical: UInt64, size: UInt64, isWrite: Bool, value: UInt64)
        case port(UInt16, size: UInt64, isWrite: Bool, value: UInt64)
        /// Was delivered: the first instruction of its handler is the next one.
        case delivery(CPU.Delivery)
        case controlRegister(UInt8, old: UInt64, new: UInt64)
        case mode(old: ProcessorMode, new: ProcessorMode)
    }

    /// The event.
    public let kind: Kind
    /// Of the instruction that did it.
    public let cs: UInt16
    /// The offset of that instruction.
    public let rip: UInt64
    /// The time, in ticks.
    public let tick: UInt64
}
