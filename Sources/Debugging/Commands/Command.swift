import Formats
import Inspection

/// One row of the command table. Help, completion and the shortest prefixes follow from it.
public struct Command: Sendable {
    /// The headings under which `help` lists commands.
    public enum Group: String, CaseIterable, Sendable {
        case running = "Running"
        case stopping = "Stopping at places and events"
        case looking = "Looking"
        case changing = "Changing"
        case past = "The past"
        case session = "The session"
    }

    /// A kind of completion for an argument.
    public enum Completion: Sendable {
        case nothing, expression, commands, settings, tables
        case words([String])
    }

    /// The whole word.
    public let name: String
    /// The fewest letters that stand for it.
    public let shortest: String
    /// Other names, as Bochs and gdb have them; no prefixes of these.
    public let synonyms: [String]
    /// "[COUNT]"; empty when it takes none.
    public let arguments: String
    /// Its effect, in a sentence without a full stop.
    public let what: String
    /// A line to type.
    public let example: String
    /// The part of the help that lists it.
    public let group: Group
    let completion: Completion
    let action: Action

    typealias Action = @Sendable (CommandSession, String) throws(DebuggerError) -> Void

    init(
        _ name: String, _ shortest: String, _ synonyms: [String] = [], _ arguments: String = "", what: String, example: String,
        _ group: Group,
        completion: Completion = .nothing, _ action: @escaping Action
    ) {
        self.name = name
        self.shortest = shortest
        self.synonyms = synonyms
        self.arguments = arguments
        self.what = what
        self.example = example
        self.group = group
        self.completion = completion
        self.action = action
    }

    /// Tells whether a word that was typed means this command.
    func isCalled(_ word: String) -> Bool {
        synonyms.contains(word) || (name.hasPrefix(word) && word.count >= shortest.count)
    }

    /// "break (b) PLACE [if CONDITION]".
    var usage: String {
        let short = shortest == name ? "" : " (\(shortest))"
        return name + short + (arguments.isEmpty ? "" : " \(arguments)")
    }

    /// The answer of `help NAME`.
    var card: [String] {
        var lines = [usage, "  \(what)."]
        if !synonyms.isEmpty { lines.append("  The same: \(synonyms.joined(separator: ", ")).") }
        return lines + ["  Example: \(example)"]
    }
}

/// All commands.
public enum CommandTable {
    /// The rows, group by group.
    public static let commands: [Command] =
        runningCommands + stopCommands + lookingCommands + portCommands + sourceCommands + changingCommands + pastCommands
        + sessionCommands

    /// The command that `word` means. Throws for none, with what is near.
    package static func command(_ word: String) throws(DebuggerError) -> Command {
        if let exact = commands.first(where: { $0.name == word }) { return exact }
        if let command = commands.first(where: { $0.isCalled(word) }) { return command }
        let near = commands.filter { $0.name.hasPrefix(word) }.map(\.name)
        if !near.isEmpty { throw DebuggerError("\(word) could be \(near.joined(separator: ", ")); type more letters") }
        let names = commands.flatMap { [$0.name] + $0.synonyms }
        throw DebuggerError("\(word) is no command; \(remedy(for: word, among: names, otherwise: "`help` lists them all"))")
    }

    /// Lines for `help`: everything, or one command.
    static func help(_ word: String) throws(DebuggerError) -> [String] {
        guard word.isEmpty else { return try command(word).card }
        var lines: [String] = []
        for group in Command.Group.allCases {
            lines.append("\(group.rawValue):")
            for command in commands where command.group == group {
                lines.append("  " + Columns.pad(command.usage, to: 34) + " " + command.what)
            }
        }
        return lines + [
            "`help NAME` says more; an empty line repeats the last step. Places and values are expressions: `help print`."
        ]
    }

    /// Completes the beginning of a line: to whole lines.
    public static func completions(of line: String, in session: CommandSession) -> [String] {
        guard let space = line.firstIndex(of: " ") else {
            return commands.map(\.name).filter { $0.hasPrefix(line) }
        }
        guard let command = try? command(String(line[..<space]).lowercased()) else { return [] }
        let start = line.lastIndex { !($0.isLetter || $0.isNumber || "_.$".contains($0)) } ?? space
        let (before, word) = (line[...start], line[line.index(after: start)...])
        let words: [String] =
            switch command.completion {
            case .nothing: []
            case .commands: commands.map(\.name)
            case .settings: Setting.allCases.map(\.rawValue)
            case .tables: InfoTable.allCases.map(\.rawValue)
            case .words(let words): words
            case .expression: RegisterAccess.names + session.symbolNames(startingWith: String(word))
            }
        return word.isEmpty && words.count > 60 ? [] : words.filter { $0.hasPrefix(word) }.sorted().map { before + $0 }
    }
}
