/// The registers of a local APIC by their offset ÷ 16, which is also their number among the MSRs of x2APIC mode.
/// SDM Vol. 3A, table 10-1.
enum APICRegister: Int {
    case ID = 0x02
    case version = 0x03
    case TPR = 0x08
    case APR = 0x09
    case PPR = 0x0A
    case EOI = 0x0B
    case RRD = 0x0C
    case LDR = 0x0D
    case DFR = 0x0E
    case SVR = 0x0F
    case ESR = 0x28
    case ICRLow = 0x30
    case ICRHigh = 0x31
    case timer = 0x32
    case thermalSensor = 0x33
    case performanceCounter = 0x34
    case LINT0 = 0x35
    case LINT1 = 0x36
    case error = 0x37
    case initialCount = 0x38
    case currentCount = 0x39
    case divideConfiguration = 0x3E
    /// x2APIC mode only.
    case selfIPI = 0x3F
}

/// An entry of the local vector table. SDM Vol. 3A, figure 10-8.
public struct LocalVector: Equatable, Sendable {
    /// The entry's bits.
    public var rawValue: UInt32

    static let masked: UInt32 = 1 << 16
    static let remoteIRR: UInt32 = 1 << 14

    /// An entry of these bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The vector.
    public var vector: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
    /// The delivery mode, 0 to 7.
    public var mode: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) & 7 }
    /// Nothing is delivered.
    public var isMasked: Bool { rawValue & Self.masked != 0 }
    /// The trigger mode is level.
    public var isLevelTriggered: Bool { rawValue & 1 << 15 != 0 }
    /// One-shot, periodic, TSC-deadline; the timer's entry alone has them.
    public var timerMode: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 17) & 3 }
}

/// Bits of the error status register. SDM Vol. 3A, figure 10-9.
struct APICErrors: OptionSet {
    let rawValue: UInt32
    static let sendIllegalVector = Self(rawValue: 1 << 5)
    static let receiveIllegalVector = Self(rawValue: 1 << 6)
    static let illegalRegisterAddress = Self(rawValue: 1 << 7)
}

/// One bit for each of the 256 vectors: IRR, ISR or TMR.
public struct VectorSet: Codable, Equatable, Sendable {
    private var q0: UInt64 = 0
    private var q1: UInt64 = 0
    private var q2: UInt64 = 0
    private var q3: UInt64 = 0

    /// A set without a vector.
    public init() {}

    /// 64 vectors at a time, the lowest ones first.
    private subscript(quarter index: Int) -> UInt64 {
        get {
            switch index & 3 {
            case 0: q0
            case 1: q1
            case 2: q2
            default: q3
            }
        }
        set {
            switch index & 3 {
            case 0: q0 = newValue
            case 1: q1 = newValue
            case 2: q2 = newValue
            default: q3 = newValue
            }
        }
    }

    /// The vector is in the set.
    public subscript(vector: UInt8) -> Bool {
        get { self[quarter: Int(vector) >> 6] >> UInt64(vector & 63) & 1 != 0 }
        set {
            let bit: UInt64 = 1 << UInt64(vector & 63)
            if newValue { self[quarter: Int(vector) >> 6] |= bit } else { self[quarter: Int(vector) >> 6] &= ~bit }
        }
    }

    /// The highest vector that is set.
    public var highest: UInt8? {
        guard q0 | q1 | q2 | q3 != 0 else { return nil }
        for index in stride(from: 3, through: 0, by: -1) {
            let quarter = self[quarter: index]
            if quarter != 0 { return UInt8(truncatingIfNeeded: index * 64 + 63 - quarter.leadingZeroBitCount) }
        }
        return nil
    }

    /// 32 vectors as a register shows them; `index` is 0 to 7.
    func register(_ index: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: self[quarter: index >> 1] >> (index & 1 == 0 ? 0 : 32))
    }
}
