import Board
import Executables
import Formats
import Trace

/// Writes QEMU's log as it comes; the monitor may change what is in it, and where it goes.
final class QEMULogWriter {
    private(set) var log: QEMULog
    private var lines: LimitedLines
    private let limit: UInt64

    /// `shared` is a stream to write to where the log of the chips goes to the same file.
    init(
        _ items: Set<QEMULog.Item>, _ plan: SessionPlan, _ pc: PC, _ sources: SourceMap?, shared: ByteStream?, ownsTerminal: Bool,
        past: Past
    ) throws {
        let path = plan.tracing.qemuLogFile
        let stream: ByteStream
        if let path {
            stream = try path == plan.logFile ? shared ?? ByteStream(writingTo: path) : ByteStream(writingTo: path)
        } else {
            guard !ownsTerminal else {
                throw UserError(
                    .usage, "the terminal shows the screen", "--qemu-log", remedy: "add --qemu-log-file FILE, or --headless")
            }
            stream = ByteStream(standardError: ())
        }
        limit = plan.tracing.limit
        lines = LimitedLines(stream, limit: limit, name: "log")
        var put: (String) -> Void = { _ in }
        log = QEMULog(pc, items, sources: sources) { put($0) }
        put = { [unowned self] line in if !past.isNow() { lines.put(line) } }
        log.tellStart()
    }

    var stream: ByteStream { lines.stream }

    /// Goes on in another file.
    func move(to path: String) throws {
        let stream = try ByteStream(writingTo: path)
        lines.stream.finish()
        lines = LimitedLines(stream, limit: limit, name: "log")
    }
}
