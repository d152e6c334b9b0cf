/// Single or double precision as SSE sees it: a bit pattern in a lane. SDM Vol. 1, sections 4.2.2 and 4.8.
public protocol PackedFormat {
    /// An integer of as many bits as the format.
    associatedtype Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & SIMDScalar
    /// Bits of the fraction, without the integer bit.
    static var fractionBits: Int { get }
    /// The shape that results are rounded to.
    static var shape: FloatFormat { get }
    /// Arithmetic of the host on values that are neither denormal nor special, and whether it was exact; nil when the host cannot tell.
    /// Rounds to nearest.
    static func hostSum(_ a: Bits, _ b: Bits) -> (Bits, isExact: Bool)?
    /// Multiplies as `hostSum` adds.
    static func hostProduct(_ a: Bits, _ b: Bits) -> (Bits, isExact: Bool)?
    /// Divides as `hostSum` adds.
    static func hostQuotient(_ a: Bits, _ b: Bits) -> (Bits, isExact: Bool)?
    /// Of a positive number.
    static func hostSquareRoot(_ a: Bits) -> (Bits, isExact: Bool)?
}

/// Single precision: 32 bits.
public enum Single: PackedFormat {
    public typealias Bits = UInt32
    @inlinable @inline(__always) public static var fractionBits: Int { 23 }
    @inlinable @inline(__always) public static var shape: FloatFormat { .single }
}

/// Double precision: 64 bits.
public enum Double64: PackedFormat {
    public typealias Bits = UInt64
    @inlinable @inline(__always) public static var fractionBits: Int { 52 }
    @inlinable @inline(__always) public static var shape: FloatFormat { .double }
}

/// Half precision, which F16C converts and nothing computes with. SDM Vol. 1, section 4.2.2.
public enum Half: PackedFormat {
    public typealias Bits = UInt16
    @inlinable @inline(__always) public static var fractionBits: Int { 10 }
    @inlinable @inline(__always) public static var shape: FloatFormat { .half }
    @inlinable public static func hostSum(_ a: UInt16, _ b: UInt16) -> (UInt16, isExact: Bool)? { nil }
    @inlinable public static func hostProduct(_ a: UInt16, _ b: UInt16) -> (UInt16, isExact: Bool)? { nil }
    @inlinable public static func hostQuotient(_ a: UInt16, _ b: UInt16) -> (UInt16, isExact: Bool)? { nil }
    @inlinable public static func hostSquareRoot(_ a: UInt16) -> (UInt16, isExact: Bool)? { nil }
}

extension PackedFormat {
    /// The pattern in which only the sign is set.
    @inlinable @inline(__always) public static var signBit: Bits { 1 &<< Bits(truncatingIfNeeded: Bits.bitWidth &- 1) }
    /// The bits of the fraction.
    @inlinable @inline(__always) public static var fractionMask: Bits { (1 &<< Bits(truncatingIfNeeded: fractionBits)) &- 1 }
    /// The pattern of +∞; also the mask of the exponent field.
    @inlinable @inline(__always) public static var infinity: Bits { ~signBit & ~fractionMask }
    /// The bit of the fraction that tells a quiet NaN from a signaling one.
    @inlinable @inline(__always) public static var quietBit: Bits { 1 &<< Bits(truncatingIfNeeded: fractionBits &- 1) }
    /// The QNaN floating-point indefinite.
    @inlinable @inline(__always) public static var indefinite: Bits { signBit | infinity | quietBit }
    /// The pattern of the largest finite number.
    @inlinable @inline(__always) public static var largest: Bits { infinity &- 1 }

    /// The pattern without its sign.
    @inlinable @inline(__always) public static func magnitude(_ x: Bits) -> Bits { x & ~signBit }
    /// The sign bit is set.
    @inlinable @inline(__always) public static func isNegative(_ x: Bits) -> Bool { x & signBit != 0 }
    /// A NaN, quiet or signaling.
    @inlinable @inline(__always) public static func isNaN(_ x: Bits) -> Bool { magnitude(x) > infinity }
    /// A NaN whose first bit of the fraction is 0.
    @inlinable @inline(__always) public static func isSignalingNaN(_ x: Bits) -> Bool { isNaN(x) && x & quietBit == 0 }
    /// +∞ or −∞.
    @inlinable @inline(__always) public static func isInfinity(_ x: Bits) -> Bool { magnitude(x) == infinity }
    /// +0 or −0.
    @inlinable @inline(__always) public static func isZero(_ x: Bits) -> Bool { magnitude(x) == 0 }
    /// A denormal.
    @inlinable @inline(__always) public static func isDenormal(_ x: Bits) -> Bool { x & infinity == 0 && x & fractionMask != 0 }
    /// Neither zero, denormal, infinity nor NaN.
    @inlinable @inline(__always) public static func isNormal(_ x: Bits) -> Bool {
        let field = x & infinity
        return field != 0 && field != infinity
    }
    /// The pattern of +0 or −0.
    @inlinable @inline(__always) public static func zero(negative: Bool) -> Bits { negative ? signBit : 0 }
    /// The pattern of +∞ or −∞.
    @inlinable @inline(__always) public static func infinity(negative: Bool) -> Bits { negative ? signBit | infinity : infinity }

    /// Of a number that is finite and not zero.
    @inlinable static func finite(_ x: Bits) -> Finite {
        let field = Int32(truncatingIfNeeded: (x & infinity) &>> Bits(truncatingIfNeeded: fractionBits))
        let fraction = UInt64(truncatingIfNeeded: x & fractionMask) &<< UInt64(truncatingIfNeeded: 63 &- fractionBits)
        if field == 0 { return Finite(normalizing: fraction, negative: isNegative(x), exponent: shape.minimum) }
        return Finite(negative: isNegative(x), exponent: field &- 1 &+ shape.minimum, significand: fraction | Extended.J)
    }

