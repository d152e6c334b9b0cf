/// Reads a lesson: Markdown, whose fenced blocks called machine, check, hint, solution and wrong are for the program.
struct LessonReader {
    private let name: String
    private let lines: [Substring]
    private var lesson: Lesson
    private var text: [Substring] = []
    private var isInTask = false

    /// Throws what is wrong, with its line.
    static func read(_ name: String, _ text: String) throws(LessonMistake) -> Lesson {
        var reader = LessonReader(name, text)
        try reader.readLines()
        return try reader.checked()
    }

    private init(_ name: String, _ text: String) {
        self.name = name
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        lesson = Lesson(name: name)
    }

    private mutating func readLines() throws(LessonMistake) {
        var index = 0
        while index < lines.count {
            let line = lines[index]
            if line.hasPrefix("# "), lesson.title.isEmpty {
                lesson.title = String(line.dropFirst(2))
            } else if line.hasPrefix("## ") {
                endSection()
                if line.hasPrefix("## Task: ") {
                    lesson.tasks.append(Lesson.Task(title: String(line.dropFirst(9)), line: index + 1))
                    isInTask = true
                } else {
                    text.append(line)
                }
            } else if line.hasPrefix("```") {
                guard let end = lines[(index + 1)...].firstIndex(where: { $0 == "```" }) else {
                    throw LessonMistake(name, index + 1, "this block has no end: a line with ``` alone")
                }
                if try !take(block: line.dropFirst(3), Array(lines[(index + 1)..<end]), line: index + 1) {
                    text += lines[index...end]
                }
                index = end
            } else {
                text.append(line)
            }
            index += 1
        }
        endSection()
    }

    /// Ends a section: a task with the text under its heading, or a part of the lesson's text.
    private mutating func endSection() {
        let lines = text.drop { $0.allSatisfy(\.isWhitespace) }.reversed().drop { $0.allSatisfy(\.isWhitespace) }.reversed()
        let words = lines.joined(separator: "\n")
        text = []
        if isInTask {
            lesson.tasks[lesson.tasks.count - 1].text = words
            lesson.parts.append(.task(lesson.tasks.count - 1))
        } else if !words.isEmpty {
            lesson.parts.append(.text(words))
        }
        isInTask = false
    }

    /// Shows the machine's program, indented as Markdown has code.
    private mutating func show(program: [Substring]) {
        let hasPlace = program.contains { $0.contains("YOURS") }
        if text.last?.isEmpty == false { text.append("") }
        text += [hasPlace ? "The machine's program; what you give goes where YOURS is:" : "The machine's program:", ""]
        text += program.map { $0.isEmpty ? "" : "    " + $0 }
    }

    /// Takes a block that is for the program; false for one to be read.
    private mutating func take(block head: Substring, _ content: [Substring], line: Int) throws(LessonMistake) -> Bool {
        let words = head.split(separator: " ", maxSplits: 1).map(String.init)
        let (kind, rest) = (words.first ?? "", words.count > 1 ? words[1] : "")
        let whole = content.joined(separator: "\n")
        if kind == "machine" {
            let isDual = rest == "32 dual"
            guard let machine = Lesson.Machine.Kind(rawValue: rest.isEmpty ? "16" : isDual ? "32" : rest) else {
                throw LessonMistake(name, line, "machine \(rest): write 16, 32, 32 dual or c")
            }
            lesson.machine = Lesson.Machine(kind: machine, isDual: isDual, source: whole, line: line)
            show(program: content)
            return true
        }
        guard ["check", "hint", "solution", "wrong"].contains(kind) else { return false }
        let last = lesson.tasks.count - 1
        guard last >= 0 else { throw LessonMistake(name, line, "\(kind) belongs to a task: a heading ## Task: …") }
        switch kind {
        case "check":
            for (offset, row) in content.enumerated() where !row.allSatisfy(\.isWhitespace) {
                let parts = row.firstRange(of: " -- ").map { (String(row[..<$0.lowerBound]), String(row[$0.upperBound...])) }
                lesson.tasks[last].checks.append(
                    .init(expression: parts?.0 ?? String(row), words: parts?.1, line: line + 1 + offset))
            }
        case "hint": lesson.tasks[last].hints.append(whole)
        case "solution":
            guard let kind = Lesson.Task.Kind(rawValue: rest.isEmpty || rest == "c" ? "asm" : rest) else {
                throw LessonMistake(name, line, "solution \(rest): write asm, c, commands or answer")
            }
            (lesson.tasks[last].kind, lesson.tasks[last].solution) = (kind, whole)
        default:
            guard !rest.isEmpty else {
                throw LessonMistake(name, line, "wrong wants the expression that is true then, on the same line")
            }
            lesson.tasks[last].mistakes.append(.init(condition: rest, words: whole.replacing("\n", with: " ")))
        }
        return true
    }

    private func checked() throws(LessonMistake) -> Lesson {
        guard !lesson.title.isEmpty else { throw LessonMistake(name, 1, "a lesson begins with its title: # TITLE") }
        for task in lesson.tasks {
            guard !task.checks.isEmpty else { throw LessonMistake(name, task.line, "this task has no ```check") }
            guard !task.solution.isEmpty else { throw LessonMistake(name, task.line, "this task has no ```solution") }
        }
        if let task = lesson.tasks.first(where: { $0.kind == .program }), !lesson.machine.source.contains("YOURS") {
            throw LessonMistake(name, task.line, "the machine's program has no line YOURS, where instructions could go")
        }
        return lesson
    }
}
