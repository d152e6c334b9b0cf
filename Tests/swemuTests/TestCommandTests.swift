import Testing

@testable import Session
@testable import swemu

/// `swemu test` without its machines: finding, dividing, reading TAP, writing reports.
@Suite struct TestCommandTests {
    @Test func shardsAreNumbersThatExist() {
        for text in ["0/2", "3/2", "-9223372036854775808/2", "1/0", "1/-1", "9223372036854775807/9223372036854775806", "a/b", "1"] {
            #expect(Shard(text, environment: { _ in nil }) == nil, "\(text)")
        }
        #expect(Shard("auto", environment: { _ in "-9223372036854775808" }) == nil)
        #expect(Shard("2/2", environment: { _ in nil })?.takes(3) == true)
    }

    @Test func secondsAreWrittenWhateverTheyAre() {
        for seconds in [-1, -Double.infinity, .nan] { #expect(Verdict.rounded(seconds) == "0.000") }
        #expect(
            Verdict.rounded(1.5) == "1.500" && Verdict.rounded(.infinity) == "1000000000000.000"
                && Verdict.rounded(1e300) == "1000000000000.000")
    }

    @Test func partsAreDisjointAndWhole() throws {
        let none: (String) -> String? = { _ in nil }
        for count in 1...7 {
            let parts = try (1...count).map { try #require(Shard("\($0)/\(count)", environment: none)) }
            for number in 0..<50 { #expect(parts.count { $0.takes(number) } == 1) }
        }
        for text in ["0/3", "4/3", "1", "a/b", "1/0", "auto", ""] { #expect(Shard(text, environment: none) == nil, "\(text)") }
        let kubernetes = ["JOB_COMPLETION_INDEX": "4", "JOB_COMPLETIONS": "5"]
        #expect(Shard("auto") { kubernetes[$0] } == Shard("5/5", environment: none))
        let gitlab = ["CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "4"]
        #expect(Shard("auto") { gitlab[$0] } == Shard("1/4", environment: none))
        for (index, count) in [
            ("STRATEGY_JOB_INDEX", "STRATEGY_JOB_TOTAL"), ("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT"),
            ("CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL"),
        ] {
            let variables = [index: "0", count: "3"]
            #expect(Shard("auto") { variables[$0] } == Shard("1/3", environment: none), "\(index)")
        }
    }

    /// Swemu.run parses `test` with the parser's own check of the command, which only debug builds have.
    @Test func wordsBehindTheDashesAreForEveryMachine() throws {
        let words = Test.namingMachineOptions(["test", "a", "--keep", "--", "--memory", "64", "-m", "--"])
        let command = try #require(try Swemu.parseAsRoot(words) as? swemu.Test)
        #expect(command.paths == ["a"] && command.keep && command.runOptions == ["--memory", "64", "-m", "--"])
        #expect(Test.namingMachineOptions(["run", "--", "a"]) == ["run", "--", "a"])
    }

    @Test func testsAreChosenAndOrdered() throws {
        let folder = TestFolder()
        for name in ["disk", "paging", "pit", "timer"] {
            _ = folder.write(Array("name: \(name)\nkernel: a\n".utf8), to: "\(name).test.yaml")
        }
        let all = try TestCase.find([folder.path])
        func names(_ selection: TestSelection) -> [String] { selection.apply(to: all).map(\.name) }
        #expect(names(TestSelection()) == ["disk", "paging", "pit", "timer"])
        #expect(names(TestSelection(filters: [try Pattern(regularExpression: "^p|sk$")])) == ["disk", "paging", "pit"])
        let orders = (0..<20).map { names(TestSelection(seed: $0)) }
        #expect(orders == (0..<20).map { names(TestSelection(seed: $0)) } && Set(orders).count > 5)
        #expect(orders.allSatisfy { $0.sorted() == ["disk", "paging", "pit", "timer"] })
        // A test is in the same part in whatever order.
        let part = Shard("2/2") { _ in nil }
        #expect(names(TestSelection(shard: part)) == ["paging", "timer"])
        #expect(names(TestSelection(shard: part, seed: 1)).sorted() == ["paging", "timer"])
    }

    @Test func testsSayHowTheyMayEnd() throws {
        let folder = TestFolder()
        func file(_ text: String) throws -> TestFile {
            try TestFile(reading: folder.write(Array(text.utf8), to: "a.test.yaml"))
        }
        for kind in [Verdict.Kind.tripleFault, .dead, .reset] {
            let test = try file("kernel: a\nexpect: \(kind.rawValue)\ntimeout: 2m\nretry: 3\nsteps: [{serial: x}]\n")
            guard case .ending(kind) = test.script.steps.last?.action else { Issue.record("\(kind)"); continue }
            #expect(test.script.steps.count == 2 && test.expectsReset == (kind == .reset))
            #expect(test.timeout?.nanoseconds == 120_000_000_000 && test.retries == 3)
        }
        guard case .exit(3) = try file("kernel: a\nexpect: {exit: 3}\n").script.steps.last?.action else {
            Issue.record("exit")
            return
        }
        for wrong in [
            "expect: passed", "expect: {exit: x}", "timeout: soon", "retry: -1", "retry: 101",
        ] {
            #expect(throws: UserError.self, "\(wrong)") { try file("kernel: a\n\(wrong)\n") }
        }
        _ = folder.write(Array("kernel: a\nexpect: reset\n".utf8), to: "a.test.yaml")
        #expect(try TestCase.find([folder.path]).first?.options.contains("--no-reboot") == true)
    }

    @Test func testsSayWhatIsChecked() throws {
        let folder = TestFolder()
        _ = folder.write(Array("kernel: a\ncheck: [stack, stale-tlb]\n".utf8), to: "a.test.yaml")
        let options = try #require(try TestCase.find([folder.path]).first?.options)
        #expect(options.suffix(2) == ["--check", "stack,stale-tlb"])
        for wrong in ["check: stak", "check: [stack, '']", "check: {stack: 1}"] {
            #expect(throws: UserError.self, "\(wrong)") {
                try TestFile(reading: folder.write(Array("kernel: a\n\(wrong)\n".utf8), to: "a.test.yaml"))
            }
        }
    }

    @Test func lastLinesAreHarmless() {
        #expect(Tail.lines(of: "\u{1B}[31mred\u{1B}[0m\r\nbell\u{7}  \n\n".utf8) == ["red", "bell?"])
        #expect(Tail.lines(of: (0..<50).map { "\($0)\n" }.joined().utf8) == (30..<50).map(String.init))
        #expect(Tail.lines(of: [UInt8](repeating: 0x41, count: 5000)).map(\.count) == [300])
        #expect(Tail.lines(of: []).isEmpty && Tail.shown("\u{1B}") == "")
    }

    @Test func gitHubGetsASummary() throws {
        var results = Self.results
        results[1].picture = "out/b/screen.png"
        results[1].lastLines = ["</pre><script>", "| a |"]
        let report = TestReport(results: results, shards: [0], shardCount: 1)
        #expect(StepSummary(report) { _ in nil }.text.contains("| <code>out/b/screen.png</code> |"))
        let variables = ["GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"]
        let text = StepSummary(report) { variables[$0] }.text
        #expect(text.hasPrefix("### swemu: 1 passed, 1 failed, 1 skipped\n"))
        #expect(text.contains("<a href=\"https://github.com/a/b/actions/runs/7#artifacts\">out/b/screen.png</a>"))
        #expect(!text.contains("<script>") && text.contains("&lt;script&gt;\n| a |</pre>"))
        #expect(text.contains("| <code>b &lt;&amp;&quot;&gt; #1</code> | triple-fault: #PF, &quot;then&quot; more? |"))
        let many = TestReport(results: Array(repeating: results[1], count: 5000), shards: [0], shardCount: 1)
        #expect(StepSummary(many) { _ in nil }.text.utf8.count < 200_000)
    }

    @Test func guestsSpeakTAP() {
        func read(_ text: String) -> TAPReader { TAPReader(text.utf8) }
        #expect(read("noise\n1..2\r\nok 1 - a\r\nok 2 - b\r\n").problem == nil)
        #expect(read("ok 1 a\nok 2\n1..2\n").problem == nil)
        #expect(read("1..2\nok 1\n").problem == "1 checks came, 2 were planned")
        #expect(read("1..2\nok 1\nnot ok 2 - disk\n").problem == "1 of 2 checks failed, the first one: - disk")
        #expect(read("1..2\nok 1\nnot ok 2 - disk # TODO later\n").problem == nil)
        #expect(read("1..1\nBail out! no memory\n").problem == "Bail out! no memory")
        #expect(!read("okay\nnot okay\n").isTAP && read("").problem == "no TAP came")
        #expect(read(String(repeating: "ok\n", count: 20_000)).checks.count == 10_000)
    }

    private static let results: [TestResult] = {
        var failed = TestResult(name: "b <&\"> #1", outcome: .failed, verdict: "triple-fault", sentence: "#PF, \"then\" more\u{1}")
        (failed.advice, failed.artefacts, failed.instructions, failed.seconds) = ("look\nthere", "out/b", 12, 0.5)
        (failed.postMortem, failed.lastLines, failed.runs, failed.picture) = (["why it died"], ["hello <x>"], 2, "out/b/screen.png")
        return [
            TestResult(name: "a", outcome: .passed, verdict: "passed", sentence: "fine"), failed,
            TestResult(name: "c", outcome: .skipped, verdict: "skipped", sentence: "later"),
        ]
    }()

    @Test func reportsAreWrittenAndReadAgain() throws {
        let report = TestReport(results: Self.results, shards: [1], shardCount: 3)
        #expect(report.failed == 1)
        #expect(report.TAP.hasPrefix("TAP version 14\n1..3\nok 1 - a\nnot ok 2 - b <&\"> \\#1\n  ---\n  verdict: triple-fault\n"))
        #expect(report.TAP.hasSuffix("ok 3 - c # SKIP later\n"))
        #expect(report.JUnit.contains("<testcase name=\"b &lt;&amp;&quot;&gt; #1\" classname=\"swemu\" time=\"0.500\">"))
        #expect(report.JUnit.contains("message=\"#PF, &quot;then&quot; more?\""))
        #expect(report.TAP.contains("  post-mortem:\n    - \"why it died\"\n  last-lines:\n    - \"hello <x>\"\n"))
        #expect(report.JUnit.contains("kept in out/b\nwhy it died</failure>"))
        #expect(report.JUnit.contains("<system-out>hello &lt;x&gt;\n[[ATTACHMENT|out/b/screen.png]]</system-out>"))
        let path = "/tmp/swemu-report-\(getpid()).json"
        defer { unlink(path) }
        try report.write(tap: nil, junit: nil, json: path)
        let again = try TestReport(reading: path)
        #expect(again.results == report.results && again.shards == [1] && again.shardCount == 3)
    }

    @Test func mergingNoticesWhatIsMissing() throws {
        let parts = [0, 2].map { TestReport(results: Self.results, shards: [$0], shardCount: 3) }
        let whole = try TestReport(merging: parts)
        #expect(whole.results.count == 6 && whole.missing == [2])
        #expect(throws: UserError.self) {
            try TestReport(merging: parts + [TestReport(results: [], shards: [0], shardCount: 2)])
        }
    }

    @Test func aFileWithAMistakeFailsAlone() throws {
        let folder = TestFolder()
        let wrong = folder.write(Array("kernle: a.elf\n".utf8), to: "a.test.yaml")
        let right = folder.write(Array("kernel: a.elf\n".utf8), to: "b.test.yaml")
        let tests = try TestCase.find([folder.path])
        #expect(tests.map(\.name) == [wrong, right])
        #expect(tests.first?.mistake?.contains("did you mean kernel?") == true && tests.last?.mistake == nil)
    }

    @Test func filesThatOptionsReadAreBesideTheTest() {
        let cases: [([String], [String])] = [
            (["--hda", "a.img", "--memory", "64"], ["--hda", "t/a.img", "--memory", "64"]),
            (["--bios=b.bin", "--memory=64"], ["--bios=t/b.bin", "--memory=64"]),
            (
                ["-hdb", "/a.img", "--cdrom", "none", "--cdrom", "d.iso"],
                ["-hdb", "/a.img", "--cdrom", "none", "--cdrom", "t/d.iso"]
            ),
            (["-drive", "format=raw,file=a.img"], ["-drive", "format=raw,file=t/a.img"]),
            (["-initrd", "a,b"], ["-initrd", "t/a,t/b"]), (["--initrd", "a x=1"], ["--initrd", "t/a x=1"]),
            (["--serial", "file:out", "--screen-text", "s.txt"], ["--serial", "file:out", "--screen-text", "s.txt"]),
        ]
        for (given, wanted) in cases {
            #expect(TestCase.options(given) { $0.hasPrefix("/") ? $0 : "t/\($0)" } == wanted, "\(given)")
        }
    }

    /// A name is one line of every list and report, and moves no terminal.
    @Test func namesAreShownInOneLine() throws {
        let folder = TestFolder()
        let path = folder.write(Array("kernel: a\nname: \"x\\n\\e[31my\"\n".utf8), to: "odd\nname.test.yaml")
        #expect(try TestCase.find([path]).map(\.name) == ["x?y"])
        _ = folder.write(Array("kernel: a\n".utf8), to: "odd\nname.test.yaml")
        #expect(try TestCase.find([path]).map { $0.name.hasSuffix("/odd?name.test.yaml") } == [true])
    }

    @Test func namesOfFoldersAreHarmless() {
        #expect(TestRunner.fileName(of: "tests/a b.test.yaml") == "tests_a_b")
        #expect(TestRunner.fileName(of: "../../etc/passwd") == "etc_passwd")
        #expect(TestRunner.fileName(of: "...") == "test")
        #expect(TestRunner.fileName(of: String(repeating: "x", count: 500)).count == 120)
    }

    /// The examples in docs/ci and the action are YAML, and every swemu command in them is one that is understood.
    @Test func theExamplesForCIAreValid() throws {
        let folder = ArrowsTests.root + "/docs/ci"
        let github = try YAML.read("\(folder)/github-actions.yml")
        let step = try #require(github["jobs"]?["test"]?["steps"]?.list?.first { $0["uses"]?.text == "./.swemu" })
        let action = try YAML.read("\(ArrowsTests.root)/action.yml")
        let inputs = action["inputs"]?.mapping?.map(\.key) ?? []
        #expect(step["with"]?.mapping?.allSatisfy { inputs.contains($0.key) } == true)
        #expect(action["inputs"]?["version"]?["default"]?.text == swemuVersion)
        let gitlab = try YAML.read("\(folder)/gitlab-ci.yml")
        #expect(gitlab["kernel"]?["parallel"]?.text == "4" && gitlab["kernel"]?["script"]?.list?.isEmpty == false)
        let kubernetes = try YAML.read("\(folder)/kubernetes-job.yaml")
        #expect(kubernetes["spec"]?["completionMode"]?.text == "Indexed" && kubernetes["kind"]?.text == "Job")
        #expect(
            kubernetes["spec"]?["template"]?["spec"]?["containers"]?.list?.first?["env"]?.list?.first?["value"]?.text
                == kubernetes["spec"]?["completions"]?.text)
        var lines: [String] = []
        for file in [github, gitlab, kubernetes, action] {
            for text in Self.texts(file) { lines += text.split(separator: "\n").map { String($0) } }
        }
        let commands = lines.filter { $0.contains("swemu test ") || $0.contains("swemu merge ") }
        #expect(commands.count == 5)
        for command in commands {
            var words = command.split(separator: " ").map { String($0) }
            while let first = words.first, !first.hasSuffix("swemu") { words.removeFirst() }
            words = words.dropFirst().map { word in
                ["$SHARD", "$CI_NODE_INDEX", "$JOB_COMPLETION_INDEX"].reduce(word) { $0.replacing($1, with: "1") }
            }
            #expect(throws: Never.self, "\(command)") { try Swemu.parseAsRoot(words) }
        }
    }

    private static func texts(_ value: YAML) -> [String] {
        (value.text.map { [$0] } ?? []) + (value.list ?? []).flatMap { texts($0) }
            + (value.mapping ?? []).flatMap { texts($0.value) }
    }
}
