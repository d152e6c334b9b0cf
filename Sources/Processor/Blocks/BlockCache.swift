import X86

/// Decoded blocks: found by where and under which assumptions they were decoded, dropped exactly when one of their bytes is written.
///
/// Memory is taken from two arenas and given back all at once, between blocks, when one of them is full.
/// SAFETY: all pointers lead into the arenas and tables allocated in `init`; `reset()` forgets every block before memory is used again.
package final class BlockCache {
    /// Instructions in a block at most.
    static let longest = 64
    private static let blockCapacity = 1 << 16
    private static let opCapacity = 1 << 19
    private static let bucketCount = 1 << 15
    private static let jumpCount = 1 << 12
    /// Physical pages: 36 address bits.
    private static let pageCount = 1 << 24

    private let blocks: UnsafeMutablePointer<Block>
    private let ops: UnsafeMutablePointer<Op>
    private let buckets: UnsafeMutablePointer<UnsafeMutablePointer<Block>?>
    private let jumps: UnsafeMutablePointer<Link>
    /// What is known about the code in each physical page; memory of untouched parts is never used.
    private let pages: UnsafeMutablePointer<UnsafeMutablePointer<CodePage>?>
    private var blockCount = 0
    private var opCount = 0
    private var codePages: [UInt64] = []

    /// Who has translated some of the blocks.
    var engine: (any TranslationEngine)?

    /// Changes whenever a linear address may lead to other code than before.
    var generation: UInt64 = 1
    private(set) var statistics = Statistics()

    /// Counters since power-on.
    package struct Statistics {
        package var built: UInt64 = 0
        package var dropped: UInt64 = 0
        /// Instructions that were decoded again in their block.
        package var refreshed: UInt64 = 0
        package var resets: UInt64 = 0
    }

    /// The blocks of one physical page, and which of its bytes they were made of (a superset, until the page is empty).
    struct CodePage {
        var head: UnsafeMutablePointer<Block>?
        var bytes: InlineArray<64, UInt64> = .init(repeating: 0)
    }

    init() {
        blocks = .allocate(capacity: Self.blockCapacity)
        ops = .allocate(capacity: Self.opCapacity)
        buckets = .allocate(capacity: Self.bucketCount)
        buckets.initialize(repeating: nil, count: Self.bucketCount)
        jumps = .allocate(capacity: Self.jumpCount)
        jumps.initialize(repeating: Link(), count: Self.jumpCount)
        pages = HostMemory.zeroed(UnsafeMutablePointer<CodePage>?.self, count: Self.pageCount)
    }

    deinit {
        engine = nil
        reset()
        blocks.deallocate()
        ops.deallocate()
        buckets.deallocate()
        jumps.deallocate()
        HostMemory.free(pages, count: Self.pageCount)
    }

    // MARK: Finding

    /// The jump cache: a guess by linear address, to be checked by the caller.
    @inline(__always)
    func guess(linear: UInt64) -> UnsafeMutablePointer<Block>? {
        let link = jumps[Self.jumpSlot(linear)]
        return link.generation == generation ? link.target : nil
    }

    func remember(_ block: UnsafeMutablePointer<Block>, linear: UInt64) {
        jumps[Self.jumpSlot(linear)] = Link(target: block, generation: generation)
    }

    private static func jumpSlot(_ linear: UInt64) -> Int {
        Int(truncatingIfNeeded: (linear ^ (linear &>> 12)) & UInt64(jumpCount - 1))
    }

    func find(_ key: Block) -> UnsafeMutablePointer<Block>? {
        var candidate = buckets[Self.bucket(key.physical)]
        while let block = candidate {
            if block.pointee.hasKey(of: key) { return block }
            candidate = block.pointee.nextInBucket
        }
        return nil
    }

    private static func bucket(_ physical: UInt64) -> Int {
        Int(truncatingIfNeeded: (physical ^ (physical &>> 15)) & UInt64(bucketCount - 1))
    }

    // MARK: Making

    /// Room for the instructions of one more block.
    func opsForNewBlock() -> UnsafeMutablePointer<Op> {
        if opCount + Self.longest + 2 > Self.opCapacity || blockCount == Self.blockCapacity { reset() }
        return ops + opCount
    }

    /// Whether that many blocks more can be made before everything has to be forgotten.
    func hasRoom(forBlocks count: Int) -> Bool {
        opCount + count * (Self.longest + 2) <= Self.opCapacity && blockCount + count <= Self.blockCapacity
    }

    /// Takes over a block whose instructions were written to `opsForNewBlock()`. True if a page became a page with code.
    func insert(_ key: Block) -> (block: UnsafeMutablePointer<Block>, newPages: [UInt64]) {
        let block = blocks + blockCount
        blockCount += 1
        opCount += Int(key.count) + 1
        statistics.built &+= 1
        block.initialize(to: key)
        let bucket = Self.bucket(key.physical)
        block.pointee.nextInBucket = buckets[bucket]
        buckets[bucket] = block

        var newPages: [UInt64] = []
        let firstPage = key.physical & ~0xFFF
        let inFirst = min(UInt64(key.byteCount), 0x1000 - (key.physical & 0xFFF))
        if let page = codePage(firstPage, &newPages) {
            block.pointee.nextInPage = page.pointee.head
            page.pointee.head = block
            page.pointee.mark(key.physical & 0xFFF, inFirst)
        }
        if key.secondPage != 0, let page = codePage(key.secondPage, &newPages) {
            block.pointee.nextInSecondPage = page.pointee.head
            page.pointee.head = block
            page.pointee.mark(0, UInt64(key.byteCount) - inFirst)
        }
        return (block, newPages)
    }

    private func codePage(_ physicalPage: UInt64, _ newPages: inout [UInt64]) -> UnsafeMutablePointer<CodePage>? {
        let index = Int(truncatingIfNeeded: physicalPage >> 12)
        guard index < Self.pageCount else { return nil }
        if let page = pages[index] { return page }
        let page = UnsafeMutablePointer<CodePage>.allocate(capacity: 1)
        page.initialize(to: CodePage())
        pages[index] = page
        codePages.append(physicalPage)
        newPages.append(physicalPage)
        return page
    }

    // MARK: Dropping

    /// Whether writes to this page have to be told.
    @inline(__always)
    func holdsCode(_ physicalPage: UInt64) -> Bool {
        let index = Int(truncatingIfNeeded: physicalPage &>> 12)
        return index < Self.pageCount && pages[index] != nil
    }

    /// Bytes were written: drops the blocks made of them that `refresh` cannot bring up to date. True if `running` was dropped.
    func written(
        physical: UInt64, count: UInt64, running: UnsafeMutablePointer<Block>?,
        refresh: (UnsafeMutablePointer<Block>) -> Bool = { _ in false }
    ) -> Bool {
        var droppedRunning = false
        var address = physical
        let end = physical &+ count
        while address < end {
            let page = address & ~0xFFF
            let last = min(end, page &+ 0x1000)
            if holdsCode(page), dropOverlapping(page, address, last, running, refresh) { droppedRunning = true }
            address = last
        }
        return droppedRunning
    }

    private func dropOverlapping(
        _ physicalPage: UInt64, _ start: UInt64, _ end: UInt64, _ running: UnsafeMutablePointer<Block>?,
        _ refresh: (UnsafeMutablePointer<Block>) -> Bool
    ) -> Bool {
        let index = Int(truncatingIfNeeded: physicalPage >> 12)
        guard let page = pages[index], page.pointee.touches(start & 0xFFF, end - start) else { return false }
        var droppedRunning = false
        var candidate = page.pointee.head
        while let block = candidate {
            candidate = block.pointee.next(in: physicalPage)
            guard block.pointee.overlaps(physicalPage, start, end), !refresh(block) else { continue }
            if block == running { droppedRunning = true }
            drop(block)
        }
        if page.pointee.head == nil {
            pages[index] = nil
            page.deallocate()
        }
        return droppedRunning
    }

    /// Makes a block impossible to find or to chain to. Its memory stays until the next reset, so it may be running.
    private func drop(_ block: UnsafeMutablePointer<Block>) {
        statistics.dropped &+= 1
        unlinkFromBucket(block)
        let first = block.pointee.physical & ~0xFFF
        let second = block.pointee.secondPage
        unlink(block, fromPage: first)
        if second != 0 { unlink(block, fromPage: second) }
        if block.pointee.isTranslated { engine?.dropped(block) }
        block.pointee.rip = Block.invalidRIP
    }

    /// An instruction of the block was replaced: translations of it are no longer true.
    func changed(_ block: UnsafeMutablePointer<Block>) {
        statistics.refreshed &+= 1
        block.pointee.heat = 0
        guard block.pointee.isTranslated else { return }
        block.pointee.isTranslated = false
        engine?.dropped(block)
    }

    private func unlinkFromBucket(_ block: UnsafeMutablePointer<Block>) {
        let bucket = Self.bucket(block.pointee.physical)
        if buckets[bucket] == block {
            buckets[bucket] = block.pointee.nextInBucket
            return
        }
        var previous = buckets[bucket]
        while let candidate = previous {
            if candidate.pointee.nextInBucket == block {
                candidate.pointee.nextInBucket = block.pointee.nextInBucket
                return
            }
            previous = candidate.pointee.nextInBucket
        }
    }

    private func unlink(_ block: UnsafeMutablePointer<Block>, fromPage physicalPage: UInt64) {
        guard let page = pages[Int(truncatingIfNeeded: physicalPage >> 12)] else { return }
        let next = block.pointee.next(in: physicalPage)
        if page.pointee.head == block {
            page.pointee.head = next
        } else {
            var previous = page.pointee.head
            while let candidate = previous {
                let following = candidate.pointee.next(in: physicalPage)
                if following == block {
                    candidate.pointee.setNext(next, in: physicalPage)
                    break
                }
                previous = following
            }
        }
    }

    /// Drops the blocks that fulfil a condition; none of them may be running.
    func drop(where condition: (UnsafeMutablePointer<Block>) -> Bool) {
        for index in 0..<blockCount where blocks[index].rip != Block.invalidRIP && condition(blocks + index) {
            drop(blocks + index)
        }
    }

    /// Forgets everything.
    func reset() {
        statistics.resets &+= 1
        engine?.reset()
        for page in codePages {
            let index = Int(truncatingIfNeeded: page >> 12)
            pages[index]?.deallocate()
            pages[index] = nil
        }
        codePages.removeAll(keepingCapacity: true)
        buckets.update(repeating: nil, count: Self.bucketCount)
        jumps.update(repeating: Link(), count: Self.jumpCount)
        blockCount = 0
        opCount = 0
        generation &+= 1
    }
}

