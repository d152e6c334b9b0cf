import Checks

/// A lesson: a text with a machine in it, and tasks with checks on the machine's state. docs/teaching.md tells how one is written.
struct Lesson {
    /// A part of the text, in the order in which it is read.
    enum Part {
        /// Markdown.
        case text(String)
        /// A task, by its number from 0.
        case task(Int)
    }

    let name: String
    var title = ""
    var machine = Machine()
    var parts: [Part] = []
    var tasks: [Task] = []

    /// The program that a lesson's machine starts with.
    struct Machine {
        enum Kind: String, CaseIterable {
            /// A boot sector in real mode.
            case real = "16"
            /// A boot sector that has switched to protected mode with flat segments.
            case protected = "32"
            /// A kernel in C at 1 MB.
            case c
        }

        var kind = Kind.real
        /// Two processors instead of one: the second one begins at the label `second`.
        var isDual = false
        /// Assembler, or C. YOURS on a line of its own is where the student's part goes.
        var source = ""
        var line = 0
    }

    struct Task {
        /// A kind of answer that the student gives.
        enum Kind: String, CaseIterable {
            /// Instructions, or C, put into the machine's program.
            case program = "asm"
            /// Commands of the debugger.
            case commands
            /// A value.
            case answer
        }

        /// The reason why an attempt went wrong, where an expression is true.
        struct Mistake {
            let condition: String
            let words: String
        }

        /// A condition that has to be true, and the words for when it is not.
        struct Check {
            let expression: String
            let words: String?
            let line: Int
        }

        let title: String
        let line: Int
        /// Markdown that stands under its heading.
        var text = ""
        var kind = Kind.program
        var checks: [Check] = []
        var hints: [String] = []
        var solution = ""
        var mistakes: [Mistake] = []
    }

    /// The list's words for it: the first sentence.
    var summary: String {
        guard case .text(let text)? = parts.first else { return "" }
        let paragraph = text.split(separator: "\n\n", maxSplits: 1).first.map { String($0).replacing("\n", with: " ") } ?? ""
        return paragraph.firstRange(of: ". ").map { String(paragraph[..<$0.lowerBound]) + "." } ?? paragraph
    }
}

/// A mistake in a lesson's text: one line with its place.
struct LessonMistake: Error, CustomStringConvertible {
    let description: String

    init(_ name: String, _ line: Int, _ what: String) { description = "\(name):\(line): \(what)" }
}
