/// The shape a result is rounded to: bits of significand and range of exponents. SDM Vol. 1, table 4-2.
@frozen public struct FloatFormat {
    /// Bits of the significand, the leading one included.
    public var precision: UInt8
    /// Exponent of the smallest normal number.
    public var minimum: Int32
    /// Exponent of the largest number.
    public var maximum: Int32
    /// The amount that an unmasked overflow subtracts from the exponent, and an unmasked underflow adds; 0 where no result is delivered.
    public var adjustment: Int32

    @inlinable @inline(__always)
    init(precision: UInt8, minimum: Int32, maximum: Int32, adjustment: Int32) {
        self.precision = precision
        self.minimum = minimum
        self.maximum = maximum
        self.adjustment = adjustment
    }

    /// Single precision.
    @inlinable @inline(__always)
    public static var single: FloatFormat { FloatFormat(precision: 24, minimum: -126, maximum: 127, adjustment: 0) }
    /// Half precision.
    @inlinable @inline(__always)
    public static var half: FloatFormat { FloatFormat(precision: 11, minimum: -14, maximum: 15, adjustment: 0) }
    /// Double precision.
    @inlinable @inline(__always)
    public static var double: FloatFormat { FloatFormat(precision: 53, minimum: -1022, maximum: 1023, adjustment: 0) }
    /// An x87 register: the range is always the whole one, the precision may be reduced by the control word.
    @inlinable @inline(__always)
    public static func register(precision: UInt8) -> FloatFormat {
        FloatFormat(precision: precision, minimum: -16382, maximum: 16383, adjustment: 24576)
    }
}

/// A rounded magnitude. The exponent field is biased as the format says, 0 for zero and denormals; bit 63 of the significand is the
/// integer bit.
@usableFromInline @frozen struct Rounded {
    @usableFromInline var exponentField: Int32
    @usableFromInline var significand: UInt64

    @inlinable @inline(__always)
    init(exponentField: Int32, significand: UInt64) {
        self.exponentField = exponentField
        self.significand = significand
    }
}

extension FloatContext {
    /// Rounds to `format`, raising #O, #U and #P as SDM Vol. 1, sections 4.9.1.4 to 4.9.1.6 say. Tininess is detected after rounding.
    @inlinable @inline(__always)
    mutating func round(_ exact: Unrounded, to format: FloatFormat) -> Rounded {
        if exact.exponent < format.minimum { return roundTiny(exact, to: format) }
        var exponent = exact.exponent
        let significand = roundSignificand(exact.significand, exact.fraction, negative: exact.negative, format.precision, &exponent)
        if exponent > format.maximum { return roundHuge(exact, significand, exponent, to: format) }
        return Rounded(exponentField: exponent &+ (1 &- format.minimum), significand: significand)
    }

    /// Rounds without regard to range; sets #P and `roundedUp`. A carry out of bit 63 goes to `exponent`.
    @inlinable @inline(__always)
    mutating func roundSignificand(
        _ significand: UInt64, _ fraction: UInt64, negative: Bool, _ precision: UInt8, _ exponent: inout Int32
    ) -> UInt64 {
        var kept = significand
        var rest = fraction
        var unit: UInt64 = 1
        if precision != 64 {
            let bits = UInt64(truncatingIfNeeded: precision)
            unit = 1 &<< (64 &- bits)
            rest = (significand &<< bits) | (fraction != 0 ? 1 : 0)
            kept = significand & ~(unit &- 1)
        }
        if rest == 0 { return kept }
        raised.insert(.PE)
        let increment: Bool
        switch rounding {
        case .nearestEven: increment = rest > Extended.J || (rest == Extended.J && kept & unit != 0)
        case .down: increment = negative
        case .up: increment = !negative
        case .towardZero: increment = false
        }
        roundedUp = increment
        if increment {
            kept = kept &+ unit
            if kept == 0 {
                exponent &+= 1
                return Extended.J
            }
        }
        return kept
    }

    @usableFromInline @inline(never)
    mutating func roundTiny(_ exact: Unrounded, to format: FloatFormat) -> Rounded {
        var trial = self
        var exponent = exact.exponent
        let significand = trial.roundSignificand(
            exact.significand, exact.fraction, negative: exact.negative, format.precision, &exponent)
        let tiny = exponent < format.minimum
        if tiny && !masked.contains(.UE) {
            self = trial
            raised.insert(.UE)
            let field = exponent &+ format.adjustment &+ (1 &- format.minimum)
            if field > 0 || format.adjustment == 0 { return Rounded(exponentField: field, significand: significand) }
            // Only FSCALE gets this far below: SDM Vol. 1, section 8.5.5.
            raised.insert(.PE)
            roundedUp = false
            return Rounded(exponentField: 0, significand: 0)
        }
        if tiny && flushToZero {
            raised.formUnion([.UE, .PE])
            roundedUp = false
            return Rounded(exponentField: 0, significand: 0)
        }
        let distance = UInt64(truncatingIfNeeded: format.minimum &- exact.exponent)
        var high = exact.significand
        var low = exact.fraction
        if distance < 64 {
            low = (high &<< (64 &- distance)) | (low != 0 ? 1 : 0)
            high = high &>> distance
        } else {
            low = distance > 64 ? 1 : high | (low != 0 ? 1 : 0)
            high = 0
        }
        var field: Int32 = 0
        let inexactBefore = raised.contains(.PE)
        raised.remove(.PE)
        high = roundSignificand(high, low, negative: exact.negative, format.precision, &field)
        if tiny && raised.contains(.PE) { raised.insert(.UE) }
        if inexactBefore { raised.insert(.PE) }
        return Rounded(exponentField: high >= Extended.J ? 1 : 0, significand: high)
    }

    @usableFromInline @inline(never)
    mutating func roundHuge(_ exact: Unrounded, _ significand: UInt64, _ exponent: Int32, to format: FloatFormat) -> Rounded {
        raised.insert(.OE)
        let top = format.maximum &+ (1 &- format.minimum)
        if !masked.contains(.OE) {
            if exponent &- format.adjustment <= format.maximum || format.adjustment == 0 {
                return Rounded(exponentField: exponent &- format.adjustment &+ (1 &- format.minimum), significand: significand)
            }
            // Only FSCALE gets this far above: SDM Vol. 1, section 8.5.4.
            raised.insert(.PE)
            roundedUp = true
            return Rounded(exponentField: top &+ 1, significand: Extended.J)
        }
        raised.insert(.PE)
        let infinite: Bool
        switch rounding {
        case .nearestEven: infinite = true
        case .down: infinite = exact.negative
        case .up: infinite = !exact.negative
        case .towardZero: infinite = false
        }
        roundedUp = infinite
        if infinite { return Rounded(exponentField: top &+ 1, significand: Extended.J) }
        let shift = UInt64(truncatingIfNeeded: 64 &- format.precision)
        return Rounded(exponentField: top, significand: UInt64.max &<< shift)
    }

    /// Rounds to an x87 register at `precision` bits.
    @inlinable @inline(__always)
    mutating func roundToExtended(_ exact: Unrounded, precision: UInt8 = 64) -> Extended {
        let rounded = round(exact, to: .register(precision: precision))
        return Extended(
            negative: exact.negative, exponentField: UInt16(truncatingIfNeeded: rounded.exponentField),
            significand: rounded.significand)
    }
}
