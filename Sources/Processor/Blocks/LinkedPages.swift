/// Pages that remembered places of code are in, or may be: what is remembered stays right when the translation of any other page goes.
///
/// A filter: it may say of a page that it is one though it is none.
struct LinkedPages {
    private static let bits = 1 << 16
    /// By number of the page of 4 KBytes.
    private var small = [UInt64](repeating: 0, count: bits / 64)
    /// By number of the 4 MBytes around: for pages of up to that size.
    private var large = [UInt64](repeating: 0, count: bits / 64)
    /// A page was larger than that.
    private var holdsAll = false
    private var isEmpty = true

    /// `span`: bytes of the page at `linear`.
    mutating func insert(_ linear: UInt64, span: UInt64) {
        isEmpty = false
        if span <= 0x1000 {
            Self.set(linear &>> 12, in: &small)
        } else if span <= 0x40_0000 {
            Self.set(linear &>> 22, in: &large)
        } else {
            holdsAll = true
        }
    }

    func contains(_ linear: UInt64) -> Bool {
        holdsAll || Self.isSet(linear &>> 12, in: small) || Self.isSet(linear &>> 22, in: large)
    }

    mutating func removeAll() {
        guard !isEmpty else { return }
        for index in small.indices { small[index] = 0 }
        for index in large.indices { large[index] = 0 }
        (holdsAll, isEmpty) = (false, true)
    }

    private static func set(_ number: UInt64, in words: inout [UInt64]) {
        words[Int(number &>> 6 & 0x3FF)] |= 1 &<< (number & 63)
    }

    private static func isSet(_ number: UInt64, in words: [UInt64]) -> Bool {
        words[Int(number &>> 6 & 0x3FF)] &>> (number & 63) & 1 != 0
    }
}
