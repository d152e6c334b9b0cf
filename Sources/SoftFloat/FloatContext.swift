/// Floating-point exceptions, in the bit order that the x87 status word and MXCSR share. SDM Vol. 1, section 4.9.1.
@frozen public struct FloatExceptions: OptionSet, Sendable, Hashable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Invalid operation.
    @inlinable public static var IE: FloatExceptions { FloatExceptions(rawValue: 1) }
    /// Denormal operand.
    @inlinable public static var DE: FloatExceptions { FloatExceptions(rawValue: 2) }
    /// Division by zero.
    @inlinable public static var ZE: FloatExceptions { FloatExceptions(rawValue: 4) }
    /// Overflow.
    @inlinable public static var OE: FloatExceptions { FloatExceptions(rawValue: 8) }
    /// Underflow.
    @inlinable public static var UE: FloatExceptions { FloatExceptions(rawValue: 16) }
    /// Precision: the result is inexact.
    @inlinable public static var PE: FloatExceptions { FloatExceptions(rawValue: 32) }

    /// All six exceptions.
    @inlinable public static var all: FloatExceptions { FloatExceptions(rawValue: 0x3F) }
    /// Found before the operation is carried out: when unmasked, nothing is written.
    @inlinable public static var beforeOperation: FloatExceptions { [.IE, .DE, .ZE] }
}

/// Rounding control, by its encoding in the x87 control word and MXCSR. SDM Vol. 1, table 4-8.
@frozen public enum FloatRounding: UInt8, Sendable {
    case nearestEven = 0
    case down = 1
    case up = 2
    case towardZero = 3
}

/// The rounding of one operation, the exceptions that it may keep to itself, and those that it raised.
///
/// A context serves one operation: make it from the control word, hand it in, look at `raised`.
@frozen public struct FloatContext: Sendable {
    /// The direction of rounding.
    public var rounding: FloatRounding
    /// Bits of the significand that add, subtract, multiply, divide and square root of extended numbers keep: 24, 53 or 64.
    public var precision: UInt8
    /// Exceptions that are answered with the masked response.
    public var masked: FloatExceptions
    /// A source that was denormal in its own format has been widened to a normal number.
    public var widenedDenormal = false
    /// SSE: a denormal operand counts as zero of the same sign.
    public var denormalsAreZero = false
    /// SSE: an underflow that is masked gives zero.
    public var flushToZero = false
    /// The exceptions that the operation raised.
    public var raised: FloatExceptions = []
    /// The magnitude was increased by rounding: C1.
    public var roundedUp = false

    /// A context for one operation that has raised nothing yet.
    @inlinable public init(rounding: FloatRounding = .nearestEven, precision: UInt8 = 64, masked: FloatExceptions = .all) {
        self.rounding = rounding
        self.precision = precision
        self.masked = masked
    }

    /// Raised although it is not masked.
    @inlinable public var unmasked: FloatExceptions { raised.subtracting(masked) }

    /// Raises #D and says whether the operation has to stop.
    @inlinable @inline(__always)
    public mutating func stopsAtDenormal() -> Bool {
        raised.insert(.DE)
        return !masked.contains(.DE)
    }
}
