import ArgumentParser
import Formats
import Session

/// `swemu test`: many machines, each in a process of its own.
struct Test: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run many machines as tests, in parallel processes.",
        discussion: """
            A test is a .test.yaml file (what to boot, steps, texts that mean failure), a kernel, or a disk image. Folders are searched for .test.yaml files; \
            where there is none, each kernel in them is a test. \
            A test passes when its guest says so (power-off, 0 at port F4h), when all its steps came true, or when all checks it reports in TAP \
            passed; or when it ended as `expect:` in its file says. What failed leaves a folder with the serial log, the screen, the post-mortem, the report, a snapshot of the machine as it was and a recording of the run.

            Examples:
              swemu test tests/
              swemu test build/*.elf --jobs 4 --junit results.xml
              swemu test tests/ --filter 'paging|disk' --fail-fast
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
    @Option(help: ArgumentHelp("Run only part K of N; auto asks the variables of the CI system.", valueName: "K/N"))
    var shard: String?
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Only tests with this in their name, a regular expression; again for more.", valueName: "regex"))
    var filter: [String] = []
    @Flag(help: "Say which tests there are, and run none.")
    var list = false
    @Flag(help: "Start nothing more once a test has failed.")
    var failFast = false
    @Option(help: ArgumentHelp("How often a test that fails is run again, where its file does not say.", valueName: "count"))
    var retry = 0
    @Option(help: ArgumentHelp("Start the tests in a random order, the same one for a seed.", valueName: "seed"))
    var shuffle: UInt64?
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
    @Option(
        name: .customLong("machine-option"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A word of swemu run's options for every machine. All words behind -- are such.", valueName: "word"))
    var runOptions: [String] = []

    /// Makes the same words with those behind `--` behind their option: the parser has no second list of words without names.
    static func namingMachineOptions(_ words: [String]) -> [String] {
        guard words.first == "test", let end = words.firstIndex(of: "--") else { return words }
        return words[..<end] + words[(end + 1)...].flatMap { ["--machine-option", $0] }
    }

    func validate() throws {
        guard (0...TestFile.mostRetries).contains(retry) else {
            throw ValidationError("--retry \(retry) is impossible; give 0 to \(TestFile.mostRetries)")
        }
        if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs) is impossible; give 1 or more") }
        guard (1...1_000_000_000).contains(timeout) else {
            throw ValidationError("--timeout \(timeout) is impossible; give seconds")
        }
        guard !paths.isEmpty else {
            throw ValidationError("no test was named; give a folder, a .test.yaml file, a kernel or a disk image")
        }
    }

    func run() throws { _ = try run() as Int32 }

    /// Selects what is to be run of what is found.
    private func selection() throws -> TestSelection {
        var selection = TestSelection(seed: shuffle)
        selection.shard = try shard.map { text in
            guard let part = Shard(text, environment: { getenv($0).map { String(cString: $0) } }) else {
                throw UserError(
                    .usage, "no such part", "--shard \(text)",
                    remedy: "write K/N with K from 1 to N, or auto where a pair of these is set: \(Shard.known)")
            }
            return part
        }
        selection.filters = try filter.map { text throws in
            do throws(RegularExpression.Mistake) {
                return try Pattern(regularExpression: text)
            } catch {
                throw UserError(
                    .usage, "no regular expression that can be used (\(error.words))", "--filter \(text)",
                    remedy: "write a POSIX extended one, without back references")
            }
        }
        return selection
    }

    func run() throws -> Int32 {
        guard let memory = MemorySize(argument: maxHostMemory) else {
            throw UserError(.memorySize, "not a memory size", maxHostMemory, remedy: "write a unit, as in 512M or 4G")
        }
        let selection = try selection()
        let all = try TestCase.find(paths)
        guard !all.isEmpty else {
            throw UserError(
                .scriptFile, "no test found", paths.joined(separator: " "),
                remedy: "tests are files that end in .test.yaml, or kernels")
        }
        let tests = selection.apply(to: all)
        guard !tests.isEmpty || filter.isEmpty || selection.shard != nil else {
            throw UserError(
                .scriptFile, "no test has it in its name", "--filter \(filter.joined(separator: " --filter "))",
                remedy: "--list without --filter shows the \(all.count) names")
        }
        if list {
            for test in tests { try StandardOutput.write(line: test.name) }
            return 0
        }
        Signals.install()
        let runner = TestRunner(
            TestRunner.Settings(
                jobs: jobs ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), output: output, keepsAll: keep,
                options: runOptions,
                maxInstructions: maxInstructions.value, maxTicks: maxTicks.value, maxOutput: maxOutput.value,
                maxHostMemory: memory.bytes,
                timeout: UInt64(timeout) * 1_000_000_000, retries: retry, failsFast: failFast))
        var display = TestDisplay(count: tests.count, writesText: tap != "-")
        runner.onResult = { display.show($0) }
        runner.onProgress = { display.show(running: $0, done: $1, failed: $2) }
        let results = try runner.run(tests)
        let whole = TestReport(results: results, shards: [selection.shard?.index ?? 0], shardCount: selection.shard?.count ?? 1)
        StepSummary.add(whole)
        try whole.write(tap: tap, junit: junit, json: report)
        try display.finish(whole)
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
