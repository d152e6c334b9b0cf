import Board
import Debugging
import Explanations
import Formats
import Inspection
import Session
import X86

/// A machine as pages show it, in JSON.
struct WebState {
    private let session: DebugSession
    private let panes: Panes
    private let report: StopReport?
    private let isRunning: Bool
    private let history: WebHistory
    private static let codeRows = 24, stackRows = 12

    init(_ session: DebugSession, _ report: StopReport?, isRunning: Bool, _ history: WebHistory) {
        (self.session, self.report, self.isRunning, self.history) = (session, report, isRunning, history)
        panes = Panes(session.commands)
    }

    private var pc: PC { session.host.pc }

    /// The part that changes all the time while a machine runs.
    var running: [(String, JSON)] { [("kind", .text("running"))] + head }

    private var head: [(String, JSON)] {
        let timeline = session.commands.timeline
        return [
            ("running", .boolean(isRunning)), ("tick", .number(pc.clock.now)), ("instructions", .number(pc.clock.instructions)),
            ("mode", .text(panes.mode)), ("past", .boolean(session.commands.isInPast)),
            ("halted", .boolean(pc.observed.state.activity.awaitsInterrupt)),
            ("latest", .number(timeline?.latest ?? pc.clock.now)),
            ("ended", .boolean(pc.ending != nil)),
        ]
    }

    func whole(_ look: inout WebLook) -> [(String, JSON)] {
        let looks = WebLooks(session: session)
        let reason = report.map { session.commands.reason(for: $0) } ?? []
        return [("kind", .text("state"))] + head + [
            ("reason", .list(reason.map { .text($0) })), ("happened", happened), ("next", next),
            ("registers", .list(RegisterGroup.allCases.map { $0.json(session) })), ("flags", .list(flags)),
            ("code", code(&look)), ("stack", .list(stack)), ("frames", .list(frames)),
            ("points", .list(points)), ("memory", looks.memory(look)), ("path", looks.address(look)),
            ("interrupt", looks.interrupt(look)), ("frame", looks.stack(look)), ("map", looks.map(look)),
            ("tables", looks.tables(look)), ("drives", drives),
            ("time", time),
        ]
    }

    // MARK: What happened

    private var happened: JSON { session.commands.lastExplanation.map { Self.explanation($0) } ?? .null }

    private var next: JSON {
        guard pc.ending == nil, !isRunning, pc.observed.state.activity == .active else { return .null }
        return Self.explanation(session.commands.explainNext())
    }

    static func explanation(_ explanation: Explanation) -> JSON {
        let flags = explanation.flags.map { flag in
            JSON.object([
                ("name", .text(flag.name)), ("value", .boolean(flag.after)), ("changed", .boolean(flag.before != flag.after)),
                ("undefined", .boolean(flag.isUndefined)), ("reason", .text(flag.reason)),
            ])
        }
        let addresses = explanation.addresses.map { address in
            JSON.object([
                ("name", .text(address.name)), ("expression", .text("\(address.segment):\(hexadecimal(address.offset))")),
                ("lines", .list(address.lines.map { .text($0) })),
            ])
        }
        let fault = explanation.fault.map { fault in
            JSON.object([
                ("name", .text(fault.name)), ("check", .text(fault.check)),
                ("delivery", .list(fault.delivery.map { .text($0) })),
            ])
        }
        return .object([
            ("place", .text(explanation.place)), ("text", explanation.disassembly.map { .text($0) } ?? .null),
            ("actions", .list(explanation.actions.map { .text($0) })), ("flags", .list(flags)), ("addresses", .list(addresses)),
            ("fault", fault ?? .null), ("operation", .list(explanation.operation.map { .text($0) })),
        ])
    }

    // MARK: Registers

    private enum RegisterGroup: String, CaseIterable {
        case general, segments, system

        private func names(_ isWide: Bool) -> [(String, Int)] {
            let general32 = ["eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags"]
            let general64 =
                ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"] + (8...15).map { "r\($0)" } + ["rip", "rflags"]
            switch self {
            case .general: return (isWide ? general64 : general32).map { ($0, isWide ? 16 : 8) }
            case .segments: return ["cs", "ss", "ds", "es", "fs", "gs", "ldtr", "tr"].map { ($0, 4) }
            case .system: return ["cr0", "cr2", "cr3", "cr4", "gdtr", "idtr"].map { ($0, isWide ? 16 : 8) }
            }
        }

