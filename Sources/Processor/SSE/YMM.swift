/// A YMM register; or an XMM or MMX register, and the half above is zero. SDM Vol. 1, section 14.1.
struct YMM: Equatable {
    var low: XMM
    var high: XMM

    @inline(__always) init(_ low: XMM = XMM(), _ high: XMM = XMM()) {
        self.low = low
        self.high = high
    }

    /// The half of 128 bits: 0 or 1.
    @inline(__always) subscript(half: Int) -> XMM {
        get { half == 0 ? low : high }
        set { if half == 0 { low = newValue } else { high = newValue } }
    }

    /// Four quadwords, and eight doublewords.
    @inline(__always) func quad(_ place: Int) -> UInt64 { self[place &>> 1].quads[place & 1] }
    @inline(__always) mutating func setQuad(_ place: Int, _ value: UInt64) { self[place &>> 1].quads[place & 1] = value }
    @inline(__always) func double(_ place: Int) -> UInt32 { self[place &>> 2].doubles[place & 3] }
    @inline(__always) mutating func setDouble(_ place: Int, _ value: UInt32) { self[place &>> 2].doubles[place & 3] = value }
}
