import X86

/// An exception on its way to the guest. SDM Vol. 3A, chapter 6.
///
/// Thrown inside this module only, before the instruction has changed anything; delivery is `CPU.deliver(_:)`.
@frozen public struct Fault: Error, Equatable, Sendable {
    /// The vector, 0 to 31.
    public var vector: UInt8
    /// The processor pushes an error code.
    public var hasErrorCode: Bool
    /// The error code; 0 where there is none.
    public var errorCode: UInt32

    @inlinable init(_ vector: UInt8) {
        self.vector = vector
        hasErrorCode = false
        errorCode = 0
    }

    @inlinable init(_ vector: UInt8, errorCode: UInt32) {
        self.vector = vector
        hasErrorCode = true
        self.errorCode = errorCode
    }

    /// "#PF"; nil where the vector is no exception's.
    public var mnemonic: String? { ExceptionFacts.of(vector)?.mnemonic }

    /// Divide error.
    public static let DE = Fault(0)
    /// Debug exception; the cause is in DR6.
    public static let DB = Fault(1)
    /// Breakpoint (INT3).
    public static let BP = Fault(3)
    /// Overflow (INTO).
    public static let OF = Fault(4)
    /// BOUND range exceeded.
    public static let BR = Fault(5)
    /// Invalid opcode.
    public static let UD = Fault(6)
    /// Device not available.
    public static let NM = Fault(7)
    /// Double fault.
    public static let DF = Fault(8, errorCode: 0)
    /// x87 floating-point error.
    public static let MF = Fault(16)
    /// Alignment check.
    public static let AC = Fault(17, errorCode: 0)
    /// SIMD floating-point exception.
    public static let XM = Fault(19)

    /// No exception: the instruction waits for an interrupt and is executed anew afterwards. 255 is no exception's vector.
    static let awaitsInterrupt = Fault(255)

    /// Invalid TSS.
    public static func TS(_ errorCode: UInt16) -> Fault { Fault(10, errorCode: UInt32(errorCode)) }
    /// Segment not present.
    public static func NP(_ errorCode: UInt16) -> Fault { Fault(11, errorCode: UInt32(errorCode)) }
    /// Stack fault.
    public static func SS(_ errorCode: UInt16) -> Fault { Fault(12, errorCode: UInt32(errorCode)) }
    /// General protection.
    public static func GP(_ errorCode: UInt16) -> Fault { Fault(13, errorCode: UInt32(errorCode)) }
    /// Page fault; the linear address is in CR2 already.
    static func PF(_ errorCode: PageFaultCode) -> Fault { Fault(14, errorCode: errorCode.rawValue) }
}

/// Error code of #PF. SDM Vol. 3A, figure 4-12.
public struct PageFaultCode: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The page was present: a protection violation.
    public static let P = PageFaultCode(rawValue: 1)
    /// The access was a write.
    public static let WR = PageFaultCode(rawValue: 2)
    /// The access was a user's.
    public static let US = PageFaultCode(rawValue: 4)
    /// A reserved bit was set in an entry.
    public static let RSVD = PageFaultCode(rawValue: 8)
    /// Instruction fetch; reported only where NX or SMEP is enabled.
    public static let ID = PageFaultCode(rawValue: 16)
}
