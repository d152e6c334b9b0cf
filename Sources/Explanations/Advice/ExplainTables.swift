import Inspection
import Processor
import X86

/// Sentences for paging and the processor's own tables: a table that is not mapped, or that cannot be written; page tables of another shape than the
/// processor's mode wants; page tables that were never there, or were taken away.
extension Advisor {
    /// What the processor itself wanted of the IDT or the GDT when a page fault came.
    func ownTable(_ fault: Fault, _ cr2: UInt64, _ rip: UInt64, _ walk: PageWalk) -> String? {
        guard fault.errorCode & 4 == 0 else { return nil }
        let entry = walk.words.map { "; \($0)" } ?? ""
        if fault.errorCode & 3 == 0, case let offset = cr2 &- view.state.idtr.base, offset <= UInt64(view.state.idtr.limit),
            view.isProtected,
            line(at: rip).map({ $0.instruction.map { [.int, .int3, .into].contains($0.operation) } ?? false }) ?? false
        {
            let vector = offset / (view.state.operatingMode.isIA32e ? 16 : 8)
            return
                "\(at(rip))\(text(rip)) needs IDT entry \(vector), and the IDT at \(h(view.state.idtr.base)) is not mapped: keep it mapped when paging comes on\(entry)"
        }
        guard fault.errorCode & 3 == 3, isInTable(cr2), let i = line(at: rip)?.instruction else { return nil }
        let selector = h(UInt16(truncatingIfNeeded: (cr2 &- view.state.gdtr.base) & 0xFFF8))
        let bit: String
        switch i.operation {
        case .ltr: bit = "marks the TSS as busy (bit 41)"
        case .movToSegment, .popSegment, .lds, .les, .lfs, .lgs, .lss, .jmpFar, .jmpFarIndirect, .callFar, .callFarIndirect,
            .retFar,
            .iret, .int, .int3, .into:
            bit = "sets the accessed flag (bit 40) of a segment that is loaded the first time"
        default: return nil
        }
        return
            "\(at(rip))\(text(rip)): the processor \(bit) in the descriptor of selector \(selector), and the page of the GDT at \(h(cr2)) is read-only while CR0.WP (bit 16) is set: "
            + "map the GDT writable, or set the bit beforehand\(entry)"
    }

    /// A directory entry that was to be a page of 4 MB, while CR4.PSE is clear. SDM Vol. 3A, table 4-4.
    func smallPageForLarge(_ walk: PageWalk) -> String {
        guard view.cpu.paging.kind == .bits32, !view.state.cr4.contains(.PSE), let step = walk.steps.first,
            step.value & 0x81 == 0x81
        else { return "" }
        return
            ". \(step.wordsOfBeginning) is \(step.valueText), with bit 7 (PS) set for a page of 4 MB, which counts only while CR4.PSE (bit 4) is set: "
            + "the processor takes \(h(step.value & 0xFFFF_F000)) for a page table"
    }

    /// Paging with the tables at address 0, where real mode's interrupt table still lies: CR3 was never set.
    var rootAtInterruptTable: String? {
        guard view.isProtected, view.isPaged, view.cpu.paging.table(view.state.cr3) == 0, cause != .exit,
            // The BIOS's handlers of video, disk and keyboard.
            [0x10, 0x13, 0x16].allSatisfy({ [0xC000, 0xF000].contains(view.physical(4 * $0 + 2, 2)) })
        else { return nil }
        let task = view.state.tr
        // Only a task switch loads CR3 besides MOV, and it sets CR0.TS.
        let isOfTask =
            task.isUsable && !view.state.operatingMode.isIA32e && view.state.cr0.contains(.TS)
            && view.physical(task.base &+ 28, 4) == 0
        let origin =
            isOfTask
            ? "a task switch takes CR3 from the TSS (offset 28), and in that of task \(h(task.selector)) it is 0"
            : "CR3 is 0, where real mode's interrupt table is: it has to have the physical address of the page tables before CR0.PG is set"
        return "Paging is on, and \(origin)"
    }

    /// The A20 line holds bit 20 of every address at 0.
    var closedA20: String? {
        let parts = view.pc.parts
        guard view.isProtected, !parts.keyboardController.a20.isHigh, !parts.portA.a20.isHigh, cause != .exit else { return nil }
        return
            "The A20 line is closed, so bit 20 of each physical address is 0, and what goes to 100000h to 1FFFFFh comes to 0 to FFFFFh: open it first "
            + "(bit 1 of port 92h, or D1h to port 64h and DFh to port 60h)"
    }

    /// The entry of a page table that was taken away before what it mapped was used.
    var removal: String? {
        guard let removal = recollection?.removal else { return nil }
        let (step, writer) = (removal.step, removal.writer)
        func text(_ value: UInt64) -> String { h(value, value > 0xFFFF_FFFF ? 16 : 8) }
        return
            "\(step.wordsOfBeginning) was \(text(writer.old)), present, "
            + "until \(name(writer.place.rip, writer.base)) (\(writer.text)) wrote \(text(writer.new)) there: what it mapped is gone since, or when the TLB has forgotten it"
    }

    /// "; DS still has what real mode loaded …".
    func ofRealMode(_ name: SegmentRegisterName, _ segment: SegmentRegister) -> String? {
        guard view.isProtected, !view.isVirtual8086, segment.limit == 0xFFFF, segment.base == UInt64(segment.selector) << 4 else {
            return nil
        }
        let descriptor = DescriptorLookup(view, selector: segment.selector).descriptor
        if let descriptor, segment.selector & 0xFFFC != 0, descriptor.base == segment.base, descriptor.limit == segment.limit {
            return nil
        }
        return
            "; \("\(name)".uppercased()) (\(h(segment.selector))) still is what real mode loaded: load it with a data segment's selector behind the jump to protected mode"
    }

    /// A 64-bit address whose upper half was lost, where the kernel's half has something.
    func withoutUpperHalf(_ address: UInt64) -> String {
        let whole = address | 0xFFFF_FFFF_0000_0000
        guard view.is64Bit, 0x8000_0000...0xFFFF_FFFF ~= address, PageWalk(view, linear: whole, fetches: true).physical != nil
        else {
            return ""
        }
        return
            ", and \(h(whole)) is: the upper half of the address was lost, as a 32-bit register, a 32-bit variable or a cast loses it"
    }

    /// An exception that came again on the stack that its own gate names: the second frame went over the first one.
    func ownStackTwice(_ record: DeliveryHistory.Record) -> String? {
        guard view.state.operatingMode.isIA32e, record.isProtected,
            let number = view.linear(view.state.idtr.base &+ 16 &* UInt64(record.delivery.fault.vector) &+ 4, 1),
            case let ist = number & 7,
            ist > 0, let end = view.linear(view.systemAddress(view.tr.base, 28 &+ 8 &* ist), 8), record.delivery.cpl == 0,
            case let used = end &- record.rsp, used > 0, used <= 0x1000
        else { return nil }
        return
            "\(explain(record)). That was in the handler of an exception with the same stack: IDT entry \(record.delivery.fault.vector) names stack IST \(ist), each delivery begins at its end \(h(end)), "
            + "and the new frame has gone over the one before, so nothing leads back to what was interrupted first. A handler that may raise its own exception needs IST 0"
    }
}
