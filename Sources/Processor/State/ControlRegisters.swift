/// CR0. SDM Vol. 3A, section 2.5.
@frozen public struct CR0: OptionSet, Codable, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Protection enable.
    @inlinable public static var PE: CR0 { CR0(rawValue: 1 << 0) }
    /// Monitor coprocessor: WAIT obeys TS.
    @inlinable public static var MP: CR0 { CR0(rawValue: 1 << 1) }
    /// Emulation: x87 instructions raise #NM.
    @inlinable public static var EM: CR0 { CR0(rawValue: 1 << 2) }
    /// Task switched: the next x87 or SSE instruction raises #NM.
    @inlinable public static var TS: CR0 { CR0(rawValue: 1 << 3) }
    /// Extension type: always set since the 486.
    @inlinable public static var ET: CR0 { CR0(rawValue: 1 << 4) }
    /// Numeric error: x87 errors raise #MF, and not IRQ 13.
    @inlinable public static var NE: CR0 { CR0(rawValue: 1 << 5) }
    /// Write protect: the supervisor obeys R/W of pages.
    @inlinable public static var WP: CR0 { CR0(rawValue: 1 << 16) }
    /// Alignment mask: EFLAGS.AC checks alignment at privilege level 3.
    @inlinable public static var AM: CR0 { CR0(rawValue: 1 << 18) }
    /// Not write-through.
    @inlinable public static var NW: CR0 { CR0(rawValue: 1 << 29) }
    /// Cache disable.
    @inlinable public static var CD: CR0 { CR0(rawValue: 1 << 30) }
    /// Paging.
    @inlinable public static var PG: CR0 { CR0(rawValue: 1 << 31) }
}

/// CR4. SDM Vol. 3A, section 2.5.
@frozen public struct CR4: OptionSet, Codable, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Virtual-8086 mode extensions.
    @inlinable public static var VME: CR4 { CR4(rawValue: 1 << 0) }
    /// Protected-mode virtual interrupts.
    @inlinable public static var PVI: CR4 { CR4(rawValue: 1 << 1) }
    /// Time stamp disable: RDTSC is privileged.
    @inlinable public static var TSD: CR4 { CR4(rawValue: 1 << 2) }
    /// Debugging extensions: breakpoints at ports, and no DR4 and DR5.
    @inlinable public static var DE: CR4 { CR4(rawValue: 1 << 3) }
    /// Page size extensions: 4-MByte pages.
    @inlinable public static var PSE: CR4 { CR4(rawValue: 1 << 4) }
    /// Physical address extension.
    @inlinable public static var PAE: CR4 { CR4(rawValue: 1 << 5) }
    /// Machine-check enable.
    @inlinable public static var MCE: CR4 { CR4(rawValue: 1 << 6) }
    /// Page global enable.
    @inlinable public static var PGE: CR4 { CR4(rawValue: 1 << 7) }
    /// Performance counter enable: RDPMC is for everybody.
    @inlinable public static var PCE: CR4 { CR4(rawValue: 1 << 8) }
    /// The system saves XMM registers, and SSE instructions are allowed.
    @inlinable public static var OSFXSR: CR4 { CR4(rawValue: 1 << 9) }
    /// The system handles #XM.
    @inlinable public static var OSXMMEXCPT: CR4 { CR4(rawValue: 1 << 10) }
    /// User-mode instruction prevention: SGDT, SIDT, SLDT, SMSW and STR are privileged.
    @inlinable public static var UMIP: CR4 { CR4(rawValue: 1 << 11) }
    /// RDFSBASE, RDGSBASE, WRFSBASE and WRGSBASE are allowed.
    @inlinable public static var FSGSBASE: CR4 { CR4(rawValue: 1 << 16) }
    /// Process-context identifiers.
    @inlinable public static var PCIDE: CR4 { CR4(rawValue: 1 << 17) }
    /// XSAVE and its like are allowed, and XCR0 is there.
    @inlinable public static var OSXSAVE: CR4 { CR4(rawValue: 1 << 18) }
    /// Supervisor-mode execution prevention.
    @inlinable public static var SMEP: CR4 { CR4(rawValue: 1 << 20) }
    /// Supervisor-mode access prevention.
    @inlinable public static var SMAP: CR4 { CR4(rawValue: 1 << 21) }
}

/// IA32_EFER. SDM Vol. 3A, section 2.2.1.
@frozen public struct EFER: OptionSet, Codable, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// SYSCALL enable.
    @inlinable public static var SCE: EFER { EFER(rawValue: 1 << 0) }
    /// Long mode enable.
    @inlinable public static var LME: EFER { EFER(rawValue: 1 << 8) }
    /// Long mode active: the processor is in IA-32e mode.
    @inlinable public static var LMA: EFER { EFER(rawValue: 1 << 10) }
    /// Execute-disable enable.
    @inlinable public static var NXE: EFER { EFER(rawValue: 1 << 11) }
}

/// DR6. SDM Vol. 3B, section 17.2.3.
@frozen public struct DR6: OptionSet, Codable, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// B0…B3: breakpoint condition detected.
    @inlinable public static var B: DR6 { DR6(rawValue: 0xF) }
    /// The next instruction accesses a debug register.
    @inlinable public static var BD: DR6 { DR6(rawValue: 1 << 13) }
    /// A single step.
    @inlinable public static var BS: DR6 { DR6(rawValue: 1 << 14) }
    /// A task switch with the T bit.
    @inlinable public static var BT: DR6 { DR6(rawValue: 1 << 15) }
    /// The bits that read as one on every processor before the ones with RTM.
    @inlinable public static var fixedOnes: DR6 { DR6(rawValue: 0xFFFF_0FF0) }
}

/// DR7. SDM Vol. 3B, section 17.2.4.
@frozen public struct DR7: Codable, Sendable, Hashable {
    /// The register's bits.
    public var rawValue: UInt32
    /// A register of these bits.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The accesses at which a breakpoint fires: the R/W field.
    public enum Condition: UInt32, Sendable {
        case execution = 0
        case write = 1
        /// I/O read or write when CR4.DE is set; undefined otherwise.
        case portIO = 2
        case readWrite = 3
    }

    /// GD: any access to a debug register raises #DB.
    public var GD: Bool { rawValue & (1 << 13) != 0 }
    /// L or G of any breakpoint is set.
    public var anyEnabled: Bool { rawValue & 0xFF != 0 }
    /// Tells whether L or G of breakpoint 0…3 is set.
    public func isEnabled(_ number: Int) -> Bool { rawValue >> UInt32(2 * number) & 3 != 0 }
    /// Returns the accesses at which breakpoint 0…3 fires.
    public func condition(_ number: Int) -> Condition {
        Condition(rawValue: rawValue >> UInt32(16 + 4 * number) & 3).unsafelyUnwrapped
    }
    /// Length in bytes: 1, 2, 4 or (64-bit processors) 8.
    public func length(_ number: Int) -> UInt64 {
        [1, 2, 8, 4][Int(rawValue >> UInt32(18 + 4 * number) & 3)]
    }
}
