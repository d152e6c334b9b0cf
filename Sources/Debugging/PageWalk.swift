import Processor
import Wiring

/// The way of a linear address through the page tables, entry by entry, and where it ends. SDM Vol. 3A, chapter 4; 32-bit and PAE paging.
///
/// Looks only: sets no accessed and dirty flags.
public struct PageWalk: Equatable {
    /// What was looked up at one level.
    public struct Step: Equatable {
        /// "page directory entry", as the manual calls it.
        public let name: String
        /// Number of the entry in its table.
        public let index: UInt64
        /// Physical address of the entry.
        public let address: UInt64
        public let value: UInt64
    }

    /// Why an access is refused: the step at fault is the last one.
    public enum Refusal: Equatable {
        case notPresent
        case reservedBit
        /// The page is the supervisor's and the access the user's.
        case supervisorOnly
        case readOnly
        case noExecute
    }

    public private(set) var steps: [Step] = []
    public private(set) var refusal: Refusal?
    /// nil where there is no translation at all.
    public private(set) var physical: UInt64?

    /// Translates `linear` for an access of the kind given.
    public init(_ view: MachineView, linear: UInt64, writes: Bool = false, user: Bool = false, fetches: Bool = false) {
        defer { physical = physical.map { $0 & view.cpu.addressMask } }
        guard view.isPaged else {
            physical = linear & 0xFFFF_FFFF
            return
        }
        if view.state.cr4.contains(.PAE) {
            walkPAE(view, linear)
        } else {
            walk32(view, linear)
        }
        guard refusal == nil else { return }
        check(view, writes: writes, user: user, fetches: fetches)
    }

    /// The access that a page fault's error code describes.
    public init(_ view: MachineView, linear: UInt64, errorCode: UInt32) {
        self.init(view, linear: linear, writes: errorCode & 2 != 0, user: errorCode & 4 != 0, fetches: errorCode & 16 != 0)
    }

    private mutating func walk32(_ view: MachineView, _ linear: UInt64) {
        let directory = look(view, "page directory entry", view.state.cr3 & 0xFFFF_F000, linear >> 22 & 0x3FF, 4)
        guard directory & 1 != 0 else { return refuse(.notPresent) }
        if directory & 0x80 != 0, view.state.cr4.contains(.PSE) {
            let hasPSE36 = view.cpu.model.features.hasPSE36
            guard directory & (hasPSE36 ? 0x3E_0000 : 0x3F_E000) == 0 else { return refuse(.reservedBit) }
            let high = hasPSE36 ? directory >> 13 & 0xF : 0
            physical = high << 32 | directory & 0xFFC0_0000 | linear & 0x3F_FFFF
            return
        }
        let table = look(view, "page table entry", directory & 0xFFFF_F000, linear >> 12 & 0x3FF, 4)
        guard table & 1 != 0 else { return refuse(.notPresent) }
        physical = table & 0xFFFF_F000 | linear & 0xFFF
    }

    private mutating func walkPAE(_ view: MachineView, _ linear: UInt64) {
        let state = view.state
        let pointers = [state.pdpte0, state.pdpte1, state.pdpte2, state.pdpte3]
        let index = linear >> 30 & 3
        let pointer = pointers[Int(truncatingIfNeeded: index)]
        steps.append(
            Step(name: "page directory pointer entry", index: index, address: state.cr3 & 0xFFFF_FFE0 &+ 8 &* index, value: pointer)
        )
        guard pointer & 1 != 0 else { return refuse(.notPresent) }
        let physicalMask = view.cpu.model.physicalAddressMask
        let mask = physicalMask & ~0xFFF
        let reserved = ~physicalMask & 0x7FFF_FFFF_FFFF_F000 | (view.state.efer.contains(.NXE) ? 0 : 1 << 63)
        let directory = look(view, "page directory entry", pointer & mask, linear >> 21 & 0x1FF, 8)
        guard directory & 1 != 0 else { return refuse(.notPresent) }
        if directory & 0x80 != 0 {
            guard directory & (reserved | 0x1F_E000) == 0 else { return refuse(.reservedBit) }
            physical = directory & mask & ~0x1F_FFFF | linear & 0x1F_FFFF
            return
        }
        guard directory & reserved == 0 else { return refuse(.reservedBit) }
        let table = look(view, "page table entry", directory & mask, linear >> 12 & 0x1FF, 8)
        guard table & 1 != 0 else { return refuse(.notPresent) }
        guard table & reserved == 0 else { return refuse(.reservedBit) }
        physical = table & mask | linear & 0xFFF
    }

    private mutating func look(_ view: MachineView, _ name: String, _ table: UInt64, _ index: UInt64, _ size: Int) -> UInt64 {
        let address = table &+ index &* UInt64(size)
        let value = view.physical(address, size)
        steps.append(Step(name: name, index: index, address: address, value: value))
        return value
    }

    private mutating func refuse(_ reason: Refusal) {
        refusal = reason
        physical = nil
    }

    /// Rights of all levels together; the refusal is charged to the first level that refuses.
    private mutating func check(_ view: MachineView, writes: Bool, user: Bool, fetches: Bool) {
        let checked = steps.filter { $0.name != "page directory pointer entry" }
        func limit(_ reason: Refusal, _ allowed: (UInt64) -> Bool) -> Bool {
            guard let index = checked.firstIndex(where: { !allowed($0.value) }) else { return false }
            refusal = reason
            steps = Array(checked[...index])
            return true
        }
        if user, limit(.supervisorOnly, { $0 & 4 != 0 }) { return }
        if writes, user || view.state.cr0.contains(.WP), limit(.readOnly, { $0 & 2 != 0 }) { return }
        let hasNX = view.state.efer.contains(.NXE) && view.state.cr4.contains(.PAE)
        if fetches, hasNX { _ = limit(.noExecute, { $0 >> 63 == 0 }) }
    }

    /// "page directory entry 300h at 00101C00h is 00000000h: not present".
    public var words: String? {
        guard let refusal, let step = steps.last else { return nil }
        let reason =
            switch refusal {
            case .notPresent: "not present (bit 0 is clear)"
            case .reservedBit: "a reserved bit is set"
            case .supervisorOnly: "not for ring 3 (bit 2, U/S, is clear)"
            case .readOnly: "read-only (bit 1, R/W, is clear)"
            case .noExecute: "not to be executed (bit 63 is set)"
            }
        let digits = step.value > 0xFFFF_FFFF ? 16 : 8
        return "\(step.name) \(h(step.index, 3)) at \(h(step.address)) is \(h(step.value, digits)): \(reason)"
    }
}
