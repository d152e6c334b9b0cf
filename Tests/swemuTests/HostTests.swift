import Disks
import Testing
import Wiring

@testable import swemu

/// Files and sockets of the host.
@Suite struct HostTests {
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
        #expect(folder.read("screen.\(getpid()).new") == nil, "nothing is left beside it")
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

    @Test func theKeysPipeGivesWholeLines() throws {
        let folder = TestFolder()
        let pipe = try KeysPipe("\(folder.path)/keys")
        let writer = open("\(folder.path)/keys", O_WRONLY | O_NONBLOCK)
        defer { close(writer) }
        writeAll(writer, Array("\"a\"\n[\"r".utf8))
        #expect(pipe.takeLines() == ["\"a\""])
        #expect(pipe.takeLines().isEmpty)
        writeAll(writer, Array("et\"]\n\n".utf8))
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
        let cases: [(String, swemu.ExitStatus)] = [
            ("\(folder.path)/none.img", .imageMissing),
            (folder.path, .imageIsDirectory),
            (folder.write([], to: "empty.img"), .imageEmpty),
            (folder.write([1, 2, 3], to: "odd.img"), .imageOddSize),
            (folder.write(boot, to: "x.qcow2"), .imageFormat),
            (locked, .imageInUse),
            (blank, .noBootSignature),
            ("/dev/null", .imageUnreadable),
        ]
        for (path, status) in cases {
            do {
                _ = try HostSession(options: Run.parse([path, "--headless", "--memory", "2"]))
                Issue.record("\(path) was taken")
            } catch let error as UserError {
                #expect(error.status == status, "\(path): \(error)")
                #expect(!error.description.contains("\n"))
                #expect(error.description.contains(path))
            }
        }
        _ = holder.sectorCount
        _ = try HostSession(options: Run.parse([good, "--headless", "--memory", "2"]))
        _ = try HostSession(options: Run.parse([folder.path + "/x.qcow2", "--format", "raw", "--headless", "--memory", "2"]))
        // With a firmware of one's own the boot sector is its business.
        let firmware = folder.write([UInt8](repeating: 0xF4, count: 65536), to: "bios")
        _ = try HostSession(options: Run.parse([blank, "--headless", "--memory", "2", "--bios", firmware]))
    }

    @Test func otherMistakesHaveTheirs() {
        let cases: [([String], swemu.ExitStatus)] = [
            ([], .nothingToBoot),
            (["/dev/null", "--bios", "/nosuch"], .imageUnreadable),
        ]
        for (words, status) in cases {
            do {
                _ = try HostSession(options: Run.parse(words))
                Issue.record("\(words) was taken")
            } catch {
                #expect((error as? UserError)?.status == status, "\(words): \(error)")
            }
        }
        for words in [
            ["--memroy", "1"], ["a", "--snapshot", "--read-only"], ["a", "--hda", "b"], ["a", "--cpu", "z80"],
            ["a", "--serial", "pty"],
        ] {
            #expect(throws: (any Error).self) { try Run.parse(words) }
        }
    }
}
