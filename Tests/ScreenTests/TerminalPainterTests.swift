import Testing
import Wiring

@testable import Screen

/// A terminal that understands what the painter sends, and nothing else.
struct TerminalModel {
    let columns: Int
    let rows: Int
    var characters: [[Unicode.Scalar]]
    var styles: [[String]]
    var row = 0
    var column = 0
    var style = ""
    var cursorIsVisible = true

    init(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
        characters = Array(repeating: Array(repeating: "?", count: columns), count: rows)
        styles = Array(repeating: Array(repeating: "", count: columns), count: rows)
    }

    /// Takes a painter's output; false when there is something in it that a terminal of this size would not expect.
    mutating func receive(_ bytes: [UInt8]) -> Bool {
        var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            guard scalar == "\u{1B}" else {
                guard row < rows, column < columns else { return false }
                characters[row][column] = scalar
                styles[row][column] = style
                column += 1
                continue
            }
            guard scalars.popFirst() == "[" else { return false }
            var parameters = ""
            while let next = scalars.first, next.value < 0x40 {
                parameters.unicodeScalars.append(next)
                scalars.removeFirst()
            }
            guard obey(parameters, scalars.popFirst()) else { return false }
        }
        return true
    }

    private mutating func obey(_ parameters: String, _ final: Unicode.Scalar?) -> Bool {
        switch final {
        case "H":
            let numbers = parameters.split(separator: ";").compactMap { Int($0) }
            guard numbers.count == 2, (1...rows).contains(numbers[0]), (1...columns).contains(numbers[1]) else { return false }
            (row, column) = (numbers[0] - 1, numbers[1] - 1)
        case "J" where parameters == "2":
            for row in 0..<rows {
                characters[row] = Array(repeating: " ", count: columns)
                styles[row] = Array(repeating: style, count: columns)
            }
        case "m": style = parameters
        case "l" where parameters == "?25": cursorIsVisible = false
        case "h" where parameters == "?25": cursorIsVisible = true
        default: return false
        }
        return true
    }
}

@Suite("TerminalPainter: frames as control sequences") struct TerminalPainterTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("nothing changed, nothing sent; one cell changed, one cell sent") func onlyChanges() {
        var painter = TerminalPainter(colours: .sixteen)
        var frame = TextFrame.blank()
        #expect(!painter.paint(frame, columns: 80, rows: 25).isEmpty)
        #expect(painter.paint(frame, columns: 80, rows: 25).isEmpty)
        frame.cells[80 * 2 + 5] = .init(character: 0xDB, attribute: 0x1E)
        #expect(text(painter.paint(frame, columns: 80, rows: 25)) == "\u{1B}[?25l\u{1B}[3;6H\u{1B}[0;93;44m█\u{1B}[0m")
        frame.cursor = .init(column: 79, row: 24, scanLines: 13...14)
        #expect(text(painter.paint(frame, columns: 80, rows: 25)) == "\u{1B}[?25l\u{1B}[0m\u{1B}[25;80H\u{1B}[?25h")
    }

    @Test("colours: the terminal's own, or the palette's; bit 7 blinks or is bright") func colours() {
        for (blinks, colours, expected) in [
            (true, .sixteen, "\u{1B}[0;5;36;41m"), (false, .sixteen, "\u{1B}[0;36;101m"),
            (true, .exact, "\u{1B}[0;5;38;2;0;170;170;48;2;170;0;0m"), (false, .exact, "\u{1B}[0;38;2;0;170;170;48;2;255;85;85m"),
        ] as [(Bool, TerminalPainter.Colours, String)] {
            var painter = TerminalPainter(colours: colours)
            var frame = TextFrame.blank(columns: 1, rows: 1)
            frame.blinks = blinks
            frame.cells[0] = .init(character: 0x41, attribute: 0xC3)
            #expect(text(painter.paint(frame, columns: 80, rows: 25)).contains(expected + "A"))
        }
    }

    @Test("2,000 random changes of frame and terminal size: the terminal shows what the frame has") func randomFrames() {
        var generator = Generator(state: 7)
        var painter = TerminalPainter(colours: .sixteen)
        var frame = TextFrame.blank(columns: 20, rows: 6)
        var terminal = TerminalModel(columns: 20, rows: 6)
        var fresh = TerminalPainter(colours: .sixteen)
        for step in 0..<2000 {
            switch generator.next(upTo: 40) {
            case 0: frame = .blank(columns: 4 + generator.next(upTo: 30), rows: 1 + generator.next(upTo: 8))
            case 1: terminal = TerminalModel(columns: 4 + generator.next(upTo: 30), rows: 1 + generator.next(upTo: 8))
            case 2: frame.palette[7] = RGB(UInt8(generator.next(upTo: 256)), 0, 0)
            case 3: frame.blinks.toggle()
            default:
                for _ in 0..<generator.next(upTo: 6) {
                    let cell = TextFrame.Cell(
                        character: UInt8(generator.next(upTo: 256)), attribute: UInt8(generator.next(upTo: 256)))
                    frame.cells[generator.next(upTo: frame.cells.count)] = cell
                }
                let place = (generator.next(upTo: frame.columns), generator.next(upTo: frame.rows))
                frame.cursor = generator.next(upTo: 2) == 0 ? nil : .init(column: place.0, row: place.1, scanLines: 0...1)
            }
            // A terminal that changes its size may lose its content; the painter must not rely on it.
            var full = TerminalModel(columns: terminal.columns, rows: terminal.rows)
            fresh.forget()
            let understood =
                terminal.receive(painter.paint(frame, columns: terminal.columns, rows: terminal.rows))
                && full.receive(fresh.paint(frame, columns: terminal.columns, rows: terminal.rows))
            let visible = frame.cursor.map { $0.column < terminal.columns && $0.row < terminal.rows } ?? false
            let shows = (0..<min(frame.rows, terminal.rows)).allSatisfy { row in
                (0..<min(frame.columns, terminal.columns)).allSatisfy {
                    terminal.characters[row][$0] == CodePage437.character(frame[column: $0, row: row].character)
                }
            }
            guard understood, shows, terminal.styles == full.styles, terminal.characters == full.characters,
                terminal.cursorIsVisible == visible
            else {
                Issue.record("step \(step)")
                return
            }
        }
    }
}

/// A generator of fixed sequence, so that a failure can be repeated.
struct Generator {
    var state: UInt64
    mutating func next(upTo bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
