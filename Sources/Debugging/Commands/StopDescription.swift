import Board
import Inspection
import Processor

/// A stop in words: why, where, and what changed.
package struct StopDescription {
    private let report: StopReport
    private let session: CommandSession

    package init(_ report: StopReport, _ session: CommandSession) {
        self.report = report
        self.session = session
    }

    package var lines: [String] {
        var lines = reason
        lines += changes
        if let source = SourceListing(session).line(at: report.linear) { lines.append(source) }
        return lines + [CodeListing(session).next]
    }

    /// The reason; nothing after an ordinary step.
    var reason: [String] {
        switch report.cause {
        case .done: return []
        case .budget: return ["stopped after as many instructions as were asked for, at tick \(report.tick)"]
        case .lastTick: return ["the machine goes no further than tick \(report.tick), as was asked for at the start"]
        case .asked: return ["stopped because you asked, at tick \(report.tick)"]
        case .idle:
            if let only = session.pc.turn.only {
                return [
                    "processor \(only) is halted, and the others, which might wake it, are held: only a device or somebody outside can"
                ]
            }
            return ["the processor is halted, and nothing will happen until a key is pressed"]
        case .beginning: return ["that is as far back as the machine's past is kept"]
        case .ended(let ending): return ["the machine has ended: \(Self.words(ending, session.pc))"]
        case .reached(let numbers):
            return numbers.map { number in
                let point = session.debugger.points.first { $0.number == number }
                return "\(number): \(event)" + (point?.failure.map { "; its condition cannot be told here: \($0)" } ?? "")
            }
        }
    }

    private var event: String {
        guard let event = report.event else { return "reached" }
        let by = " by \(farPointer(event.cs, event.rip))"
        switch event.kind {
        case .code:
            let name = session.debugger.sources?.describe(report.linear)
            return "breakpoint at \(h(report.linear))" + (name.map { ", \($0)" } ?? "")
        case .magic: return "xchg bx,bx"
        case .data(let linear, let physical, let size, let isWrite, let value):
            let place = linear == physical ? h(linear) : "\(h(linear)) (physical \(h(physical)))"
            return
                "\(size) byte\(size == 1 ? "" : "s") \(isWrite ? "written to" : "read from") \(place): \(h(value, Int(2 * size)))\(by)\(change)"
        case .port(let port, let size, let isWrite, let value):
            return "\(h(value, Int(2 * size))) \(isWrite ? "written to" : "read from") port \(h(UInt64(port), 4))\(by)"
        case .delivery(let delivery): return Self.words(delivery)
        case .controlRegister(let number, let old, let new): return "CR\(number) was \(h(old)) and became \(h(new))\(by)"
        case .mode(let old, let new): return "from \(Self.words(old)) to \(Self.words(new))\(by)"
        }
    }

    /// "; was 05 00, is 07 00" of a small watched range.
    private var change: String {
        guard let change = report.change, change.old != change.new else { return "" }
        func text(_ bytes: [UInt8]) -> String { bytes.map { hexDigits(UInt64($0), 2, uppercase: false) }.joined(separator: " ") }
        return "; was \(text(change.old)), is \(text(change.new))"
    }

    /// Registers and flags that changed, on one line.
    private var changes: [String] {
        guard session.settings.contains(.changes) else { return [] }
        let text = RegisterListing(session.view.state).changes(from: session.before)
        return text.isEmpty ? [] : ["changed: \(text.joined(separator: ", "))"]
    }

    private static func words(_ delivery: CPU.Delivery) -> String {
        let source =
            switch delivery.source {
            case .external: "interrupt \(h(UInt64(delivery.fault.vector), 2)) from a device"
            case .software, .trap: "INT \(h(UInt64(delivery.fault.vector), 2))"
            case .exception: "exception \(delivery.fault.name)"
            }
        return "\(source) at \(farPointer(delivery.cs, delivery.rip))"
    }

    private static func words(_ mode: ProcessorMode) -> String {
        let name = mode.operating == .realAddress ? "real mode" : mode.operating.rawValue
        return "\(name) \(mode.isPaged ? "with" : "without") paging"
    }

    static func words(_ ending: PC.Ending, _ pc: PC) -> String {
        switch ending {
        case .powerOff: return "it was switched off"
        case .exit(let code): return "the guest wrote \(code) to the exit port"
        case .debugExit(let status): return "the guest asked for exit status \(status)"
        case .tripleFault:
            // A machine from a snapshot does not know what led there.
            let chain = pc.observed.faultChain.map(\.name).joined(separator: ", then ")
            return chain.isEmpty ? "triple fault" : "triple fault: \(chain)"
        case .deadHalt where pc.observed.state.activity == .frozen: return DeadMachine.frozenWords + ", with interrupts off"
        case .deadHalt: return "halted for good, with interrupts off"
        case .reset: return "it asked for a reset (--no-reboot)"
        }
    }
}
