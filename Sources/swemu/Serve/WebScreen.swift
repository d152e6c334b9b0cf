import Chips
import Compression
import Debugging
import Formats
import Screen
import Wiring

/// The part of the guest's screen that a page shows already, and the rest, which it has to be sent.
struct WebScreen {
    enum Picture {
        /// Rows of characters that changed.
        case text([(String, JSON)])
        /// Dots that changed: see `dots`.
        case dots([UInt8])
    }

    private var text: TextFrame?
    private var dots: PixelFrame?

    /// Nil where the page shows it already.
    mutating func picture(of vga: VGA) -> Picture? {
        if vga.isTextMode { return characters(vga.textFrame()) }
        text = nil
        return dots(vga.pixelFrame())
    }

    // MARK: Text

    private mutating func characters(_ frame: TextFrame) -> Picture? {
        guard frame != text else { return nil }
        let old = text.flatMap { $0.columns == frame.columns && $0.rows == frame.rows ? $0 : nil }
        (text, dots) = (frame, nil)
        var rows: [JSON] = []
        for row in 0..<frame.rows {
            let cells = frame.cells[row * frame.columns..<(row + 1) * frame.columns]
            if let old, old.cells[row * frame.columns..<(row + 1) * frame.columns] == cells { continue }
            rows.append(
                .object([
                    ("row", .number(UInt64(row))), ("text", .text(frame.characters(ofRow: row))),
                    ("attributes", .text(cells.map { $0.attribute.hexadecimal }.joined())),
                ]))
        }
        let cursor = frame.cursor.map { cursor in
            JSON.list([.number(UInt64(cursor.column)), .number(UInt64(cursor.row))])
        }
        let palette = frame.palette.map { JSON.text("#" + $0.red.hexadecimal + $0.green.hexadecimal + $0.blue.hexadecimal) }
        return .text([
            ("kind", .text("screen")), ("columns", .number(UInt64(frame.columns))), ("count", .number(UInt64(frame.rows))),
            ("rows", .list(rows)), ("cursor", cursor ?? .null), ("palette", .list(palette)), ("blinks", .boolean(frame.blinks)),
        ])
    }

    // MARK: Dots

    /// The rows that changed as one band: seven words of 16 bits, lower byte first (1, width, height, first row, rows, 4 to 3 or not, 0), then
    /// red, green and blue of each dot, compressed (RFC 1950).
    private mutating func dots(_ frame: PixelFrame) -> Picture? {
        guard frame != dots else { return nil }
        let old = dots.flatMap { $0.width == frame.width && $0.height == frame.height && $0.shape == frame.shape ? $0 : nil }
        dots = frame
        let line = 3 * frame.width
        func isSame(_ row: Int) -> Bool {
            old.map { $0.bytes[row * line..<(row + 1) * line] == frame.bytes[row * line..<(row + 1) * line] } ?? false
        }
        guard let first = (0..<frame.height).first(where: { !isSame($0) }),
            let last = (0..<frame.height).last(where: { !isSame($0) })
        else { return nil }
        let band = frame.bytes[first * line..<(last + 1) * line]
        guard let compressed = band.withUnsafeBytes({ Zlib.compress($0) }) else { return nil }
        let head = [1, frame.width, frame.height, first, last - first + 1, frame.shape == .fourByThree ? 1 : 0, 0]
        return .dots(head.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] } + compressed)
    }
}

extension UInt8 {
    fileprivate var hexadecimal: String {
        let digits = Array("0123456789abcdef")
        return String([digits[Int(self >> 4)], digits[Int(self & 15)]])
    }
}
