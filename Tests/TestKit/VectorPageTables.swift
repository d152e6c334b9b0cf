import Processor

/// The page tables under which vectors run: those of 32-bit paging, or four levels in 64-bit mode.
struct VectorPageTables {
    private let machine: FlatMachine
    private let root: Int
    private let isLong: Bool
    private var free: Int
    private let end: Int

    /// Tables from `root` up to `end`, which is where something else begins.
    init(_ machine: FlatMachine, root: Int, end: Int, isLong: Bool) {
        self.machine = machine
        self.root = root
        self.isLong = isLong
        self.end = end
        free = root + 0x1000
    }

    /// Maps one page, with the rights of an entry's low bits: 1 present, 2 writable, 4 user.
    mutating func map(_ linear: UInt64, to physical: Int, rights: Int) {
        var table = root
        for level in levels.dropLast() {
            let place = entry(table, linear, level)
            if read(place) == 0 {
                precondition(free < end, "no room for page tables")
                write(place, free | 7)
                free += 0x1000
            }
            table = read(place) & ~0xFFF
        }
        write(entry(table, linear, 12), physical | rights)
    }

    /// Whether the page was written to since the last call.
    func takeDirty(_ linear: UInt64) -> Bool {
        var table = root
        for level in levels.dropLast() { table = read(entry(table, linear, level)) & ~0xFFF }
        let place = entry(table, linear, 12)
        let value = read(place)
        guard value & 0x40 != 0 else { return false }
        write(place, value & ~0x40)
        return true
    }

    /// The lowest bit of the linear address that each level takes its index from.
    private var levels: [Int] { isLong ? [39, 30, 21, 12] : [22, 12] }

    private func entry(_ table: Int, _ linear: UInt64, _ shift: Int) -> Int {
        table + (isLong ? Int(linear >> UInt64(shift) & 0x1FF) * 8 : Int(linear >> UInt64(shift) & 0x3FF) * 4)
    }

    private func read(_ place: Int) -> Int {
        isLong
            ? Int(machine.memory.load(fromByteOffset: place, as: UInt64.self))
            : Int(machine.memory.load(fromByteOffset: place, as: UInt32.self))
    }

    private func write(_ place: Int, _ value: Int) {
        if isLong {
            machine.memory.storeBytes(of: UInt64(value), toByteOffset: place, as: UInt64.self)
        } else {
            machine.memory.storeBytes(of: UInt32(value), toByteOffset: place, as: UInt32.self)
        }
    }
}

extension VectorFile {
    /// Where a region is in the machine's memory: at its own address, or for one above 4 GB behind everything else.
    func place(of region: VectorRegion) -> Int { region.base < 1 << 32 ? Int(region.base) : 0xA0_0000 }

    /// Where the byte at a linear address is in the machine's memory; nil when it is nowhere.
    func place(of linear: UInt64) -> Int? {
        if linear < 1 << 32 { return Int(linear) }
        guard let region = regions.first(where: { linear >= $0.base && linear - $0.base < $0.size }) else { return nil }
        return place(of: region) + Int(linear - region.base)
    }
}
