import Inspection

/// A line of code for who shows columns.
public struct CodeRow: Equatable, Sendable {
    /// Linear address.
    public let address: UInt64
    /// "0010:00100000".
    public let place: String
    /// "b8 05 00 00 00".
    public let bytes: String
    /// "mov eax,0x5"; nil where no page is.
    public let text: String?
    /// Symbols.
    public let note: String?
    /// The source line that begins here.
    public let source: String?
    /// The processor executes this instruction next.
    public let isNext: Bool
    /// The breakpoint here, and whether it is switched on.
    public let point: (number: Int, isEnabled: Bool)?

    public static func == (a: CodeRow, b: CodeRow) -> Bool {
        a.address == b.address && a.bytes == b.bytes && a.isNext == b.isNext && a.point?.number == b.point?.number
    }
}

extension Panes {
    /// Instructions from `top` on; the next one is among them, for which `top` is moved if need be.
    public func codeRows(_ count: Int, top: inout UInt64) -> [CodeRow] {
        let rows = codeRows(count, from: top)
        if rows.dropLast(count > 4 ? 2 : 0).contains(where: \.isNext) { return rows }
        top = nextAddress
        return codeRows(count, from: top)
    }

    /// Instructions from an address on.
    public func codeRows(_ count: Int, from top: UInt64) -> [CodeRow] {
        let words = CodeListing(session)
        var lastSource: (String, UInt32)?
        var rows: [CodeRow] = []
        for place in words.walk(from: top, count: count) {
            if place.linear &- view.state.cs.base > UInt64(view.state.cs.limit), place.linear != top { break }
            var source: String?
            if let line = session.debugger.sources?.lines.location(of: place.linear), lastSource.map({ $0 != line }) ?? true {
                lastSource = line
                source = SourceListing(session).line(at: place.linear)
            }
            let point = session.debugger.points.first { $0.stands(at: place.linear) }
            rows.append(
                CodeRow(
                    address: place.linear,
                    place: farPointer(view.state.cs.selector, (place.linear &- view.state.cs.base) & view.linearMask),
                    bytes: place.line?.bytes.map { hexDigits(UInt64($0), 2, uppercase: false) }.joined(separator: " ") ?? "",
                    text: place.line?.text, note: place.line.flatMap { words.note(place, $0) }, source: source,
                    isNext: place.linear == nextAddress, point: point.map { ($0.number, $0.isEnabled) }))
        }
        return rows
    }
}

extension Panes {
    /// The meaning of each flag, one line each: CF, PF, AF, ZF, SF, TF, IF, DF, OF, NT, RF, VM, AC, IOPL.
    public var flagsInWords: [String] { RegisterListing(view.state).flagsInWords }

    /// Breakpoints and watchpoints in words.
    public var points: [(number: Int, text: String, isEnabled: Bool)] {
        session.debugger.points.map { ($0.number, StopPointListing.line($0, session), $0.isEnabled) }
    }
}
