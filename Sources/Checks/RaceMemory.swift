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
    /// One write and one read; others are in `RaceMemory.more`.
    var write = RaceAccess()
    var read = RaceAccess()
    /// Bytes of words that synchronise: locked instructions use them, or somebody waits for them.
    var synchronising: UInt8 = 0
    var hasMore = false
}

/// A record of who accessed which bytes of RAM last, as far as the room goes: when it is full, all is forgotten, so that a race may be missed and none is invented.
struct RaceMemory {
    /// SAFETY: `Self.pages` × `Self.cells`, allocated in `init` and given back in `deallocate`; indices come from `numbers`.
    private let cells: UnsafeMutablePointer<RaceCell>
    /// The place of each page of RAM in `cells`, plus one.
    private var numbers: [UInt16]
    private var used = 0
    private let memoryBytes: UInt64
    /// Accesses of further processors, and writes to other bytes of the eight, by the physical address of the eight.
    private var more: [UInt64: [RaceAccess]] = [:]
    /// Synchronising bytes, which are remembered when all else is forgotten.
    private var words: [UInt64: UInt8] = [:]

    private static let pages = 2048
    private static let cellsPerPage = 512
    private static let most = 1 << 16

    init(memoryBytes: UInt64) throws(HostMemory.Exhausted) {
        self.memoryBytes = memoryBytes
        cells = try HostMemory.zeroed(RaceCell.self, count: Self.pages * Self.cellsPerPage)
        numbers = .init(repeating: 0, count: Int(memoryBytes >> 12) + 1)
    }

    func deallocate() { HostMemory.free(cells, count: Self.pages * Self.cellsPerPage) }

    /// The cell of the eight bytes at a physical address; nil where no RAM for programs is. It is valid until the next call.
    @inline(__always)
    mutating func cell(_ physical: UInt64) -> UnsafeMutablePointer<RaceCell>? {
        guard physical < memoryBytes, !(0xA_0000..<0x10_0000).contains(physical) else { return nil }
        if more.count > Self.most { forget() }
        let page = Int(truncatingIfNeeded: physical &>> 12)
        if numbers[page] == 0 { take(page) }
        let index = (Int(numbers[page]) &- 1) &* Self.cellsPerPage &+ Int(truncatingIfNeeded: physical &>> 3) & 511
        return cells + index
    }

    private mutating func take(_ page: Int) {
        if used == Self.pages { forget() }
        used += 1
        numbers[page] = UInt16(used)
        guard !words.isEmpty else { return }
        let first = cells + (used - 1) * Self.cellsPerPage
        for index in 0..<Self.cellsPerPage {
            if let bytes = words[UInt64(page) << 12 | UInt64(index) << 3] { first[index].synchronising = bytes }
        }
    }

    mutating func forget() {
        cells.update(repeating: RaceCell(), count: used * Self.cellsPerPage)
        for page in numbers.indices { numbers[page] = 0 }
        used = 0
        more = [:]
    }

    /// Somebody else than a processor wrote RAM: whoever was there before has nothing to do with what is there now.
    mutating func overwritten(_ physical: UInt64, _ count: UInt64) {
        guard count > 0, physical < memoryBytes else { return }
        let end = physical + min(count, memoryBytes - physical)
        var place = physical & ~7
        while place < end {
            let number = numbers[Int(place >> 12)]
            if number == 0 {
                place = (place | 0xFFF) + 1
                continue
            }
            let cell = cells + (Int(number) - 1) * Self.cellsPerPage + Int(place >> 3) & 511
            let bytes = cell.pointee.synchronising
            if cell.pointee.hasMore { more[place] = nil }
            cell.pointee = RaceCell()
            cell.pointee.synchronising = bytes
            place += 8
        }
    }

    // MARK: One cell

    mutating func synchronise(_ cell: UnsafeMutablePointer<RaceCell>, _ physical: UInt64, _ bytes: UInt8) {
        guard cell.pointee.synchronising & bytes != bytes else { return }
        cell.pointee.synchronising |= bytes
        if words.count >= Self.most { words = [:] }
        words[physical & ~7] = cell.pointee.synchronising
    }

    /// The accesses that are remembered of some of the eight bytes.
    func accesses(_ cell: UnsafeMutablePointer<RaceCell>, _ physical: UInt64, _ bytes: UInt8) -> [RaceAccess] {
        var all: [RaceAccess] = []
        if cell.pointee.write.bytes & bytes != 0 { all.append(cell.pointee.write) }
        if cell.pointee.read.bytes & bytes != 0 { all.append(cell.pointee.read) }
        if cell.pointee.hasMore { all += (more[physical & ~7] ?? []).filter { $0.bytes & bytes != 0 } }
        return all
    }

    /// Remembers a read in place of the processor's earlier ones.
    mutating func note(read: RaceAccess, _ cell: UnsafeMutablePointer<RaceCell>, _ physical: UInt64) {
        if cell.pointee.read.bytes == 0 || cell.pointee.read.processor == read.processor {
            cell.pointee.read = read
            return
        }
        var others = cell.pointee.hasMore ? more[physical & ~7] ?? [] : []
        others.removeAll { $0.kind == .read && $0.processor == read.processor }
        others.append(read)
        more[physical & ~7] = others
        cell.pointee.hasMore = true
    }

    /// Remembers a write, and of its bytes nothing else.
    mutating func note(write: RaceAccess, _ cell: UnsafeMutablePointer<RaceCell>, _ physical: UInt64) {
        let kept = ~write.bytes
        cell.pointee.read.bytes &= kept
        var others = cell.pointee.hasMore ? more[physical & ~7] ?? [] : []
        for index in others.indices { others[index].bytes &= kept }
        others.removeAll { $0.bytes == 0 }
        cell.pointee.write.bytes &= kept
        if cell.pointee.write.bytes != 0 { others.append(cell.pointee.write) }
        cell.pointee.write = write
        if others.isEmpty {
            if cell.pointee.hasMore { more[physical & ~7] = nil }
            cell.pointee.hasMore = false
        } else {
            more[physical & ~7] = others
            cell.pointee.hasMore = true
        }
    }
}
