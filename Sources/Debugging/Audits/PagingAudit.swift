import Board
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
        writer.list(
            "\(state.cr4.contains(.PAE) ? "PAE paging, pointers" : "32-bit paging, directory") at \(h(state.cr3 & 0xFFFF_FFE0))")
        if !state.cr0.contains(.WP) { writer.find(.note, .noWriteProtect) }
        var tables: Set<UInt64> = []
        let leaves = state.cr4.contains(.PAE) ? leavesPAE(&tables, &writer) : leaves32(&tables, &writer)
        list(leaves, &writer)
        checkPlaces(leaves, tables, &writer)
        checkNow(&writer)
    }

    // MARK: Walking

    private func leaves32(_ tables: inout Set<UInt64>, _ writer: inout AuditWriter) -> [Leaf] {
        let directory = view.state.cr3 & 0xFFFF_F000
        guard isRAM(directory) else {
            writer.find(.wrong, .directoryNotRAM, h(directory))
            return []
        }
        tables.insert(directory)
        var leaves: [Leaf] = []
        let hasPSE = view.state.cr4.contains(.PSE)
        for index in 0..<1024 as Range<UInt64> {
            let entry = view.physical(directory &+ 4 &* index, 4)
            guard entry & 1 != 0 else { continue }
            let linear = index << 22
            if entry & 0x80 != 0 {
                if hasPSE {
                    let walk = PageWalk(view, linear: linear)
                    guard let physical = walk.physical else {
                        reserved(walk, &writer)
                        continue
                    }
                    leaves.append(leaf(linear, physical, 4 << 20, entry & 6, isExecutable: true))
                    continue
                }
                writer.find(.doubtful, .bigWithoutPSE, h(index, 3), h(entry & 0xFFFF_F000))
            }
            let table = entry & 0xFFFF_F000
            guard isRAM(table) else {
                writer.find(.wrong, .tableNotRAM, h(index, 3), h(table))
                continue
            }
            tables.insert(table)
            for page in 0..<1024 as Range<UInt64> {
                let rights = view.physical(table &+ 4 &* page, 4)
                guard rights & 1 != 0 else { continue }
                leaves.append(leaf(linear | page << 12, rights & 0xFFFF_F000, 4096, entry & rights & 6, isExecutable: true))
            }
        }
        return leaves
    }

    private func leavesPAE(_ tables: inout Set<UInt64>, _ writer: inout AuditWriter) -> [Leaf] {
        let state = view.state
        let mask = view.cpu.model.physicalAddressMask & ~0xFFF
        var leaves: [Leaf] = []
        for (pointerIndex, pointer) in [state.pdpte0, state.pdpte1, state.pdpte2, state.pdpte3].enumerated() where pointer & 1 != 0
        {
            guard isRAM(pointer & mask) else {
                writer.find(.wrong, .directoryNotRAM, h(pointer & mask))
                continue
            }
            tables.insert(pointer & mask)
            for index in 0..<512 as Range<UInt64> {
                let entry = view.physical(pointer & mask &+ 8 &* index, 8)
                guard entry & 1 != 0 else { continue }
                let linear = UInt64(pointerIndex) << 30 | index << 21
                let isExecutable = entry >> 63 == 0
                if entry & 0x80 != 0 {
                    let walk = PageWalk(view, linear: linear)
                    guard let physical = walk.physical else {
                        reserved(walk, &writer)
                        continue
                    }
                    leaves.append(leaf(linear, physical, 2 << 20, entry & 6, isExecutable: isExecutable))
                    continue
                }
                let table = entry & mask
                guard isRAM(table) else {
                    writer.find(.wrong, .tableNotRAM, h(index, 3), h(table))
                    continue
                }
                tables.insert(table)
                for page in 0..<512 as Range<UInt64> {
                    let rights = view.physical(table &+ 8 &* page, 8)
                    guard rights & 1 != 0 else { continue }
                    leaves.append(
                        leaf(
                            linear | page << 12, rights & mask, 4096, entry & rights & 6,
                            isExecutable: isExecutable && rights >> 63 == 0))
                }
            }
        }
        return leaves
    }

    private func leaf(_ linear: UInt64, _ physical: UInt64, _ size: UInt64, _ rights: UInt64, isExecutable: Bool) -> Leaf {
        Leaf(
            linear: linear, physical: physical, size: size, isWritable: rights & 2 != 0, isUser: rights & 4 != 0,
            isExecutable: isExecutable)
    }

    private func reserved(_ walk: PageWalk, _ writer: inout AuditWriter) {
        guard walk.refusal == .reservedBit, let step = walk.steps.last else { return }
        writer.find(
            .wrong, .reservedBit, step.name, h(step.index, 3), h(step.address), h(step.value, step.value > 0xFFFF_FFFF ? 16 : 8))
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
        let hasNX = s.efer.contains(.NXE) && s.cr4.contains(.PAE)
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

    /// What the processor needs for its next step.
    private func checkNow(_ writer: inout AuditWriter) {
        let isUser = view.state.cpl == 3
        if let words = PageWalk(view, linear: view.linearIP, user: isUser, fetches: true).words {
            writer.find(.wrong, .codeUnmapped, h(view.linearIP), words)
        }
        let top = (view.linearSP &- 4) & 0xFFFF_FFFF
        if let words = PageWalk(view, linear: top, writes: true, user: isUser).words {
            writer.find(.doubtful, .stackUnmappedNow, h(top), words)
        }
    }
}
