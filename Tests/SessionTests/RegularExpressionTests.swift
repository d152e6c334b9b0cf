import Testing

@testable import Session

/// The ends of what expressions find; those of glibc's regexec(3) are taken as right where it can be asked.
@Suite struct RegularExpressionTests {
    private func end(_ expression: String, _ text: String) throws -> Int? {
        try Pattern(regularExpression: expression).end(in: Array(text.utf8))
    }

    @Test(
        arguments: [
            ("abc", "xxabcx", 5), ("a|ab|abc", "zabcd", 4), ("(A|AB|ABC)*(B|BC|C)*D", "ABCABCD", 7),
            ("^two$", "one\ntwo\nthree", 7),
            ("a*", "baa", 0), ("a+", "baab", 3), ("ab?c", "ac", 2), ("a{2}", "aaa", 2), ("a{2,}", "xaaaa", 5),
            ("a{2,3}b", "aaaab", 5),
            ("a{,2}b", "aab", 3), ("(ab){2,3}", "abababab", 6), ("[a-c]+", "zzabcd", 5), ("[^a-c]+", "abcxyz", 6),
            ("[]x]+", "a]x]b", 4),
            ("[^]x]", "]xa", 3), ("[[:digit:]]+", "ab12c", 4), ("[[:alpha:]_][[:alnum:]_]*", "1 a_1 b", 5), ("[a-]+", "x-a-x", 4),
            ("a.c", "a\nc abc", 7), ("[^x]+", "x\nab", 4), (#"\bcat\b"#, "concat cat", 10), (#"\<is\>"#, "this is", 7),
            (#"\w+\s\w+"#, "a b", 3),
            (#"\(a\)\{"#, "(a){", 4), ("", "abc", 0), ("()b", "ab", 2), ("(a|)b", "b", 1), ("x(^|y)", "xy", 2),
            ("(a*)*b", "aaab", 4),
            ("(a|b)*abb", "abababb", 7), ("usable +[0-9]+K", "639K usable  130048K here", 20), ("é+", "caféé", 7),
            ("(a{0})*b", "b", 1),
            ("login: $", "a\nlogin: ", 9), ("[.]", "a.", 2), ("a||b", "b", 1), ("(^a|b)c", "bc ac", 2),
        ] as [(String, String, Int)]) func findsTheFirstAndLongest(_ expression: String, _ text: String, _ expected: Int) throws
    {
        #expect(try end(expression, text) == expected)
        // Byte by byte, the same place is found or one before it: what comes later is not known.
        var search = PatternSearch(try Pattern(regularExpression: expression))
        var found: Int?
        for byte in text.utf8 where found == nil { found = search.end(feeding: [byte]) }
        #expect(found == nil || found! <= max(expected, 1))
        #expect(found != nil || text.utf8.count == 0 || expected > text.utf8.count)
    }

    @Test(arguments: [("abc", "abd"), ("^b", "ab"), ("a$", "ab"), (#"\bcat"#, "concat"), ("[[:upper:]]", "abc"), ("a{3}", "aa")])
    func findsNothing(_ expression: String, _ text: String) throws {
        #expect(try end(expression, text) == nil)
    }

    /// Expressions put together at random mean to us what they mean to the host's library.
    @Test func agreesWithTheHost() throws {
        var numbers = Numbers()
        var compared = 0
        for _ in 0..<4000 {
            let expression = Self.expression(&numbers, depth: 3)
            let text = (0..<numbers.next(below: 12)).map { _ in ["a", "b", "c", "\n", " "][numbers.next(below: 5)] }.joined()
            var compiled = regex_t()
            guard regcomp(&compiled, expression, REG_EXTENDED | REG_NEWLINE) == 0 else { continue }
            defer { regfree(&compiled) }
            var match = regmatch_t()
            let expected = regexec(&compiled, text, 1, &match, 0) == 0 ? Int(match.rm_eo) : nil
            #expect(try end(expression, text) == expected, "\(expression) in \(text.debugDescription)")
            compared += 1
        }
        #expect(compared > 3000)
    }

    private struct Numbers {
        private var state: UInt64 = 88_172_645_463_325_252
        mutating func next(below limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }
    }

    private static func expression(_ numbers: inout Numbers, depth: Int) -> String {
        (0...numbers.next(below: 3)).map { _ in
            let atoms = ["a", "b", "c", ".", "[ab]", "[^a]", "[[:space:]]"]
            let atom =
                depth > 0 && numbers.next(below: 3) == 0
                ? "(\(expression(&numbers, depth: depth - 1))\(numbers.next(below: 2) == 0 ? "|" + expression(&numbers, depth: depth - 1) : ""))"
                : atoms[numbers.next(below: atoms.count)]
            return atom + ["", "", "", "*", "+", "?", "{1,2}", "{2}"][numbers.next(below: 8)]
        }.joined()
    }

    @Test func whatCannotBeUsedIsRefused() {
        for (expression, words) in [
            ("(a", "no )"), ("a)", "no ("), ("[a", "no ]"), ("*a", "nothing to repeat"), ("a{3,2}", "{2,5}"), ("a{99999}", "32767"),
            ("a{x}", "{2,5}"),
            (#"(a)\1"#, "back reference"), (#"a\"#, "backslash"), ("[[:nothing:]]", "[:nothing:]"), ("[z-a]", "backwards"),
            (String(repeating: "(", count: 12_500) + String(repeating: ")", count: 12_500), "parentheses"),
            ("a" + String(repeating: "*", count: 12_500), "repetitions"), ("a{1,32767}{1,32767}", "10000 parts"),
            ("((((a{100}){100}){100}){100}){100}", "10000 parts"),
        ] {
            do throws(RegularExpression.Mistake) {
                _ = try RegularExpression(expression)
                Issue.record("\(expression.prefix(40)) was taken")
            } catch {
                #expect(error.words.contains(words), "\(expression.prefix(40)): \(error.words)")
            }
        }
    }

    /// Each byte costs at most the expression's length: what makes searches that go back never end costs nothing here.
    @Test func isLinear() throws {
        let bytes = [UInt8](repeating: UInt8(ascii: "A"), count: 100_000)
        for expression in ["(A|AB|ABC)*(B|BC|C)*D", "(A*)*B", "(A|A)*B", "(A?){20}A{20}B", "A*A*A*A*B"] {
            var search = PatternSearch(try Pattern(regularExpression: expression))
            #expect(search.end(feeding: bytes[...]) == nil)
            #expect(search.end(feeding: Array("BD".utf8)[...]) != nil)
        }
    }

    @Test func longOutputIsLookedAtOnce() throws {
        var transcript = SearchedOutput()
        let pattern = try Pattern(regularExpression: "^ready [0-9]+$")
        for round in 0..<500 {
            for byte in "a line of \(round)\n".utf8 { for _ in 0..<40 { transcript.append(byte) } }
            let isThere = transcript.consume(pattern)
            #expect(!isThere)
        }
        for byte in "\nready 1".utf8 { transcript.append(byte) }
        let first = transcript.consume(pattern), second = transcript.consume(pattern)
        #expect(first && !second && transcript.bytes.isEmpty)
    }

    @Test func textsAreFoundAcrossPieces() {
        var search = PatternSearch(Pattern(text: "aabaac"))
        #expect(search.end(feeding: Array("aabaa".utf8)[...]) == nil)
        #expect(search.end(feeding: Array("baac".utf8)[...]) == 9)
    }
}
