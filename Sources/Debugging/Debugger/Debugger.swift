import Board
import Executables
import Inspection
import Processor
import Wiring
import X86

/// A machine under a debugger: stops at places and events, steps, shows and changes registers and memory.
///
/// A debugger of a machine. What it arms lives in the processor beside the machine's state: a run with stops goes through the same states at the same ticks as one
/// without. The guest's debug registers and memory are not touched. Setting registers or memory changes the machine, of course.
public final class Debugger {
    /// The machine.
    public let pc: PC
    /// Names and lines of what runs.
    public var sources: SourceMap?
    /// Asked between two slices of a run, about every 20 ms of the host's time; true stops. The place to serve the host, too.
    public var betweenSlices: (Debugger) -> Bool = { _ in false }
    /// Runs the machine up to a tick; to be replaced by who keeps its past.
    public var runMachine: (PC, UInt64) -> PC.Pause = { pc, tick in pc.run(until: tick) }
    /// Hears the number of a point that only tells, each time that it is reached; the machine goes on.
    public var onTelling: (Int) -> Void = { _ in }
    /// Called when the user has changed the machine.
    public var onChange: () -> Void = {}
    /// The machine goes no further than this tick, and than `PC.instructionLimit`.
    public var lastTick: UInt64 = .max
    /// Ticks of a slice.
    public var slice: UInt64 = 1_000_000
    /// `step` and its relatives go into handlers of interrupts that come meanwhile; otherwise these run in one go.
    public var stepsIntoInterrupts = false

    /// Number of the frame whose variables are meant; 0, the innermost, after every movement.
    var selectedFrameNumber = 0

    /// Breakpoints and watchpoints, by rising number.
    public private(set) var points: [StopPoint] = []
    private var lastNumber = 0
    /// Runs that ended before a slice did since `betweenSlices` was asked: a loop of steps listens to the host, too.
    private var unasked = 0
    /// The debugger's own, for the time of one command, and the processor that they are for.
    private var own: [StopPoint] = []
    private var ownProcessor = 0

    /// A debugger of a machine that stands still. `sources` names places for the user.
    public init(_ pc: PC, sources: SourceMap? = nil) {
        self.pc = pc
        self.sources = sources
    }

    deinit {
        pc.stop(at: StopConditions())
        _ = pc.takeStopEvents()
    }

    /// The machine as it is at this moment.
    public var view: MachineView { MachineView(pc) }

    // MARK: Points

    /// Adds a point and gives it the next number. It stops when `condition` is true and it was reached more than `ignoreCount` times.
    @discardableResult
    public func add(
        _ trigger: StopPoint.Trigger, source: String = "", condition: Expression? = nil, ignoreCount: UInt64 = 0,
        isTemporary: Bool = false
    ) -> StopPoint {
        lastNumber += 1
        var point = StopPoint(number: lastNumber, trigger: trigger, source: source)
        point.condition = condition
        point.ignoreCount = ignoreCount
        point.isTemporary = isTemporary
        points.append(point)
        return point
    }

    /// False where there is no such point.
    @discardableResult
    public func remove(_ number: Int) -> Bool {
        let count = points.count
        points.removeAll { $0.number == number }
        return points.count < count
    }

    /// Removes all points of the user.
    public func removeAll() { points = [] }

    /// Changes a point; false where there is none of this number.
    @discardableResult
    public func change(_ number: Int, _ change: (inout StopPoint) -> Void) -> Bool {
        guard let index = points.firstIndex(where: { $0.number == number }) else { return false }
        change(&points[index])
        return true
    }

    // MARK: Running

    /// Runs until a point stops it, the machine ends, somebody asks, or `budget` ticks have passed. The instruction at CS:EIP does not stop it.
    public func run(budget: UInt64 = .max) -> StopReport {
        if own.isEmpty { pc.focus = nil }
        let (end, overflow) = pc.clock.now.addingReportingOverflow(budget)
        return run(until: overflow ? .max : end) ?? StopReport(.budget, pc)
    }

    /// Runs until `accepts` is true at linear address `address`; other stops come first.
    func run(to address: UInt64, accepting accepts: (@Sendable (MachineView) -> Bool)? = nil, budget: UInt64 = .max) -> StopReport {
        var point = StopPoint(number: 0, trigger: .linear(address), source: "")
        point.accepts = accepts
        own = [point]
        ownProcessor = pc.observed.number
        defer { own = [] }
        return run(budget: budget)
    }