    /// Rounds to this format.
    @inlinable static func rounded(_ exact: Unrounded, _ context: inout FloatContext) -> Bits {
        let rounded = context.round(exact, to: shape)
        let fraction =
            Bits(truncatingIfNeeded: rounded.significand &>> UInt64(truncatingIfNeeded: 63 &- fractionBits)) & fractionMask
        let field = Bits(truncatingIfNeeded: rounded.exponentField) &<< Bits(truncatingIfNeeded: fractionBits)
        return (field & infinity) | fraction | zero(negative: exact.negative)
    }

    @inlinable static func rounded(_ number: Finite, _ context: inout FloatContext) -> Bits {
        rounded(
            Unrounded(negative: number.negative, exponent: number.exponent, significand: number.significand, fraction: 0), &context)
    }

    /// DAZ: a denormal counts as a zero of its sign.
    @inlinable @inline(__always)
    public static func operand(_ x: Bits, _ context: FloatContext) -> Bits {
        context.denormalsAreZero && isDenormal(x) ? x & signBit : x
    }

    /// The masked response to an invalid operation.
    @inlinable public static func invalid(_ context: inout FloatContext) -> Bits {
        context.raised.insert(.IE)
        return indefinite
    }

    /// The result of NaN operands, nil if there is none. SDM Vol. 1, table 4-7, SSE: the first operand unless only the second
    /// is a NaN.
    @inlinable public static func nan(_ a: Bits, _ b: Bits, _ context: inout FloatContext) -> Bits? {
        guard isNaN(a) || isNaN(b) else { return nil }
        if isSignalingNaN(a) || isSignalingNaN(b) { context.raised.insert(.IE) }
        return (isNaN(a) ? a : b) | quietBit
    }
}

extension Single {
    @inlinable @inline(__always) public static func hostSum(_ a: UInt32, _ b: UInt32) -> (UInt32, isExact: Bool)? {
        let (x, y) = (Float(bitPattern: a), Float(bitPattern: b))
        let sum = x + y
        guard isNormal(sum.bitPattern) else { return nil }
        // Knuth's two-sum: the error of an addition is itself a number of the format.
        let part = sum - x
        return (sum.bitPattern, (x - (sum - part)) + (y - part) == 0)
    }

    @inlinable @inline(__always) public static func hostProduct(_ a: UInt32, _ b: UInt32) -> (UInt32, isExact: Bool)? {
        let exact = Double(Float(bitPattern: a)) * Double(Float(bitPattern: b))
        let product = Float(exact)
        guard isNormal(product.bitPattern), magnitude(product.bitPattern) != 1 &<< 23 else { return nil }
        return (product.bitPattern, Double(product) == exact)
    }

    @inlinable @inline(__always) public static func hostQuotient(_ a: UInt32, _ b: UInt32) -> (UInt32, isExact: Bool)? {
        let (x, y) = (Float(bitPattern: a), Float(bitPattern: b))
        let quotient = x / y
        guard isNormal(quotient.bitPattern), magnitude(quotient.bitPattern) != 1 &<< 23 else { return nil }
        return (quotient.bitPattern, Double(quotient) * Double(y) == Double(x))
    }

    @inlinable @inline(__always) public static func hostSquareRoot(_ a: UInt32) -> (UInt32, isExact: Bool)? {
        let root = Float(bitPattern: a).squareRoot()
        return (root.bitPattern, Double(root) * Double(root) == Double(Float(bitPattern: a)))
    }
}

extension Double64 {
    /// Field of the smallest exponent for which the error of a product is surely no underflow.
    @inlinable static var safe: UInt64 { 128 << 52 }

    @inlinable @inline(__always) public static func hostSum(_ a: UInt64, _ b: UInt64) -> (UInt64, isExact: Bool)? {
        let (x, y) = (Double(bitPattern: a), Double(bitPattern: b))
        let sum = x + y
        guard isNormal(sum.bitPattern) else { return nil }
        let part = sum - x
        return (sum.bitPattern, (x - (sum - part)) + (y - part) == 0)
    }

    @inlinable @inline(__always) public static func hostProduct(_ a: UInt64, _ b: UInt64) -> (UInt64, isExact: Bool)? {
        let (x, y) = (Double(bitPattern: a), Double(bitPattern: b))
        let product = x * y
        guard isNormal(product.bitPattern), magnitude(product.bitPattern) > safe else { return nil }
        return (product.bitPattern, (-product).addingProduct(x, y) == 0)
    }

    @inlinable @inline(__always) public static func hostQuotient(_ a: UInt64, _ b: UInt64) -> (UInt64, isExact: Bool)? {
        let (x, y) = (Double(bitPattern: a), Double(bitPattern: b))
        let quotient = x / y
        guard isNormal(quotient.bitPattern), magnitude(quotient.bitPattern) > safe, magnitude(a) > safe else { return nil }
        return (quotient.bitPattern, x.addingProduct(-quotient, y) == 0)
    }

    @inlinable @inline(__always) public static func hostSquareRoot(_ a: UInt64) -> (UInt64, isExact: Bool)? {
        guard a > safe else { return nil }
        let root = Double(bitPattern: a).squareRoot()
        return (root.bitPattern, Double(bitPattern: a).addingProduct(-root, root) == 0)
    }
}
