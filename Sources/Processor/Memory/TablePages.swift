/// The host memory of pages that page walks have read lately: a walk asks the bus for a page of tables once, not at each entry.
///
/// SAFETY: `count` entries, allocated in `init`, freed by the owning `CPU`; numbers are masked by `slot`. As `PhysicalPage` says, pointers are good
/// until `CPU.mapChanged()`, which empties this.
struct TablePages {
    private struct Entry {
        var address = UInt64.max
        var host: UnsafeMutableRawPointer?
    }

    private static let count = 64
    private let entries: UnsafeMutablePointer<Entry>

    init() {
        entries = .allocate(capacity: Self.count)
        removeAll()
    }

    func deallocate() { entries.deallocate() }

    /// The page at a physical address, of which the low 12 bits are 0; nil when it is not remembered.
    @inline(__always)
    subscript(address: UInt64) -> UnsafeMutableRawPointer? {
        get {
            let slot = Self.slot(address)
            return entries[slot].address == address ? entries[slot].host : nil
        }
        nonmutating set { entries[Self.slot(address)] = Entry(address: address, host: newValue) }
    }

    func removeAll() { entries.initialize(repeating: Entry(), count: Self.count) }

    @inline(__always)
    private static func slot(_ address: UInt64) -> Int {
        let number = address &>> 12
        return Int(truncatingIfNeeded: (number ^ (number &>> 6)) & UInt64(truncatingIfNeeded: count &- 1))
    }
}
