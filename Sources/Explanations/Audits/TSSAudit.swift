import Board
import Inspection
import Processor

/// The task-state segment. SDM Vol. 3A, chapter 7; Vol. 1, section 19.5.2 of its I/O map.
struct TSSAudit {
    let view: MachineView

    func write(to writer: inout AuditWriter) {
        let tr = view.state.tr
        guard tr.selector & 0xFFFC != 0 else { return writer.find(view.isProtected ? .doubtful : .note, .noTSS) }
        let isWide = view.state.operatingMode.isIA32e
        let is32 = tr.type & 8 != 0
        let limit = UInt64(tr.limit)
        writer.list("TR \(h(tr.selector)): \(isWide ? "64" : is32 ? "32" : "16")-bit TSS at \(h(tr.base)), limit \(h(limit, 4))")
        if let found = DescriptorLookup(view, selector: tr.selector).descriptor, found.type & 0x7 != 3 || !found.isSystem {
            writer.find(.doubtful, .notATSS, h(tr.selector), found.kind)
        }
        let least: UInt64 = is32 ? 0x67 : 0x2B
        if limit < least { writer.find(.wrong, .TSSShort, h(limit, 4), h(least, 4)) }
        if let words = PageWalk(view, linear: tr.base).words {
            return writer.find(.wrong, .tableUnmapped, "TSS", h(tr.base), words)
        }
        if isWide { checkStacks64(limit, &writer) } else { checkStack(&writer) }
        if is32 { checkMap(limit, &writer) }
        if let obstacle = DeliveryObstacle(view, vector: 8, hasErrorCode: true) {
            writer.find(.doubtful, .noDoubleFaultGate, obstacle.words(vector: 8))
        }
    }

    private func field(_ offset: UInt64, _ size: Int) -> UInt64 {
        view.linear(view.systemAddress(view.tr.base, offset), size) ?? 0
    }

    /// RSP0 and the seven stacks of gates. SDM Vol. 3A, section 7.7.
    private func checkStacks64(_ limit: UInt64, _ writer: inout AuditWriter) {
        let fields =
            [("RSP0", view.innerStackFieldIA32e(0, IST: 0))]
            + (1...7 as ClosedRange<UInt64>).map { ("IST\($0)", view.innerStackFieldIA32e(0, IST: $0)) }
        let used = Set(
            (UInt8.min...UInt8.max).compactMap { (try? view.gateEntry($0))?.IST })
        for (number, (name, offset)) in fields.enumerated() where offset + 7 <= limit {
            let pointer = field(offset, 8)
            if number == 0 || pointer != 0 { writer.list("\(name): \(h(pointer))") }
            guard number == 0 || used.contains(UInt64(number)) else { continue }
            guard pointer != 0 else {
                writer.find(number == 0 ? .doubtful : .wrong, .stackPointerZero, name)
                continue
            }
            guard AddressSpace.isCanonical(pointer) else {
                writer.find(.wrong, .stackNotCanonical, name, h(pointer))
                continue
            }
            let top = (pointer & ~15) &- 8
            if let words = PageWalk(view, linear: top, writes: true).words {
                writer.find(.wrong, .stackUnmapped, "\(name) \(h(pointer))", words)
            } else if !view.isRAM(linear: top) {
                writer.find(.wrong, .stackUnmapped, "\(name) \(h(pointer))", "no RAM is there")
            }
        }
    }

    private func checkStack(_ writer: inout AuditWriter) {
        let (offset, size) = view.innerStackField(0)
        let pointer = field(offset, Int(size))
        let selector = UInt16(truncatingIfNeeded: field(offset + size, 2))
        writer.list("stack of ring 0: \(h(selector)):\(h(pointer))")
        guard let stack = DescriptorLookup(view, selector: selector).descriptor, stack.isWritableData, stack.DPL == 0,
            stack.isPresent,
            selector & 3 == 0
        else {
            let kind =
                DescriptorLookup(view, selector: selector).descriptor.map { "\($0.kind) of ring \($0.DPL)" }
                ?? (selector & 0xFFFC == 0 ? "null" : "beyond the GDT")
            return writer.find(.wrong, .stackSelectorBad, h(selector), kind)
        }
        if pointer == 0 { writer.find(.wrong, .stackPointerZero, "ESP0") }
        let top = view.systemAddress(stack.base, pointer &- 4)
        let walk = PageWalk(view, linear: top, writes: true)
        if let words = walk.words {
            writer.find(.wrong, .stackUnmapped, "SS0:ESP0 \(h(pointer))", words)
        } else if !view.isRAM(linear: top), pointer != 0 {
            writer.find(.wrong, .stackUnmapped, "SS0:ESP0 \(h(pointer))", "no RAM is there")
        }
    }

    private func checkMap(_ limit: UInt64, _ writer: inout AuditWriter) {
        let start = field(0x66, 2)
        writer.list("I/O map at \(h(start, 4))")
        guard start <= limit else { return writer.find(.note, .noMap, h(start, 4), h(limit, 4)) }
        writer.find(.note, .mapInside, h(start, 4))
        let last = field(limit, 1)
        if last != 0xFF { writer.find(.doubtful, .mapEnd, h(last, 2)) }
    }
}
