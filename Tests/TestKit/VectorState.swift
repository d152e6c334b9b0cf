/// The registers a vector may name.
public struct VectorState: Equatable, Sendable {
    /// RAX RCX RDX RBX RSP RBP RSI RDI R8…R15.
    public var general = [UInt64](repeating: 0, count: 16)
    public var rip: UInt64 = 0
    public var eflags: UInt32 = 0
    /// CS SS DS ES FS GS, in this order.
    public var selectors = [UInt16](repeating: 0, count: 6)
    /// x87 control word.
    public var fcw: UInt16 = 0
    /// x87 status word; bits 13…11 are TOP.
    public var fsw: UInt16 = 0
    /// Abridged tag word: bit i set when physical register i is not empty.
    public var ftw: UInt16 = 0
    public var mxcsr: UInt32 = 0
    /// By physical number: ST(i) is `x87[(TOP + i) & 7]`.
    public var x87 = [VectorX87Register](repeating: VectorX87Register(), count: 8)
    /// Lane 0 is bits 63…0.
    public var xmm = [SIMD2<UInt64>](repeating: .zero, count: 16)
    /// Bits 255…128 of the YMM registers.
    public var upper = [SIMD2<UInt64>](repeating: .zero, count: 16)

    public init() {}

    /// Sets the registers that `items` name.
    public mutating func apply(_ items: [VectorItem]) {
        for item in items {
            let id = Int(item.id)
            switch id {
            case 0...15: general[id] = item.low
            case 16: rip = item.low
            case 17: eflags = UInt32(truncatingIfNeeded: item.low)
            case 18...23: selectors[id - 18] = UInt16(truncatingIfNeeded: item.low)
            case 24: fcw = UInt16(truncatingIfNeeded: item.low)
            case 25: fsw = UInt16(truncatingIfNeeded: item.low)
            case 26: ftw = UInt16(truncatingIfNeeded: item.low)
            case 27: mxcsr = UInt32(truncatingIfNeeded: item.low)
            case 32...39:
                x87[id - 32] = VectorX87Register(significand: item.low, signExponent: UInt16(truncatingIfNeeded: item.high))
            case 48...63: xmm[id - 48] = SIMD2(item.low, item.high)
            case 64...79: upper[id - 64] = SIMD2(item.low, item.high)
            default: break
            }
        }
    }
}

/// An x87 register as FSTP m80 writes it.
public struct VectorX87Register: Equatable, Sendable {
    public var significand: UInt64
    /// Bit 15 is the sign.
    public var signExponent: UInt16

    public init(significand: UInt64 = 0, signExponent: UInt16 = 0) {
        self.significand = significand
        self.signExponent = signExponent
    }
}

extension VectorState {
    /// The base state of a file: 498 bytes, and 256 for the upper halves.
    init(_ cursor: inout VectorCursor, _ bytes: UnsafeRawBufferPointer, hasUpperHalves: Bool) throws(VectorFileError) {
        for index in 0..<16 { general[index] = try cursor.uint64(bytes) }
        rip = try cursor.uint64(bytes)
        eflags = try cursor.uint32(bytes)
        for index in 0..<6 { selectors[index] = try cursor.uint16(bytes) }
        fcw = try cursor.uint16(bytes)
        fsw = try cursor.uint16(bytes)
        ftw = try cursor.uint16(bytes)
        mxcsr = try cursor.uint32(bytes)
        for index in 0..<8 {
            x87[index] = VectorX87Register(significand: try cursor.uint64(bytes), signExponent: try cursor.uint16(bytes))
        }
        for index in 0..<16 { xmm[index] = SIMD2(try cursor.uint64(bytes), try cursor.uint64(bytes)) }
        guard hasUpperHalves else { return }
        for index in 0..<16 { upper[index] = SIMD2(try cursor.uint64(bytes), try cursor.uint64(bytes)) }
    }
}
