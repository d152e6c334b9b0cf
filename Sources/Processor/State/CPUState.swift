import X86

/// Everything the processor remembers, as one flat trivial value. SDM Vol. 1, chapter 3 and Vol. 3A, chapter 2.
///
/// A copy is a snapshot and `==` compares machines. General registers come first, in encoding order, 64 bits each (32-bit
/// code keeps the upper halves zero); slot 16 is a constant zero that stands for "no base" and "no index".
@frozen public struct CPUState: Codable, Equatable, Sendable {
    /// RAX.
    public var rax: UInt64 = 0
    /// RCX.
    public var rcx: UInt64 = 0
    /// RDX.
    public var rdx: UInt64 = 0
    /// RBX.
    public var rbx: UInt64 = 0
    /// RSP, the stack pointer.
    public var rsp: UInt64 = 0
    /// RBP.
    public var rbp: UInt64 = 0
    /// RSI.
    public var rsi: UInt64 = 0
    /// RDI.
    public var rdi: UInt64 = 0
    /// R8.
    public var r8: UInt64 = 0
    /// R9.
    public var r9: UInt64 = 0
    /// R10.
    public var r10: UInt64 = 0
    /// R11.
    public var r11: UInt64 = 0
    /// R12.
    public var r12: UInt64 = 0
    /// R13.
    public var r13: UInt64 = 0
    /// R14.
    public var r14: UInt64 = 0
    /// R15.
    public var r15: UInt64 = 0
    var zero: UInt64 = 0
    /// The instruction pointer.
    public var rip: UInt64 = 0xFFF0
    /// The flags; bit 1 is always set.
    public var eflags: EFLAGS = .alwaysOne

    /// ES with its hidden part.
    public var es = SegmentRegister.realMode(0)
    /// CS with its hidden part.
    public var cs = SegmentRegister(selector: 0xF000, base: 0xFFFF_0000, limit: 0xFFFF, attributes: 0x9B)
    /// SS with its hidden part.
    public var ss = SegmentRegister.realMode(0)
    /// DS with its hidden part.
    public var ds = SegmentRegister.realMode(0)
    /// FS with its hidden part.
    public var fs = SegmentRegister.realMode(0)
    /// GS with its hidden part.
    public var gs = SegmentRegister.realMode(0)
    /// LDTR with its hidden part.
    public var ldtr = SegmentRegister(selector: 0, base: 0, limit: 0xFFFF, attributes: 0x82)
    /// TR with its hidden part.
    public var tr = SegmentRegister(selector: 0, base: 0, limit: 0xFFFF, attributes: 0x8B)
    /// Base and limit of the GDT.
    public var gdtr = DescriptorTableRegister(base: 0, limit: 0xFFFF)
    /// Base and limit of the IDT.
    public var idtr = DescriptorTableRegister(base: 0, limit: 0xFFFF)

    /// CR0. The value is that of RESET.
    public var cr0: CR0 = [.ET, .NW, .CD]
    /// CR4.
    public var cr4: CR4 = []
    /// CR2: the linear address of the last page fault.
    public var cr2: UInt64 = 0
    /// CR3: the physical address of the first paging structure, with PCD, PWT or the process-context identifier.
    public var cr3: UInt64 = 0
    /// The task priority, 0…15. SDM Vol. 3A, section 10.8.6.1.
    public var cr8: UInt64 = 0
    /// IA32_EFER (C0000080h).
    public var efer: EFER = []
    /// Current privilege level, 0…3.
    public var cpl: UInt8 = 0
    /// The processor's state between instructions.
    public var activity: Activity = .active
    /// The events that the last instruction holds back.
    public var shadow: Shadow = .none
    /// NMIs are blocked from delivery of one to the next IRET.
    public var nmiBlocked = false
    /// Edges of NMI not yet served: 0 or 1.
    public var nmiPending = false
    /// Causes of a debug trap after the current instruction; not yet in DR6.
    public var pendingDebug: DR6 = []

    /// DR0: the linear address of breakpoint 0.
    public var dr0: UInt64 = 0
    /// DR1: the linear address of breakpoint 1.
    public var dr1: UInt64 = 0
    /// DR2: the linear address of breakpoint 2.
    public var dr2: UInt64 = 0
    /// DR3: the linear address of breakpoint 3.
    public var dr3: UInt64 = 0
    /// DR6: the causes of the last debug exception.
    public var dr6 = DR6.fixedOnes
    /// DR7: the conditions of breakpoints 0 to 3.
    public var dr7 = DR7(rawValue: 0x400)

