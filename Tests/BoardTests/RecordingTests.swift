import Chips
import Disks
import TestKit
import Testing
import Wiring

@testable import Board

@Suite struct RecordingTests {
    /// The snapshot program with keys and serial bytes that come at odd moments; what was recorded of it, and the machine at its end.
    private func recorded(restoredFrom bytes: [UInt8]? = nil) throws -> (RunRecording, PC) {
        let pc = try bytes.map { try SnapshotProgram.restore($0) } ?? SnapshotProgram.machine()
        var recording = try #require(RunRecording(startOf: pc))
        pc.input.onDelivery = { recording.entries.append(RunRecording.Entry(tick: $0, input: $1)) }
        var numbers = RandomNumbers(seed: 3)
        for _ in 0..<2000 where pc.clock.now < 150_000 {
            if case .idle(let tick) = pc.run(until: pc.clock.now + UInt64(numbers.below(3000)) + 1, skipsIdleTime: false) {
                pc.skip(to: min(tick, pc.clock.now + UInt64(numbers.below(500))))
            }
            if numbers.below(8) == 0 { pc.input.press([.shift, .a]) }
            if numbers.below(8) == 0 { pc.input.moveMouse(dx: numbers.below(9) - 4, dy: 3, wheel: 1, buttons: [.left]) }
            if numbers.below(20) == 0 { pc.input.repeatKey(.a) }
            if numbers.below(8) == 0 { pc.input.send((0..<numbers.below(40)).map { UInt8($0) }, to: numbers.below(2)) }
        }
        // A moment is one after events and input of its tick.
        _ = pc.run(until: pc.clock.now)
        recording.end = pc.moment
        return (recording, pc)
    }

    private func replay(_ recording: RunRecording, from bytes: [UInt8]? = nil) throws -> PC {
        let pc = try bytes.map { try SnapshotProgram.restore($0) } ?? SnapshotProgram.machine()
        #expect(recording.misfit(pc) == nil)
        pc.input.replay(recording.entries[...])
        pc.input.press([.b])
        _ = pc.run(until: recording.end!.tick)
        return pc
    }

    @Test func aRecordedRunRepeatsItself() throws {
        let (recording, _) = try recorded()
        #expect(recording.entries.count > 50)
        #expect(try replay(recording).moment == recording.end)
    }

    @Test func aRunThatBeganWithASnapshotIsRecordedToo() throws {
        let pc = try SnapshotProgram.machine()
        _ = pc.run(until: 700)
        let bytes = try SnapshotProgram.save(pc)
        let (recording, _) = try recorded(restoredFrom: bytes)
        #expect(try replay(recording, from: bytes).moment == recording.end)
    }

    @Test func theTextSaysItAll() throws {
        let (recording, _) = try recorded()
        #expect(try RunRecording(parsing: recording.text) == recording)
        var other = recording
        other.stopsAtReset = true
        other.resetsAtTripleFault = true
        other.debugExitPort = 0xF4
        other.kernel = StateHash()
        other.origin = ["my disk.img", "--append", "", "100%\n\tüber"]
        other.end = nil
        other.clockStart = MC146818.DateTime(year: 2031, month: 2, day: 9, hour: 23, minute: 5, second: 59)
        #expect(try RunRecording(parsing: other.text) == other)
        // Killed while it wrote its last line.
        var cut = other
        cut.entries.removeLast()
        #expect(try RunRecording(parsing: String(other.text.dropLast(3))) == cut)
    }

    @Test func whatIsNoRecordingIsRefused() throws {
        let (recording, _) = try recorded()
        func error(_ text: String) -> RecordingError? {
            do throws(RecordingError) {
                _ = try RunRecording(parsing: text)
                return nil
            } catch {
                return error
            }
        }
        #expect(error("") == .notARecording)
        #expect(error("swemu-recording 9\n") == .version("9"))
        #expect(error("swemu-recording 2\nmemory 5\n") == .missing("processor"))
        #expect(error(recording.text + "1 key a down\n")?.description.hasPrefix("line ") == true, "time runs backwards")
        for line in [
            "x", "booted a%2", "booted %zz", "5 key nokey down", "5 serial 7 00", "memory", "disk 9 1 00",
            "99999999999999999999 key a up", "-1 key a up",
        ] {
            #expect(error(recording.text + line + "\n") != nil, "\(line)")
        }
        var numbers = RandomNumbers(seed: 8)
        let bytes = Array(recording.text.utf8)
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0...numbers.below(3) { damaged[numbers.below(damaged.count)] = numbers.byte() }
            _ = error(String(decoding: damaged, as: UTF8.self))
        }
    }

    @Test func anotherMachineIsNoticed() throws {
        let (recording, _) = try recorded()
        func misfit(_ change: (inout PC.Configuration) -> Void) throws -> RecordingError? {
            recording.misfit(try SnapshotProgram.machine(change))
        }
        #expect(try misfit { _ in } == nil)
        #expect(try misfit { $0.disks = [] } == .diskMissing(drive: 0))
        #expect(try misfit { $0.disks.append(MemoryStore(sectorCount: 5)) } == .diskExtra(drive: 1))
        #expect(try misfit { $0.disks = [MemoryStore(sectorCount: 64)] } == .diskDiffers(drive: 0))
        #expect(try misfit { $0.firmware?[9] ^= 1 } == .firmware)
        let kernel = DirectBoot(
            pieces: [DirectBoot.Piece(address: 0x8000, bytes: [1, 2, 3])], entry: .protected(eip: 0, eax: 1, ebx: 2))
        #expect(try misfit { $0.directBoot = kernel } == .kernelExtra)
        var withKernel = recording
        withKernel.kernel = kernel.fingerprint
        #expect(withKernel.misfit(try SnapshotProgram.machine { $0.directBoot = kernel }) == nil)
        var other = kernel
        other.pieces[0].bytes[2] ^= 1
        #expect(withKernel.misfit(try SnapshotProgram.machine { $0.directBoot = other }) == .kernelDiffers)
        #expect(withKernel.misfit(try SnapshotProgram.machine()) == .kernelMissing)
        guard case .start? = try misfit({ $0.memoryBytes = 2 << 20 }) else { throw RecordingError.notARecording }
        let all: [RecordingError] = [
            .notARecording, .version("2"), .line(3, "x"), .missing("rate"), .kernelMissing, .kernelExtra, .kernelDiffers,
            .diskMissing(drive: 1),
            .diskExtra(drive: 9), .diskDiffers(drive: 0), .diskUnreadable, .firmware,
            .start(recorded: recording.start, now: recording.start),
        ]
        for error in all { #expect(!error.description.contains("\n")) }
    }
}
