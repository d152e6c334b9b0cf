import Processor

/// The stack and the calls on it, as text.
struct StackWords {
    private let session: CommandSession
    private let view: MachineView

    init(_ session: CommandSession) {
        self.session = session
        view = session.view
    }

    private var size: UInt64 { view.is64Bit ? 8 : view.state.ss.isBig ? 4 : 2 }

    /// Words of the stack's size from its top on: address, value, what it may point to.
    func lines(count: Int) -> [String] {
        let size = size
        return (0..<UInt64(count)).map { index in
            let address = (view.linearSP &+ index &* size) & view.linearMask
            let head = "\(index == 0 ? "> " : "  ")\(hexDigits(address, 8, uppercase: false)) [+\(index * size)]"
            guard let value = view.linear(address, Int(size)) else { return "\(Columns.pad(head, to: 18)) (no page is here)" }
            let name = size >= 4 && value >= 0x1000 ? session.debugger.sources?.symbols.symbol(at: value) : nil
            let note = name.map { "  \($0.symbol.name)+0x\(String($0.offset, radix: 16))" } ?? ""
            return "\(Columns.pad(head, to: 18)) \(hexDigits(value, Int(2 * size), uppercase: false))\(note)"
        }
    }

    /// Address, distance from the top, value, in 26 columns; in 64-bit code without the address.
    func short(count: Int) -> [String] {
        let size = size
        return (0..<UInt64(count)).map { index in
            let address = (view.linearSP &+ index &* size) & view.linearMask
            let value = view.linear(address, Int(size)).map { hexDigits($0, Int(2 * size), uppercase: false) } ?? "no page"
            let distance = Columns.pad("+\(index * size)", to: 4)
            return size == 8 ? "\(distance) \(value)" : "\(hexDigits(address, 8, uppercase: false)) \(distance) \(value)"
        }
    }

    /// The place now, and who called.
    var backtrace: [String] {
        let sources = session.debugger.sources
        func line(_ number: Int, _ address: UInt64) -> String {
            "#\(number)  \(h(address))  \(sources?.describe(address) ?? "")".trimmed
        }
        let frames = Backtrace(view, sources: sources).frames
        guard !frames.isEmpty else {
            let reason =
                view.isProtected
                ? "no chain of frame pointers leads from \(view.is64Bit ? "RBP" : "EBP"); `stack` shows the stack"
                : "only 32- and 64-bit code is followed; `stack` shows the stack"
            return [line(0, view.linearIP), reason]
        }
        return [line(0, view.linearIP)] + frames.enumerated().map { line($0.offset + 1, $0.element) }
    }
}

/// Source lines as text.
struct SourceWords {
    private let session: CommandSession

    init(_ session: CommandSession) { self.session = session }

    /// "kernel.c:12  int x = 5;" where a line begins here and its file can be read.
    func line(at address: UInt64) -> String? {
        guard let place = session.debugger.sources?.lines.location(of: address) else { return nil }
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
