import ArgumentParser
import Formats
import Session

/// The arguments of `launch`: the options of `swemu debug` in `args`, and the commonest ones under names of their own.
extension DAPLaunch {
    /// Members of the arguments that are options with a value.
    private static let values = [
        ("kernel", "--kernel"), ("append", "--append"), ("symbols", "--symbols"), ("memory", "--memory"), ("cpu", "--cpu"),
        ("machine", "--machine"), ("cdrom", "--cdrom"),
    ]

    /// Reads the arguments. Throws a `UserError`, whatever the parser calls it.
    static func read(_ arguments: JSON) throws -> DAPLaunch {
        do {
            return try DAPLaunch(arguments: arguments)
        } catch {
            throw error is UserError ? error : UserError(.usage, line: Swemu.sentence(for: error))
        }
    }

    private init(arguments: JSON) throws {
        if let folder = arguments["cwd"]?.text, chdir(folder) != 0 {
            throw UserError(.inputFile, "cannot go there (\(hostReason()))", folder, remedy: "check cwd")
        }
        var words = arguments["program"]?.text.map { [$0] } ?? []
        for (name, option) in Self.values {
            guard let member = arguments[name] else { continue }
            guard let value = member.text ?? member.integer.map(String.init) else {
                throw UserError(.usage, line: "\(name): a text, please, as \(option) takes")
            }
            words += [option, value]
        }
        for item in arguments["args"]?.items ?? [] {
            guard let word = item.text else {
                throw UserError(.usage, line: "args: a list of texts, please, each an option or its value")
            }
            words.append(word)
        }
        // What COM1 says is output, where nothing else was said.
        if !words.contains(where: { $0.hasPrefix("--serial") || $0.hasPrefix("-serial") }) { words += ["--serial", "stdio"] }
        let command = try Debug.parse(try QEMUSpelling.translate(["debug"] + words).dropFirst().map { $0 })
        try command.validate()
        var plan = try command.plan
        plan.noPostMortem = true
        guard !plan.filesForOutput.contains("-") else {
            throw UserError(.usage, line: "standard output is the protocol's; name a file instead of -")
        }
        self.init(
            plan, stopsOnEntry: arguments["stopOnEntry"]?.flag ?? false, explains: arguments["explain"]?.flag ?? true,
            tellsScreen: arguments["screen"]?.flag ?? true)
    }
}
