import Board
import Inspection
import Processor
import X86

/// Page faults: the address, what the tables say of it, and the way that led there. SDM Vol. 3A, section 4.7.
extension Advisor {
    func pageFault(_ fault: Fault, cr2: UInt64, rip: UInt64) -> String {
        let linearIP = (codeBase &+ rip) & view.linearMask
        let walk = PageWalk(view, linear: cr2, errorCode: fault.errorCode)
        if cr2 == linearIP
            || (cr2 & 0xFFFF_F000 == (linearIP &+ 14) & 0xFFFF_F000 && PageWalk(view, linear: linearIP).physical == nil)
        {
            return fetch(cr2, linearIP, walk, fault)
        }
        if fault.errorCode & 5 == 0, isInTable(cr2) {
            let selector = h(UInt16(truncatingIfNeeded: (cr2 &- view.state.gdtr.base) & 0xFFF8))
            return
                "\(at(rip))\(text(rip)) needs selector \(selector), and the GDT at \(h(cr2)) is not mapped: keep it mapped when paging comes on"
        }
        if let words = ownTable(fault, cr2, rip, walk) ?? lostTSS(fault, cr2, rip) { return words }
        if fault.errorCode & 4 == 0, let line = line(at: rip) {
            if cpl > 0, let words = ringChange(rip, line) { return words }
            if let words = namedStack(rip, line) { return words }
        }
        if fault.errorCode & 1 == 0, cr2 < 0x1000 {
            return "A null pointer: \(at(rip))\(text(rip)) used address \(h(cr2))\(lostBaseOfFS(rip))"
        }
        if walk.refusal == .reservedBit, fault.errorCode & 8 != 0 {
            return "\(at(rip))\(text(rip)) used \(h(cr2)): \(reserved(walk))"
        }
        if let words = noHigherHalf(cr2, walk) { return "\(at(rip))\(text(rip)) used \(h(cr2)): \(words)" }
        let entry = "\(walk.words.map { "; \($0)" } ?? "")\(smallPageForLarge(walk))\(misalignedTable(walk))"
        let who = fault.errorCode & 4 != 0 ? "Ring 3" : "The kernel"
        let what = fault.errorCode & 2 != 0 ? "wrote to" : "read"
        let APIC = view.state.msr.apicBase & ~0xFFF
        let chip =
            cr2 & ~0xFFF == APIC && APIC != 0 && walk.refusal == .notPresent
            ? ", where the local APIC is: a kernel with paging has to map its page" : ""
        return "\(who) \(what) \(h(cr2))\(chip) at \(at(rip))\(text(rip))\(entry)"
    }

    /// A reserved bit, and why it is one.
    private func reserved(_ walk: PageWalk) -> String {
        let words = walk.words ?? ""
        guard let value = walk.steps.last?.value else { return words }
        let paging = view.cpu.paging
        if paging.kind != .bits32, value >> 63 != 0, !paging.hasNX {
            return "\(words): bit 63 (XD) is reserved while EFER.NXE (bit 11) is clear"
        }
        if paging.kind == .level4, walk.steps.count == 1, value & 0x80 != 0 {
            return "\(words): bit 7 (PS) is reserved in a PML4 entry, for there are no pages of that size"
        }
        let beyond = value & 0x000F_FFFF_FFFF_F000 & ~paging.physicalMask
        return beyond == 0 ? words : "\(words): an address beyond the \(view.cpu.model.physicalAddressBits) bits that the model has"
    }

    /// Nothing is mapped in a kernel's half of the addresses, from the first level on.
    func noHigherHalf(_ address: UInt64, _ walk: PageWalk) -> String? {
        guard view.cpu.paging.kind == .level4, address >> 63 != 0, walk.refusal == .notPresent, let step = walk.steps.last,
            walk.steps.count <= 2
        else { return nil }
        let who = sources?.describe(address).map { " (\($0))" } ?? ""
        return
            "\(h(address))\(who) is in the higher half, which these tables do not map; \(step.words) is not present: \(Self.recursiveSlot(address) ?? "map the kernel there before it is used")"
    }

