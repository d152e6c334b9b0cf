import TestKit
import Testing

@testable import SoftFloat

@Suite("Extended arithmetic") struct SoftFloatTests {
    static let one = Extended.one()
    static let largest = Extended(significand: .max, signExponent: 0x7FFE)
    static let smallestNormal = Extended(significand: 1 << 63, signExponent: 1)

    @Test func roundingDirections() {
        // 1 + 2^-64 is a tie for 64 bits of significand.
        let half = Extended(significand: 1 << 63, signExponent: 0x3FFF - 64)
        for (rounding, expected, up): (FloatRounding, UInt64, Bool) in [
            (.nearestEven, 1 << 63, false), (.down, 1 << 63, false), (.up, 1 << 63 | 1, true), (.towardZero, 1 << 63, false),
        ] {
            var context = FloatContext(rounding: rounding)
            #expect(Extended.add(Self.one, half, &context) == Extended(significand: expected, signExponent: 0x3FFF))
            #expect(context.raised == .PE && context.roundedUp == up)
        }
    }

    @Test func precisionControl() {
        let third = { (precision: UInt8) -> UInt64 in
            var context = FloatContext(precision: precision)
            let three = Extended(significand: 3 << 62, signExponent: 0x4000)
            return Extended.divide(Self.one, three, &context).significand
        }
        #expect(third(64) == 0xAAAA_AAAA_AAAA_AAAB)
        #expect(third(53) == 0xAAAA_AAAA_AAAA_A800)
        #expect(third(24) == 0xAAAA_AB00_0000_0000)
    }

    @Test func overflowAndUnderflow() {
        var context = FloatContext()
        #expect(Extended.add(Self.largest, Self.largest, &context) == .infinity())
        #expect(context.raised == [.OE, .PE] && context.roundedUp)
        context = FloatContext(rounding: .towardZero)
        #expect(Extended.add(Self.largest, Self.largest, &context) == Self.largest)
        // Unmasked: the exponent wraps by 24576.
        context = FloatContext(masked: FloatExceptions.all.subtracting(.OE))
        let wrapped = Extended.add(Self.largest, Self.largest, &context)
        #expect(wrapped == Extended(significand: .max, signExponent: 0x7FFF - 24576) && context.raised == .OE)

        let half = Extended(significand: 1 << 63, signExponent: 0x3FFE)
        context = FloatContext()
        #expect(Extended.multiply(Self.smallestNormal, half, &context) == Extended(significand: 1 << 62, signExponent: 0))
        #expect(context.raised == [])  // tiny but exact
        context = FloatContext(masked: FloatExceptions.all.subtracting(.UE))
        #expect(Extended.multiply(Self.smallestNormal, half, &context).signExponent == 24576)
        #expect(context.raised == .UE)
    }

    @Test func invalidOperations() {
        let signaling = Extended(significand: 0xA000_0000_0000_0000, signExponent: 0x7FFF)
        let quiet = Extended(significand: 0xC000_0000_0000_0001, signExponent: 0xFFFF)
        let unnormal = Extended(significand: 1, signExponent: 0x3FFF)
        var context = FloatContext()
        #expect(Extended.add(signaling, quiet, &context) == quiet && context.raised == .IE)
        context = FloatContext()
        #expect(Extended.add(quiet, Self.one, &context) == quiet && context.raised == [])
        context = FloatContext()
        #expect(Extended.add(Self.one, unnormal, &context) == .indefinite && context.raised == .IE)
        context = FloatContext()
        #expect(Extended.subtract(.infinity(), .infinity(), &context) == .indefinite && context.raised == .IE)
        context = FloatContext()
        #expect(Extended.divide(Self.one.negated, .zero(), &context) == .infinity(negative: true) && context.raised == .ZE)
        context = FloatContext()
        #expect(Extended.squareRoot(Self.one.negated, &context) == .indefinite && context.raised == .IE)
        context = FloatContext()
        #expect(Extended.squareRoot(.zero(negative: true), &context) == .zero(negative: true) && context.raised == [])
    }

