import SoftFloat

/// An XMM register, or an MMX register with the upper half zero. Lane 0 is the least significant. SDM Vol. 1, section 10.2.2.
@frozen public struct XMM: Codable, Equatable, Sendable, BitwiseCopyable {
    /// Two lanes of 64 bits.
    public var quads: SIMD2<UInt64>

    /// A register of zeros.
    @inlinable public init() { quads = .zero }
    /// A register of two quadwords.
    @inlinable public init(low: UInt64, high: UInt64 = 0) { quads = SIMD2(low, high) }

    /// Bits 63 to 0.
    @inlinable public var low: UInt64 {
        get { quads[0] }
        set { quads[0] = newValue }
    }
    /// Bits 127 to 64.
    @inlinable public var high: UInt64 {
        get { quads[1] }
        set { quads[1] = newValue }
    }
}

/// The register's bits in lanes of other sizes.
///
/// SAFETY: all of these are 16 bytes of plain bits without padding.
extension XMM {
    @inline(__always) init(_ lanes: SIMD2<UInt64>) { quads = lanes }
    @inline(__always) init(_ lanes: SIMD2<Int64>) { quads = unsafeBitCast(lanes, to: SIMD2<UInt64>.self) }
    @inline(__always) init(_ lanes: SIMD4<UInt32>) { quads = unsafeBitCast(lanes, to: SIMD2<UInt64>.self) }
    @inline(__always) init(_ lanes: SIMD4<Int32>) { quads = unsafeBitCast(lanes, to: SIMD2<UInt64>.self) }
    @inline(__always) init(_ lanes: SIMD8<UInt16>) { quads = unsafeBitCast(lanes, to: SIMD2<UInt64>.self) }
    @inline(__always) init(_ lanes: SIMD8<Int16>) { quads = unsafeBitCast(lanes, to: SIMD2<UInt64>.self) }
    @inline(__always) init(_ lanes: SIMD16<UInt8>) { quads = unsafeBitCast(lanes, to: SIMD2<UInt64>.self) }
    @inline(__always) init(_ lanes: SIMD16<Int8>) { quads = unsafeBitCast(lanes, to: SIMD2<UInt64>.self) }

    @inline(__always) var signedQuads: SIMD2<Int64> { unsafeBitCast(quads, to: SIMD2<Int64>.self) }
    @inline(__always) var signedDoubles: SIMD4<Int32> { unsafeBitCast(quads, to: SIMD4<Int32>.self) }
    @inline(__always) var signedWords: SIMD8<Int16> { unsafeBitCast(quads, to: SIMD8<Int16>.self) }
    @inline(__always) var signedBytes: SIMD16<Int8> { unsafeBitCast(quads, to: SIMD16<Int8>.self) }
    @inline(__always) var doubles: SIMD4<UInt32> {
        get { unsafeBitCast(quads, to: SIMD4<UInt32>.self) }
        set { quads = unsafeBitCast(newValue, to: SIMD2<UInt64>.self) }
    }
    @inline(__always) var words: SIMD8<UInt16> {
        get { unsafeBitCast(quads, to: SIMD8<UInt16>.self) }
        set { quads = unsafeBitCast(newValue, to: SIMD2<UInt64>.self) }
    }
    @inline(__always) var bytes: SIMD16<UInt8> {
        get { unsafeBitCast(quads, to: SIMD16<UInt8>.self) }
        set { quads = unsafeBitCast(newValue, to: SIMD2<UInt64>.self) }
    }
}

/// The registers that SSE adds to the processor, and MXCSR. SDM Vol. 1, sections 10.2.2 and 10.2.3.
@frozen public struct SSEState: Codable, Equatable, Sendable {
    /// XMM0.
    public var xmm0 = XMM()
    /// XMM1.
    public var xmm1 = XMM()
    /// XMM2.
    public var xmm2 = XMM()
    /// XMM3.
    public var xmm3 = XMM()
    /// XMM4.
    public var xmm4 = XMM()
    /// XMM5.
    public var xmm5 = XMM()
    /// XMM6.
    public var xmm6 = XMM()
    /// XMM7.
    public var xmm7 = XMM()
    /// XMM8.
    public var xmm8 = XMM()
    /// XMM9.
    public var xmm9 = XMM()
    /// XMM10.
    public var xmm10 = XMM()
    /// XMM11.
    public var xmm11 = XMM()
    /// XMM12.
    public var xmm12 = XMM()
    /// XMM13.
    public var xmm13 = XMM()
    /// XMM14.
    public var xmm14 = XMM()
    /// XMM15.
    public var xmm15 = XMM()
    /// The control and status register.
    public var mxcsr = MXCSR.reset

    /// The registers after a reset.
    public init() {}

    /// Register `number` (0…15; higher bits are ignored).
    public subscript(number: UInt8) -> XMM {
        mutating get { withUnsafeMutablePointer(to: &self) { $0.register(number).pointee } }
        set { withUnsafeMutablePointer(to: &self) { $0.register(number).pointee = newValue } }
    }
}

extension UnsafeMutablePointer where Pointee == SSEState {
    /// SAFETY: the sixteen registers are the first fields of the struct and have one type, so they lie one stride apart.
    @inline(__always)
    func register(_ number: UInt8) -> UnsafeMutablePointer<XMM> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: XMM.self) + Int(truncatingIfNeeded: number & 15)
    }
}

/// The control and status register. SDM Vol. 1, figure 10-3.
@frozen public struct MXCSR: OptionSet, Codable, Sendable, Hashable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The value after reset: all exceptions masked.
    @inlinable public static var reset: MXCSR { MXCSR(rawValue: 0x1F80) }
    /// All six exceptions are masked.
    @inlinable public static var masks: MXCSR { MXCSR(rawValue: 0x1F80) }
    /// Denormals are zeros.
    @inlinable public static var DAZ: MXCSR { MXCSR(rawValue: 1 << 6) }
    /// Flush to zero.
    @inlinable public static var FZ: MXCSR { MXCSR(rawValue: 1 << 15) }

    @inline(__always) var masked: FloatExceptions { FloatExceptions(rawValue: UInt8(truncatingIfNeeded: (rawValue &>> 7) & 0x3F)) }
    @inline(__always) var rounding: FloatRounding {
        FloatRounding(rawValue: UInt8(truncatingIfNeeded: (rawValue &>> 13) & 3)).unsafelyUnwrapped
    }

    /// A context for one instruction.
    @inline(__always) var context: FloatContext {
        var context = FloatContext(rounding: rounding, masked: masked)
        context.denormalsAreZero = contains(.DAZ)
        context.flushToZero = contains(.FZ)
        return context
    }
}
