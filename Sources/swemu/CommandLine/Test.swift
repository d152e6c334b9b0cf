import ArgumentParser

/// `swemu test`: many machines, each in a process of its own.
struct Test: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run many machines as tests, in parallel processes.",
        discussion: """
            A test is a .test.yaml file (what to boot, steps, texts that mean failure), a kernel, or a disk image. Folders are searched for .test.yaml files; \
            where there is none, each kernel in them is a test. \
            A test passes when its guest says so (power-off, 0 at port F4h), when all its steps came true, or when all checks it reports in TAP \
            passed. What failed leaves a folder with the serial log, the screen, the post-mortem, the report, a snapshot of the machine as it was and a recording of the run.

            Examples:
              swemu test tests/
              swemu test build/*.elf --jobs 4 --junit results.xml
              swemu test tests/ --shard 2/8 --report shard2.json -- --memory 64 --cpu pentium3
              swemu merge shard*.json --junit results.xml

            Exit status: 0 all passed, 1 some failed, 18 ended by a signal, 62 a mistake in a test file (the others are run), 64 usage.
            """)

    @Argument(help: "Folders, .test.yaml files, kernels and disk images.", completion: .file())
    var paths: [String]
    @Option(help: "Machines at a time; default as many as the host has processors.")
    var jobs: Int?
    @Option(help: ArgumentHelp("Folder for what failed tests leave.", valueName: "folder"), completion: .directory)
    var output = "swemu-test"
    @Flag(help: "Keep what passed tests leave, too.")
    var keep = false
    @Option(
        help: ArgumentHelp("Write TAP 14 here; - is standard output instead of the text.", valueName: "file"), completion: .file())
    var tap: String?
    @Option(help: ArgumentHelp("Write JUnit XML here.", valueName: "file"), completion: .file())
    var junit: String?
    @Option(help: ArgumentHelp("Write the results as JSON here, for swemu merge.", valueName: "file"), completion: .file())
    var report: String?
    @Option(help: ArgumentHelp("Run only part K of N; auto asks Kubernetes' or GitLab's variables.", valueName: "K/N"))
    var shard: String?
    @Option(help: ArgumentHelp("Instructions for a machine, where its test says nothing.", valueName: "count"))
    var maxInstructions = Count(20_000_000_000)
    @Option(help: ArgumentHelp("Ticks, instructions and halted time, for a machine whose test says nothing.", valueName: "count"))
    var maxTicks = Count(20_000_000_000)
    @Option(help: ArgumentHelp("Bytes a machine may print.", valueName: "count"))
    var maxOutput = Count(16_000_000)
    @Option(help: ArgumentHelp("Memory of the host that a machine may take.", valueName: "size"))
    var maxHostMemory = "4G"
    @Option(
        help: ArgumentHelp("Seconds of the host for a machine: a safety net, the verdict is by instructions.", valueName: "seconds")
    )
    var timeout = 600
    @Argument(parsing: .postTerminator, help: "Options of swemu run for every machine.")
    var runOptions: [String] = []

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs) is impossible; give 1 or more") }
        guard (1...1_000_000_000).contains(timeout) else {
            throw ValidationError("--timeout \(timeout) is impossible; give seconds")
        }
        guard !paths.isEmpty else {
            throw ValidationError("no test was named; give a folder, a .test.yaml file, a kernel or a disk image")
        }
    }

    func run() throws { _ = try run() as Int32 }

    func run() throws -> Int32 {
        guard let memory = MemorySize(argument: maxHostMemory) else {
            throw UserError(.memorySize, "not a memory size", maxHostMemory, remedy: "write a unit, as in 512M or 4G")
        }
        let part = try shard.map { text in
            guard let part = Shard(text, environment: { getenv($0).map { String(cString: $0) } }) else {
                throw UserError(
                    .usage, "no such part", "--shard \(text)",
                    remedy: "write K/N with K from 1 to N, or auto where JOB_COMPLETION_INDEX and JOB_COMPLETIONS are set")
            }
            return part
        }
        let all = try TestCase.find(paths)
        guard !all.isEmpty else {
            throw UserError(
                .scriptFile, "no test found", paths.joined(separator: " "),
                remedy: "tests are files that end in .test.yaml, or kernels")
        }
        let tests = all.enumerated().filter { part?.takes($0.offset) ?? true }.map(\.element)
        Signals.install()
        let runner = TestRunner(
            TestRunner.Settings(
                jobs: jobs ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), output: output, keepsAll: keep,
                options: runOptions,
                maxInstructions: maxInstructions.value, maxTicks: maxTicks.value, maxOutput: maxOutput.value,
                maxHostMemory: memory.bytes,
                timeout: UInt64(timeout) * 1_000_000_000))
        var display = TestDisplay(count: tests.count, writesText: tap != "-")
        runner.onResult = { display.show($0) }
        runner.onProgress = { display.show(running: $0) }
        let results = try runner.run(tests)
        let whole = TestReport(results: results, shards: [part?.index ?? 0], shardCount: part?.count ?? 1)
        try whole.write(tap: tap, junit: junit, json: report)
        try display.finish(results)
        if Signals.pending != nil { return ExitStatus.signal.rawValue }
        if results.contains(where: { $0.verdict == Verdict.Kind.outputLost.rawValue }) { return ExitStatus.hostFailure.rawValue }
        if results.contains(where: { $0.verdict == TestResult.mistake }) { return ExitStatus.scriptFile.rawValue }
        return whole.failed == 0 ? 0 : 1
    }
}

