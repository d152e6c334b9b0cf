import Wiring

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A terminal as the machine's screen and keyboard: raw input, the alternate screen, and both put back at the end,
/// also when the program exits elsewhere or is ended by a signal.
public final class TerminalScreen {
    private let input: Int32
    private let output: Int32
    private var painter: TerminalPainter
    private var blocks: HalfBlockPainter
    /// The last frame of dots, and how it was shown.
    private var picture: PixelFrame?
    private enum Showing { case nothing, text, dots, help }
    private var showing = Showing.nothing
    private var shownSize = (columns: 0, rows: 0)
    private var hasMouse = false
    private var keys = TerminalKeys()
    private var isActive = false

    /// Tells whether `descriptor` is a terminal.
    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// A screen on the given terminal; nothing happens to it until `start()`.
    public init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO, colours: TerminalPainter.Colours? = nil) {
        self.input = input
        self.output = output
        let colours = colours ?? Self.usualColours
        painter = TerminalPainter(colours: colours)
        blocks = HalfBlockPainter(colours: colours)
    }

    deinit { stop() }

    /// Terminals that know all colours say so in COLORTERM, those that know 256 in their name.
    private static var usualColours: TerminalPainter.Colours {
        func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
        if ["truecolor", "24bit"].contains(variable("COLORTERM")) { return .exact }
        return variable("TERM").hasSuffix("-256color") ? .cube : .sixteen
    }

    /// Takes the terminal over. Nothing happens, and `false` is returned, when the input is not a terminal.
    @discardableResult public func start() -> Bool {
        guard !isActive, TerminalRestoration.takeOver(input: input, output: output) else { return isActive }
        isActive = true
        keys.reports.isAwaited = true
        send(Array(TerminalReports.questions.utf8))
        forget()
        return true
    }

    /// Gives the terminal back as it was.
    public func stop() {
        guard isActive else { return }
        isActive = false
        TerminalRestoration.restore()
    }

    /// Shows `frame`; costs little when nothing has changed.
    public func draw(_ frame: TextFrame) {
        guard prepare(.text) else { return }
        let size = self.size
        send(painter.paint(frame, columns: size.columns, rows: size.rows))
    }

    /// Shows `frame` in the best way that the terminal knows: kitty's graphics, sixels, half blocks.
    public func draw(_ frame: PixelFrame) {
        guard prepare(.dots) else { return }
        let size = self.size, reports = keys.reports
        guard reports.knowsKitty || reports.knowsSixel else {
            return send(blocks.paint(frame, columns: size.columns, rows: size.rows))
        }
        guard frame != picture || shownSize != size else { return }
        if shownSize != size { send(Array("\u{1B}[0m\u{1B}[2J".utf8)) }
        (picture, shownSize) = (frame, size)
        let room = (width: size.columns * reports.cell.width, height: size.rows * reports.cell.height)
        // Sixels would scroll the screen if they reached its last line.
        let layout = WindowLayout(
            (frame.width, frame.height, frame.shape),
            window: (room.width, reports.knowsKitty ? room.height : max(room.height - reports.cell.height, 1)), whole: false)
        let column = layout.x / reports.cell.width, row = layout.y / reports.cell.height
        send(Array("\u{1B}[?25l\u{1B}[\(row + 1);\(column + 1)H".utf8))
        if reports.knowsKitty {
            let columns = max(layout.width / reports.cell.width, 1), rows = max(layout.height / reports.cell.height, 1)
            send(frame.kitty(columns: columns, rows: rows))
        } else {
            send(frame.scaled(width: layout.width, height: layout.height).sixels)
        }
    }

    /// Tells whether something may be drawn now; clears away what was of another kind.
    private func prepare(_ kind: Showing) -> Bool {
        guard isActive, showing != .help else { return false }
        if TerminalRestoration.isStale {
            TerminalRestoration.isStale = false
            forget()
            if hasMouse { send(Array(Self.mouseOn.utf8)) }
        }
        guard showing != kind else { return true }
        if showing == .dots, keys.reports.knowsKitty { send(Array("\u{1B}_Ga=d,q=2\u{1B}\\".utf8)) }
        send(Array("\u{1B}[0m\u{1B}[2J".utf8))
        forget()
        showing = kind
        return true
    }

    /// Whatever is drawn next is drawn in full.
    private func forget() {
        painter.forget()
        blocks.forget()
        picture = nil
        showing = .nothing
    }

    private func showHelp() {
        var output = "\u{1B}[0;7m"
        let size = self.size
        for (index, line) in ([""] + TerminalKeys.help + ["", "any key goes on", ""]).enumerated() where index < size.rows {
            let text = ("  " + line).padded(to: min(84, size.columns))
            output += "\u{1B}[\(index + 1);1H\(text)"
        }
        send(Array((output + "\u{1B}[0m").utf8))
        showing = .help
    }

    private static let mouseOn = "\u{1B}[?1003h\u{1B}[?1006h"

    /// Reads what was typed since the last call, without waiting. Call it a few times in a tenth of a second: a lone Esc is told from
    /// a function key by what the next call finds.
    public func readKeys() -> [UserEvent] {
        var events: [UserEvent] = []
        for event in decodeInput() {
            if showing == .help {
                showing = .nothing
                continue
            }
            switch event {
            case .help: showHelp()
            case .grab:
                hasMouse.toggle()
                keys.reports.forgetMouse()
                send(Array((hasMouse ? Self.mouseOn : "\u{1B}[?1003l\u{1B}[?1006l").utf8))
            default: events.append(event)
            }
        }
        return events
    }

    private func decodeInput() -> [UserEvent] {
        var bytes = [UInt8](repeating: 0, count: 256)
        var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 0) > 0 else { return keys.finish() }
        let count = read(input, &bytes, bytes.count)
        return count > 0 ? keys.decode(bytes[0..<count]) : []
    }

    /// The terminal's size in characters, 80 × 25 when it does not tell.
    private var size: (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(output, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else { return (80, 25) }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    private func send(_ bytes: [UInt8]) { TerminalRestoration.writeAll(output, bytes) }
}

extension String {
    /// Cut or filled with spaces to `count` characters.
    fileprivate func padded(to count: Int) -> String {
        String(prefix(count)) + String(repeating: " ", count: Swift.max(0, count - self.count))
    }
}
