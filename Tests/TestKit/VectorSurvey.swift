import Foundation
import Processor

/// All vectors of one file, run and held against the known failures.
public struct VectorSurvey: Sendable {
    /// The file's name without its endings.
    public let name: String
    public private(set) var total = 0
    public private(set) var passed = 0
    /// Failures that are known, by the key of their reason.
    public private(set) var known: [String: Int] = [:]
    /// How many vectors of each form did what they should not: fail, or pass although known to fail; with the first one.
    public private(set) var surprises: [String: Surprise] = [:]
    /// Forms that had vectors at all.
    public private(set) var forms: Set<String> = []

    /// Vectors of one form that are not as expected.
    public struct Surprise: Sendable {
        /// The first one.
        public var example: String
        public var identities: [String] = []
    }

    /// Instructions that ran as translated code.
    public private(set) var recompiled: UInt64 = 0

    public var isAsExpected: Bool { surprises.isEmpty && passed + known.values.reduce(0, +) == total }

    /// Runs the file at `path` with `engine`. `each` sees every vector before it runs.
    public init(
        path: String, known failures: KnownVectorFailures, engine: Engine = .blocks,
        each: (VectorFile, Vector) -> Void = { _, _ in }
    ) throws {
        name = String(path.split(separator: "/").last ?? "").replacing(".xv.gz", with: "")
        let file = try VectorFile(contentsOf: path)
        let runner = VectorRunner(file, model: CPUModel.forVectors(of: file.group), engine: engine)
        total = file.count
        try file.forEach { index, vector in
            each(file, vector)
            let form = file.forms[vector.form]
            forms.insert(form.name)
            let problems = runner.run(vector)
            let identity = vector.identity(form: form)
            let reason = failures.reason(name, form: form.name, identity: identity)
            switch (problems.isEmpty, reason) {
            case (true, nil): passed += 1
            case (false, let reason?): known[reason, default: 0] += 1
            case (_, let reason):
                let bytes = vector.instruction.map { String($0, radix: 16) }.joined(separator: " ")
                let what = reason.map { "passes, but is known to fail: \($0)" } ?? problems.joined(separator: "; ")
                let example = "#\(index) \(bytes): \(what)"
                surprises[form.name, default: Surprise(example: example)].identities.append(identity)
            }
        }
        recompiled = runner.recompiledInstructions
    }

    /// One line of a table, and a line for each form with surprises.
    public var report: String {
        func column(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
        let reasons = known.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        var lines = [column(name, 20) + column("\(passed)", 9) + column("\(total)", 9) + reasons]
        for (form, surprise) in surprises.sorted(by: { $0.key < $1.key }) {
            lines.append("    \(form) \(surprise.identities.count): \(surprise.example)")
        }
        return lines.joined(separator: "\n")
    }

    /// Lines for the file of known failures, with ? in place of the reason.
    public var lines: String {
        surprises.sorted { $0.key < $1.key }
            .flatMap { form, surprise in surprise.identities.map { "\(name) \($0) ? \(form)" } }.joined(separator: "\n")
    }

    public static let heading = "group               passed   total    known failures"
}

/// The vectors that come with the sources.
public enum SampleVectors {
    /// `testroms/vectors`, found from this source file.
    public static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("testroms/vectors").path

    public static var knownFailures: KnownVectorFailures {
        get throws { try KnownVectorFailures(contentsOf: directory + "/known-failures.txt") }
    }

    /// Paths of the vector files in a directory, in order of name.
    public static func files(in directory: String = SampleVectors.directory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            .filter { $0.hasSuffix(".xv.gz") }.map { directory + "/" + $0 }
    }
}
