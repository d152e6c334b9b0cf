/// Packed decimal integers of 18 digits: FBLD and FBSTP. SDM Vol. 1, section 4.7; Vol. 2A.
///
/// In memory: nine bytes of two digits, low digits first, and a byte of which bit 7 is the sign. Here: `low` is bytes 0…7, `high` bytes 8…9.
extension Extended {
    package static func widen(decimal low: UInt64, _ high: UInt16) -> Extended {
        var value: UInt64 = 0
        var digits = low
        var scale: UInt64 = 1
        for _ in 0..<16 {
            value = value &+ (digits & 0xF) &* scale
            digits = digits &>> 4
            scale = scale &* 10
        }
        value = value &+ UInt64(truncatingIfNeeded: high & 0xF) &* scale
        value = value &+ UInt64(truncatingIfNeeded: (high &>> 4) & 0xF) &* scale &* 10
        let negative = high & 0x8000 != 0
        if value == 0 { return .zero(negative: negative) }
        let number = widen(integer: Int64(truncatingIfNeeded: value))
        return negative ? number.negated : number
    }

    /// Rounds to 18 digits; out of range gives the packed BCD indefinite.
    package func toDecimal(_ context: inout FloatContext) -> (low: UInt64, high: UInt16) {
        guard var rest = roundedMagnitude(limit: 999_999_999_999_999_999, &context) else { return (0xC000_0000_0000_0000, 0xFFFF) }
        var low: UInt64 = 0
        for position in UInt64(0)..<16 {
            low |= (rest % 10) &<< (position &* 4)
            rest /= 10
        }
        var high: UInt16 = isNegative ? 0x8000 : 0
        high |= UInt16(truncatingIfNeeded: rest % 10)
        high |= UInt16(truncatingIfNeeded: rest / 10) &<< 4
        return (low, high)
    }
}
