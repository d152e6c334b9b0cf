import Processor

/// Page tables for vectors: each page of their regions is mapped to RAM, at the address it has where RAM goes that far.
struct VectorPaging {
    private let machine: FlatMachine
    private let isLong: Bool
    /// Next page for a table, and for memory whose linear address is beyond RAM.
    private var nextTable: Int
    private var nextPage: Int
    /// Physical address of the last table's entry for a page, by linear address; and the page itself where it is elsewhere.
    private var entries: [UInt64: Int] = [:]
    private var moved: [UInt64: Int] = [:]
    let root: Int

    /// Tables take the pages from `tables` on, 4-level ones for `long64`; far memory those from `far` on.
    init(_ machine: FlatMachine, _ mode: VectorFile.Mode, tables: Int, far: Int) {
        self.machine = machine
        isLong = mode == .long64
        root = tables
        nextTable = tables + 0x1000
        nextPage = far
    }

    /// Maps a page with the rights in the low bits of an entry.
    mutating func map(_ page: UInt64, rights: UInt32) {
        let physical = Int(page) < machine.size ? Int(page) : nextPage
        if physical == nextPage {
            moved[page] = physical
            nextPage += 0x1000
        }
        let entry = entry(for: page)
        entries[page] = entry
        machine.write32(entry, UInt32(physical) | rights)
    }

    /// Tells where a byte of RAM is, by its linear address.
    func physical(_ linear: UInt64) -> Int? {
        if let page = moved[linear & ~0xFFF] { return page + Int(linear & 0xFFF) }
        return linear < UInt64(machine.size) ? Int(linear) : nil
    }

    /// Takes the dirty flag of a page back and returns it.
    func takeDirty(_ page: UInt64) -> Bool {
        guard let entry = entries[page] else { return false }
        let value = machine.memory.load(fromByteOffset: entry, as: UInt32.self)
        machine.memory.storeBytes(of: value & ~0x40, toByteOffset: entry, as: UInt32.self)
        return value & 0x40 != 0
    }

    private mutating func entry(for page: UInt64) -> Int {
        let (shifts, bits, bytes): ([UInt64], UInt64, Int) = isLong ? ([39, 30, 21, 12], 9, 8) : ([22, 12], 10, 4)
        var table = root
        for shift in shifts.dropLast() {
            let entry = table + Int(page >> shift & (1 << bits - 1)) * bytes
            if machine.memory.load(fromByteOffset: entry, as: UInt32.self) == 0 {
                machine.write32(entry, UInt32(nextTable) | 7)
                nextTable += 0x1000
            }
            table = Int(machine.memory.load(fromByteOffset: entry, as: UInt32.self) & 0xFFFF_F000)
        }
        return table + Int(page >> 12 & (1 << bits - 1)) * bytes
    }
}
