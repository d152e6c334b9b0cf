import Testing

@testable import Session
@testable import swemu

@Suite struct StateOptionsTests {
    @Test func momentsOfSaving() {
        #expect(SaveMoment(argument: "500M") == .tick(500_000_000))
        #expect(SaveMoment(argument: "end") == .end)
        #expect(SaveMoment(argument: "post=3f") == .postCode(0x3F))
        #expect(SaveMoment(argument: "serial=login: ") == .serial(Array("login: ".utf8)))
        #expect(SaveMoment(argument: "screen=usable") == .screen(Array("usable".utf8)))
        #expect(SaveMoment(argument: "debugcon=OK") == .debugConsole(Array("OK".utf8)))
        #expect(SaveMoment(argument: "failure") == .failure && SaveMoment(argument: "triple-fault") == .tripleFault)
        for wrong in ["", "soon", "post=100", "post=", "serial=", "screen=", "debugcon=", "-1"] {
            #expect(SaveMoment(argument: wrong) == nil, "\(wrong)")
        }
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

    @Test func placesOfComparisons() {
        let cases: [(String, ComparisonPlace?)] = [
            ("1000", .every(1000)), ("2k", .every(2000)), ("0", .every(1)), ("exits", .exits(apart: 1)),
            ("exits:5k", .exits(apart: 5000)),
            ("exits:", nil), ("exits:x", nil), ("exit", nil), ("", nil),
        ]
        for (text, place) in cases { #expect(ComparisonPlace(argument: text) == place, "\(text)") }
    }

    /// The reference machine begins at power-on and takes no input.
    @Test func lockstepIsFromPowerOn() throws {
        for option in ["--restore", "--replay"] {
            #expect(throws: (any Error).self) { try Run.parse(["--kernel", "k", "--lockstep", "1", option, "x"]) }
        }
        #expect(throws: Never.self) { try Run.parse(["--kernel", "k", "--lockstep", "1", "--save", "x"]) }
    }
}

/// The images that a recording names.
@Suite struct RecordedImagesTests {
    private let folder = TestFolder()

    private func recording(_ booted: String) -> String {
        let lines = [
            "swemu-recording 2", "memory 1048576", "processor p6", "rate 100000000", "clock 2000-01-01T00:00:00",
            "firmware \(String(repeating: "0", count: 32))", booted, "start 0 \(String(repeating: "0", count: 32))",
        ]
        return folder.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: "run.txt")
    }

    @Test func theyAreTakenFromIt() throws {
        let path = recording("booted my%20disk.img --cdrom a.iso --snapshot")
        let options = try Run.parse(["--replay", path]).plan.withRecordedImages()
        #expect(options.image == "my disk.img" && options.cdrom.given == ["a.iso"] && options.snapshot)
        // What is given counts.
        let given = try Run.parse(["other.img", "--replay", path]).plan.withRecordedImages()
        #expect(given.image == "other.img" && !given.cdrom.isPresent && !given.snapshot)
    }

    @Test func nothingIsWrittenToThem() throws {
        #expect(try Run.parse(["--replay", recording("booted disk.img")]).plan.withRecordedImages().snapshot)
    }

    @Test func itNamesNothingElse() throws {
        for words in ["disk.img --serial file:x", "disk.img --bios=x", "disk.img two.img", "--load-address x", "-hda x"] {
            let options = try Run.parse(["--replay", recording("booted " + words)])
            #expect(throws: UserError.self, "\(words)") { try options.plan.withRecordedImages() }
        }
    }

    @Test func aRecordingInAnImagesPlaceIsReplayed() throws {
        let path = recording("booted disk.img")
        let options = try Run.parse([path]).plan.withRecordingApart
        #expect(options.image == nil && options.state.replay == path)
        let image = folder.write(Array("swemu-recordin".utf8), to: "disk.img")
        #expect(try Run.parse([image]).plan.withRecordingApart.image == image)
        #expect(try Run.parse(["/nowhere/disk.img"]).plan.withRecordingApart.image == "/nowhere/disk.img")
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

@Suite struct SnapshotCommandTests {
    @Test func savingHasItsOwnWords() throws {
        let save = try Snapshots.Save.parse(["disk.img", "--at", "5M", "--at", "serial=login: ", "-o", "x.snap"])
        #expect(save.at == [.tick(5_000_000), .serial(Array("login: ".utf8))] && save.output == "x.snap")
        for more in [["--save", "y"], ["--save-at", "5", "--save", "y"], ["--gdb", "stdio"]] {
            #expect(throws: (any Error).self) { try Snapshots.Save.parse(["disk.img", "-o", "x.snap"] + more) }
        }
        #expect(throws: (any Error).self) { try Snapshots.Save.parse(["disk.img", "--at", "5M"]) }
    }

    /// What a snapshot says of its machine is what opens it again.
    @Test func theOriginIsACommandLine() throws {
        for words in [
            ["disk.img"], ["disk.img", "--hdb", "b.qcow2", "--format", "qcow2", "--snapshot"],
            [
                "--kernel", "k", "--append", "a b", "--initrd", "m x", "--kernel-format", "flat", "--load-address", "4096",
                "--bits", "16",
            ],
        ] {
            #expect(try Run.parse(words).plan.origin == words)
            #expect(try Run.parse(Run.parse(words + ["--memory", "64", "--headless"]).plan.origin).plan.origin == words)
        }
    }

    @Test func wordsAreQuotedForAShell() {
        #expect(ShellWord.line(["swemu", "run", "a b", "it's", ""]) == #"swemu run 'a b' 'it'\''s' ''"#)
    }
}
