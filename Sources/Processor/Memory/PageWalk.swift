/// Memory as page tables lie in it.
public protocol PhysicalView {
    /// The bits of a physical address that leave the processor.
    var addressMask: UInt64 { get }
    /// `bytes` (4 or 8) at a physical address.
    func pagingEntry(at physical: UInt64, bytes: UInt64) -> UInt64
}

/// The way of a linear address through the page tables, entry by entry, and where it ends. SDM Vol. 3A, chapter 4.
///
/// Looks only: sets no accessed and dirty flags and raises nothing.
public struct PageWalk: Equatable, Sendable {
    /// An entry that was looked at.
    public struct Step: Equatable, Sendable {
        /// The kind of entry.
        public var entry = PagingMode.EntryKind.PTE
        /// Number of the entry in its table.
        public var index: UInt64 = 0
        /// Physical address of the entry.
        public var address: UInt64 = 0
        /// The entry, of four or eight bytes.
        public var value: UInt64 = 0
        /// One of PAE's four pointers: it was loaded into a register with CR3, and has no rights and no accessed flag.
        public var isRegister = false
    }

    /// The reason why an access is refused: the step at fault is the last one.
    public enum Refusal: Equatable, Sendable {
        case notPresent
        case reservedBit
        /// The page is the supervisor's and the access the user's.
        case supervisorOnly
        case readOnly
        case noExecute
        /// SMEP and SMAP: the page is the user's and the access the supervisor's.
        case userCode
        case userData
    }

    /// An access to a page.
    public struct Purpose: Sendable {
        /// The kind of access.
        public var access: Access
        /// It is made at privilege level 3.
        public var isUser: Bool
        /// EFLAGS.AC lifts SMAP for the accesses of instructions, not for those to system tables.
        public var mayReachUser: Bool

        /// An access of this kind.
        public init(_ access: Access, isUser: Bool, mayReachUser: Bool = true) {
            self.access = access
            self.isUser = isUser
            self.mayReachUser = mayReachUser
        }
    }

    /// An entry as it was read. Few bytes, because the processor walks often.
    private struct Entry {
        var address: UInt64 = 0
        var value: UInt64 = 0
        var kind = PagingMode.EntryKind.PTE
        /// The place where its index is in a linear address.
        var shift: UInt8 = 12
    }

    private var entries: InlineArray<4, Entry> = .init(repeating: Entry())
    package private(set) var count = 0
    private let linear: UInt64
    private let kind: PagingMode.Kind
    /// The reason why an access is refused; nil where it is not.
    public private(set) var refusal: Refusal?
    /// The place where the address leads; nil when there is no translation.
    public private(set) var physical: UInt64?
    /// Bytes of the page that was found, 4 KBytes to 1 GByte.
    package private(set) var span: UInt64 = 0x1000
    /// R/W, U/S and the inverse of XD of all levels together.
    private var rights: UInt64 = EntryBit.RW | EntryBit.US | EntryBit.XD

    private init(unpaged physical: UInt64) {
        (linear, kind) = (physical, .none)
        self.physical = physical
    }

    /// Looks up `linear` in the tables of `state`.
    public init(_ linear: UInt64, _ state: CPUState, _ paging: PagingMode, _ view: some PhysicalView) {
        guard paging.kind != .none else {
            self.init(unpaged: linear & view.addressMask)
            return
        }
        self.init(linear, root: state.pagingRoot(linear, paging.kind), pointers: state.cr3 & 0xFFFF_FFE0, paging, view)
    }

    /// Looks up `linear`. `root` is CR3, or under PAE the one of the pointers loaded from `pointers` that is for this address.
    @inline(__always)
    init(_ linear: UInt64, root: UInt64, pointers: UInt64, _ paging: PagingMode, _ view: some PhysicalView) {
        (self.linear, kind) = (linear, paging.kind)
        if paging.kind == .PAE {
            entries[0] = Entry(address: pointers &+ 8 &* ((linear &>> 30) & 3), value: root, kind: .PDPTE, shift: 30)
            count = 1
            guard root & EntryBit.P != 0 else {
                refusal = .notPresent
                return
            }
        }
        var table = paging.table(root)
        var depth = paging.levelCount &- 1
        while true {
            let level = paging.level(depth)
            let index = (linear &>> level.shift) & paging.indexMask
            let address = table &+ index &* paging.entryBytes
            let value = view.pagingEntry(at: address, bytes: paging.entryBytes)
            entries[count] = Entry(
                address: address, value: value, kind: level.entry, shift: UInt8(truncatingIfNeeded: level.shift))
            count &+= 1
            guard value & EntryBit.P != 0 else {
                refusal = .notPresent
                return
            }
            rights &= value ^ EntryBit.XD
            let mapsPage = depth == 0 || (value & EntryBit.PS != 0 && level.reservedInPage != nil)
            let reserved = mapsPage ? level.reservedInPage ?? 0 : level.reservedInTable
            guard value & reserved == 0 else {
                refusal = .reservedBit
                return
            }
            if mapsPage {
                span = level.span
                physical = (paging.page(value, level) | (linear & (span &- 1))) & view.addressMask
                return
            }
            table = paging.table(value)
            depth &-= 1
        }
    }

