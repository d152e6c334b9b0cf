import Board
import Disks
import Foundation
import MachineKit
import Processor
import Testing
import TestKit
import X86

@testable import Debugging

/// Steps back, searches back, and forward again.
@Suite struct BackwardsTests {
    /// Firmware that counts in a subroutine, halts now and then, calls INT 30h, and is interrupted by the timer (vector 20h). From `nasm`:
    /// again (41h): inc bx; call sub; test bx,7; jnz again; hlt; jmp again. sub (4Eh): add [500h],bx; push cx; mov cx,200; loop $; pop cx;
    /// test bl,1Fh; jnz r; mov [600h],bl; int 30h; r (64h): ret. The timer's handler (65h) counts in [510h], INT 30h (70h) in [520h].
    private static let code: [UInt8] = [
        0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC, 0x00, 0x70, 0xC7, 0x06, 0x80, 0x00, 0x65, 0x00, 0x8C, 0x0E, 0x82, 0x00,
        0xC7,
        0x06, 0xC0, 0x00, 0x70, 0x00, 0x8C, 0x0E, 0xC2, 0x00, 0xB0, 0x11, 0xE6, 0x20, 0xB0, 0x20, 0xE6, 0x21, 0xB0, 0x04, 0xE6,
        0x21,
        0xB0, 0x01, 0xE6, 0x21, 0xB0, 0xFE, 0xE6, 0x21, 0xB0, 0x34, 0xE6, 0x43, 0xB0, 0x40, 0xE6, 0x40, 0xB0, 0x00, 0xE6, 0x40,
        0x89,
        0xC3, 0xFB, 0x43, 0xE8, 0x09, 0x00, 0xF7, 0xC3, 0x07, 0x00, 0x75, 0xF6, 0xF4, 0xEB, 0xF3, 0x01, 0x1E, 0x00, 0x05, 0x51,
        0xB9,
        0xC8, 0x00, 0xE2, 0xFE, 0x59, 0xF6, 0xC3, 0x1F, 0x75, 0x06, 0x88, 0x1E, 0x00, 0x06, 0xCD, 0x30, 0xC3, 0x50, 0xFF, 0x06,
        0x10,
        0x05, 0xB0, 0x20, 0xE6, 0x20, 0x58, 0xCF, 0xFF, 0x06, 0x20, 0x05, 0xCF,
    ]

    private struct Traveller {
        let pc: PC
        let debugger: Debugger
        let backwards: Backwards

        init(interval: UInt64 = 20_000) throws {
            var firmware = [UInt8](repeating: 0xF4, count: 0x1_0000)
            firmware.replaceSubrange(0..<BackwardsTests.code.count, with: BackwardsTests.code)
            firmware.replaceSubrange(0xFFF0..<0xFFF5, with: [0xEA, 0x00, 0x00, 0x00, 0xF0])
            var configuration = PC.Configuration()
            configuration.memoryBytes = 1 << 20
            configuration.firmware = firmware
            pc = try PC(configuration)
            debugger = Debugger(pc)
            var limits = Timeline.Limits()
            limits.interval = interval
            backwards = try Backwards(debugger, limits: limits)
        }

        /// A moment, as the debugger stops in it.
        struct Moment: Equatable {
            let tick: UInt64
            let rip: UInt64
            let isHalted: Bool
            let hash: StateHash
        }

        var moment: Moment {
            Moment(
                tick: pc.clock.now, rip: pc.cpu.state.rip, isHalted: pc.cpu.state.activity == .halted, hash: pc.stateHash())
        }
    }

