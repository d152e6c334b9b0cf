import Board
import Inspection
import Processor
import X86

/// A debugger that goes back: to the instruction before, to the last stop before, to the last time something happened.
///
/// Nothing has to be set up: from now on the machine keeps checkpoints of itself in memory (`Timeline`) and goes back by running again from
/// the nearest one. Going back it stops *before* what it looked for, so that the instruction at fault is the next one. Going forward again goes
/// through the same states; what the user changes in the past is a new present.
public final class Backwards {
    /// The debugger that goes forward, with its breakpoints.
    public let debugger: Debugger
    /// The checkpoints from which the machine goes back.
    public let timeline: Timeline

    /// The windows that are searched first reach so many ticks back: small ones, so that a stop in a busy loop is found at once. From then on
    /// they reach from checkpoint to checkpoint.
    private static let firstWindows: [UInt64] = [1000, 30_000, 1_000_000]

    /// Begins to keep the machine's past. Throws when a drive writes to its image.
    public convenience init(_ debugger: Debugger, limits: Timeline.Limits = Timeline.Limits()) throws(Timeline.Refusal) {
        self.init(debugger, timeline: try Timeline(debugger.pc, limits: limits))
    }

    /// With a past that is kept already. Takes over `Debugger.runMachine` and `onChange`.
    public init(_ debugger: Debugger, timeline: Timeline) {
        self.debugger = debugger
        self.timeline = timeline
        debugger.runMachine = { _, tick in timeline.run(until: tick) }
        debugger.onChange = { timeline.machineWasChanged() }
    }

    private var pc: PC { debugger.pc }
    /// Somebody asked for the end of the search that is going on.
    private var wasAsked = false

    // MARK: Steps

    /// Goes back by `count` instructions, as `Debugger.step` goes forward: what an interrupt from outside did in between is passed in one go, unless
    /// `stepsIntoInterrupts`, and so is the time of a halted processor.
    public func stepBack(_ count: UInt64 = 1) -> StopReport {
        for _ in 0..<count {
            guard pc.clock.now > timeline.earliest else { return StopReport(.beginning, pc) }
            stepBackOnce()
        }
        return StopReport(.done, pc)
    }

    private func stepBackOnce() {
        pc.focus = pc.observed.number
        let start = MachineView(pc)
        let now = pc.clock.now
        // A stop may have come behind the delivery of an interrupt at this tick: then the state before it is at the same tick.
        if pc.observed.history.recent.last?.delivery.tick == now {
            move(to: now - 1)
            move(to: now)
            if pc.observed.state != start.state { return passIdleTime() }
        }
        move(to: now - 1)
        passTurns()
        if !debugger.stepsIntoInterrupts { passHandlers(before: start) }
        passIdleTime()
    }

    /// Turns that are gone back over at most, in search of an instruction of a processor that sleeps perhaps.
    private static let mostTurns = 64

    /// Goes back to where the processor that is looked at executes the next instruction.
    private func passTurns() {
        for _ in 0..<Self.mostTurns where pc.next !== pc.observed && pc.clock.now > timeline.earliest {
            let begin = pc.next === pc.cpu ? pc.turn.begin : pc.clock.now
            move(to: max(timeline.earliest, max(begin, 1) - 1))
        }
    }

    /// If the machine stands at the IRET that led to `there` from the handler of an interrupt, goes to the instruction before that interrupt.
    private func passHandlers(before there: MachineView) {
        for _ in 0..<16 {
            let view = MachineView(pc)
            guard view.instruction?.operation == .iret, pc.clock.now > timeline.earliest,
                let record = pc.observed.history.recent.last(where: {
                    $0.delivery.source == .external && $0.delivery.tick < pc.clock.now && $0.delivery.rip == there.state.rip
                        && $0.delivery.cs == there.state.cs.selector && $0.rsp == there.state.rsp
                }),
                record.delivery.tick > timeline.earliest
            else { return }
            move(to: record.delivery.tick - 1)
        }
    }

    /// Goes back to the HLT where the processor is halted.
    private func passIdleTime() {
        while pc.observed.state.activity.awaitsInterrupt, pc.clock.now > timeline.earliest {
            let start = min(pc.clock.idleStart, pc.clock.now)
            move(to: max(timeline.earliest, start - 1))
        }
    }

