import Board
import Processor

/// The task-state segment. SDM Vol. 3A, chapter 7; Vol. 1, section 19.5.2 of its I/O map.
struct TSSAudit {
    let view: MachineView

    func write(to writer: inout AuditWriter) {
        let tr = view.state.tr
        guard tr.selector & 0xFFFC != 0 else { return writer.find(view.isProtected ? .doubtful : .note, .noTSS) }
        let is32 = tr.type & 8 != 0
        let limit = UInt64(tr.limit)
        writer.list("TR \(h(tr.selector)): \(is32 ? "32" : "16")-bit TSS at \(h(tr.base)), limit \(h(limit, 4))")
        if let found = DescriptorLookup(view, selector: tr.selector).descriptor, found.type & 0x7 != 3 || !found.isSystem {
            writer.find(.doubtful, .notATSS, h(tr.selector), found.kind)
        }
        let least: UInt64 = is32 ? 0x67 : 0x2B
        if limit < least { writer.find(.wrong, .TSSShort, h(limit, 4), h(least, 4)) }
        if let words = PageWalk(view, linear: tr.base).words {
            return writer.find(.wrong, .tableUnmapped, "TSS", h(tr.base), words)
        }
        checkStack(is32, &writer)
        if is32 { checkMap(limit, &writer) }
        if let obstacle = DeliveryObstacle(view, vector: 8, hasErrorCode: true) {
            writer.find(.doubtful, .noDoubleFaultGate, obstacle.words(vector: 8))
        }
    }

    private func field(_ offset: UInt64, _ size: Int) -> UInt64 {
        view.linear((view.state.tr.base &+ offset) & 0xFFFF_FFFF, size) ?? 0
    }

    private func checkStack(_ is32: Bool, _ writer: inout AuditWriter) {
        let pointer = is32 ? field(4, 4) : field(2, 2)
        let selector = UInt16(truncatingIfNeeded: is32 ? field(8, 2) : field(4, 2))
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
        if pointer == 0 { writer.find(.wrong, .stackPointerZero) }
        let top = (stack.base &+ pointer &- 4) & 0xFFFF_FFFF
        let walk = PageWalk(view, linear: top, writes: true)
        if let words = walk.words {
            writer.find(.wrong, .stackUnmapped, h(pointer), words)
        } else if !view.isRAM(linear: top), pointer != 0 {
            writer.find(.wrong, .stackUnmapped, h(pointer), "no RAM is there")
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
