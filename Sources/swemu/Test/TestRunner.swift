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
        /// Nanoseconds of the host for one machine.
        var timeout: UInt64
    }

    private struct Running {
        let test: TestCase
        let folder: String
        let process: ChildProcess
        let began: UInt64
        /// Run once more, only for what it leaves.
        var isSecond = false
    }

    private let settings: Settings
    /// Hears each result, and how many are done.
    var onResult: ((TestResult) -> Void)?
    /// Hears now and then which tests run.
    var onProgress: (([String]) -> Void)?
    private var waiting: ArraySlice<TestCase> = []
    private var running: [Running] = []
    private var results: [TestResult] = []

    init(_ settings: Settings) { self.settings = settings }

    /// Runs them all and answers the results, by name. Ends early when a signal comes: the tests that it cut off or kept from starting have
    /// failed as unfinished, so that nobody takes them for passed or for missing.
    func run(_ tests: [TestCase]) throws -> [TestResult] {
        try Self.makeFolder(settings.output)
        waiting = tests[...]
        while !waiting.isEmpty || !running.isEmpty {
            while running.count < settings.jobs, let test = waiting.popFirst() { try start(test) }
            collect()
            if Signals.pending != nil { break }
            onProgress?(running.map(\.test.name))
            if running.count == settings.jobs || waiting.isEmpty, !running.isEmpty { usleep(5000) }
        }
        if Signals.pending != nil { endAll() }
        return results.sorted { $0.name < $1.name }
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
            finish(unfinished(child, "the whole run was ended while it ran"), child.folder)
        }
        for test in waiting {
            finish(
                Self.settled(test)
                    ?? TestResult(
                        name: test.name, outcome: .failed, verdict: TestResult.unfinished,
                        sentence: "the whole run was ended before its turn came"))
        }
    }

    /// The result of a test that no machine is needed for.
    private static func settled(_ test: TestCase) -> TestResult? {
        if let mistake = test.mistake {
            return TestResult(name: test.name, outcome: .failed, verdict: TestResult.mistake, sentence: mistake)
        }
        return test.skip.map { TestResult(name: test.name, outcome: .skipped, verdict: "skipped", sentence: $0) }
    }

    private func start(_ test: TestCase) throws {
        if let result = Self.settled(test) { return finish(result) }
        let folder = "\(settings.output)/\(Self.fileName(of: test.name))"
        try Self.makeFolder(folder)
        Self.empty(folder)
        launch(test, folder, isSecond: false)
    }

    private func launch(_ test: TestCase, _ folder: String, isSecond: Bool) {
        let words = arguments(of: test, folder) + (settings.keepsAll || isSecond ? ["--evidence-always"] : [])
        guard let process = ChildProcess(words, errors: "\(folder)/stderr.txt") else {
            return finish(
                TestResult(
                    name: test.name, outcome: .failed, verdict: "host", sentence: "the host starts no process (\(hostReason()))"))
        }
        running.append(Running(test: test, folder: folder, process: process, began: hostNanoseconds(), isSecond: isSecond))
    }

    private func arguments(of test: TestCase, _ folder: String) -> [String] {
        var words = ["run"] + test.options
        words += ["--headless", "--serial", "file:\(folder)/serial.log", "--debugcon", "file:\(folder)/debugcon.log"]
        words += ["--report", "\(folder)/report.json", "--evidence", folder]
        words += ["--max-instructions", String(test.maxInstructions ?? settings.maxInstructions)]
        words += ["--max-ticks", String(test.maxTicks ?? settings.maxTicks)]
        words += ["--max-output", String(settings.maxOutput), "--max-host-memory", String(settings.maxHostMemory)]
        // By itself it ends in order, with its instructions counted and its evidence kept.
        words += ["--timeout", "\(Self.seconds(settings.timeout))s"]
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
                if result.verdict == TestResult.failedByTAP, !child.isSecond, !isEnded {
                    launch(child.test, child.folder, isSecond: true)
                } else {
                    finish(result, child.folder)
                }
            } else if passed > 2 * settings.timeout + Self.grace {
                child.process.kill()
                running.remove(at: index)
                finish(
                    unfinished(child, "\(Self.seconds(settings.timeout)) s of the host's time passed, and it did not end then"),
                    child.folder)
            }
        }
    }

    /// Nanoseconds that a machine has for ending in order before it is ended by force. After its own `--timeout` it may run once more, for its post-mortem.
    private static let grace: UInt64 = 10_000_000_000

    private static func seconds(_ nanoseconds: UInt64) -> UInt64 { nanoseconds / 1_000_000_000 }

    private func unfinished(_ child: Running, _ sentence: String) -> TestResult {
        var result = TestResult(name: child.test.name, outcome: .failed, verdict: TestResult.unfinished, sentence: sentence)
        result.seconds = Double(hostNanoseconds() - child.began) / 1e9
        return result
    }

    private func judge(_ child: Running, _ end: ChildProcess.End, seconds: Double) -> TestResult {
        var result = TestResult(name: child.test.name, outcome: .failed, verdict: "crashed", sentence: "")
        result.seconds = seconds
        let complaints = (try? readFile("\(child.folder)/stderr.txt", limit: 1 << 22).get()) ?? []
        let lastLine = String(decoding: complaints, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
        guard case .exit(let status) = end, let report = try? YAML.read("\(child.folder)/report.json"),
            let verdict = report["verdict"]?.text
        else {
            if case .signal(let number) = end {
                result.sentence = "the process was ended by signal \(number)\(lastLine.isEmpty ? "" : "; it said: \(lastLine)")"
            } else {
                result.verdict = end == .exit(ExitStatus.ownBug.rawValue) ? "crashed" : "refused"
                result.sentence = lastLine.hasPrefix("swemu: ") ? String(lastLine.dropFirst(7)) : lastLine
                // Whoever is refused says why, if it can be written.
                if lastLine.isEmpty {
                    result.verdict = Verdict.Kind.outputLost.rawValue
                    result.sentence = "\(child.folder) does not take what the machine says; check the free space there"
                }
            }
            return result
        }
        result.verdict = verdict
        result.sentence = report["sentence"]?.text ?? ""
        result.advice = report["advice"]?.text.flatMap { $0 == "null" ? nil : $0 }
        result.instructions = report["instructions"]?.text.flatMap { UInt64($0) } ?? 0
        result.outcome = status == 0 ? .passed : .failed
        readTAP(child, into: &result)
        if result.outcome == .failed || settings.keepsAll { result.opening = explainOpening(child) }
        return result
    }

    /// Writes into the folder how its snapshot and its recording are opened; the command of the debugger.
    private func explainOpening(_ child: Running) -> String? {
        let machine = child.test.options + settings.options
        let ways = [
            ("debug", "--restore", Kept.snapshot, "The machine as it was when it failed, in the debugger:"),
            ("run", "--restore", Kept.snapshot, "The same, to go on from there:"),
            ("run", "--replay", Kept.recording, "The whole run once more, anywhere:"),
            ("debug", "--replay", Kept.recording, "The whole run in the debugger, from power-on, forward and back:"),
        ]
        var text = ""
        var opening: String?
        for (command, option, name, words) in ways {
            let path = "\(child.folder)/\(name)"
            guard access(path, R_OK) == 0 else { continue }
            let line = ShellWord.line(["swemu", command] + machine + [option, path])
            text += "\(text.isEmpty ? "" : "\n")\(words)\n\n    \(line)\n"
            if command == "debug", option == "--restore" { opening = line }
        }
        if !text.isEmpty {
            do {
                try OutputFile.write(Array(text.utf8), to: "\(child.folder)/\(Kept.commands)")
            } catch {
                complain("swemu: \(error)")
            }
        }
        return opening
    }

    /// Checks that the guest reports decide with its verdict; where the test asks for TAP they may end in a halt.
    private func readTAP(_ child: Running, into result: inout TestResult) {
        guard child.test.readsTAP != false else { return }
        let outputs = ["serial.log", "debugcon.log"].map { name in
            TAPReader(
                (try? readFile("\(child.folder)/\(name)", limit: Int(min(settings.maxOutput, 1 << 40)) + 1 << 16).get()) ?? [])
        }
        guard
            let output = outputs.first(where: \.isTAP) ?? (child.test.readsTAP == true ? outputs.max { $0.count < $1.count } : nil)
        else { return }
        result.checks = output.count
        result.failedChecks = output.failed
        if let problem = output.problem {
            if result.outcome == .passed { result.verdict = TestResult.failedByTAP }
            result.sentence = result.outcome == .passed ? problem : "\(problem); \(result.sentence)"
            result.outcome = .failed
        } else if child.test.readsTAP == true, result.verdict == Verdict.Kind.dead.rawValue {
            result.outcome = .passed
            result.verdict = Verdict.Kind.passed.rawValue
            result.sentence = "all \(output.count) checks passed; then it halted"
        }
    }

    private func finish(_ result: TestResult, _ folder: String? = nil) {
        var result = result
        if let folder {
            if result.outcome == .failed || settings.keepsAll {
                result.artefacts = folder
            } else {
                Self.empty(folder)
                rmdir(folder)
            }
        }
        results.append(result)
        onResult?(result)
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
        guard let directory = opendir(path) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if Kept.all.contains(name) { unlink("\(path)/\(name)") }
        }
    }
}
