import Wiring

/// An access as a check for races remembers it. All zeros are none.
struct RaceAccess {
    enum Kind: UInt8 {
        /// Without LOCK: a read; a store; a read and a write by one instruction.
        case read, store, change
        /// With LOCK, or by XCHG.
        case locked
    }

    var tick: UInt64 = 0
    var rip: UInt64 = 0
    /// Number of the code segment.
    var segment: UInt16 = 0
    var processor: UInt8 = 0
    /// A bit for each byte of the eight that is meant, and for each whose value is another one afterwards.
    var bytes: UInt8 = 0
    var changed: UInt8 = 0
    var kind = Kind.read
}

/// The last accesses to eight bytes of RAM.
struct RaceCell {
    var write = RaceAccess()
    var read = RaceAccess()
    /// The first of the others: reads of further processors, and writes to other bytes of the eight.
    var other = RaceAccess()
    /// Bytes of words that synchronise: locked instructions use them, or somebody waits for them.
    var synchronising: UInt8 = 0
    /// The number of the second one of the others in `RaceMemory.further`; 0: there is none.
    var more: UInt32 = 0
}

/// A record of who accessed which bytes of RAM last, as far as the room goes: when it is full, all is forgotten, so that a race may be missed and none is invented.
///
/// Each access of the guest comes here: there is no array, no dictionary and no count of references on its way.
final class RaceMemory {
    /// One of the others in a cell, and the number of the next one.
    private struct Further {
        var access = RaceAccess()
        var next: UInt32 = 0
    }

    /// SAFETY: all three are allocated in `init` and given back in `deinit`. `cells` are `mostPages` × `cellsPerPage`, of which a page of RAM has
    /// `cellsPerPage` or none, by its number in `pages`; addresses are compared with `memoryBytes` first. Numbers in `further`, 1…`mostFurther`, are made here.
    private let cells: UnsafeMutablePointer<RaceCell>
    private let pages: UnsafeMutablePointer<UnsafeMutablePointer<RaceCell>?>
    private let further: UnsafeMutablePointer<Further>
    private let memoryBytes: UInt64
    private var usedPages = 0
    private var usedFurther: UInt32 = 0
    /// The first one of `further` that is free again.
    private var freeFurther: UInt32 = 0
    /// Synchronising bytes, which are remembered when all else is forgotten.
    private var words: [UInt64: UInt8] = [:]

    private static let mostPages = 2048
    private static let cellsPerPage = 512
    private static let mostFurther: UInt32 = 1 << 17
    private static let mostWords = 1 << 16

    init(memoryBytes: UInt64) throws(HostMemory.Exhausted) {
        self.memoryBytes = memoryBytes
        cells = try HostMemory.zeroed(RaceCell.self, count: Self.mostPages * Self.cellsPerPage)
        further = try HostMemory.zeroed(Further.self, count: Int(Self.mostFurther) + 1)
        pages = try HostMemory.zeroed(UnsafeMutablePointer<RaceCell>?.self, count: Self.pageCount(memoryBytes))
    }

    deinit {
        HostMemory.free(cells, count: Self.mostPages * Self.cellsPerPage)
        HostMemory.free(further, count: Int(Self.mostFurther) + 1)
        HostMemory.free(pages, count: Self.pageCount(memoryBytes))
    }

    private static func pageCount(_ bytes: UInt64) -> Int { Int(bytes >> 12) + 1 }

    /// The cell of the eight bytes at a physical address; nil where no RAM for programs is. It is valid until the next call, and until an access is noted.
    @inline(__always)
    func cell(_ physical: UInt64) -> UnsafeMutablePointer<RaceCell>? {
        guard physical < memoryBytes,
            let page = pages[Int(truncatingIfNeeded: physical &>> 12)] ?? take(physical)
        else { return nil }
        return page + Int(truncatingIfNeeded: physical &>> 3) & 511
    }

    @inline(never)
    private func take(_ physical: UInt64) -> UnsafeMutablePointer<RaceCell>? {
        guard !(0xA_0000..<0x10_0000).contains(physical) else { return nil }
        if usedPages == Self.mostPages { forget() }
        let first = cells + usedPages * Self.cellsPerPage
        usedPages += 1
        pages[Int(physical >> 12)] = first
        guard !words.isEmpty else { return first }
        for index in 0..<Self.cellsPerPage {
            if let bytes = words[physical & ~0xFFF | UInt64(index) << 3] { first[index].synchronising = bytes }
        }
        return first
    }

    func forget() {
        cells.update(repeating: RaceCell(), count: usedPages * Self.cellsPerPage)
        pages.update(repeating: nil, count: Self.pageCount(memoryBytes))
        usedPages = 0
        (usedFurther, freeFurther) = (0, 0)
    }

