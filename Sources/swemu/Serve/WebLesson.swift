import Formats

/// A lesson as pages show it: its text, and what came of attempts at its tasks.
struct WebLesson {
    private let lesson: Lesson
    private let number: Int
    private(set) var machine: LessonMachine
    private var results: [LessonResult]
    /// Bytes of an attempt at most.
    private static let longest = 20_000

    init(_ lesson: Lesson, number: Int) throws {
        (self.lesson, self.number) = (lesson, number)
        machine = try LessonMachine(lesson)
        results = lesson.tasks.map { LessonResult(task: $0.title) }
    }

    var title: String { "lesson \(number): \(lesson.title)" }
    /// The outcomes of the tasks so far.
    var report: [LessonResult] { results }

    var json: JSON {
        let parts = lesson.parts.map { part -> JSON in
            switch part {
            case .text(let text): return .object([("text", .text(text))])
            case .task(let index):
                let task = lesson.tasks[index]
                return .object([
                    ("task", .number(UInt64(index))), ("title", .text(task.title)), ("about", .text(task.text)),
                    ("gives", .text(task.kind.rawValue)),
                    ("hints", .list(task.hints.map { .text($0) })), ("solution", .text(task.solution)),
                    ("done", .boolean(results[index].end == .done)),
                ])
            }
        }
        return .object([("title", .text("Lesson \(number): \(lesson.title)")), ("parts", .list(parts))])
    }

    /// Notes that a hint or the solution of a task was looked at, for who gives marks.
    mutating func note(_ seen: JSON) {
        guard let index = seen["task"]?.integer, lesson.tasks.indices.contains(index) else { return }
        switch seen["part"]?.text {
        case "hint": results[index].hints = min(results[index].hints + 1, Self.mostNoted)
        case "solution": results[index].hasSeenSolution = true
        default: return
        }
    }

    private static let mostNoted = 1_000_000

    /// Tries what a page sent; nil where it means no task.
    mutating func answer(_ attempt: JSON) -> [(String, JSON)]? {
        guard let index = attempt["task"]?.integer, lesson.tasks.indices.contains(index), let text = attempt["text"]?.text,
            text.utf8.count <= Self.longest
        else { return nil }
        results[index].attempts += 1
        var (isRight, lines) = (false, [String]())
        do {
            let task = lesson.tasks[index]
            if task.kind == .commands, attempt["again"]?.flag == true { machine = try LessonMachine(lesson) }
            let outcome = try LessonAttempt(task, of: lesson, text, on: &machine)
            (isRight, lines) = (outcome.isRight, outcome.lines)
        } catch {
            lines = [Swemu.sentence(for: error)]
        }
        if isRight { results[index].end = .done }
        return [("task", .number(UInt64(index))), ("right", .boolean(isRight)), ("lines", .list(lines.map { .text($0) }))]
    }
}
