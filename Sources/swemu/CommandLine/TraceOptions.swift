import ArgumentParser
import Formats
import Session
import Trace

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

extension TraceOptions {
    /// The interpreter alone executes, to be listened to.
    var wantsInstructions: Bool {
        words(trace).contains(TraceKind.instructions.rawValue)
            || words(qemuLog).contains { QEMULog.Item(rawValue: $0)?.needsInterpreter ?? false }
    }

    /// Throws a `UserError` for a word that is none of those that there are.
    var plan: TracePlan {
        get throws {
            var plan = TracePlan()
            for word in words(trace) {
                if word == "all" {
                    plan.kinds.formUnion(TraceKind.events)
                } else if let kind = TraceKind(rawValue: word) {
                    plan.kinds.insert(kind)
                } else {
                    throw mistake("unknown kind of event", word, known: TraceKind.allCases.map(\.rawValue) + ["all"])
                }
            }
            plan.addresses = words(traceRange)
            plan.rings = Set(
                try words(traceRing).map { word in
                    guard let ring = UInt8(word), ring < 4 else { throw mistake("not a ring", word, known: ["0", "1", "2", "3"]) }
                    return ring
                })
            plan.ports = try words(tracePorts).map { word in
                guard let range = AddressRange.parse(word), range.upperBound <= 0xFFFF else {
                    throw UserError(.usage, "not a range of ports", word, remedy: "write it as in 0x60 or 0x1f0-0x1f7")
                }
                return UInt16(range.lowerBound)...UInt16(range.upperBound)
            }
            let (first, end) = (traceFrom?.value ?? 0, traceUntil?.value ?? .max)
            guard first < end else {
                throw UserError(.usage, "nothing to trace", "--trace-from \(first) --trace-until \(end)", remedy: "swap them")
            }
            plan.ticks = first..<end
            (plan.file, plan.format) = (traceFile, traceFormat)
            plan.qemuLog = Set(
                try words(qemuLog).map { word in
                    guard let item = QEMULog.Item(rawValue: word) else {
                        throw mistake("unknown log item", word, known: QEMULog.Item.allCases.map(\.rawValue))
                    }
                    return item
                })
            plan.qemuLogFile = qemuLogFile
            plan.limit = MemorySize(argument: traceLimit)?.bytes ?? .max
            return plan
        }
    }

    private func words(_ texts: [String]) -> [String] { texts.flatMap { $0.split(separator: ",").map(String.init) } }

    private func mistake(_ what: String, _ word: String, known: [String]) -> UserError {
        UserError(.usage, what, word, remedy: remedy(for: word, among: known))
    }
}
