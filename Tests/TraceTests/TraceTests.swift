import Board
import Disks
import MachineKit
import Recompiler
import Testing

@testable import Trace

@Suite struct TraceTests {
    private static let image = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/testroms/demo/demo.img"
    /// Paging, a page fault, disk and timer of the demo lie before it.
    private static let end: UInt64 = 12_000_000

    private static func machine() throws -> PC {
        var configuration = PC.Configuration()
        configuration.memoryBytes = 8 << 20
        configuration.disks = [Overlay(over: try RawImage(path: image, access: .readOnly))]
        return try PC(configuration)
    }

    private struct Run {
        var events: [TraceEvent] = []
        var hash: StateHash
        var native: (instructions: UInt64, callOuts: UInt64)
    }

    /// The demo with what `filter` lets through; nil traces nothing.
    private static func run(_ filter: TraceFilter?, recompiled: Bool, ticks: UInt64 = end) throws -> Run {
        let pc = try machine()
        let engine = recompiled ? Recompiler(pc.cpu, threshold: 10) : nil
        var events: [TraceEvent] = []
        let tracer = filter.map { Tracer(pc, $0, sources: nil) { events.append($0) } }
        while pc.clock.now < ticks {
            let goal = min(pc.clock.now + 1_000_000, ticks)
            let pause = tracer?.run(until: goal) ?? pc.run(until: goal)
            guard case .limit = pause else {
                Issue.record("the demo ended: \(pause)")
                break
            }
        }
        _ = engine
        return Run(events: events, hash: pc.stateHash(), native: pc.cpu.nativeStatistics)
    }

    @Test func aTraceChangesNothing() throws {
        let plain = try Self.run(nil, recompiled: false)
        let recompiled = try Self.run(nil, recompiled: true)
        #expect(plain.hash == recompiled.hash)
        #expect(recompiled.native.instructions > 100_000)
        let traced = try Self.run(TraceFilter(TraceKind.events), recompiled: true)
        #expect(traced.hash == plain.hash)
        #expect(traced.native == recompiled.native, "translated code runs as it did")
        #expect(try Self.run(TraceFilter(TraceKind.events), recompiled: false).hash == plain.hash)
    }