        func json(_ session: DebugSession) -> JSON {
            let state = session.debugger.view.state
            let rows = names(session.debugger.view.is64Bit).compactMap { name, digits -> JSON? in
                guard let value = RegisterAccess.value(name, in: state) else { return nil }
                let old = RegisterAccess.value(name, in: session.commands.before) ?? value
                let text = String(value, radix: 16)
                return .object([
                    ("name", .text(name)), ("value", .text(String(repeating: "0", count: max(0, digits - text.count)) + text)),
                    ("changed", .boolean(old != value)), ("was", .text(String(old, radix: 16))),
                ])
            }
            return .object([("name", .text(rawValue)), ("rows", .list(rows))])
        }
    }

    private var flags: [JSON] {
        let state = session.debugger.view.state
        return zip(["cf", "pf", "af", "zf", "sf", "tf", "if", "df", "of", "nt", "rf", "vm", "ac"], panes.flagsInWords).map {
            name, words in
            let value = RegisterAccess.value(name, in: state) ?? 0
            return .object([
                ("name", .text(name)), ("value", .boolean(value != 0)), ("words", .text(words)),
                ("changed", .boolean(RegisterAccess.value(name, in: session.commands.before) != value)),
            ])
        }
    }

    // MARK: Code, stack, points

    private func code(_ look: inout WebLook) -> JSON {
        let rows = panes.codeRows(Self.codeRows, top: &look.top).map { row in
            JSON.object([
                ("address", .text(hexadecimal(row.address))), ("place", .text(row.place)), ("bytes", .text(row.bytes)),
                ("text", row.text.map { .text($0) } ?? .null), ("note", row.note.map { .text($0) } ?? .null),
                ("source", row.source.map { .text($0) } ?? .null), ("next", .boolean(row.isNext)),
                ("point", row.point.map { .number(UInt64($0.number)) } ?? .null),
            ])
        }
        return .list(rows)
    }

    private var stack: [JSON] {
        let view = session.debugger.view
        let size = UInt64(view.is64Bit ? 8 : view.state.ss.isBig ? 4 : 2)
        return (0..<UInt64(Self.stackRows)).map { index in
            let address = view.wrapped(view.linearSP &+ index * size)
            let value = view.linear(address, Int(size))
            let name = value.flatMap { value in
                value >= 0x1000 ? session.debugger.sources?.describe(FramePlace(stacked: value, view)) : nil
            }
            let text = value.map { String($0, radix: 16) }
            return .object([
                ("address", .text(hexadecimal(address))), ("offset", .number(index * size)),
                ("value", text.map { .text(String(repeating: "0", count: max(0, Int(2 * size) - $0.count)) + $0) } ?? .null),
                ("note", name.map { .text($0) } ?? .null),
            ])
        }
    }

    private var frames: [JSON] {
        session.debugger.frames.prefix(24).map { frame in
            .object([
                ("address", .text(hexadecimal(frame.address))),
                ("name", session.debugger.sources?.describe(frame).map { .text($0) } ?? .null),
            ])
        }
    }

    private var points: [JSON] {
        panes.points.map { point in
            .object([
                ("number", .number(UInt64(point.number))), ("text", .text(point.text)), ("enabled", .boolean(point.isEnabled)),
            ])
        }
    }

    /// Drives whose medium can be changed: those of --cdrom, --fda and --fdb, with nothing but the images given there.
    private var drives: JSON {
        let plan = session.host.plan
        func drive(_ name: String, _ words: String, _ media: [String], _ inserted: Int?) -> JSON {
            .object([
                ("drive", .text(name)), ("name", .text(words)),
                ("media", .list(media.map { .text($0.split(separator: "/").last.map(String.init) ?? $0) })),
                ("inserted", inserted.map { .number(UInt64($0)) } ?? .null),
            ])
        }
        var drives: [JSON] = []
        if let tray = pc.parts.ide1.cdromTray { drives.append(drive("", "CD-ROM", plan.cdrom.discs, tray.medium)) }
        for number in 0..<2 {
            guard let floppy = pc.parts.fdc.view(of: number) else { continue }
            drives.append(
                drive(
                    FloppyPlan.drives[number], "floppy \(number == 0 ? "A" : "B")", plan.floppies.diskettes(number),
                    floppy.medium))
        }
        return .list(drives)
    }

    // MARK: Time

    private var time: JSON {
        let timeline = session.commands.timeline
        let events = history.events.map { event in
            JSON.list([.number(event.tick), .text(event.kind), .text(event.text)])
        }
        return .object([
            ("earliest", .number(timeline?.earliest ?? pc.clock.now)), ("kept", .boolean(timeline != nil)),
            ("checkpoints", .list((timeline?.checkpointTicks ?? []).suffix(500).map { .number($0) })),
            ("events", .list(events)),
        ])
    }
}
