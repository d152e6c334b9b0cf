import SoftFloat

/// Numbers with the patterns where arithmetic goes wrong: powers of two, all ones, near-ties, denormals, specials.
public struct ExtendedSamples {
    private var random: RandomNumbers

    public init(seed: UInt64) { random = RandomNumbers(seed: seed) }

    public mutating func next() -> UInt64 { random.next() }

    public mutating func significand() -> UInt64 {
        let random = next()
        switch random & 7 {
        case 0: return 1 << 63
        case 1: return UInt64.max
        case 2: return 1 << 63 | 1 << (next() & 63)
        case 3: return UInt64.max << (next() & 63)
        case 4: return ~(1 << (next() % 63))
        case 5: return next() & next() | 1 << 63
        default: return next() | 1 << 63
        }
    }

    public mutating func number() -> Extended {
        let random = next()
        let sign = UInt16(random & 1) << 15
        switch (random >> 8) & 15 {
        case 0: return Extended(significand: 0, signExponent: sign)
        case 1: return Extended(significand: next() >> (next() & 63), signExponent: sign)
        case 2: return Extended(significand: 1 << 63, signExponent: sign | 0x7FFF)
        case 3: return Extended(significand: next() | 1 << 63, signExponent: sign | 0x7FFF)
        case 4: return Extended(significand: significand(), signExponent: sign | UInt16(next() & 0x7FFF))
        case 5: return Extended(significand: significand(), signExponent: sign | UInt16(1 + next() % 66))
        case 6: return Extended(significand: significand(), signExponent: sign | UInt16(0x7FFE - next() % 66))
        case 7: return Extended(significand: next(), signExponent: sign | UInt16(next() & 0x7FFF))
        default: return Extended(significand: significand(), signExponent: sign | UInt16(0x3FFF + Int(next() % 140) - 70))
        }
    }
}
