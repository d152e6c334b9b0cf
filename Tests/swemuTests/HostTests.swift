import Board
import Disks
import Testing
import Wiring

@testable import Session
@testable import swemu

/// Files and sockets of the host.
@Suite struct HostTests {
    /// OVMF leaves too little of 128 MB for Debian's Linux.
    @Test func UEFIHasMoreMemory() throws {
        for (words, megabytes) in [
            ([], 128), (["--uefi"], 256), (["--efi", "app.efi"], 256), (["--uefi", "--memory", "64"], 64), (["--bios", "x"], 128),
        ] as [([String], UInt64)] {
            #expect(try Run.parse(["disk.img", "--headless"] + words).plan.memory == megabytes << 20, "\(words)")
        }
    }

    @Test func timeMayGoBack() {
        let clock = Clock(rate: 1_000_000)
        clock.skip(to: 5000)
        var speedometer = Speedometer(clock)
        #expect(speedometer.read(clock, 1000) == nil)
        clock.restart(at: 100, skipped: 20)
        #expect(speedometer.read(clock, 2000) == nil, "a debugger went back: there is no speed")
        clock.cells.pointee.now += 3000
        #expect(speedometer.read(clock, 3000) == .init(MIPS: 3000, isIdle: false))
        #expect(clock.passed(since: 5000) == 0)
        #expect(clock.passed(since: 3000) == 100)

        var pacer = Pacer(rate: 1_000_000_000, factor: 1, tick: 5000, time: 0)
        #expect(pacer.lead(tick: 100, time: 10) == 0)
        #expect(pacer.lead(tick: 1100, time: 510) == 500, "it counts anew from where the machine went")
    }

    @Test func renewedFilesAreAlwaysWhole() throws {
        let folder = TestFolder()
        var file = try OutputFile("\(folder.path)/screen")
        #expect(folder.read("screen") == [])
        file.renew([1, 2, 3])
        #expect(folder.read("screen") == [1, 2, 3])
        #expect(folder.names == ["screen"], "nothing is left beside it")
        #expect(throws: UserError.self) { try OutputFile("\(folder.path)/no/such/folder") }
    }

    @Test func streamsToFilesAndSockets() throws {
        let folder = TestFolder()
        let file = try ByteStream(.file("\(folder.path)/out"))
        for byte in "hello".utf8 { file.put(byte) }
        file.flush()
        #expect(folder.read("out") == Array("hello".utf8))
        #expect(file.inputDescriptors.isEmpty)

        let path = "\(folder.path)/socket"
        let server = try ByteStream(.listen(path))
        server.put(1)
        server.flush()
        let client = try ByteStream(.connect(path))
        #expect(server.take().isEmpty)
        for byte in "to the client".utf8 { server.put(byte) }
        server.flush()
        waitForInput(client.inputDescriptors, milliseconds: 1000)
        #expect(client.take() == Array("to the client".utf8), "what came before the connection is lost, as on a cable")
        client.put(7)
        client.flush()
        waitForInput(server.inputDescriptors, milliseconds: 1000)
        #expect(server.take() == [7])
        #expect(throws: UserError.self) { try ByteStream(.connect("\(folder.path)/nobody")) }
        #expect(throws: UserError.self) { try ByteStream(.listen("\(folder.path)/out")) }
    }

