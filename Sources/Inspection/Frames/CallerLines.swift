import Executables

/// The callers, a line for each; frames that come again and again are told once.
package struct CallerLines {
    package let lines: [String]

    package init(_ view: MachineView, sources: SourceMap?) {
        var rest = Backtrace(view, sources: sources, deepest: 4096).frames[...]
        // Symbols are of protected-mode code.
        let name: (FramePlace) -> String? = { view.isProtected ? sources?.describe($0) : nil }
        var lines: [String] = []
        while !rest.isEmpty, lines.count < 24 {
            let (period, times) = Self.repetition(rest)
            lines += rest.prefix(period).map { "\(h($0.address)) \(name($0) ?? "")" }
            if times > 1 { lines[lines.count - 1] += period > 1 ? ", these \(period) \(times) times" : ", \(times) times" }
            rest = rest.dropFirst(period * times)
        }
        self.lines = lines + (rest.isEmpty ? [] : ["and \(rest.count) more"])
    }

    /// Counts the frames at the beginning that are repeated, and how often; one, once, where none are.
    private static func repetition(_ frames: ArraySlice<FramePlace>) -> (period: Int, times: Int) {
        for period in 1...4 {
            let first = frames.prefix(period)
            var times = 1
            while frames.dropFirst(period * times).prefix(period).elementsEqual(first) { times += 1 }
            if times >= 3 { return (period, times) }
        }
        return (1, 1)
    }
}
