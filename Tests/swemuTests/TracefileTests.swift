import Testing

@testable import swemu

/// Tracefiles of several runs as one.
@Suite struct TracefileTests {
    private static let one = """
        TN:
        SF:/src/a.c
        FN:3,first
        FN:9,second
        FNDA:1,first
        FNDA:0,second
        DA:3,1
        DA:4,1
        BRDA:4,12,0,1
        BRDA:4,12,1,0
        BRDA:9,0,0,-
        BRDA:9,0,1,-
        DA:9,0
        LF:3
        LH:2
        end_of_record
        """
    private static let other = """
        SF:/src/a.c
        FN:9,12,second
        FNDA:2,second
        DA:9,2,checksum
        BRDA:9,0,0,1
        BRDA:4,12,0,2
        end_of_record
        SF:b.c
        DA:1,0
        end_of_record
        """

    @Test func countsAreSummed() throws {
        var whole = Tracefile()
        for (text, name) in [(Self.one, "one.info"), (Self.other, "other.info")] {
            #expect(Tracefile.isTracefile(Array(text.utf8)))
            try whole.add(Array(text.utf8), from: name)
        }
        #expect(whole.counts == (4, 3))
        let lines = whole.lcov.split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.hasPrefix("SF:") } == ["SF:/src/a.c", "SF:b.c"])
        #expect(lines.filter { $0.hasPrefix("DA:") } == ["DA:3,1", "DA:4,1", "DA:9,2", "DA:1,0"])
        #expect(lines.filter { $0.hasPrefix("FNDA:") } == ["FNDA:1,first", "FNDA:2,second"])
        #expect(lines.contains("FN:9,second") && lines.contains("LF:3") && lines.contains("LH:3"))
        #expect(
            lines.filter { $0.hasPrefix("BR") } == [
                "BRDA:4,12,0,3", "BRDA:4,12,1,0", "BRDA:9,0,0,1", "BRDA:9,0,1,-", "BRF:4", "BRH:2",
            ])
        #expect(whole.cobertura.contains("<line number=\"4\" hits=\"1\" branch=\"true\" condition-coverage=\"50% (1/2)\"/>"))
        #expect(
            whole.cobertura.contains("branches-covered=\"2\" branches-valid=\"4\"")
                && whole.cobertura.contains("branch-rate=\"0.5000\""))
        var again = Tracefile()
        try again.add(Array(whole.lcov.utf8), from: "again.info")
        #expect(again.lcov == whole.lcov)
        #expect(whole.cobertura.contains("line-rate=\"0.7500\""))
        #expect(whole.cobertura.contains("<package name=\"/src\" line-rate=\"1\""))
        #expect(whole.cobertura.contains("<class name=\"a.c\" filename=\"/src/a.c\""))
    }

    @Test func damageIsSaidWithItsLine() {
        for (text, line) in [
            ("SF:a\nDA:1\n", 2), ("SF:a\nDA:x,1\n", 2), ("TN:\nDA:1,1\n", 2), ("SF:a\nFN:x,f\n", 2), ("SF:a\nFNDA:1\n", 2),
            ("TN:\nend_of_record\n", 2), ("SF:a\nBRDA:1,0,0,x\n", 2), ("SF:a\nBRDA:1,0,0\n", 2),
        ] {
            var whole = Tracefile()
            #expect {
                try whole.add(Array(text.utf8), from: "bad.info")
            } throws: {
                "\($0)".contains("line \(line)") && "\($0)".contains("bad.info")
            }
        }
        #expect(!Tracefile.isTracefile(Array("{\"format\": 1}".utf8)) && !Tracefile.isTracefile([]))
    }

    @Test func sumsDoNotOverflow() throws {
        var whole = Tracefile()
        let text = "SF:a\nDA:1,18446744073709551615\nDA:1,5\nend_of_record\n"
        try whole.add(Array(text.utf8), from: "a")
        #expect(whole.lcov.contains("DA:1,18446744073709551615"))
    }
}