extension BlockCache.CodePage {
    mutating func mark(_ offset: UInt64, _ count: UInt64) {
        for byte in offset..<offset + count { bytes[Int(byte >> 6)] |= 1 << (byte & 63) }
    }

    func touches(_ offset: UInt64, _ count: UInt64) -> Bool {
        for byte in offset..<offset + count where bytes[Int(byte >> 6)] & (1 << (byte & 63)) != 0 { return true }
        return false
    }
}

extension Block {
    /// Nowhere: not a canonical address.
    package static let invalidRIP = UInt64(Int64.max)

    func hasKey(of other: Block) -> Bool {
        physical == other.physical && rip == other.rip && mode == other.mode && csBase == other.csBase && csLimit == other.csLimit
    }

    func next(in physicalPage: UInt64) -> UnsafeMutablePointer<Block>? {
        physical & ~0xFFF == physicalPage ? nextInPage : nextInSecondPage
    }

    mutating func setNext(_ block: UnsafeMutablePointer<Block>?, in physicalPage: UInt64) {
        if physical & ~0xFFF == physicalPage { nextInPage = block } else { nextInSecondPage = block }
    }

    /// Whether a byte of [start, end), all in one page, belongs to this block.
    func overlaps(_ physicalPage: UInt64, _ start: UInt64, _ end: UInt64) -> Bool {
        let inFirst = min(UInt64(byteCount), 0x1000 - (physical & 0xFFF))
        if physical & ~0xFFF == physicalPage, start < physical + inFirst, end > physical { return true }
        return secondPage != 0 && secondPage == physicalPage && start < secondPage + UInt64(byteCount) - inFirst
    }
}
