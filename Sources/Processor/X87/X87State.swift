import SoftFloat

/// The registers of the x87 FPU. SDM Vol. 1, section 8.1. Flat and trivial: a copy is a snapshot.
///
/// The eight registers are by physical number: ST(i) is number (TOP + i) mod 8. The two-bit tags are not stored: processors since the 387
/// work them out from the contents of registers that are not empty.
@frozen public struct X87State: Codable, Equatable, Sendable {
    /// Physical register 0.
    public var r0 = Extended()
    /// Physical register 1.
    public var r1 = Extended()
    /// Physical register 2.
    public var r2 = Extended()
    /// Physical register 3.
    public var r3 = Extended()
    /// Physical register 4.
    public var r4 = Extended()
    /// Physical register 5.
    public var r5 = Extended()
    /// Physical register 6.
    public var r6 = Extended()
    /// Physical register 7.
    public var r7 = Extended()
    /// Control word. The value is that of a power-up; FNINIT makes it 37Fh.
    public var control: UInt16 = 0x40
    /// Status word with TOP in bits 13…11.
    public var status = X87Status()
    /// Bit i: physical register i is not empty (the abridged tag word of FXSAVE).
    public var occupied: UInt8 = 0xFF
    /// The eleven opcode bits of the last instruction that was not a control instruction.
    public var FOP: UInt16 = 0
    /// The code segment of the last instruction that was not a control instruction.
    public var FCS: UInt16 = 0
    /// The data segment of its operand in memory.
    public var FDS: UInt16 = 0
    /// Its offset.
    public var FIP: UInt64 = 0
    /// The offset of its operand in memory.
    public var FDP: UInt64 = 0

    /// The state after a power-up.
    public init() {}
}

/// The status word. SDM Vol. 1, figure 8-4.
@frozen public struct X87Status: OptionSet, Codable, Sendable, Hashable {
    public var rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Invalid operation.
    public static let IE = X87Status(rawValue: 1 << 0)
    /// Stack fault.
    public static let SF = X87Status(rawValue: 1 << 6)
    /// Exception summary: an exception that is not masked is pending.
    public static let ES = X87Status(rawValue: 1 << 7)
    /// Condition code C0.
    public static let C0 = X87Status(rawValue: 1 << 8)
    /// Condition code C1: also the direction of rounding, or of a stack fault.
    public static let C1 = X87Status(rawValue: 1 << 9)
    /// Condition code C2.
    public static let C2 = X87Status(rawValue: 1 << 10)
    /// Condition code C3.
    public static let C3 = X87Status(rawValue: 1 << 14)
    /// Busy: the same as ES since the 387.
    public static let B = X87Status(rawValue: 1 << 15)

    static let summary: X87Status = [.ES, .B]
    static let conditionCodes: X87Status = [.C0, .C1, .C2, .C3]

    @inline(__always)
    var top: UInt8 {
        get { UInt8(truncatingIfNeeded: (rawValue &>> 11) & 7) }
        set { rawValue = (rawValue & ~0x3800) | (UInt16(truncatingIfNeeded: newValue & 7) &<< 11) }
    }

    @inline(__always)
    var exceptions: FloatExceptions { FloatExceptions(rawValue: UInt8(truncatingIfNeeded: rawValue & 0x3F)) }
}

extension X87State {
    /// The full tag word that FNSTENV writes. SDM Vol. 1, section 8.1.7.
    package mutating func tagWord() -> UInt16 {
        var tags: UInt16 = 0
        for number in UInt8(0)..<8 {
            tags |= UInt16(truncatingIfNeeded: tag(number)) &<< UInt16(truncatingIfNeeded: number &* 2)
        }
        return tags
    }

    /// 0 valid, 1 zero, 2 special, 3 empty.
    private mutating func tag(_ number: UInt8) -> UInt8 {
        if occupied &>> number & 1 == 0 { return 3 }
        switch self[number].kind {
        case .zero: return 1
        case .normal: return 0
        default: return 2
        }
    }

    /// Marks registers whose tag is 3 as empty.
    package mutating func setTagWord(_ tags: UInt16) {
        occupied = 0
        for number in UInt16(0)..<8 where (tags &>> (number &* 2)) & 3 != 3 {
            occupied |= 1 &<< UInt8(truncatingIfNeeded: number)
        }
    }

    /// Physical register `number` (0…7; higher bits are ignored).
    public subscript(number: UInt8) -> Extended {
        mutating get { withUnsafeMutablePointer(to: &self) { $0.physical(number).pointee } }
        set { withUnsafeMutablePointer(to: &self) { $0.physical(number).pointee = newValue } }
    }

    /// ES and B follow from the flags and the masks.
    mutating func updateSummary() {
        let pending = status.rawValue & ~control & 0x3F != 0
        if pending { status.formUnion(.summary) } else { status.subtract(.summary) }
    }

    /// FNINIT: SDM Vol. 2A. The contents of the registers stay.
    mutating func initialize() {
        control = 0x37F
        status = []
        occupied = 0
        (FOP, FCS, FDS, FIP, FDP) = (0, 0, 0, 0, 0)
    }
}

extension UnsafeMutablePointer where Pointee == X87State {
    /// SAFETY: the eight registers are the first fields of the struct and have one type, so they lie one stride apart.
    @inline(__always)
    func physical(_ number: UInt8) -> UnsafeMutablePointer<Extended> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: Extended.self) + Int(truncatingIfNeeded: number & 7)
    }
}
