import Formats
import Session

/// Runs tests, each in a process of its own, several at a time.
final class TestRunner {
    struct Settings {
        var jobs: Int
        /// Folder for what is kept.
        var output: String
        /// Keep what passed, too.
        var keepsAll = false
        /// More options for every machine.
        var options: [String] = []
        var maxInstructions: UInt64
        var maxTicks: UInt64
        var maxOutput: UInt64
        var maxHostMemory: UInt64
        /// Nanoseconds of the host for one machine, and how often a test that fails is run again, where a test does not say.
        var timeout: UInt64
        var retries = 0
        /// Nothing more starts once a test has failed.
        var failsFast = false
    }

    /// A test and its place in the order in which they start.
    private struct Turn {
        let number: Int
        let test: TestCase
        let folder: String
        /// Number of times that it has failed before.
        var failures = 0
        /// Run once more, only for what it leaves.
        var isSecond = false
    }

    private struct Running {
        let turn: Turn
        let process: ChildProcess
        let began: UInt64
        /// Nanoseconds of the host that it has.
        let timeout: UInt64
    }

    private let settings: Settings
    /// Hears each result, in the order in which the tests start.
    var onResult: ((TestResult) -> Void)?
    /// Hears now and then which tests run, and how many are done and failed.
    var onProgress: ((_ running: [String], _ done: Int, _ failed: Int) -> Void)?
    private var waiting: ArraySlice<Turn> = []
    private var running: [Running] = []
    private var results: [Int: TestResult] = [:]
    private var told = 0
    private var failed = 0

    init(_ settings: Settings) { self.settings = settings }

    private var startsNothing: Bool { waiting.isEmpty || settings.failsFast && failed > 0 }

    /// Runs them in this order and answers the results, by name. Ends early when a signal comes: the tests that it cut off or kept from starting
    /// have failed, so that nobody takes them for passed or for missing.
    func run(_ tests: [TestCase]) throws -> [TestResult] {
        try Self.makeFolder(settings.output)
        waiting = turns(of: tests)[...]
        while !startsNothing || !running.isEmpty {
            while running.count < settings.jobs, !startsNothing, let turn = waiting.popFirst() { try start(turn) }
            collect()
            if Signals.pending != nil { break }
            onProgress?(running.map(\.turn.test.name), results.count, failed)
            if running.count == settings.jobs || startsNothing, !running.isEmpty { usleep(5000) }
        }
        if Signals.pending != nil { endAll() }
        for turn in waiting {
            finish(turn, Self.settled(turn.test) ?? Self.notStarted(turn.test, .skipped, "--fail-fast: another test had failed"))
        }
        return results.values.sorted { $0.name < $1.name }
    }

    /// Each test with a folder of its own, also where two have one name.
    private func turns(of tests: [TestCase]) -> [Turn] {
        var taken: Set<String> = []
        return tests.enumerated().map { number, test in
            let name = Self.fileName(of: test.name)
            var (free, suffix) = (name, 1)
            while !taken.insert(free).inserted {
                suffix += 1
                free = "\(name)-\(suffix)"
            }
            return Turn(number: number, test: test, folder: "\(settings.output)/\(free)")
        }
    }

    private static func notStarted(_ test: TestCase, _ outcome: TestResult.Outcome, _ sentence: String) -> TestResult {
        TestResult(name: test.name, outcome: outcome, verdict: TestResult.notStarted, sentence: sentence)
    }

    /// Lets the machines that run end in order, and counts what did not begin.
    private func endAll() {
        let deadline = hostNanoseconds() + Self.grace
        for child in running { child.process.terminate() }
        while !running.isEmpty, hostNanoseconds() < deadline {
            collect()
            usleep(5000)
        }
        for child in running {
            child.process.kill()
            finish(child.turn, unfinished(child, "the whole run was ended while it ran"), ran: true)
        }
        for turn in waiting {
            finish(
                turn,
                Self.settled(turn.test) ?? Self.notStarted(turn.test, .failed, "the whole run was ended before its turn came"))
        }
        waiting = []
    }

