import ArgumentParser
import Testing

@testable import Session
@testable import swemu
@testable import Trace

@Suite struct TraceOptionsTests {
    @Test func rangesOfAllForms() {
        #expect(AddressRange.parse("0x7c00") == 0x7C00...0x7C00)
        #expect(AddressRange.parse("0x7c00-0x7dff") == 0x7C00...0x7DFF)
        #expect(AddressRange.parse("7c00h+16") == 0x7C00...0x7C0F)
        #expect(AddressRange.parse("0xffffffff80000000+0x80000000") == 0xFFFF_FFFF_8000_0000...UInt64.max)
        for wrong in ["", "-", "0x10-0x1", "1-", "kmain", "0x10+0", "1-2-3"] {
            #expect(AddressRange.parse(wrong) == nil, "\(wrong)")
        }
    }

    @Test func conditionsBecomeAFilter() throws {
        let run = try #require(
            try Run.parseAsRoot([
                "a.img", "--trace", "exceptions,ports", "--trace", "all", "--trace-range", "0x10-0x20", "--trace-range",
                "0xffff800000000000+1", "--trace-ring", "0,3",
                "--trace-ports",
                "0x60-0x64,0x3f8", "--trace-from", "1M",
            ]) as? Run)
        let plan = try run.tracing.plan
        let filter = try #require(try plan.filter(nil))
        #expect(filter.kinds == TraceKind.events)
        #expect(
            filter.addresses == [0x10...0x20, 0xFFFF_8000_0000_0000...0xFFFF_8000_0000_0000] && filter.rings == [0, 3]
                && filter.ports == [0x60...0x64, 0x3F8...0x3F8])
        #expect(filter.ticks == 1_000_000..<UInt64.max)
        #expect(!plan.wantsInstructions)
    }

    @Test(arguments: [
        (["--trace", "exeptions"], "did you mean exceptions?"), (["--trace", "all", "--trace-ring", "4"], "not a ring"),
        (["--trace", "all", "--trace-range", "kmain"], "need --kernel or --symbols"),
        (["--trace", "all", "--trace-ports", "0x10000"], "ports"),
        (["--trace", "all", "--trace-from", "5", "--trace-until", "5"], "nothing to trace"),
    ])
    func mistakesAreNamed(_ arguments: [String], _ words: String) throws {
        let run = try #require(try Run.parseAsRoot(["a.img"] + arguments) as? Run)
        let error = #expect(throws: UserError.self) { try run.tracing.plan.filter(nil) }
        #expect(error?.description.contains(words) == true && error?.status == .usage, "\(String(describing: error))")
    }

    @Test func whatNeedsATraceSaysSo() {
        for option in [
            ["--trace-file", "f"], ["--trace-range", "1"], ["--trace-from", "1"], ["--trace", "all", "--trace-limit", "x"],
        ] {
            #expect(throws: (any Error).self) { try Run.parseAsRoot(["a.img"] + option) }
        }
        #expect(throws: (any Error).self) {
            try Run.parseAsRoot(["a.img", "--snapshot", "--lockstep", "10", "--trace", "instructions"])
        }
    }

    @Test func aLineOfJSONIsOneLine() {
        let event = TraceEvent(
            tick: 7, kind: .ports, cs: 0xF000, rip: 0xFFF0, linear: 0xFFFFFFF0, ring: 0,
            mode: ExecutionMode(kind: .real, paging: .none),
            what: .port(number: 0x80, size: 1, value: 10, isWrite: true), symbol: "a\"b")
        #expect(
            event.json.line
                == #"{"tick":7,"kind":"ports","cs":61440,"eip":65520,"linear":4294967280,"ring":0,"mode":"real","paging":"none","#
                + #""port":128,"size":1,"value":10,"write":true,"symbol":"a\"b"}"#)
    }
}
