/// Translations from linear pages to host memory. SDM Vol. 3A, section 4.10.
///
/// A cache: dropping entries at any time changes nothing but speed. There is one table for supervisor and one for user accesses, so
/// an access compares a tag and checks no rights. Tags hold a page's linear address; `noTag` never matches. What has no host
/// pointer (devices, watched pages) has no tag and goes the slow way. Write tags of pages with decoded code have `besideCode`, so that they do
/// not match either: a store there is compared with `CodePage` first.
package struct TLBEntry {
    package var readTag: UInt64 = TLBEntry.noTag
    package var writeTag: UInt64 = TLBEntry.noTag
    /// Host address minus linear address.
    package var addend: Int = 0
    /// Physical address of the page; bit 0: global; bit 1: the slot is in its table's list of used ones; bit 2: part of a large page.
    package var physical: UInt64 = 0

    static let noTag: UInt64 = 1
    /// In write tags: some bytes of the page belong to blocks.
    package static let besideCode: UInt64 = 2
    package static let count = 1024
    @inline(__always) static func slot(_ linear: UInt64) -> Int {
        Int(truncatingIfNeeded: (linear &>> 12) & UInt64(truncatingIfNeeded: count &- 1))
    }
    static let global: UInt64 = 1
    static let listed: UInt64 = 2
    static let large: UInt64 = 4
    var isGlobal: Bool { physical & TLBEntry.global != 0 }
    var isLarge: Bool { physical & TLBEntry.large != 0 }
    var physicalPage: UInt64 { physical & ~0xFFF }
    var isEmpty: Bool { readTag == TLBEntry.noTag && writeTag == TLBEntry.noTag }
    /// Address of the page that it is for, unless it is empty.
    var linearPage: UInt64 { (readTag != TLBEntry.noTag ? readTag : writeTag) & ~0xFFF }

    mutating func removeTags() { (readTag, writeTag) = (TLBEntry.noTag, TLBEntry.noTag) }
}

/// The instruction side: pages that may be fetched from, with their host bytes.
struct FetchTLBEntry {
    var tag: UInt64 = TLBEntry.noTag
    var physical: UInt64 = 0
    /// Bytes of the page that it is of.
    var span: UInt64 = 0x1000
    var isGlobal = false
    /// First host byte of the page; nil for a device.
    var host: UnsafeMutableRawPointer?

    static let count = 128
    @inline(__always) static func slot(_ linear: UInt64) -> Int {
        Int(truncatingIfNeeded: (linear &>> 12) & UInt64(truncatingIfNeeded: count &- 1))
    }
}

/// Both tables of one privilege, data and fetch, and a list of the slots in use so that a flush costs what was used.
struct TLB {
    /// SAFETY: `TLBEntry.count` and `FetchTLBEntry.count` entries, allocated in `init`, freed by the owning `CPU`; indices are masked by `slot`.
    let data: TLBEntryHandle
    let fetch: UnsafeMutablePointer<FetchTLBEntry>
    private let used: UnsafeMutablePointer<UInt16>
    private var usedCount = 0
    /// The largest page that entries are parts of.
    private(set) var largestSpan: UInt64 = 0x1000

    init() {
        data = TLBEntryHandle(.allocate(capacity: TLBEntry.count))
        data.pointer.initialize(repeating: TLBEntry(), count: TLBEntry.count)
        fetch = .allocate(capacity: FetchTLBEntry.count)
        fetch.initialize(repeating: FetchTLBEntry(), count: FetchTLBEntry.count)
        used = .allocate(capacity: TLBEntry.count)
    }

    func deallocate() {
        data.pointer.deallocate()
        fetch.deallocate()
        used.deallocate()
    }

    /// Makes an empty entry for a page in `slot`, to be given its tags. `span`: bytes of the page that it is a part of.
    mutating func claim(_ slot: Int, physicalPage: UInt64, isGlobal: Bool, span: UInt64) {
        if data[slot].physical & TLBEntry.listed == 0 {
            used[usedCount] = UInt16(truncatingIfNeeded: slot)
            usedCount += 1
        }
        data[slot] = TLBEntry()
        data[slot].physical = physicalPage | TLBEntry.listed | (isGlobal ? TLBEntry.global : 0)
        if span > 0x1000 {
            data[slot].physical |= TLBEntry.large
            largestSpan = max(largestSpan, span)
        }
    }

    /// Makes an entry as it was, unless there is another in its place. `span`: bytes that its page has at most.
    mutating func putBack(_ entry: TLBEntry, span: UInt64) {
        let slot = TLBEntry.slot(entry.linearPage)
        guard data[slot].isEmpty else { return }
        claim(slot, physicalPage: entry.physicalPage, isGlobal: entry.isGlobal, span: entry.isLarge ? span : 0x1000)
        data[slot].readTag = entry.readTag
        data[slot].writeTag = entry.writeTag
        data[slot].addend = entry.addend
    }

    func forEachUsed(_ body: (TLBEntry) -> Void) {
        for position in 0..<usedCount { body(data[Int(used[position])]) }
    }

