/// What became of one test.
struct TestResult: Equatable {
    enum Outcome: String {
        case passed
        case failed
        case skipped
    }

    /// The verdict when the machine passed, and checks that it reported did not.
    static let failedByTAP = "tap"

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
    /// The folder with what was kept.
    var artefacts: String?
    /// The command that opens the machine as it was when it failed.
    var opening: String?

    var json: JSON {
        .object([
            ("name", .text(name)), ("outcome", .text(outcome.rawValue)), ("verdict", .text(verdict)), ("sentence", .text(sentence)),
            ("advice", advice.map { .text($0) } ?? .null), ("instructions", .number(instructions)),
            ("seconds", .decimal(Verdict.rounded(seconds))), ("checks", .number(UInt64(checks))),
            ("failed-checks", .number(UInt64(failedChecks))), ("artefacts", artefacts.map { .text($0) } ?? .null),
        ])
    }

    init(name: String, outcome: Outcome, verdict: String, sentence: String) {
        self.name = name
        self.outcome = outcome
        self.verdict = verdict
        self.sentence = sentence
    }

    /// From a report's JSON; nil when it is none.
    init?(_ value: YAML) {
        guard let name = value["name"]?.text, let outcome = value["outcome"]?.text.flatMap(Outcome.init),
            let verdict = value["verdict"]?.text,
            let sentence = value["sentence"]?.text
        else { return nil }
        self.init(name: name, outcome: outcome, verdict: verdict, sentence: sentence)
        advice = value["advice"]?.text.flatMap { $0 == "null" ? nil : $0 }
        instructions = value["instructions"]?.text.flatMap { UInt64($0) } ?? 0
        seconds = value["seconds"]?.text.flatMap { Double($0) } ?? 0
        checks = value["checks"]?.text.flatMap { Int($0) } ?? 0
        failedChecks = value["failed-checks"]?.text.flatMap { Int($0) } ?? 0
        artefacts = value["artefacts"]?.text.flatMap { $0 == "null" ? nil : $0 }
    }
}

/// The results of a run of `swemu test`, or of several that were put together.
struct TestReport {
    var results: [TestResult]
    /// Which shards these are from, of how many.
    var shards: Set<Int>
    var shardCount: Int

    var failed: Int { results.count { $0.outcome == .failed } }

    var json: JSON {
        .object([
            ("format", .number(1)), ("shards", .list(shards.sorted().map { .number(UInt64($0 + 1)) })),
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
        let yaml = try YAML.read(path)
        guard let items = yaml["results"]?.list, let count = yaml["shard-count"]?.text.flatMap({ Int($0) }),
            let shards = yaml["shards"]?.list
        else {
            throw UserError(.scriptFile, "no report of swemu test", path, remedy: "give files that swemu test --report wrote")
        }
        results = try items.map { item in
            guard let result = TestResult(item) else {
                throw UserError(
                    .scriptFile, line: "\(path):\(item.line): no result of a test; give files that swemu test --report wrote")
            }
            return result
        }
        self.shards = Set(shards.compactMap { $0.text.flatMap { Int($0) } }.map { $0 - 1 })
        shardCount = count
    }

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
    var missing: [Int] { (0..<max(shardCount, 0)).filter { !shards.contains($0) }.map { $0 + 1 } }
}
