/// The paging structures that translate linear addresses now, and the rules for their rights: what CR0, CR4 and IA32_EFER say.
/// SDM Vol. 3A, section 4.1.
public struct PagingMode: Sendable {
    /// The paging modes. SDM Vol. 3A, section 4.1.1.
    public enum Kind: Sendable {
        case none
        /// 32-bit paging: two levels of 1024 entries. Section 4.3.
        case bits32
        /// PAE paging: four registers, then two levels of 512 entries. Section 4.4.
        case PAE
        /// 4-level paging: 48-bit linear addresses. Section 4.5.
        case level4

        /// Bits of an index in a table.
        @inline(__always) var indexMask: UInt64 { self == .bits32 ? 0x3FF : 0x1FF }
    }

    /// A kind of table, with the rules for its entries.
    public struct Level: Sendable {
        /// The manual's name for an entry of the table.
        public let entry: EntryKind
        /// Position in a linear address of the number of the entry.
        public let shift: UInt64
        /// Bits that no entry, and none that leads to a table, may have set.
        public let reservedInTable: UInt64
        /// Bits that an entry may not have set which maps a page itself; nil when none can.
        public let reservedInPage: UInt64?

        /// Bytes that an entry stands for.
        public var span: UInt64 { 1 &<< shift }
    }

    /// The manual's names for entries.
    public enum EntryKind: String, Sendable {
        case PML4E = "PML4 entry"
        case PDPTE = "page directory pointer entry"
        case PDE = "page directory entry"
        case PTE = "page table entry"
    }

    /// The paging mode.
    public let kind: Kind
    /// Bits of a physical address that an entry of eight bytes may hold.
    public let physicalMask: UInt64
    /// Address bits that a 4-MByte page has above 32, from bit 13 of its entry on. Section 4.3, "PSE-36".
    private let bigPageBits: UInt64
    /// The tables from the last to the first: page table, page directory, …
    private let levels: InlineArray<4, Level>
    /// Number of levels that are walked, 2 or 4; of no meaning without paging.
    public let levelCount: Int

    /// CR0.WP: the supervisor too has to obey R/W.
    public let isWriteProtected: Bool
    /// IA32_EFER.NXE: bit 63 forbids fetches.
    public let hasNX: Bool
    /// CR4.SMEP and CR4.SMAP: the supervisor may not fetch from user pages, or not read and write them while EFLAGS.AC is clear.
    public let preventsExecution: Bool
    /// CR4.SMAP: the supervisor may not read and write user pages while EFLAGS.AC is clear.
    public let preventsAccess: Bool
    /// CR4.PGE: entries with G outlive a write to CR3.
    public let hasGlobalPages: Bool

    /// The paging of a processor in this state.
    public init(_ state: CPUState, _ model: CPUModel) {
        self.init(cr0: state.cr0, cr4: state.cr4, efer: state.efer, model)
    }

    init(cr0: CR0, cr4: CR4, efer: EFER, _ model: CPUModel) {
        let kind: Kind =
            !cr0.contains(.PG) ? .none : efer.contains(.LMA) ? .level4 : cr4.contains(.PAE) ? .PAE : .bits32
        self.kind = kind
        physicalMask = model.physicalAddressMask
        isWriteProtected = cr0.contains(.WP)
        hasNX = efer.contains(.NXE) && kind != .bits32 && kind != .none
        preventsExecution = cr4.contains(.SMEP)
        preventsAccess = cr4.contains(.SMAP)
        hasGlobalPages = cr4.contains(.PGE)
        let noExecute: UInt64 = efer.contains(.NXE) ? 0 : EntryBit.XD
        let physical = ~model.physicalAddressMask & 0x000F_FFFF_FFFF_F000
        let unused = Level(entry: .PTE, shift: 12, reservedInTable: 0, reservedInPage: 0)
        switch kind {
        case .none, .bits32:
            let bits = model.features.hasPSE36 ? min(40, UInt64(model.physicalAddressBits)) - 32 : 0
            bigPageBits = bits
            let big: UInt64? = cr4.contains(.PSE) ? 0x3F_E000 & ~(((1 << bits) - 1) << 13) : nil
            let directory = Level(entry: .PDE, shift: 22, reservedInTable: 0, reservedInPage: big)
            levels = [unused, directory, unused, unused]
            levelCount = 2
        case .PAE:
            bigPageBits = 0
            let all = physical | 0x7FF0_0000_0000_0000 | noExecute
            let table = Level(entry: .PTE, shift: 12, reservedInTable: all, reservedInPage: all)
            let directory = Level(entry: .PDE, shift: 21, reservedInTable: all, reservedInPage: all | 0x1F_E000)
            levels = [table, directory, unused, unused]
            levelCount = 2
        case .level4:
            bigPageBits = 0
            let all = physical | noExecute
            let table = Level(entry: .PTE, shift: 12, reservedInTable: all, reservedInPage: all)
            let directory = Level(entry: .PDE, shift: 21, reservedInTable: all, reservedInPage: all | 0x1F_E000)
            let isGigabyte = model.features.hasGigabytePages
            let pointers = Level(
                entry: .PDPTE, shift: 30, reservedInTable: isGigabyte ? all : all | EntryBit.PS,
                reservedInPage: isGigabyte ? all | 0x3FFF_E000 : nil)
            let map = Level(entry: .PML4E, shift: 39, reservedInTable: all | EntryBit.PS, reservedInPage: nil)
            levels = [table, directory, pointers, map]
            levelCount = 4
        }
    }

    /// The level with number `depth`: 0 is the page table.
    @inline(__always) public func level(_ depth: Int) -> Level { levels[depth] }

    /// Bytes of an entry.
    @inline(__always) public var entryBytes: UInt64 { kind == .bits32 ? 4 : 8 }
    @inline(__always) var indexMask: UInt64 { kind.indexMask }

    /// Physical address of the table that an entry leads to.
    @inline(__always)
    public func table(_ entry: UInt64) -> UInt64 {
        entry & (kind == .bits32 ? 0xFFFF_F000 : physicalMask & ~0xFFF)
    }

    /// Physical address of the first byte of the page that an entry of `level` maps.
    @inline(__always) public func page(_ entry: UInt64, _ level: Level) -> UInt64 {
        let frame = table(entry) & ~(level.span &- 1)
        guard kind == .bits32, level.shift == 22 else { return frame }
        return frame | ((entry &>> 13) & ((1 &<< bigPageBits) &- 1)) &<< 32
    }

    /// The error codes of page faults tell fetches apart.
    var reportsFetches: Bool { hasNX || preventsExecution }
}

/// Bits of a paging-structure entry. SDM Vol. 3A, tables 4-4 to 4-6 and 4-8 to 4-19.
enum EntryBit {
    static let P: UInt64 = 1
    static let RW: UInt64 = 2
    static let US: UInt64 = 4
    static let A: UInt64 = 0x20
    static let D: UInt64 = 0x40
    static let PS: UInt64 = 0x80
    static let G: UInt64 = 0x100
    static let XD: UInt64 = 1 &<< 63
}