    /// The result of a test that no machine is needed for.
    private static func settled(_ test: TestCase) -> TestResult? {
        if let mistake = test.mistake {
            return TestResult(name: test.name, outcome: .failed, verdict: TestResult.mistake, sentence: mistake)
        }
        return test.skip.map { TestResult(name: test.name, outcome: .skipped, verdict: "skipped", sentence: $0) }
    }

    private func start(_ turn: Turn) throws {
        if let result = Self.settled(turn.test) { return finish(turn, result) }
        try Self.makeFolder(turn.folder)
        launch(turn)
    }

    private func launch(_ turn: Turn) {
        if !turn.isSecond { Self.empty(turn.folder) }
        let timeout = max(turn.test.timeout ?? settings.timeout, 1)
        let words =
            arguments(of: turn.test, turn.folder, timeout) + (settings.keepsAll || turn.isSecond ? ["--evidence-always"] : [])
        guard let process = ChildProcess(words, errors: "\(turn.folder)/stderr.txt") else {
            return finish(
                turn,
                TestResult(
                    name: turn.test.name, outcome: .failed, verdict: "host",
                    sentence: "the host starts no process (\(hostReason()))"))
        }
        running.append(Running(turn: turn, process: process, began: hostNanoseconds(), timeout: timeout))
    }

    private func arguments(of test: TestCase, _ folder: String, _ timeout: UInt64) -> [String] {
        var words = ["run"] + test.options
        words += ["--headless", "--serial", "file:\(folder)/serial.log", "--debugcon", "file:\(folder)/debugcon.log"]
        words += ["--report", "\(folder)/report.json", "--evidence", folder]
        words += ["--max-instructions", String(test.maxInstructions ?? settings.maxInstructions)]
        words += ["--max-ticks", String(test.maxTicks ?? settings.maxTicks)]
        words += ["--max-output", String(settings.maxOutput), "--max-host-memory", String(settings.maxHostMemory)]
        // By itself it ends in order, with its instructions counted and its evidence kept.
        words += ["--timeout", "\(Self.seconds(timeout))s"]
        if let script = test.script { words += ["--script", script] }
        return words + settings.options
    }

    /// Takes in what has ended, and ends what takes too long.
    private func collect() {
        for (index, child) in running.enumerated().reversed() {
            let passed = hostNanoseconds() - child.began
            if let end = child.process.end() {
                running.remove(at: index)
                var result = judge(child, end, seconds: Double(passed) / 1e9)
                let isEnded = Signals.pending != nil
                if isEnded, result.verdict == Verdict.Kind.interrupted.rawValue || end == .signal(SIGTERM) {
                    result.verdict = TestResult.unfinished
                    result.sentence = "the whole run was ended while it ran: \(result.sentence)"
                }
                // A machine that thought it had passed left nothing: the same run again leaves what is needed.
                if result.verdict == TestResult.failedByTAP, !child.turn.isSecond, !isEnded {
                    var second = child.turn
                    second.isSecond = true
                    launch(second)
                } else {
                    settle(child.turn, result, isEnded: isEnded)
                }
            } else if passed > 2 * child.timeout + Self.grace {
                child.process.kill()
                running.remove(at: index)
                let sentence = "\(Self.seconds(child.timeout)) s of the host's time passed, and it did not end then"
                settle(child.turn, unfinished(child, sentence), isEnded: Signals.pending != nil)
            }
        }
    }

    /// Takes a result, or has the test run again.
    private func settle(_ turn: Turn, _ result: TestResult, isEnded: Bool) {
        guard result.outcome == .failed, !isEnded, turn.failures < turn.test.retries ?? settings.retries else {
            return finish(turn, result, ran: true)
        }
        var again = turn
        (again.failures, again.isSecond) = (turn.failures + 1, false)
        launch(again)
    }