    /// The four page-directory-pointer entries that PAE paging loads with CR3. SDM Vol. 3A, section 4.4.1.
    public var pdpte0: UInt64 = 0
    /// The second entry.
    public var pdpte1: UInt64 = 0
    /// The third entry.
    public var pdpte2: UInt64 = 0
    /// The fourth entry.
    public var pdpte3: UInt64 = 0

    /// Model-specific registers.
    public var msr = ModelSpecificRegisters()
    /// Registers of the x87 FPU.
    public var x87 = X87State()
    /// XMM registers and MXCSR.
    public var sse = SSEState()
    /// Upper halves of YMM registers, and XCR0.
    public var avx = AVXState()

    /// The state after RESET. SDM Vol. 3A, table 9-1.
    public init() {}

    /// The processor's state between instructions.
    @frozen public enum Activity: UInt8, Codable, Sendable {
        case active
        /// After HLT.
        case halted
        /// After a fault that could not be reported. SDM Vol. 3A, "Double Fault".
        case shutdown
        /// Before a waiting x87 instruction, while FERR# is active and IGNNE# is not. SDM Vol. 1, section D.2.1.2.
        case frozen
        /// After RESET or INIT, on a processor that is not the bootstrap processor. SDM Vol. 3A, section 8.4.2.
        case waitForSIPI

        /// Only an interrupt lets the processor go on.
        public var awaitsInterrupt: Bool { self == .halted || self == .frozen }
    }

    /// An effect of the last instruction that keeps events from being recognised before the next one has executed. SDM Vol. 3A, section 6.8.
    @frozen public enum Shadow: UInt8, Codable, Sendable {
        case none
        /// STI: maskable interrupts.
        case sti
        /// MOV SS, POP SS: interrupts and debug exceptions.
        case stackSegment
    }
}

/// Model-specific registers that are more than a feature switch. SDM Vol. 4.
@frozen public struct ModelSpecificRegisters: Codable, Equatable, Sendable {
    /// Added to the clock's ticks: IA32_TIME_STAMP_COUNTER (10h) minus now.
    public var tscOffset: UInt64 = 0
    /// IA32_SYSENTER_CS (174h), ESP (175h), EIP (176h).
    public var sysenterCS: UInt64 = 0
    /// IA32_SYSENTER_ESP (175h).
    public var sysenterESP: UInt64 = 0
    /// IA32_SYSENTER_EIP (176h).
    public var sysenterEIP: UInt64 = 0
    /// IA32_BIOS_SIGN_ID (8Bh).
    public var biosSignID: UInt64 = 0
    /// IA32_APIC_BASE (1Bh).
    public var apicBase: UInt64 = 0
    /// IA32_MISC_ENABLE (1A0h): fast strings; branch trace storage and precise event sampling are not available.
    public var miscEnable: UInt64 = 0x1801
    /// The bits of it that are there: 0, 11 and 12; only bit 0 can be changed.
    static var miscEnableBits: UInt64 { 0x1801 }
    /// The P6 debug control DEBUGCTLMSR (1D9h).
    public var debugControl: UInt64 = 0
    /// IA32_STAR (C0000081h), IA32_LSTAR, IA32_CSTAR and IA32_FMASK: SYSCALL and SYSRET.
    public var star: UInt64 = 0
    /// IA32_LSTAR (C0000082h): SYSCALL's target in 64-bit code.
    public var lstar: UInt64 = 0
    /// IA32_CSTAR (C0000083h): SYSCALL's target in compatibility mode, on processors that have it there.
    public var cstar: UInt64 = 0
    /// IA32_FMASK (C0000084h): flags that SYSCALL clears.
    public var fmask: UInt64 = 0
    /// IA32_PAT (277h): memory types by PAT, PCD and PWT, which nothing here depends on.
    public var pat: UInt64 = 0x0007_0406_0007_0406
    /// IA32_KERNEL_GS_BASE (C0000102h), which SWAPGS exchanges with the base of GS.
    public var kernelGSBase: UInt64 = 0
    /// IA32_TSC_AUX (C0000103h), which RDTSCP gives.
    public var tscAux: UInt64 = 0
    /// The registers after RESET.
    public init() {}
}
