/// The contents of pages of RAM at a checkpoint: each is copied before it can be written for the first time since. The board is asked for a page
/// before anybody writes to it, and at a checkpoint the processor forgets all pages it was given; so nothing is missed.
final class PageCopies {
    /// By number of the page.
    private(set) var pages: [Int: [UInt8]] = [:]
    private unowned let memory: MainMemory

    init(_ memory: MainMemory) { self.memory = memory }

    /// Bytes of the host they take, about.
    var byteCount: Int { pages.count * (MainMemory.pageSize + 80) }

    /// Keeps what page `number` holds now, if it was not kept before.
    func keep(_ number: Int) {
        guard pages[number] == nil else { return }
        pages[number] = Array(UnsafeRawBufferPointer(start: memory.base + MainMemory.pageSize * number, count: MainMemory.pageSize))
    }

    /// Forgets copies of pages that were only read.
    func dropUnchanged() {
        pages = pages.filter { number, bytes in
            !UnsafeRawBufferPointer(start: memory.base + MainMemory.pageSize * number, count: MainMemory.pageSize).elementsEqual(
                bytes)
        }
    }

    /// Takes in what changed between the next checkpoint, which is given up, and the one behind it.
    func absorb(_ later: PageCopies) {
        pages.merge(later.pages) { mine, _ in mine }
    }

    /// Puts the copies back; `written` hears the number of each page.
    func putBack(_ written: (Int) -> Void) {
        for (number, bytes) in pages {
            bytes.withUnsafeBytes {
                (memory.base + MainMemory.pageSize * number).copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
            }
            written(number)
        }
    }
}
