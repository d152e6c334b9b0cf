import TestKit
import Testing

@testable import SoftFloat

/// Lane arithmetic: the host's arithmetic against the portable one, and both against the host where it can tell. SDM Vol. 1, section 4.8.
@Suite("Packed arithmetic") struct PackedArithmeticTests {
    /// Patterns in which zeros, denormals, infinities, NaNs and close exponents are frequent.
    private func pattern<F: PackedFormat>(_ generator: inout RandomNumbers, near other: F.Bits?, _: F.Type) -> F.Bits {
        let choice = generator.next()
        let random = F.Bits(truncatingIfNeeded: generator.next())
        switch choice & 15 {
        case 0: return random & F.signBit
        case 1: return random & (F.signBit | F.fractionMask)
        case 2: return random | F.infinity
        case 3: return (random & F.signBit) | F.infinity
        case 4: return (random & F.signBit) | (1 << F.Bits(F.fractionBits)) | (random & 3)
        case 5, 6, 7:
            // Few bits, so that results are exact or ties.
            return random & ~(F.fractionMask >> F.Bits(choice >> 8 & 15))
        case 8, 9, 10, 11:
            guard let other else { return random }
            return (other &+ (random & 0xFF) << F.Bits(F.fractionBits)) ^ (random & F.signBit) ^ (random & 0xF)
        default: return random
        }
    }

    private func compare<F: PackedFormat>(_ f: F.Type, seed: UInt64, host: (UInt8, F.Bits, F.Bits) -> F.Bits) {
        var generator = RandomNumbers(seed: seed)
        for round in 0..<120_000 {
            let a = pattern(&generator, near: nil, f)
            let b = pattern(&generator, near: a, f)
            var contexts = (FloatContext(), FloatContext())
            let operation = UInt8(round % 4)
            let (fast, slow): (F.Bits, F.Bits)
            switch operation {
            case 0: (fast, slow) = (F.add(a, b, &contexts.0), F.addSlowly(a, b, &contexts.1))
            case 1: (fast, slow) = (F.multiply(a, b, &contexts.0), F.multiplySlowly(a, b, &contexts.1))
            case 2: (fast, slow) = (F.divide(a, b, &contexts.0), F.divideSlowly(a, b, &contexts.1))
            default: (fast, slow) = (F.squareRoot(a, &contexts.0), F.squareRootSlowly(a, &contexts.1))
            }
            #expect(fast == slow && contexts.0.raised == contexts.1.raised, "\(operation) \(a) \(b)")
            let expected = host(operation, a, b)
            if F.isNaN(fast) {
                #expect(F.isNaN(expected), "\(operation) \(a) \(b)")
            } else {
                #expect(fast == expected, "\(operation) \(a) \(b)")
            }
        }
    }

    @Test func singleAgainstTheHost() {
        compare(Single.self, seed: 0xACE1) { operation, a, b in
            let (x, y) = (Float(bitPattern: a), Float(bitPattern: b))
            return [x + y, x * y, x / y, x.squareRoot()][Int(operation)].bitPattern
        }
    }

    @Test func doubleAgainstTheHost() {
        compare(Double64.self, seed: 0xACE2) { operation, a, b in
            let (x, y) = (Double(bitPattern: a), Double(bitPattern: b))
            return [x + y, x * y, x / y, x.squareRoot()][Int(operation)].bitPattern
        }
    }

    @Test func conversionsAgainstTheHost() {
        var generator = RandomNumbers(seed: 0xACE3)
        for _ in 0..<50_000 {
            let single = pattern(&generator, near: nil, Single.self)
            let double = pattern(&generator, near: UInt64(single) << 29 | 0x3800 << 48, Double64.self)
            var context = FloatContext()
            let (x, y) = (Float(bitPattern: single), Double(bitPattern: double))
            if !x.isNaN { #expect(Double64.from(single: single, &context) == Double(x).bitPattern) }
            if !y.isNaN { #expect(Single.from(double: double, &context) == Float(y).bitPattern) }
            if !y.isNaN { #expect(Double64.integral(double, .up, &context) == y.rounded(.up).bitPattern) }
            if !x.isNaN { #expect(Single.integral(single, .nearestEven, &context) == x.rounded(.toNearestOrEven).bitPattern) }
            let whole = y.rounded(.towardZero)
            let isInside = whole >= -0x1p31 && whole < 0x1p31
            let wanted = isInside ? UInt64(UInt32(bitPattern: Int32(whole))) : 0x8000_0000
            #expect(Double64.integer(double, bits: 32, .towardZero, &context) == wanted)
            let value = Int64(bitPattern: generator.next()) >> Int64(double & 63)
            #expect(Single.from(integer: value, &context) == Float(value).bitPattern)
            #expect(Double64.from(integer: value, &context) == Double(value).bitPattern)
        }
    }

    /// One lies between the results of rounding down and up, which are neighbours unless the result is exact.
    @Test func directedRoundingEnclosesTheNearest() {
        var generator = RandomNumbers(seed: 0xACE4)
        for _ in 0..<40_000 {
            let (a, b) = (generator.next() & ~(1 << 62) | 1 << 61, generator.next() & ~(1 << 62) | 1 << 61)
            for operation in [Double64.add, Double64.multiply, Double64.divide] {
                var results: [Double] = []
                var isExact = true
                for rounding in [FloatRounding.down, .nearestEven, .up] {
                    var context = FloatContext(rounding: rounding)
                    results.append(Double(bitPattern: operation(a, b, &context)))
                    isExact = !context.raised.contains(.PE)
                }
                #expect(results[0] <= results[1] && results[1] <= results[2])
                #expect(isExact ? results[0] == results[2] : results[0].nextUp == results[2])
            }
        }
    }
}