    @Test func filesThatCannotBeWrittenAreLosses() throws {
        var file = try OutputFile("/dev/full")
        file.renew([1])
        #expect(file.loss?.contains("/dev/full is incomplete") == true)
        let stream = try ByteStream(.file("/dev/full"))
        stream.put(1)
        stream.finish()
        #expect(stream.loss != nil)
        #expect(throws: UserError.self) { try OutputFile.write([1], to: "/dev/full") }
        let folder = TestFolder()
        symlink("/dev/full", "\(folder.path)/link")
        #expect(
            StateFile.write("\(folder.path)/link") { sink throws(SnapshotError) in if !sink([1]) { throw .cannotWrite } } != nil)
    }

    @Test func whatOthersHavePutThereStays() throws {
        let folder = TestFolder()
        let victim = folder.write([9], to: "victim")
        // The name that was used once, by process number.
        symlink(victim, "\(folder.path)/screen.\(getpid()).new")
        symlink(victim, "\(folder.path)/screen.0.new")
        var file = try OutputFile("\(folder.path)/screen")
        file.renew([1, 2, 3])
        #expect(folder.read("victim") == [9] && folder.read("screen") == [1, 2, 3])
        // A link that appears at the name later is moved over.
        unlink("\(folder.path)/screen")
        symlink(victim, "\(folder.path)/screen")
        file.renew([4])
        #expect(folder.read("victim") == [9] && folder.read("screen") == [4])
        // A link that the user names is written through and stays a link.
        symlink(victim, "\(folder.path)/link")
        try OutputFile.write([5], to: "\(folder.path)/link")
        var information = stat()
        #expect(lstat("\(folder.path)/link", &information) == 0 && information.st_mode & S_IFMT == S_IFLNK)
        #expect(folder.read("victim") == [5])
        #expect(throws: UserError.self) { try ByteStream(.listen("\(folder.path)/link")) }
    }

    @Test func aPipeThatNobodyReadsIsNotWaitedFor() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let output = OutputDescriptor(ends[1])
        var sent = 0
        while case .written(let count) = output.writeNow([UInt8](repeating: 1, count: 100_000)), count > 0 { sent += count }
        #expect(sent >= 4096 && output.writeNow([1]) == .written(0))
        var buffer = [UInt8](repeating: 0, count: 8192)
        #expect(read(ends[0], &buffer, 8192) == 8192)
        #expect(output.writeNow([1, 2]) == .written(2))
    }

    @Test func aSocketThatSomebodyListensAtIsTaken() throws {
        let folder = TestFolder()
        let path = "\(folder.path)/socket"
        do {
            let first = try ByteStream(.listen(path))
            #expect(throws: UserError.self) { try ByteStream(.listen(path)) }
            // The question whether somebody is there was no client.
            #expect(first.take().isEmpty && first.take().isEmpty)
            let client = try ByteStream(.connect(path))
            first.flush()
            first.put(7)
            first.flush()
            waitForInput(client.inputDescriptors, milliseconds: 1000)
            #expect(client.take() == [7])
        }
        #expect(folder.names.isEmpty)
    }

    @Test func theKeysPipeGivesWholeLines() throws {
        let folder = TestFolder()
        let pipe = try KeysPipe("\(folder.path)/keys")
        let writer = open("\(folder.path)/keys", O_WRONLY | O_NONBLOCK)
        defer { close(writer) }
        _ = OutputDescriptor(writer).writeAll(Array("\"a\"\n[\"r".utf8))
        #expect(pipe.takeLines() == ["\"a\""])
        #expect(pipe.takeLines().isEmpty)
        _ = OutputDescriptor(writer).writeAll(Array("et\"]\n\n".utf8))
        #expect(pipe.takeLines() == ["[\"ret\"]", ""])
    }

    @Test func eachBadImageHasItsOwnStatus() throws {
        let folder = TestFolder()
        var boot = [UInt8](repeating: 0, count: 1024)
        let blank = folder.write(boot, to: "blank.img")
        boot.replaceSubrange(510..<512, with: [0x55, 0xAA])
        let good = folder.write(boot, to: "good.img")
        let locked = folder.write(boot, to: "locked.img")
        let holder = try RawImage(path: locked)
        let cases: [(String, Session.ExitStatus)] = [
            ("\(folder.path)/none.img", .imageMissing),
            (folder.path, .imageIsDirectory),
            (folder.write([], to: "empty.img"), .imageEmpty),
            (folder.write([1, 2, 3], to: "odd.img"), .noBootSignature),
            (folder.write(boot, to: "x.qcow2"), .imageFormat),
            (locked, .imageInUse),
            (blank, .noBootSignature),
            ("/dev/null", .imageUnreadable),
        ]
        for (path, status) in cases {
            do {
                _ = try HostSession(Run.parse([path, "--headless", "--memory", "2"]).plan)
                Issue.record("\(path) was taken")
            } catch let error as UserError {
                #expect(error.status == status, "\(path): \(error)")
                #expect(!error.description.contains("\n"))
                #expect(error.description.contains(path))
            }
        }
        _ = holder.sectorCount
        _ = try HostSession(Run.parse([good, "--headless", "--memory", "2"]).plan)
        _ = try HostSession(Run.parse([folder.path + "/x.qcow2", "--format", "raw", "--headless", "--memory", "2"]).plan)
        // With a firmware of one's own the boot sector is its business.
        let firmware = folder.write([UInt8](repeating: 0xF4, count: 65536), to: "bios")
        _ = try HostSession(Run.parse([blank, "--headless", "--memory", "2", "--bios", firmware]).plan)
    }

    @Test func otherMistakesHaveTheirs() {
        let cases: [([String], Session.ExitStatus)] = [
            ([], .nothingToBoot),
            (["/dev/null", "--bios", "/nosuch"], .imageUnreadable),
        ]
        for (words, status) in cases {
            do {
                _ = try HostSession(Run.parse(words).plan)
                Issue.record("\(words) was taken")
            } catch {
                #expect((error as? UserError)?.status == status, "\(words): \(error)")
            }
        }
        for words in [
            ["--memroy", "1"], ["a", "--snapshot", "--read-only"], ["a", "--hda", "b"], ["a", "--cpu", "z80"],
            ["a", "--serial", "pty:"],
        ] {
            #expect(throws: (any Error).self) { try Run.parse(words) }
        }
    }
}
