import Processor

/// A bench with the tables of IA-32e mode. `ProtectedBench` is its like for 32-bit protected mode.
///
/// The first 4 MBytes are mapped by two pages of 2 MBytes, at 0 for everybody and at FFFF800000000000h for the supervisor. Vector n of the IDT leads
/// to 200000h + 16n, where HLT stands.
public final class LongModeBench: StepBench {
    public let machine: FlatMachine
    public var state = CPUState()

    public enum Selector {
        public static let code64: UInt16 = 0x08
        public static let data: UInt16 = 0x10
        public static let code32: UInt16 = 0x18
        public static let userCode32: UInt16 = 0x23
        public static let userData: UInt16 = 0x2B
        public static let userCode64: UInt16 = 0x33
        /// L and D set: reserved.
        public static let codeLD: UInt16 = 0x38
        /// A TSS and an LDT of 16 bytes, a call gate of 16 bytes, a task gate.
        public static let tss: UInt16 = 0x40
        public static let ldt: UInt16 = 0x50
        public static let callGate: UInt16 = 0x60
        public static let taskGate: UInt16 = 0x70
        public static let conforming64: UInt16 = 0x78
    }

    public enum Place {
        public static let gdt = 0x1000
        public static let tss = 0x1800
        public static let idt = 0x2000
        public static let map = 0x4000
        public static let pointers = 0x5000
        public static let directory = 0x6000
        public static let table = 0x7000
        public static let code = 0x10_0000
        public static let handlers = 0x20_0000
        public static let stack = 0x18_0000
        public static let RSP0: UInt64 = 0x19_0008
        public static let IST1: UInt64 = 0x1A_0004
        public static let gateTarget: UInt64 = 0x11_0000
        public static let high: UInt64 = 0xFFFF_8000_0000_0000
    }

    public init(_ model: CPUModel = .max) {
        machine = FlatMachine(model: model, megabytes: 4)
        writeDescriptors()
        for vector in 0..<256 {
            setGate(vector, selector: Selector.code64, offset: UInt64(Place.handlers + 16 * vector), type: 0x8E)
            machine.write(Place.handlers + 16 * vector, [0xF4])
        }
        machine.write32(Place.tss + 4, UInt32(Place.RSP0))
        machine.write32(Place.tss + 36, UInt32(Place.IST1))
        machine.write32(Place.map, UInt32(Place.pointers) | 7)
        machine.write32(Place.map + 256 * 8, UInt32(Place.pointers) | 3)
        machine.write32(Place.pointers, UInt32(Place.directory) | 7)
        machine.write32(Place.directory, 0x87)
        machine.write32(Place.directory + 8, 0x20_0087)
        state = ring0
    }

    private func writeDescriptors() {
        let descriptors: [UInt64] = [
            0, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_9B00_0000_FFFF, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF,
            0x00AF_FB00_0000_FFFF, 0x00EF_9B00_0000_FFFF, 0x0000_8900_0000_0067 | UInt64(Place.tss) << 16, 0,
            0x0000_8200_0000_FFFF, 0, 0x0011_EC00_0008_0000, 0, 0x0000_E500_0040_0000, 0x00AF_9F00_0000_FFFF,
        ]
        for (index, descriptor) in descriptors.enumerated() { machine.write64(Place.gdt + 8 * index, descriptor) }
    }

    /// Sets an entry of the IDT: access rights byte `type`, stack `IST` of the TSS.
    public func setGate(_ vector: Int, selector: UInt16, offset: UInt64, type: UInt64, IST: UInt64 = 0) {
        let low = offset & 0xFFFF | UInt64(selector) << 16 | IST << 32 | type << 40 | (offset >> 16 & 0xFFFF) << 48
        machine.write64(Place.idt + 16 * vector, low)
        machine.write64(Place.idt + 16 * vector + 8, offset >> 32)
    }

    // MARK: States

    /// 64-bit code in ring 0.
    public var ring0: CPUState {
        var state = CPUState()
        state.cr0 = [.PE, .PG, .ET, .NE, .WP]
        state.cr4 = .PAE
        state.efer = [.LME, .LMA, .NXE, .SCE]
        state.cr3 = UInt64(Place.map)
        state.gdtr = DescriptorTableRegister(base: UInt64(Place.gdt), limit: 0x7F)
        state.idtr = DescriptorTableRegister(base: UInt64(Place.idt), limit: 0xFFF)
        state.tr = SegmentRegister(selector: Selector.tss, base: UInt64(Place.tss), limit: 0x67, attributes: 0x8B)
        state.cs = SegmentRegister(selector: Selector.code64, base: 0, limit: .max, attributes: 0xA09B)
        let data = SegmentRegister(selector: Selector.data, base: 0, limit: .max, attributes: 0xC093)
        (state.ss, state.ds, state.es) = (data, data, data)
        state.rip = UInt64(Place.code)
        state.rsp = UInt64(Place.stack)
        return state
    }

    /// 64-bit code in ring 3.
    public var ring3: CPUState {
        var state = ring0
        state.cpl = 3
        state.cs = SegmentRegister(selector: Selector.userCode64, base: 0, limit: .max, attributes: 0xA0FB)
        let data = SegmentRegister(selector: Selector.userData, base: 0, limit: .max, attributes: 0xC0F3)
        (state.ss, state.ds, state.es) = (data, data, data)
        return state
    }

    /// 32-bit code in ring 0 of IA-32e mode.
    public var compatibility: CPUState {
        var state = ring0
        state.cs = SegmentRegister(selector: Selector.code32, base: 0, limit: .max, attributes: 0xC09B)
        return state
    }

    /// 32-bit code in ring 0 without paging, PAE and LME set: one step before IA-32e mode.
    public var atTheDoor: CPUState {
        var state = compatibility
        state.cr0.remove(.PG)
        state.efer = [.LME, .NXE]
        return state
    }

    // MARK: Stack

    /// Quadwords from RSP on.
    public func stack(_ count: Int) -> [UInt64] {
        (0..<count).map { machine.memory.load(fromByteOffset: Int(state.rsp & 0x3F_FFFF) + 8 * $0, as: UInt64.self) }
    }

    /// Writes quadwords where RSP is.
    public func push(_ values: [UInt64]) {
        state.rsp -= UInt64(8 * values.count)
        for (index, value) in values.enumerated() { machine.write64(Int(state.rsp & 0x3F_FFFF) + 8 * index, value) }
    }
}
