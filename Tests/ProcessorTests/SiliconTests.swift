import Foundation
import Processor
import TestKit
import Testing

/// Single instructions against the results of real processors.
@Suite struct SiliconTests {
    /// The sample in `testroms/vectors`, in every way of executing.
    @Test(arguments: [Engine.oneByOne, .blocks, .recompiledOneByOne, .nodes]) func sample(engine: Engine) throws {
        let known = try SampleVectors.knownFailures
        let paths = try SampleVectors.files()
        #expect(paths.count == 75)
        var recompiled: UInt64 = 0
        for path in paths {
            let survey = try VectorSurvey(path: path, known: known, engine: engine)
            #expect(survey.isAsExpected, "\(survey.report)")
            #expect(survey.total > 0)
            recompiled += survey.recompiled
        }
        // `NodeBackend` calls out for more.
        let least = engine == .nodes ? 10_000 : 50_000 as UInt64
        #expect(engine.isRecompiler ? recompiled > least : recompiled == 0, "\(recompiled) instructions ran as translated code")
    }

    /// `make silicon VECTORS=DIR`: the whole of a directory, and a table. `VECTOR_GROUPS` is a regular expression of file names;
    /// `VECTOR_LINES` prints what to write into the file of known failures.
    @Test func directory() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let directory = environment["VECTORS"] else { return }
        let pattern = environment["VECTOR_GROUPS"] ?? ""
        let engine = Engine.allCases.first { "\($0)" == environment["VECTOR_ENGINE"] } ?? .blocks
        let known = try SampleVectors.knownFailures
        var (passed, total) = (0, 0)
        var recompiled: UInt64 = 0
        print(VectorSurvey.heading)
        for path in try SampleVectors.files(in: directory) {
            guard pattern.isEmpty || path.range(of: pattern, options: .regularExpression) != nil else { continue }
            let survey = try VectorSurvey(path: path, known: known, engine: engine)
            print(survey.report)
            if environment["VECTOR_LINES"] != nil { print(survey.lines) }
            #expect(survey.isAsExpected, "\(survey.name)")
            passed += survey.passed
            total += survey.total
            recompiled += survey.recompiled
        }
        #expect(!engine.isRecompiler || total == 0 || recompiled > 0)
        print("all                 \(passed) of \(total)")
    }

    /// The table of known failures rejects what it would silently ignore.
    @Test func knownFailuresAreChecked() throws {
        let known = try KnownVectorFailures(
            text: "# none\nreason odd  The record is odd.\np16-flow * odd int1 (f1)\nr16-io 0123456789abcdef odd in\n")
        #expect(known.reason("p16-flow", form: "int1 (f1)", identity: "0") == "odd")
        #expect(known.reason("p32-flow", form: "int1 (f1)", identity: "0") == nil)
        #expect(known.reason("r16-io", form: "in", identity: "0123456789abcdef") == "odd")
        #expect(known.reason("r16-io", form: "in", identity: "0") == nil)
        #expect(throws: KnownVectorFailures.BadLine.self) { try KnownVectorFailures(text: "p16-flow * odd int1") }
        #expect(throws: KnownVectorFailures.BadLine.self) { try KnownVectorFailures(text: "p16-flow *") }
    }
}
