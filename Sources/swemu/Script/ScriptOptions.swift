import ArgumentParser

/// Options of `swemu run` that wait for something and do something then.
struct ScriptOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Script of steps to do and texts that mean failure, in YAML.", valueName: "file"), completion: .file())
    var script: String?
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A step as in a script, after its steps: 'serial: \"login:\"'; may be repeated.", valueName: "yaml"))
    var step: [String] = []
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Wait for this text on COM1, the debug console or the screen; may be repeated.", valueName: "text"))
    var expect: [String] = []
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("End with failure when this text appears there; may be repeated.", valueName: "text"))
    var failOn: [String] = []

    /// The script of the file and the options together; nil when there is none. `media` are those that a step can put in.
    func read(media: ScriptMedia) throws -> Script? {
        var whole = Script()
        if let script { whole = try TestFile(reading: script, media: media).script }
        for (number, text) in step.enumerated() {
            // Without braces it is the inside of a mapping.
            let reader = ScriptReader(file: "--step \(number + 1)", media: media)
            let yaml = text.hasPrefix("{") || text.contains("\n") ? text : "{ \(text) }"
            whole.steps.append(try reader.step(YAML.parse(yaml, file: reader.file)))
        }
        for text in expect {
            whole.steps.append(
                Script.Step(
                    action: .expect(.init(pattern: Pattern(text: text), place: .anywhere)), within: Script.usualBudget,
                    place: "--expect"))
        }
        whole.failures += failOn.map { Script.Expectation(pattern: Pattern(text: $0), place: .anywhere) }
        return whole.isEmpty ? nil : whole
    }

    func validate() throws {
        if (expect + failOn).contains("") { throw ValidationError("an empty text is everywhere; say what to wait for") }
    }
}