    /// Nanoseconds that a machine has for ending in order before it is ended by force. After its own `--timeout` it may run once more, for its post-mortem.
    private static let grace: UInt64 = 10_000_000_000

    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }

    private func unfinished(_ child: Running, _ sentence: String) -> TestResult {
        var result = TestResult(
            name: child.turn.test.name, outcome: .failed, verdict: TestResult.unfinished, sentence: sentence)
        result.seconds = Double(hostNanoseconds() - child.began) / 1e9
        return result
    }

    private func judge(_ child: Running, _ end: ChildProcess.End, seconds: Double) -> TestResult {
        let folder = child.turn.folder
        var result = TestResult(name: child.turn.test.name, outcome: .failed, verdict: "crashed", sentence: "")
        result.seconds = seconds
        let complaints = (try? readFile("\(folder)/stderr.txt", limit: 1 << 22).get()) ?? []
        let lastLine = String(decoding: complaints, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
        guard case .exit(let status) = end, let report = try? YAML.read("\(folder)/report.json"),
            let verdict = report["verdict"]?.text
        else {
            if case .signal(let number) = end {
                result.sentence = "the process was ended by signal \(number)\(lastLine.isEmpty ? "" : "; it said: \(lastLine)")"
            } else {
                result.verdict = end == .exit(ExitStatus.ownBug.rawValue) ? "crashed" : "refused"
                result.sentence = lastLine.hasPrefix("swemu: ") ? String(lastLine.dropFirst(7)) : lastLine
                if end == .exit(0) {
                    result.sentence = "no machine ran and no report is there: an option only prints a text; leave it out"
                } else if lastLine.isEmpty {
                    // Whoever is refused says why, if it can be written.
                    result.verdict = Verdict.Kind.outputLost.rawValue
                    result.sentence = "\(folder) does not take what the machine says; check the free space there"
                }
            }
            return result
        }
        result.verdict = verdict
        result.sentence = report["sentence"]?.text ?? ""
        result.advice = report["advice"]?.text.flatMap { $0 == "null" ? nil : $0 }
        result.instructions = report["instructions"]?.text.flatMap { UInt64($0) } ?? 0
        result.outcome = status == 0 ? .passed : .failed
        readTAP(child.turn, into: &result)
        readFindings(report["checks"]?["findings"]?.list ?? [], into: &result)
        if result.outcome == .failed {
            let lines = report["post-mortem"]?.list ?? []
            result.findings = Self.details(of: report["checks"]?["findings"]?.list ?? [])
            result.postMortem = lines.prefix(TestResult.mostLines).compactMap(\.text).map(Tail.shown)
        }
        if result.outcome == .failed || settings.keepsAll { result.opening = explainOpening(child.turn) }
        return result
    }

    /// Writes into the folder how its snapshot and its recording are opened; the command of the debugger.
    private func explainOpening(_ turn: Turn) -> String? {
        let machine = turn.test.options + settings.options
        let ways = [
            ("debug", "--restore", Kept.snapshot, "The machine as it was when it failed, in the debugger:"),
            ("run", "--restore", Kept.snapshot, "The same, to go on from there:"),
            ("run", "--replay", Kept.recording, "The whole run once more, anywhere:"),
            ("debug", "--replay", Kept.recording, "The whole run in the debugger, from power-on, forward and back:"),
        ]
        var text = ""
        var opening: String?
        for (command, option, name, words) in ways {
            let path = "\(turn.folder)/\(name)"
            guard access(path, R_OK) == 0 else { continue }
            let line = ShellWord.line(["swemu", command] + machine + [option, path])
            text += "\(text.isEmpty ? "" : "\n")\(words)\n\n    \(line)\n"
            if command == "debug", option == "--restore" { opening = line }
        }
        if !text.isEmpty {
            do {
                try OutputFile.write(Array(text.utf8), to: "\(turn.folder)/\(Kept.commands)")
            } catch {
                complain("swemu: \(error)")
            }
        }
        return opening
    }

    /// Checks that the guest reports decide with its verdict; where the test asks for TAP they may end in a halt.
    private func readTAP(_ turn: Turn, into result: inout TestResult) {
        guard turn.test.readsTAP != false else { return }
        let outputs = ["serial.log", "debugcon.log"].map { name in
            TAPReader(
                (try? readFile("\(turn.folder)/\(name)", limit: Int(min(settings.maxOutput, 1 << 40)) + 1 << 16).get()) ?? [])
        }
        guard
            let output = outputs.first(where: \.isTAP) ?? (turn.test.readsTAP == true ? outputs.max { $0.count < $1.count } : nil)
        else { return }
        result.checks = output.count
        result.failedChecks = output.failed
        if let problem = output.problem {
            if result.outcome == .passed { result.verdict = TestResult.failedByTAP }
            result.sentence = result.outcome == .passed ? problem : "\(problem); \(result.sentence)"
            result.outcome = .failed
        } else if turn.test.readsTAP == true, result.verdict == Verdict.Kind.dead.rawValue {
            result.outcome = .passed
            result.verdict = Verdict.Kind.passed.rawValue
            result.sentence = "all \(output.count) checks passed; then it halted"
        }
    }

    /// A mistake that `--check` found is a failure, however the machine ended.
    private func readFindings(_ findings: [YAML], into result: inout TestResult) {
        guard let first = findings.first, result.verdict != Verdict.Kind.check.rawValue else { return }
        let words = "--check \(first["check"]?.text ?? ""): \(first["sentence"]?.text ?? ""), at \(first["where"]?.text ?? "")"
        result.sentence = result.outcome == .passed ? words : "\(result.sentence); \(words)"
        if result.outcome == .passed { result.verdict = Verdict.Kind.check.rawValue }
        result.outcome = .failed
    }

    /// Findings that are told with all that is known; the report has the others.
    private static let mostFindings = 5

    /// The findings of the checks, a line for each and one for each detail of it.
    private static func details(of findings: [YAML]) -> [String] {
        let lines = findings.prefix(mostFindings).flatMap { finding in
            ["check \(finding["check"]?.text ?? ""): \(finding["sentence"]?.text ?? "")", "  at \(finding["where"]?.text ?? "")"]
                + (finding["details"]?.list ?? []).compactMap(\.text).map { "  " + $0 }
        }
        let more = findings.count > mostFindings ? ["and \(findings.count - mostFindings) more in the report"] : []
        return (lines + more).prefix(TestResult.mostLines).map(Tail.shown)
    }

    /// `ran`: there is a folder with what a machine left.
    private func finish(_ turn: Turn, _ result: TestResult, ran: Bool = false) {
        var result = result
        result.runs = turn.failures + 1
        if result.outcome == .failed { failed += 1 }
        if ran {
            if result.outcome == .failed || settings.keepsAll {
                result.artefacts = turn.folder
                keepTail(turn.folder, in: &result)
            } else {
                Self.empty(turn.folder)
                rmdir(turn.folder)
            }
        }
        results[turn.number] = result
        while let next = results[told] {
            told += 1
            onResult?(next)
        }
    }

    private func keepTail(_ folder: String, in result: inout TestResult) {
        if access("\(folder)/screen.png", R_OK) == 0 { result.picture = "\(folder)/screen.png" }
        guard result.outcome == .failed else { return }
        let lines = ["serial.log", "debugcon.log"].lazy.map { Tail.lines(ofFile: "\(folder)/\($0)") }
        result.lastLines = lines.first { !$0.isEmpty } ?? []
    }

    // MARK: Folders

    /// A name as a file may have it.
    static func fileName(of name: String) -> String {
        let ending = TestCase.endings.first { name.hasSuffix($0) }
        let plain = name.dropLast(ending?.count ?? 0).unicodeScalars.map { scalar -> Character in
            let isPlain =
                ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || ["-", "_", "."].contains(scalar)
            return isPlain ? Character(scalar) : "_"
        }
        let text = String(plain.drop { $0 == "." || $0 == "_" }.suffix(120))
        return text.isEmpty ? "test" : text
    }

    private static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        throw UserError(
            .outputFile, "cannot make the folder (\(hostReason()))", path, remedy: "name one with --output where you may write")
    }

    /// Removes the files that runs leave; never a folder.
    private static func empty(_ path: String) {
        for name in names(inFolder: path, withHidden: true) ?? [] where Kept.all.contains(name) { unlink("\(path)/\(name)") }
    }
}
