import Foundation
import Processor
import TestKit
import Testing

/// Single instructions against the results of real processors.
@Suite struct SiliconTests {
    /// `VECTORS=DIR` names a directory of vector files, `VECTOR_GROUPS` a regular expression of file names.
    @Test func vectorsOfADirectory() throws {
        guard let directory = ProcessInfo.processInfo.environment["VECTORS"] else { return }
        let pattern = ProcessInfo.processInfo.environment["VECTOR_GROUPS"] ?? "^(r16|p16|p32)"
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        for name in names where name.hasSuffix(".xv.gz") && name.range(of: pattern, options: .regularExpression) != nil {
            let file = try VectorFile(contentsOf: directory + "/" + name)
            let runner = VectorRunner(file, model: CPUModel.forVectors(of: file.group))
            var failures = 0
            var byForm: [String: (Int, String)] = [:]
            try file.forEach { index, vector in
                let problems = runner.run(vector)
                guard !problems.isEmpty else { return }
                failures += 1
                let form = file.forms[vector.form].name
                let bytes = vector.instruction.map { String($0, radix: 16) }.joined(separator: " ")
                if byForm[form] == nil { byForm[form] = (0, "#\(index) \(bytes): \(problems.joined(separator: "; "))") }
                byForm[form]!.0 += 1
            }
            print("\(name): \(file.count - failures) of \(file.count)")
            for (form, example) in byForm.sorted(by: { $0.key < $1.key }) {
                print("    \(form) \(example.0): \(example.1)")
            }
            #expect(failures == 0, "\(name)")
        }
    }
}
