import Wiring

/// The bytes of physical memory that a machine's decoded blocks are made of: a store, or a bus master, finds the blocks that it changes.
///
/// SAFETY: pages are allocated here and freed when no block is left, at `deinit` at the latest; blocks are taken out before they go.
final class CodeMap {
    /// Physical pages: 36 address bits.
    private static let pageCount = 1 << 24
    /// Pages with code at a time, 4.6 KB each.
    private static let capacity = 1 << 13

    /// The code of each physical page; memory of untouched parts is never used.
    private let pages: UnsafeMutablePointer<UnsafeMutablePointer<CodePage>?>
    /// Pages that were allocated, and those of them that no page needs now.
    private var codePages: [UnsafeMutablePointer<CodePage>] = []
    private var idleCodePages: [UnsafeMutablePointer<CodePage>] = []

    /// A map without blocks. Throws when the host has no address space for it.
    init() throws(HostMemory.Exhausted) {
        pages = try HostMemory.zeroed(UnsafeMutablePointer<CodePage>?.self, count: Self.pageCount)
    }

    deinit {
        removeAll()
        HostMemory.free(pages, count: Self.pageCount)
    }

    // MARK: Making

    /// Tells whether that many blocks more find room.
    func hasRoom(forBlocks count: Int) -> Bool {
        codePages.count - idleCodePages.count + 2 * count <= Self.capacity
    }

    /// Notes a block. `isNew` hears of each page that became a page with code: stores to it have to be looked at from now on.
    func insert(_ block: BlockHandle, _ isNew: (_ physicalPage: UInt64) -> Void) {
        insert(block, .first, block.pointee.physical & ~0xFFF, isNew)
        if block.pointee.secondPage != 0 { insert(block, .second, block.pointee.secondPage, isNew) }
    }

    private func insert(_ block: BlockHandle, _ side: CodePage.Side, _ physicalPage: UInt64, _ isNew: (UInt64) -> Void) {
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
        isNew(physicalPage)
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

    /// Forgets all blocks at once.
    func removeAll() {
        for page in codePages {
            pages[Int(truncatingIfNeeded: page.pointee.physicalPage >> 12)] = nil
            page.deallocate()
        }
        idleCodePages.removeAll(keepingCapacity: true)
        codePages.removeAll(keepingCapacity: true)
    }
}
