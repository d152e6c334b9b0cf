import Formats
import Session

/// The outcome of one test.
struct TestResult: Equatable {
    enum Outcome: String {
        case passed
        case failed
        case skipped
    }

    /// The verdict when the machine passed, and checks that it reported did not.
    static let failedByTAP = "tap"
    /// The verdict of a test file that cannot be understood.
    static let mistake = "mistake"
    /// The verdict of a test that a signal to the whole kept from its end.
    static let unfinished = "unfinished"
    /// The verdict of a test that did not begin, because of a signal to the whole or of another that failed.
    static let notStarted = "not-started"

    /// Lines of a post-mortem at most.
    static let mostLines = 60

    let name: String
    var outcome: Outcome
    /// The verdict's kind, and its sentence or what is wrong otherwise.
    var verdict: String
    var sentence: String
    /// The first thing to look at, by the post-mortem.
    var advice: String?
    var instructions: UInt64 = 0
    /// Seconds of the host.
    var seconds: Double = 0
    /// Checks that the guest itself reported, and how many of them failed.
    var checks = 0
    var failedChecks = 0
    /// Number of runs; more than one where a test that fails is run again.
    var runs = 1
    /// The post-mortem, and the last lines of COM1, or of the debug console where COM1 has none. Of tests that failed.
    var postMortem: [String] = []
    /// Findings of the checks, with what is known of them.
    var findings: [String] = []
    var lastLines: [String] = []
    /// The picture of the screen, where one was kept.
    var picture: String?
    /// The folder with what was kept.
    var artefacts: String?
    /// The command that opens the machine as it was when it failed.
    var opening: String?

    /// The first lines of the post-mortem, for where there is room for no more: never the head of a part without one of its lines.
    func postMortem(atMost count: Int) -> [String] {
        guard postMortem.count > count else { return postMortem }
        var shown = postMortem.prefix(count)
        while shown.count > 1, let last = shown.last, last.hasSuffix(":"), !last.hasPrefix(" ") { shown.removeLast() }
        return shown + ["and \(postMortem.count - shown.count) more lines: callers, branches and registers"]
    }

    var json: JSON {
        .object([
            ("name", .text(name)), ("outcome", .text(outcome.rawValue)), ("verdict", .text(verdict)), ("sentence", .text(sentence)),
            ("advice", advice.map { .text($0) } ?? .null), ("instructions", .number(instructions)),
            ("seconds", .decimal(Verdict.rounded(seconds))), ("checks", .number(UInt64(checks))),
            ("failed-checks", .number(UInt64(failedChecks))), ("runs", .number(UInt64(runs))),
            ("post-mortem", .list(postMortem.map { .text($0) })), ("last-lines", .list(lastLines.map { .text($0) })),
            ("findings", .list(findings.map { .text($0) })), ("picture", picture.map { .text($0) } ?? .null),
            ("artefacts", artefacts.map { .text($0) } ?? .null),
        ])
    }

    init(name: String, outcome: Outcome, verdict: String, sentence: String) {
        self.name = name
        self.outcome = outcome
        self.verdict = verdict
        self.sentence = sentence
    }

    /// From a report's JSON.
    fileprivate init(_ value: YAML, _ reader: ReportReader) throws {
        let outcome = try reader.text("outcome", in: value)
        guard let known = Outcome(rawValue: outcome) else { throw reader.mistake("outcome is \(outcome)", value) }
        self.init(
            name: try reader.text("name", in: value), outcome: known, verdict: try reader.text("verdict", in: value),
            sentence: try reader.text("sentence", in: value))
        advice = value["advice"]?.text.flatMap { $0 == "null" ? nil : $0 }
        instructions = try reader.number("instructions", in: value, upTo: UInt64(Int64.max)) ?? 0
        seconds = try reader.seconds(in: value)
        checks = Int(try reader.number("checks", in: value, upTo: 1 << 40) ?? 0)
        failedChecks = Int(try reader.number("failed-checks", in: value, upTo: 1 << 40) ?? 0)
        runs = Int(try reader.number("runs", in: value, upTo: 1 << 40) ?? 1)
        postMortem = reader.lines("post-mortem", in: value)
        lastLines = reader.lines("last-lines", in: value)
        findings = reader.lines("findings", in: value)
        picture = value["picture"]?.text.flatMap { $0 == "null" ? nil : $0 }
        artefacts = value["artefacts"]?.text.flatMap { $0 == "null" ? nil : $0 }
    }
}

