import Executables
import Processor

/// One activation of a function: where control is in it, and its registers as far as they can be told.
public struct CallFrame: FrameContext {
    package let view: MachineView
    package let sources: SourceMap?
    /// Its place in its code.
    package let site: FramePlace
    /// The handler of an interrupt is the next frame inward.
    public let isInterrupted: Bool
    /// By DWARF's numbers; nil where a value is lost.
    let registers: [UInt64?]
    package let is64Bit: Bool
    /// Privilege level of its code.
    public let ring: UInt8

    /// The innermost frame.
    package init(_ view: MachineView, sources: SourceMap?) {
        self.init(
            view, sources, address: view.linearIP, isExact: true, isInterrupted: false, registers: Self.registers(of: view),
            is64Bit: view.is64Bit, ring: view.state.cpl)
    }

    init(
        _ view: MachineView, _ sources: SourceMap?, address: UInt64, isExact: Bool, isInterrupted: Bool, registers: [UInt64?],
        is64Bit: Bool, ring: UInt8
    ) {
        self.view = view
        self.sources = sources
        site = FramePlace(address, isExact: isExact)
        self.isInterrupted = isInterrupted
        self.registers = registers
        self.is64Bit = is64Bit
        self.ring = ring
    }

    /// DWARF's numbers of RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15 (System V ABI for x86-64, figure 3.36); those of i386 are the processor's.
    package static let numbers64 = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15]

    private static func registers(of view: MachineView) -> [UInt64?] {
        let state = view.state
        if view.is64Bit {
            return [
                state.rax, state.rdx, state.rcx, state.rbx, state.rsi, state.rdi, state.rbp, state.rsp, state.r8, state.r9,
                state.r10,
                state.r11, state.r12, state.r13, state.r14, state.r15,
            ]
        }
        return [state.rax, state.rcx, state.rdx, state.rbx, state.rsp, state.rbp, state.rsi, state.rdi].map { $0 & 0xFFFF_FFFF }
    }

    /// Bytes of a word of the stack.
    package var word: UInt64 { is64Bit ? 8 : 4 }
    var stackPointerNumber: Int { is64Bit ? 7 : 4 }
    var framePointerNumber: Int { is64Bit ? 6 : 5 }
    package var stackPointer: UInt64? { registers[stackPointerNumber] }
    var framePointer: UInt64? { registers[framePointerNumber] }

    /// Linear address of its next instruction.
    public var address: UInt64 { site.address }
    var isExact: Bool { site.isExact }
    /// An address in the instruction that is under way.
    public var place: UInt64 { site.instruction }

    /// A word at an address as the frame's code has it.
    func stackWord(_ address: UInt64) -> UInt64? { memory(address, Int(word)) }

    /// The rules by which its caller is found, if the file has them for code of this size: a kernel of 64 bits may begin in 32.
    var rules: CallFrameRules? {
        guard let table = sources?.callFrames, table.is64Bit == is64Bit else { return nil }
        return table.rules(at: place)
    }

    // MARK: What DWARF asks

    public func register(_ number: UInt64) -> UInt64? { number < UInt64(registers.count) ? registers[Int(number)] : nil }

    public func memory(_ address: UInt64, _ size: Int) -> UInt64? {
        is64Bit ? view.linear(address, size) : view.linear((view.state.ss.base &+ address) & AddressSpace.bits32.mask, size)
    }

    public var frameAddress: UInt64? {
        if let rules { return rules.frameAddress(in: Registers(frame: self)) }
        return StackAnalysis(self)?.entry.map { $0 &+ word }
    }

    public var frameBase: UInt64? { sources?.debug?.frameBase(at: place, in: Registers(frame: self, frameAddress: frameAddress)) }

    /// The frame without what its own expressions compute: these may not ask for themselves.
    struct Registers: FrameContext {
        let frame: CallFrame
        func register(_ number: UInt64) -> UInt64? { frame.register(number) }
        func memory(_ address: UInt64, _ size: Int) -> UInt64? { frame.memory(address, size) }
        var frameAddress: UInt64?
        var frameBase: UInt64? { nil }
    }
}