    /// What is missing for an address of the page tables themselves, which they have by an entry of the PML4 that points to it: its number stands twice at
    /// least in such an address. The last entry has the kernel's own addresses more often.
    private static func recursiveSlot(_ address: UInt64) -> String? {
        let slot = address >> 39 & 0x1FF
        guard slot == address >> 30 & 0x1FF, slot != 0x1FF else { return nil }
        return
            "with entry \(hexDigits(slot, 3))h for tables that map themselves this is where they are, and that entry has to hold the PML4's own physical address, present"
    }

    /// CR3 has address bits that the processor does not take. SDM Vol. 3A, table 4-3: bits 3 and 4 are PWT and PCD.
    private var misalignedRoot: String {
        let kind = view.cpu.paging.kind
        let (low, boundary): (UInt64, Int) = kind == .PAE ? (7, 32) : (view.state.cr4.contains(.PCIDE) ? 0 : 0xFE7, 4096)
        guard view.state.cr3 & low != 0 else { return "" }
        return
            ". CR3 is \(h(view.state.cr3)): these tables have to begin on a boundary of \(boundary) bytes, and the processor looks at \(h(view.cpu.paging.table(view.state.cr3)))"
    }

    /// An entry whose low bits are more than flags, and which names a table with what is missing if they are taken for a part of its address.
    private func misalignedTable(_ walk: PageWalk) -> String {
        // P, R/W, U/S, PWT, PCD, A and D.
        let flags: UInt64 = 0x7F
        let steps = walk.steps.filter { !$0.isRegister }
        guard walk.refusal == .notPresent, steps.count >= 2,
            case let (upper, last) = (steps[steps.count - 2], steps[steps.count - 1]),
            upper.value & 0xFFF & ~flags != 0
        else { return "" }
        let size = view.cpu.paging.entryBytes
        let meant = upper.value & ~flags & 0x000F_FFFF_FFFF_FFFF
        guard view.physical(meant &+ UInt64(last.index) &* size, Int(size)) & 1 != 0 else { return "" }
        return
            ". \(upper.wordsOfBeginning) is \(upper.valueText): a table has to begin on a boundary of 4096 bytes, and the processor looks at \(h(upper.value & 0x000F_FFFF_FFFF_F000)), not at \(h(meant))"
    }

    private func fetch(_ cr2: UInt64, _ linearIP: UInt64, _ walk: PageWalk, _ fault: Fault) -> String {
        // Before paging linear and physical addresses were the same: MOV CR0 is right before, physically.
        let before = (1...3).map { UInt8(truncatingIfNeeded: view.physical(linearIP &- 4 &+ UInt64($0), 1)) }
        let entry =
            "\(walk.words.map { "; \(walk.refusal == .reservedBit ? reserved(walk) : $0)" } ?? "")\(smallPageForLarge(walk))\(misalignedRoot)\(misalignedTable(walk))"
        if before[0] == 0x0F, before[1] == 0x22, before[2] >> 3 == 0b11000 {
            return
                "Paging was switched on, and the code that did it is not mapped at its own address \(h(linearIP)): map it one to one first\(entry)"
        }
        if let load = moments?.controlLoad, load.register == 3, load.next == rip, isAtFault || first.rip == rip {
            guard view.isRAM(physical: view.cpu.paging.table(view.state.cr3)) else {
                return
                    "CR3 was loaded at \(name(load.place.rip, codeBase)) (\(load.text)) with \(h(view.state.cr3)), where no RAM is: it takes the physical address of the tables, not a virtual one"
            }
            return
                "CR3 was loaded at \(name(load.place.rip, codeBase)) (\(load.text)), and the new tables at \(h(view.cpu.paging.table(view.state.cr3))) do not map the code that did it\(entry)"
        }
        if walk.refusal == .noExecute {
            return "Code was fetched from \(h(cr2)), a page that is not to be executed\(entry)"
        }
        if walk.refusal == .userCode { return "Ring 0 executed code of ring 3 at \(h(cr2)), which SMEP forbids\(entry)" }
        if walk.refusal == .reservedBit { return "\(view.nameOfIP) \(h(cr2)) is not mapped: \(reserved(walk))" }
        if fault.errorCode & 1 != 0, fault.errorCode & 4 != 0 {
            return "Ring 3 was entered at \(h(cr2)), and that page is not ring 3's\(entry)"
        }
        if let words = noHigherHalf(cr2, walk) { return words }
        return "\(view.nameOfIP) \(h(cr2)) is not mapped: a jump, call or return went there; the last branches say which\(entry)"
    }
}
