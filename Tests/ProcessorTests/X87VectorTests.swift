import Foundation
import TestKit
import Testing

@testable import Processor

@Suite("x87 against silicon") struct X87VectorTests {
    static let directory = ProcessInfo.processInfo.environment["VECTORS"]

    @Test(.enabled(if: directory != nil), arguments: ["arith", "cmp", "ctl", "misc", "mov", "trans", "undoc"])
    func everyVectorOfTheGroup(_ group: String) throws {
        let directory = try #require(Self.directory)
        var runner = X87VectorRunner(try VectorFile(contentsOf: "\(directory)/p32-x87-\(group).xv.gz"))
        try runner.runAll()
        let total = runner.counts.reduce(0) { $0 + $1.total }
        let wrong = runner.counts.reduce(0) { $0 + $1.wrong }
        print("x87-\(group): \(total - wrong) of \(total)")
        for (form, count) in zip(runner.file.forms, runner.counts) where count.wrong != 0 {
            print("  \(form.name): \(count.wrong) of \(count.total) wrong")
        }
        for complaint in runner.complaints { print("  \(complaint)") }
        #expect(total > 1000)
        #expect(wrong == 0)
    }
}
