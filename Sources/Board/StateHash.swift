/// A 128-bit fingerprint of everything a machine remembers. Equal machines have equal hashes on every host; not
/// cryptographic, because nobody attacks it. Two lanes of multiply-and-fold with constants from the digits of π.
public struct StateHash: Codable, Equatable, Hashable, Sendable {
    /// The upper 64 bits.
    public private(set) var high: UInt64 = 0x243F_6A88_85A3_08D3
    /// The lower 64 bits.
    public private(set) var low: UInt64 = 0x1319_8A2E_0370_7344

    /// The hash of nothing.
    public init() {}

    /// Takes one number in.
    @inline(__always)
    public mutating func combine(_ value: UInt64) {
        high = Self.fold(high ^ value, 0xA409_3822_299F_31D1) ^ low
        low = Self.fold(low &+ value, 0x082E_FA98_EC4E_6C89) &+ high
    }

    /// Takes a text in, and its length.
    public mutating func combine(_ text: String) {
        var count: UInt64 = 0
        for byte in text.utf8 {
            combine(UInt64(byte))
            count &+= 1
        }
        combine(count)
    }

    /// Takes memory in: the number and the words of each 4-KB page that is not all zero.
    ///
    /// `count` is a multiple of 4096 and `base` aligned to 8 bytes. Four independent lanes inside a page keep the
    /// multiplier busy; a page of zeros costs only the look.
    mutating func combine(pagesAt base: UnsafeRawPointer, count: Int) {
        combine(UInt64(truncatingIfNeeded: count))
        var page = 0
        while page &* 4096 < count {
            let words = (base + page &* 4096).assumingMemoryBound(to: UInt64.self)
            if !Self.isZero(words) {
                combine(UInt64(truncatingIfNeeded: page))
                combine(page: words)
            }
            page &+= 1
        }
    }

    private static func isZero(_ words: UnsafePointer<UInt64>) -> Bool {
        var index = 0
        while index < 512 {
            var any: UInt64 = 0
            for word in index..<index &+ 32 { any |= UInt64(littleEndian: words[word]) }
            guard any == 0 else { return false }
            index &+= 32
        }
        return true
    }

    private mutating func combine(page words: UnsafePointer<UInt64>) {
        var a: UInt64 = 1
        var b: UInt64 = 2
        var c: UInt64 = 3
        var d: UInt64 = 4
        var index = 0
        while index < 512 {
            a = Self.fold(a ^ UInt64(littleEndian: words[index]), 0x4528_21E6_38D0_1377 ^ UInt64(littleEndian: words[index &+ 1]))
            b = Self.fold(
                b ^ UInt64(littleEndian: words[index &+ 2]), 0xBE54_66CF_34E9_0C6C ^ UInt64(littleEndian: words[index &+ 3]))
            c = Self.fold(
                c ^ UInt64(littleEndian: words[index &+ 4]), 0xC0AC_29B7_C97C_50DD ^ UInt64(littleEndian: words[index &+ 5]))
            d = Self.fold(
                d ^ UInt64(littleEndian: words[index &+ 6]), 0x3F84_D5B5_B547_0917 ^ UInt64(littleEndian: words[index &+ 7]))
            index &+= 8
        }
        combine(a)
        combine(b)
        combine(c)
        combine(d)
    }

    /// Both halves of the 128-bit product, folded; a zero factor is replaced, or it would swallow the other.
    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a == 0 ? 0x9216_D5D9_8979_FB1B : a).multipliedFullWidth(by: b == 0 ? 0xD131_0BA6_98DF_B5AC : b)
        return product.high ^ product.low
    }
}

extension StateHash: CustomStringConvertible {
    /// 32 hexadecimal digits.
    public var description: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The hash that `description` wrote.
    public init?(_ text: String) {
        guard text.utf8.count == 32, text.allSatisfy(\.isHexDigit), let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.high = high
        self.low = low
    }
}

extension StateHash {
    /// Takes in a plain value that does not encode itself: its integers, flags and raw values by name, in order of declaration.
    mutating func combine(reflecting value: Any) {
        switch value {
        case let number as any FixedWidthInteger: combine(UInt64(truncatingIfNeeded: number))
        case let flag as Bool: combine(flag ? 1 : 0)
        case let raw as any RawRepresentable: combine(reflecting: raw.rawValue)
        default:
            let mirror = Mirror(reflecting: value)
            precondition(!mirror.children.isEmpty || mirror.displayStyle != .enum, "an enum without raw values has no fixed number")
            for child in mirror.children {
                combine(child.label ?? "")
                combine(reflecting: child.value)
            }
        }
    }
}
