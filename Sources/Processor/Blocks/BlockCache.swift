import Wiring
import X86

/// The decoded blocks of a machine's processors: found by where and under which assumptions they were decoded, dropped exactly when one of their bytes is
/// written, by whichever processor or bus master.
///
/// Memory is taken from two arenas and given back all at once, between blocks, when one of them is full.
/// SAFETY: all pointers lead into the arenas and tables allocated in `init`; `reset()` forgets every block before memory is used again.
public final class BlockCache {
    /// Instructions in a block at most.
    static let longest = 64
    private static let blockCapacity = 1 << 16, opCapacity = 1 << 19
    private static let bucketCount = 1 << 17

    private let blocks: BlockHandle
    private let ops: OpHandle
    private let buckets: UnsafeMutablePointer<BlockHandle?>
    /// The bytes that the blocks are made of.
    let code: CodeMap
    private var blockCount = 0
    private var opCount = 0
    private var members: [Member] = []

    /// The processors hold the cache; it does not hold them.
    private struct Member {
        unowned let cpu: CPU
    }

    /// The engine that has translated some of the blocks.
    var engine: (any TranslationEngine)?

    /// The last generation of linear addresses that a processor has begun.
    private var lastGeneration: UInt64 = 0
    private(set) var statistics = Statistics()

    /// Counters since power-on.
    package struct Statistics {
        package var built: UInt64 = 0
        package var dropped: UInt64 = 0
        /// Instructions that were decoded again in their block.
        package var refreshed: UInt64 = 0
        package var resets: UInt64 = 0
    }

    /// A cache without blocks. Throws when the host has no room for its tables.
    public init() throws(HostMemory.Exhausted) {
        code = try CodeMap()
        // Zeros are what an empty entry is; a processor that executes one instruction, to explain it, does not pay for all of them.
        buckets = try HostMemory.zeroed(BlockHandle?.self, count: Self.bucketCount)
        blocks = BlockHandle(.allocate(capacity: Self.blockCapacity))
        ops = OpHandle(.allocate(capacity: Self.opCapacity))
    }

    deinit {
        engine = nil
        blocks.pointer.deallocate()
        ops.pointer.deallocate()
        HostMemory.free(buckets, count: Self.bucketCount)
    }

    /// Takes in a processor that executes these blocks.
    func join(_ cpu: CPU) {
        precondition(members.count == cpu.number, "processors are made in the order of their numbers")
        members.append(Member(cpu: cpu))
    }

    /// A generation of linear addresses that no processor has had: a link of one is never taken for another's.
    func newGeneration() -> UInt64 {
        lastGeneration &+= 1
        return lastGeneration
    }

    // MARK: Finding

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
        if !hasRoom(forBlocks: 1) { reset() }
        return ops + opCount
    }

    /// Tells whether that many blocks more can be made before everything has to be forgotten.
    func hasRoom(forBlocks count: Int) -> Bool {
        opCount + count * (Self.longest + 2) <= Self.opCapacity && blockCount + count <= Self.blockCapacity
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
        code.insert(block) { page in
            for member in members {
                member.cpu.userTLB.markCode(in: page)
                member.cpu.supervisorTLB.markCode(in: page)
            }
        }
        return block
    }

    // MARK: Dropping

    /// Somebody else than a processor wrote RAM: blocks from there are dropped, and who is in the middle of one leaves it.
    func written(physical: UInt64, count: UInt64) {
        code.forEachBlock(physical, count) { block in
            for member in members where member.cpu.runningBlock == block { member.cpu.requestAttention() }
            drop(block)
        }
    }

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

    /// Forgets everything, and what processors remember of it; none of them may be running a block.
    func reset() {
        statistics.resets &+= 1
        for member in members { member.cpu.places.removeAll() }
        engine?.reset()
        code.removeAll()
        buckets.update(repeating: nil, count: Self.bucketCount)
        blockCount = 0
        opCount = 0
    }
}

extension Block {
    /// Nowhere: not a canonical address.
    package static let invalidRIP = UInt64(Int64.max)

    func hasKey(of other: Block) -> Bool {
        physical == other.physical && rip == other.rip && mode == other.mode && csBase == other.csBase && csLimit == other.csLimit
            && owner == other.owner
    }
}
