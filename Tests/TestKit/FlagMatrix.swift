import Foundation
import Processor
import Recompiler
import X86

/// Flag programs on two machines, of which one runs translated code.
public final class FlagMatrix {
    private let law = FlatMachine(model: .max, megabytes: 1)
    private let translated = FlatMachine(model: .max, megabytes: 1)
    private let engine: Recompiler?
    public private(set) var cases = 0
    public private(set) var programs: UInt64 = 0

    public init() { engine = Engine.recompiled.use(on: translated.cpu) }

    /// Regions that were made, and instructions that ran in them, of all.
    public var regions: UInt64 { engine?.statistics.regions ?? 0 }
    public var recompiled: UInt64 { translated.cpu.nativeStatistics.instructions }
    public var executed: UInt64 { translated.clock.now }

    /// The difference, with the fewest cases in which it shows; nil when there is none.
    public func difference(_ program: FlagProgram) -> String? {
        programs += 1
        cases += program.cases.count
        guard var found = compare(program) else { return nil }
        var shortest = program
        for range in [0..<1, 1..<2, 2..<3, 3..<4, 4..<5, 5..<6, 0..<2, 1..<3, 2..<4, 3..<5, 4..<6, 0..<3, 0..<4, 0..<5] {
            let part = program.keeping(range)
            guard let other = compare(part) else { continue }
            (shortest, found) = (part, other)
            break
        }
        let listing = Disassembly(shortest.code, at: UInt64(FlagProgram.Layout.code), codeSize: .bits32).map { "    \($0.text)" }
        return "seed \(program.seed): \(found)\n\(listing.joined(separator: "\n"))"
    }

    private func compare(_ program: FlagProgram) -> String? {
        for machine in [law, translated] {
            load(program, machine)
            let limit = machine.clock.now + 1000
            while machine.clock.now < limit, machine.cpu.run(until: limit) == .deadline {}
            machine.clock.skip(to: limit)
        }
        let (a, b) = (law.cpu.state, translated.cpu.state)
        let words = zip(Mirror(reflecting: a).children, Mirror(reflecting: b).children).lazy.filter {
            "\($0.value)" != "\($1.value)"
        }
        .map { "\($0.label ?? "") is \($1.value), not \($0.value)" }
        if a != b { return words.joined(separator: "; ") }
        guard memcmp(law.memory, translated.memory, law.size) != 0 else { return nil }
        let address = (0..<law.size).first { law.read($0) != translated.read($0) } ?? 0
        return "[\(String(address, radix: 16))] is \(translated.read(address)), not \(law.read(address))"
    }

    private func load(_ program: FlagProgram, _ machine: FlatMachine) {
        machine.cpu.reset()
        memset(machine.memory, 0, machine.size)
        var random = RandomNumbers(seed: program.seed ^ 0xDA7A)
        for page in 0..<17 {
            for offset in stride(from: 0xFF0, to: 0x1008, by: 8) {
                let address = FlagProgram.Layout.data + page * 0x1000 + offset
                machine.memory.storeBytes(of: random.next(), toByteOffset: address, as: UInt64.self)
            }
        }
        machine.cpu.memoryWritten(physical: 0, count: machine.size)
        machine.write(FlagProgram.Layout.code, program.code)
        machine.cpu.state = program.state
    }
}
