import Processor
import Wiring

/// The processor's way through the page tables as a debugger asks for it: without a fault, and in words. SDM Vol. 3A, chapter 4.
extension PageWalk {
    /// Translates `linear` for an access of the kind given.
    public init(_ view: MachineView, linear: UInt64, writes: Bool = false, user: Bool = false, fetches: Bool = false) {
        let paging = view.cpu.paging
        let purpose = Purpose(
            fetches ? .execute : writes ? .write : .read, isUser: user, mayReachUser: !fetches && view.state.eflags.contains(.AC))
        self = PageWalk(linear & view.linearMask, view.state, paging, view).stopped(by: purpose, paging)
    }

    /// The access that a page fault's error code describes.
    public init(_ view: MachineView, linear: UInt64, errorCode: UInt32) {
        let code = PageFaultCode(rawValue: errorCode)
        self.init(view, linear: linear, writes: code.contains(.WR), user: code.contains(.US), fetches: code.contains(.ID))
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
            case .userCode: "a page of ring 3 (bit 2, U/S, is set), which SMEP keeps the supervisor from executing"
            case .userData: "a page of ring 3 (bit 2, U/S, is set), which SMAP keeps the supervisor from while AC is clear"
            }
        return "\(step.words) is \(step.valueText): \(reason)"
    }
}

extension PageWalk.Step {
    /// "page directory entry", as the manual calls it.
    public var name: String { entry.rawValue }

    /// "page directory entry 300h at 00101C00h".
    package var words: String { "\(name) \(h(index, 3)) at \(h(address))" }

    /// The words as a sentence begins with them.
    package var wordsOfBeginning: String { words.prefix(1).uppercased() + words.dropFirst() }

    /// The entry, in 8 digits if it needs no more, otherwise in 16.
    package var valueText: String { h(value, value > 0xFFFF_FFFF ? 16 : 8) }
}

extension MachineView: PhysicalView {
    public var addressMask: UInt64 { cpu.addressMask }

    public func pagingEntry(at physical: UInt64, bytes: UInt64) -> UInt64 {
        self.physical(physical, Int(truncatingIfNeeded: bytes))
    }
}
