import X86

/// Everything the processor remembers, as one flat trivial value. SDM Vol. 1, chapter 3 and Vol. 3A, chapter 2.
///
/// A copy is a snapshot and `==` compares machines. General registers come first, in encoding order, 64 bits each (32-bit
/// code keeps the upper halves zero); slot 16 is a constant zero that stands for "no base" and "no index".
@frozen public struct CPUState: Codable, Equatable, Sendable {
    public var rax: UInt64 = 0
    public var rcx: UInt64 = 0
    public var rdx: UInt64 = 0
    public var rbx: UInt64 = 0
    public var rsp: UInt64 = 0
    public var rbp: UInt64 = 0
    public var rsi: UInt64 = 0
    public var rdi: UInt64 = 0
    public var r8: UInt64 = 0
    public var r9: UInt64 = 0
    public var r10: UInt64 = 0
    public var r11: UInt64 = 0
    public var r12: UInt64 = 0
    public var r13: UInt64 = 0
    public var r14: UInt64 = 0
    public var r15: UInt64 = 0
    var zero: UInt64 = 0
    public var rip: UInt64 = 0xFFF0
    public var eflags: EFLAGS = .alwaysOne

    public var es = SegmentRegister.realMode(0)
    public var cs = SegmentRegister(selector: 0xF000, base: 0xFFFF_0000, limit: 0xFFFF, attributes: 0x9B)
    public var ss = SegmentRegister.realMode(0)
    public var ds = SegmentRegister.realMode(0)
    public var fs = SegmentRegister.realMode(0)
    public var gs = SegmentRegister.realMode(0)
    public var ldtr = SegmentRegister(selector: 0, base: 0, limit: 0xFFFF, attributes: 0x82)
    public var tr = SegmentRegister(selector: 0, base: 0, limit: 0xFFFF, attributes: 0x8B)
    public var gdtr = DescriptorTableRegister(base: 0, limit: 0xFFFF)
    public var idtr = DescriptorTableRegister(base: 0, limit: 0xFFFF)

    public var cr0: CR0 = [.ET, .NW, .CD]
    public var cr4: CR4 = []
    public var cr2: UInt64 = 0
    public var cr3: UInt64 = 0
    /// The task priority, 0…15. SDM Vol. 3A, section 10.8.6.1.
    public var cr8: UInt64 = 0
    public var efer: EFER = []
    /// Current privilege level, 0…3.
    public var cpl: UInt8 = 0
    public var activity: Activity = .active
    public var shadow: Shadow = .none
    /// NMIs are blocked from delivery of one to the next IRET.
    public var nmiBlocked = false
    /// Edges of NMI not yet served: 0 or 1.
    public var nmiPending = false
    /// Causes of a debug trap after the current instruction; not yet in DR6.
    public var pendingDebug: DR6 = []

    public var dr0: UInt64 = 0
    public var dr1: UInt64 = 0
    public var dr2: UInt64 = 0
    public var dr3: UInt64 = 0
    public var dr6 = DR6.fixedOnes
    public var dr7 = DR7(rawValue: 0x400)

    /// The four page-directory-pointer entries that PAE paging loads with CR3. SDM Vol. 3A, section 4.4.1.
    public var pdpte0: UInt64 = 0
    public var pdpte1: UInt64 = 0
    public var pdpte2: UInt64 = 0
    public var pdpte3: UInt64 = 0

    public var msr = ModelSpecificRegisters()
    public var x87 = X87State()
    public var sse = SSEState()
    public var avx = AVXState()

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
    public var sysenterESP: UInt64 = 0
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
    public var lstar: UInt64 = 0
    public var cstar: UInt64 = 0
    public var fmask: UInt64 = 0
    /// IA32_PAT (277h): memory types by PAT, PCD and PWT, which nothing here depends on.
    public var pat: UInt64 = 0x0007_0406_0007_0406
    /// IA32_KERNEL_GS_BASE (C0000102h), which SWAPGS exchanges with the base of GS.
    public var kernelGSBase: UInt64 = 0
    /// IA32_TSC_AUX (C0000103h), which RDTSCP gives.
    public var tscAux: UInt64 = 0
    public init() {}
}
