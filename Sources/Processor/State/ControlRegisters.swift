/// CR0. SDM Vol. 3A, section 2.5.
@frozen public struct CR0: OptionSet, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let PE = CR0(rawValue: 1 << 0)
    public static let MP = CR0(rawValue: 1 << 1)
    public static let EM = CR0(rawValue: 1 << 2)
    public static let TS = CR0(rawValue: 1 << 3)
    public static let ET = CR0(rawValue: 1 << 4)
    public static let NE = CR0(rawValue: 1 << 5)
    public static let WP = CR0(rawValue: 1 << 16)
    public static let AM = CR0(rawValue: 1 << 18)
    public static let NW = CR0(rawValue: 1 << 29)
    public static let CD = CR0(rawValue: 1 << 30)
    public static let PG = CR0(rawValue: 1 << 31)
}

/// CR4. SDM Vol. 3A, section 2.5.
@frozen public struct CR4: OptionSet, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let VME = CR4(rawValue: 1 << 0)
    public static let PVI = CR4(rawValue: 1 << 1)
    public static let TSD = CR4(rawValue: 1 << 2)
    public static let DE = CR4(rawValue: 1 << 3)
    public static let PSE = CR4(rawValue: 1 << 4)
    public static let PAE = CR4(rawValue: 1 << 5)
    public static let MCE = CR4(rawValue: 1 << 6)
    public static let PGE = CR4(rawValue: 1 << 7)
    public static let PCE = CR4(rawValue: 1 << 8)
    public static let OSFXSR = CR4(rawValue: 1 << 9)
    public static let OSXMMEXCPT = CR4(rawValue: 1 << 10)
}

/// IA32_EFER. SDM Vol. 3A, section 2.2.1.
@frozen public struct EFER: OptionSet, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let SCE = EFER(rawValue: 1 << 0)
    public static let LME = EFER(rawValue: 1 << 8)
    public static let LMA = EFER(rawValue: 1 << 10)
    public static let NXE = EFER(rawValue: 1 << 11)
}

/// DR6. SDM Vol. 3B, section 17.2.3.
@frozen public struct DR6: OptionSet, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// B0…B3: breakpoint condition detected.
    public static let B = DR6(rawValue: 0xF)
    public static let BD = DR6(rawValue: 1 << 13)
    public static let BS = DR6(rawValue: 1 << 14)
    public static let BT = DR6(rawValue: 1 << 15)
    /// The bits that read as one on every processor before the ones with RTM.
    public static let fixedOnes = DR6(rawValue: 0xFFFF_0FF0)
}

/// DR7. SDM Vol. 3B, section 17.2.4.
@frozen public struct DR7: Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// When a breakpoint fires: the R/W field.
    public enum Condition: UInt32, Sendable {
        case execution = 0
        case write = 1
        /// I/O read or write when CR4.DE is set; undefined otherwise.
        case portIO = 2
        case readWrite = 3
    }

    /// GD: any access to a debug register raises #DB.
    public var GD: Bool { rawValue & (1 << 13) != 0 }
    /// Whether L or G of any breakpoint is set.
    public var anyEnabled: Bool { rawValue & 0xFF != 0 }
    /// Whether L or G of breakpoint 0…3 is set.
    public func isEnabled(_ number: Int) -> Bool { rawValue >> UInt32(2 * number) & 3 != 0 }
    public func condition(_ number: Int) -> Condition {
        Condition(rawValue: rawValue >> UInt32(16 + 4 * number) & 3).unsafelyUnwrapped
    }
    /// Length in bytes: 1, 2, 4 or (64-bit processors) 8.
    public func length(_ number: Int) -> UInt64 {
        [1, 2, 8, 4][Int(rawValue >> UInt32(18 + 4 * number) & 3)]
    }
}
