import Testing

@testable import Formats

@Suite struct JSONTests {
    private func read(_ text: String) throws -> JSON { try JSONReader.read(Array(text.utf8)) }

    @Test func whatIsWrittenIsRead() throws {
        let value = JSON.object([
            ("text", .text("a \"quoted\" \\ line\n\u{1}é😀")),
            ("numbers", .list([.number(0), .number(.max), .decimal("-1"), .decimal("0.5e-3")])),
            ("flags", .list([.boolean(true), .boolean(false), .null])), ("empty", .object([])),
        ])
        for text in [value.line, value.file] { #expect(try read(text).line == value.line) }
    }

    @Test func members() throws {
        let value = try read(#" { "a" : -5, "b" : "x", "c" : [1, 2], "a" : 7 } "#)
        #expect(value["a"]?.integer == 7 && value["b"]?.text == "x" && value["c"]?.items?.count == 2 && value["d"] == nil)
        #expect(value["b"]?.integer == nil && value["a"]?.text == nil && value.items == nil)
        #expect(try read("-9223372036854775808").integer == .min)
        #expect(try read("18446744073709551616").integer == nil)
    }

    @Test func escapes() throws {
        #expect(try read(#""\u0041\n\/\ud83d\ude00""#).text == "A\n/😀")
        #expect(try read(#""\ud83d""#).text == "\u{FFFD}" && read(#""\udc00x""#).text == "\u{FFFD}x")
        #expect(try read(#""\ud83d\u0041""#).text == "A")
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,]", "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "nul", "tru", "+1", "-", "1.", "1e", ".5",
        "\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"",
        "\"\u{1}\"", "1 2", "[1] x", "'a'",
    ]) func mistakesAreSentences(_ text: String) {
        #expect(throws: JSONReader.Mistake.self) { try read(text) }
    }

    @Test func depthIsBounded() throws {
        #expect(throws: Never.self) { try read(String(repeating: "[", count: 63) + String(repeating: "]", count: 63)) }
        #expect(throws: JSONReader.Mistake.self) { try read(String(repeating: "[", count: 1_000_000)) }
    }

    @Test func base64() {
        let bytes: [UInt8] = Array(0...255)
        for count in 0...70 {
            let part = Array(bytes.prefix(count))
            #expect(Base64.bytes(Base64.text(part)) == part)
        }
        let examples = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foobar": "Zm9vYmFy", "swemu": "c3dlbXU="]
        for (text, code) in examples { #expect(Base64.text(Array(text.utf8)) == code) }
        for wrong in ["a", "ab", "abc", "a===", "====", "ab=c", "ab c", "é==="] { #expect(Base64.bytes(wrong) == nil, "\(wrong)") }
    }
}
