import Chips
import Disks
import Foundation
import TestKit
import Testing
import Wiring

@testable import Board

@Suite struct TimelineTests {
    private func limits(_ interval: UInt64, megabytes: Int = 256, dense: UInt64 = 120_000_000) -> Timeline.Limits {
        var limits = Timeline.Limits()
        limits.interval = interval
        limits.memoryBytes = megabytes << 20
        limits.denseTicks = dense
        return limits
    }

    private func writes(_ pc: PC) -> SectorWrites? { (pc.configuration.disks[0] as? Overlay)?.writes }

    /// Every tick of a program full of hard moments, backwards.
    @Test func everyTickIsReachedBackwards() throws {
        var hashes: [StateHash] = []
        let reference = try SnapshotProgram.machine()
        for tick in 0...SnapshotProgram.length {
            _ = reference.run(until: tick)
            hashes.append(reference.stateHash())
        }
        let pc = try SnapshotProgram.machine()
        let timeline = try Timeline(pc, limits: limits(100))
        timeline.go(to: SnapshotProgram.length)
        #expect(pc.stateHash() == hashes.last)
        for tick in stride(from: SnapshotProgram.length, through: 0, by: -3) {
            timeline.go(to: tick)
            try #require(pc.clock.now == tick && pc.stateHash() == hashes[Int(tick)], "tick \(tick)")
        }
        #expect(timeline.isInPast && timeline.latest == SnapshotProgram.length)
        timeline.go(to: SnapshotProgram.length)
        #expect(!timeline.isInPast)
        #expect(pc.stateHash() == hashes.last && writes(pc) == writes(reference))
    }

    /// Keys, mouse, reset and serial bytes come in while it runs; back and forward again comes to the same state, and goes on as if
    /// nobody had looked.
    @Test func inputComesAgain() throws {
        func typed(_ run: (UInt64) -> Void, _ pc: PC) {
            var numbers = RandomNumbers(seed: 31)
            for step in UInt64(1)...60 {
                run(step * 4001)
                if numbers.below(3) == 0 { pc.input.press([.ctrl, .c]) }
                if numbers.below(3) == 0 { pc.input.send((0..<numbers.below(30)).map { UInt8($0) }, to: 0) }
                if numbers.below(20) == 0 { pc.input.reset() }
                // A moment is one after the input of its tick.
                run(step * 4001)
            }
        }
        let reference = try SnapshotProgram.machine()
        typed({ _ = reference.run(until: $0) }, reference)
        _ = reference.run(until: 400_000)

        let pc = try SnapshotProgram.machine()
        let timeline = try Timeline(pc, limits: limits(7000))
        var seen: [(UInt64, StateHash)] = []
        typed(
            {
                timeline.go(to: $0)
                if seen.last?.0 == $0 { seen.removeLast() }
                seen.append(($0, pc.stateHash()))
            }, pc)
        // What waits now must still wait after the journey.
        pc.input.press([.z])
        let waiting = pc.input.state
        var numbers = RandomNumbers(seed: 4)
        for _ in 0..<60 {
            let (tick, hash) = seen[numbers.below(seen.count)]
            timeline.go(to: tick)
            #expect(pc.stateHash() == hash, "at \(tick)")
        }
        timeline.go(to: timeline.latest)
        #expect(pc.input.state == waiting)
        _ = reference.run(until: 60 * 4001)
        let second = try SnapshotProgram.machine()
        typed({ _ = second.run(until: $0) }, second)
        second.input.press([.z])
        _ = second.run(until: 400_000)
        timeline.go(to: 400_000)
        #expect(pc.stateHash() == second.stateHash())
    }

    @Test func theFutureCanBeChanged() throws {
        let pc = try SnapshotProgram.machine()
        let timeline = try Timeline(pc, limits: limits(1000))
        timeline.go(to: 50_000)
        pc.input.press([.a])
        timeline.go(to: 100_000)
        let first = pc.stateHash()
        timeline.go(to: 40_000)
        timeline.forgetFuture()
        #expect(timeline.latest == 40_000)
        timeline.go(to: 50_000)
        pc.input.press([.b])
        timeline.go(to: 100_000)
        #expect(pc.stateHash() != first)
        let straight = try SnapshotProgram.machine()
        _ = straight.run(until: 50_000)
        straight.input.press([.b])
        _ = straight.run(until: 100_000)
        #expect(pc.stateHash() == straight.stateHash())
    }

