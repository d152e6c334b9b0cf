import Formats
import Inspection
import Session

/// The lines and functions that were reached, of one run or of many: what `--coverage` writes and `swemu merge` puts together. The format is that of lcov's
/// tracefiles (geninfo(1)).
struct Tracefile {
    /// Counts of one source file.
    private struct File {
        /// Number of times that each line that has code was reached.
        var lines: [UInt32: UInt64] = [:]
        /// The place where each function begins, and how often it was called.
        var functions: [String: (line: UInt32, count: UInt64)] = [:]
        /// Calls that were told before the function's line was.
        var calls: [String: UInt64] = [:]
        /// Counts of how often each branch went, of each line; nil where its line was not reached.
        var branches: [UInt32: [Branch: UInt64?]] = [:]

        var reachedLines: Int { lines.values.count { $0 > 0 } }
        var reachedFunctions: Int { functions.values.count { $0.count > 0 } }
        var branchCount: Int { branches.values.reduce(0) { $0 + $1.count } }
        var takenBranches: Int { branches.values.reduce(0) { $0 + Tracefile.taken($1) } }
    }

    /// One way of a branch: lcov's number of the block, and of the branch in it, as the file has them.
    private struct Branch: Hashable {
        let block: String
        let number: String

        static func precedes(_ a: Branch, _ b: Branch) -> Bool {
            (a.block.count, a.block, a.number.count, a.number) < (b.block.count, b.block, b.number.count, b.number)
        }
    }

    private static func taken(_ branches: [Branch: UInt64?]) -> Int { branches.values.count { ($0 ?? 0) > 0 } }

    private var files: [String: File] = [:]
    /// Lines of all files that are kept at most.
    private static let mostLines = 10_000_000
    private var room = Tracefile.mostLines

    /// Tells whether a text begins as a tracefile does.
    static func isTracefile(_ bytes: [UInt8]) -> Bool {
        let start = bytes.prefix(256).drop { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 }
        return start.starts(with: Array("TN:".utf8)) || start.starts(with: Array("SF:".utf8))
    }

