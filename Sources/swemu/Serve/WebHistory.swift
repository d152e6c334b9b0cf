import Board
import Inspection
import Processor
import Session

/// Events on the line of time: interrupts, exceptions, keys, changes of the mode. Bounded: old ones of a kind are thinned out.
final class WebHistory {
    struct Event {
        let tick: UInt64
        let kind: String
        let text: String
    }

    /// Its machine's input gate holds a closure of this, and whoever owns this has the session.
    private unowned let session: DebugSession
    private(set) var events: [Event] = []
    private var lastTick: UInt64 = 0
    private var lastMode = ""
    /// Events that are kept.
    private static let most = 1500

    init(_ session: DebugSession) {
        self.session = session
        let next = session.host.pc.input.onDelivery
        session.host.pc.input.onDelivery = { [unowned self, unowned session] tick, input in
            next?(tick, input)
            guard !session.commands.isInPast else { return }
            switch input {
            case .key(let key, down: true): add(tick, "key", "key \(key)")
            case .reset: add(tick, "mode", "reset")
            case .powerButton: add(tick, "mode", "the power button")
            case .medium, .diskette: add(tick, "disk", "a disc is changed")
            case .key, .repetition, .mouse, .serial: break
            }
        }
    }

    /// Takes what happened since the last time.
    func take() {
        guard !session.commands.isInPast else { return }
        let pc = session.host.pc
        // A changed past has another future.
        if pc.clock.now < lastTick {
            events.removeAll { $0.tick > pc.clock.now }
            lastTick = pc.clock.now
        }
        for record in pc.observed.history.recent where record.delivery.tick > lastTick { take(record.delivery) }
        lastTick = max(lastTick, pc.clock.now)
        let mode = Self.mode(MachineView(pc))
        if mode != lastMode {
            if !lastMode.isEmpty { add(pc.clock.now, "mode", mode) }
            lastMode = mode
        }
        if events.count > Self.most { thin() }
    }

    private func take(_ delivery: CPU.Delivery) {
        let vector = delivery.fault.vector
        switch delivery.source {
        case .exception: add(delivery.tick, "exception", "exception \(delivery.fault.name)")
        case .external:
            let line = session.host.pc.interruptOutlook.line(ofVector: vector)
            let kind = line == 1 ? "key" : [6, 14, 15].contains(line) ? "disk" : "interrupt"
            add(delivery.tick, kind, line.map { "interrupt of line \($0)" } ?? "interrupt \(hexadecimal(UInt64(vector)))")
        case .software, .trap: add(delivery.tick, "software", "INT \(hexadecimal(UInt64(vector)))")
        }
    }

    private func add(_ tick: UInt64, _ kind: String, _ text: String) {
        events.append(Event(tick: tick, kind: kind, text: text))
    }

    /// Leaves out every second one of the kinds that are many.
    private func thin() {
        var seen: [String: Int] = [:]
        let total = Dictionary(grouping: events, by: \.kind).mapValues(\.count)
        events = events.filter { event in
            seen[event.kind, default: 0] += 1
            return total[event.kind, default: 0] < 200 || seen[event.kind, default: 0] % 2 == 0
        }
    }

    private static func mode(_ view: MachineView) -> String {
        !view.isProtected
            ? "real mode" : (view.is64Bit ? "64-bit mode" : "protected mode") + (view.isPaged ? " with paging" : "")
    }
}
