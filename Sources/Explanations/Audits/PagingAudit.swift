import Board
import Inspection
import Processor

/// Page tables: what is mapped, for whom, and what should not be. SDM Vol. 3A, chapter 4.
struct PagingAudit {
    let view: MachineView

    /// A run of pages that go on alike.
    private struct Run {
        var linear: UInt64
        var physical: UInt64
        var end: UInt64
        let rights: String
    }

    /// One leaf of the tables.
    private struct Leaf {
        let linear: UInt64
        let physical: UInt64
        let size: UInt64
        let isWritable: Bool
        let isUser: Bool
        let isExecutable: Bool
    }

    private static let longestListing = 100

    func write(to writer: inout AuditWriter) {
        guard view.isPaged else { return writer.find(.note, .noPaging) }
        let state = view.state
        let kind =
            switch view.cpu.paging.kind {
            case .level4: "4-level paging, PML4 at \(h(view.cpu.paging.table(state.cr3)))"
            case .PAE: "PAE paging, pointers at \(h(state.cr3 & 0xFFFF_FFE0))"
            case .none, .bits32: "32-bit paging, directory at \(h(state.cr3 & 0xFFFF_FFE0))"
            }
        writer.list(kind)
        if !state.cr0.contains(.WP) { writer.find(.note, .noWriteProtect) }
        var tables: Set<UInt64> = []
        let leaves = leaves(&tables, &writer)
        list(leaves, &writer)
        checkPlaces(leaves, tables, &writer)
        checkNow(&writer)
    }

    // MARK: Walking

    /// Tables that are looked at: those that lead to themselves come to more than anybody can read.
    private static let mostTables = 4096

    /// Common facts of a table's entries.
    private struct Way {
        var linear: UInt64 = 0
        var rights: UInt64 = 6
        var isExecutable = true
    }

    private func leaves(_ tables: inout Set<UInt64>, _ writer: inout AuditWriter) -> [Leaf] {
        let state = view.state
        let paging = view.cpu.paging
        var leaves: [Leaf] = []
        var count = 0
        var roots = [(paging.table(state.cr3), UInt64(0))]
        if paging.kind == .PAE {
            let pointers = [state.pdpte0, state.pdpte1, state.pdpte2, state.pdpte3].enumerated()
            roots = pointers.filter { $0.element & 1 != 0 }.map { (paging.table($0.element), UInt64($0.offset) << 30) }
        }
        for (table, linear) in roots {
            guard isRAM(table) else {
                writer.find(.wrong, .directoryNotRAM, h(table))
                continue
            }
            walk(table, paging.levelCount - 1, Way(linear: linear), &leaves, &tables, &count, &writer)
        }
        if count >= Self.mostTables { writer.list("the first \(Self.mostTables) tables only") }
        return leaves
    }

    private func walk(
        _ table: UInt64, _ depth: Int, _ way: Way, _ leaves: inout [Leaf], _ tables: inout Set<UInt64>, _ count: inout Int,
        _ writer: inout AuditWriter
    ) {
        guard count < Self.mostTables else { return }
        count += 1
        let paging = view.cpu.paging
        let level = paging.level(depth)
        tables.insert(table)
        for index in 0..<(0x1000 / paging.entryBytes) {
            let entry = view.pagingEntry(at: table &+ paging.entryBytes &* index, bytes: paging.entryBytes)
            guard entry & 1 != 0 else { continue }
            let linear = canonical(way.linear | index << level.shift)
            let isExecutable = way.isExecutable && (paging.kind == .bits32 || entry >> 63 == 0)
            if depth == 0 || (entry & 0x80 != 0 && level.reservedInPage != nil) {
                let walk = PageWalk(view, linear: linear)
                guard walk.refusal != .reservedBit else {
                    reserved(walk, &writer)
                    continue
                }
                leaves.append(
                    leaf(linear, paging.page(entry, level), level.span, way.rights & entry, isExecutable: isExecutable))
                continue
            }
            if entry & 0x80 != 0, paging.kind == .bits32 {
                writer.find(.doubtful, .bigWithoutPSE, h(index, 3), h(paging.table(entry)))
            }
            let next = paging.table(entry)
            guard isRAM(next) else {
                writer.find(.wrong, .tableNotRAM, h(index, 3), h(next))
                continue
            }
            let further = Way(linear: linear, rights: way.rights & entry, isExecutable: isExecutable)
            walk(next, depth - 1, further, &leaves, &tables, &count, &writer)
        }
    }