    /// Nil when tick `end` was reached.
    func run(until end: UInt64) -> StopReport? {
        arm()
        while true {
            if pc.clock.now >= lastTick { return StopReport(.lastTick, pc) }
            let next = min(end, (pc.clock.now / slice &+ 1) &* slice)
            switch runMachine(pc, min(lastTick, max(next, min(end, pc.clock.now &+ 1)))) {
            case .limit:
                if pc.clock.now >= end { return asks() ? StopReport(.asked, pc) : nil }
            case .spent: return StopReport(.lastTick, pc)
            case .idle(let tick):
                if tick == .max { return StopReport(.idle, pc) }
                pc.skip(to: min(tick, end, lastTick))
            case .paused: break
            case .ended(let ending): return StopReport(.ended(ending), pc)
            case .stopped:
                if let report = judge() { return report }
                pc.passStop()
                continue
            }
            unasked = 0
            if betweenSlices(self) { return StopReport(.asked, pc) }
        }
    }

    /// Tells whether somebody asks for a stop, looked at once in a thousand short runs.
    private func asks() -> Bool {
        unasked += 1
        guard unasked >= 1000 else { return false }
        unasked = 0
        return betweenSlices(self)
    }

    /// Tells the processor what to look for, and that it may leave where it stands.
    private func arm() {
        selectedFrameNumber = 0
        for index in points.indices { points[index].contents = contents(of: points[index]) }
        pc.stop(at: StopConditions(for: points + own))
        _ = pc.takeStopEvents()
        pc.passStop()
    }

    // MARK: Judging

    /// Judges the events of a stop; nil when the machine is to go on.
    private func judge() -> StopReport? {
        let focus = pc.focus
        pc.focus = nil
        let view = view
        var reached: [Int] = []
        var told: [Int] = []
        var cause: StopEvent?
        var change: StopReport.Change?
        var isDone = false
        for event in pc.takeStopEvents() {
            for index in points.indices where isReached(&points[index], event, view) && !reached.contains(points[index].number) {
                if points[index].onlyTells {
                    if !told.contains(points[index].number) { told.append(points[index].number) }
                    continue
                }
                reached.append(points[index].number)
                if cause == nil {
                    cause = event
                    change = self.change(at: points[index])
                }
            }
            if pc.turn.processor == ownProcessor, own.contains(where: { $0.matches(event, view) && $0.accepts?(view) ?? true }) {
                isDone = true
            }
        }
        told.forEach(onTelling)
        guard !reached.isEmpty || isDone else {
            pc.focus = focus
            return nil
        }
        let report = StopReport(reached.isEmpty ? .done : .reached(reached), pc, event: cause, change: change)
        points.removeAll { $0.isTemporary && reached.contains($0.number) }
        return report
    }

    private func isReached(_ point: inout StopPoint, _ event: StopEvent, _ view: MachineView) -> Bool {
        guard point.isEnabled, point.matches(event, view) else { return false }
        // A condition that cannot be evaluated here stops, so that the user hears of it.
        point.failure = nil
        do throws(DebuggerError) {
            if let condition = point.condition, try condition.value(in: context) == 0 { return false }
        } catch {
            point.failure = error.description
        }
        point.hits += 1
        if let rule = point.rule, point.failure == nil, !rule.stops(at: point.hits) { return false }
        guard point.ignoreCount > 0 else { return true }
        point.ignoreCount -= 1
        return false
    }

    /// The surroundings in which expressions are evaluated.
    public var context: ExpressionContext {
        let hasTypes = sources?.debug != nil
        return ExpressionContext(view: view, sources: sources, scope: hasTypes ? selectedFrame : nil)
    }

    private func contents(of point: StopPoint) -> [UInt8] {
        guard case .data(let watch) = point.trigger, watch.range.count <= 16 else { return [] }
        let count = watch.range.count
        if watch.space == .linear { return view.bytes(at: watch.range.lowerBound, count: count) }
        return (0..<UInt64(count)).map { pc.peek(physical: watch.range.lowerBound &+ $0) }
    }

    private func change(at point: StopPoint) -> StopReport.Change? {
        guard case .data(let watch) = point.trigger, !point.contents.isEmpty else { return nil }
        return StopReport.Change(address: watch.range.lowerBound, old: point.contents, new: contents(of: point))
    }
}
