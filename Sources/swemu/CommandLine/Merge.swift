import ArgumentParser
import Formats
import Session

/// `swemu merge`: the reports of shards as one, and what their runs reached.
struct Merge: ParsableCommand, StatusCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put the reports of swemu test --shard together, and tracefiles of --coverage.",
        discussion: """
            Examples:
              swemu merge shard*.json --junit results.xml --tap -
              swemu merge *.info --lcov all.info --cobertura coverage.xml

            Exit status: 0 all passed and no shard is missing, 1 otherwise.
            """)

    @Argument(help: "Files that swemu test --report, or swemu run --coverage wrote.", completion: .file())
    var reports: [String]
    @Option(help: ArgumentHelp("Write TAP 14 here; - is standard output.", valueName: "file"), completion: .file())
    var tap: String?
    @Option(help: ArgumentHelp("Write JUnit XML here.", valueName: "file"), completion: .file())
    var junit: String?
    @Option(help: ArgumentHelp("Write the whole as JSON here.", valueName: "file"), completion: .file())
    var report: String?
    @Option(help: ArgumentHelp("Write the sum of the tracefiles here, for genhtml.", valueName: "file"), completion: .file())
    var lcov: String?
    @Option(
        help: ArgumentHelp("Write the sum of the tracefiles as a report of Cobertura here.", valueName: "file"), completion: .file()
    )
    var cobertura: String?

    func run() throws { _ = try run() as Int32 }

    func run() throws -> Int32 {
        var whole = Tracefile()
        var others: [String] = []
        for path in reports {
            // Reports say themselves what is wrong with them.
            guard case .success(let bytes) = readFile(path, limit: 1 << 30), Tracefile.isTracefile(bytes) else {
                others.append(path)
                continue
            }
            try whole.add(bytes, from: path)
        }
        let hasTracefiles = others.count < reports.count
        guard hasTracefiles || lcov == nil && cobertura == nil else {
            throw UserError(
                .usage, "no tracefile is among the files", lcov ?? cobertura ?? "",
                remedy: "give files that swemu run --coverage wrote")
        }
        guard !hasTracefiles || lcov != nil || cobertura != nil else {
            throw UserError(
                .usage, "where is the sum of the tracefiles to go", reports.first ?? "",
                remedy: "add --lcov FILE or --cobertura FILE")
        }
        if let lcov { try OutputFile.write(Array(whole.lcov.utf8), to: lcov) }
        if let cobertura { try OutputFile.write(Array(whole.cobertura.utf8), to: cobertura) }
        if hasTracefiles, lcov != "-", cobertura != "-" {
            try StandardOutput.write(line: "\(whole.counts.reached) of \(whole.counts.lines) lines with code were reached")
        }
        return others.isEmpty ? 0 : try mergeReports(others)
    }

    private func mergeReports(_ reports: [String]) throws -> Int32 {
        let whole = try TestReport(merging: reports.map { try TestReport(reading: $0) })
        var display = TestDisplay(count: whole.results.count, writesText: tap != "-")
        for result in whole.results where result.outcome == .failed { display.show(result) }
        StepSummary.add(whole)
        try whole.write(tap: tap, junit: junit, json: report)
        try display.finish(whole)
        let missing = whole.missing
        if !missing.isEmpty {
            let shown = missing.prefix(20).map(String.init).joined(separator: ", ") + (missing.count > 20 ? " and more" : "")
            complain("swemu: no report of shard \(shown) of \(whole.shardCount)")
        }
        return whole.failed == 0 && missing.isEmpty ? 0 : 1
    }
}
