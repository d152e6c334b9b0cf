import Formats
import Screen
import Session

/// A lesson in lines, for terminals and screen readers: the text up to a task, then attempts until it is done.
final class LearnDialogue {
    private let lesson: Lesson
    private let number: Int
    private var machine: LessonMachine
    private var input = StandardInput()
    private let isInteractive = TerminalScreen.isTerminal(0)
    package private(set) var results: [LessonResult] = []

    init(_ lesson: Lesson, number: Int) throws {
        (self.lesson, self.number) = (lesson, number)
        machine = try LessonMachine(lesson)
    }

    /// Holds the lesson, and tells whether all its tasks were done.
    func run() throws -> Bool {
        try say("Lesson \(number): \(lesson.title)\n")
        for part in lesson.parts {
            switch part {
            case .text(let text): try say(text + "\n")
            case .task(let index):
                let result = try work(lesson.tasks[index])
                results.append(result)
                if result.end == .left { return false }
            }
        }
        let done = results.count { $0.end == .done }
        try say("The end of lesson \(number): \(done) of \(results.count) tasks done.")
        return done == results.count
    }

    private func say(_ text: String) throws { try StandardOutput.write(line: text) }

    private static let help: [Lesson.Task.Kind: String] = [
        .program: "Type instructions, a line each, and an empty line to try them.",
        .commands: "Type commands of the debugger, as `step`; `:help` lists them.",
        .answer: "Type the value, as 42, 0x2a or an expression.",
    ]

    /// Attempts at a task until one is right.
    private func work(_ task: Lesson.Task) throws -> LessonResult {
        var result = LessonResult(task: task.title)
        try say("TASK: \(task.title)")
        if !task.text.isEmpty { try say("\n" + task.text + "\n") }
        if task.kind == .commands { machine = try LessonMachine(lesson) }
        try say("\(Self.help[task.kind] ?? "") `hint`, `solution`, `skip` and `quit` are said as words.\n")
        while true {
            guard let text = try entry(task, &result) else { return result }
            result.attempts += 1
            let attempt = try LessonAttempt(task, of: lesson, text, on: &machine)
            // Ctrl-C has ended a command, not the lesson.
            _ = Signals.takeInterrupt()
            for line in attempt.lines { try say("  " + line) }
            if attempt.isRight {
                try say("Right.\n")
                if task.kind == .program, lesson.machine.kind != .c {
                    for line in machine.told(atMost: 4) { try say("  " + line) }
                    try say("")
                }
                result.end = .done
                return result
            }
            if task.kind != .commands { try say("Not yet. Try again, or say `hint`.\n") }
        }
    }

    /// Reads the student's next answer; nil where there will be none.
    private func entry(_ task: Lesson.Task, _ result: inout LessonResult) throws -> String? {
        var lines: [String] = []
        while true {
            if isInteractive { try StandardOutput.write(lines.isEmpty ? "> " : ". ") }
            guard case .text(let line) = input.next() else {
                result.end = .left
                return nil
            }
            let word = line.split(separator: " ").joined(separator: " ")
            switch word {
            case "quit":
                result.end = .left
                return nil
            case "skip":
                result.end = .skipped
                return nil
            case "hint":
                let hints = task.hints
                try say(hints.isEmpty ? "There is no hint for this one." : hints[min(result.hints, hints.count - 1)])
                result.hints += 1
            case "solution":
                try say(task.solution)
                result.hasSeenSolution = true
            case _ where word.hasPrefix(":"):
                machine.session.put = { _ = try? StandardOutput.write(line: "  " + $0) }
                machine.session.commands.execute(String(word.dropFirst()))
                machine.session.put = { _ in }
            case "" where lines.isEmpty: break
            case "": return lines.joined(separator: "\n")
            default:
                lines.append(line)
                if task.kind != .program { return line }
            }
        }
    }
}

/// The outcome of a task.
struct LessonResult {
    enum End: String {
        case done, skipped, left
    }

    let task: String
    var attempts: UInt64 = 0
    var hints = 0
    var hasSeenSolution = false
    var end = End.left

    var json: JSON {
        .object([
            ("task", .text(task)), ("end", .text(end.rawValue)), ("attempts", .number(attempts)), ("hints", .number(UInt64(hints))),
            ("solution", .boolean(hasSeenSolution)),
        ])
    }
}