    /// Somebody else than a processor wrote RAM: whoever was there before has nothing to do with what is there now.
    func overwritten(_ physical: UInt64, _ count: UInt64) {
        guard count > 0, physical < memoryBytes else { return }
        let end = physical + min(count, memoryBytes - physical)
        var place = physical & ~7
        while place < end {
            guard let page = pages[Int(place >> 12)] else {
                place = (place | 0xFFF) + 1
                continue
            }
            let cell = page + Int(place >> 3) & 511
            keepOthers(of: cell) { _ in false }
            let bytes = cell.pointee.synchronising
            cell.pointee = RaceCell()
            cell.pointee.synchronising = bytes
            place += 8
        }
    }

    // MARK: One cell

    func synchronise(_ cell: UnsafeMutablePointer<RaceCell>, _ physical: UInt64, _ bytes: UInt8) {
        guard cell.pointee.synchronising & bytes != bytes else { return }
        cell.pointee.synchronising |= bytes
        if words.count >= Self.mostWords { words = [:] }
        words[physical & ~7] = cell.pointee.synchronising
    }

    /// Calls `body` with each access that is remembered of some of the eight bytes.
    @inline(__always)
    func forEachAccess(_ cell: UnsafeMutablePointer<RaceCell>, _ bytes: UInt8, _ body: (RaceAccess) -> Void) {
        if cell.pointee.write.bytes & bytes != 0 { body(cell.pointee.write) }
        if cell.pointee.read.bytes & bytes != 0 { body(cell.pointee.read) }
        if cell.pointee.other.bytes & bytes != 0 { body(cell.pointee.other) }
        var number = Int(truncatingIfNeeded: cell.pointee.more)
        while number != 0 {
            if further[number].access.bytes & bytes != 0 { body(further[number].access) }
            number = Int(truncatingIfNeeded: further[number].next)
        }
    }

    /// Remembers a read in place of the processor's earlier ones.
    @inline(__always)
    func note(read: RaceAccess, _ cell: UnsafeMutablePointer<RaceCell>) {
        if cell.pointee.read.bytes == 0 || cell.pointee.read.processor == read.processor {
            cell.pointee.read = read
            return
        }
        keepOthers(of: cell) { $0.kind != .read || $0.processor != read.processor }
        append(read, cell)
    }

    /// Remembers a write, and of its bytes nothing else.
    @inline(__always)
    func note(write: RaceAccess, _ cell: UnsafeMutablePointer<RaceCell>) {
        let kept = ~write.bytes
        cell.pointee.read.bytes &= kept
        keepOthers(of: cell) {
            $0.bytes &= kept
            return $0.bytes != 0
        }
        var old = cell.pointee.write
        cell.pointee.write = write
        old.bytes &= kept
        if old.bytes != 0 { append(old, cell) }
    }

    /// Keeps those of the others for which `keeps` says so, in their order.
    @inline(__always)
    private func keepOthers(of cell: UnsafeMutablePointer<RaceCell>, where keeps: (inout RaceAccess) -> Bool) {
        if cell.pointee.other.bytes != 0, !keeps(&cell.pointee.other) { cell.pointee.other.bytes = 0 }
        var (last, number) = (UInt32(0), cell.pointee.more)
        while number != 0 {
            let one = further + Int(truncatingIfNeeded: number)
            let next = one.pointee.next
            if keeps(&one.pointee.access) {
                last = number
            } else {
                if last == 0 { cell.pointee.more = next } else { further[Int(truncatingIfNeeded: last)].next = next }
                one.pointee.next = freeFurther
                freeFurther = number
            }
            number = next
        }
    }

    /// Adds one to the others; where there is no room, all is forgotten.
    @inline(__always)
    private func append(_ access: RaceAccess, _ cell: UnsafeMutablePointer<RaceCell>) {
        if cell.pointee.other.bytes == 0, cell.pointee.more == 0 {
            cell.pointee.other = access
        } else {
            appendFurther(access, cell)
        }
    }

    @inline(never)
    private func appendFurther(_ access: RaceAccess, _ cell: UnsafeMutablePointer<RaceCell>) {
        var number = freeFurther
        if number != 0 {
            freeFurther = further[Int(number)].next
        } else {
            guard usedFurther < Self.mostFurther else { return forget() }
            usedFurther += 1
            number = usedFurther
        }
        further[Int(number)] = Further(access: access)
        guard cell.pointee.more != 0 else { return cell.pointee.more = number }
        var last = Int(cell.pointee.more)
        while further[last].next != 0 { last = Int(further[last].next) }
        further[last].next = number
    }
}
