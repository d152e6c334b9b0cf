import Processor
import Recompiler
import TestKit
import Testing

@testable import Board

/// Blocks and translations are there once for all processors; where a linear address leads is each one's own.
@Suite struct SharedCodeTests {
    /// Physical addresses of a page directory and its table for each processor, and of functions that answer 1, 2, 3 and 4.
    private enum Place {
        static func directory(_ number: Int) -> Int { 0x8000 + 0x2000 * number }
        static func table(_ number: Int) -> Int { 0x9000 + 0x2000 * number }
        static func function(_ number: Int) -> Int { 0x2_0000 + 0x1000 * number }
        static let code = 0x1000
        /// Linear address at which each processor finds its function.
        static let window = 0x10_0000
    }
    private static let rounds = 2000

    /// Processors in flat 32-bit code with paging, at the same code; the window leads each to its own function.
    private static func machine(_ body: [UInt8], count: Int, quantum: UInt64, isGlobal: Bool) throws -> PC {
        var configuration = PC.Configuration()
        configuration.machine = .pc
        configuration.model = .max
        configuration.memoryBytes = 4 << 20
        configuration.processors = ProcessorTopology(sockets: count)
        configuration.quantum = quantum
        let pc = try PC(configuration)
        func write(_ address: Int, _ bytes: [UInt8]) {
            for (offset, byte) in bytes.enumerated() { pc.poke(physical: UInt64(address + offset), value: byte) }
        }
        func write32(_ address: Int, _ value: UInt32) {
            write(address, (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
        }
        for cpu in pc.processors {
            let number = cpu.number
            write32(Place.directory(number), UInt32(Place.table(number)) | 3)
            for page in 0..<1024 { write32(Place.table(number) + 4 * page, UInt32(page) << 12 | 3 | (isGlobal ? 0x100 : 0)) }
            write32(Place.table(number) + 4 * (Place.window >> 12), UInt32(Place.function(number)) | 3)
            // mov eax, number + 1; ret
            write(Place.function(number), [0xB8, UInt8(number + 1), 0, 0, 0, 0xC3])
            var state = CPUState.flat
            state.cr3 = UInt64(Place.directory(number))
            state.cr4.insert(.PGE)
            state.cr0.insert(.PG)
            (state.rip, state.rsp, state.activity) = (UInt64(Place.code), UInt64(0x7_0000 + 0x1000 * number), .active)
            cpu.state = state
        }
        // mov ecx, rounds; xor ebx, ebx; …; dec ecx; jnz; hlt
        let back = UInt32(bitPattern: Int32(-(body.count + 7)))
        write(
            Place.code,
            [0xB9, UInt8(rounds & 0xFF), UInt8(rounds >> 8), 0, 0, 0x31, 0xDB] + body
                + [0x49, 0x0F, 0x85] + (0..<4).map { UInt8(truncatingIfNeeded: back >> (8 * $0)) } + [0xF4])
        return pc
    }

    /// `call window; add ebx, eax`, by its address in the code and by a register.
    private static func calls(from offset: Int = 0) -> [UInt8] {
        let relative = UInt32(bitPattern: Int32(Place.window - (Place.code + 7 + offset + 5)))
        return [0xE8] + (0..<4).map { UInt8(truncatingIfNeeded: relative >> (8 * $0)) } + [0x01, 0xC3]
            + [0xBA, 0, 0, UInt8(Place.window >> 16), 0, 0xFF, 0xD2, 0x01, 0xC3]
    }

    /// mov eax, cr3; mov cr3, eax
    private static let reloading: [UInt8] = [0x0F, 0x20, 0xD8, 0x0F, 0x22, 0xD8]

    @Test(arguments: [false, true], [1, 7, 100, 2000] as [UInt64])
    func theSameAddressLeadsEachElsewhere(isGlobal: Bool, quantum: UInt64) throws {
        for body in [Self.calls(), Self.reloading + Self.calls(from: 6)] {
            let (translated, interpreted) = try (
                Self.machine(body, count: 4, quantum: quantum, isGlobal: isGlobal),
                Self.machine(body, count: 4, quantum: quantum, isGlobal: isGlobal)
            )
            let engine = try #require(Recompiler(translated.processors, threshold: 2))
            for pc in [translated, interpreted] { while pc.run(until: pc.clock.now + 10_000) == .limit {} }
            #expect(translated.processors.map(\.state.rbx) == [1, 2, 3, 4].map { UInt64(2 * $0 * Self.rounds) })
            #expect(translated.stateHash() == interpreted.stateHash())
            #expect(engine.statistics.regions < 40, "\(engine.statistics.regions) translations for four processors")
            guard quantum > 100 else { continue }
            for cpu in translated.processors {
                let count = cpu.nativeStatistics.instructions
                #expect(count > UInt64(5 * Self.rounds), "processor \(cpu.number): \(count)")
            }
        }
    }

    @Test func aTranslationIsMadeOnce() throws {
        let counts = try [1, 4].map { count in
            let pc = try Self.machine(Self.calls(), count: count, quantum: 500, isGlobal: true)
            let engine = try #require(Recompiler(pc.processors, threshold: 2))
            while pc.run(until: pc.clock.now + 10_000) == .limit {}
            return engine.statistics
        }
        // The loop once, and each processor's function.
        #expect(counts[1].instructions < 3 * counts[0].instructions)
        #expect(counts[1].links > counts[0].links)
    }

    /// A processor's stops are its own: what the others execute is not cut there.
    @Test func oneOfThemStops() throws {
        let pc = try Self.machine(Self.calls(), count: 2, quantum: 50, isGlobal: false)
        var conditions = StopConditions()
        // Behind the first call.
        conditions.linear = [UInt64(Place.code + 7 + 5)]
        pc.processors[1].stop(at: conditions)
        var stops = 0
        while stops < 3, pc.run(until: 100_000) == .stopped {
            #expect(pc.processors[0].takeStopEvents().isEmpty && !pc.processors[1].takeStopEvents().isEmpty)
            #expect(pc.processors[1].state.rip == UInt64(Place.code + 7 + 5) && pc.processors[1].state.rax == 2)
            pc.processors[1].passStop()
            stops += 1
        }
        #expect(stops == 3)
        // The other one's stop, in code that both know.
        pc.processors[1].stop(at: StopConditions())
        pc.processors[0].stop(at: conditions)
        #expect(pc.run(until: 100_000) == .stopped && !pc.processors[0].takeStopEvents().isEmpty)
    }
}