    /// To a moment, back or forward, whatever is armed.
    public func go(to tick: UInt64) -> StopReport {
        disarm()
        switch timeline.go(to: min(tick, debugger.lastTick)) {
        case .ended(let ending): return StopReport(.ended(ending), pc)
        case .idle: return StopReport(.idle, pc)
        case .limit, .spent, .paused, .stopped: return StopReport(pc.clock.now > tick ? .beginning : .done, pc)
        }
    }

    /// To a tick, with nothing armed that could stop the machine on the way.
    private func move(to tick: UInt64) {
        disarm()
        timeline.go(to: tick)
    }

    private func disarm() {
        pc.stop(at: StopConditions())
        _ = pc.takeStopEvents()
    }

    /// Like `stepBack`, but what a function, a software interrupt or a repeated instruction did is passed in one go.
    public func stepBackOver() -> StopReport {
        let (here, tick) = (MachineView(pc), pc.clock.now)
        let report = stepBack()
        guard report.isDone, let i = MachineView(pc).instruction else { return report }
        if Debugger.comesBack(i), pc.observed.state.rcx != here.state.rcx {
            moveToFirstIteration()
            return StopReport(.done, pc)
        }
        guard [.ret, .retFar, .iret].contains(i.operation) else { return report }
        // The call ends where the program is now, and had the same stack.
        let (linear, sp) = (here.linearIP, here.linearSP)
        let points = (1...15 as ClosedRange<UInt64>).map { length in
            var point = StopPoint(number: 0, trigger: .linear(here.wrapped(linear &- length)), source: "")
            point.accepts = { view in
                guard let i = view.instruction, Debugger.comesBack(i) else { return false }
                return UInt64(i.length) == length && view.linearSP == sp
            }
            return point
        }
        let found = walk(from: tick, atMost: Self.longestCall) { start, end in
            move(to: start)
            return lastStop(points, before: end)
        }
        if let found { return found }
        // Nobody called from there: the single step it is.
        move(to: report.tick)
        return StopReport(.done, pc)
    }

    /// Ticks that are looked back for the beginning of a call.
    private static let longestCall: UInt64 = 200_000_000

    /// From an iteration of a repeated instruction, or of LOOP to itself, to the first one: an iteration takes a tick and one off (E)CX.
    private func moveToFirstIteration() {
        let (last, here) = (pc.clock.now, MachineView(pc))
        func isSame(_ distance: UInt64) -> Bool {
            move(to: last - distance)
            return MachineView(pc).linearIP == here.linearIP && pc.observed.state.rcx == here.state.rcx &+ distance
        }
        let longest = last - timeline.earliest
        var (near, far) = (UInt64(0), UInt64(1))
        while far <= longest, isSame(far) { (near, far) = (far, far * 2) }
        far = min(far, longest + 1)
        while far - near > 1 {
            let middle = near + (far - near) / 2
            if isSame(middle) { near = middle } else { far = middle }
        }
        move(to: last - near)
    }

    /// Leaves the past behind: the machine was replaced by another one.
    public func restart() { timeline.restart() }

    // MARK: Searching

    /// Runs back to the last time that a breakpoint or watchpoint would have stopped the machine. Counts of passes are left alone.
    public func reverseContinue() -> StopReport { search(debugger.points.filter { $0.isEnabled && !$0.onlyTells }, isUsers: true) }

    /// Runs back to the last time that one of these happened.
    public func runBack(to triggers: [StopPoint.Trigger]) -> StopReport {
        search(triggers.map { StopPoint(number: 0, trigger: $0, source: "") }, isUsers: false)
    }

    /// Runs back to the last instruction that wrote one of these bytes.
    public func runBack(toWriteOf range: Range<UInt64>, _ space: StopConditions.DataWatch.Space = .linear) -> StopReport {
        runBack(to: [.data(StopConditions.DataWatch(space, range))])
    }

    /// Runs back to the last instruction that read one of these bytes.
    public func runBack(toReadOf range: Range<UInt64>) -> StopReport {
        runBack(to: [.data(StopConditions.DataWatch(.linear, range, reads: true, writes: false))])
    }

    /// Runs back to the last delivery of one of these vectors: by a device, by INT n, or as an exception.
    public func runBack(toDeliveryOf vectors: ClosedRange<UInt8>) -> StopReport {
        runBack(to: [.interrupt(vectors), .exception(vectors)])
    }