    /// The addend of seven of eight pages that were entered lately; nil where there is none, or hardly a page.
    var usualAddend: Int? {
        let lately = (max(0, usedCount - 64)..<usedCount).lazy.map { data[Int(used[$0])] }.filter { !$0.isEmpty }
        // Who has more than half is what is left when each takes away another.
        var (usual, lead, pages) = (0, 0, 0)
        for entry in lately {
            if lead == 0 { usual = entry.addend }
            lead += entry.addend == usual ? 1 : -1
            pages += 1
        }
        let others = lately.reduce(0) { $0 + ($1.addend == usual ? 0 : 1) }
        return pages >= 4 && others * 8 <= pages ? usual : nil
    }

    mutating func enter(_ entry: FetchTLBEntry) {
        fetch[FetchTLBEntry.slot(entry.tag)] = entry
        largestSpan = max(largestSpan, entry.span)
    }

    /// MOV to CR3 keeps global pages; everything else flushes them too.
    mutating func flush(keepingGlobal: Bool) {
        var kept = 0
        for position in 0..<usedCount {
            let slot = Int(used[position])
            if keepingGlobal, data[slot].isGlobal {
                used[kept] = UInt16(truncatingIfNeeded: slot)
                kept += 1
            } else {
                data[slot] = TLBEntry()
            }
        }
        usedCount = kept
        for slot in 0..<FetchTLBEntry.count where !keepingGlobal || !fetch[slot].isGlobal { fetch[slot].tag = TLBEntry.noTag }
        if !keepingGlobal { largestSpan = 0x1000 }
    }

    /// INVLPG, or INVPCID of an address, which keeps global pages. A large page goes as a whole: what is known of its size is that it is not larger
    /// than any that is here.
    func invalidate(_ linear: UInt64, keepingGlobal: Bool = false) {
        let (entry, fetched) = (data + TLBEntry.slot(linear), fetch + FetchTLBEntry.slot(linear))
        if !keepingGlobal || !entry.pointee.isGlobal { entry.pointee.removeTags() }
        if !keepingGlobal || !fetched.pointee.isGlobal { fetched.pointee.tag = TLBEntry.noTag }
        guard largestSpan > 0x1000 else { return }
        let others = ~(largestSpan &- 1)
        for position in 0..<usedCount {
            let slot = Int(used[position])
            guard data[slot].isLarge, !keepingGlobal || !data[slot].isGlobal else { continue }
            if (data[slot].linearPage ^ linear) & others == 0 { data[slot].removeTags() }
        }
        for slot in 0..<FetchTLBEntry.count where fetch[slot].span > 0x1000 && (fetch[slot].tag ^ linear) & others == 0 {
            if !keepingGlobal || !fetch[slot].isGlobal { fetch[slot].tag = TLBEntry.noTag }
        }
    }

    /// From now on stores to this physical page look where its code is.
    func markCode(in physicalPage: UInt64) {
        for position in 0..<usedCount {
            let slot = Int(used[position])
            if data[slot].physicalPage == physicalPage, data[slot].writeTag != TLBEntry.noTag {
                data[slot].writeTag |= TLBEntry.besideCode
            }
        }
    }

    @inline(__always)
    func host(_ linear: UInt64, _ size: UInt64, forWrite: Bool) -> UnsafeMutableRawPointer? {
        data.host(linear, size, forWrite: forWrite)
    }
}

extension Handle where Pointee == TLBEntry {
    /// Host address for an access that the table allows without a further look.
    @inline(__always)
    func host(_ linear: UInt64, _ size: UInt64, forWrite: Bool) -> UnsafeMutableRawPointer? {
        let entry = self + TLBEntry.slot(linear)
        let tag = forWrite ? entry.pointee.writeTag : entry.pointee.readTag
        guard tag == (linear &+ (size &- 1)) & ~0xFFF else { return nil }
        return UnsafeMutableRawPointer(bitPattern: Int(truncatingIfNeeded: linear) &+ entry.pointee.addend)
    }

    /// Does the same for a store to a page with code, with the physical address: some of the bytes may be code.
    @inline(__always)
    func hostBesideCode(_ linear: UInt64, _ size: UInt64) -> (host: UnsafeMutableRawPointer, physical: UInt64)? {
        let entry = self + TLBEntry.slot(linear)
        guard entry.pointee.writeTag == (linear &+ (size &- 1)) & ~0xFFF | TLBEntry.besideCode,
            let host = UnsafeMutableRawPointer(bitPattern: Int(truncatingIfNeeded: linear) &+ entry.pointee.addend)
        else { return nil }
        return (host, entry.pointee.physicalPage | linear & 0xFFF)
    }
}

extension UnsafeMutableRawPointer {
    /// A little-endian integer of 1, 2, 4 or 8 bytes.
    @inline(__always)
    func loadBytes(_ size: UInt64) -> UInt64 {
        switch size {
        case 1: UInt64(truncatingIfNeeded: load(as: UInt8.self))
        case 2: UInt64(truncatingIfNeeded: loadUnaligned(as: UInt16.self))
        case 4: UInt64(truncatingIfNeeded: loadUnaligned(as: UInt32.self))
        default: loadUnaligned(as: UInt64.self)
        }
    }

    @inline(__always)
    func storeBytes(_ value: UInt64, _ size: UInt64) {
        switch size {
        case 1: storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
        case 2: storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
        case 4: storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
        default: storeBytes(of: value, as: UInt64.self)
        }
    }
}