extension TestReport {
    func write(tap: String?, junit: String?, json: String?) throws {
        var failure: (any Error)?
        for (path, text) in [(tap, TAP), (junit, JUnit), (json, self.json.file)] {
            guard let path else { continue }
            // The others are wanted all the same.
            do { try OutputFile.write(Array(text.utf8), to: path) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}

/// Results as they come: a line for each, and on a terminal one more that says what runs.
struct TestDisplay {
    private let count: Int
    private let writesText: Bool
    private let isTerminal = isatty(2) == 1
    private var done = 0
    private var failed = 0
    /// Why standard output does not have everything.
    private var loss: UserError?
    private var lastProgress: UInt64 = 0

    init(count: Int, writesText: Bool) {
        self.count = count
        self.writesText = writesText
    }

    mutating func show(_ result: TestResult) {
        done += 1
        if result.outcome == .failed { failed += 1 }
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
        if let advice = result.advice, result.outcome == .failed { text += "      look first: \(advice)\n" }
        if let artefacts = result.artefacts { text += "      kept in \(artefacts)\n" }
        if let opening = result.opening { text += "      open it: \(opening)\n" }
        say(text)
    }

    /// Results go on where nobody can read them; at the end they are no success.
    private mutating func say(_ text: String) {
        guard loss == nil else { return }
        do { try StandardOutput.write(text) } catch { loss = error as? UserError }
    }

    mutating func show(running: [String]) {
        let now = hostNanoseconds()
        guard isTerminal, now - lastProgress > 100_000_000 else { return }
        lastProgress = now
        let names = running.joined(separator: ", ")
        _ = OutputDescriptor(2).writeAll(Array("\r\u{1B}[K[\(done)/\(count)] \(failed) failed; running: \(names.prefix(60))".utf8))
    }

    private func clear() { if isTerminal { _ = OutputDescriptor(2).writeAll(Array("\r\u{1B}[K".utf8)) } }

    mutating func finish(_ results: [TestResult]) throws {
        clear()
        guard writesText else { return }
        let skipped = results.count { $0.outcome == .skipped }
        let passed = results.count { $0.outcome == .passed }
        let line = "\(passed) passed, \(results.count - passed - skipped) failed\(skipped > 0 ? ", \(skipped) skipped" : "")\n"
        say(line)
        if let loss { throw loss }
    }
}
