import Board
import Processor
import Wiring
import X86

/// A stopped machine as a debugger looks at it: registers and memory, without side effects on either.
public struct MachineView {
    /// Physical addresses below 1 MB where a BIOS and the ROMs of cards are.
    @inlinable package static var firmwareArea: Range<UInt64> { 0xC_0000..<0x10_0000 }

    /// The processor that is looked at.
    public let cpu: CPU
    /// Its registers.
    public let state: CPUState
    /// The moment of `state`.
    public let tick: UInt64
    private let board: PC?
    private let peek: (UInt64) -> UInt8

    /// A view of the processor that the user looks at, as it is at this moment.
    public init(_ pc: PC) {
        cpu = pc.observed
        state = pc.observed.state
        tick = pc.clock.now
        board = pc
        peek = { pc.peek(physical: $0) }
    }

    /// A view of the machine with other registers than it has.
    package init(_ pc: PC, of cpu: CPU, state: CPUState) {
        self.cpu = cpu
        self.state = state
        tick = pc.clock.now
        board = pc
        peek = { pc.peek(physical: $0) }
    }

    /// A view of a processor with nothing but memory around it.
    public init(_ cpu: CPU, peek: @escaping (UInt64) -> UInt8) {
        self.cpu = cpu
        state = cpu.state
        tick = cpu.clock.now
        board = nil
        self.peek = peek
    }

    /// The machine around the processor; only for views that were made of one.
    public var pc: PC {
        guard let board else { preconditionFailure("a view of a processor alone knows no board") }
        return board
    }

    /// The processor is in protected mode, virtual-8086 and IA-32e mode included: CR0.PE is set.
    public var isProtected: Bool { state.cr0.contains(.PE) }
    /// EFLAGS.VM is set.
    public var isVirtual8086: Bool { state.eflags.contains(.VM) }
    /// Paging is on: CR0.PG is set.
    public var isPaged: Bool { state.cr0.contains(.PG) }

    /// IDTR has the value of RESET, or the one that a BIOS loads for real mode.
    package var hasRealModeIDT: Bool { state.idtr.base == 0 && [0x3FF, 0xFFFF].contains(state.idtr.limit) }

    /// Size of the code that CS selects.
    public var codeSize: CodeSize {
        is64Bit ? .bits64 : isProtected && !isVirtual8086 && state.cs.isBig ? .bits32 : .bits16
    }

    /// The processor executes 64-bit code: it is in IA-32e mode, and CS.L is set.
    public var is64Bit: Bool { state.operatingMode == .bits64 }

    /// Bits that a linear address has: in IA-32e mode all, for system tables lie anywhere whatever the code is.
    package var linearMask: UInt64 { systemSpace.mask }

    /// The addresses of the running code. Those of system tables are `systemSpace`.
    package var space: AddressSpace { is64Bit ? .canonical48 : .bits32 }

    /// A linear address of the running code, which wraps where its addresses end.
    package func wrapped(_ linear: UInt64) -> UInt64 { linear & space.mask }

    /// Linear address of an offset in CS, SS, DS or ES, which have no base in 64-bit code.
    package func linear(of offset: UInt64, in segment: SegmentRegister) -> UInt64 {
        is64Bit ? offset : wrapped(segment.base &+ offset)
    }

    /// Linear address of the next instruction.
    public var linearIP: UInt64 { linear(of: state.rip, in: state.cs) }

    /// Linear address of the top of the stack.
    public var linearSP: UInt64 { linear(of: stackPointer, in: state.ss) }

    /// SP, ESP or RSP, as mode and SS say.
    public var stackPointer: UInt64 {
        is64Bit ? state.rsp : state.ss.isBig ? state.rsp & 0xFFFF_FFFF : state.rsp & 0xFFFF
    }

