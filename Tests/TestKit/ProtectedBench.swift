import Processor

/// A bench with the tables of 32-bit protected mode. `LongModeBench` is its like for IA-32e mode.
///
/// The first 4 MBytes are mapped by one page table, for everybody, once CR0.PG is set. Vector n of the IDT leads to 20000h + 16n, where HLT stands.
public final class ProtectedBench: StepBench {
    public let machine: FlatMachine
    public var state = CPUState()

    public enum Selector {
        public static let code: UInt16 = 0x08
        public static let data: UInt16 = 0x10
        public static let userCode: UInt16 = 0x1B
        public static let userData: UInt16 = 0x23
        /// The task that runs, and another one.
        public static let task: UInt16 = 0x28
        public static let otherTask: UInt16 = 0x30
        public static let absent: UInt16 = 0x38
        /// 4 KBytes.
        public static let small: UInt16 = 0x40
        public static let executeOnly: UInt16 = 0x48
        public static let readOnly: UInt16 = 0x50
        /// From 1000h on.
        public static let expandDown: UInt16 = 0x58
        public static let notAccessed: UInt16 = 0x60
        public static let beyondTable: UInt16 = 0x68
    }

    public enum Place {
        public static let gdt = 0x1000
        public static let idt = 0x2000
        public static let task = 0x3000
        public static let otherTask = 0x3100
        public static let directory = 0x4000
        public static let table = 0x5000
        public static let code = 0x1_0000
        public static let stack = 0x1_8000
        public static let innerStack = 0x1_9000
        public static let handlers = 0x2_0000
    }

    public init(_ model: CPUModel = .max) {
        machine = FlatMachine(model: model, megabytes: 4)
        let descriptors: [UInt64] = [
            0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF,
            0x0000_8B00_0000_0067 | UInt64(Place.task) << 16, 0x0000_8900_0000_0067 | UInt64(Place.otherTask) << 16,
            0x00CF_1300_0000_FFFF, 0x0040_9300_0000_0FFF, 0x00CF_9900_0000_FFFF, 0x00CF_9100_0000_FFFF, 0x0040_9700_0000_0FFF,
            0x00CF_9200_0000_FFFF,
        ]
        for (index, descriptor) in descriptors.enumerated() { machine.write64(Place.gdt + 8 * index, descriptor) }
        for vector in 0..<256 {
            setGate(vector, type: 0x8E)
            machine.write(handler(vector), [0xF4])
        }
        machine.write32(Place.task + 4, UInt32(Place.innerStack))
        machine.write32(Place.task + 8, UInt32(Selector.data))
        machine.write32(Place.directory, UInt32(Place.table) | 7)
        for page in 0..<1024 { setPage(page << 12, flags: 7) }
        state = ring0
    }

    /// Tells where a vector leads.
    public func handler(_ vector: Int) -> Int { Place.handlers + 16 * vector }

    /// Sets an entry of the IDT, with the access rights byte `type`.
    public func setGate(_ vector: Int, type: UInt64) {
        let offset = UInt64(handler(vector))
        machine.write64(
            Place.idt + 8 * vector,
            offset & 0xFFFF | UInt64(Selector.code) << 16 | type << 40 | (offset >> 16) << 48)
    }

    /// Maps the page at `linear` to itself.
    public func setPage(_ linear: Int, flags: UInt32) { machine.write32(Place.table + 4 * (linear >> 12), UInt32(linear) | flags) }

    /// The entry of the page at `linear`.
    public func page(_ linear: Int) -> UInt32 { read32(Place.table + 4 * (linear >> 12)) }

    public func read32(_ address: Int) -> UInt32 { machine.memory.load(fromByteOffset: address, as: UInt32.self) }

    /// Access rights byte of a descriptor.
    public func rights(_ selector: UInt16) -> UInt8 { machine.read(Place.gdt + Int(selector & 0xFFF8) + 5) }

    // MARK: States

    /// 32-bit code in ring 0 without paging.
    public var ring0: CPUState {
        var state = CPUState()
        state.cr0 = [.PE, .ET, .NE]
        state.cr3 = UInt64(Place.directory)
        state.gdtr = DescriptorTableRegister(base: UInt64(Place.gdt), limit: 0x67)
        state.idtr = DescriptorTableRegister(base: UInt64(Place.idt), limit: 0x7FF)
        state.tr = SegmentRegister(selector: Selector.task, base: UInt64(Place.task), limit: 0x67, attributes: 0x8B)
        state.cs = SegmentRegister(selector: Selector.code, base: 0, limit: .max, attributes: 0xC09B)
        let data = SegmentRegister(selector: Selector.data, base: 0, limit: .max, attributes: 0xC093)
        (state.ss, state.ds, state.es) = (data, data, data)
        state.rip = UInt64(Place.code)
        state.rsp = UInt64(Place.stack)
        return state
    }

    /// 32-bit code in ring 3 without paging.
    public var ring3: CPUState {
        var state = ring0
        state.cpl = 3
        state.cs = SegmentRegister(selector: Selector.userCode, base: 0, limit: .max, attributes: 0xC0FB)
        let data = SegmentRegister(selector: Selector.userData, base: 0, limit: .max, attributes: 0xC0F3)
        (state.ss, state.ds, state.es) = (data, data, data)
        return state
    }

    // MARK: Stack

    /// Doublewords from ESP on.
    public func stack(_ count: Int) -> [UInt32] { (0..<count).map { read32(Int(state.rsp) + 4 * $0) } }
}
