import Foundation
import Processor
import Recompiler
import X86

/// Flag programs on two machines, of which one runs translated code.
public final class FlagMatrix {
    private let law = FlatMachine(model: .max, megabytes: 1)
    private let translated = FlatMachine(model: .max, megabytes: 1)
    private let engine: Recompiler?
    public private(set) var programs = 0
    /// Cases of programs that may leave their region, and of those that must not: each of them ran as translated code, in one region.
    public private(set) var otherCases = 0
    public private(set) var cases = 0

    public init() { engine = Engine.recompiled.use(on: translated.cpu) }

    /// Regions that were made, and instructions that ran in them.
    public var regions: UInt64 { engine?.statistics.regions ?? 0 }
    public var recompiled: UInt64 { translated.cpu.nativeStatistics.instructions }

    /// The difference, with the fewest cases in which it shows; nil when there is none.
    public func difference(_ program: FlagProgram) -> String? {
        programs += 1
        if program.mayLeave { otherCases += program.cases.count } else { cases += program.cases.count }
        guard var found = compare(program) else { return nil }
        var shortest = program
        for length in 1..<program.cases.count {
            let ranges = (0...program.cases.count - length).map { $0..<$0 + length }
            guard let range = ranges.first(where: { compare(program.keeping($0)) != nil }) else { continue }
            shortest = program.keeping(range)
            found = compare(shortest) ?? found
            break
        }
        return "seed \(program.seed), \(program.setting): \(found)\n\(shortest.listing)"
    }

    /// What an earlier program has left behind, such as a page that is believed to hold code, may lead out of the region once.
    private func compare(_ program: FlagProgram, isAgain: Bool = false) -> String? {
        let (regions, native) = (self.regions, translated.cpu.nativeStatistics)
        var ticks: [UInt64] = []
        for machine in [law, translated] {
            load(program, machine)
            let start = machine.clock.now
            while machine.clock.now < start + 1000, machine.cpu.run(until: start + 1000) == .deadline {}
            ticks.append(machine.clock.now - start)
            machine.clock.skip(to: start + 1000)
        }
        let (a, b) = (law.cpu.state, translated.cpu.state)
        if a != b { return Self.words(a, b) }
        if ticks[0] != ticks[1] { return "\(ticks[1]) ticks, not \(ticks[0])" }
        let range = program.mayLeave ? 0..<law.size : FlagProgram.Layout.start..<FlagProgram.Layout.end
        if memcmp(law.memory + range.lowerBound, translated.memory + range.lowerBound, range.count) != 0 {
            let address = range.first { law.read($0) != translated.read($0) } ?? 0
            return "[\(String(address, radix: 16))] is \(translated.read(address)), not \(law.read(address))"
        }
        guard engine != nil, !program.mayLeave else { return nil }
        if a.rip == UInt64(FlagProgram.Layout.handler + 1) { return "an exception in a program that has none" }
        let now = translated.cpu.nativeStatistics
        let passed = now.instructions - native.instructions + now.callOuts - native.callOuts
        if self.regions - regions == 1 && passed == ticks[1] { return nil }
        if !isAgain { return compare(program, isAgain: true) }
        return "\(self.regions - regions) regions, and \(passed) of \(ticks[1]) instructions in them"
    }

    private static func words(_ law: CPUState, _ other: CPUState) -> String {
        zip(Mirror(reflecting: law).children, Mirror(reflecting: other).children).filter { "\($0.value)" != "\($1.value)" }
            .map { "\($0.label ?? "") is \($1.value), not \($0.value)" }.joined(separator: "; ")
    }

    private func load(_ program: FlagProgram, _ machine: FlatMachine) {
        machine.cpu.reset()
        let range = program.mayLeave ? 0..<machine.size : FlagProgram.Layout.start..<FlagProgram.Layout.end
        memset(machine.memory + range.lowerBound, 0, range.count)
        program.forEachNumber { machine.memory.storeBytes(of: $1, toByteOffset: $0, as: UInt64.self) }
        machine.cpu.memoryWritten(physical: 0, count: machine.size)
        machine.write(FlagProgram.Layout.handler, [0xF4])
        machine.write(FlagProgram.Layout.code, program.code)
        machine.cpu.state = program.state
    }
}

extension FlagProgram {
    /// One instruction to a line, without the NOPs of cases that were left out.
    var listing: String {
        let count = code.prefix { $0 == 0x90 }.count
        return Disassembly(Array(code.dropFirst(count)), at: state.rip + UInt64(count), codeSize: setting.codeSize)
            .map { "    \($0.text)" }.joined(separator: "\n")
    }
}
