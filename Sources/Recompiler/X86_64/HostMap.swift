import Processor
import X86

/// The uses of the host's registers while translated code runs.
///
/// The general registers of the guest stay in registers of the host across blocks: all but ESP in the one of the same name, which keeps
/// AH…BH, CL counts and MUL's pair where the host wants them.
enum HostMap {
    /// Of guest register 0…7.
    static func register(_ number: UInt8) -> HostRegister { number == 4 ? .r8 : number }

    static let stackPointer = HostRegister.r8
    /// A value of the instruction; survives accesses to memory.
    static let value = HostRegister.r9
    /// The linear address of an access.
    static let linear = HostRegister.r10
    /// Scratch of an access; afterwards what turns the linear address into a host address.
    static let addend = HostRegister.r11
    /// Scratch of an access.
    static let scratch = HostRegister.r12
    /// Ticks that are left before the limit, those of the running block taken off.
    static let budget = HostRegister.r13
    static let tlb = HostRegister.r14
    static let core = HostRegister.r15

    static func core(_ offset: Int) -> HostOperand { HostOperand(core, Int32(truncatingIfNeeded: offset)) }
}

/// Offsets in `Core`.
enum CoreOffset {
    private static func at<T>(_ path: KeyPath<Core, T>) -> Int {
        guard let offset = MemoryLayout<Core>.offset(of: path) else { preconditionFailure("a stored property has an offset") }
        return offset
    }

    static func register(_ number: UInt8) -> Int { Int(number) * 8 }
    static let rip = at(\Core.state.rip)
    static let eflags = at(\Core.state.eflags)
    static let generation = at(\Core.generation)
    static let tlb = at(\Core.tlb)
    /// The tables of one privilege.
    static func tlb(isUser: Bool) -> Int { isUser ? at(\Core.native.userTLB) : at(\Core.native.supervisorTLB) }
    static let budget = at(\Core.native.budget)
    static let flags = at(\Core.native.flags)
    private static func word(_ number: Int) -> Int { at(\Core.native.words) + number * MemoryLayout<UInt64>.stride }
    static let operand0 = word(BackendWord.operand0)
    static let operand1 = word(BackendWord.operand1)
    static let directTransfers = at(\Core.native.directTransfers)
    static let indirectTransfers = at(\Core.native.indirectTransfers)
    static let jumps = at(\Core.native.jumps)
    static let generations = at(\Core.native.generations)
    static let codePages = at(\Core.native.codePages)
    static let openCalls = at(\Core.openCalls)
    static let lastCall = at(\Core.lastCall)
    static let callSpace = at(\Core.callSpace)
    static let cr0 = at(\Core.state.cr0)
    static let cr2 = at(\Core.state.cr2)
    static let cr3 = at(\Core.state.cr3)
    static let cr4 = at(\Core.state.cr4)
    static func xmm(_ number: UInt8) -> Int { at(\Core.state.sse.xmm0) + Int(number) * 16 }
    /// Bits 255 to 128 of a YMM register.
    static func upperHalf(_ number: UInt8) -> Int { at(\Core.state.avx.upper0) + Int(number) * 16 }
    static let xcr0 = at(\Core.state.avx.xcr0)
    static let mxcsr = at(\Core.state.sse.mxcsr)
    static let hostMXCSR = word(BackendWord.hostMXCSR)
    static let heldAddend = word(BackendWord.heldAddend)
    static let heldX87 = word(BackendWord.heldX87)
    /// The tick up to which translated code may run.
    static let tickLimit = at(\Core.native.limit)
    static let timeStampOffset = at(\Core.state.msr.tscOffset)
    static let cpl = at(\Core.state.cpl)
    static let mode = at(\Core.mode)
    static let stackMask = at(\Core.stackMask)
    static let tableBase = at(\Core.state.gdtr.base)
    static let tableLimit = at(\Core.state.gdtr.limit)
    static let efer = at(\Core.state.efer)
    static let star = at(\Core.state.msr.star)
    static let lstar = at(\Core.state.msr.lstar)
    static let fmask = at(\Core.state.msr.fmask)
    static let kernelGSBase = at(\Core.state.msr.kernelGSBase)
    static let intr = at(\Core.intr)
    static let sysenterCS = at(\Core.state.msr.sysenterCS)
    static let sysenterESP = at(\Core.state.msr.sysenterESP)
    static let sysenterEIP = at(\Core.state.msr.sysenterEIP)
    static let x87Registers = at(\Core.state.x87.r0)
    static let x87Control = at(\Core.state.x87.control)
    static let x87Status = at(\Core.state.x87.status)
    static let x87Occupied = at(\Core.state.x87.occupied)
    static let x87Opcode = at(\Core.state.x87.FOP)
    static let x87InstructionSelector = at(\Core.state.x87.FCS)
    static let x87DataSelector = at(\Core.state.x87.FDS)
    static let x87InstructionOffset = at(\Core.state.x87.FIP)
    static let x87DataOffset = at(\Core.state.x87.FDP)
    static func selector(_ segment: UInt8) -> Int { selectors + Int(segment) * MemoryLayout<SegmentRegister>.stride }
    static func attributes(_ segment: UInt8) -> Int { selector(segment) + 2 }
    static func limit(_ segment: UInt8) -> Int { selector(segment) + 4 }
    static func base(_ segment: UInt8) -> Int { selector(segment) + 8 }
    private static let selectors = at(\Core.state.es.selector)
    static let hostStack = word(BackendWord.hostStack)

    /// Base, readTop or writeTop of a segment's window.
    static func windowBase(_ segment: UInt8) -> Int { windows + Int(segment) * MemoryLayout<Window>.stride }
    static func windowTop(_ segment: UInt8, writes: Bool) -> Int {
        windowBase(segment) + (writes ? at2(\Window.writeTop) : at2(\Window.readTop))
    }
    private static let windows = at(\Core.windows)
    private static func at2(_ path: KeyPath<Window, UInt64>) -> Int {
        guard let offset = MemoryLayout<Window>.offset(of: path) else { preconditionFailure("a stored property has an offset") }
        return offset
    }

    enum TLB {
        static let readTag = 0
        static let writeTag = 8
        static let addend = 16
        static let physical = 24
        /// log2 of an entry's size.
        static let shift: UInt8 = 5
        /// Offset of the entry for a linear address.
        static func entry(of linear: UInt64) -> Int {
            Int(truncatingIfNeeded: (linear >> 12) & UInt64(TLBEntry.count - 1)) << Int(shift)
        }
    }
}
