/// The linear addresses that there are: what an address is cut to when it is computed, and whether a page may be looked for at it.
/// SDM Vol. 1, sections 3.3.1 and 3.3.7.1.
///
/// Instructions of 16- and 32-bit code live in the first 4 GBytes, in compatibility mode too. System tables and the stacks of handlers are the
/// processor's own accesses: in IA-32e mode these have 64-bit addresses whatever the code is. An effective address has its own width, which is
/// the instruction's (`Instruction.addressSize`) or that of the stack (`Core.stackMask`).
@frozen package enum AddressSpace: UInt8, Sendable {
    /// Addresses wrap at 4 GBytes.
    case bits32
    /// All 64 bits count, and bits 63…47 have to be equal: the canonical form of 48 bits.
    case canonical48

    /// Bits that an address keeps.
    @inline(__always) package var mask: UInt64 { self == .bits32 ? 0xFFFF_FFFF : .max }

    /// Tells whether bits 63…47 are equal.
    @inline(__always) package static func isCanonical(_ linear: UInt64) -> Bool {
        (linear &+ 0x8000_0000_0000) &>> 48 == 0
    }

    /// Tells whether `size` bytes from `linear` on are all there: they neither wrap at 4 GBytes nor leave the canonical addresses.
    @inline(__always) package func contains(_ linear: UInt64, _ size: UInt64) -> Bool {
        switch self {
        case .bits32: linear &+ size <= 0x1_0000_0000
        case .canonical48: Self.isCanonical(linear) && Self.isCanonical(linear &+ (size &- 1))
        }
    }
}

extension Handle where Pointee == Core {
    /// A linear address of the running code: see `AddressSpace`.
    @inline(__always) func wrapped(_ linear: UInt64) -> UInt64 { linear & pointee.linearMask }
}

extension CPU {
    /// A linear address of a system table, or of a stack that a delivery uses.
    @inline(__always) func wrappedSystem(_ linear: UInt64) -> UInt64 { linear & systemSpace.mask }
}
