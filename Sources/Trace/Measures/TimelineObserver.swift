import Board
import Inspection
import Processor

/// Something that took time in the machine, or an interrupt on its way.
public struct TimelineEvent: Equatable, Sendable {
    /// The row of a timeline that an event belongs to.
    public enum Track: Hashable, Sendable {
        /// Modes of a processor; what it does: runs or is halted.
        case modes(Int), processor(Int)
        case ports
        /// "ide0".
        case disk(String)
        case interrupts
    }

    /// The form of an event.
    public enum Kind: Equatable, Sendable {
        /// From `tick` on for so many ticks.
        case slice(ticks: UInt64)
        /// An interrupt is requested, delivered, and ended by the EOI, with the number that these have in common.
        case raised(UInt64), delivered(UInt64), ended(UInt64)
    }

    /// The row.
    public let track: Track
    /// The form, with its length or number.
    public let kind: Kind
    /// The time at which it began, in ticks.
    public let tick: UInt64
    /// The event in words, as a viewer writes it on its bar.
    public let name: String
    /// More that is known, for who chooses the event in a viewer.
    public var details: [(name: String, value: String)] = []

    public static func == (a: TimelineEvent, b: TimelineEvent) -> Bool {
        a.track == b.track && a.kind == b.kind && a.tick == b.tick && a.name == b.name
    }
}

/// Listens to a machine and tells what takes time in it: modes, interrupts from their request to their EOI, runs of port accesses, requests to drives,
/// and which processor runs. The machine runs as it would without.
public final class TimelineObserver {
    private let pc: PC
    private let hear: (TimelineEvent) -> Void
    /// The mode of each processor, and since when.
    private var modes: [(name: String, since: UInt64)]
    private var interrupts: [Source: Pending] = [:]
    private var lastInterrupt: UInt64 = 0
    private var accesses: Accesses?
    private var requests: [String: (name: String, details: [(name: String, value: String)], from: UInt64, until: UInt64)] = [:]
    /// The tick at which a run came back because nobody had anything to do.
    private var idleSince: UInt64?
    private var turnSince: (processor: Int, tick: UInt64)?

    /// The origin of a request for an interrupt: an input of the PICs (0 to 15), or a vector in a processor's local APIC.
    private enum Source: Hashable { case line(Int), vector(processor: Int, UInt8) }

    private struct Pending {
        let number: UInt64
        let name: String
        var isDelivered = false
    }

    /// Accesses to one port without others between.
    private struct Accesses {
        let port: UInt16
        let isWrite: Bool
        let from: UInt64
        var until: UInt64
        var count: UInt64 = 1
    }

    /// Ticks without an access after which the next one to the same port is another run.
    private static let pause: UInt64 = 1_000

    /// An observer of the machine from now on. `hear` takes slices when they are over, and steps of interrupts as they come.
    public init(_ pc: PC, hear: @escaping (TimelineEvent) -> Void) {
        self.pc = pc
        self.hear = hear
        modes = pc.processors.map { (Self.mode($0), pc.clock.now) }
        for cpu in pc.processors {
            let earlier = cpu.onDelivery
            cpu.onDelivery = { [weak self, unowned cpu] delivery in
                earlier?(delivery)
                self?.delivered(delivery, cpu)
            }
            cpu.onModeChange = { [weak self, unowned cpu] tick in self?.noteMode(cpu, tick) }
        }
        pc.observePorts { [weak self] in self?.accessed($0) }
        pc.observeDisks { [weak self] in self?.requested($0) }
        for (chip, first) in [(pc.parts.pic1, 0), (pc.parts.pic2, 8)] {
            chip.onRequest = { [weak self] line in self?.raised(.line(first + line), "IRQ \(first + line)") }
            chip.onEndOfInterrupt = { [weak self] line in self?.ended(.line(first + line)) }
        }
        for (number, chip) in (pc.parts.apic?.locals ?? []).enumerated() {
            chip.onRequest = { [weak self] vector in
                self?.raised(.vector(processor: number, vector), "vector \(h(UInt64(vector), 2))")
            }
            chip.onEndOfInterrupt = { [weak self] vector in self?.ended(.vector(processor: number, vector)) }
        }
        if pc.processors.count > 1 {
            turnSince = (pc.turn.processor, pc.clock.now)
            pc.onTurn = { [weak self] in self?.turned() }
        }
    }

    private var now: UInt64 { pc.clock.now }

    private func slice(
        _ track: TimelineEvent.Track, _ name: String, _ from: UInt64, _ until: UInt64,
        _ details: [(name: String, value: String)] = []
    ) {
        guard until > from else { return }
        hear(TimelineEvent(track: track, kind: .slice(ticks: until - from), tick: from, name: name, details: details))
    }

    // MARK: Running

    /// Runs as `PC.run(until:skipsIdleTime:)` does, and ends in the same state.
    public func run(until limit: UInt64, skipsIdleTime: Bool = true) -> PC.Pause {
        endIdleTime()
        while true {
            let pause = pc.run(until: limit, skipsIdleTime: false)
            guard case .idle(let next) = pause else { return pause }
            idleSince = now
            guard skipsIdleTime, next != .max else { return pause }
            pc.skip(to: min(next, limit))
            endIdleTime()
            if now >= limit { return .limit }
        }
    }

