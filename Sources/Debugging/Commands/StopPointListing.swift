import Inspection
import Processor

/// Breakpoints and watchpoints in words, and as commands that make them again.
enum StopPointListing {
    static func list(_ session: CommandSession) -> [String] {
        let points = session.debugger.points
        return points.isEmpty
            ? ["no breakpoints; `help break` and `help watch` tell how to set some"] : points.map { line($0, session) }
    }

    /// "1  break 00007C00h  if eax == 3  (3 hits)".
    static func line(_ point: StopPoint, _ session: CommandSession) -> String {
        var line = "\(point.number)  \(what(point, session))"
        if !point.conditionSource.isEmpty { line += " if \(point.conditionSource)" }
        var notes: [String] = []
        if !point.isEnabled { notes.append("disabled") }
        if point.isTemporary { notes.append("for one time") }
        if point.ignoreCount > 0 { notes.append("passes \(point.ignoreCount) times more") }
        if point.hits > 0 { notes.append("\(point.hits) hit\(point.hits == 1 ? "" : "s")") }
        return notes.isEmpty ? line : "\(line)  (\(notes.joined(separator: ", ")))"
    }

    private static func what(_ point: StopPoint, _ session: CommandSession) -> String {
        switch point.trigger {
        case .linear(let address):
            let name = session.debugger.sources?.describe(address).map { "  \($0)" } ?? ""
            let others = point.furtherPlaces.count
            let inlined = others == 0 ? "" : ", and \(others) place\(others == 1 ? "" : "s") where it is inlined"
            return "breakpoint at \(h(address))\(name)\(inlined)"
        case .physical(let address): return "breakpoint at physical \(h(address))"
        case .far(let selector, let offset): return "breakpoint at \(farPointer(selector, offset))"
        case .data(let watch):
            let kind = watch.reads && watch.writes ? "accesses of" : watch.reads ? "reads of" : "writes to"
            let end = watch.range.upperBound - 1
            let range = end == watch.range.lowerBound ? h(end) : "\(h(watch.range.lowerBound))-\(h(end))"
            return "watchpoint for \(kind) \(watch.space == .physical ? "physical " : "")\(range)"
        case .port(let watch):
            let kind = watch.reads && watch.writes ? "accesses of" : watch.reads ? "reads of" : "writes to"
            return "catches \(kind) port \(h(UInt64(watch.ports.lowerBound), 4))"
        case .interrupt(let vectors):
            return "catches \(vectors.count == 256 ? "interrupts" : "interrupt \(h(UInt64(vectors.lowerBound), 2))")"
        case .exception(let vectors): return "catches \(vectors.count == 256 ? "exceptions" : "exception \(vectors.lowerBound)")"
        case .modeChange: return "catches changes of the mode"
        case .controlRegister(let number): return "catches writes to CR\(number)"
        case .magic: return "catches xchg bx,bx"
        }
    }

    /// The commands that make the same points and settings.
    static func script(_ session: CommandSession) -> String {
        var lines = ["# breakpoints and settings of swemu debug; `load` takes them back", "delete"]
        for setting in Setting.allCases where setting != .magic {
            lines.append("set \(setting.rawValue) \(session.settings.contains(setting) ? "on" : "off")")
        }
        for point in session.debugger.points {
            lines.append(command(point))
            // Numbers begin at 1 again only in a new session: the last one made is meant.
            if point.ignoreCount > 0 { lines.append("ignore $last \(point.ignoreCount)") }
            if !point.isEnabled { lines.append("disable $last") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func command(_ point: StopPoint) -> String {
        func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
        let condition = point.conditionSource.isEmpty ? "" : " if \(point.conditionSource)"
        switch point.trigger {
        case .linear(let address):
            return
                "\(point.isTemporary ? "tbreak" : "break") \(point.furtherPlaces.isEmpty ? hex(address) : point.source)\(condition)"
        case .physical(let address): return "pbreak \(hex(address))\(condition)"
        case .far(let selector, let offset): return "vbreak \(hex(UInt64(selector))):\(hex(offset))\(condition)"
        case .data(let watch):
            let kind = (watch.reads ? "r" : "") + (watch.writes ? "w" : "")
            let verb = watch.space == .physical ? "pwatch" : "watch"
            return "\(verb) \(kind) \(hex(watch.range.lowerBound)) \(watch.range.count)\(condition)"
        case .port(let watch):
            let kind = watch.reads && watch.writes ? "" : watch.reads ? " in" : " out"
            return "catch port \(hex(UInt64(watch.ports.lowerBound)))\(kind)"
        case .interrupt(let vectors): return vectors.count == 256 ? "catch interrupt" : "catch interrupt \(vectors.lowerBound)"
        case .exception(let vectors): return vectors.count == 256 ? "catch exception" : "catch exception \(vectors.lowerBound)"
        case .modeChange: return "catch mode"
        case .controlRegister(let number): return "catch cr \(number)"
        case .magic: return "catch magic"
        }
    }
}
