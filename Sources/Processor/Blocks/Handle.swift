/// A place in memory that an engine manages itself, outside of Swift's reference counting: what the inner loops go through. It can be read and written,
/// compared and named by its address; it can neither be freed nor be moved further than to a neighbour in the same array.
///
/// SAFETY: only the owner of the memory makes one, with `init(_:)`, and does not free the memory as long as anybody may hold it. Each of the four
/// names below says who that is and how long it lasts.
package struct Handle<Pointee>: Hashable {
    /// For the owner, and for addresses in machine code.
    @usableFromInline package let pointer: UnsafeMutablePointer<Pointee>

    @inlinable @inline(__always) package init(_ pointer: UnsafeMutablePointer<Pointee>) { self.pointer = pointer }

    package var pointee: Pointee {
        @inlinable @inline(__always) unsafeAddress { UnsafePointer(pointer) }
        @inlinable @inline(__always) nonmutating unsafeMutableAddress { pointer }
    }

    /// The neighbour `distance` elements behind it.
    @inlinable @inline(__always) package static func + (handle: Self, distance: Int) -> Self {
        Self(handle.pointer + distance)
    }
    @inlinable @inline(__always) package static func - (handle: Self, distance: Int) -> Self {
        Self(handle.pointer - distance)
    }
    @inlinable @inline(__always) package static func += (handle: inout Self, distance: Int) {
        handle = handle + distance
    }
    @inlinable @inline(__always) package static func - (handle: Self, other: Self) -> Int {
        handle.pointer - other.pointer
    }

    package subscript(_ index: Int) -> Pointee {
        @inlinable @inline(__always) unsafeAddress { UnsafePointer(pointer + index) }
        @inlinable @inline(__always) nonmutating unsafeMutableAddress { pointer + index }
    }

    /// The host's address, as machine code has it.
    @inlinable @inline(__always) package var address: UInt { UInt(bitPattern: pointer) }
}

/// A block of decoded instructions.
///
/// SAFETY: it lies in the `BlockCache` of a machine, which frees none before the last processor goes. A block that is dropped stays readable, and
/// is filled with another one only after the cache was emptied, when nothing runs in it: links and translations that knew it are gone then.
package typealias BlockHandle = Handle<Block>

/// An instruction of a block.
///
/// SAFETY: it lies in the array of its `BlockCache`, the instructions of a block one behind the other and a `.leave` behind the last; `+ 1` of any but that is in
/// the same block. It lives as long as its block.
package typealias OpHandle = Handle<Op>

/// A processor's state as the inner loops and machine code see it, native state included.
///
/// SAFETY: `CPU` allocates it when it is made and frees it when it goes; whoever holds one is held by the processor, or runs on it.
package typealias CoreHandle = Handle<Core>

/// An entry of a TLB.
///
/// SAFETY: the entries are one array of `TLB.count`, allocated with the processor and freed with it; an index into it is masked.
package typealias TLBEntryHandle = Handle<TLBEntry>