    private func endIdleTime() {
        if let since = idleSince { slice(.processor(pc.turn.processor), "halted", since, now) }
        idleSince = nil
    }

    private func turned() {
        if let last = turnSince { slice(.processor(last.processor), "runs", last.tick, now) }
        turnSince = (pc.turn.processor, now)
    }

    /// Tells what has not come to its end.
    public func finish() {
        endIdleTime()
        if turnSince != nil { turned() }
        for (number, mode) in modes.enumerated() { slice(.modes(number), mode.name, mode.since, now) }
        flushAccesses()
        for channel in requests.keys.sorted() { flushRequest(channel) }
        for pending in interrupts.values.sorted(by: { $0.number < $1.number }) {
            hear(TimelineEvent(track: .interrupts, kind: .ended(pending.number), tick: now, name: pending.name))
        }
        interrupts = [:]
    }

    // MARK: Modes

    private static func mode(_ cpu: CPU) -> String {
        let state = cpu.state
        let name = state.operatingMode == .realAddress ? "real mode" : state.operatingMode.rawValue
        return state.cr0.contains(.PG) ? "\(name), paging" : name
    }

    private func noteMode(_ cpu: CPU, _ tick: UInt64) {
        let name = Self.mode(cpu)
        let old = modes[cpu.number]
        guard name != old.name else { return }
        slice(.modes(cpu.number), old.name, old.since, tick)
        modes[cpu.number] = (name, tick)
    }

    // MARK: Interrupts

    private func raised(_ source: Source, _ name: String) {
        guard interrupts[source] == nil else { return }
        lastInterrupt += 1
        interrupts[source] = Pending(number: lastInterrupt, name: name)
        hear(TimelineEvent(track: .interrupts, kind: .raised(lastInterrupt), tick: now, name: name))
        if case .line(let line) = source, line == 14 || line == 15 { requests["ide\(line - 14)"]?.until = now }
    }

    private func delivered(_ delivery: CPU.Delivery, _ cpu: CPU) {
        noteMode(cpu, delivery.tick)
        guard delivery.source == .external, delivery.fault.vector != 2, let source = source(of: delivery.fault.vector, cpu) else {
            return
        }
        guard let pending = interrupts[source], !pending.isDelivered else { return }
        interrupts[source]?.isDelivered = true
        let details = [
            (name: "vector", value: h(UInt64(delivery.fault.vector), 2)), (name: "processor", value: String(cpu.number)),
            (name: "at", value: farPointer(delivery.cs, delivery.rip)),
        ]
        hear(
            TimelineEvent(
                track: .interrupts, kind: .delivered(pending.number), tick: delivery.tick, name: pending.name, details: details))
    }

    /// Finds the origin of the request for a vector.
    private func source(of vector: UInt8, _ cpu: CPU) -> Source? {
        let local = Source.vector(processor: cpu.number, vector)
        if interrupts[local] != nil { return local }
        for (state, first) in [(pc.parts.pic1.state, 0), (pc.parts.pic2.state, 8)] where vector & 0xF8 == state.ICW2 & 0xF8 {
            let line = Source.line(first + Int(vector & 7))
            if interrupts[line] != nil { return line }
        }
        return nil
    }

    private func ended(_ source: Source) {
        guard let pending = interrupts[source], pending.isDelivered else { return }
        interrupts[source] = nil
        hear(TimelineEvent(track: .interrupts, kind: .ended(pending.number), tick: now, name: pending.name))
    }

    // MARK: Ports and drives

    private func accessed(_ access: PortAccess) {
        if let channel = access.port & 0xFFF8 == 0x1F0 ? "ide0" : access.port & 0xFFF8 == 0x170 ? "ide1" : nil {
            requests[channel]?.until = now
        }
        if var run = accesses, run.port == access.port, run.isWrite == access.isWrite, now - run.until < Self.pause {
            run.until = now
            run.count += 1
            accesses = run
        } else {
            flushAccesses()
            accesses = Accesses(port: access.port, isWrite: access.isWrite, from: now, until: now)
        }
    }

    private func flushAccesses() {
        guard let run = accesses else { return }
        accesses = nil
        slice(
            .ports, "\(run.isWrite ? "out" : "in") \(h(UInt64(run.port), 4))", run.from, run.until + 1,
            [(name: "accesses", value: String(run.count))])
    }

    private func requested(_ request: PC.DiskRequest) {
        if let error = request.error {
            requests[request.channel]?.details.append((name: "failed", value: error))
            return
        }
        flushRequest(request.channel)
        var details = [(name: "drive", value: String(request.drive))]
        if let sector = request.sector { details.append((name: "sector", value: String(sector))) }
        if let count = request.count { details.append((name: "count", value: String(count))) }
        requests[request.channel] = (request.command, details, now, now + 1)
    }

    /// A request lasts until its interrupt, or the last access to its channel.
    private func flushRequest(_ channel: String) {
        guard let request = requests.removeValue(forKey: channel) else { return }
        slice(.disk(channel), request.name, request.from, request.until, request.details)
    }
}