    /// What a debugger changes holds from there on, and is undone by going back before it.
    @Test func changesFromOutsideAreKeptAndUndone() throws {
        func change(_ pc: PC, _ value: UInt8) {
            var state = pc.cpu.state
            state.r15 = UInt64(value)
            pc.cpu.state = state
            for page in 0..<3 as Range<UInt64> {
                withUnsafeBytes(of: value) { pc.bus.write(physical: 0x5_0000 + 0x1000 * page, from: $0, by: .busMaster("test")) }
            }
        }
        let straight = try SnapshotProgram.machine()
        var plain: [StateHash] = []
        for tick in [30_000, 39_500, 60_000] as [UInt64] {
            _ = straight.run(until: tick)
            plain.append(straight.stateHash())
        }
        let changed = try SnapshotProgram.machine()
        _ = changed.run(until: 40_000)
        change(changed, 7)
        let atChange = changed.stateHash()
        _ = changed.run(until: 50_000)
        change(changed, 8)
        change(changed, 9)
        let atSecond = changed.stateHash()
        _ = changed.run(until: 60_000)

        let pc = try SnapshotProgram.machine()
        let timeline = try Timeline(pc, limits: limits(1000))
        timeline.go(to: 40_000)
        change(pc, 7)
        timeline.machineWasChanged()
        timeline.go(to: 50_000)
        for value: UInt8 in [8, 9] {
            change(pc, value)
            timeline.machineWasChanged()
        }
        timeline.go(to: 60_000)
        #expect(pc.stateHash() == changed.stateHash())
        timeline.go(to: 50_000)
        #expect(pc.stateHash() == atSecond)
        timeline.go(to: 40_000)
        #expect(pc.stateHash() == atChange && timeline.latest == 50_000)
        timeline.go(to: 30_000)
        #expect(pc.stateHash() == plain[0] && timeline.latest == 40_000)
        timeline.go(to: 39_500)
        #expect(pc.stateHash() == plain[1])
        timeline.go(to: 60_000)
        #expect(pc.stateHash() == plain[2])
        timeline.go(to: 39_500)
        #expect(pc.stateHash() == plain[1])
    }

    /// A snapshot in the machine's place, earlier or later than its own time, begins a past of its own.
    @Test func aSnapshotBeginsANewPast() throws {
        let straight = try SnapshotProgram.machine()
        _ = straight.run(until: 30_000)
        let early = try SnapshotProgram.save(straight)
        _ = straight.run(until: 45_000)
        let middle = straight.stateHash()
        _ = straight.run(until: 70_000)
        let late = try SnapshotProgram.save(straight)
        let end = straight.stateHash()
        for goesBackBefore in [false, true] {
            let pc = try SnapshotProgram.machine()
            let timeline = try Timeline(pc, limits: limits(1000))
            timeline.go(to: 50_000)
            if goesBackBefore { timeline.go(to: 20_000) }
            try Snapshot(source: SnapshotProgram.source(early)).restore(pc, verifies: true)
            timeline.machineWasChanged()
            #expect(timeline.earliest == 30_000 && timeline.latest == 30_000)
            timeline.go(to: 70_000)
            #expect(pc.stateHash() == end)
            timeline.go(to: 45_000)
            #expect(pc.stateHash() == middle)
            // Nobody said anything this time.
            try Snapshot(source: SnapshotProgram.source(late)).restore(pc, verifies: true)
            timeline.go(to: 69_000)
            #expect(timeline.earliest == 70_000 && pc.clock.now == 70_000 && pc.stateHash() == end)
        }
    }