    /// Bits 63…48 are as bit 47 is, where there are any.
    private func canonical(_ linear: UInt64) -> UInt64 {
        view.cpu.paging.kind == .level4 && linear >> 47 & 1 != 0 ? linear | 0xFFFF_0000_0000_0000 : linear
    }

    private func leaf(_ linear: UInt64, _ physical: UInt64, _ size: UInt64, _ rights: UInt64, isExecutable: Bool) -> Leaf {
        Leaf(
            linear: linear, physical: physical, size: size, isWritable: rights & 2 != 0, isUser: rights & 4 != 0,
            isExecutable: isExecutable)
    }

    private func reserved(_ walk: PageWalk, _ writer: inout AuditWriter) {
        guard walk.refusal == .reservedBit, let step = walk.steps.last else { return }
        writer.find(
            .wrong, .reservedBit, step.name, h(step.index, 3), h(step.address), step.valueText)
    }

    private func isRAM(_ physical: UInt64) -> Bool { view.isRAM(physical: physical) }

    // MARK: Listing

    private func list(_ leaves: [Leaf], _ writer: inout AuditWriter) {
        var runs: [Run] = []
        for leaf in leaves {
            let rights =
                "\(leaf.isUser ? "user" : "supervisor") \(leaf.isWritable ? "writable" : "read-only")\(leaf.isExecutable ? "" : " no-execute")"
            if let last = runs.last, last.end == leaf.linear, last.rights == rights,
                last.physical &+ (last.end &- last.linear) == leaf.physical
            {
                runs[runs.count - 1].end = leaf.linear &+ leaf.size
            } else {
                runs.append(Run(linear: leaf.linear, physical: leaf.physical, end: leaf.linear &+ leaf.size, rights: rights))
            }
        }
        for run in runs.prefix(Self.longestListing) {
            writer.list("\(h(run.linear))-\(h(run.end &- 1)) -> \(h(run.physical)) \(run.rights)")
        }
        if runs.count > Self.longestListing { writer.list("and \(runs.count - Self.longestListing) runs more") }
    }

    // MARK: Findings

    private func checkPlaces(_ leaves: [Leaf], _ tables: Set<UInt64>, _ writer: inout AuditWriter) {
        let s = view.state
        var places: [(String, UInt64)] = [("GDT", s.gdtr.base), ("IDT", s.idtr.base)]
        if s.tr.selector & 0xFFFC != 0 { places.append(("TSS", s.tr.base)) }
        if s.cpl == 0 { places += [("the running code", view.linearIP), ("the running stack", view.linearSP)] }
        for (name, address) in places {
            guard let leaf = leaves.first(where: { $0.linear <= address && address - $0.linear < $0.size }), leaf.isUser else {
                continue
            }
            writer.find(.doubtful, leaf.isWritable ? .userWritesKernel : .userOverKernel, name, h(address))
        }
        var unsafe: (count: Int, first: UInt64) = (0, 0)
        let hasNX = view.cpu.paging.hasNX
        for leaf in leaves {
            if leaf.linear == 0 { writer.find(.note, .nullPage, leaf.isUser ? " for ring 3" : "") }
            let isTable = tables.contains { $0 >= leaf.physical && $0 - leaf.physical < leaf.size }
            if leaf.isUser, leaf.isWritable, isTable {
                writer.find(.wrong, .tableMappedForUser, h(leaf.linear), "a page table")
            }
            // The first megabyte is mapped whole by everybody, holes included.
            if leaf.physical >= 0x10_0000, !view.answers(physical: leaf.physical) {
                writer.find(.doubtful, .noMemoryBehind, h(leaf.linear), h(leaf.physical))
            }
            if hasNX, leaf.isWritable, leaf.isExecutable {
                if unsafe.count == 0 { unsafe.first = leaf.linear }
                unsafe.count += 1
            }
        }
        if unsafe.count > 0 { writer.find(.note, .writableAndExecutable, String(unsafe.count), h(unsafe.first)) }
    }

    /// Checks what the processor needs for its next step.
    private func checkNow(_ writer: inout AuditWriter) {
        let isUser = view.state.cpl == 3
        if let words = PageWalk(view, linear: view.linearIP, user: isUser, fetches: true).words {
            writer.find(.wrong, .codeUnmapped, h(view.linearIP), words)
        }
        let top = (view.linearSP &- 4) & view.linearMask
        if let words = PageWalk(view, linear: top, writes: true, user: isUser).words {
            writer.find(.doubtful, .stackUnmappedNow, h(top), words)
        }
    }
}
