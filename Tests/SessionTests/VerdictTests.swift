import Board
import Testing

@testable import Formats
@testable import Session

/// What a run tells the shell, the user and a report.
@Suite struct VerdictTests {
    @Test func onlyTheGuestMakesAZero() {
        #expect(Verdict(exitCode: 0).status == 0)
        #expect(Verdict(exitCode: 0).kind == .passed)
        #expect((1...9).map { Verdict(exitCode: $0).status } == Array(1...9))
        #expect(Verdict(exitCode: 10).status == 9)
        #expect(Verdict(exitCode: .max).status == 9)
        #expect(Verdict(exitCode: .max).guestCode == .max)
        for status in Session.ExitStatus.allCases where status != .passed { #expect(status.rawValue >= 10) }
    }

    /// 124 to 126 are timeout's, 127 the shell's, 128 and up signals.
    @Test func ourStatusesKeepAwayFromOthers() {
        let all = Session.ExitStatus.allCases.map(\.rawValue)
        #expect(Set(all).count == all.count)
        #expect(all.allSatisfy { $0 < 124 && $0 % 2 == 0 })
    }

    @Test func isaDebugExitIsQEMUs() {
        #expect(Verdict(debugExitStatus: 1).status == 1)
        #expect(Verdict(debugExitStatus: 0x21).status == 33)
        #expect(Verdict(debugExitStatus: 0x21).guestCode == 0x10)
        #expect(Verdict(debugExitStatus: 1).kind == .guestFailed)
    }

    @Test func theLineSaysWhatHappenedAndHowLongItTook() {
        #expect(
            Verdict(exitCode: 3).line(instructions: 1_234_567, ticks: 1_234_568, seconds: 0.0123456)
                == "guest failed: the guest wrote 3 to the exit port (1234567 instructions, 1234568 ticks, 0.012346 s)")
        #expect(Verdict.rounded(30) == "30.000")
        #expect(Verdict.rounded(0.5) == "0.500")
    }

    /// FIPS 180-4's examples, and lengths around a block.
    @Test func digestsAreThoseOfTheStandard() {
        #expect(SHA256.hexadecimal([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(SHA256.hexadecimal(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256.hexadecimal(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            SHA256.hexadecimal([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func textInJSONIsQuoted() {
        #expect(JSON.quoted("a\"b\\c\n\u{1}é") == "\"a\\\"b\\\\c\\n\\u0001é\"")
        #expect(
            JSON.object([("a", .list([.number(1), .null])), ("b", .object([]))]).file
                == "{\n  \"a\": [\n    1,\n    null\n  ],\n  \"b\": {}\n}\n")
    }
}
