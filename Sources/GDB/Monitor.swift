import Board
import Debugging

/// The debugger's commands, as gdb's `monitor` carries them.
extension CommandSession {
    /// Answers a command. Moving the machine is gdb's business: it has to know of it.
    public func answer(monitor line: String) -> [String] {
        let text = line.trimmed
        let word = String(text.prefix { !$0.isWhitespace && $0 != "/" }).lowercased()
        if let command = try? CommandTable.command(word), command.group == .running, command.name != "reset" {
            return ["\(command.name): gdb has to know that the machine moves; say stepi, nexti, continue, until or finish there"]
        }
        let (tick, earlier) = (debugger.pc.clock.now, put)
        var lines: [String] = []
        put = { lines.append($0) }
        defer { put = earlier }
        execute(text.isEmpty ? "help" : text)
        if debugger.pc.clock.now != tick { lines.append("The machine has moved; tell gdb: maintenance flush register-cache") }
        return lines
    }

    /// Tells of a stop that gdb knows nothing of: one at a point that `monitor` made.
    public func words(for report: StopReport, knownToGDB numbers: Set<Int>) -> [String] {
        guard case .reached(let reached) = report.cause, !reached.contains(where: numbers.contains) else { return [] }
        return StopDescription(report, self).lines
    }

    /// The reason why gdb cannot go back; nil when it can.
    public var refusalOfPast: String? {
        do throws(DebuggerError) {
            _ = try backwards()
            return nil
        } catch {
            return error.description
        }
    }

    /// The way back for gdb.
    public var pastForGDB: GDBStub.Past? {
        guard let backwards = try? backwards() else { return nil }
        return GDBStub.Past(stepBack: { backwards.stepBack() }, goBack: { backwards.reverseContinue() })
    }
}
