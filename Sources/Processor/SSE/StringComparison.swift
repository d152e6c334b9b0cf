import X86

/// PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM. SDM Vol. 1, section 12.10 (string processing); Vol. 2B, section 4.1.
///
/// `first` is the register operand, `second` the register or memory operand.
struct StringComparison {
    private let first: XMM
    private let second: XMM
    private let control: UInt8
    /// Elements that belong to the strings; the rest is invalid.
    private let firstLength: Int
    private let secondLength: Int
    /// One bit for each element of `second`: IntRes2.
    private(set) var result: UInt32 = 0

    private var hasWords: Bool { control & 1 != 0 }
    private var isSigned: Bool { control & 2 != 0 }
    /// Elements of an operand: 16 bytes or 8 words.
    var count: Int { hasWords ? 8 : 16 }

    /// Lengths are in elements, of any sign; nil: up to the first zero.
    init(_ first: XMM, _ second: XMM, control: UInt8, lengths: (Int64, Int64)?) {
        self.first = first
        self.second = second
        self.control = control
        let elements = control & 1 != 0 ? 8 : 16
        if let lengths {
            firstLength = Int(min(lengths.0.magnitude, UInt64(elements)))
            secondLength = Int(min(lengths.1.magnitude, UInt64(elements)))
        } else {
            firstLength = Self.length(first, elements)
            secondLength = Self.length(second, elements)
        }
        result = polarized(aggregated())
    }

    private static func length(_ x: XMM, _ elements: Int) -> Int {
        for place in 0..<elements where elements == 8 ? x.words[place] == 0 : x.bytes[place] == 0 { return place }
        return elements
    }

    private func element(_ x: XMM, _ place: Int) -> Int32 {
        switch (hasWords, isSigned) {
        case (false, false): Int32(x.bytes[place])
        case (false, true): Int32(x.signedBytes[place])
        case (true, false): Int32(x.words[place])
        case (true, true): Int32(x.signedWords[place])
        }
    }

    /// IntRes1.
    private func aggregated() -> UInt32 {
        var bits: UInt32 = 0
        for place in 0..<count where matches(place) { bits |= 1 &<< UInt32(truncatingIfNeeded: place) }
        return bits
    }

    private func matches(_ place: Int) -> Bool {
        switch (control &>> 2) & 3 {
        case 0:  // equal any
            guard place < secondLength else { return false }
            let sought = element(second, place)
            for other in 0..<firstLength where element(first, other) == sought { return true }
            return false
        case 1:  // ranges
            guard place < secondLength else { return false }
            let sought = element(second, place)
            var pair = 0
            while pair + 1 < firstLength {
                if element(first, pair) <= sought && sought <= element(first, pair + 1) { return true }
                pair += 2
            }
            return false
        case 2:  // equal each
            if place >= firstLength || place >= secondLength { return place >= firstLength && place >= secondLength }
            return element(first, place) == element(second, place)
        default:  // equal ordered
            var other = 0
            while other < firstLength && place + other < count {
                if place + other >= secondLength || element(first, other) != element(second, place + other) { return false }
                other += 1
            }
            return true
        }
    }

    private func polarized(_ bits: UInt32) -> UInt32 {
        let all: UInt32 = (1 &<< UInt32(truncatingIfNeeded: count)) &- 1
        switch (control &>> 4) & 3 {
        case 1: return bits ^ all
        case 3: return bits ^ ((1 &<< UInt32(truncatingIfNeeded: secondLength)) &- 1)
        default: return bits
        }
    }

    /// The result for ECX.
    var index: UInt64 {
        if result == 0 { return UInt64(count) }
        return UInt64(control & 0x40 == 0 ? result.trailingZeroBitCount : 31 - result.leadingZeroBitCount)
    }

    /// The result for XMM0.
    var mask: XMM {
        guard control & 0x40 != 0 else { return XMM(low: UInt64(result)) }
        var bytes = SIMD16<UInt8>.zero
        for byte in 0..<16 where result &>> UInt32(truncatingIfNeeded: hasWords ? byte / 2 : byte) & 1 != 0 { bytes[byte] = 0xFF }
        return XMM(bytes)
    }

    var flags: EFLAGS {
        var flags: EFLAGS = []
        if result != 0 { flags.insert(.CF) }
        if secondLength < count { flags.insert(.ZF) }
        if firstLength < count { flags.insert(.SF) }
        if result & 1 != 0 { flags.insert(.OF) }
        return flags
    }
}
