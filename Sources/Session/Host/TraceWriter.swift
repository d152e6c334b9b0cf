import Board
import Executables
import Formats
import Trace

/// Writes a trace as it comes, a line for each event, and no more than was allowed.
final class TraceWriter {
    private let lines: LimitedLines
    private let format: TraceFormat
    let tracer: Tracer

    var stream: ByteStream { lines.stream }

    /// nil when nothing is traced. `shared` is the stream to write to where the log goes to the same file.
    init?(_ plan: SessionPlan, _ pc: PC, _ sources: SourceMap?, engine: String, log: LogWriter, ownsTerminal: Bool, past: Past)
        throws
    {
        guard let filter = try plan.tracing.filter(sources) else { return nil }
        let trace = plan.tracing
        let stream: ByteStream
        if let path = trace.file {
            stream = try path == plan.logFile ? log.file ?? ByteStream(writingTo: path) : ByteStream(writingTo: path)
        } else {
            guard !ownsTerminal else {
                throw UserError(.usage, "the terminal shows the screen", "--trace", remedy: "add --trace-file FILE, or --headless")
            }
            stream = ByteStream(standardError: ())
        }
        format = trace.format
        lines = LimitedLines(stream, limit: trace.limit, name: "trace")
        var hear: (TraceEvent) -> Void = { _ in }
        tracer = Tracer(pc, filter, sources: sources) { hear($0) }
        hear = { [unowned self] event in if !past.isNow() { take(event) } }
        lines.put(head(filter, engine))
    }

    /// The first line: who executes, and what is traced.
    private func head(_ filter: TraceFilter, _ engine: String) -> String {
        let kinds = TraceKind.allCases.filter { filter.kinds.contains($0) }.map(\.rawValue)
        switch format {
        case .text: return "# \(engine); \(kinds.joined(separator: ", ")); tick, CS:EIP, ring, kind, what; place"
        case .json:
            return JSON.object([("trace", .number(1)), ("engine", .text(engine)), ("kinds", .list(kinds.map { .text($0) }))]).line
        }
    }

    private func take(_ event: TraceEvent) {
        guard !lines.isFull else { return }
        lines.put(format == .text ? event.line : event.json.line)
    }

    func flush() { stream.flush() }
}

extension TraceEvent {
    /// All numbers as numbers, addresses included.
    var json: JSON {
        var members: [(String, JSON)] = [
            ("tick", .number(tick)), ("kind", .text(kind.rawValue)), ("cs", .number(UInt64(cs))), ("eip", .number(rip)),
            ("linear", .number(linear)), ("ring", .number(UInt64(ring))), ("mode", .text(mode.kind.rawValue)),
            ("paging", .text(mode.paging.rawValue)),
        ]
        func number(_ value: (some BinaryInteger)?) -> JSON { value.map { .number(UInt64($0)) } ?? .null }
        switch what {
        case .delivery(let name, let vector, let error, let address, let cs, let rip):
            members += [("name", .text(name)), ("vector", number(vector)), ("error", number(error)), ("cr2", number(address))]
            members += [("toCS", number(cs)), ("toEIP", number(rip))]
        case .mode(let from, let to):
            members += [("from", .text(from.kind.rawValue)), ("fromPaging", .text(from.paging.rawValue))]
            members += [("to", .text(to.kind.rawValue)), ("toPaging", .text(to.paging.rawValue))]
        case .port(let port, let size, let value, let isWrite):
            members += [("port", number(port)), ("size", number(size)), ("value", number(value)), ("write", .boolean(isWrite))]
        case .disk(let channel, let drive, let command, let sector, let count, let error):
            members += [("channel", .text(channel)), ("drive", number(drive)), ("command", .text(command))]
            members += [("sector", number(sector)), ("count", number(count)), ("error", error.map { .text($0) } ?? .null)]
        case .instruction(let bytes, let text):
            members += [
                ("bytes", .text(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())), ("text", .text(text)),
            ]
        }
        if let processor { members.append(("cpu", number(processor))) }
        if let symbol { members.append(("symbol", .text(symbol))) }
        return .object(members)
    }
}
