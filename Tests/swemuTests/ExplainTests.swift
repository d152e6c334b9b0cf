import Testing

@testable import Session
@testable import swemu

@Suite struct ExplainTests {
    private func explanation(_ words: String...) throws -> String {
        try Explain.parse(words).explanation()
    }

    @Test func bytesAreRead() {
        let cases: [(String, [UInt8]?)] = [
            ("0f b6 c0", [0x0F, 0xB6, 0xC0]), ("0x0F,0xB6", [0x0F, 0xB6]), ("90", [0x90]), ("9", nil), ("", nil), ("xyz", nil),
            ("0x", nil),
        ]
        for (text, bytes) in cases { #expect(Explain.bytes(text) == bytes, "\(text)") }
    }

    @Test func bytesAndNamesAreExplained() throws {
        #expect(try explanation("0f b6 c0").contains("MOVZX"))
        #expect(try explanation("0f", "b6", "c0").contains("MOVZX"))
        #expect(try explanation("cmpxchg8b").contains("0F C7 /1"))
        #expect(try explanation("add").contains("OF SF ZF AF PF CF"), "a mnemonic wins over hexadecimal digits")
        #expect(try explanation("0f ff").contains("#UD"))
    }

    @Test func theNearestInstructionIsNamed() {
        #expect(throws: UserError(.usage, "neither bytes nor an instruction", "movzz", remedy: "did you mean movzx?")) {
            try explanation("movzz")
        }
    }

    @Test func listingsAlign() throws {
        let command = try Disasm.parse(["x", "--org", "0x7c00", "--bits", "16"])
        #expect(command.org.value == 0x7C00)
        #expect(throws: (any Error).self) { try Disasm.parse(["x", "--bits", "8"]) }
        #expect(throws: (any Error).self) { try Disasm.parse(["x", "--count", "-1"]) }
    }
}
