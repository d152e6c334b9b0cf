import Foundation
import Testing
import X86

/// Bytes in hexadecimal, separated by spaces.
func bytes(_ hex: some StringProtocol) -> [UInt8] {
    hex.split(separator: " ").compactMap { UInt8($0, radix: 16) }
}

/// The case files beside this one: "bytes | text", made by `Cases/generate.py` with nasm.
@Suite("Decoder and text") struct CaseFileTests {
    @Test("nasm's bytes print as they were written", arguments: CodeSize.allCases) func cases(codeSize: CodeSize) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")
        let file = folder.appending(path: ["bits16.txt", "bits32.txt", "bits64.txt"][Int(codeSize.rawValue)])
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        try #require(lines.count > 5000)
        let decoder = Decoder(codeSize: codeSize, features: .all)
        var wrong: [String] = []
        for line in lines {
            let parts = line.split(separator: "|", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            let code = bytes(parts[0])
            let instruction = decoder.decode(code)
            let text = instruction.text(at: 0x1000)
            if Int(instruction.length) != code.count || text != parts[1] {
                wrong.append("\(line) -> \(instruction.length) \(text)")
            }
        }
        #expect(wrong.count == 0, "\(wrong.count) wrong:\n\(wrong.prefix(40).joined(separator: "\n"))")
    }
}
