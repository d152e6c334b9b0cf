import Inspection

/// Source lines as text.
struct SourceListing {
    private let session: CommandSession

    init(_ session: CommandSession) { self.session = session }

    /// "kernel.c:12  int x = 5;" where a line begins here and its file can be read.
    func line(at address: UInt64) -> String? {
        session.debugger.sources?.lines.location(of: address).map(text)
    }

    /// The line's text behind its file and number; only these where the file cannot be read.
    func text(_ place: (file: String, line: UInt32)) -> String {
        let name = place.file.split(separator: "/").last.map(String.init) ?? place.file
        let lines = session.host.sourceLines(place.file)
        let index = Int(place.line) - 1
        guard let lines, lines.indices.contains(index) else { return "\(name):\(place.line)" }
        return "\(name):\(place.line)  \(lines[index].trimmed)"
    }

    func lines(around address: UInt64, count: Int) throws(DebuggerError) -> [String] {
        guard let place = session.debugger.sources?.lines.location(of: address) else {
            throw DebuggerError("no source line is known for \(h(address)); compile with -g and give the ELF file with --symbols")
        }
        guard let lines = session.host.sourceLines(place.file) else { throw DebuggerError("\(place.file) cannot be read") }
        let middle = Int(place.line) - 1
        let range = max(0, middle - count / 2)..<min(lines.count, middle + count / 2)
        return range.map { index in
            "\(index == middle ? "> " : "  ")\(Columns.pad(String(index + 1), to: 5)) \(lines[index])"
        }
    }
}
