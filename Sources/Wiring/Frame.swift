/// The picture of an adapter in a text mode: character codes and attributes, the cursor, and the sixteen colours in use.
/// Codes are the adapter's own (code page 437 with the usual font); whoever draws translates them.
public struct TextFrame: Equatable, Sendable {
    /// One character position.
    public struct Cell: Equatable, Sendable {
        /// The character's code in the adapter's font.
        public var character: UInt8
        /// Bits 3–0 foreground, 6–4 background, 7 blink or bright background (see `blinks`).
        public var attribute: UInt8

        /// A character with its attribute.
        public init(character: UInt8, attribute: UInt8) {
            self.character = character
            self.attribute = attribute
        }
    }

    /// The cursor: where it stands, and which scan lines of the cell it covers, counted from the top.
    public struct Cursor: Equatable, Sendable {
        /// The column, counted from 0.
        public var column: Int
        /// The row, counted from 0.
        public var row: Int
        /// The scan lines of the cell that it covers, counted from the top.
        public var scanLines: ClosedRange<Int>

        /// A cursor at a place.
        public init(column: Int, row: Int, scanLines: ClosedRange<Int>) {
            self.column = column
            self.row = row
            self.scanLines = scanLines
        }
    }

    /// Character positions in a row.
    public var columns: Int
    /// Number of rows.
    public var rows: Int
    /// Row by row from the top, `columns * rows` of them.
    public var cells: [Cell]
    /// `nil` when the cursor is off or outside the screen.
    public var cursor: Cursor?
    /// Attribute bit 7 means blinking (true) or a bright background (false).
    public var blinks: Bool
    /// The colours of the attribute's sixteen codes.
    public var palette: [RGB]

    /// A frame with `columns * rows` cells and 16 colours.
    public init(columns: Int, rows: Int, cells: [Cell], cursor: Cursor?, blinks: Bool = true, palette: [RGB] = RGB.standardPalette)
    {
        precondition(cells.count == columns * rows && palette.count == 16, "a text frame is full")
        self.columns = columns
        self.rows = rows
        self.cells = cells
        self.cursor = cursor
        self.blinks = blinks
        self.palette = palette
    }

    /// A screen of spaces, grey on black, without a cursor.
    public static func blank(columns: Int = 80, rows: Int = 25) -> TextFrame {
        let cells = [Cell](repeating: Cell(character: 0x20, attribute: 0x07), count: columns * rows)
        return TextFrame(columns: columns, rows: rows, cells: cells, cursor: nil)
    }

    /// The character at a place, counted from 0.
    public subscript(column column: Int, row row: Int) -> Cell { cells[row * columns + column] }
}

/// The monitor's picture, dot by dot.
public struct PixelFrame: Equatable, Sendable {
    /// The form of the dots on the monitor.
    public enum Shape: Equatable, Sendable {
        /// As squares.
        case squareDots
        /// All of them fill a tube four units wide and three high.
        case fourByThree
    }

    /// Dots in a row.
    public var width: Int
    /// Number of rows.
    public var height: Int
    /// The shape that the monitor gives the picture.
    public var shape: Shape
    /// Red, green, blue for each dot, row by row from the top: `3 * width * height` bytes.
    public var bytes: [UInt8]

    /// A frame with three bytes for each dot.
    public init(width: Int, height: Int, bytes: [UInt8], shape: Shape = .squareDots) {
        precondition(bytes.count == 3 * width * height, "a pixel frame is full")
        self.width = width
        self.height = height
        self.shape = shape
        self.bytes = bytes
    }

    /// All black.
    public init(width: Int, height: Int, shape: Shape = .squareDots) {
        self.init(width: width, height: height, bytes: [UInt8](repeating: 0, count: 3 * width * height), shape: shape)
    }

    /// Dots of a picture that is `width` wide and has the frame's proportions, with square dots.
    public func height(forWidth width: Int) -> Int {
        switch shape {
        case .squareDots: self.width == 0 ? 0 : (height * width + self.width / 2) / self.width
        case .fourByThree: (width * 3 + 2) / 4
        }
    }
}

/// A colour with eight bits for each component.
@frozen public struct RGB: Hashable, Sendable {
    /// The red component, 0 to 255.
    public var red: UInt8
    /// The green component, 0 to 255.
    public var green: UInt8
    /// The blue component, 0 to 255.
    public var blue: UInt8

    /// A colour by its components.
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// The sixteen colours of the CGA, by attribute code.
    public static let standardPalette: [RGB] = [
        RGB(0, 0, 0), RGB(0, 0, 170), RGB(0, 170, 0), RGB(0, 170, 170),
        RGB(170, 0, 0), RGB(170, 0, 170), RGB(170, 85, 0), RGB(170, 170, 170),
        RGB(85, 85, 85), RGB(85, 85, 255), RGB(85, 255, 85), RGB(85, 255, 255),
        RGB(255, 85, 85), RGB(255, 85, 255), RGB(255, 255, 85), RGB(255, 255, 255),
    ]
}
