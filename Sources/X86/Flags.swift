/// Bits of EFLAGS. SDM Vol. 1, section 3.4.3.
@frozen public struct EFLAGS: OptionSet, Codable, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Carry, bit 0.
    @inlinable public static var CF: EFLAGS { EFLAGS(rawValue: 1 << 0) }
    /// Bit 1, always set.
    @inlinable public static var alwaysOne: EFLAGS { EFLAGS(rawValue: 1 << 1) }
    /// Parity, bit 2.
    @inlinable public static var PF: EFLAGS { EFLAGS(rawValue: 1 << 2) }
    /// Auxiliary carry, bit 4.
    @inlinable public static var AF: EFLAGS { EFLAGS(rawValue: 1 << 4) }
    /// Zero, bit 6.
    @inlinable public static var ZF: EFLAGS { EFLAGS(rawValue: 1 << 6) }
    /// Sign, bit 7.
    @inlinable public static var SF: EFLAGS { EFLAGS(rawValue: 1 << 7) }
    /// Trap: single steps, bit 8.
    @inlinable public static var TF: EFLAGS { EFLAGS(rawValue: 1 << 8) }
    /// Interrupt enable, bit 9.
    @inlinable public static var IF: EFLAGS { EFLAGS(rawValue: 1 << 9) }
    /// Direction of string instructions, bit 10.
    @inlinable public static var DF: EFLAGS { EFLAGS(rawValue: 1 << 10) }
    /// Overflow, bit 11.
    @inlinable public static var OF: EFLAGS { EFLAGS(rawValue: 1 << 11) }
    /// Both bits of the I/O privilege level.
    @inlinable public static var IOPL: EFLAGS { EFLAGS(rawValue: 3 << 12) }
    /// Nested task, bit 14.
    @inlinable public static var NT: EFLAGS { EFLAGS(rawValue: 1 << 14) }
    /// Resume: no instruction breakpoints for one instruction, bit 16.
    @inlinable public static var RF: EFLAGS { EFLAGS(rawValue: 1 << 16) }
    /// Virtual-8086 mode, bit 17.
    @inlinable public static var VM: EFLAGS { EFLAGS(rawValue: 1 << 17) }
    /// Alignment check, and access control with SMAP, bit 18.
    @inlinable public static var AC: EFLAGS { EFLAGS(rawValue: 1 << 18) }
    /// Virtual interrupt flag, bit 19.
    @inlinable public static var VIF: EFLAGS { EFLAGS(rawValue: 1 << 19) }
    /// Virtual interrupt pending, bit 20.
    @inlinable public static var VIP: EFLAGS { EFLAGS(rawValue: 1 << 20) }
    /// CPUID is there if this bit can be changed, bit 21.
    @inlinable public static var ID: EFLAGS { EFLAGS(rawValue: 1 << 21) }

    /// The six status flags: OF SF ZF AF PF CF.
    @inlinable public static var status: EFLAGS { EFLAGS(rawValue: 0x8D5) }
    /// All flags that have a name.
    public static let all: EFLAGS = [
        .CF, .PF, .AF, .ZF, .SF, .TF, .IF, .DF, .OF, .IOPL, .NT, .RF, .VM, .AC, .VIF, .VIP, .ID,
    ]
}
