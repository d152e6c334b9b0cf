import Foundation
import Processor
import TestKit
import Testing

/// Random programs: one instruction per block against long chained blocks. `make fuzz SEED=… COUNT=…` runs more of them.
@Suite struct FuzzTests {
    /// Three million instructions, always the same ones.
    @Test(arguments: [Engine.blocks, .recompiled, .nodes]) func aFewMillionInstructions(engine: Engine) throws {
        try run(seed: 1, count: 3_000_000, engine: engine)
    }

    /// The same in IA-32e mode: 64-bit code, and compatibility mode.
    @Test(arguments: [Engine.blocks, .recompiled, .nodes]) func aFewMillionInstructionsOfIA32eMode(engine: Engine) throws {
        try run(seed: 1, count: 3_000_000, engine: engine, places: RandomProgram.Place.ofIA32eMode)
    }

    /// `FUZZ_COUNT` instructions from `FUZZ_SEED` on, and no growth.
    @Test func asManyAsWanted() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let count = environment["FUZZ_COUNT"].flatMap(UInt64.init) else { return }
        let seed = environment["FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1 << 32) << 24
        let places = environment["FUZZ_IA32E"] == nil ? [] : RandomProgram.Place.ofIA32eMode
        if let lines = environment["FUZZ_TRACE"].flatMap(Int.init) {
            let program = Self.program(seed, places)
            print("\(program.place) \(program.isNoise ? "noise" : "")")
            return Lockstep.trace(program, count: lines).forEach { print($0) }
        }
        for engine in [Engine.blocks, .recompiled] where environment["FUZZ_ENGINE"] ?? "\(engine)" == "\(engine)" {
            print("SEED=\(seed) COUNT=\(count) \(engine)")
            try run(seed: seed, count: count, reports: true, engine: engine, places: places)
        }
    }

    /// Program `seed`, in one of `places` if there are any.
    private static func program(_ seed: UInt64, _ places: [RandomProgram.Place]) -> RandomProgram {
        RandomProgram(seed: seed, place: places.isEmpty ? nil : places[Int(seed % UInt64(places.count))])
    }

    private func run(
        seed: UInt64, count: UInt64, reports: Bool = false, engine: Engine, places: [RandomProgram.Place] = []
    ) throws {
        let machines = Lockstep(engine)
        defer { if engine.isRecompiler { #expect(machines.recompiledInstructions > machines.executed / 20) } }
        var number = seed
        var failures = 0
        var resident: Int?
        var mark = count / 10
        while machines.executed < count && failures < 5 {
            let program = Self.program(number, places)
            do {
                try machines.run(program)
            } catch {
                failures += 1
                Issue.record("\(error)\n\(Lockstep.locate(program, engine: engine) ?? "not on fresh machines")")
            }
            number &+= 1
            // Programs that end at once must not keep this from ending.
            if machines.programs > 1000 && machines.executed / UInt64(machines.programs) < 100 {
                Issue.record("\(machines.programs) programs made \(machines.executed) instructions only")
                return
            }
            if machines.executed >= mark {
                if resident == nil { resident = Self.residentKBytes }
                if reports {
                    print("\(machines.executed) instructions, \(machines.programs) programs, \(machines.shutdowns) shutdowns")
                }
                mark += count / 10
            }
        }
        // Other tests grow beside the short run.
        if reports, let resident, let now = Self.residentKBytes {
            #expect(now - resident < 64 << 10, "memory grew from \(resident) KB to \(now) KB")
        }
    }

    /// Memory of this process that is in use, where the host tells.
    private static var residentKBytes: Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return nil }
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }
}
