import Inspection
import Processor
import X86

/// A line of a pane.
public struct PaneLine: Equatable, Sendable {
    /// The role of a line, by which it is coloured.
    public enum Kind: Sendable { case plain, next, source, stop, faint }
    /// The line, without its end.
    public var text: String
    /// The role of the line.
    public var kind: Kind
    /// Columns whose contents changed since the last stop.
    public var lit: [Range<Int>]
    /// Linear address of the instruction, in the code pane.
    public var address: UInt64?

    /// A line with its role.
    public init(_ text: String, _ kind: Kind = .plain, lit: [Range<Int>] = [], address: UInt64? = nil) {
        self.text = text
        self.kind = kind
        self.lit = lit
        self.address = address
    }
}

/// The parts that a full-screen debugger shows beside the dialogue, as lines of text.
public struct Panes {
    let session: CommandSession
    let view: MachineView
    private let old: CPUState

    /// The panes of a session, for the machine as it is at this moment.
    public init(_ session: CommandSession) {
        self.session = session
        view = session.view
        old = session.before
    }

    /// "real mode, 16-bit".
    public var mode: String {
        let name =
            !view.isProtected ? "real mode" : view.isVirtual8086 ? "virtual-8086 mode" : "protected, ring \(view.state.cpl)"
        return "\(name), \(view.is64Bit ? 64 : view.codeSize == .bits32 ? 32 : 16)-bit\(view.isPaged ? ", paging" : "")"
    }

    /// Linear address of the next instruction.
    public var nextAddress: UInt64 { view.linearIP }

    // MARK: Code

    /// Instructions from `top` on with their source lines; the next one is among them, for which `top` is moved if need be.
    public func code(rows: Int, top: inout UInt64, showsBytes: Bool) -> [PaneLine] {
        var lines = code(rows: rows, from: top, showsBytes)
        if !lines.dropLast(rows > 4 ? 1 : 0).contains(where: { $0.kind == .next }) {
            top = view.linearIP
            lines = code(rows: rows, from: top, showsBytes)
        }
        return lines
    }

    private func code(rows: Int, from top: UInt64, _ showsBytes: Bool) -> [PaneLine] {
        let words = CodeListing(session)
        var lines: [PaneLine] = []
        var lastSource: (String, UInt32)?
        for place in words.walk(from: top, count: rows) {
            // Behind its end a segment has no instructions.
            if place.linear &- view.state.cs.base > UInt64(view.state.cs.limit), place.linear != top { break }
            if let source = session.debugger.sources?.lines.location(of: place.linear), lastSource.map({ $0 != source }) ?? true {
                lastSource = source
                if let text = SourceListing(session).line(at: place.linear) { lines.append(PaneLine(text, .source)) }
            }
            lines.append(line(place, words, showsBytes))
        }
        return Array(lines.prefix(rows))
    }

    private func line(_ place: CodeListing.Place, _ words: CodeListing, _ showsBytes: Bool) -> PaneLine {
        let isNext = place.linear == view.linearIP
        let point = session.debugger.points.first { $0.stands(at: place.linear) }
        let offset = (place.linear &- view.state.cs.base) & view.linearMask
        let mark = (isNext ? ">" : " ") + (point == nil ? " " : point?.isEnabled == true ? "*" : "o")
        var text = mark + farPointer(view.state.cs.selector, offset) + " "
        if showsBytes {
            let bytes = place.line?.bytes.map { hexDigits(UInt64($0), 2, uppercase: false) }.joined(separator: " ") ?? ""
            text += Columns.pad(bytes, to: 24)
        }
        text += place.line?.text ?? "(no page is here)"
        if let line = place.line, let note = words.note(place, line) { text += "  ; \(note)" }
        return PaneLine(text, isNext ? .next : point == nil ? .plain : .stop, address: place.linear)
    }

    // MARK: Registers

