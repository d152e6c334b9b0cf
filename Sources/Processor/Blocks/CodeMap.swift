import Wiring

/// The bytes of physical memory that the decoded blocks of a machine's processors are made of: each processor has blocks of its own, and a store by any of
/// them, or by a bus master, finds those of all.
///
/// SAFETY: pages are allocated here and freed when no block is left, at `deinit` at the latest; a processor takes its blocks out before they go.
public final class CodeMap {
    /// Physical pages: 36 address bits.
    private static let pageCount = 1 << 24
    /// Pages with code at a time for each processor, 4.6 KB each.
    private static let capacity = 1 << 13

    /// The code of each physical page; memory of untouched parts is never used.
    private let pages: UnsafeMutablePointer<UnsafeMutablePointer<CodePage>?>
    /// Pages that were allocated, and those of them that no page needs now.
    private var codePages: [UnsafeMutablePointer<CodePage>] = []
    private var idleCodePages: [UnsafeMutablePointer<CodePage>] = []
    private var members: [Member] = []

    /// The processors hold the map; it does not hold them.
    private struct Member {
        unowned let cpu: CPU
    }

    /// A map without blocks. Throws when the host has no address space for it.
    public init() throws(HostMemory.Exhausted) {
        pages = try HostMemory.zeroed(UnsafeMutablePointer<CodePage>?.self, count: Self.pageCount)
    }

    deinit {
        freeAll()
        HostMemory.free(pages, count: Self.pageCount)
    }

    /// Takes a processor in, under the number that its blocks have.
    func join(_ cpu: CPU) {
        precondition(members.count == cpu.number, "processors are made in the order of their numbers")
        members.append(Member(cpu: cpu))
    }

    /// The processor that a block is of.
    func owner(_ block: BlockHandle) -> CPU { members[Int(block.pointee.owner)].cpu }

    // MARK: Making

    /// Tells whether that many blocks more find room.
    func hasRoom(forBlocks count: Int) -> Bool {
        codePages.count - idleCodePages.count + 2 * count <= Self.capacity * max(1, members.count)
    }

    /// Notes a block. For each page that became a page with code, all processors look at their stores to it from now on.
    func insert(_ block: BlockHandle) {
        insert(block, .first, block.pointee.physical & ~0xFFF)
        if block.pointee.secondPage != 0 { insert(block, .second, block.pointee.secondPage) }
    }

    private func insert(_ block: BlockHandle, _ side: CodePage.Side, _ physicalPage: UInt64) {
        let index = Int(truncatingIfNeeded: physicalPage >> 12)
        guard index < Self.pageCount else { return }
        if let page = pages[index] { return page.pointee.insert(block, side) }
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
        page.pointee.insert(block, side)
        for member in members {
            member.cpu.userTLB.markCode(in: physicalPage)
            member.cpu.supervisorTLB.markCode(in: physicalPage)
        }
    }

    // MARK: Looking

    /// The place where to find the pages with code by number, for translated code.
    var pageTable: UnsafeMutableRawPointer { UnsafeMutableRawPointer(pages) }

    @inline(__always)
    private func codePage(at physical: UInt64) -> UnsafeMutablePointer<CodePage>? {
        let index = Int(truncatingIfNeeded: physical &>> 12)
        return index < Self.pageCount ? pages[index] : nil
    }

    /// Tells whether writes to this page have to be told, where they meet code.
    @inline(__always)
    func holdsCode(_ physicalPage: UInt64) -> Bool { codePage(at: physicalPage) != nil }

    /// Tells whether one of `count` bytes, all in one page, belongs to a block.
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

    /// Calls `body` for each block that has one of these bytes; it may take the block away.
    func forEachBlock(_ physical: UInt64, _ count: UInt64, _ body: (BlockHandle) -> Void) {
        var address = physical
        let end = physical &+ count
        while address < end {
            let page = address & ~0xFFF
            let last = min(end, page &+ 0x1000)
            if let code = codePage(at: page) {
                CodePage.forEachBlock(in: code, overlapping: address &- page..<last &- page, body)
            }
            address = last
        }
    }

    /// Somebody else than a processor wrote RAM: blocks from there are dropped, and who is in the middle of one leaves it.
    func written(physical: UInt64, count: UInt64) {
        forEachBlock(physical, count) { block in
            let owner = owner(block)
            if owner.runningBlock == block { owner.requestAttention() }
            owner.blocks.drop(block)
        }
    }

    // MARK: Forgetting

    func remove(_ block: BlockHandle) {
        remove(block, .first, from: block.pointee.physical)
        if block.pointee.secondPage != 0 { remove(block, .second, from: block.pointee.secondPage) }
    }

    private func remove(_ block: BlockHandle, _ side: CodePage.Side, from physical: UInt64) {
        guard let page = codePage(at: physical) else { return }
        page.pointee.remove(block, side)
        guard page.pointee.isEmpty else { return }
        pages[Int(truncatingIfNeeded: physical &>> 12)] = nil
        idleCodePages.append(page)
    }

    /// Forgets the blocks of one processor, which `forEach` hands over one by one: all at once, where there is no other.
    func forget(_ forEach: ((BlockHandle) -> Void) -> Void) {
        if members.count > 1 { forEach { remove($0) } } else { freeAll() }
    }

    private func freeAll() {
        for page in codePages {
            pages[Int(truncatingIfNeeded: page.pointee.physicalPage >> 12)] = nil
            page.deallocate()
        }
        idleCodePages.removeAll(keepingCapacity: true)
        codePages.removeAll(keepingCapacity: true)
    }

    /// Has every processor forget its blocks; none may be running one.
    func resetAll() {
        for member in members { member.cpu.blocks.reset() }
    }
}
