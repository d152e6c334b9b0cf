import Inspection
import Processor

/// The stack and the calls on it, as text.
struct StackListing {
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

    /// The place now, and who called, with the arguments where these are known. The frame that was chosen is marked.
    var backtrace: [String] {
        let frames = session.debugger.sourceFrames
        var lines = frames.enumerated().map { number, frame in
            "#\(number)\(number == session.debugger.selectedFrameNumber && number > 0 ? ">" : " ") \(words(frame))"
        }
        guard frames.last?.frame.address == view.linearIP else { return lines }
        // What looks like return addresses.
        let found = Backtrace(view, sources: session.debugger.sources).frames
        lines += found.enumerated().map {
            "#\(frames.count + $0.offset)  \(h($0.element.address))  \(session.debugger.sources?.describe($0.element) ?? "")"
                .trimmed
        }
        guard found.isEmpty, frames.count == 1 else { return lines }
        return lines + [
            view.isProtected
                ? "no chain of frame pointers leads from \(view.is64Bit ? "RBP" : "EBP"); `stack` shows the stack"
                : "only 32- and 64-bit code is followed; `stack` shows the stack"
        ]
    }

    /// "0010003Ch  square+0x6 (kernel.c:47), number = 3".
    func words(_ frame: SourceFrame) -> String {
        let place = frame.line.map { " (\($0.file.split(separator: "/").suffix(2).joined(separator: "/")):\($0.line))" } ?? ""
        var text = "\(h(frame.frame.address))  \(frame.name ?? "")\(place)".trimmed
        if frame.function?.isInlined == true { text += ", inlined" }
        if frame.frame.isInterrupted {
            text += frame.frame.ring > view.state.cpl ? ", interrupted in ring \(frame.frame.ring)" : ", interrupted"
        }
        let values = (frame.function?.parameters ?? []).map { "\($0.name) = \(Self.short(ValueText().text(frame.value(of: $0))))" }
        return values.isEmpty ? text : "\(text), \(values.joined(separator: ", "))"
    }

    /// Structures and long texts are not for a line of calls.
    private static func short(_ text: String) -> String {
        text.hasPrefix("{") ? "{…}" : text.count > 60 ? text.prefix(59) + "…" : text
    }
}
