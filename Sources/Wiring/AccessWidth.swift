/// Number of bytes moved by one access on the bus.
@frozen public enum AccessWidth: Int, Sendable, CaseIterable {
    case byte = 1
    case word = 2
    case doubleword = 4

    /// All bits of a value of this width: FFh, FFFFh or FFFFFFFFh; also what a floating bus reads as.
    public var mask: UInt32 {
        switch self {
        case .byte: 0xFF
        case .word: 0xFFFF
        case .doubleword: 0xFFFF_FFFF
        }
    }
}
