import X86

/// Width of an operation as a type, so that each definition of an instruction specialises to straight machine code for each width.
public protocol OperandWidth {
    /// An unsigned integer of that width.
    associatedtype Bits: FixedWidthInteger & UnsignedInteger
    /// The width as a value.
    static var width: Width { get }
}

/// 8 bits.
public enum Byte: OperandWidth {
    public typealias Bits = UInt8
    @inlinable public static var width: Width { .byte }
}
/// 16 bits.
public enum Word: OperandWidth {
    public typealias Bits = UInt16
    @inlinable public static var width: Width { .word }
}
/// 32 bits.
public enum Doubleword: OperandWidth {
    public typealias Bits = UInt32
    @inlinable public static var width: Width { .doubleword }
}
/// 64 bits.
public enum Quadword: OperandWidth {
    public typealias Bits = UInt64
    @inlinable public static var width: Width { .quadword }
}

extension OperandWidth {
    @inline(__always) static var bits: UInt64 { UInt64(truncatingIfNeeded: Bits.bitWidth) }
    @inline(__always) static var bytes: UInt64 { bits &>> 3 }
    /// All ones in this width.
    @inline(__always) static var mask: UInt64 { UInt64(truncatingIfNeeded: Bits.max) }
    @inline(__always) static var signBit: UInt64 { 1 &<< (bits &- 1) }
    @inline(__always) static func truncate(_ value: UInt64) -> UInt64 {
        UInt64(truncatingIfNeeded: Bits(truncatingIfNeeded: value))
    }
    /// The value's bits of this width, sign-extended to 64.
    @inline(__always) static func signExtend(_ value: UInt64) -> UInt64 {
        let shift = 64 &- bits
        return UInt64(bitPattern: Int64(bitPattern: value &<< shift) &>> Int64(truncatingIfNeeded: shift))
    }
}
