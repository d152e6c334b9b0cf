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
    /// Code pages that were allocated since the last reset, and those of them that no page needs now.
    private var codePages: [UnsafeMutablePointer<CodePage>] = []
    private var idleCodePages: [UnsafeMutablePointer<CodePage>] = []
    /// Pages with code at a time, 4.6 KB each.
    private static let codePageCapacity = 1 << 13

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
        if !hasRoom(forBlocks: 1) { reset() }
        return ops + opCount
    }

    /// Whether that many blocks more can be made before everything has to be forgotten.
    func hasRoom(forBlocks count: Int) -> Bool {
        opCount + count * (Self.longest + 2) <= Self.opCapacity && blockCount + count <= Self.blockCapacity
            && codePages.count - idleCodePages.count + 2 * count <= Self.codePageCapacity
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

        cool(block)

        var newPages: [UInt64] = []
        if let page = codePage(key.physical & ~0xFFF, &newPages) { page.pointee.insert(block, .first) }
        if key.secondPage != 0, let page = codePage(key.secondPage, &newPages) { page.pointee.insert(block, .second) }
        return (block, newPages)
    }

    private func codePage(_ physicalPage: UInt64, _ newPages: inout [UInt64]) -> UnsafeMutablePointer<CodePage>? {
        let index = Int(truncatingIfNeeded: physicalPage >> 12)
        guard index < Self.pageCount else { return nil }
        if let page = pages[index] { return page }
        let page: UnsafeMutablePointer<CodePage>
        if let idle = idleCodePages.popLast() {
            page = idle
        } else {
            page = .allocate(capacity: 1)
            page.initialize(to: CodePage(physicalPage))
            codePages.append(page)
        }
        page.pointee.physicalPage = physicalPage
        pages[index] = page
        newPages.append(physicalPage)
        return page
    }

    // MARK: Dropping

    /// Where to find the pages with code by number, for translated code.
    var pageTable: UnsafeMutableRawPointer { UnsafeMutableRawPointer(pages) }

    @inline(__always)
    private func codePage(at physical: UInt64) -> UnsafeMutablePointer<CodePage>? {
        let index = Int(truncatingIfNeeded: physical &>> 12)
        return index < Self.pageCount ? pages[index] : nil
    }

    /// Whether writes to this page have to be told, where they meet code.
    @inline(__always)
    func holdsCode(_ physicalPage: UInt64) -> Bool { codePage(at: physicalPage) != nil }

    /// Whether one of `count` bytes, all in one page, belongs to a block.
    @inline(__always)
    func isCode(_ physical: UInt64, _ count: UInt64) -> Bool {
        guard let page = codePage(at: physical) else { return false }
        return CodePage.hasCode(page, physical & 0xFFF, count)
    }

    /// Bytes from `physical` on, `limit` at most and all in one page, that belong to no block.
    func bytesWithoutCode(_ physical: UInt64, limit: UInt64) -> UInt64 {
        guard let page = codePage(at: physical) else { return limit }
        return CodePage.bytesWithoutCode(page, from: physical & 0xFFF, limit: limit)
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
            if let code = codePage(at: page) {
                CodePage.forEachBlock(in: code, overlapping: address &- page..<last &- page) { block in
                    guard !refresh(block) else { return }
                    if block == running { droppedRunning = true }
                    drop(block)
                }
            }
            address = last
        }
        return droppedRunning
    }

    /// Makes a block impossible to find or to chain to. Its memory stays until the next reset, so it may be running.
    private func drop(_ block: UnsafeMutablePointer<Block>) {
        statistics.dropped &+= 1
        buckets[Self.bucket(block.pointee.physical)].unlink(block, \.nextInBucket)
        remove(block, .first, from: block.pointee.physical)
        if block.pointee.secondPage != 0 { remove(block, .second, from: block.pointee.secondPage) }
        if block.pointee.isTranslated { engine?.dropped(block) }
        block.pointee.rip = Block.invalidRIP
    }

    /// An instruction of the block was replaced: translations that were made of what it was are no longer true.
    func changed(_ block: UnsafeMutablePointer<Block>, isInTranslations: Bool) {
        statistics.refreshed &+= 1
        if isInTranslations { dropTranslations(of: block) }
    }

    /// Drops translations alone; the block stays.
    func dropTranslations(of block: UnsafeMutablePointer<Block>) {
        guard block.pointee.isTranslated else { return }
        block.pointee.isTranslated = false
        engine?.dropped(block)
        cool(block)
    }

    /// The block has not been entered yet, as far as its translation goes.
    func cool(_ block: UnsafeMutablePointer<Block>) {
        block.pointee.heat = engine?.initialHeat(of: block) ?? 0
        block.pointee.hasWaited = block.pointee.heat < 0
    }

    private func remove(_ block: UnsafeMutablePointer<Block>, _ side: CodePage.Side, from physical: UInt64) {
        guard let page = codePage(at: physical) else { return }
        page.pointee.remove(block, side)
        guard page.pointee.isEmpty else { return }
        pages[Int(truncatingIfNeeded: physical &>> 12)] = nil
        idleCodePages.append(page)
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
            pages[Int(truncatingIfNeeded: page.pointee.physicalPage >> 12)] = nil
            page.deallocate()
        }
        idleCodePages.removeAll(keepingCapacity: true)
        codePages.removeAll(keepingCapacity: true)
        buckets.update(repeating: nil, count: Self.bucketCount)
        jumps.update(repeating: Link(), count: Self.jumpCount)
        blockCount = 0
        opCount = 0
        generation &+= 1
    }
}

extension Block {
    /// Nowhere: not a canonical address.
    package static let invalidRIP = UInt64(Int64.max)

    func hasKey(of other: Block) -> Bool {
        physical == other.physical && rip == other.rip && mode == other.mode && csBase == other.csBase && csLimit == other.csLimit
    }
}
