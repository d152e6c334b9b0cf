import Debugging

/// An attempt at a task: what came of what the student gave.
struct LessonAttempt {
    /// All checks hold.
    private(set) var isRight = false
    /// The words for the student: what went wrong, in his terms, or what was right.
    private(set) var lines: [String] = []

    /// Tries what a student typed for a task. `machine` is the one that stands there: commands move it, a program is tried on a new one.
    init(_ task: Lesson.Task, of lesson: Lesson, _ text: String, on machine: inout LessonMachine) throws {
        var answer: UInt64?
        switch task.kind {
        case .program:
            do {
                machine = try LessonMachine(lesson, student: text)
            } catch let refusal as Toolchain.Refusal where !refusal.isMissing {
                lines = [refusal.description]
                return
            }
            if let stop = machine.runPart() { lines.append("It did not come to its end: \(stop)") }
        case .commands:
            var said: [String] = []
            machine.session.put = { if said.count < 200 { said.append($0) } }
            defer { machine.session.put = { _ in } }
            for line in text.split(separator: "\n") { machine.session.commands.execute(String(line)) }
            lines = said
        case .answer:
            do throws(DebuggerError) {
                answer = try machine.value(text.split(separator: "\n").joined(separator: " "))
            } catch {
                lines = [error.description]
                return
            }
        }
        try judge(task, machine, answer)
    }

    private mutating func judge(_ task: Lesson.Task, _ machine: LessonMachine, _ answer: UInt64?) throws {
        var failed: [String] = []
        for check in task.checks {
            do throws(DebuggerError) {
                if try machine.value(check.expression, answer: answer) == 0 {
                    failed.append(check.words ?? "This does not hold: \(check.expression)")
                }
            } catch {
                failed.append("\(check.expression): \(error)")
            }
        }
        isRight = failed.isEmpty && (task.kind != .program || lines.isEmpty)
        guard !isRight else { return }
        let known = task.mistakes.filter { (try? machine.value($0.condition, answer: answer)).map { $0 != 0 } ?? false }
        lines += known.isEmpty ? failed : known.map(\.words)
    }
}
