import Board
import Executables
import Explanations

/// Commands about the dialogue.
extension CommandSession {
    func loadSymbols(_ path: String) throws(DebuggerError) {
        guard !path.isEmpty else { throw DebuggerError("load-symbols wants the name of an ELF file") }
        let bytes = try host.readBytes(path)
        do throws(ExecutableError) {
            debugger.sources = try SourceMap(bytes: bytes)
        } catch {
            throw DebuggerError("\(path): \(error)")
        }
        put(
            "\(debugger.sources?.symbols.symbols.count ?? 0) symbols, \(debugger.sources?.lines.rows.count ?? 0) rows of source lines"
        )
    }

    /// `trace FILE`, `trace on`, `trace off`.
    func setTrace(_ text: String) throws(DebuggerError) {
        guard !text.isEmpty else {
            return put(isTracing ? "instructions that are stepped are traced" : "no trace; `trace FILE` begins one")
        }
        isTracing = text != "off"
        try host.openTrace(text == "off" || text == "on" ? nil : text)
    }

    /// `explain`: the next instruction, a table, or the setting.
    func explain(_ text: String) throws(DebuggerError) {
        switch text {
        case "on": settings.insert(.explain)
        case "off": settings.remove(.explain)
        case "": for line in explainer.explain().lines { put(line) }
        default:
            guard let table = Audit.Table(rawValue: text) else {
                throw DebuggerError("explain what? nothing for the next instruction; gdt, idt, tss, paging, pic; on or off")
            }
            for line in Audit(table, of: pc).lines { put(line) }
        }
    }

    /// Puts a snapshot in the machine's place; its past is forgotten.
    func loadMachine(_ path: String) throws(DebuggerError) {
        try host.loadMachine(path)
        debugger.onChange()
        show(StopReport(.done, pc))
    }
}
