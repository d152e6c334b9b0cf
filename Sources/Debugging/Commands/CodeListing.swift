import Inspection
import Processor
import X86

/// Instructions as text, with bytes, symbols and the places they go to.
struct CodeListing {
    private let session: CommandSession
    private let view: MachineView

    init(_ session: CommandSession) {
        self.session = session
        view = session.view
    }

    /// The next instruction, as it stands after each stop.
    var next: String { line(instruction(at: view.linearIP), isNext: true) }

    func lines(from address: UInt64, count: Int) -> [String] {
        walk(from: address, count: count).map { line($0, isNext: $0.linear == view.linearIP) }
    }

    func address(after count: Int, from address: UInt64) -> UInt64 {
        walk(from: address, count: count).last.map { ($0.linear &+ UInt64(max(1, $0.line?.bytes.count ?? 1))) & view.linearMask }
            ?? address
    }

    /// An instruction and where it is; nil where no page is.
    struct Place {
        let linear: UInt64
        let line: Disassembly.Line?
    }

    func walk(from address: UInt64, count: Int) -> [Place] {
        var places: [Place] = []
        var linear = address
        for _ in 0..<count {
            let place = instruction(at: linear)
            places.append(place)
            linear = (linear &+ UInt64(max(1, place.line?.bytes.count ?? 1))) & view.linearMask
        }
        return places
    }

    func instruction(at linear: UInt64) -> Place {
        Place(linear: linear, line: view.disassembly(at: linear, byteCount: 15).first { _ in true })
    }

    /// "> 0010:00100000  b8 05 00 00 00        mov eax,0x5".
    func line(_ place: Place, isNext: Bool) -> String {
        let offset = (place.linear &- view.state.cs.base) & view.linearMask
        let head = (isNext ? "> " : "  ") + farPointer(view.state.cs.selector, offset)
        guard let line = place.line else { return "\(head)  (no page is here)" }
        let bytes = line.bytes.map { hexDigits(UInt64($0), 2, uppercase: false) }.joined(separator: " ")
        var text = Columns.pad("\(head)  \(Columns.pad(bytes, to: 20)) \(line.text)", to: 40)
        if let note = note(place, line) { text += "  ; \(note)" }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// The symbol here, and the one it goes to.
    func note(_ place: Place, _ line: Disassembly.Line) -> String? {
        guard let sources = session.debugger.sources else { return nil }
        var notes: [String] = []
        if let here = sources.describe(place.linear) { notes.append(here) }
        if let i = line.instruction, [.jmp, .jcc, .call, .loop, .loope, .loopne, .jcxz].contains(i.operation) {
            let target = (place.linear &+ UInt64(i.length) &+ i.immediate) & view.linearMask
            if let there = sources.symbols.symbol(at: target), i.operation == .call || there.offset == 0 {
                notes.append("to \(there.symbol.name)" + (there.offset == 0 ? "" : "+0x\(String(there.offset, radix: 16))"))
            }
        }
        return notes.isEmpty ? nil : notes.joined(separator: " ")
    }
}
