import Session

/// Results as they come: a line for each, and on a terminal one more that says what runs.
struct TestDisplay {
    private let count: Int
    private let writesText: Bool
    private let isTerminal = isatty(2) == 1
    /// The reason why standard output does not have everything.
    private var loss: UserError?
    private var lastProgress: UInt64 = 0
    /// Of a guest's last lines and of a post-mortem, at most; the reports have more.
    private static let mostLines = 12

    init(count: Int, writesText: Bool) {
        self.count = count
        self.writesText = writesText
    }

    mutating func show(_ result: TestResult) {
        guard writesText else { return }
        clear()
        let mark =
            switch result.outcome {
            case .passed: "ok   "
            case .failed: "FAIL "
            case .skipped: "skip "
            }
        let checks = result.checks > 0 ? "\(result.checks) checks, " : ""
        var text = "\(mark) \(result.name)  (\(checks)\(result.instructions) instructions, \(Verdict.rounded(result.seconds)) s)\n"
        if result.outcome != .passed { text += "      \(result.verdict): \(result.sentence)\n" }
        if result.runs > 1 {
            text += "      run \(result.runs) times: \(result.outcome == .passed ? "it failed before" : "it failed each time")\n"
        }
        if let advice = result.advice, result.outcome == .failed { text += "      look first: \(advice)\n" }
        if !result.lastLines.isEmpty {
            text += "      the last lines:\n" + result.lastLines.suffix(Self.mostLines).map { "        \($0)\n" }.joined()
        }
        if !result.findings.isEmpty {
            text += "      found:\n" + result.findings.map { "        \($0)\n" }.joined()
        }
        if !result.postMortem.isEmpty {
            text += "      post-mortem:\n" + result.postMortem(atMost: Self.mostLines).map { "        \($0)\n" }.joined()
        }
        if let artefacts = result.artefacts { text += "      kept in \(artefacts)\n" }
        if let opening = result.opening { text += "      open it: \(opening)\n" }
        say(text)
    }

    /// Results go on where nobody can read them; at the end they are no success.
    private mutating func say(_ text: String) {
        guard loss == nil else { return }
        do { try StandardOutput.write(text) } catch { loss = error as? UserError }
    }

    mutating func show(running: [String], done: Int, failed: Int) {
        let now = hostNanoseconds()
        guard isTerminal, now - lastProgress > 100_000_000 else { return }
        lastProgress = now
        let names = running.joined(separator: ", ")
        _ = OutputDescriptor(2).writeAll(Array("\r\u{1B}[K[\(done)/\(count)] \(failed) failed; running: \(names.prefix(60))".utf8))
    }

    private func clear() { if isTerminal { _ = OutputDescriptor(2).writeAll(Array("\r\u{1B}[K".utf8)) } }

    mutating func finish(_ report: TestReport) throws {
        clear()
        guard writesText else { return }
        say(report.counts + "\n")
        if let loss { throw loss }
    }
}