    /// Every instruction is stepped back over, interrupts and their handlers included, and forward again.
    @Test func stepsBackUndoStepsForward() throws {
        let traveller = try Traveller()
        traveller.debugger.stepsIntoInterrupts = true
        _ = traveller.debugger.run(budget: 50_000)
        var moments = [traveller.moment]
        for _ in 0..<2600 {
            _ = traveller.debugger.step()
            moments.append(traveller.moment)
        }
        let awake = moments.filter { !$0.isHalted }
        #expect(awake.count < moments.count, "it never halted")
        // Forward, a step that wakes the processor also does what wakes it; backward that is a step of its own.
        for moment in awake.dropLast().reversed() {
            repeat { #expect(traveller.backwards.stepBack().isDone) } while traveller.pc.clock.now > moment.tick
            try #require(traveller.moment == moment, "at tick \(moment.tick)")
        }
        for moment in moments.dropFirst() where !moment.isHalted {
            while traveller.pc.clock.now < moment.tick { _ = traveller.debugger.step() }
            try #require(traveller.moment == moment, "forward at tick \(moment.tick)")
        }
    }

    /// Without going into interrupts, the instructions of the program are seen in reverse, and no handler.
    @Test func handlersArePassedInOneGo() throws {
        let traveller = try Traveller()
        _ = traveller.debugger.run(budget: 50_000)
        var addresses = [traveller.pc.cpu.state.rip]
        let counter = traveller.pc.peek(physical: 0x510)
        for _ in 0..<12_000 {
            _ = traveller.debugger.step()
            if traveller.pc.cpu.state.activity != .halted { addresses.append(traveller.pc.cpu.state.rip) }
        }
        #expect(traveller.pc.peek(physical: 0x510) != counter, "no interrupt came")
        // Only the interrupt that wakes the processor is seen, forward.
        for address in addresses.dropLast().reversed() where address < 0x65 || address >= 0x70 {
            _ = traveller.backwards.stepBack()
            try #require(traveller.pc.cpu.state.rip == address, "tick \(traveller.pc.clock.now)")
        }
    }

    /// Calls, INT n, LOOP to itself: over them in one go, in both directions.
    @Test func callsAreSteppedBackOver() throws {
        let traveller = try Traveller()
        traveller.debugger.add(.linear(0xF0041), condition: try Expression("bx == 0x1f"))
        _ = traveller.debugger.run(budget: 200_000)
        traveller.debugger.removeAll()
        var addresses: [UInt64] = []
        for _ in 0..<12 {
            if traveller.pc.cpu.state.activity != .halted { addresses.append(traveller.pc.cpu.state.rip) }
            _ = traveller.debugger.stepOver()
        }
        #expect(addresses.contains(0x42) && !addresses.contains(0x4E))
        for address in addresses.reversed() where address < 0x65 || address >= 0x70 {
            _ = traveller.backwards.stepBackOver()
            try #require(traveller.pc.cpu.state.rip == address, "tick \(traveller.pc.clock.now)")
        }
        // Into the subroutine, behind its LOOP to itself.
        _ = traveller.debugger.until(0xF0058)
        let start = traveller.pc.clock.now
        _ = traveller.backwards.stepBackOver()
        #expect(traveller.pc.cpu.state.rip == 0x56 && traveller.pc.cpu.state.rcx == 200)
        #expect(start - traveller.pc.clock.now >= 200)
    }

    @Test func callsInTheUpperHalfAreSteppedBackOver() throws {
        // nop; call f; nop; jmp $; f: push rbx; pop rbx; ret
        let pc = try Guests.entered64([0x90, 0xE8, 0x03, 0, 0, 0, 0x90, 0xEB, 0xFE, 0x53, 0x5B, 0xC3], inUpperHalf: true)
        let debugger = Debugger(pc)
        let backwards = try Backwards(debugger)
        let start = Guests.upperHalf + 0x10_0001
        _ = debugger.step()
        try #require(pc.cpu.state.rip == start)
        _ = debugger.stepOver()
        try #require(pc.cpu.state.rip == start + 5)
        _ = backwards.stepBackOver()
        #expect(pc.cpu.state.rip == start)
    }

    @Test func stepsBackInOneGo() throws {
        let traveller = try Traveller()
        _ = traveller.debugger.run(budget: 30_000)
        _ = traveller.debugger.until(0xF004E)
        let before = traveller.moment
        _ = traveller.debugger.step(40)
        #expect(traveller.backwards.stepBack(40).isDone)
        #expect(traveller.moment == before)
        _ = traveller.backwards.timeline.go(to: 3)
        #expect(traveller.backwards.stepBack(10).cause == .beginning)
        #expect(traveller.pc.clock.now == 0)
    }

    /// What a run forward stops at, a run backward stops at in reverse.
    private func hits(_ traveller: Traveller, until end: UInt64) -> [Traveller.Moment] {
        var moments: [Traveller.Moment] = []
        while traveller.pc.clock.now < end, case .reached = traveller.debugger.run(budget: end - traveller.pc.clock.now).cause {
            moments.append(traveller.moment)
        }
        return moments
    }

    @Test func breakpointsAreMetInReverse() throws {
        let traveller = try Traveller()
        // INT 30h, the timer's handler, and the HLT, which comes every eighth time.
        for address: UInt64 in [0xF0062, 0xF0065, 0xF004B] { traveller.debugger.add(.linear(address)) }
        let moments = hits(traveller, until: 300_000)
        #expect(moments.count > 100 && Set(moments.map(\.rip)) == [0x62, 0x65, 0x4B])
        _ = traveller.debugger.step(5)
        for moment in moments.reversed() {
            let report = traveller.backwards.reverseContinue()
            guard case .reached = report.cause else {
                Issue.record("\(report.cause) instead of \(moment)")
                return
            }
            try #require(traveller.moment == moment)
        }
        #expect(traveller.backwards.reverseContinue().cause == .beginning)
        #expect(traveller.pc.clock.now == 0)
        #expect(hits(traveller, until: 300_000) == moments)
    }

    @Test func conditionsCountBackwards() throws {
        let traveller = try Traveller()
        traveller.debugger.add(.linear(0xF0042), condition: try Expression("bx == 0x40"))
        _ = traveller.debugger.run(budget: 200_000)
        let moment = traveller.moment
        #expect(traveller.pc.cpu.state.rbx == 0x40)
        traveller.debugger.removeAll()
        _ = traveller.debugger.run(budget: 100_000)
        let point = traveller.debugger.add(.linear(0xF0042), condition: try Expression("bx == 0x40"))
        #expect(traveller.backwards.reverseContinue().cause == .reached([point.number]))
        #expect(traveller.moment == moment)
    }

    @Test func theLastWriteIsFound() throws {
        let traveller = try Traveller()
        _ = traveller.debugger.run(budget: 300_000)
        let value = traveller.pc.peek(physical: 0x600)
        #expect(value != 0)
        for space: StopConditions.DataWatch.Space in [.linear, .physical] {
            let here = traveller.pc.clock.now
            let report = traveller.backwards.runBack(toWriteOf: 0x600..<0x601, space)
            #expect(report.isDone && report.rip == 0x5E, "\(report)")
            #expect(traveller.pc.cpu.state.rbx & 0xFF == UInt64(value))
            #expect(traveller.pc.peek(physical: 0x600) == value &- 0x20)
            _ = traveller.debugger.step()
            #expect(traveller.pc.peek(physical: 0x600) == value)
            _ = traveller.backwards.timeline.go(to: here)
        }
        // Nobody ever writes here.
        #expect(traveller.backwards.runBack(toWriteOf: 0x9000..<0x9001).cause == .beginning)
    }

    /// A search ends when somebody asks, and leaves the machine where it was.
    @Test func aSearchCanBeEnded() throws {
        let traveller = try Traveller()
        _ = traveller.debugger.run(budget: 200_000)
        let moment = traveller.moment
        traveller.debugger.slice = 1000
        traveller.debugger.betweenSlices = { _ in true }
        #expect(traveller.backwards.runBack(toWriteOf: 0x9000..<0x9001).cause == .asked)
        #expect(traveller.moment == moment)
        traveller.debugger.betweenSlices = { _ in false }
        #expect(traveller.backwards.runBack(toWriteOf: 0x9000..<0x9001).cause == .beginning)
    }

    @Test func theLastInterruptIsFound() throws {
        let traveller = try Traveller()
        _ = traveller.debugger.run(budget: 200_000)
        let count = traveller.pc.peek(physical: 0x510)
        let report = traveller.backwards.runBack(toDeliveryOf: 0x20...0x20)
        #expect(report.isDone)
        #expect(traveller.pc.peek(physical: 0x510) == count - 1)
        // Before the delivery; the next instruction is the handler's.
        traveller.debugger.stepsIntoInterrupts = true
        _ = traveller.debugger.step()
        #expect((0x65...0x6F).contains(traveller.pc.cpu.state.rip))
        #expect(traveller.backwards.runBack(toDeliveryOf: 0x30...0x30).rip == 0x62)
    }

    @Test func theLastChangeOfARegisterIsFound() throws {
        let traveller = try Traveller()
        _ = traveller.debugger.run(budget: 20_000)
        let values: [(String, (CPUState) -> UInt64)] = [
            ("bx", \.rbx), ("ax", \.rax), ("IF", { UInt64($0.eflags.rawValue & 0x200) }), ("cr3", \.cr3),
        ]
        // By looking at every tick.
        var last: [String: UInt64] = [:]
        var previous = values.map { $0.1(traveller.pc.cpu.state) }
        for tick in 20_000..<60_000 as Range<UInt64> {
            _ = traveller.backwards.timeline.run(until: tick + 1)
            for (index, value) in values.enumerated() where value.1(traveller.pc.cpu.state) != previous[index] {
                previous[index] = value.1(traveller.pc.cpu.state)
                last[value.0] = tick
            }
        }
        for (name, read) in values {
            _ = traveller.backwards.timeline.go(to: 60_000)
            let report = traveller.backwards.runBack(toChangeOf: read)
            #expect(report.isDone == (last[name] != nil))
            #expect(traveller.pc.clock.now == last[name] ?? 0, "\(name)")
        }
    }

    /// A change by the user is a new present, and undone by going back before it.
    @Test func changesByTheUserBelongToTheirTime() throws {
        let traveller = try Traveller()
        _ = traveller.debugger.run(budget: 100_000)
        let unchanged = traveller.moment
        try traveller.debugger.set(register: "bx", to: 0x1234)
        try traveller.debugger.write([1, 2, 3], toPhysical: 0x9000)
        let changed = traveller.moment
        _ = traveller.debugger.run(budget: 100_000)
        let later = traveller.moment
        _ = traveller.backwards.timeline.go(to: 150_000)
        _ = traveller.backwards.timeline.go(to: 200_000)
        #expect(traveller.moment == later)
        _ = traveller.backwards.timeline.go(to: 100_000)
        #expect(traveller.moment == changed)
        _ = traveller.backwards.stepBack()
        _ = traveller.backwards.timeline.go(to: 100_000)
        #expect(traveller.moment == unchanged)
    }

    @Test func aDiskThatIsWrittenThroughIsRefused() throws {
        var configuration = PC.Configuration()
        configuration.memoryBytes = 1 << 20
        configuration.disks = [MemoryStore(sectorCount: 64)]
        let debugger = Debugger(try PC(configuration))
        #expect(throws: Timeline.Refusal.writesThrough(drive: 0)) { try Backwards(debugger) }
    }

    /// Random points over Linux's boot; the image is one of testroms/guests/make.py.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["LINUX"] != nil)) func linux() throws {
        let path = try #require(ProcessInfo.processInfo.environment["LINUX"])
        var configuration = PC.Configuration()
        configuration.memoryBytes = 64 << 20
        configuration.disks = [Overlay(over: try RawImage(path: path, access: .readOnly))]
        let pc = try PC(configuration)
        let recompiler = Engine.recompiled.use(on: pc.cpu)
        defer { withExtendedLifetime(recompiler) {} }
        let debugger = Debugger(pc)
        let backwards = try Backwards(debugger)
        debugger.stepsIntoInterrupts = true
        var numbers = RandomNumbers(seed: 5)
        var slowest = Duration.zero
        let clock = ContinuousClock()
        for _ in 0..<40 {
            _ = debugger.run(budget: 20_000_000 + numbers.next() % 80_000_000)
            let end = (pc.clock.now, pc.stateHash())
            // Some moments of the last 100 M, one after the other, each by a step back from the instruction behind it.
            for _ in 0..<3 {
                backwards.timeline.go(to: end.0 - numbers.next() % min(100_000_000, end.0))
                let here = (pc.clock.now, pc.stateHash())
                _ = debugger.step()
                guard pc.cpu.state.activity == .active, pc.clock.now == here.0 + 1 else { continue }
                slowest = max(slowest, clock.measure { _ = backwards.stepBack() })
                #expect(pc.clock.now == here.0 && pc.stateHash() == here.1, "at \(here.0)")
            }
            backwards.timeline.go(to: end.0)
            #expect(pc.stateHash() == end.1, "at \(end.0)")
        }
        #expect(pc.clock.now - pc.clock.skipped > 1_000_000_000, "\(pc.clock.now), \(pc.clock.skipped) skipped")
        print("instructions \(pc.clock.now - pc.clock.skipped)")
        print("slowest step back: \(slowest); \(backwards.timeline.byteCount >> 20) MB; earliest \(backwards.timeline.earliest)")
    }
}