    /// Adds what a tracefile says; counts of the same lines, functions and branches are summed. Throws at a record that is
    /// damaged.
    mutating func add(_ bytes: [UInt8], from path: String) throws {
        var name: String?
        var file = File()
        func mistake(_ number: Int, _ what: String) -> UserError {
            UserError(.scriptFile, "\(what), line \(number)", path, remedy: "give files that swemu run --coverage or lcov wrote")
        }
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            let (tag, rest) = Self.split(text.last == "\r" ? String(text.dropLast()) : text, at: ":")
            switch tag {
            case "SF":
                name = rest
                file = File()
            case "end_of_record":
                guard let name else { throw mistake(number + 1, "a record without SF") }
                merge(file, into: name)
                file = File()
            case "DA":
                let values = rest.split(separator: ",", omittingEmptySubsequences: false)
                guard name != nil, values.count >= 2, let line = UInt32(values[0]), let count = UInt64(values[1]) else {
                    throw mistake(number + 1, "no DA record")
                }
                room -= 1
                guard room > 0 else { throw mistake(number + 1, "more than \(Self.mostLines) lines") }
                file.lines[line] = Self.sum(file.lines[line] ?? 0, count)
            case "BRDA":
                let values = rest.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                guard name != nil, values.count == 4, let line = UInt32(values[0]), !values[1].isEmpty, !values[2].isEmpty,
                    values[1].count <= 20, values[2].count <= 200, values[3] == "-" || UInt64(values[3]) != nil
                else { throw mistake(number + 1, "no BRDA record") }
                room -= 1
                guard room > 0 else { throw mistake(number + 1, "more than \(Self.mostLines) lines") }
                let branch = Branch(block: values[1], number: values[2])
                let known = file.branches[line, default: [:]][branch] ?? nil
                file.branches[line, default: [:]].updateValue(Self.sum(known, UInt64(values[3])), forKey: branch)
            case "FN":
                // FN:first,name, or since lcov 2 FN:first,last,name.
                let values = rest.split(separator: ",", maxSplits: 2).map(String.init)
                guard name != nil, values.count >= 2, let line = UInt32(values[0]) else {
                    throw mistake(number + 1, "no FN record")
                }
                let function = values.count == 3 && UInt32(values[1]) != nil ? values[2] : values.dropFirst().joined(separator: ",")
                file.functions[function] = (line, file.functions[function]?.count ?? 0)
            case "FNDA":
                let (count, function) = Self.split(rest, at: ",")
                guard name != nil, let count = UInt64(count), !function.isEmpty else { throw mistake(number + 1, "no FNDA record") }
                file.calls[function] = Self.sum(file.calls[function] ?? 0, count)
            default: break
            }
        }
    }

    private static func split(_ text: String, at separator: Character) -> (String, String) {
        guard let index = text.firstIndex(of: separator) else { return (text, "") }
        return (String(text[..<index]), String(text[text.index(after: index)...]))
    }

    private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }

    /// Nil is a branch whose line was not reached.
    private static func sum(_ a: UInt64?, _ b: UInt64?) -> UInt64? {
        guard let a, let b else { return a ?? b }
        return sum(a, b)
    }

    private mutating func merge(_ other: File, into name: String) {
        var file = files[name] ?? File()
        file.lines.merge(other.lines, uniquingKeysWith: Self.sum)
        for (function, place) in other.functions {
            let known = file.functions[function]?.count ?? 0
            file.functions[function] = (place.line, Self.sum(known, other.calls[function] ?? 0))
        }
        for (line, branches) in other.branches {
            file.branches[line, default: [:]].merge(branches) { Self.sum($0, $1) }
        }
        files[name] = file
    }

    private var sorted: [(name: String, file: File)] { files.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    /// Lines with code, and those that were reached.
    var counts: (lines: Int, reached: Int) {
        files.values.reduce((0, 0)) { ($0.0 + $1.lines.count, $0.1 + $1.reachedLines) }
    }

    // MARK: Written

    /// As one tracefile.
    var lcov: String {
        var text = ""
        for (name, file) in sorted {
            text += "TN:\nSF:\(name)\n"
            let functions = file.functions.sorted { ($0.value.line, $0.key) < ($1.value.line, $1.key) }
            for (function, place) in functions { text += "FN:\(place.line),\(function)\n" }
            for (function, place) in functions { text += "FNDA:\(place.count),\(function)\n" }
            text += "FNF:\(functions.count)\nFNH:\(file.reachedFunctions)\n"
            for (line, branches) in file.branches.sorted(by: { $0.key < $1.key }) {
                for (branch, count) in branches.sorted(by: { Branch.precedes($0.key, $1.key) }) {
                    text += "BRDA:\(line),\(branch.block),\(branch.number),\(count.map(String.init) ?? "-")\n"
                }
            }
            if file.branchCount > 0 { text += "BRF:\(file.branchCount)\nBRH:\(file.takenBranches)\n" }
            for (line, count) in file.lines.sorted(by: { $0.key < $1.key }) { text += "DA:\(line),\(count)\n" }
            text += "LF:\(file.lines.count)\nLH:\(file.reachedLines)\nend_of_record\n"
        }
        return text
    }

    /// As a report of Cobertura (coverage-04.dtd), which GitLab, Jenkins and Azure show. A package is a folder.
    var cobertura: String {
        let (lines, reached) = counts
        let (branches, taken) = Self.branches(files.values)
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
            <coverage line-rate="\(Self.rate(reached, lines))" branch-rate="\(Self.rate(taken, branches))" lines-covered="\(reached)" lines-valid="\(lines)" \
            branches-covered="\(taken)" branches-valid="\(branches)" complexity="0" version="swemu \(swemuVersion)" timestamp="0">
              <sources><source>.</source></sources>
              <packages>

            """
        let packages = Dictionary(grouping: sorted) { Self.folder($0.name) }
        for (folder, members) in packages.sorted(by: { $0.key < $1.key }) {
            let (all, hit) = members.reduce((0, 0)) { ($0.0 + $1.file.lines.count, $0.1 + $1.file.reachedLines) }
            let (branches, taken) = Self.branches(members.map(\.file))
            text +=
                "    <package name=\"\(TestReport.escaped(folder))\" line-rate=\"\(Self.rate(hit, all))\" branch-rate=\"\(Self.rate(taken, branches))\" complexity=\"0\">\n      <classes>\n"
            for (name, file) in members { text += Self.element(name, file) }
            text += "      </classes>\n    </package>\n"
        }
        return text + "  </packages>\n</coverage>\n"
    }

    /// Branches, and those that were taken.
    private static func branches(_ files: some Sequence<File>) -> (all: Int, taken: Int) {
        files.reduce((0, 0)) { ($0.0 + $1.branchCount, $0.1 + $1.takenBranches) }
    }

    private static func element(_ name: String, _ file: File) -> String {
        let short = name.split(separator: "/").last.map(String.init) ?? name
        let head = "name=\"\(TestReport.escaped(short))\" filename=\"\(TestReport.escaped(name))\""
        var text =
            "        <class \(head) line-rate=\"\(rate(file.reachedLines, file.lines.count))\" branch-rate=\"\(rate(file.takenBranches, file.branchCount))\" complexity=\"0\">\n          <methods>\n"
        for (function, place) in file.functions.sorted(by: { ($0.value.line, $0.key) < ($1.value.line, $1.key) }) {
            let isReached = place.count > 0 ? 1 : 0
            text +=
                "            <method name=\"\(TestReport.escaped(function))\" signature=\"\" line-rate=\"\(isReached)\" branch-rate=\"0\">"
            text += "<lines><line number=\"\(place.line)\" hits=\"\(place.count)\"/></lines></method>\n"
        }
        text += "          </methods>\n          <lines>\n"
        for (line, count) in file.lines.sorted(by: { $0.key < $1.key }) {
            text += "            <line number=\"\(line)\" hits=\"\(count)\"\(conditions(file.branches[line] ?? [:]))/>\n"
        }
        return text + "          </lines>\n        </class>\n"
    }

    /// The attributes of a line with branches: ` branch="true" condition-coverage="50% (1/2)"`.
    private static func conditions(_ branches: [Branch: UInt64?]) -> String {
        guard !branches.isEmpty else { return "" }
        let taken = taken(branches)
        return " branch=\"true\" condition-coverage=\"\(taken * 100 / branches.count)% (\(taken)/\(branches.count))\""
    }

    private static func folder(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// "0.8571": four digits, the same on every host.
    private static func rate(_ part: Int, _ whole: Int) -> String {
        guard whole > 0 else { return "0" }
        let digits = String(part * 10_000 / whole)
        return part == whole ? "1" : "0." + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