/// Reads what a report says and believes none of it.
private struct ReportReader {
    let path: String

    func mistake(_ what: String, _ value: YAML) -> UserError {
        UserError(.scriptFile, line: "\(path):\(value.line): \(what); give files that swemu test --report wrote")
    }

    func text(_ key: String, in value: YAML) throws -> String {
        guard let text = value[key]?.text else { throw mistake("no \(key)", value) }
        return text
    }

    /// Lines as they can be shown; none where there are none.
    func lines(_ key: String, in value: YAML) -> [String] {
        (value[key]?.list ?? []).prefix(TestResult.mostLines).compactMap(\.text).map(Tail.shown)
    }

    /// A whole number; nil where there is none.
    func number(_ key: String, in value: YAML, upTo most: UInt64) throws -> UInt64? {
        guard let found = value[key] else { return nil }
        guard let number = found.text.flatMap({ UInt64($0) }), number <= most else {
            throw mistake("\(key) is no number from 0 to \(most)", found)
        }
        return number
    }

    func seconds(in value: YAML) throws -> Double {
        guard let found = value["seconds"] else { return 0 }
        guard let seconds = found.text.flatMap({ Double($0) }), (0...1e9).contains(seconds) else {
            throw mistake("seconds is no number from 0 to 1000000000", found)
        }
        return seconds
    }
}

/// The results of a run of `swemu test`, or of several that were put together.
struct TestReport {
    var results: [TestResult]
    /// The numbers of the shards that these are from, and of all.
    var shards: Set<Int>
    var shardCount: Int

    var failed: Int { results.count { $0.outcome == .failed } }

    /// "3 passed, 1 failed, 2 skipped".
    var counts: String {
        let skipped = results.count { $0.outcome == .skipped }
        let passed = results.count - failed - skipped
        return "\(passed) passed, \(failed) failed\(skipped > 0 ? ", \(skipped) skipped" : "")"
    }

    var json: JSON {
        .object([
            ("format", .number(Self.format)), ("shards", .list(shards.sorted().map { .number(UInt64($0 + 1)) })),
            ("shard-count", .number(UInt64(shardCount))), ("results", .list(results.map(\.json))),
        ])
    }

    init(results: [TestResult], shards: Set<Int>, shardCount: Int) {
        self.results = results
        self.shards = shards
        self.shardCount = shardCount
    }

    /// Reads a report that `--report` wrote.
    init(reading path: String) throws {
        let yaml = try YAML.read(path, "report")
        let reader = ReportReader(path: path)
        guard yaml.mapping != nil, let items = yaml["results"]?.list, let shards = yaml["shards"]?.list else {
            throw UserError(.scriptFile, "no report of swemu test", path, remedy: "give files that swemu test --report wrote")
        }
        guard try reader.number("format", in: yaml, upTo: .max) == Self.format else {
            throw reader.mistake("not format \(Self.format) of such reports", yaml["format"] ?? yaml)
        }
        guard let count = try reader.number("shard-count", in: yaml, upTo: Self.mostShards), count > 0 else {
            throw reader.mistake("shard-count is no number from 1 to \(Self.mostShards)", yaml["shard-count"] ?? yaml)
        }
        self.shards = []
        for shard in shards {
            guard let number = shard.text.flatMap({ Int($0) }), (1...Int(count)).contains(number) else {
                throw reader.mistake("a shard is no number from 1 to \(count)", shard)
            }
            self.shards.insert(number - 1)
        }
        results = try items.map { try TestResult($0, reader) }
        shardCount = Int(count)
    }

    private static let format: UInt64 = 1
    private static let mostShards: UInt64 = 1_000_000

    /// All of them as one. Throws when they are of different divisions.
    init(merging reports: [TestReport]) throws {
        guard let first = reports.first, reports.allSatisfy({ $0.shardCount == first.shardCount }) else {
            throw UserError(
                .scriptFile, "reports of different divisions", "merge",
                remedy: "give the reports of one run, all with the same --shard N")
        }
        results = reports.flatMap(\.results).sorted { $0.name < $1.name }
        shards = reports.reduce(into: []) { $0.formUnion($1.shards) }
        shardCount = first.shardCount
    }

    /// Shards that are not there, counted from 1.
    var missing: [Int] { (0..<shardCount).filter { !shards.contains($0) }.map { $0 + 1 } }
}
