import Board
import Debugging
import Screen

/// The layout of the debugger's page. Made for 80 × 25; more room goes to code, messages and memory.
struct PageLayout {
    typealias Cell = TerminalPage.Cell

    /// The view that fills the page above the line of commands.
    enum View { case panes, messages, screen }

    var view = View.panes
    /// The arrow keys choose an instruction.
    var isChoosing = false
    /// The chosen instruction.
    var selected: UInt64?
    var redraws = 0
    private(set) var columns = 80
    private(set) var rows = 25
    private var top: UInt64 = 0
    private var shownCode: [UInt64] = []

    /// 79 columns.
    private static let functionKeys = [
        "F1Help", "F2Break", "F3Screen", "F4RunTo", "F5Go", "F6Pick", "F7Step", "F8Over", "F9Out", "F10Quit", "F11Back",
    ]

    /// Columns of the registers.
    private static let side = 26

    mutating func resize(columns: Int, rows: Int) {
        (self.columns, self.rows) = (max(40, columns), max(12, rows))
    }

    // Title, upper part, rule, messages, keys, command.
    var messageRows: Int { max(3, (rows - 4) * 2 / 5) }
    private var upperRows: Int { rows - 4 - messageRows }
    private var memoryRows: Int { upperRows >= 11 ? max(2, upperRows / 5) : 0 }
    private var codeRows: Int { upperRows - memoryRows - (memoryRows > 0 ? 1 : 0) }

    /// Moves the choice among the instructions that are shown.
    mutating func choose(_ step: Int) {
        guard !shownCode.isEmpty else { return }
        let index = selected.flatMap { shownCode.firstIndex(of: $0) } ?? 0
        selected = shownCode[max(0, min(shownCode.count - 1, index + step))]
    }

    mutating func compose(
        _ session: DebugSession, title: String, messages: [String], scrolled: Int, editor: LineEditor, isRunning: Bool
    ) -> (rows: [[Cell]], cursor: (column: Int, row: Int)?) {
        let panes = Panes(session.commands)
        var lines: [[Cell]] = [head(session, panes, title, isRunning)]
        switch view {
        case .screen: lines += screen(session)
        case .messages: lines += text(messages, scrolled, rows - 3)
        case .panes:
            lines += upper(session, panes)
            lines.append(rule("messages" + (scrolled > 0 ? ", \(scrolled) lines more below" : "")))
            lines += text(messages, scrolled, messageRows)
        }
        lines = Array(lines.prefix(rows - 2))
        while lines.count < rows - 2 { lines.append(cells("", .plain)) }
        lines.append(keys(isRunning))
        let (command, column) = commandLine(editor, isRunning)
        lines.append(command)
        return (lines, (column, rows - 1))
    }

    // MARK: Lines

    private func cells(_ text: String, _ style: TerminalPage.Style, width: Int? = nil) -> [Cell] {
        let width = width ?? columns
        // A character that is no letter of one column would shift the rest.
        var row = text.prefix(width).map { Cell($0.isASCII && ($0 < " " || $0 == "\u{7F}") ? "." : $0, style) }
        while row.count < width { row.append(Cell(" ", style)) }
        return row
    }

    private func rule(_ title: String) -> [Cell] {
        cells("-- \(title) " + String(repeating: "-", count: max(0, columns - title.count - 4)), .faint)
    }

    private func head(_ session: DebugSession, _ panes: Panes, _ title: String, _ isRunning: Bool) -> [Cell] {
        let state = isRunning ? "running: Ctrl-C stops" : panes.mode
        let past = session.commands.isInPast ? " (past)" : ""
        let left = " \(state)\(past)   tick \(session.debugger.pc.clock.now)"
        let name = title.split(separator: "/").last.map(String.init) ?? ""
        let gap = max(1, columns - left.count - name.count - 2)
        return cells(left + String(repeating: " ", count: gap) + "\(name) ", .reverse)
    }

    private mutating func upper(_ session: DebugSession, _ panes: Panes) -> [[Cell]] {
        let width = columns - Self.side - 1
        var left: [[Cell]] = []
        let code = panes.code(rows: codeRows, top: &top, showsBytes: width >= 84)
        shownCode = code.compactMap(\.address)
        for line in code {
            let style: TerminalPage.Style =
                line.address != nil && line.address == selected && isChoosing
                ? .title : line.kind == .next ? .reverse : line.kind == .source ? .faint : line.kind == .stop ? .bold : .plain
            left.append(cells(line.text, style, width: width))
        }
        while left.count < codeRows { left.append(cells("", .plain, width: width)) }
        if memoryRows > 0 {
            left.append(Array(rule("memory").prefix(width)))
            let perLine = width >= 76 ? 16 : 8
            left += panes.memory(rows: memoryRows, from: panes.memoryAddress, perLine: perLine).map {
                cells($0.text, .plain, width: width)
            }
        }
        var right = panes.registers.map { lit($0, width: Self.side) }
        right.append(Array(rule("stack").prefix(Self.side)))
        right += panes.stack(rows: max(0, upperRows - right.count)).map { cells($0.text, .plain, width: Self.side) }
        return (0..<upperRows).map { row in
            (row < left.count ? left[row] : cells("", .plain, width: width)) + [Cell("|", .faint)]
                + (row < right.count ? right[row] : cells("", .plain, width: Self.side))
        }
    }

    private func lit(_ line: PaneLine, width: Int) -> [Cell] {
        var row = cells(line.text, .plain, width: width)
        for range in line.lit { for column in range where column < width { row[column].style = .lit } }
        return row
    }

    /// The last lines but `scrolled`.
    private func text(_ messages: [String], _ scrolled: Int, _ count: Int) -> [[Cell]] {
        messages.dropLast(scrolled).suffix(count).map { cells($0, $0.hasPrefix("> ") ? .bold : .plain) }
    }

    /// A long line as several, broken between words.
    func folded(_ line: String) -> [String] {
        var lines: [String] = []
        var rest = Array(line)
        while rest.count > columns {
            let end = rest[..<columns].lastIndex(of: " ").flatMap { $0 > columns / 2 ? $0 : nil } ?? columns
            lines.append(String(rest[..<end]))
            rest = Array("    ") + rest[end...].drop { $0 == " " }
        }
        return lines + [String(rest)]
    }

    private func screen(_ session: DebugSession) -> [[Cell]] {
        guard let lines = session.files.screenLines() else { return [cells("the guest shows a picture of dots", .plain)] }
        return lines.map { cells($0, .plain) }
    }

    private func keys(_ isRunning: Bool) -> [Cell] {
        let names =
            isRunning
            ? ["Ctrl-C stop"]
            : view == .screen
                ? ["any key: back"]
                : view == .messages
                    ? ["PgUp PgDn scroll", "Esc back", "F1 help", "F10 quit"]
                    : isChoosing
                        ? ["Up Down choose", "F2 breakpoint", "F4 run to it", "Esc done"]
                        : Self.functionKeys
        var row: [Cell] = []
        for name in names { row += name.map { Cell($0, .reverse) } + [Cell(" ")] }
        while row.count < columns { row.append(Cell(" ")) }
        return Array(row.prefix(columns))
    }

    private func commandLine(_ editor: LineEditor, _ isRunning: Bool) -> (row: [Cell], column: Int) {
        let prompt = isRunning ? "" : "> "
        let room = columns - prompt.count - 1
        let first = max(0, editor.cursor - room)
        let text = String(editor.text.dropFirst(first).prefix(room))
        return (cells(prompt + text, .plain), prompt.count + editor.cursor - first)
    }
}
