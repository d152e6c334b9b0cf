/// The registers that AVX adds to the processor: the upper halves of the YMM registers, and XCR0. SDM Vol. 1, sections 14.1 and 13.3.
@frozen public struct AVXState: Codable, Equatable, Sendable {
    /// Bits 255…128 of YMM0 and so on; bits 127…0 are the XMM registers of `SSEState`.
    public var upper0 = XMM()
    /// Bits 255…128 of YMM1.
    public var upper1 = XMM()
    /// Bits 255…128 of YMM2.
    public var upper2 = XMM()
    /// Bits 255…128 of YMM3.
    public var upper3 = XMM()
    /// Bits 255…128 of YMM4.
    public var upper4 = XMM()
    /// Bits 255…128 of YMM5.
    public var upper5 = XMM()
    /// Bits 255…128 of YMM6.
    public var upper6 = XMM()
    /// Bits 255…128 of YMM7.
    public var upper7 = XMM()
    /// Bits 255…128 of YMM8.
    public var upper8 = XMM()
    /// Bits 255…128 of YMM9.
    public var upper9 = XMM()
    /// Bits 255…128 of YMM10.
    public var upper10 = XMM()
    /// Bits 255…128 of YMM11.
    public var upper11 = XMM()
    /// Bits 255…128 of YMM12.
    public var upper12 = XMM()
    /// Bits 255…128 of YMM13.
    public var upper13 = XMM()
    /// Bits 255…128 of YMM14.
    public var upper14 = XMM()
    /// Bits 255…128 of YMM15.
    public var upper15 = XMM()
    /// The state components that are switched on.
    public var xcr0 = XCR0.reset

    /// The registers after a reset.
    public init() {}

    /// Upper half of register `number` (0…15; higher bits are ignored).
    public subscript(number: UInt8) -> XMM {
        mutating get { withUnsafeMutablePointer(to: &self) { $0.register(number).pointee } }
        set { withUnsafeMutablePointer(to: &self) { $0.register(number).pointee = newValue } }
    }
}

extension UnsafeMutablePointer where Pointee == AVXState {
    /// SAFETY: the sixteen halves are the first fields of the struct and have one type, so they lie one stride apart.
    @inline(__always)
    func register(_ number: UInt8) -> UnsafeMutablePointer<XMM> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: XMM.self) + Int(truncatingIfNeeded: number & 15)
    }
}

/// State components, by their bits in XCR0, XSTATE_BV and the masks of XSAVE and XRSTOR. SDM Vol. 1, sections 13.1 and 13.3.
@frozen public struct XCR0: OptionSet, Codable, Sendable, Hashable {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// The x87 FPU, bit 0: always set.
    @inlinable public static var x87: XCR0 { XCR0(rawValue: 1) }
    /// XMM registers and MXCSR, bit 1.
    @inlinable public static var SSE: XCR0 { XCR0(rawValue: 2) }
    /// Upper halves of YMM registers, bit 2.
    @inlinable public static var AVX: XCR0 { XCR0(rawValue: 4) }
    /// The value after reset.
    @inlinable public static var reset: XCR0 { .x87 }

    /// XSETBV takes it: the x87 is always there, and AVX needs SSE.
    var isConsistent: Bool { contains(.x87) && (contains(.SSE) || !contains(.AVX)) }
}
