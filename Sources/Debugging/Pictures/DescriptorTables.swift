import Inspection
import Processor

/// The descriptor tables of protected mode as columns: the GDT, and the LDT where there is one, with the registers that hold their selectors; the IDT. SDM
/// Vol. 3A, sections 3.5.1 and 6.10.
public enum DescriptorTables {
    /// Entries of a table that are shown: the first ones that are not empty.
    private static let most = 16

    /// The picture as the machine stands; the first entry is on top.
    public static func picture(_ view: MachineView) -> MemoryPicture {
        let title = "The descriptor tables"
        guard view.isProtected else {
            return MemoryPicture(
                title: title,
                columns: [.init("None", ["in real mode selectors are bases ÷ 16, and vectors have far addresses at 0000:0000"], [])]
            )
        }
        var columns = [
            segments("GDT", view.state.gdtr.base, UInt64(view.state.gdtr.limit), isLocal: false, view)
        ]
        if view.state.ldtr.selector & 0xFFFC != 0 {
            columns.append(segments("LDT", view.state.ldtr.base, UInt64(view.state.ldtr.limit), isLocal: true, view))
        }
        columns.append(gates(view))
        return MemoryPicture(title: title, columns: columns)
    }

    private static func segments(_ name: String, _ base: UInt64, _ limit: UInt64, isLocal: Bool, _ view: MachineView)
        -> MemoryPicture.Column
    {
        let registers: [(String, UInt16)] = [
            ("CS", view.state.cs.selector), ("SS", view.state.ss.selector), ("DS", view.state.ds.selector),
            ("ES", view.state.es.selector),
            ("FS", view.state.fs.selector), ("GS", view.state.gs.selector), ("TR", view.state.tr.selector),
            ("LDTR", view.state.ldtr.selector),
        ]
        var cells: [MemoryPicture.Cell] = []
        var isWhole = true
        // A system descriptor of IA-32e mode takes two entries.
        var index: UInt64 = 0
        while 8 * index + 7 <= min(limit, 0xFFFF) {
            defer { index += 1 }
            let selector = UInt16(8 * index) | (isLocal ? 4 : 0)
            let place = view.systemAddress(base, 8 * index)
            guard case .found(let entry) = DescriptorLookup(view, selector: selector), entry.raw != 0 else { continue }
            guard cells.count < most else {
                isWhole = false
                break
            }
            let holders = registers.filter { $0.1 & 0xFFFC == selector & 0xFFFC && $0.1 & 0xFFFC != 0 }.map(\.0)
            let words =
                entry.isGate
                ? "to \(h(entry.gateSelector)):\(h(entry.gateOffset))" : "base \(h(entry.base)), limit \(h(UInt64(entry.limit)))"
            let absent = entry.isPresent ? "" : ", not present"
            cells.append(
                .init(
                    h(selector), "\(entry.kind), ring \(entry.DPL), \(words)\(absent)", entry.isPresent ? .plain : .empty,
                    marks: holders, address: place))
            if entry.high != nil { index += 1 }
        }
        return .init(name, about(base, limit, isWhole), cells)
    }

    private static func gates(_ view: MachineView) -> MemoryPicture.Column {
        let (base, limit) = (view.state.idtr.base, UInt64(view.state.idtr.limit))
        var cells: [MemoryPicture.Cell] = []
        var isWhole = true
        for vector in UInt8.min...UInt8.max {
            guard let gate = try? view.gateEntry(vector), gate.raw != 0 else { continue }
            guard cells.count < most else {
                isWhole = false
                break
            }
            let stack = gate.IST == 0 ? "" : ", IST\(gate.IST)"
            let absent = gate.isPresent ? "" : ", not present"
            cells.append(
                .init(
                    "vector \(h(UInt64(vector), 2))",
                    "\(gate.kind) to \(h(gate.gateSelector)):\(h(gate.gateOffset))\(stack)\(absent)",
                    gate.isPresent ? .plain : .empty, address: gate.address))
        }
        return .init("IDT", about(base, limit, isWhole), cells)
    }

    private static func about(_ base: UInt64, _ limit: UInt64, _ isWhole: Bool) -> [String] {
        ["base \(h(base)), limit \(h(limit, 4))"] + (isWhole ? [] : ["the first \(most) that are not empty"])
    }
}
