import Board
import Inspection
import Processor
import X86

/// Sentences for #TS, #NP, #SS and #GP with an error code: a selector, or an entry of the IDT, that does not do.
extension Advisor {
    func selector(_ fault: Fault, _ rip: UInt64, _ line: Disassembly.Line?) -> String? {
        let code = UInt16(truncatingIfNeeded: fault.errorCode)
        if code & 2 != 0 { return gate(UInt8(truncatingIfNeeded: code >> 3), rip, line) }
        let selector = code & 0xFFFC
        let what = line.map { " (\($0.text))" } ?? ""
        let place = "\(at(rip))\(what)"
        switch DescriptorLookup(view, selector: selector) {
        case .null: return nil
        case .unmapped(let table, let address):
            return
                "\(place) needs selector \(h(selector)), and the \(table) at \(h(address)) is not mapped: keep it mapped when paging comes on"
        case .beyondLimit(let table, let limit): return beyond(table, limit, selector, place)
        case .found where selector & 4 == 0 && !view.isRAM(linear: view.state.gdtr.base):
            return
                "\(place) needs selector \(h(selector)), and GDTR's base is \(h(view.state.gdtr.base)), where no RAM is: LGDT takes 2 bytes of limit and right behind them the base; a structure in C has to be packed"
        case .found(let descriptor): return misfit(descriptor, selector, place, fault, line?.instruction)
        }
    }

    private func beyond(_ table: String, _ limit: UInt64, _ selector: UInt16, _ place: String) -> String {
        let needed = UInt64(selector & 0xFFF8) + 7
        if limit == 0 {
            return
                "\(place) needs selector \(h(selector)), and no \(table) is loaded. A boot loader's GDT may be gone: load your own with LGDT first"
        }
        let entries = (limit + 1) / 8
        if entries < 2 {
            return
                "\(place) needs selector \(h(selector)), and the \(table)'s limit \(h(limit, 4)) leaves room for \(entries == 0 ? "no entry" : "the null descriptor alone"): it is the table's size in bytes minus 1, eight bytes an entry"
        }
        if needed - limit < 8 {
            return
                "\(place) needs selector \(h(selector)), and the \(table)'s limit \(h(limit, 4)) cuts that entry off: it has to be \(h(needed, 4)) or more, the table's size minus 1"
        }
        return
            "\(place) needs selector \(h(selector)), and the \(table) has \(entries) entries, up to \(h(UInt16(truncatingIfNeeded: entries * 8 - 8)))\(starNote(selector))"
    }

    private func misfit(
        _ descriptor: Descriptor, _ selector: UInt16, _ place: String, _ fault: Fault, _ instruction: Instruction?
    ) -> String {
        let kind = descriptor.kind
        if !descriptor.isPresent, descriptor.raw != 0 {
            return "\(place) needs selector \(h(selector)), \(kind) that is not present (bit 47, P, is clear)"
        }
        switch instruction?.operation {
        case .jmpFar, .jmpFarIndirect, .callFar, .callFarIndirect, .retFar, .iret:
            if instruction?.operation == .iret, !descriptor.isCode, let record = previous, case .stack(top, _) = record.frame,
                record.delivery.cs == selector
            {
                return
                    "\(place) goes back to CS \(h(selector)), which the interrupted code had, and in the GDT at \(h(view.state.gdtr.base)) that is \(kind): CS was never loaded after LGDT had brought this GDT; a far jump does it"
            }
            let note = starNote(selector)
            if !descriptor.isCode { return "\(place) loads CS with selector \(h(selector)), which is \(kind), not code\(note)" }
            if descriptor.isLong, descriptor.isBig, view.state.operatingMode.isIA32e {
                return
                    "\(place) loads CS with selector \(h(selector)), which has L and D (bits 53 and 54) both set: a 64-bit code segment has D = 0"
            }
            return
                "\(place) loads CS with selector \(h(selector)) of ring \(descriptor.DPL), which ring \(view.state.cpl) may not enter this way\(note)"
        case .ltr where descriptor.high.map { $0 & 0x1F00_0000_0000 != 0 } ?? false:
            return
                "\(place) loads TR with selector \(h(selector)): a TSS's descriptor has 16 bytes in IA-32e mode, and its upper half is \(h(descriptor.high ?? 0, 16)), another entry"
        case .ltr: return "\(place) loads TR with selector \(h(selector)), which is \(kind): it has to be an available TSS (type 9)"
        case .lldt: return "\(place) loads LDTR with selector \(h(selector)), which is \(kind), not an LDT"
        case .movToSegment, .popSegment, .lss:
            if instruction?.register0 == 2 || instruction?.operation == .lss,
                !descriptor.isWritableData || descriptor.DPL != view.state.cpl
            {
                return
                    "\(place) loads SS with selector \(h(selector)), which is \(kind) of ring \(descriptor.DPL): it has to be writable data of ring \(view.state.cpl)"
            }
            let what = kind == "empty" ? kind : "\(kind) of ring \(descriptor.DPL)"
            return "\(place) loads a segment register with selector \(h(selector)), which is \(what)"
        default:
            return "\(place) needs selector \(h(selector)), which is \(kind) of ring \(descriptor.DPL)"
        }
    }

    /// An INT n, or another exception, that its own gate refused.
    private func gate(_ vector: UInt8, _ rip: UInt64, _ line: Disassembly.Line?) -> String? {
        let isSoftware = line?.instruction.map { [.int, .int3, .into].contains($0.operation) } ?? false
        guard let obstacle = DeliveryObstacle(view, vector: vector, hasErrorCode: false, isSoftware: isSoftware) else { return nil }
        let what = line.map { " (\($0.text))" } ?? ""
        if case .refused(.gateDPL(let DPL)) = obstacle {
            return
                "\(at(rip))\(what) in ring \(cpl) is not allowed: IDT entry \(vector) has DPL \(DPL); a system call's gate needs DPL 3"
        }
        let isBIOS = isSoftware && 0x10...0x1A ~= vector && obstacle.isWithoutTable
        let note = isBIOS ? ". The BIOS's services (INT 10h to 1Ah) are for real mode alone" : ""
        return "\(at(rip))\(what) failed because \(obstacle.words(vector: vector))\(note)"
    }
}
