import Wiring

/// Computes what a terminal must be sent to show a text frame: only cells that changed since the last frame, in the control
/// sequences of ECMA-48 and xterm. Knows no file descriptors.
public struct TerminalPainter {
    /// A way of sending colours.
    public enum Colours: Sendable {
        /// The palette's exact colours (SGR 38;2 and 48;2).
        case exact
        /// xterm's 256 (SGR 38;5 and 48;5).
        case cube
        /// The terminal's own sixteen.
        case sixteen
    }

    /// Every cell after the terminal was cleared.
    private static let clear = TextFrame.Cell(character: 0x20, attribute: 0x07)

    private let colours: Colours
    private var shown: TextFrame?
    private var shownSize = (columns: 0, rows: 0)
    private var output: [UInt8] = []
    /// The place where the terminal's cursor is and the attribute in force, when known.
    private var position: (column: Int, row: Int)?
    private var attribute: UInt8?

    /// A painter that has drawn nothing yet.
    public init(colours: Colours) { self.colours = colours }

    /// The next frame is drawn in full.
    public mutating func forget() { shown = nil }

    /// Bytes that make a terminal of `columns` × `rows` show `frame`; what does not fit is cut off at the right and below.
    /// Empty when nothing has changed.
    public mutating func paint(_ frame: TextFrame, columns: Int, rows: Int) -> [UInt8] {
        guard frame != shown || shownSize != (columns, rows) else { return [] }
        output.removeAll(keepingCapacity: true)
        position = nil
        attribute = nil
        send("\u{1B}[?25l")
        let old = isRepaintable(frame) && shownSize == (columns, rows) ? shown : nil
        if old == nil {
            // Clearing fills with the background in force.
            select(Self.clear.attribute, frame)
            send("\u{1B}[2J")
        }
        for row in 0..<min(rows, frame.rows) {
            for column in 0..<min(columns, frame.columns) {
                let cell = frame[column: column, row: row]
                if cell != old?[column: column, row: row] ?? Self.clear { draw(cell, column, row, frame) }
            }
        }
        send("\u{1B}[0m")
        if let cursor = frame.cursor, cursor.column < columns, cursor.row < rows {
            move(cursor.column, cursor.row)
            send("\u{1B}[?25h")
        }
        shown = frame
        shownSize = (columns, rows)
        return output
    }

    private func isRepaintable(_ frame: TextFrame) -> Bool {
        guard let shown else { return false }
        return (shown.columns, shown.rows, shown.blinks) == (frame.columns, frame.rows, frame.blinks)
            && shown.palette == frame.palette
    }

    private mutating func draw(_ cell: TextFrame.Cell, _ column: Int, _ row: Int, _ frame: TextFrame) {
        if position == nil || position! != (column, row) { move(column, row) }
        if attribute != cell.attribute { select(cell.attribute, frame) }
        let character = CodePage437.character(cell.character)
        send(String(character))
        // Terminals disagree about the width of the pictures for control codes.
        position = cell.character < 0x20 || cell.character == 0x7F ? nil : (column + 1, row)
    }

    private mutating func move(_ column: Int, _ row: Int) {
        send("\u{1B}[\(row + 1);\(column + 1)H")
        position = (column, row)
    }

    private mutating func select(_ attribute: UInt8, _ frame: TextFrame) {
        self.attribute = attribute
        let isBlinking = frame.blinks && attribute & 0x80 != 0
        let foreground = Int(attribute & 0x0F), background = Int(attribute >> 4 & (frame.blinks ? 0x07 : 0x0F))
        let blink = isBlinking ? ";5" : ""
        switch colours {
        case .exact, .cube:
            let front = colours.foreground(frame.palette[foreground]), back = colours.background(frame.palette[background])
            send("\u{1B}[0\(blink);\(front);\(back)m")
        case .sixteen:
            let front = (foreground < 8 ? 30 : 90) + Self.order[foreground & 7],
                back = (background < 8 ? 40 : 100) + Self.order[background & 7]
            send("\u{1B}[0\(blink);\(front);\(back)m")
        }
    }

    /// The PC counts blue, green, red; ECMA-48 red, green, blue.
    static let order = [0, 4, 2, 6, 1, 5, 3, 7]

    private mutating func send(_ text: String) { output.append(contentsOf: text.utf8) }
}
