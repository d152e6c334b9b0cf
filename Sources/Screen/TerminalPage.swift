import Wiring

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A terminal as a page of styled text and a source of keys, for programs of our own: raw input, the alternate screen, and both put back at the end.
public final class TerminalPage {
    /// The look of a piece of text.
    public enum Style: UInt8, Sendable {
        case plain, bold, faint, reverse, lit, title

        var codes: String {
            switch self {
            case .plain: "0"
            case .bold: "0;1"
            case .faint: "0;36"
            case .reverse: "0;7"
            case .lit: "0;1;33"
            case .title: "0;7;1"
            }
        }
    }

    /// A character of the page.
    public struct Cell: Equatable, Sendable {
        /// The character, one column wide.
        public var character: Character
        /// Its colours.
        public var style: Style

        /// A character in its colours.
        public init(_ character: Character = " ", _ style: Style = .plain) {
            self.character = character
            self.style = style
        }
    }

    private let input: Int32
    private let output: Int32
    private var shown: [[Cell]] = []
    private var keys = TerminalInput()
    private var isActive = false

    /// A page on the terminal of these file descriptors, which is not touched yet.
    public init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
        self.input = input
        self.output = output
    }

    deinit { stop() }

    /// Takes the terminal over. False when there is none.
    public func start() -> Bool {
        guard !isActive, TerminalRestoration.takeOver(input: input, output: output) else { return isActive }
        isActive = true
        return true
    }

    /// Gives the terminal back as it was.
    public func stop() {
        guard isActive else { return }
        isActive = false
        TerminalRestoration.restore()
    }

    /// The terminal's size in characters, 80 × 25 when it does not tell.
    public var size: (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(output, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else { return (80, 25) }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    /// Shows rows of cells, and the cursor. Only rows that changed are sent.
    public func draw(_ rows: [[Cell]], cursor: (column: Int, row: Int)?) {
        guard isActive else { return }
        if TerminalRestoration.isStale {
            TerminalRestoration.isStale = false
            shown = []
        }
        var text = "\u{1B}[?25l"
        if shown.count != rows.count || shown.first?.count != rows.first?.count {
            text += "\u{1B}[0m\u{1B}[2J"
            shown = []
        }
        for (number, row) in rows.enumerated() where shown.isEmpty || shown[number] != row {
            text += "\u{1B}[\(number + 1);1H"
            var style: Style?
            for cell in row {
                if cell.style != style {
                    text += "\u{1B}[\(cell.style.codes)m"
                    style = cell.style
                }
                text.append(cell.character)
            }
        }
        text += "\u{1B}[0m"
        if let cursor { text += "\u{1B}[\(cursor.row + 1);\(cursor.column + 1)H\u{1B}[?25h" }
        shown = rows
        TerminalRestoration.writeAll(output, Array(text.utf8))
    }

    /// Reads what was typed, waiting up to `milliseconds` for the first key.
    public func readKeys(milliseconds: Int32) -> [TerminalInput.Keystroke] {
        var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        // A lone Esc is told from a function key by what follows within this time.
        guard poll(&descriptor, 1, keys.isWaiting ? 50 : milliseconds) > 0 else { return keys.finish() }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(input, &bytes, bytes.count)
        if count == 0 { hasEnded = true }
        return count > 0 ? keys.decode(bytes[0..<count]) : []
    }

    /// The terminal is gone.
    public private(set) var hasEnded = false
}