    /// a = b × quotient + rest, checked with integers where everything is exact.
    @Test func remainders() {
        var samples = ExtendedSamples(seed: 7)
        for _ in 0..<20_000 {
            let a = Int64(bitPattern: samples.next()) >> Int64(samples.next() & 31)
            let b = Int64(bitPattern: samples.next()) >> Int64(samples.next() % 62)
            if b == 0 || b == -1 { continue }
            var context = FloatContext()
            let result = Extended.remainder(.widen(integer: a), .widen(integer: b), nearest: false, &context)
            let (quotient, rest) = a.quotientAndRemainder(dividingBy: b)
            let expected = rest == 0 ? Extended.zero(negative: a < 0) : Extended.widen(integer: rest)
            if result.value != expected || result.isIncomplete || (a != 0 && result.quotient != UInt8(quotient.magnitude & 7)) {
                Issue.record("\(a) rem \(b): \(result)")
            }
        }
        // Twice the smallest step: an incomplete reduction goes on until it is complete.
        var a = Extended(significand: 0xDEAD_BEEF_CAFE_F00D, signExponent: 0x3FFF + 300)
        let b = Extended(significand: 0x9000_0000_0000_0001, signExponent: 0x3FFF)
        var steps = 0
        while steps < 20 {
            var context = FloatContext()
            let result = Extended.remainder(a, b, nearest: false, &context)
            a = result.value
            steps += 1
            if !result.isIncomplete { break }
        }
        // 0xDEADBEEFCAFEF00D × 2^300 mod 0x9000000000000001
        var expected: UInt64 = 0xDEAD_BEEF_CAFE_F00D % 0x9000_0000_0000_0001
        for _ in 0..<300 {
            let (doubled, carry) = expected.addingReportingOverflow(expected)
            expected = carry || doubled >= b.significand ? doubled &- b.significand : doubled
        }
        let finite = Finite(normalizing: expected, negative: false, exponent: 0)
        #expect(a.significand == finite.significand && Int32(a.exponentField) - 16383 == finite.exponent)
        #expect(steps > 3 && steps < 10)
    }

    @Test func decimalRoundTrip() {
        var samples = ExtendedSamples(seed: 99)
        for _ in 0..<5_000 {
            let value = Int64(samples.next() % 1_000_000_000_000_000_000) * (samples.next() & 1 == 0 ? 1 : -1)
            var context = FloatContext()
            let decimal = Extended.widen(integer: value).toDecimal(&context)
            if Extended.widen(decimal: decimal.low, decimal.high) != .widen(integer: value) || !context.raised.isEmpty {
                Issue.record("\(value): \(decimal)")
            }
        }
        var context = FloatContext()
        #expect(Extended.widen(integer: 1_000_000_000_000_000_000).toDecimal(&context) == (0xC000_0000_0000_0000, 0xFFFF))
        #expect(context.raised == .IE)
        #expect(Extended.widen(integer: -42).toDecimal(&context) == (0x42, 0x8000))
    }

    /// Angles of quarter turns, as far as 66 bits of π go.
    @Test func transcendentalLandmarks() throws {
        var context = FloatContext()
        let pi = Extended(significand: 0xC90F_DAA2_2168_C235, signExponent: 0x4000)
        #expect(Extended.arctangent(y: .zero(), x: Self.one.negated, &context) == pi)
        // FPU π is 66 bits; the nearest 64-bit number differs from it by −2^-64 × 0.5 or so.
        let sine = try #require(Extended.sine(pi, &context))
        #expect(sine.isNegative && sine.exponentField == 0x3FFF - 64)
        #expect(Extended.sine(Extended(significand: 1 << 63, signExponent: 0x3FFF + 63), &context) == nil)
        #expect(Extended.exponentialMinusOne(Self.one, &context) == Self.one)
        let eight = Extended.widen(integer: 8)
        #expect(Extended.logarithm(eight, times: Self.one, &context) == Extended.widen(integer: 3))
        #expect(
            Extended.arctangent(y: Self.one, x: Self.one, &context) == Extended(significand: pi.significand, signExponent: 0x3FFE))
    }
}
