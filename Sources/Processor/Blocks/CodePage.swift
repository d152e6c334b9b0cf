/// The blocks of one physical page, and to how many of them each of its bytes belongs.
///
/// Blocks are listed by the 64 bytes that they begin in, so that a write looks only at blocks that are near it.
struct CodePage {
    /// Blocks that a byte is part of, by its offset. 255 stands for that many or more, until the page has no block left.
    /// Translated code looks at this: it comes first.
    private(set) var counts: InlineArray<4096, UInt8> = .init(repeating: 0)
    private var isSaturated = false
    /// Blocks that begin in each 64 bytes.
    private var heads: InlineArray<64, BlockHandle?> = .init(repeating: nil)
    /// Blocks whose last instruction reaches in from another page.
    private var reachingIn: BlockHandle?
    private var blockCount = 0
    /// Bytes of the longest block that began here.
    private var longest: UInt64 = 0
    var physicalPage: UInt64

    init(_ physicalPage: UInt64) { self.physicalPage = physicalPage }

    var isEmpty: Bool { blockCount == 0 }

    /// One of a block's two pages.
    enum Side { case first, second }

    private static func chunk(_ offset: UInt64) -> Int { Int(truncatingIfNeeded: (offset & 0xFFF) &>> 6) }
}

extension CodePage {
    /// Tells whether one of `count` bytes, all in this page, belongs to a block.
    @inline(__always)
    static func hasCode(_ page: UnsafeMutablePointer<CodePage>, _ offset: UInt64, _ count: UInt64) -> Bool {
        // SAFETY: `counts` comes first, and the bytes lie in the page.
        switch count {
        case 1, 2, 4, 8: (UnsafeMutableRawPointer(page) + Int(truncatingIfNeeded: offset)).loadBytes(count) != 0
        default: bytesWithoutCode(page, from: offset, limit: count) < count
        }
    }

    /// Bytes from `offset` on, `limit` at most and all in this page, that belong to no block.
    static func bytesWithoutCode(_ page: UnsafeMutablePointer<CodePage>, from offset: UInt64, limit: UInt64) -> UInt64 {
        // SAFETY: as above.
        let counts = UnsafeRawPointer(page) + Int(truncatingIfNeeded: offset)
        var free = 0
        let end = Int(truncatingIfNeeded: limit)
        while free &+ 8 <= end, counts.loadUnaligned(fromByteOffset: free, as: UInt64.self) == 0 { free &+= 8 }
        while free < end, counts.load(fromByteOffset: free, as: UInt8.self) == 0 { free &+= 1 }
        return UInt64(truncatingIfNeeded: free)
    }

    mutating func insert(_ block: BlockHandle, _ side: Side) {
        blockCount += 1
        let extent = block.pointee.extent(side)
        for offset in extent {
            let count = counts[Int(truncatingIfNeeded: offset)]
            guard count < .max else { continue }
            counts[Int(truncatingIfNeeded: offset)] = count &+ 1
            if count &+ 1 == .max { isSaturated = true }
        }
        guard side == .first else {
            block.pointee.nextInSecondPage = reachingIn
            reachingIn = block
            return
        }
        let chunk = Self.chunk(extent.lowerBound)
        block.pointee.nextInPage = heads[chunk]
        heads[chunk] = block
        longest = max(longest, UInt64(block.pointee.byteCount))
    }

    mutating func remove(_ block: BlockHandle, _ side: Side) {
        blockCount -= 1
        let extent = block.pointee.extent(side)
        for offset in extent {
            let count = counts[Int(truncatingIfNeeded: offset)]
            if count != .max { counts[Int(truncatingIfNeeded: offset)] = count &- 1 }
        }
        switch side {
        case .first: heads[Self.chunk(extent.lowerBound)].unlink(block, \.nextInPage)
        case .second: reachingIn.unlink(block, \.nextInSecondPage)
        }
        guard isEmpty else { return }
        longest = 0
        if isSaturated { counts = .init(repeating: 0) }
        isSaturated = false
    }

    /// Calls `body` for each block that one of the bytes `range`, offsets in this page, belongs to; it may take the block away.
    static func forEachBlock(
        in page: UnsafeMutablePointer<CodePage>, overlapping range: Range<UInt64>, _ body: (BlockHandle) -> Void
    ) {
        let reach = page.pointee.longest
        guard reach > 0 || page.pointee.reachingIn != nil, !range.isEmpty else { return }
        let first = range.lowerBound &+ 1 > reach ? range.lowerBound &+ 1 &- reach : 0
        for chunk in chunk(first)...chunk(range.upperBound &- 1) {
            var candidate = page.pointee.heads[chunk]
            while let block = candidate {
                candidate = block.pointee.nextInPage
                if block.pointee.extent(.first).overlaps(range) { body(block) }
            }
        }
        var candidate = page.pointee.reachingIn
        while let block = candidate {
            candidate = block.pointee.nextInSecondPage
            if block.pointee.extent(.second).overlaps(range) { body(block) }
        }
    }
}

extension Block {
    /// Offsets of its bytes in one of its pages.
    fileprivate func extent(_ side: CodePage.Side) -> Range<UInt64> {
        let start = physical & 0xFFF
        let inFirst = min(UInt64(byteCount), 0x1000 &- start)
        return side == .first ? start..<start &+ inFirst : 0..<UInt64(byteCount) &- inFirst
    }
}

extension Block {
    /// Tells where in the block a physical address is; nil for one before it, or in neither of its pages.
    func offset(of address: UInt64) -> UInt64? {
        if address & ~0xFFF == physical & ~0xFFF, address >= physical { return address &- physical }
        guard secondPage != 0, address & ~0xFFF == secondPage else { return nil }
        return (address & 0xFFF) &+ 0x1000 &- (physical & 0xFFF)
    }
}

extension Optional<BlockHandle> {
    /// Takes a block out of the list that begins here and goes on with `next`.
    @inline(__always)
    mutating func unlink(_ block: BlockHandle, _ next: WritableKeyPath<Block, BlockHandle?>) {
        if self == block {
            self = block.pointee[keyPath: next]
            return
        }
        var previous = self
        while let candidate = previous {
            let following = candidate.pointee[keyPath: next]
            if following == block {
                candidate.pointee[keyPath: next] = block.pointee[keyPath: next]
                return
            }
            previous = following
        }
    }
}
