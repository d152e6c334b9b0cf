import Wiring

extension TextFrame {
    /// The screen row by row in Unicode, without the spaces at the right.
    public var lines: [String] {
        (0..<rows).map { row in
            var scalars = String.UnicodeScalarView()
            var spaces = 0
            for cell in cells[row * columns..<(row + 1) * columns] {
                let character = CodePage437.character(cell.character)
                guard character != " " else {
                    spaces += 1
                    continue
                }
                scalars.append(contentsOf: repeatElement(" ", count: spaces))
                scalars.append(character)
                spaces = 0
            }
            return String(scalars)
        }
    }

    /// A row in Unicode, with all its spaces.
    public func characters(ofRow row: Int) -> String {
        let cells = cells[row * columns..<(row + 1) * columns]
        return String(String.UnicodeScalarView(cells.map { CodePage437.character($0.character) }))
    }

    /// All lines, each ended by a line feed: the screen as a text file.
    public var text: String { lines.map { $0 + "\n" }.joined() }
}
