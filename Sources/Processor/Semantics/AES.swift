import X86

/// AESENC and its like, and PCLMULQDQ. SDM Vol. 1, sections 12.13.1 to 12.13.4; FIPS 197.
extension SSEUnit {
    func encrypt() throws(Fault) {
        try needSSE()
        let (a, b) = (firstXMM, try source128())
        switch instruction.operation {
        case .aesenc: setDestination(XMM(AES.mixColumns(AES.substitute(AES.shiftRows(a))).quads ^ b.quads))
        case .aesenclast: setDestination(XMM(AES.substitute(AES.shiftRows(a)).quads ^ b.quads))
        case .aesdec: setDestination(XMM(AES.inverseMixColumns(AES.inverseSubstitute(AES.inverseShiftRows(a))).quads ^ b.quads))
        case .aesdeclast: setDestination(XMM(AES.inverseSubstitute(AES.inverseShiftRows(a)).quads ^ b.quads))
        case .aesimc: setDestination(AES.inverseMixColumns(b))
        case .aeskeygenassist:
            let words = AES.substitute(b).doubles
            let constant = UInt32(truncatingIfNeeded: immediate)
            func rotated(_ word: UInt32) -> UInt32 { (word &>> 8 | word &<< 24) ^ constant }
            setDestination(XMM(SIMD4(words[1], rotated(words[1]), words[3], rotated(words[3]))))
        default:
            let product = Self.carryLessProduct(immediate & 1 == 0 ? a.low : a.high, immediate & 0x10 == 0 ? b.low : b.high)
            setDestination(product)
        }
    }

    private static func carryLessProduct(_ a: UInt64, _ b: UInt64) -> XMM {
        var (low, high) = (UInt64(0), UInt64(0))
        var rest = b
        while rest != 0 {
            let bit = UInt64(truncatingIfNeeded: rest.trailingZeroBitCount)
            low ^= a &<< bit
            if bit != 0 { high ^= a &>> (64 &- bit) }
            rest &= rest &- 1
        }
        return XMM(low: low, high: high)
    }
}

/// The steps of AES on a state of sixteen bytes, column by column. FIPS 197, section 5.
enum AES {
    /// The product of two bytes in GF(2⁸), modulo x⁸ + x⁴ + x³ + x + 1.
    private static func product(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var (a, b, result) = (a, b, UInt8(0))
        while b != 0 {
            if b & 1 != 0 { result ^= a }
            a = a &<< 1 ^ (a & 0x80 != 0 ? 0x1B : 0)
            b &>>= 1
        }
        return result
    }

    /// The multiplicative inverse and an affine transformation. FIPS 197, section 5.1.1.
    private static let box: [UInt8] = {
        var inverse = [UInt8](repeating: 0, count: 256)
        for a in UInt8(1)...255 {
            for b in UInt8(1)...255 where product(a, b) == 1 { inverse[Int(a)] = b }
        }
        return inverse.map { b in
            func rotated(_ count: UInt8) -> UInt8 { b &<< count | b &>> (8 - count) }
            return b ^ rotated(1) ^ rotated(2) ^ rotated(3) ^ rotated(4) ^ 0x63
        }
    }()

    private static let inverseBox: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 256)
        for (byte, substitute) in box.enumerated() { table[Int(substitute)] = UInt8(byte) }
        return table
    }()

    private static func map(_ x: XMM, _ table: [UInt8]) -> XMM {
        var result = x
        for place in 0..<16 { result.bytes[place] = table[Int(truncatingIfNeeded: x.bytes[place])] }
        return result
    }

    static func substitute(_ x: XMM) -> XMM { map(x, box) }
    static func inverseSubstitute(_ x: XMM) -> XMM { map(x, inverseBox) }

    /// Row r moves r columns to the left.
    static func shiftRows(_ x: XMM) -> XMM { moved(x) { ($0 &+ ($0 & 3) &* 4) & 15 } }
    static func inverseShiftRows(_ x: XMM) -> XMM { moved(x) { ($0 &- ($0 & 3) &* 4) & 15 } }

    private static func moved(_ x: XMM, _ from: (Int) -> Int) -> XMM {
        var result = x
        for place in 0..<16 { result.bytes[place] = x.bytes[from(place)] }
        return result
    }

    static func mixColumns(_ x: XMM) -> XMM { mixed(x, (2, 3, 1, 1)) }
    static func inverseMixColumns(_ x: XMM) -> XMM { mixed(x, (14, 11, 13, 9)) }

    private static func mixed(_ x: XMM, _ row: (UInt8, UInt8, UInt8, UInt8)) -> XMM {
        var result = x
        for place in 0..<16 {
            let column = place & 12
            func byte(_ next: Int) -> UInt8 { x.bytes[column | (place &+ next) & 3] }
            result.bytes[place] =
                product(byte(0), row.0) ^ product(byte(1), row.1) ^ product(byte(2), row.2) ^ product(byte(3), row.3)
        }
        return result
    }
}
