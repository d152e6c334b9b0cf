import Board
import Inspection
import Processor

/// The address space as a map: the stretches of linear addresses that are mapped, and who answers at physical ones.
public enum AddressSpaceMap {
    /// Stretches of linear addresses that are shown, and pages that are looked at for them at most.
    private static let mostStretches = 20, mostLooks = 1 << 13

    /// The map as the machine stands, with registers that point somewhere; `selected` is one more linear address.
    public static func picture(_ view: MachineView, selected: UInt64?) -> MemoryPicture {
        let stretches = view.pc.memoryStretches
        let linear = view.isPaged ? linearStretches(view) : (stretches: [], isWhole: true)
        let places = places(view, selected)
        let physical = stretches.reversed().map { stretch in
            let marks =
                view.isPaged
                ? places.filter(\.isPhysical).filter { stretch.range.contains($0.address) }
                : places.filter { stretch.range.contains($0.address) }
            return MemoryPicture.Cell(
                range(stretch.range.lowerBound, stretch.range.upperBound - 1), stretch.name, marks: marks.map(\.name),
                address: view.isPaged ? nil : stretch.range.lowerBound
            )
        }
        let right = MemoryPicture.Column(
            "Physical addresses", view.isPaged ? [] : ["linear addresses are the same: paging is off"], physical)
        guard view.isPaged else { return MemoryPicture(title: "The address space", columns: [right]) }
        let cells = linear.stretches.reversed().map { stretch in
            MemoryPicture.Cell(
                range(stretch.start, stretch.last), stretch.rights,
                marks: places.filter { !$0.isPhysical && $0.address >= stretch.start && $0.address <= stretch.last }.map(\.name),
                address: stretch.start)
        }
        let lines = ["u: for ring 3, w: writable"] + (linear.isWhole ? [] : ["there are more than these"])
        let arrows = linear.stretches.reversed().enumerated().compactMap { index, stretch in
            stretches.firstIndex { $0.range.contains(stretch.physical) }.map {
                MemoryPicture.Arrow(from: index, to: stretches.count - 1 - $0)
            }
        }
        return MemoryPicture(title: "The address space", columns: [.init("Linear addresses", lines, cells), right], arrows: arrows)
    }

    private static func range(_ first: UInt64, _ last: UInt64) -> String { "\(h(first)) – \(h(last))" }

    private struct Stretch {
        let start: UInt64
        /// The last address, which may be the highest of all.
        var last: UInt64
        /// Physical address of the start; the rest follows it.
        let physical: UInt64
        let rights: String
    }

    /// Pages with the same rights that follow each other here and there.
    private static func linearStretches(_ view: MachineView) -> (stretches: [Stretch], isWhole: Bool) {
        var all: [Stretch] = []
        let isWhole = MonitorTables(view).walk(looks: mostLooks) { page in
            let rights = (page.isUser ? "u" : "-") + "r" + (page.isWritable ? "w" : "-")
            if let last = all.last, last.last &+ 1 == page.linear, last.rights == rights,
                last.physical &+ (page.linear &- last.start) == page.physical
            {
                all[all.count - 1].last = page.linear &+ (page.size &- 1)
            } else {
                guard all.count < mostStretches else { return false }
                all.append(
                    Stretch(start: page.linear, last: page.linear &+ (page.size &- 1), physical: page.physical, rights: rights))
            }
            return true
        }
        return (all, isWhole)
    }

    /// Registers that point somewhere; CR3 to a physical address.
    private static func places(_ view: MachineView, _ selected: UInt64?) -> [(name: String, address: UInt64, isPhysical: Bool)] {
        var places: [(name: String, address: UInt64, isPhysical: Bool)] = [
            (view.is64Bit ? "RIP" : "CS:EIP", view.linearIP, false), (view.is64Bit ? "RSP" : "SS:ESP", view.linearSP, false),
        ]
        if view.isProtected { places += [("GDT", view.state.gdtr.base, false), ("IDT", view.state.idtr.base, false)] }
        if view.isPaged { places.append(("CR3", view.state.cr3 & ~0xFFF, true)) }
        if let selected { places.append(("selected", selected, false)) }
        return places
    }
}