    /// The selector in a segment register.
    func selector(_ name: SegmentRegisterName) -> UInt16 {
        let segments = [state.es, state.cs, state.ss, state.ds, state.fs, state.gs]
        return segments.indices.contains(Int(name.rawValue)) ? segments[Int(name.rawValue)].selector : 0
    }

    /// Bytes that a near CALL pushes.
    package var stackWord: UInt64 { codeSize == .bits64 ? 8 : codeSize == .bits32 ? 4 : 2 }

    /// The manual's name of the instruction pointer of this code.
    package var nameOfIP: String { is64Bit ? "RIP" : "EIP" }
    package var nameOfSP: String { is64Bit ? "RSP" : "ESP" }

    // MARK: Memory

    /// 1 to 8 bytes at a physical address, as the processor would read them; nothing answers with ones.
    public func physical(_ address: UInt64, _ size: Int) -> UInt64 {
        var value: UInt64 = 0
        for byte in 0..<size {
            value |= UInt64(peek((address &+ UInt64(byte)) & cpu.addressMask)) &<< UInt64(8 &* byte)
        }
        return value
    }

    /// 1 to 8 bytes at a linear address, read as the supervisor; nil where no page is.
    public func linear(_ address: UInt64, _ size: Int) -> UInt64? {
        var value: UInt64 = 0
        var page: UInt64?
        for byte in 0..<UInt64(size) {
            let place = address &+ byte
            if byte == 0 || place & 0xFFF == 0 { page = PageWalk(self, linear: place & ~0xFFF).physical }
            guard let page else { return nil }
            value |= UInt64(peek(page &+ (place & 0xFFF))) &<< (8 &* byte)
        }
        return value
    }

    /// Up to `count` bytes from a linear address on, as far as pages are there.
    public func bytes(at address: UInt64, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let start = address &+ UInt64(bytes.count)
            guard let physical = PageWalk(self, linear: start).physical else { break }
            let inPage = min(count - bytes.count, Int(0x1000 &- (start & 0xFFF)))
            for offset in 0..<UInt64(inPage) { bytes.append(peek(physical &+ offset)) }
        }
        return bytes
    }

    /// Tells whether RAM is behind a linear address.
    public func isRAM(linear address: UInt64) -> Bool {
        PageWalk(self, linear: address).physical.map { isRAM(physical: $0) } ?? false
    }

    /// Tells whether RAM is at a physical address.
    public func isRAM(physical address: UInt64) -> Bool { board?.isRAM(at: address) ?? true }

    /// Tells whether anything is at a physical address: RAM, a ROM or a device.
    public func answers(physical address: UInt64) -> Bool { board?.answers(at: address) ?? true }

    // MARK: Code

    /// A walk over `byteCount` bytes of code from a linear address on, fewer where pages are missing. Its addresses are offsets in the code segment, so
    /// that targets of jumps are printed as the program has them.
    public func disassembly(at linear: UInt64, byteCount: Int) -> Disassembly {
        let offset = is64Bit ? linear : (linear &- state.cs.base) & linearMask
        return Disassembly(bytes(at: linear, count: byteCount), at: offset, codeSize: codeSize)
    }

    /// The instructions from CS:EIP on, `count` at most.
    public func instructions(count: Int, from start: UInt64? = nil) -> [Disassembly.Line] {
        let rip = start ?? state.rip
        let linear = (linearIP &+ rip &- state.rip) & linearMask
        return Array(Disassembly(bytes(at: linear, count: 15 * count), at: rip, codeSize: codeSize).prefix(count))
    }

    /// The instruction at CS:EIP as this processor decodes it; one that it does not have is nil.
    public var ownInstruction: Instruction? {
        let decoder = Decoder(codeSize: codeSize, features: cpu.model.features.instructions)
        let instruction = decoder.decode(bytes(at: linearIP, count: 15))
        return instruction.operation.isInstruction ? instruction : nil
    }

    /// The instruction at CS:EIP, whichever processor has it.
    public var instruction: Instruction? { instructions(count: 1).first?.instruction }
}
