import Wiring

/// The blocks that a processor has found at linear addresses, and for how long that holds for it.
///
/// SAFETY: the table is allocated in `init` and freed in `deinit`; `BlockCache.reset()` empties it before blocks go.
final class RememberedPlaces {
    private static let jumpCount = 1 << 14

    private let jumps: UnsafeMutablePointer<Link>
    /// Changes whenever a linear address may lead to other code than before.
    fileprivate(set) var generation: UInt64 = 0

    /// Places that are remembered only until CR3 is written: slots of `jumps`, and blocks with links. What is too much to be kept in mind is forgotten at once.
    private var passingJumps: [Int] = []
    private var passingLinks: [BlockHandle] = []

    init() throws(HostMemory.Exhausted) {
        jumps = try HostMemory.zeroed(Link.self, count: Self.jumpCount)
    }

    deinit { HostMemory.free(jumps, count: Self.jumpCount) }

    /// A guess by linear address, to be checked by the caller.
    @inline(__always)
    func guess(linear: UInt64) -> BlockHandle? {
        let link = jumps[Self.jumpSlot(linear)]
        return link.generation == generation ? link.target : nil
    }

    /// The block that was there the last time, or at another address: when a process runs again, most of its code is where it was.
    @inline(__always)
    func last(linear: UInt64) -> BlockHandle? { jumps[Self.jumpSlot(linear)].target }

    func remember(_ block: BlockHandle, linear: UInt64, _ term: LinkTerm) {
        let slot = Self.jumpSlot(linear)
        jumps[slot] = Link(target: block, generation: generation)
        guard term == .passing else { return }
        if passingJumps.count == LinkTerm.mostPassing { forgetPassing() }
        passingJumps.append(slot)
    }

    /// Remembers a successor of `block`.
    func link(_ block: BlockHandle, to target: BlockHandle, _ term: LinkTerm) {
        block.pointee.link1 = block.pointee.link0
        block.pointee.link0 = Link(target: target, generation: term == .always ? Link.always : generation)
        guard term == .passing else { return }
        if passingLinks.count == LinkTerm.mostPassing { forgetPassing() }
        passingLinks.append(block)
    }

    /// Forgets what was remembered until CR3 is written.
    func forgetPassing() {
        for slot in passingJumps { jumps[slot] = Link(target: jumps[slot].target) }
        passingJumps.removeAll(keepingCapacity: true)
        for block in passingLinks { (block.pointee.link0, block.pointee.link1) = (Link(), Link()) }
        passingLinks.removeAll(keepingCapacity: true)
    }

    /// All blocks go.
    func removeAll() {
        passingJumps.removeAll(keepingCapacity: true)
        passingLinks.removeAll(keepingCapacity: true)
        jumps.update(repeating: Link(), count: Self.jumpCount)
    }

    private static func jumpSlot(_ linear: UInt64) -> Int {
        Int(truncatingIfNeeded: (linear ^ (linear &>> 12)) & UInt64(jumpCount - 1))
    }
}

extension CPU {
    /// Linear addresses of code may lead elsewhere than before.
    func newGeneration() {
        places.generation = blocks.newGeneration()
        core.pointee.generation = places.generation
        forgetPassing()
        linkedPages.removeAll()
    }

    /// Forgets what was remembered of places of code until CR3 is written.
    func forgetPassing() {
        places.forgetPassing()
        engine?.forgetPassing(of: self)
    }
}
