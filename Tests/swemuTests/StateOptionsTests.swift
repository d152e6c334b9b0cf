import Testing

@testable import swemu

@Suite struct StateOptionsTests {
    @Test func momentsOfSaving() {
        #expect(SaveMoment(argument: "500M") == .tick(500_000_000))
        #expect(SaveMoment(argument: "end") == .end)
        #expect(SaveMoment(argument: "post=3f") == .postCode(0x3F))
        #expect(SaveMoment(argument: "serial=login: ") == .serial(Array("login: ".utf8)))
        for wrong in ["", "soon", "post=100", "post=", "serial=", "-1"] { #expect(SaveMoment(argument: wrong) == nil, "\(wrong)") }
    }

    @Test func hostTimes() {
        #expect(HostTime(argument: "1.5")?.nanoseconds == 1_500_000_000)
        #expect(HostTime(argument: "30s")?.nanoseconds == 30_000_000_000)
        #expect(HostTime(argument: "5m")?.nanoseconds == 300_000_000_000)
        #expect(HostTime(argument: "2h")?.nanoseconds == 7_200_000_000_000)
        for wrong in ["", "0", "-1", "s", "nan", "inf", "1d", "1e300", "1e9h"] {
            #expect(HostTime(argument: wrong) == nil, "\(wrong)")
        }
    }

    @Test func savingNeedsAFile() throws {
        #expect(throws: (any Error).self) { try Run.parse(["disk.img", "--save-at", "end"]) }
        #expect(try Run.parse(["disk.img", "--save", "x", "--save-at", "end", "--save-at", "5"]).state.saveAt == [.end, .tick(5)])
    }

    /// The reference machine begins at power-on and takes no input.
    @Test func lockstepIsFromPowerOn() throws {
        for option in ["--restore", "--replay"] {
            #expect(throws: (any Error).self) { try Run.parse(["--kernel", "k", "--lockstep", "1", option, "x"]) }
        }
        #expect(throws: Never.self) { try Run.parse(["--kernel", "k", "--lockstep", "1", "--save", "x"]) }
    }
}

/// The names of all options of a command, taken from its help.
@Suite struct OptionNamesTests {
    @Test func noNameIsGivenTwice() {
        for (name, help) in [("run", Run.helpMessage(columns: 400)), ("test", swemu.Test.helpMessage(columns: 400))] {
            let names = help.split(separator: "\n").compactMap { line -> Substring? in
                let words = line.split(separator: " ")
                return line.hasPrefix("  -") ? words.first { $0.hasPrefix("--") } : nil
            }
            #expect(names.count > 10, "\(name)")
            let again = Dictionary(grouping: names, by: { $0 }).filter { $0.value.count > 1 }
            #expect(again.isEmpty, "\(name): \(again.keys)")
        }
    }
}
