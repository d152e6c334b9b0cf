import Debugging
import Screen

/// The debugger as a page in a terminal: code, registers, stack, memory, messages, and a line for commands. Keyboard only.
final class PageDialogue {
    private let session: DebugSession
    private let page: TerminalPage
    private let title: String
    private var editor = LineEditor()
    private var layout = PageLayout()
    /// Everything that was said, and how many lines from its end are scrolled away.
    private var messages: [String] = []
    private var scrolled = 0
    private static let mostMessages = 10_000
    private var isRunning = false
    private var wantsStop = false
    private var wantsEnd = false

    init(_ session: DebugSession, _ page: TerminalPage, title: String) {
        self.session = session
        self.page = page
        self.title = title
        let size = page.size
        layout.resize(columns: size.columns, rows: size.rows)
        session.put = { [unowned self] in say($0) }
        session.wantsStop = { [unowned self] in lookWhileRunning() }
        session.commands.onStop = { [unowned self] _ in
            for line in Panes(session.commands).reason { say(line) }
            layout.selected = nil
        }
        editor.complete = { [unowned self] in CommandTable.completions(of: $0, in: self.session.commands) }
    }

    func run(_ dialogue: DialoguePlan) -> Int32 {
        say("The machine stands before its first instruction. F1 helps, F7 steps, F8 steps over, F5 runs, F10 leaves.")
        if let file = dialogue.commandFile { session.commands.execute("source \(file)") }
        for command in dialogue.commands where !isOver { carryOut(command) }
        while !isOver {
            draw()
            for key in page.readKeys(milliseconds: 500) where !isOver { take(key) }
            session.attend()
        }
        page.stop()
        return 0
    }

    private var isOver: Bool { wantsEnd || session.commands.wantsEnd || Signals.pending != nil || page.hasEnded }

    private func say(_ line: String) {
        messages += layout.folded(line)
        if messages.count > Self.mostMessages { messages.removeFirst(1000) }
        scrolled = 0
    }

    // MARK: Keys

    private func take(_ key: TerminalInput.Keystroke) {
        switch key {
        case .function(let number): function(number)
        case .pageUp: scroll(layout.messageRows - 1)
        case .pageDown: scroll(1 - layout.messageRows)
        case .escape where layout.view != .panes || layout.isChoosing:
            (layout.view, layout.isChoosing, layout.selected) = (.panes, false, nil)
        case .up where layout.isChoosing: layout.choose(-1)
        case .down where layout.isChoosing: layout.choose(1)
        case .control("l"): layout.redraws += 1
        default:
            if layout.view == .screen {
                layout.view = .panes
                return
            }
            switch editor.take(key) {
            case .line(let line): carryOut(line)
            case .choices(let choices): if !choices.isEmpty { say(choices.prefix(40).map { $0 }.joined(separator: "  ")) }
            case .edited, .unused: break
            }
        }
    }

    private func function(_ number: Int) {
        if layout.view == .screen, number != 10 {
            layout.view = .panes
            return
        }
        switch number {
        case 1:
            carryOut("help")
            (layout.view, scrolled) = (.messages, max(0, messages.count - helpStart - (layout.rows - 4)))
        case 2: toggleBreakpoint()
        case 3: layout.view = .screen
        case 4: if let address = layout.selected { carryOut("until \(hex(address))") } else { pick() }
        case 5: carryOut("continue")
        case 6: pick()
        case 7: carryOut("step")
        case 8: carryOut("next")
        case 9: carryOut("out")
        case 10: wantsEnd = true
        case 11: carryOut("step-back")
        case 12: layout.view = layout.view == .messages ? .panes : .messages
        default: break
        }
    }

    /// Lets the arrows choose an instruction, beginning at the next one; again ends that.
    private func pick() {
        layout.isChoosing.toggle()
        layout.selected = layout.isChoosing ? Panes(session.commands).nextAddress : nil
    }

    private var helpStart = 0

    private func hex(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }

    /// At the chosen instruction, or the next one.
    private func toggleBreakpoint() {
        let address = layout.selected ?? Panes(session.commands).nextAddress
        if let point = session.debugger.points.first(where: { $0.stands(at: address) }) {
            carryOut("delete \(point.number)")
        } else {
            carryOut("break \(hex(address))")
        }
    }

    private func scroll(_ lines: Int) {
        scrolled = max(0, min(messages.count - 1, scrolled + lines))
    }

    private func carryOut(_ line: String) {
        if !line.isEmpty { say("> \(line)") }
        helpStart = messages.count
        let before = session.debugger.pc.clock.now
        (isRunning, wantsStop, lastDrawing) = (true, false, hostNanoseconds())
        session.commands.execute(line)
        isRunning = false
        // A long answer gets the whole page, from its beginning.
        let answer = messages.count - helpStart
        let hasMoved = session.debugger.pc.clock.now != before
        if !hasMoved, answer > layout.messageRows {
            layout.view = .messages
            scrolled = max(0, answer - (layout.rows - 4))
        } else if layout.view == .messages {
            layout.view = .panes
        }
    }

    // MARK: While the machine runs

    private func lookWhileRunning() -> Bool {
        guard isRunning else { return false }
        for key in page.readKeys(milliseconds: 0) {
            if [.control("c"), .escape, .function(5), .function(10)].contains(key) { wantsStop = true }
        }
        let time = hostNanoseconds()
        if time &- lastDrawing > 200_000_000 { draw() }
        return wantsStop || page.hasEnded
    }

    private var lastDrawing: UInt64 = 0

    private func draw() {
        lastDrawing = hostNanoseconds()
        let size = page.size
        layout.resize(columns: size.columns, rows: size.rows)
        let (rows, cursor) = layout.compose(
            session, title: title, messages: messages, scrolled: scrolled, editor: editor, isRunning: isRunning)
        page.draw(rows, cursor: cursor)
    }
}
