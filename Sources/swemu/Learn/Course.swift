import Formats
import Session

/// Lessons in their order: those of this program, or the Markdown files of a folder by their names.
struct Course {
    let lessons: [Lesson]

    /// The lessons that the program brings.
    static func builtIn() throws(LessonMistake) -> Course {
        var lessons: [Lesson] = []
        for (name, bytes) in BuiltInLessons.all {
            lessons.append(try LessonReader.read(name, String(decoding: bytes, as: UTF8.self)))
        }
        return Course(lessons: lessons)
    }

    private init(lessons: [Lesson]) { self.lessons = lessons }

    /// Throws what is wrong with the folder or a lesson.
    init(folder: String) throws {
        guard let files = names(inFolder: folder) else {
            throw UserError(.scriptFile, "no folder of lessons (\(hostReason()))", folder, remedy: "name one with Markdown files")
        }
        let names = files.filter { $0.hasSuffix(".md") }
        guard !names.isEmpty else {
            throw UserError(.scriptFile, "no lessons", folder, remedy: "lessons are Markdown files: NAME.md")
        }
        lessons = try names.map { name in
            switch readFile("\(folder)/\(name)", limit: 1 << 20) {
            case .success(let bytes): return try LessonReader.read("\(folder)/\(name)", String(decoding: bytes, as: UTF8.self))
            case .failure(let reason):
                throw UserError(.scriptFile, "cannot read a lesson (\(reason.text))", "\(folder)/\(name)", remedy: "check the file")
            }
        }
    }
}

/// Looks for mistakes in lessons: every solution has to solve its task, and nothing typed must not.
struct CourseCheck {
    private let course: Course

    init(folder: String) throws { course = try Course(folder: folder) }

    /// Says of each lesson whether it is right, and returns the exit status.
    func run() throws -> Int32 {
        var mistakes = 0
        for lesson in course.lessons {
            let found = try self.mistakes(lesson)
            mistakes += found.count
            for line in found { try StandardOutput.write(line: line) }
            if found.isEmpty { try StandardOutput.write(line: "ok  \(lesson.name): \(lesson.title), \(lesson.tasks.count) tasks") }
        }
        return mistakes == 0 ? 0 : ExitStatus.scriptFile.rawValue
    }

    private func mistakes(_ lesson: Lesson) throws -> [String] {
        var found: [String] = []
        func note(_ task: Lesson.Task, _ what: String) { found.append("\(lesson.name):\(task.line): \(task.title): \(what)") }
        for task in lesson.tasks {
            do {
                var machine = try LessonMachine(lesson)
                let empty: String? = task.kind == .program && lesson.machine.kind != .c ? "" : task.kind == .commands ? "" : nil
                if let empty, try LessonAttempt(task, of: lesson, empty, on: &machine).isRight {
                    note(task, "the checks hold before anything is done")
                }
                if task.kind == .commands { machine = try LessonMachine(lesson) }
                let attempt = try LessonAttempt(task, of: lesson, task.solution, on: &machine)
                if !attempt.isRight {
                    note(task, "the solution does not solve it: \(attempt.lines.suffix(4).joined(separator: "; "))")
                }
                for mistake in task.mistakes {
                    do { _ = try machine.value(mistake.condition, answer: 0) } catch {
                        note(task, "wrong \(mistake.condition): \(error)")
                    }
                }
            } catch let refusal as Toolchain.Refusal where !refusal.isMissing {
                note(task, "the machine's program: \(refusal)")
            }
        }
        return found
    }
}
