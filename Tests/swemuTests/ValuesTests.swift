import Testing

@testable import Formats
@testable import Inspection
@testable import Session
@testable import swemu

@Suite struct ValuesTests {
    @Test func memorySizes() {
        let cases: [(String, UInt64?)] = [
            ("64", 64 << 20), ("64M", 64 << 20), ("64m", 64 << 20), ("64MB", 64 << 20), ("64MiB", 64 << 20), ("1G", 1 << 30),
            ("512K", 512 << 10), ("", nil), ("M", nil), ("-1", nil), ("1.5G", 1536 << 20), ("99999999999999999999", nil),
            ("18446744073709551615", nil), ("x", nil),
        ]
        for (text, bytes) in cases { #expect(MemorySize(argument: text)?.bytes == bytes, "\(text)") }
    }

    @Test func processors() {
        let cases: [(String, [Int]?)] = [
            ("1", [1, 1, 1]), ("4", [4, 1, 1]), ("16", [16, 1, 1]), ("cpus=4", [4, 1, 1]), ("4,sockets=1", [1, 4, 1]),
            ("4,cores=2,threads=2", [1, 2, 2]), ("sockets=2,cores=2,threads=2", [2, 2, 2]), ("8,sockets=2,cores=4", [2, 4, 1]),
            ("2,maxcpus=2", [2, 1, 1]), ("6,cores=6", [1, 6, 1]), ("4,dies=1", [4, 1, 1]), ("0", nil), ("17", nil), ("-1", nil),
            ("4,cores=3", nil), ("2,maxcpus=4", [2, 1, 1]), ("6,sockets=2,cores=3", nil), ("cores=", nil), ("4,4", nil),
            ("4,", nil),
            ("cpus=2,cpus=2", nil), ("4,nonsense=1", nil), ("", nil), ("99999999999999999999", nil), ("4,threads=3", nil),
        ]
        for (text, parts) in cases {
            let topology = TopologyArgument(argument: text)?.value
            #expect(topology.map { [$0.sockets, $0.cores, $0.threads] } == parts, "\(text)")
        }
    }

    @Test func counts() {
        let cases: [(String, UInt64?)] = [
            ("0", 0), ("500M", 500_000_000), ("1_000", 1000), ("2g", 2_000_000_000), ("3k", 3000), ("", nil), ("G", nil),
            ("99999999999T", nil), ("1e6", nil),
        ]
        for (text, value) in cases { #expect(Count(argument: text)?.value == value, "\(text)") }
    }

    @Test func numbers() {
        let cases: [(String, UInt64?)] = [
            ("0x7c00", 0x7C00), ("7C00h", 0x7C00), ("31744", 31744), ("0x", nil), ("h", nil), ("12q", nil),
        ]
        for (text, value) in cases { #expect(Number(argument: text)?.value == value, "\(text)") }
    }

    @Test func destinations() {
        let cases: [(String, Destination?)] = [
            ("stdio", .stdio), ("null", .null), ("file:a b", .file("a b")), ("unix:/tmp/s", .listen("/tmp/s")),
            ("unix:/tmp/s,connect", .connect("/tmp/s")), ("file:", nil), ("unix:", nil), ("pty", .terminal), ("", nil),
        ]
        for (text, value) in cases { #expect(Destination(argument: text) == value, "\(text)") }
    }

    @Test func dates() {
        for text in ["2024-02-29", "2000-01-01T23:59:59", "1980-01-01"] { #expect(ClockStart(argument: text) != nil, "\(text)") }
        for text in [
            "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-32", "1979-01-01", "2100-01-01", "2024-01-01T24:00:00",
            "2024-01-01T1:2",
            "2024-01-01T00:60:00", "yesterday", "", "T", "2024-+1-01", "2024-01-01T", "2024-01-01T00:00:00T",
        ] { #expect(ClockStart(argument: text) == nil, "\(text)") }
        #expect(ClockStart(argument: "utc") == .hostUTC)
        #expect(ClockStart(argument: "host") == .hostLocal)
    }

    @Test func theNearestNameIsFound() {
        let names = ["memory", "headless", "serial", "snapshot"]
        #expect(nearestName(to: "memroy", among: names) == "memory")
        #expect(nearestName(to: "serail", among: names) == "serial")
        #expect(nearestName(to: "head-less", among: names) == "headless")
        #expect(nearestName(to: "zzzzz", among: names) == nil)
        #expect(nearestName(to: "", among: []) == nil)
    }

    /// Odd statuses belong to the guest; 124 and above to timeout(1) and the shell.
    @Test func ourStatusesNeverCollideWithTheGuests() {
        for status in ExitStatus.allCases {
            #expect(status.rawValue % 2 == 0)
            #expect(status.rawValue < 124)
            #expect(!status.meaning.isEmpty)
        }
    }
}
