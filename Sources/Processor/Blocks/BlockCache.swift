import Wiring
import X86

/// Decoded blocks: found by where and under which assumptions they were decoded, dropped exactly when one of their bytes is written.
///
/// Memory is taken from two arenas and given back all at once, between blocks, when one of them is full.
/// SAFETY: all pointers lead into the arenas and tables allocated in `init`; `reset()` forgets every block before memory is used again.
package final class BlockCache {
    /// Instructions in a block at most.
    static let longest = 64
    /// Of a processor alone; several share that: see `ProcessorTopology.cacheShift`.
    private static let mostBlocks = 1 << 16, mostOps = 1 << 19
    private static let bucketCount = 1 << 17
    private static let jumpCount = 1 << 14

    private let blockCapacity: Int
    private let opCapacity: Int
    private let blocks: BlockHandle
    private let ops: OpHandle
    private let buckets: UnsafeMutablePointer<BlockHandle?>
    private let jumps: UnsafeMutablePointer<Link>
    /// The place where code is, of this processor and others.
    let code: CodeMap
    private var blockCount = 0
    private var opCount = 0

    /// Places that are remembered only until CR3 is written: slots of `jumps`, and blocks with links. What is too much to be kept in mind is forgotten at once.
    private var passingJumps: [Int] = []
    private var passingLinks: [BlockHandle] = []
    package static let mostPassing = 1 << 14

    /// The engine that has translated some of the blocks.
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

    init(_ code: CodeMap, sharedBy shift: Int) throws(HostMemory.Exhausted) {
        self.code = code
        (blockCapacity, opCapacity) = (Self.mostBlocks >> shift, Self.mostOps >> shift)
        // Zeros are what an empty entry is; a processor that executes one instruction, to explain it, does not pay for all of them.
        let buckets = try HostMemory.zeroed(BlockHandle?.self, count: Self.bucketCount)
        do throws(HostMemory.Exhausted) {
            jumps = try HostMemory.zeroed(Link.self, count: Self.jumpCount)
        } catch {
            HostMemory.free(buckets, count: Self.bucketCount)
            throw error
        }
        self.buckets = buckets
        blocks = BlockHandle(.allocate(capacity: blockCapacity))
        ops = OpHandle(.allocate(capacity: opCapacity))
    }

    deinit {
        engine = nil
        blocks.pointer.deallocate()
        ops.pointer.deallocate()
        HostMemory.free(buckets, count: Self.bucketCount)
        HostMemory.free(jumps, count: Self.jumpCount)
    }

    // MARK: Finding

    /// The jump cache: a guess by linear address, to be checked by the caller.
    @inline(__always)
    func guess(linear: UInt64) -> BlockHandle? {
        let link = jumps[Self.jumpSlot(linear)]
        return link.generation == generation ? link.target : nil
    }

    func remember(_ block: BlockHandle, linear: UInt64, _ term: LinkTerm) {
        let slot = Self.jumpSlot(linear)
        jumps[slot] = Link(target: block, generation: generation)
        guard term == .passing else { return }
        if passingJumps.count == Self.mostPassing { forgetPassing() }
        passingJumps.append(slot)
    }

    /// Remembers a successor of `block`.
    func link(_ block: BlockHandle, to target: BlockHandle, _ term: LinkTerm) {
        block.pointee.link1 = block.pointee.link0
        block.pointee.link0 = Link(target: target, generation: term == .always ? Link.always : generation)
        guard term == .passing else { return }
        if passingLinks.count == Self.mostPassing { forgetPassing() }
        passingLinks.append(block)
    }

    /// Forgets what was remembered until CR3 is written.
    func forgetPassing() {
        for slot in passingJumps { jumps[slot] = Link() }
        passingJumps.removeAll(keepingCapacity: true)
        for block in passingLinks { (block.pointee.link0, block.pointee.link1) = (Link(), Link()) }
        passingLinks.removeAll(keepingCapacity: true)
        engine?.forgetPassing()
    }

    private static func jumpSlot(_ linear: UInt64) -> Int {
        Int(truncatingIfNeeded: (linear ^ (linear &>> 12)) & UInt64(jumpCount - 1))
    }

    func find(_ key: Block) -> BlockHandle? {
        var candidate = buckets[Self.bucket(key.physical)]
        while let block = candidate {
            if block.pointee.hasKey(of: key) { return block }
            candidate = block.pointee.nextInBucket
        }
        return nil
    }

    private static func bucket(_ physical: UInt64) -> Int {
        Int(truncatingIfNeeded: (physical ^ (physical &>> 17)) & UInt64(bucketCount - 1))
    }

    // MARK: Making

    /// Room for the instructions of one more block.
    func opsForNewBlock() -> OpHandle {
        if !code.hasRoom(forBlocks: 1) {
            code.resetAll()
        } else if !hasRoom(forBlocks: 1) {
            reset()
        }
        return ops + opCount
    }

    /// Tells whether that many blocks more can be made before everything has to be forgotten.
    func hasRoom(forBlocks count: Int) -> Bool {
        opCount + count * (Self.longest + 2) <= opCapacity && blockCount + count <= blockCapacity
            && code.hasRoom(forBlocks: count)
    }

    /// Takes over a block whose instructions were written to `opsForNewBlock()`.
    func insert(_ key: Block) -> BlockHandle {
        let block = blocks + blockCount
        blockCount += 1
        opCount += Int(key.count) + 1
        statistics.built &+= 1
        block.pointer.initialize(to: key)
        let bucket = Self.bucket(key.physical)
        block.pointee.nextInBucket = buckets[bucket]
        buckets[bucket] = block

        cool(block)
        code.insert(block)
        return block
    }

    // MARK: Dropping

    /// Makes a block impossible to find or to chain to. Its memory stays until the next reset, so it may be running.
    func drop(_ block: BlockHandle) {
        statistics.dropped &+= 1
        buckets[Self.bucket(block.pointee.physical)].unlink(block, \.nextInBucket)
        code.remove(block)
        if block.pointee.isTranslated { engine?.dropped(block) }
        block.pointee.rip = Block.invalidRIP
    }

    /// An instruction of the block was replaced: translations that were made of what it was are no longer true.
    func changed(_ block: BlockHandle, isInTranslations: Bool) {
        statistics.refreshed &+= 1
        if isInTranslations { dropTranslations(of: block) }
    }

    /// Drops translations alone; the block stays.
    func dropTranslations(of block: BlockHandle) {
        guard block.pointee.isTranslated else { return }
        block.pointee.isTranslated = false
        engine?.dropped(block)
        cool(block)
    }

    /// The block has not been entered yet, as far as its translation goes.
    func cool(_ block: BlockHandle) {
        block.pointee.heat = engine?.initialHeat(of: block) ?? 0
        block.pointee.hasWaited = block.pointee.heat < 0
    }

    /// Drops the blocks that fulfil a condition; none of them may be running.
    func drop(where condition: (BlockHandle) -> Bool) {
        forEachBlock { if condition($0) { drop($0) } }
    }

    private func forEachBlock(_ body: (BlockHandle) -> Void) {
        for index in 0..<blockCount where blocks[index].rip != Block.invalidRIP { body(blocks + index) }
    }

    /// Forgets everything.
    func reset() {
        statistics.resets &+= 1
        forgetPassing()
        engine?.reset()
        code.forget(forEachBlock)
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