    /// Nine lines of 25 columns; in 64-bit code one register a line.
    public var registers: [PaneLine] {
        if view.is64Bit { return registers64 }
        let rows = [("eax", "esi"), ("ebx", "edi"), ("ecx", "ebp"), ("edx", "esp"), ("eip", "eflags")]
        var lines = rows.map { pair($0.0, $0.1) }
        lines += [["cs", "ds", "es"], ["ss", "fs", "gs"]].map { names in
            joined(names.map { field($0.uppercased(), $0, 4) }, separator: "  ")
        }
        lines.append(flags)
        lines.append(pair("cr0", "cr3"))
        return lines
    }

    private var registers64: [PaneLine] {
        // A terminal of 24 lines shows the first ones.
        let first = ["rip", "rsp", "rbp"]
        let names = first + RegisterListing(view.state).names.filter { !first.contains($0) }
        var lines = names.map { joined([field(Columns.pad($0.uppercased(), to: 3), $0, 16)], separator: "") }
        lines.append(joined([field("EFL", "eflags", 8)], separator: ""))
        lines += [["cs", "ds", "es"], ["ss", "fs", "gs"]].map { names in
            joined(names.map { field($0.uppercased(), $0, 4) }, separator: "  ")
        }
        lines.append(flags)
        return lines + [joined([field("CR3", "cr3", 16)], separator: "")]
    }

    private struct Field {
        let text: String
        let lit: Range<Int>?
    }

    private func field(_ label: String, _ name: String, _ digits: Int) -> Field {
        let (value, before) = (RegisterAccess.value(name, in: view.state) ?? 0, RegisterAccess.value(name, in: old) ?? 0)
        let text = "\(label) \(hexDigits(value, digits, uppercase: false))"
        return Field(text: text, lit: value == before ? nil : label.count + 1..<text.count)
    }

    private func joined(_ fields: [Field], separator: String) -> PaneLine {
        var line = PaneLine("")
        for (index, field) in fields.enumerated() {
            if index > 0 { line.text += separator }
            let start = line.text.count
            if let lit = field.lit { line.lit.append(start + lit.lowerBound..<start + lit.upperBound) }
            line.text += field.text
        }
        return line
    }

    private func pair(_ a: String, _ b: String) -> PaneLine {
        joined([field(a.uppercased(), a, 8), field(b == "eflags" ? "EFL" : b.uppercased(), b, 8)], separator: " ")
    }

    /// "of df IF tf sf ZF af pf cf": set ones in capitals.
    private var flags: PaneLine {
        let names = ["of", "df", "if", "tf", "sf", "zf", "af", "pf", "cf"]
        return joined(
            names.map { name in
                let (value, before) = (RegisterAccess.value(name, in: view.state) ?? 0, RegisterAccess.value(name, in: old) ?? 0)
                return Field(text: value != 0 ? name.uppercased() : name, lit: value == before ? nil : 0..<2)
            }, separator: " ")
    }

    // MARK: Stack and memory

    /// The top of the stack, one word a line.
    public func stack(rows: Int) -> [PaneLine] {
        StackListing(session).short(count: rows).map { PaneLine($0) }
    }

    /// Bytes and letters from a linear address on, `perLine` a line.
    public func memory(rows: Int, from address: UInt64, perLine: Int) -> [PaneLine] {
        (0..<rows).map { row in
            let start = (address &+ UInt64(row * perLine)) & view.linearMask
            var (text, letters) = ("\(hexDigits(start, 8, uppercase: false)) ", "")
            for index in 0..<UInt64(perLine) {
                let byte = view.linear((start &+ index) & view.linearMask, 1).map { UInt8(truncatingIfNeeded: $0) }
                text += " " + (byte.map { hexDigits(UInt64($0), 2, uppercase: false) } ?? "--")
                letters += byte.map(Examine.printable) ?? " "
            }
            return PaneLine("\(text)  \(letters)")
        }
    }

    /// The last place that `x` showed, or the top of the stack.
    public var memoryAddress: UInt64 { session.memoryShown ?? view.linearSP }

    /// The reason why the machine stopped last.
    public var reason: [String] { session.lastReport.map { StopDescription($0, session).reason } ?? [] }
}