    /// Runs back to the last instruction that changed what `read` reads of the processor's state. Looks at every instruction, some millions a second.
    public func runBack(toChangeOf read: (CPUState) -> UInt64) -> StopReport {
        walk(from: pc.clock.now) { start, end in
            move(to: start)
            var last: Find?
            var previous = read(pc.observed.state)
            while pc.clock.now < end {
                let tick = pc.clock.now
                guard timeline.run(until: tick + 1) != .paused else { continue }
                if pc.clock.now == tick { break }
                let now = read(pc.observed.state)
                if now != previous { last = Find(tick: tick, event: nil, points: [], isBehindDelivery: false) }
                previous = now
                if tick & 0xFFFF == 0, isToStop() { return nil }
            }
            return last
        } ?? StopReport(.beginning, pc)
    }

    /// A stop that was found.
    private struct Find {
        /// Of the instruction that did it, or that the stop is before.
        let tick: UInt64
        let event: StopEvent?
        let points: [Int]
        /// It is before an instruction that an interrupt at the same tick led to.
        let isBehindDelivery: Bool
    }

    private func search(_ points: [StopPoint], isUsers: Bool) -> StopReport {
        let found = walk(from: pc.clock.now) { start, end in
            move(to: start)
            return lastStop(points, before: end)
        }
        return found ?? StopReport(.beginning, pc)
    }

    /// Looks through the past, window by window, the latest first. Afterwards the machine is at what was found, or at the beginning.
    private func walk(
        from now: UInt64, atMost limit: UInt64 = .max, _ look: (_ start: UInt64, _ end: UInt64) -> Find?
    ) -> StopReport? {
        var end = now
        var windows = Self.firstWindows.makeIterator()
        wasAsked = false
        while end > timeline.earliest, now - end < limit {
            let reach = windows.next().map { now > $0 ? now - $0 : 0 } ?? timeline.checkpointTicks.last { $0 < end } ?? 0
            let start = max(timeline.earliest, min(reach, end - 1))
            let find = look(start, end)
            if let find, !wasAsked { return arrive(at: find) }
            if wasAsked {
                move(to: now)
                return StopReport(.asked, pc)
            }
            end = start
        }
        if end == timeline.earliest { move(to: end) }
        return nil
    }

    /// Serves the host in the middle of a search; true when the search is to end.
    private func isToStop() -> Bool {
        if debugger.betweenSlices(debugger) { wasAsked = true }
        return wasAsked
    }

    private func arrive(at find: Find) -> StopReport {
        move(to: find.tick)
        if find.isBehindDelivery, let event = find.event {
            // On to the first instruction of the handler, which belongs to the same tick.
            var conditions = StopConditions()
            conditions.offsets = [event.rip]
            pc.stop(at: conditions)
            _ = timeline.run(until: find.tick + 1)
            disarm()
        }
        return StopReport(find.points.isEmpty ? .done : .reached(find.points), pc, event: find.event)
    }

    /// The last time before `end` that the machine, running from here, meets one of the points.
    private func lastStop(_ points: [StopPoint], before end: UInt64) -> Find? {
        pc.stop(at: StopConditions(for: points))
        defer { disarm() }
        var last: Find?
        while pc.clock.now < end {
            let start = pc.clock.now
            let pause = timeline.run(until: min(end, start &+ debugger.slice))
            guard pause == .stopped else {
                if isToStop() { return nil }
                if pause == .paused || pc.clock.now > start, pc.clock.now < end { continue }
                break
            }
            pc.focus = nil
            let view = debugger.view
            for event in pc.takeStopEvents() {
                let reached = points.filter { isReached($0, event, view) }
                guard let first = reached.first else { continue }
                let isCode = if case .code = event.kind { true } else { false }
                let isBehindDelivery = isCode && pc.observed.history.recent.last?.delivery.tick == event.tick
                last = Find(
                    tick: tick(of: event), event: event, points: first.number == 0 ? [] : reached.map(\.number),
                    isBehindDelivery: isBehindDelivery)
            }
            pc.passStop()
        }
        return last
    }

    /// The tick of the instruction that an event belongs to, or of the delivery. The machine has stopped behind it.
    private func tick(of event: StopEvent) -> UInt64 {
        switch event.kind {
        case .code, .data, .port: return event.tick
        case .delivery(let delivery) where delivery.source == .external: return delivery.tick
        // Noted for the block as a whole, which ended with the instruction.
        case .delivery, .mode, .controlRegister, .magic: return max(pc.clock.now, 1) - 1
        }
    }

    private func isReached(_ point: StopPoint, _ event: StopEvent, _ view: MachineView) -> Bool {
        guard point.matches(event, view), point.accepts?(view) ?? true else { return false }
        guard let condition = point.condition, let value = try? condition.value(in: debugger.context) else { return true }
        return value != 0
    }
}
