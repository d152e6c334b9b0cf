/// Steps to do in a run, and texts to wait for.
package struct ScriptPlan {
    /// A file of steps.
    package var script: String?
    /// Steps behind those of the file, each in YAML.
    package var step: [String] = []
    /// Texts to wait for on COM1, the debug console or the screen, and those that mean failure.
    package var expect: [String] = []
    package var failOn: [String] = []

    package init() {}

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
}
