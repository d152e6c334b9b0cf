import Chips
import Screen
import Testing

@testable import Session

@Suite struct KeyScriptTests {
    @Test func linesBecomeChords() {
        let cases: [(String, String?)] = [
            (#""ab""#, "a b"), (#""A!\n""#, "shift-a shift-1 ret"), (#""\"\\ \u0041""#, "shift-apostrophe backslash spc shift-a"),
            (#"["ret"]"#, "ret"), (#" [ "down" , "ret" ] "#, "down ret"), (#"["ctrl-alt-delete"]"#, "ctrl-alt-delete"),
            (#"[["ctrl", "b"], "x"]"#, "ctrl-b x"), ("[]", ""), (#""""#, ""), (#""é""#, ""),
            ("", nil), ("ab", nil), (#""ab"#, nil), (#"["a""#, nil), (#"["a",]"#, nil), ("[1]", nil), (#"[[["a"]]]"#, nil),
            (#""a" "b""#, nil), (#""\u12""#, nil), (#""\q""#, nil), ("{}", nil), (#"[["a", ["b"]]]"#, nil), (#"["nokey"]"#, nil),
        ]
        for (line, expected) in cases {
            let chords = KeyScript.chords(ofLine: line)?.map { $0.map(\.rawValue).joined(separator: "-") }.joined(separator: " ")
            #expect(chords == expected, "\(line)")
        }
    }
}
