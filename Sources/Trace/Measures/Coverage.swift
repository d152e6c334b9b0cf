import Executables
import Processor

/// The code of a file that was reached: the blocks of instructions that control came to, from now on.
///
/// It costs nothing while the machine runs, because a block is built when control first comes to it. A straight run of instructions counts as a whole: where
/// a fault ended it for good, the instructions behind count as reached, too.
public final class Coverage {
    private let sources: SourceMap
    /// Bytes of the longest block at a linear address.
    private var blocks: [UInt64: Int] = [:]
    /// The ways that each conditional branch has gone, by its address.
    private var branches: [UInt64: Ways] = [:]

    /// The ways that a conditional branch may go.
    private struct Ways: OptionSet {
        let rawValue: UInt8
        static let taken = Ways(rawValue: 1)
        static let notTaken = Ways(rawValue: 2)
    }

    /// Listens to `processors`, which have not run yet. `withBranches`: also to the ways of conditional branches, which the interpreter tells.
    public init(_ processors: [CPU], sources: SourceMap, withBranches: Bool = false) {
        self.sources = sources
        for cpu in processors {
            cpu.onBlock = { [weak self] linear, count in self?.reached(linear, count) }
            if withBranches { cpu.onBranch = { [weak self] linear, isTaken in self?.went(linear, isTaken) } }
        }
    }

    private func went(_ linear: UInt64, _ isTaken: Bool) {
        guard sources.hasSections, sources.isCode(linear) else { return }
        branches[linear, default: []].insert(isTaken ? .taken : .notTaken)
    }

    /// Only the file's own code is kept, so the guest cannot make this grow.
    private func reached(_ linear: UInt64, _ count: Int) {
        guard sources.hasSections, sources.isCode(linear) else { return }
        blocks[linear] = max(blocks[linear] ?? 0, count)
    }

    /// The reached bytes: ranges without overlaps, by rising address.
    private var ranges: [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        for (start, count) in blocks.sorted(by: { $0.key < $1.key }) {
            let end = start &+ UInt64(count)
            if let last = ranges.last, start <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, end)
            } else {
                ranges.append(start..<end)
            }
        }
        return ranges
    }

    /// Counts of one source file.
    private struct File {
        /// Each line that has code was reached.
        var lines: [UInt32: Bool] = [:]
        var functions: [(name: String, line: UInt32, isReached: Bool)] = []
        /// Conditional branches that were reached; `block` is the distance from the function's beginning, the same in each run.
        var branches: [(line: UInt32, block: UInt64, ways: Ways)] = []
    }

    /// A tracefile as `lcov` and `genhtml` read it (geninfo(1)). A count is 1 where the line was reached: how often is not counted.
    public var tracefile: String {
        let ranges = ranges
        func isReached(_ bytes: Range<UInt64>) -> Bool {
            var (low, high) = (0, ranges.count)
            while low < high {
                let middle = (low + high) / 2
                if ranges[middle].upperBound <= bytes.lowerBound { low = middle + 1 } else { high = middle }
            }
            return low < ranges.count && ranges[low].lowerBound < bytes.upperBound
        }
        var files: [String: File] = [:]
        let rows = sources.lines.rows
        for (row, next) in zip(rows, rows.dropFirst()) where !row.endsSequence && row.line > 0 && row.address < next.address {
            let path = sources.lines.files[row.file]
            let known = files[path, default: File()].lines[row.line] ?? false
            files[path, default: File()].lines[row.line] = known || isReached(row.address..<next.address)
        }
        for symbol in sources.symbols.symbols where symbol.isFunction {
            guard let (path, line) = sources.lines.location(of: symbol.address) else { continue }
            files[path, default: File()].functions.append(
                (symbol.name, line, isReached(symbol.address..<symbol.address &+ 1)))
        }
        for (address, ways) in branches.sorted(by: { $0.key < $1.key }) {
            guard let (path, line) = sources.lines.location(of: address) else { continue }
            let start = sources.symbols.symbol(at: address)?.symbol.address ?? 0
            files[path, default: File()].branches.append((line, address &- start, ways))
        }
        return files.sorted { $0.key < $1.key }.map(Self.record).joined()
    }

    private static func record(_ path: String, _ file: File) -> String {
        var lines = ["TN:", "SF:\(path)"]
        for function in file.functions { lines.append("FN:\(function.line),\(function.name)") }
        for function in file.functions { lines.append("FNDA:\(function.isReached ? 1 : 0),\(function.name)") }
        lines += ["FNF:\(file.functions.count)", "FNH:\(file.functions.count(where: \.isReached))"]
        for branch in file.branches.sorted(by: { ($0.line, $0.block) < ($1.line, $1.block) }) {
            lines.append("BRDA:\(branch.line),\(branch.block),0,\(branch.ways.contains(.taken) ? 1 : 0)")
            lines.append("BRDA:\(branch.line),\(branch.block),1,\(branch.ways.contains(.notTaken) ? 1 : 0)")
        }
        if !file.branches.isEmpty {
            let went = file.branches.reduce(0) { $0 + $1.ways.rawValue.nonzeroBitCount }
            lines += ["BRF:\(2 * file.branches.count)", "BRH:\(went)"]
        }
        for (line, isReached) in file.lines.sorted(by: { $0.key < $1.key }) { lines.append("DA:\(line),\(isReached ? 1 : 0)") }
        lines += ["LF:\(file.lines.count)", "LH:\(file.lines.values.count { $0 })", "end_of_record"]
        return lines.joined(separator: "\n") + "\n"
    }
}
