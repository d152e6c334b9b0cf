import Processor
import Wiring

/// Places on stacks that an instruction or an interrupt will return through, by their physical addresses.
struct KeptAddresses {
    struct Kept {
        let value: UInt64
        let size: UInt64
        let linear: UInt64
        /// Number of the stack.
        let stack: Int
        /// Of an interrupt or exception: its handler may change it.
        let isFrame: Bool
        /// The CALL, or the instruction that was interrupted.
        let caller: CodePlace
        var change: Change?
    }

    /// The writer that changed it, and how.
    struct Change {
        let writer: CodePlace
        let text: String
        /// It was pushed by code on another stack, which ran into this one.
        var isFromOtherStack = false
        /// It was stored by way of the stack pointer, by code without variables at that stack pointer: a jump to what is stored, if code is there.
        var isJump = false
    }

    private var places: [UInt64: Kept] = [:]
    /// A byte for each two bytes of RAM: most stores need no further look.
    ///
    /// SAFETY: `units` and eight bytes more, allocated in `init` and given back in `deallocate`; indices are compared with `units` first.
    private let marks: UnsafeMutablePointer<UInt8>
    private let units: Int
    private static let most = 1 << 18

    init(memoryBytes: UInt64) throws(HostMemory.Exhausted) {
        units = Int(memoryBytes >> 1)
        marks = try HostMemory.zeroed(UInt8.self, count: units + 8)
    }

    func deallocate() { HostMemory.free(marks, count: units + 8) }

    @inline(__always)
    private func range(_ physical: UInt64, _ size: UInt64) -> (first: Int, count: Int)? {
        let first = physical &>> 1
        guard first < UInt64(units), size > 0 else { return nil }
        let last = min((physical &+ size &- 1) &>> 1, UInt64(units) &- 1)
        return (Int(truncatingIfNeeded: first), Int(truncatingIfNeeded: last &- first) &+ 1)
    }

    /// Tells whether a store of at most eight bytes may touch one.
    @inline(__always)
    func touches(_ physical: UInt64, _ size: UInt64) -> Bool {
        guard let (first, count) = range(physical, size) else { return false }
        let bytes = UnsafeRawPointer(marks + first).loadUnaligned(as: UInt64.self)
        return bytes & (UInt64.max &>> UInt64(64 &- 8 &* count)) != 0
    }

    private func mark(_ physical: UInt64, _ size: UInt64, _ value: UInt8) {
        guard let (first, count) = range(physical, size) else { return }
        for unit in first..<first + count { marks[unit] = value }
    }

    mutating func insert(_ kept: Kept, at physical: UInt64) {
        if places.count >= Self.most { removeAll() }
        places[physical] = kept
        mark(physical, kept.size, 1)
    }

    mutating func removeAll() {
        for (address, kept) in places { mark(address, kept.size, 0) }
        places = [:]
    }

    mutating func remove(at physical: UInt64) -> Kept? {
        guard let kept = places.removeValue(forKey: physical) else { return nil }
        mark(physical, kept.size, 0)
        return kept
    }

    /// Lets `change` decide of each that `size` bytes at a physical address touch: nil removes it.
    mutating func forEach(touching physical: UInt64, _ size: UInt64, _ change: (UInt64, Kept) -> Kept?) {
        for address in physical &- min(physical, 7)..<physical &+ size {
            guard let kept = places[address], address &+ kept.size > physical else { continue }
            if let changed = change(address, kept) {
                places[address] = changed
            } else {
                _ = remove(at: address)
            }
        }
    }
}
