import ArgumentParser
import Debugging
import Formats
import Processor
import Session

/// The program: finds the command, runs it, and turns every error into one line and an exit status.
struct Swemu: ParsableCommand {

    static let configuration = CommandConfiguration(
        commandName: "swemu",
        abstract: "A PC in software, for people who write operating systems.",
        discussion: """
            Examples:
              swemu run disk.img
              swemu run disk.img --headless --serial stdio
              swemu debug disk.img
              swemu serve disk.img
              swemu -hda disk.img -m 64 -nographic
              swemu test tests/ --junit results.xml
              swemu disasm boot.bin --bits 16 --org 0x7c00
              swemu explain "0f b6 c0"

            Completions for bash (zsh, fish):
              swemu --generate-completion-script bash > swemu.bash
            """,
        version: Version.text,
        subcommands: [
            Run.self, Debug.self, Serve.self, Export.self, Learn.self, Test.self, Merge.self, Image.self, Snapshots.self, Diff.self,
            DAP.self, Disasm.self, Explain.self,
        ],
        defaultSubcommand: Run.self)

    /// Runs the command line `arguments` and returns the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        do {
            if arguments.isEmpty {
                try StandardOutput.write(line: helpMessage())
                return 0
            }
            if arguments == ["help", "statuses"] { return answer(ExitStatus.table) }
            try refuseMistypedCommand(arguments)
            let translated = try QEMUSpelling.translate(arguments)
            try ValueForms.refuseRepeated(translated)
            let words = Test.namingMachineOptions(translated)
            // The parser builds its whole tree of commands first, a tenth of the time a small kernel takes. What has no errors does not need it.
            if words.first == "run", let command = try? Run.parse(Array(words.dropFirst())) { return try command.run() }
            var command = try parseAsRoot(words)
            if let command = command as? any StatusCommand { return try command.run() }
            try command.run()
            return 0
        } catch let answer as QEMUSpelling.Answer {
            return Self.answer(answer.text)
        } catch let error as UserError {
            complain("swemu: \(error)")
            return error.status.rawValue
        } catch {
            guard exitCode(for: error) != .success else {
                return answer(fullMessage(for: error))
            }
            complain("swemu: \(sentence(for: error, of: arguments))")
            return ExitStatus.usage.rawValue
        }
    }

    /// Writes a text that was asked for, and returns the exit status.
    private static func answer(_ text: String) -> Int32 {
        do {
            try StandardOutput.write(line: text)
            return 0
        } catch {
            complain("swemu: \(error)")
            return ExitStatus.hostFailure.rawValue
        }
    }

    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? command._commandName
    }

    /// Throws when the first word is no option and no file, but nearly a command, or `help` is asked for a command that does not exist.
    private static func refuseMistypedCommand(_ arguments: [String]) throws {
        if let group = configuration.subcommands.first(where: { name(of: $0) == arguments.first }),
            let word = arguments.dropFirst().first, !group.configuration.subcommands.isEmpty, !word.hasPrefix("-")
        {
            let commands = group.configuration.subcommands.map(name)
            guard !commands.contains(word) else { return }
            throw UserError(
                .usage, "no such command", "\(name(of: group)) \(word)", remedy: remedy(for: word, among: commands))
        }
        let commands = configuration.subcommands.map(name) + ["help"]
        let asksForHelp = arguments.first == "help"
        guard let word = asksForHelp ? arguments.dropFirst().first : arguments.first, !word.hasPrefix("-"),
            !commands.contains(word), !(asksForHelp && word == "statuses")
        else { return }
        if word == "version", !asksForHelp {
            throw UserError(.usage, "no such command", word, remedy: "swemu --version tells it")
        }
        guard asksForHelp || (nearestName(to: word, among: commands) != nil && access(word, F_OK) != 0) else { return }
        throw UserError(.usage, "no such command", word, remedy: remedy(for: word, among: commands))
    }

    /// An option that `command` does not have, with the one that was meant: of those that begin so the shortest, or else the nearest.
    private static func unknownOption(_ message: String, of command: any ParsableCommand.Type) -> String? {
        guard message.hasPrefix("Unknown option '--"), let word = message.split(separator: "'").dropFirst().first.map(String.init)
        else { return nil }
        let words = helpMessage(for: command, columns: 200).split { !($0.isLetter || $0.isNumber || $0 == "-") }
        let names = Set(words.map(String.init)).filter { $0.hasPrefix("--") && $0.count > 2 }.sorted()
        // The dashes are alike in all, and would make any short name near.
        let nearest = nearestName(to: String(word.dropFirst(2)), among: names.map { String($0.dropFirst(2)) }).map { "--\($0)" }
        let meant = names.filter { $0.hasPrefix(word) }.min { $0.count < $1.count } ?? nearest
        return "unknown option: \(word); \(meant.map(didYouMean) ?? "see swemu help \(name(of: command))")"
    }

    /// An error in one line, with a remedy; the parser's, too. `arguments` are the command line that it is about.
    static func sentence(for error: any Error, of arguments: [String] = []) -> String {
        switch error {
        case let error as UserError: return error.description
        case let error as DebuggerError: return error.description
        case let answer as QEMUSpelling.Answer: return answer.text
        default: break
        }
        let command = configuration.subcommands.first { name(of: $0) == arguments.first } ?? Run.self
        let message = message(for: error).split(separator: "\n").first.map(String.init) ?? "wrong command line"
        // The parser's list of values stands on lines of its own; ours says the nearest, or all, in this one.
        let sentence = message.replacing(". Please provide one of the following:", with: "")
        let line = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
        if let words = unknownOption(line, of: command) { return words }
        guard !line.contains("Did you mean"), case let remedy = ValueForms.remedy(for: line), remedy != "" else { return line }
        return "\(line); \(remedy ?? "see swemu help \(name(of: command))")"
    }
}

/// A command whose end has a status of its own.
protocol StatusCommand {
    func run() throws -> Int32
}
