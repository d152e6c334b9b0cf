import Board
import Executables
import Inspection
import Processor
import Wiring

/// The difference of two machines, as a kernel's developer names it: registers, variables, memory, chips.
public struct MachineDifference {
    private let old: PC
    private let new: PC
    private let sources: SourceMap?
    private static let mostRanges = 64

    /// The way from one machine to another of the same kind. `sources` names variables.
    public init(from old: PC, to new: PC, sources: SourceMap?) {
        (self.old, self.new, self.sources) = (old, new, sources)
    }

    /// A line for each difference, under headings; empty where there is none.
    public var lines: [String] {
        section("time:", time) + section("processor:", registers) + section("memory:", memory) + section("chips:", chips)
    }

    private func section(_ title: String, _ lines: [String]) -> [String] { lines.isEmpty ? [] : [title] + lines.map { "  " + $0 } }

    private var time: [String] {
        old.clock.now == new.clock.now ? [] : ["tick \(old.clock.now) -> \(new.clock.now)"]
    }

    // MARK: Registers

    private var registers: [String] {
        guard old.processors.count == new.processors.count else {
            return ["\(old.processors.count) -> \(new.processors.count) processors"]
        }
        return zip(old.processors, new.processors).flatMap { before, after -> [String] in
            let is64 = after.state.operatingMode == .bits64 || before.state.operatingMode == .bits64
            let title = before.isAlone ? "" : "cpu \(before.number) "
            var lines = RegisterAccess.whole(is64: is64).compactMap { name -> String? in
                guard let a = RegisterAccess.value(name, in: before.state), let b = RegisterAccess.value(name, in: after.state),
                    a != b
                else { return nil }
                let digits = is64 ? 16 : 8
                return "\(title)\(name) \(h(a, digits))\(place(a, before)) -> \(h(b, digits))\(place(b, after))"
            }
            if before.state.x87 != after.state.x87 { lines.append("\(title)x87 registers differ") }
            if before.state.sse != after.state.sse { lines.append("\(title)XMM registers differ") }
            if before.state.activity != after.state.activity {
                lines.append("\(title)\(before.state.activity) -> \(after.state.activity)")
            }
            return lines
        }
    }

    private func place(_ value: UInt64, _ cpu: CPU) -> String {
        guard cpu.state.cr0.contains(.PE), value >= 0x1000, let name = sources?.describe(value) else { return "" }
        return " (\(name))"
    }

    // MARK: Memory

    /// A run of bytes that differ, gaps of less than a paragraph included.
    private struct Run {
        var range: Range<UInt64>
        var count: Int
    }

    private var memory: [String] {
        if old.configuration.memoryBytes != new.configuration.memoryBytes {
            return ["\(old.configuration.memoryBytes) -> \(new.configuration.memoryBytes) bytes of RAM"]
        }
        var runs: [Run] = []
        var bytes = 0
        for page in old.pages(differingFrom: new) {
            for offset in 0..<4096 as Range<UInt64> {
                let address = page &+ offset
                guard old.peek(physical: address) != new.peek(physical: address) else { continue }
                bytes += 1
                if let last = runs.last, address &- last.range.upperBound < 16 {
                    runs[runs.count - 1] = Run(range: last.range.lowerBound..<address &+ 1, count: last.count + 1)
                } else {
                    runs.append(Run(range: address..<address &+ 1, count: 1))
                }
            }
        }
        guard bytes > 0 else { return [] }
        let variables = variables(in: runs)
        let rest = runs.filter { run in
            !variables.contains { $0.range.contains(run.range.lowerBound) && run.range.upperBound <= $0.range.upperBound }
        }
        let shown = rest.prefix(Self.mostRanges).map { run in
            let name = sources?.describe(run.range.lowerBound).map { " (\($0))" } ?? ""
            return
                "\(h(run.range.lowerBound))-\(h(run.range.upperBound &- 1))\(name): \(run.count) of \(run.range.count) bytes differ"
        }
        let more = rest.count > Self.mostRanges ? ["and \(rest.count - Self.mostRanges) more ranges"] : []
        return ["\(bytes) bytes differ"] + variables.map(\.line) + shown + more
    }

    /// Variables of up to eight bytes with both values. Symbols are linear addresses: this is for what is mapped one to one, or in the higher half.
    private func variables(in runs: [Run]) -> [(range: Range<UInt64>, line: String)] {
        let view = MachineView(new)
        return (sources?.symbols.symbols ?? []).compactMap { symbol in
            guard !symbol.isFunction, [1, 2, 4, 8].contains(symbol.size),
                let physical = PageWalk(view, linear: symbol.address & view.linearMask).physical
            else { return nil }
            let range = physical..<physical &+ symbol.size
            guard runs.contains(where: { $0.range.overlaps(range) }) else { return nil }
            let (a, b) = (number(old, range), number(new, range))
            guard a != b else { return nil }
            let digits = 2 * Int(symbol.size)
            return (range, "\(symbol.name) \(h(a, digits)) = \(a) -> \(h(b, digits)) = \(b)")
        }
    }

    private func number(_ pc: PC, _ range: Range<UInt64>) -> UInt64 {
        range.reversed().reduce(0) { $0 << 8 | UInt64(pc.peek(physical: $1)) }
    }

    // MARK: Chips

    private var chips: [String] {
        let others = Dictionary(new.parts.chips.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return old.parts.chips.flatMap { chip -> [String] in
            guard let other = others[chip.name] else { return ["\(chip.name): only in the first"] }
            let (before, after) = (ChipListing.fields(of: chip.state), ChipListing.fields(of: other.state))
            let changed = after.filter { field in before.first { $0.name == field.name }?.text != field.text }
            guard !changed.isEmpty else { return [] }
            let words = changed.prefix(12).map { field in
                "\(field.name) \(before.first { $0.name == field.name }?.text ?? "nothing") -> \(field.text)"
            }
            return ["\(chip.name): \(words.joined(separator: ", "))\(changed.count > 12 ? " and \(changed.count - 12) more" : "")"]
        }
    }
}

extension RegisterAccess {
    /// The registers that hold all the others: no AX beside EAX.
    static func whole(is64: Bool) -> [String] {
        let letters = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "ip"].map { (is64 ? "r" : "e") + $0 }
        return letters + (is64 ? (8...15).map { "r\($0)" } : []) + [
            "eflags", "cs", "ss", "ds", "es", "fs", "gs", "cr0", "cr2", "cr3", "cr4",
        ]
    }
}