    @Test func allWaysOfExecutingTellTheSame() throws {
        var filter = TraceFilter(TraceKind.events)
        let interpreted = try Self.run(filter, recompiled: false)
        let recompiled = try Self.run(filter, recompiled: true)
        filter.kinds.insert(.instructions)
        let single = try Self.run(filter, recompiled: false)
        #expect(single.hash == interpreted.hash)
        #expect(interpreted.events == recompiled.events)
        #expect(interpreted.events == single.events.filter { $0.kind != .instructions })
        for kind in TraceKind.allCases { #expect(single.events.contains { $0.kind == kind }, "\(kind)") }
        #expect(Set(interpreted.events.map(\.mode.words)) == ["real", "protected", "protected, 32-bit paging"])
    }

    @Test func eachInstructionIsToldOnceAndInOrder() throws {
        var filter = TraceFilter([.instructions, .interrupts, .exceptions, .software])
        filter.ticks = 45_000..<60_000
        let events = try Self.run(filter, recompiled: false, ticks: 60_000).events
        let instructions = events.filter { $0.kind == .instructions }
        #expect(Set(instructions.map(\.tick)).count == instructions.count, "an instruction a tick")
        #expect(instructions.map(\.tick) == instructions.map(\.tick).sorted())
        // The first instruction of a handler comes behind its interrupt, and is the handler's.
        var handlers = 0
        for (event, next) in zip(events, events.dropFirst()) where event.kind == .interrupts {
            guard case .delivery(_, _, _, _, let cs, let rip) = event.what, next.kind == .instructions else { continue }
            #expect((next.cs, next.rip) == (cs, rip))
            handlers += 1
        }
        #expect(handlers > 0)
    }

    @Test func filtersHold() throws {
        var filter = TraceFilter([.ports, .instructions])
        filter.ports = [0x60...0x64]
        let ports = try Self.run(filter, recompiled: false, ticks: 40_000).events.filter { $0.kind == .ports }
        #expect(!ports.isEmpty)
        for event in ports {
            guard case .port(let number, _, _, _) = event.what else { continue }
            #expect((0x60...0x64).contains(number))
        }
        filter = TraceFilter([.instructions])
        filter.addresses = [0xF1000...0xF10FF]
        filter.rings = [0]
        let inRange = try Self.run(filter, recompiled: false, ticks: 40_000).events
        #expect(!inRange.isEmpty)
        for event in inRange { #expect((0xF1000...0xF10FF).contains(event.linear)) }
        filter.rings = [3]
        #expect(try Self.run(filter, recompiled: false, ticks: 40_000).events.isEmpty)
    }

    @Test func resetIsAModeChange() throws {
        // mov al, 0feh; out 64h, al; jmp $
        let pc = try Guests.machine([0xB0, 0xFE, 0xE6, 0x64, 0xEB, 0xFE])
        var events: [TraceEvent] = []
        let tracer = Tracer(pc, TraceFilter([.modes]), sources: nil) { events.append($0) }
        while events.count < 2, pc.clock.now < 5_000_000, case .limit = tracer.run(until: pc.clock.now + 100_000) {}
        #expect(
            events.prefix(2).map(\.words) == ["real -> protected", "protected -> real"] && events.first?.mode.kind == .protected)
    }

    @Test func codeInTheUpperHalfIsToldInFull() throws {
        // inc rax; ud2
        let pc = try Guests.entered64([0x48, 0xFF, 0xC0, 0x0F, 0x0B], inUpperHalf: true)
        pc.cpu.state.idtr.limit = 0
        let start = Guests.upperHalf + 0x10_0000
        var filter = TraceFilter([.instructions])
        filter.addresses = [start...start]
        var events: [TraceEvent] = []
        let tracer = Tracer(pc, filter, sources: nil) { events.append($0) }
        _ = tracer.run(until: pc.clock.now + 1)
        let event = try #require(events.first)
        #expect((event.rip, event.linear, event.mode.words) == (start, start, "IA-32e, 4-level paging"))
        #expect(event.line.hasSuffix("0008:FFFF800000100000 0 instructions 48ffc0           inc rax"), "\(event.line)")
    }

    @Test func nobodyListensAfterwards() throws {
        let pc = try Self.machine()
        var count = 0
        var tracer: Tracer? = Tracer(pc, TraceFilter(TraceKind.events), sources: nil) { _ in count += 1 }
        _ = tracer?.run(until: 10_000)
        #expect(count > 0)
        let seen = count
        tracer = nil
        _ = pc.run(until: 100_000)
        #expect(count == seen)
        #expect(pc.cpu.onDelivery == nil && pc.cpu.onModeChange == nil && pc.parts.ide0.onRequest == nil)
    }

    @Test func linesAreAsDescribed() {
        let mode = ExecutionMode(kind: .protected, paging: .PAE)
        func line(_ kind: TraceKind, _ what: TraceEvent.What, symbol: String? = nil) -> String {
            TraceEvent(
                tick: 12345, kind: kind, cs: 8, rip: 0xC010_1234, linear: 0xC010_1234, ring: 3, mode: mode, what: what,
                symbol: symbol
            )
            .line
        }
        #expect(
            line(
                .exceptions, .delivery(name: "#PF(2)", vector: 14, error: 2, address: 0x1000, cs: 8, rip: 0x100),
                symbol: "f+0x4 (a.c:2)")
                == "       12345 0008:C0101234 3 exceptions   #PF(2) CR2=00001000 -> 0008:00000100  ; f+0x4 (a.c:2)")
        let wide = TraceEvent(
            tick: 5, kind: .exceptions, cs: 8, rip: 0x1234, linear: 0x1234, ring: 0,
            mode: ExecutionMode(kind: .IA32e, paging: .level4),
            what: .delivery(name: "#PF(0)", vector: 14, error: 0, address: 0xFFFF_8000_0000_1000, cs: 8, rip: 0x100), symbol: nil)
        #expect(wide.words == "#PF(0) CR2=FFFF800000001000 -> 0008:0000000000000100" && wide.line.contains("0008:0000000000001234"))
        #expect(
            line(.ports, .port(number: 0x1F0, size: 2, value: 0x50, isWrite: false))
                == "       12345 0008:C0101234 3 ports        in  01F0h -> 0050h")
        #expect(
            line(.disk, .disk(channel: "ide1", drive: 1, command: "READ MULTIPLE", sector: 9, count: 4, error: "IDNF")).hasSuffix(
                "disk         ide1 drive 1: READ MULTIPLE, sector 9, count 4, failed: IDNF"))
        #expect(
            line(.modes, .mode(from: ExecutionMode(kind: .real, paging: .none), to: mode)).hasSuffix(
                "real -> protected, PAE paging"))
    }
}
