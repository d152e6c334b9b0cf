/// A number in double extended-precision format: 64 bits of significand with an explicit integer bit (J), 15 bits of exponent, sign.
/// SDM Vol. 1, sections 4.2.2 and 8.2.
///
/// Every bit pattern is representable, also those the processor calls unsupported.
@frozen public struct Extended: Codable, Equatable, Sendable {
    /// Bit 63 is J.
    public var significand: UInt64
    /// Bit 15 is the sign, bits 14…0 the exponent with bias 16383.
    public var signExponent: UInt16

    /// +0.
    @inlinable public init() { self.init(significand: 0, signExponent: 0) }

    /// A number of these bits.
    @inlinable public init(significand: UInt64, signExponent: UInt16) {
        self.significand = significand
        self.signExponent = signExponent
    }

    /// The class of number that a bit pattern stands for. SDM Vol. 1, tables 4-3 and 8-3.
    public enum Kind {
        case zero
        /// Denormal or pseudo-denormal (J set under exponent 0).
        case denormal
        case normal
        case infinity
        case quietNaN
        case signalingNaN
        /// Unnormal, pseudo-infinity, pseudo-NaN: operands the 387 and its successors refuse.
        case unsupported
    }

    /// The exponent field of `signExponent`.
    @inlinable public static var exponentMask: UInt16 { 0x7FFF }
    /// The sign of `signExponent`.
    @inlinable public static var signMask: UInt16 { 0x8000 }
    /// The amount by which the exponent field is larger than the exponent.
    @inlinable public static var bias: Int32 { 16383 }
    /// The integer bit of the significand.
    @inlinable public static var J: UInt64 { 1 << 63 }
    /// The bit of the fraction that tells a quiet NaN from a signaling one.
    @inlinable public static var quietBit: UInt64 { 1 << 62 }
}

extension Extended {
    /// A number of these three fields; `exponentField` has 15 bits.
    @inlinable @inline(__always)
    public init(negative: Bool, exponentField: UInt16, significand: UInt64) {
        self.init(significand: significand, signExponent: exponentField | (negative ? Self.signMask : 0))
    }

    /// +0 or −0.
    @inlinable public static func zero(negative: Bool = false) -> Extended {
        Extended(negative: negative, exponentField: 0, significand: 0)
    }
    /// +∞ or −∞.
    @inlinable public static func infinity(negative: Bool = false) -> Extended {
        Extended(negative: negative, exponentField: 0x7FFF, significand: J)
    }
    /// +1 or −1.
    @inlinable public static func one(negative: Bool = false) -> Extended {
        Extended(negative: negative, exponentField: 0x3FFF, significand: J)
    }
    /// Real indefinite: the QNaN that the masked response to an invalid operation delivers.
    @inlinable public static var indefinite: Extended { Extended(significand: 0xC000_0000_0000_0000, signExponent: 0xFFFF) }

    /// The sign bit is set.
    @inlinable @inline(__always)
    public var isNegative: Bool { signExponent & Self.signMask != 0 }
    /// The exponent with its bias, 0 to 7FFFh.
    @inlinable @inline(__always)
    public var exponentField: UInt16 { signExponent & Self.exponentMask }

    /// Neither zero, denormal, special nor unsupported.
    @inlinable @inline(__always)
    public var isNormal: Bool { significand >= Self.J && (exponentField &- 1) < 0x7FFE }

    /// The class of the number, as FXAM tells it.
    @inlinable public var kind: Kind {
        let field = exponentField
        if field == 0 { return significand == 0 ? .zero : .denormal }
        if significand < Self.J { return .unsupported }
        if field != 0x7FFF { return .normal }
        if significand == Self.J { return .infinity }
        return significand & Self.quietBit != 0 ? .quietNaN : .signalingNaN
    }

    /// A NaN, quiet or signaling.
    @inlinable public var isNaN: Bool { exponentField == 0x7FFF && significand > Self.J }
    /// A NaN whose first bit of the fraction is 0.
    @inlinable public var isSignalingNaN: Bool { isNaN && significand & Self.quietBit == 0 }
    /// +0 or −0.
    @inlinable public var isZero: Bool { exponentField == 0 && significand == 0 }
    /// A denormal: the exponent field is 0 and the significand is not. Pseudo-denormals are among them.
    @inlinable public var isDenormal: Bool { exponentField == 0 && significand != 0 }
    /// +∞ or −∞.
    @inlinable public var isInfinity: Bool { exponentField == 0x7FFF && significand == Self.J }

    /// The number with the other sign; of a NaN, too.
    @inlinable public var negated: Extended { Extended(significand: significand, signExponent: signExponent ^ Self.signMask) }
    /// The number without its sign; of a NaN, too.
    @inlinable public var magnitude: Extended { Extended(significand: significand, signExponent: exponentField) }
    /// A NaN made quiet.
    @inlinable public var quieted: Extended { Extended(significand: significand | Self.quietBit, signExponent: signExponent) }
}
