import Testing

@testable import swemu

/// Lessons as text.
@Suite struct LessonTests {
    private static let text = """
        # A title

        First sentence. Second one.

        ```machine 32
        start:
        YOURS
        ```

        ## Task: Do it

        With care.

        ```check
        eax == 1 -- EAX is not 1.

        ebx == 2
        ```
        ```hint
        One.
        ```
        ```hint
        Two.
        ```
        ```wrong eax == 2
        That is
        two.
        ```
        ```solution
        mov eax, 1
        ```

        ## And then

        ```
        an example
        ```
        """

    @Test func allPartsAreRead() throws {
        let lesson = try LessonReader.read("a.md", Self.text)
        #expect(lesson.title == "A title")
        #expect(lesson.summary == "First sentence.")
        #expect(lesson.machine.kind == .protected && lesson.machine.source == "start:\nYOURS")
        let task = try #require(lesson.tasks.first)
        #expect(task.title == "Do it" && task.text == "With care." && task.kind == .program && task.solution == "mov eax, 1")
        #expect(task.checks.map(\.expression) == ["eax == 1", "ebx == 2"])
        #expect(task.checks.map(\.words) == ["EAX is not 1.", nil])
        #expect(task.hints == ["One.", "Two."])
        #expect(task.mistakes.map(\.words) == ["That is two."])
        // The machine's program is shown, and what follows a task is a part of its own.
        let words = if case .text(let text)? = lesson.parts.first { text } else { "" }
        #expect(words.hasPrefix("First sentence. Second one.\n\nThe machine's program; "))
        #expect(words.hasSuffix("is:\n\n    start:\n    YOURS"))
        let order = lesson.parts.map { part in
            switch part {
            case .text(let text): String(text.prefix(10))
            case .task(let number): "task \(number)"
            }
        }
        #expect(order == ["First sent", "task 0", "## And the"])
    }

    @Test func mistakesHaveTheirLine() {
        func mistake(_ old: String, _ new: String) -> String {
            do throws(LessonMistake) {
                _ = try LessonReader.read("a.md", Self.text.replacing(old, with: new))
                return "none"
            } catch {
                return error.description
            }
        }
        #expect(mistake("# A title\n", "") == "a.md:1: a lesson begins with its title: # TITLE")
        #expect(mistake("machine 32", "machine 31") == "a.md:5: machine 31: write 16, 32, 32 dual or c")
        #expect(mistake("YOURS", "nop") == "a.md:10: the machine's program has no line YOURS, where instructions could go")
        #expect(mistake("```wrong eax == 2", "```wrong").hasPrefix("a.md:25: wrong wants the expression"))
        #expect(mistake("an example\n```", "an example").hasPrefix("a.md:35: this block has no end"))
    }

    @Test func theBuiltInOnesAreRight() throws {
        let lessons = try Course.builtIn().lessons
        #expect(lessons.count >= 15)
        for lesson in lessons { #expect(!lesson.tasks.isEmpty && !lesson.summary.isEmpty, "\(lesson.name)") }
    }
}