    /// The entries that were looked at, the first level first.
    public var steps: [Step] {
        (0..<count).map { number in
            let entry = entries[number]
            return Step(
                entry: entry.kind, index: (linear &>> UInt64(entry.shift)) & kind.indexMask, address: entry.address,
                value: entry.value,
                isRegister: isRegister(number))
        }
    }

    /// Step `number` is one of PAE's pointers.
    @inline(__always) private func isRegister(_ number: Int) -> Bool { kind == .PAE && number == 0 }

    public static func == (a: PageWalk, b: PageWalk) -> Bool {
        a.steps == b.steps && a.refusal == b.refusal && a.physical == b.physical
    }
    /// The entry that maps the page.
    @inline(__always) private var leaf: UInt64 { entries[count &- 1].value }
    /// The entries that have an accessed flag, by their addresses; the last one has a dirty flag too.
    @inline(__always) package func address(_ step: Int) -> UInt64? { isRegister(step) ? nil : entries[step].address }
    @inline(__always) func value(_ step: Int) -> UInt64 { entries[step].value }

    package var isDirty: Bool { leaf & EntryBit.D != 0 }
    package var isGlobal: Bool { leaf & EntryBit.G != 0 }
    var isUserPage: Bool { rights & EntryBit.US != 0 }

    @inline(__always) package func isWritable(_ paging: PagingMode, isUser: Bool) -> Bool {
        rights & EntryBit.RW != 0 || (!isUser && !paging.isWriteProtected)
    }

    /// Tells why the access is refused, by the rights of all levels together. SDM Vol. 3A, section 4.6.
    @inline(__always)
    public func refusal(_ purpose: Purpose, _ paging: PagingMode) -> Refusal? {
        if let refusal { return refusal }
        if purpose.isUser {
            if !isUserPage { return .supervisorOnly }
        } else if isUserPage {
            if purpose.access == .execute {
                if paging.preventsExecution { return .userCode }
            } else if paging.preventsAccess, !purpose.mayReachUser {
                return .userData
            }
        }
        if purpose.access.writes, !isWritable(paging, isUser: purpose.isUser) { return .readOnly }
        if purpose.access == .execute, paging.hasNX, rights & EntryBit.XD == 0 { return .noExecute }
        return nil
    }

    /// The walk as far as the first level that refuses the access, if one does.
    public func stopped(by purpose: Purpose, _ paging: PagingMode) -> PageWalk {
        guard count > 0, refusal == nil, let reason = refusal(purpose, paging) else { return self }
        var walk = self
        walk.refusal = reason
        let forbids: (UInt64) -> Bool =
            switch reason {
            case .supervisorOnly: { $0 & EntryBit.US == 0 }
            case .readOnly: { $0 & EntryBit.RW == 0 }
            case .noExecute: { $0 & EntryBit.XD != 0 }
            default: { _ in false }
            }
        if let step = (0..<count).first(where: { !isRegister($0) && forbids(entries[$0].value) }) { walk.count = step + 1 }
        return walk
    }
}

extension PageFaultCode {
    /// The error code of a refused access. SDM Vol. 3A, section 4.7.
    init(_ refusal: PageWalk.Refusal, _ purpose: PageWalk.Purpose, _ paging: PagingMode) {
        switch refusal {
        case .notPresent: self = []
        case .reservedBit: self = [.P, .RSVD]
        default: self = .P
        }
        if purpose.access.writes { insert(.WR) }
        if purpose.isUser { insert(.US) }
        if purpose.access == .execute, paging.reportsFetches { insert(.ID) }
    }
}
