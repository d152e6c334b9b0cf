/// Pages that remembered places of code are in, or may be: what is remembered stays right when the translation of any other page goes.
///
/// A filter: it may say of a page that it is one though it is none.
struct LinkedPages {
    /// By number of the page of 4 KBytes.
    private var small = Bitmap()
    /// By number of the 4 MBytes around: for pages of up to that size.
    private var large = Bitmap()
    /// A page was larger than that.
    private var holdsAll = false

    /// `span`: bytes of the page at `linear`.
    mutating func insert(_ linear: UInt64, span: UInt64) {
        if span <= 0x1000 {
            small.insert(linear &>> 12)
        } else if span <= 0x40_0000 {
            large.insert(linear &>> 22)
        } else {
            holdsAll = true
        }
    }

    func contains(_ linear: UInt64) -> Bool {
        holdsAll || small.contains(linear &>> 12) || large.contains(linear &>> 22)
    }

    mutating func removeAll() {
        small.removeAll()
        large.removeAll()
        holdsAll = false
    }
}

extension LinkedPages {
    /// 65536 bits by the low bits of a number, with the words of them that are not 0: a MOV to CR3 clears those only, not 8 KBytes each time.
    private struct Bitmap {
        private var words = [UInt64](repeating: 0, count: 1024)
        private var used: [Int] = []

        mutating func insert(_ number: UInt64) {
            let index = Self.index(of: number)
            if words[index] == 0 { used.append(index) }
            words[index] |= 1 &<< (number & 63)
        }

        func contains(_ number: UInt64) -> Bool {
            words[Self.index(of: number)] &>> (number & 63) & 1 != 0
        }

        mutating func removeAll() {
            for index in used { words[index] = 0 }
            used.removeAll(keepingCapacity: true)
        }

        private static func index(of number: UInt64) -> Int {
            Int(number &>> 6 & 0x3FF)
        }
    }
}
