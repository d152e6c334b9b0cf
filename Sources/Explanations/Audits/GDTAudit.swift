import Board
import Inspection
import Processor

/// The GDT. SDM Vol. 3A, sections 3.4.5, 3.5 and 7.2.2.
struct GDTAudit {
    let view: MachineView

    func write(to writer: inout AuditWriter) {
        let table = view.state.gdtr
        // What RESET leaves, before anybody has loaded one.
        guard table.limit != 0, !(table.limit == 0xFFFF && table.base == 0 && !view.isProtected) else {
            return writer.find(view.isProtected ? .wrong : .note, .noGDT)
        }
        checkTable("GDT", table, &writer)
        let count = (UInt64(table.limit) + 1) / 8
        var entries: [(UInt64, Descriptor)] = []
        var index: UInt64 = 0
        while index < count {
            guard let raw = view.linear(view.systemAddress(table.base, index &* 8), 8) else { break }
            // In IA-32e mode a system descriptor has 16 bytes.
            let isWide = view.state.operatingMode.isIA32e && raw >> 44 & 1 == 0 && raw != 0
            let high = isWide ? view.linear(view.systemAddress(table.base, index &* 8 &+ 8), 8) : nil
            entries.append((index, Descriptor(raw: raw, high: high)))
            index += isWide ? 2 : 1
        }
        for (index, descriptor) in entries where descriptor.raw != 0 {
            writer.list(line(index, descriptor))
            check(index, descriptor, &writer)
        }
        if view.isProtected, !view.isVirtual8086 { checkRegisters(&writer) }
        let hasUserData = entries.contains { $0.1.isWritableData && $0.1.DPL == 3 }
        if !hasUserData, let code = entries.first(where: { $0.1.isCode && !$0.1.isConforming && $0.1.DPL == 3 }) {
            writer.find(.doubtful, .noUserStack, String(code.0))
        }
    }

    private func line(_ index: UInt64, _ d: Descriptor) -> String {
        let head = "\(h(index * 8, 4))  \(d.kind) of ring \(d.DPL)\(d.isPresent ? "" : ", not present")"
        return d.isGate
            ? "\(head), to \(h(d.gateSelector)):\(h(d.gateOffset))" : "\(head), base \(h(d.base)), limit \(h(UInt64(d.limit)))"
    }

    // MARK: The table itself

    /// Limit, place and neighbours of the GDT or the IDT.
    func checkTable(_ name: String, _ table: DescriptorTableRegister, _ writer: inout AuditWriter) {
        let limit = UInt64(table.limit)
        if limit & 7 != 7 { writer.find(.wrong, .limitOdd, name, h(limit, 4), String(limit / 8), h(limit | 7, 4)) }
        for address in [table.base, view.systemAddress(table.base, limit)] {
            let walk = PageWalk(view, linear: address)
            if let words = walk.words { writer.find(.wrong, .tableUnmapped, name, h(address), words) }
        }
        if view.isPaged, PageWalk(view, linear: table.base, writes: true, user: true).refusal == nil {
            writer.find(.doubtful, .userMayWrite, name, h(table.base))
        }
        guard name == "GDT", view.isProtected, view.state.idtr.limit != 0 else { return }
        let (first, second) = (
            Self.range(table), Self.range(view.state.idtr)
        )
        if first.overlaps(second) {
            writer.find(
                .wrong, .tablesOverlap, "GDT", h(first.lowerBound), h(first.upperBound), "IDT", h(second.lowerBound),
                h(second.upperBound))
        }
    }

    /// The addresses of a table; one that goes beyond the last address ends there.
    private static func range(_ table: DescriptorTableRegister) -> ClosedRange<UInt64> {
        let (end, isBeyond) = table.base.addingReportingOverflow(UInt64(table.limit))
        return table.base...(isBeyond ? .max : end)
    }

    // MARK: Entries

    private func check(_ index: UInt64, _ d: Descriptor, _ writer: inout AuditWriter) {
        let name = String(index)
        if index == 0 { return writer.find(.note, .nullNotEmpty) }
        if d.isSystem, [0, 8, 10, 13].contains(d.type) { return writer.find(.wrong, .reservedType, name, String(d.type)) }
        if !d.isPresent { return writer.find(.doubtful, .notPresent, name, d.kind) }
        if d.isGate { return }
        if d.high == nil, d.base + UInt64(d.limit) > 0xFFFF_FFFF {
            writer.find(.doubtful, .wraps, name, h(d.base), h(UInt64(d.limit)))
        }
        if !d.isSystem, d.base == 0, d.limit == 0xF_FFFF { writer.find(.doubtful, .granularityClear, name) }
        guard d.isSystem, [1, 3, 9, 11].contains(d.type) else { return }
        let least: UInt64 = d.type & 8 != 0 ? 0x67 : 0x2B
        if d.high.map({ $0 & 0x1F00_0000_0000 != 0 }) ?? false { return writer.find(.wrong, .shortSystem, name, d.kind) }
        if UInt64(d.limit) < least { writer.find(.wrong, .smallTSS, name, h(UInt64(d.limit), 4), h(least, 4)) }
        if let words = PageWalk(view, linear: d.base).words { writer.find(.doubtful, .TSSUnmapped, name, h(d.base), words) }
    }

    // MARK: Registers

    private func checkRegisters(_ writer: inout AuditWriter) {
        let s = view.state
        let registers: [(String, SegmentRegister)] = [
            ("CS", s.cs), ("SS", s.ss), ("DS", s.ds), ("ES", s.es), ("FS", s.fs), ("GS", s.gs), ("TR", s.tr), ("LDTR", s.ldtr),
        ]
        // In 64-bit mode only the bases of FS, GS, TR and LDTR count, and those of FS and GS have registers of their own.
        let counted = view.is64Bit ? registers.suffix(2) : registers[...]
        for (name, register) in counted where register.selector & 0xFFFC != 0 {
            guard let found = DescriptorLookup(view, selector: register.selector).descriptor, found.raw != 0 else {
                writer.find(.wrong, .noDescriptor, name, h(register.selector))
                continue
            }
            if found.base != register.base || found.limit != register.limit {
                writer.find(.doubtful, .hiddenDiffers, name, h(register.selector))
            }
        }
    }
}
