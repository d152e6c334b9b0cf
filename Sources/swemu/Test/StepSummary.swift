import Session

/// Results as a page of GitHub's: Markdown that is added to the file that GITHUB_STEP_SUMMARY names.
struct StepSummary {
    let report: TestReport
    /// The place where the pictures and the other files of failed tests are once the workflow has uploaded them; nil outside of GitHub.
    private let artefacts: String?
    /// Rows of the table, and failures in detail, at most: GitHub takes a megabyte.
    private static let mostRows = 200, mostDetails = 20

    init(_ report: TestReport, environment: (String) -> String?) {
        self.report = report
        if let server = environment("GITHUB_SERVER_URL"), let repository = environment("GITHUB_REPOSITORY"),
            let run = environment("GITHUB_RUN_ID")
        {
            artefacts = "\(server)/\(repository)/actions/runs/\(run)#artifacts"
        } else {
            artefacts = nil
        }
    }

    /// Adds the page where GitHub wants one.
    static func add(_ report: TestReport) {
        let environment: (String) -> String? = { getenv($0).map { String(cString: $0) } }
        guard let path = environment("GITHUB_STEP_SUMMARY"), !path.isEmpty else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return complain("swemu: no summary in \(path) (\(hostReason()))") }
        if let reason = OutputDescriptor(descriptor).writeAll(Array(StepSummary(report, environment: environment).text.utf8)) {
            complain("swemu: \(OutputFile.loss(of: path, reason))")
        }
        close(descriptor)
    }

    var text: String {
        let failures = report.results.filter { $0.outcome == .failed }
        let part =
            report.shardCount > 1
            ? " (part \(report.shards.sorted().map { String($0 + 1) }.joined(separator: ", ")) of \(report.shardCount))" : ""
        var text = "### swemu: \(report.counts)\(part)\n\n"
        guard !failures.isEmpty else { return text }
        text += "| test | verdict | screen |\n|---|---|---|\n"
        for result in failures.prefix(Self.mostRows) {
            text += "| \(Self.code(result.name)) | \(result.verdict): \(Self.cell(result.sentence)) | \(picture(of: result)) |\n"
        }
        if failures.count > Self.mostRows { text += "\n\(failures.count - Self.mostRows) more failed.\n" }
        for result in failures.prefix(Self.mostDetails) where !result.postMortem.isEmpty || !result.lastLines.isEmpty {
            text +=
                "\n<details><summary>\(Self.code(result.name))\(result.advice.map { ": \(Self.cell($0))" } ?? "")</summary>\n\n<pre>"
            text += TestReport.escaped(
                (result.postMortem + (result.lastLines.isEmpty ? [] : ["last lines:"]) + result.lastLines).joined(separator: "\n"))
            text += "</pre></details>\n"
        }
        return text + "\n"
    }

    private func picture(of result: TestResult) -> String {
        guard let picture = result.picture else { return "" }
        return artefacts.map { "<a href=\"\(TestReport.escaped($0))\">\(Self.cell(picture))</a>" } ?? Self.code(picture)
    }

    private static func code(_ text: String) -> String { "<code>\(cell(text))</code>" }

    /// Text that ends neither a cell nor a line of a table, and marks nothing up.
    private static func cell(_ text: String) -> String {
        var cell = ""
        for character in TestReport.escaped(Tail.shown(text)) {
            cell += "|*_`[]\\~".contains(character) ? "&#\(character.asciiValue ?? 0);" : String(character)
        }
        return cell
    }
}
