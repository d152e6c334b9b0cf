import ArgumentParser
import Formats
import Session

/// `swemu learn`: lessons with a machine in them.
struct Learn: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        abstract: "Learn how a PC works: lessons with a machine in them.",
        discussion: """
            Without a number the lessons are listed. With one its page is served: open the address that is printed in a browser of this host; \
            with --plain the lesson is held in this terminal. A lesson is a text with tasks: instructions to write, commands of the debugger to find \
            something, questions. What is tried runs on a machine, and the checks look at the machine's state.

            Instructions are assembled by nasm, and the lesson in C is compiled by gcc; Debian: apt-get install nasm gcc.

            Teachers write lessons of their own: a folder of Markdown files, as docs/teaching.md tells. --check looks for mistakes in them: that \
            each task's solution solves it, and that nothing else than work does.

            Exit status: 0 when all tasks were done, 20 when not; 62 for a mistake in a lesson.

            Examples:
              swemu learn
              swemu learn 1
              swemu learn 1 --plain
              swemu learn 3 --plain --course lessons/ --results ann.json
              swemu learn --check lessons/
            """)

    @Argument(help: "Number of a lesson.")
    var number: Int?
    @Flag(help: "In lines, in this terminal: for screen readers, scripts and pipes.")
    var plain = false
    @Option(help: ArgumentHelp("Where the page is, as in swemu serve: PORT, HOST:PORT.", valueName: "where"))
    var listen = WebAddress()
    @Option(help: ArgumentHelp("Lessons of this folder instead of the built-in ones.", valueName: "folder"), completion: .directory)
    var course: String?
    @Option(help: ArgumentHelp("File for the results as JSON, for who gives marks.", valueName: "file"), completion: .file())
    var results: String?
    @Option(help: ArgumentHelp("Look for mistakes in the lessons of this folder.", valueName: "folder"), completion: .directory)
    var check: String?

    func validate() throws {
        if check != nil, number != nil || course != nil {
            throw ValidationError("--check is for a whole folder; leave the rest out")
        }
    }

    func run() throws -> Int32 {
        do {
            if let check { return try CourseCheck(folder: check).run() }
            let lessons = try course.map { try Course(folder: $0) } ?? Course.builtIn()
            guard let number else { return try list(lessons) }
            guard (1...lessons.lessons.count).contains(number) else {
                throw UserError(
                    .usage,
                    line: "there is no lesson \(number); they go from 1 to \(lessons.lessons.count), and swemu learn lists them")
            }
            return try hold(lessons.lessons[number - 1], number)
        } catch let mistake as LessonMistake {
            throw UserError(.scriptFile, line: mistake.description)
        } catch let refusal as Toolchain.Refusal {
            throw UserError(refusal.isMissing ? .hostFailure : .scriptFile, line: refusal.description)
        }
    }

    private func list(_ course: Course) throws -> Int32 {
        for (index, lesson) in course.lessons.enumerated() {
            let number = String(index + 1)
            try StandardOutput.write(line: String(repeating: " ", count: max(0, 3 - number.count)) + number + "  " + lesson.title)
        }
        try StandardOutput.write(line: "\nswemu learn NUMBER begins one in a browser, with --plain in this terminal.")
        return 0
    }

    private func hold(_ lesson: Lesson, _ number: Int) throws -> Int32 {
        Signals.install()
        var file = try results.map { try OutputFile($0) }
        let done: Bool
        let outcome: [LessonResult]
        if plain {
            let dialogue = try LearnDialogue(lesson, number: number)
            done = try dialogue.run()
            outcome = dialogue.results
        } else {
            outcome = try Serve.lesson(try WebLesson(lesson, number: number), at: listen)
            done = outcome.allSatisfy { $0.end == .done }
        }
        let report = JSON.object([
            ("lesson", .text(lesson.title)), ("done", .boolean(done)), ("tasks", .list(outcome.map(\.json))),
        ])
        file?.renew(Array(report.file.utf8))
        file?.finish()
        if let loss = file?.loss { throw UserError(.hostFailure, line: "output lost: \(loss)") }
        return done ? 0 : ExitStatus.expectationNotMet.rawValue
    }

    func run() throws { _ = try run() as Int32 }
}
