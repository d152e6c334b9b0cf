import Wiring

/// Draws dots in a terminal with the upper half block: each character cell is two dots, one above the other. Knows no file descriptors.
public struct HalfBlockPainter {
    private let colours: TerminalPainter.Colours
    /// The picture of each cell: the upper and the lower dot.
    private var shown: [Cell] = []
    private var shownSize = (columns: 0, rows: 0)

    private struct Cell: Equatable {
        var top: RGB
        var bottom: RGB
    }

    /// A painter that has drawn nothing yet.
    public init(colours: TerminalPainter.Colours) { self.colours = colours }

    /// The next frame is drawn in full.
    public mutating func forget() { shown = [] }

    /// Bytes that make a terminal of `columns` × `rows` show `frame`, as large as its proportions let it. Empty when nothing has changed.
    public mutating func paint(_ frame: PixelFrame, columns: Int, rows: Int) -> [UInt8] {
        let size = Self.fitted(frame, columns: columns, rows: rows)
        let dots = frame.scaled(width: size.width, height: size.height)
        let cells = Self.cells(dots, columns, rows)
        let isNew = shown.count != cells.count || shownSize != (columns, rows)
        guard isNew || cells != shown else { return [] }
        var output = Array("\u{1B}[?25l".utf8)
        if isNew { output += Array("\u{1B}[0m\u{1B}[2J".utf8) }
        var position: (column: Int, row: Int)?
        var colour: Cell?
        for row in 0..<rows {
            for column in 0..<columns {
                let cell = cells[row * columns + column]
                if !isNew, cell == shown[row * columns + column] { continue }
                if position == nil || position! != (column, row) { output += Array("\u{1B}[\(row + 1);\(column + 1)H".utf8) }
                if colour != cell {
                    output += Array("\u{1B}[\(colours.foreground(cell.top));\(colours.background(cell.bottom))m".utf8)
                    colour = cell
                }
                output += Array("▀".utf8)
                position = (column + 1, row)
            }
        }
        shown = cells
        shownSize = (columns, rows)
        return output + Array("\u{1B}[0m".utf8)
    }

    /// The largest picture with the frame's proportions, in half cells.
    private static func fitted(_ frame: PixelFrame, columns: Int, rows: Int) -> (width: Int, height: Int) {
        let height = frame.height(forWidth: columns)
        guard height > 2 * rows else { return (max(columns, 1), max(height, 1)) }
        return (max(columns * 2 * rows / height, 1), max(2 * rows, 1))
    }

    private static func cells(_ frame: PixelFrame, _ columns: Int, _ rows: Int) -> [Cell] {
        let black = RGB(0, 0, 0)
        var cells = [Cell](repeating: Cell(top: black, bottom: black), count: columns * rows)
        // An even line at the top, so that no cell is torn.
        let left = (columns - frame.width) / 2, top = (2 * rows - frame.height) / 2 & ~1
        for y in 0..<frame.height {
            for x in 0..<frame.width {
                let index = (top + y) / 2 * columns + left + x
                guard cells.indices.contains(index) else { continue }
                if (top + y) & 1 == 0 { cells[index].top = frame[x, y] } else { cells[index].bottom = frame[x, y] }
            }
        }
        return cells
    }
}