    /// Checkpoints are given up, old ones first to be thinned, and what is left still leads everywhere behind the earliest.
    @Test func memoryIsBounded() throws {
        // Writes all of a megabyte's pages again and again: mov es,ax; stosb over 64 KB; next segment.
        let code: [UInt8] = [
            0xB8, 0x00, 0x10, 0x8E, 0xC0, 0x31, 0xFF, 0xB9, 0x00, 0x40, 0x93, 0x40, 0x93, 0x88, 0xD8, 0xF3, 0xAA, 0x8C, 0xC0, 0x05,
            0x00, 0x04, 0x80, 0xFC, 0x90, 0x72, 0xE8, 0xEB, 0xE3,
        ]
        let pc = try MachineTests.machine(code)
        let timeline = try Timeline(pc, limits: limits(100_000, megabytes: 6, dense: 1_000_000))
        var hashes: [UInt64: StateHash] = [:]
        var numbers = RandomNumbers(seed: 12)
        for step in UInt64(1)...200 {
            timeline.go(to: step * 77_777)
            if numbers.below(3) == 0 || step > 180 { hashes[step * 77_777] = pc.stateHash() }
            #expect(timeline.byteCount <= 7 << 20)
        }
        let ticks = timeline.checkpointTicks
        #expect(ticks.count < 120 && ticks.count > 8, "\(ticks)")
        #expect(timeline.earliest < timeline.latest - 1_000_000)
        for (tick, hash) in hashes.sorted(by: { $0.key > $1.key }) where tick >= timeline.earliest {
            timeline.go(to: tick)
            #expect(pc.stateHash() == hash, "at \(tick)")
        }
        timeline.go(to: 0)
        #expect(pc.clock.now == timeline.earliest)
    }

    @Test func aDiskThatIsWrittenThroughIsRefused() throws {
        let pc = try SnapshotProgram.machine { $0.disks = [SnapshotProgram.disk()] }
        #expect(throws: Timeline.Refusal.writesThrough(drive: 0)) { try Timeline(pc) }
    }

    /// A machine that ended is alive in its past.
    @Test func anEndIsLeftBackwards() throws {
        let pc = try MachineTests.machine([0x40, 0x40, 0x40, 0xB0, 0x21, 0xE6, 0xF4])
        let timeline = try Timeline(pc, limits: limits(3))
        #expect(timeline.go(to: 1000) == .ended(.exit(code: 0x21)))
        let end = pc.clock.now
        timeline.go(to: 2)
        #expect(pc.cpu.state.rax & 0xFFFF == 1 && pc.ending == nil)
        #expect(timeline.go(to: end) == .ended(.exit(code: 0x21)) || pc.run(until: end + 1) == .ended(.exit(code: 0x21)))
    }

    /// Random points over Linux's boot; the image is one of testroms/guests/make.py.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["LINUX"] != nil)) func linux() throws {
        let path = try #require(ProcessInfo.processInfo.environment["LINUX"])
        var configuration = PC.Configuration()
        configuration.memoryBytes = 64 << 20
        configuration.disks = [Overlay(over: try RawImage(path: path, access: .readOnly))]
        let pc = try PC(configuration)
        let timeline = try Timeline(pc)
        var numbers = RandomNumbers(seed: 77)
        var hashes: [(UInt64, StateHash)] = []
        while pc.clock.now < 4_000_000_000 {
            timeline.go(to: pc.clock.now + 20_000_000 + numbers.next() % 60_000_000)
            hashes.append((pc.clock.now, pc.stateHash()))
        }
        print("checkpoints \(timeline.checkpointTicks.count), \(timeline.byteCount >> 20) MB, earliest \(timeline.earliest)")
        let clock = ContinuousClock()
        var slowest = Duration.zero
        for _ in 0..<40 {
            let (tick, hash) = hashes.suffix(20)[hashes.count - 1 - numbers.below(20)]
            // To the instruction before, from wherever it is, as a step back does.
            let taken = clock.measure { _ = timeline.go(to: tick - 1) }
            if timeline.latest - tick < 100_000_000 { slowest = max(slowest, taken) }
            timeline.go(to: tick)
            #expect(pc.stateHash() == hash, "at \(tick)")
        }
        for _ in 0..<6 {
            let (tick, hash) = hashes[numbers.below(hashes.count)]
            guard tick >= timeline.earliest else { continue }
            timeline.go(to: tick)
            #expect(pc.stateHash() == hash, "at \(tick)")
        }
        timeline.go(to: timeline.latest)
        #expect(pc.stateHash() == hashes.last?.1)
        print("slowest of the last 100 M: \(slowest)")
    }
}
