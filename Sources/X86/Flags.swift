/// Bits of EFLAGS. SDM Vol. 1, section 3.4.3.
@frozen public struct EFLAGS: OptionSet, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let CF = EFLAGS(rawValue: 1 << 0)
    /// Bit 1, always set.
    public static let alwaysOne = EFLAGS(rawValue: 1 << 1)
    public static let PF = EFLAGS(rawValue: 1 << 2)
    public static let AF = EFLAGS(rawValue: 1 << 4)
    public static let ZF = EFLAGS(rawValue: 1 << 6)
    public static let SF = EFLAGS(rawValue: 1 << 7)
    public static let TF = EFLAGS(rawValue: 1 << 8)
    public static let IF = EFLAGS(rawValue: 1 << 9)
    public static let DF = EFLAGS(rawValue: 1 << 10)
    public static let OF = EFLAGS(rawValue: 1 << 11)
    /// Both bits of the I/O privilege level.
    public static let IOPL = EFLAGS(rawValue: 3 << 12)
    public static let NT = EFLAGS(rawValue: 1 << 14)
    public static let RF = EFLAGS(rawValue: 1 << 16)
    public static let VM = EFLAGS(rawValue: 1 << 17)
    public static let AC = EFLAGS(rawValue: 1 << 18)
    public static let VIF = EFLAGS(rawValue: 1 << 19)
    public static let VIP = EFLAGS(rawValue: 1 << 20)
    public static let ID = EFLAGS(rawValue: 1 << 21)

    /// The six status flags: OF SF ZF AF PF CF.
    public static let status: EFLAGS = [.CF, .PF, .AF, .ZF, .SF, .OF]
}
