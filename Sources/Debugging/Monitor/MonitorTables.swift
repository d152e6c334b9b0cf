import Board
import Inspection
import Processor

/// The page tables in the words of QEMU's monitor: `info mem` and `info tlb`.
struct MonitorTables {
    private let view: MachineView
    /// Lines at most: more than that nobody reads.
    private static let mostLines = 2000
    /// Looks at most, so that tables that lead to themselves end.
    private static let mostLooks = 1 << 20

    init(_ view: MachineView) { self.view = view }

    struct Leaf {
        let linear: UInt64
        let physical: UInt64
        let size: UInt64
        let value: UInt64
        /// U/S and R/W of all levels together.
        let isUser: Bool
        let isWritable: Bool
    }

    /// Runs of pages with the same rights: start, end, length, rights.
    var regions: [String] {
        guard view.isPaged else { return ["PG disabled"] }
        var lines: [String] = []
        var run: (start: UInt64, end: UInt64, rights: String)?
        func put() {
            guard let run, lines.count < Self.mostLines else { return }
            lines.append("\(x(run.start))-\(x(run.end)) \(x(run.end &- run.start)) \(run.rights)")
        }
        walk { leaf in
            let rights = (leaf.isUser ? "u" : "-") + "r" + (leaf.isWritable ? "w" : "-")
            if let last = run, last.end == leaf.linear, last.rights == rights {
                run?.end = leaf.linear &+ leaf.size
            } else {
                put()
                run = (leaf.linear, leaf.linear &+ leaf.size, rights)
            }
            return lines.count < Self.mostLines
        }
        put()
        return lines
    }

    /// Each page with the bits of the entry that maps it.
    var pages: [String] {
        guard view.isPaged else { return ["PG disabled"] }
        var lines: [String] = []
        walk { leaf in
            let bits: [(UInt64, Character)] = [
                (63, "X"), (8, "G"), (7, "P"), (6, "D"), (5, "A"), (4, "C"), (3, "T"), (2, "U"), (1, "W"),
            ]
            let isLarge = leaf.size > 4096
            let flags = bits.map { bit, letter in
                leaf.value >> bit & 1 != 0 && (bit != 7 || isLarge) ? letter : "-"
            }
            lines.append("\(x(leaf.linear)): \(x(leaf.physical)) \(String(flags))")
            return lines.count < Self.mostLines
        }
        return lines
    }

    private func x(_ value: UInt64) -> String { hexDigits(value, 16, uppercase: false) }

    /// Calls `body` for each page that is mapped, by rising addresses, until it wants no more. Tells whether all of them were seen.
    @discardableResult
    func walk(looks most: Int = mostLooks, _ body: (Leaf) -> Bool) -> Bool {
        let kind = view.cpu.paging.kind
        let end: UInt64 = kind == .level4 ? 1 << 48 : 1 << 32
        var linear: UInt64 = 0
        var looks = 0
        while linear < end, looks < most {
            looks += 1
            // The upper half of the address space has its upper bits set.
            let canonical = kind == .level4 && linear >> 47 != 0 ? linear | 0xFFFF_0000_0000_0000 : linear
            let walk = PageWalk(view, linear: canonical)
            let steps = walk.steps
            let span = Self.span(ofStep: steps.count - 1, kind)
            if let physical = walk.physical, let leaf = steps.last {
                let rights = steps.filter { !$0.isRegister }.reduce(UInt64.max) { $0 & $1.value }
                let page = Leaf(
                    linear: canonical, physical: physical, size: span, value: leaf.value, isUser: rights & 4 != 0,
                    isWritable: rights & 2 != 0)
                guard body(page) else { return false }
            }
            linear = (linear | (span &- 1)) &+ 1
        }
        return linear >= end
    }

    /// Bytes that an entry at the level of `step` stands for.
    private static func span(ofStep step: Int, _ kind: PagingMode.Kind) -> UInt64 {
        switch kind {
        case .bits32: step == 0 ? 1 << 22 : 1 << 12
        case .PAE: [1 << 30, 1 << 21, 1 << 12][min(max(step, 0), 2)]
        case .level4: [1 << 39, 1 << 30, 1 << 21, 1 << 12][min(max(step, 0), 3)]
        case .none: 1 << 32
        }
    }
}
