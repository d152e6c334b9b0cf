import ArgumentParser
import Debugging
import Executables

/// The guest's doings that are written down as they happen.
struct TraceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write these events down: exceptions, interrupts, software, modes, ports, disk, all (of these), or instructions.",
            valueName: "kinds"))
    var trace: [String] = []
    @Option(
        help: ArgumentHelp(
            "Trace only what code at these linear addresses does: 0x7c00-0x7dff, 0x100000+0x400, or a symbol; may be repeated.",
            valueName: "range"))
    var traceRange: [String] = []
    @Option(help: ArgumentHelp("Trace only these privilege levels, as in 0 or 0,3.", valueName: "rings"))
    var traceRing: [String] = []
    @Option(
        help: ArgumentHelp(
            "Trace only accesses to these ports, as in 0x60-0x64,0x3f8; other kinds are not touched.", valueName: "ports"))
    var tracePorts: [String] = []
    @Option(help: ArgumentHelp("Trace from this tick on, as in 500M.", valueName: "tick"))
    var traceFrom: Count?
    @Option(help: ArgumentHelp("Trace until this tick.", valueName: "tick"))
    var traceUntil: Count?
    @Option(help: ArgumentHelp("File for the trace instead of standard error.", valueName: "file"), completion: .file())
    var traceFile: String?
    @Option(help: "How a trace is written: text, or json for one JSON object a line.")
    var traceFormat: TraceFormat = .text
    @Option(
        help: ArgumentHelp(
            "Write what QEMU's -d writes, in its form: int, exec, in_asm, cpu, mmu, cpu_reset; separated by commas.",
            valueName: "items"))
    var qemuLog: [String] = []
    @Option(help: ArgumentHelp("File for --qemu-log instead of standard error.", valueName: "file"), completion: .file())
    var qemuLogFile: String?
    @Option(help: ArgumentHelp("Stop tracing after so many bytes, as in 64M.", valueName: "size"))
    var traceLimit: String = "1G"

    func validate() throws {
        if MemorySize(argument: traceLimit) == nil {
            throw ValidationError("--trace-limit \(traceLimit) is no size; write a unit, as in 512K, 64M or 4G")
        }
        if qemuLogFile != nil, qemuLog.isEmpty {
            throw ValidationError("--qemu-log-file without --qemu-log; say what to log, as in --qemu-log int")
        }
        guard trace.isEmpty else { return }
        for (given, name) in [
            (!traceRange.isEmpty, "--trace-range"), (!traceRing.isEmpty, "--trace-ring"), (!tracePorts.isEmpty, "--trace-ports"),
            (traceFrom != nil, "--trace-from"), (traceUntil != nil, "--trace-until"), (traceFile != nil, "--trace-file"),
        ] where given {
            throw ValidationError("\(name) without --trace; say what to trace, as in --trace exceptions,interrupts")
        }
    }
}

enum TraceFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

extension TraceOptions {
    /// The interpreter alone executes, to be listened to.
    var wantsInstructions: Bool {
        words(trace).contains(TraceKind.instructions.rawValue)
            || words(qemuLog).contains { QEMULog.Item(rawValue: $0)?.needsInterpreter ?? false }
    }

    /// Items of QEMU's log. Throws for an item that is none.
    func qemuLogItems() throws -> Set<QEMULog.Item> {
        Set(
            try words(qemuLog).map { word in
                guard let item = QEMULog.Item(rawValue: word) else {
                    throw mistake("unknown log item", word, known: QEMULog.Item.allCases.map(\.rawValue))
                }
                return item
            })
    }

    /// The events to trace; nil when nothing was said.
    func filter(_ sources: SourceMap?) throws -> TraceFilter? {
        guard !trace.isEmpty else { return nil }
        var filter = TraceFilter([])
        for word in words(trace) {
            if word == "all" {
                filter.kinds.formUnion(TraceKind.events)
            } else if let kind = TraceKind(rawValue: word) {
                filter.kinds.insert(kind)
            } else {
                let known = TraceKind.allCases.map(\.rawValue) + ["all"]
                throw mistake("unknown kind of event", word, known: known)
            }
        }
        filter.addresses = try words(traceRange).map { try addresses($0, sources) }
        filter.rings = Set(
            try words(traceRing).map { word in
                guard let ring = UInt8(word), ring < 4 else { throw mistake("not a ring", word, known: ["0", "1", "2", "3"]) }
                return ring
            })
        filter.ports = try words(tracePorts).map { word in
            guard let range = Self.range(word), range.upperBound <= 0xFFFF else {
                throw UserError(.usage, "not a range of ports", word, remedy: "write it as in 0x60 or 0x1f0-0x1f7")
            }
            return UInt16(range.lowerBound)...UInt16(range.upperBound)
        }
        let (first, end) = (traceFrom?.value ?? 0, traceUntil?.value ?? .max)
        guard first < end else {
            throw UserError(.usage, "nothing to trace", "--trace-from \(first) --trace-until \(end)", remedy: "swap them")
        }
        filter.ticks = first..<end
        return filter
    }

    private func words(_ texts: [String]) -> [String] { texts.flatMap { $0.split(separator: ",").map(String.init) } }

    private func mistake(_ what: String, _ word: String, known: [String]) -> UserError {
        UserError(.usage, what, word, remedy: remedy(for: word, among: known))
    }

    private func addresses(_ word: String, _ sources: SourceMap?) throws -> ClosedRange<UInt32> {
        if let range = Self.range(word), range.upperBound <= 0xFFFF_FFFF {
            return UInt32(range.lowerBound)...UInt32(range.upperBound)
        }
        if let symbol = sources?.symbols.symbols.first(where: { $0.name == word }) {
            let first = UInt32(truncatingIfNeeded: symbol.address)
            let size = UInt32(clamping: max(symbol.size, 1))
            return first...max(first, first &+ (size &- 1))
        }
        let remedy =
            sources == nil
            ? "write it as in 0x7c00-0x7dff; symbols need --kernel or --symbols"
            : "no such symbol, and no range as in 0x7c00-0x7dff"
        throw UserError(.usage, "not a range of addresses", word, remedy: remedy)
    }

    /// "A", "A-B" (both included), "A+SIZE".
    static func range(_ word: String) -> ClosedRange<UInt64>? {
        if let number = Number(argument: word) { return number.value...number.value }
        for (separator, isSize) in [("-" as Character, false), ("+", true)] {
            let parts = word.split(separator: separator, omittingEmptySubsequences: false).map {
                Number(argument: String($0))?.value
            }
            guard parts.count == 2, let first = parts[0], let second = parts[1] else { continue }
            let end = isSize ? first.addingReportingOverflow(second).partialValue &- 1 : second
            return first <= end ? first...end : nil
        }
        return nil
    }
}
