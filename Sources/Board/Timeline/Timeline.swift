import Processor
import Wiring

/// Moves a machine to any tick of its past and forward again: checkpoints in memory while it runs, and running again from the nearest one.
/// Outside input is remembered and enters again at the same ticks, so going back and forward again comes to the same state.
///
/// While the machine is in its past (`isInPast`) it says again what it said before; whoever passes its output on has to hold that back. Input
/// from outside waits until the machine is in its present again.
///
/// Memory is bounded: old checkpoints are given up, the ones of the last `denseTicks` last. Not remembered: who listened, and what
/// `DiagnosticLog` has reported.
public final class Timeline {
    /// The bounds of what is remembered.
    public struct Limits: Sendable {
        /// Ticks between two checkpoints.
        public var interval: UInt64 = 10_000_000
        /// Bytes of the host for all of them, about.
        public var memoryBytes = 512 << 20
        /// The last so many ticks keep all their checkpoints.
        public var denseTicks: UInt64 = 120_000_000

        /// The usual bounds.
        public init() {}
    }

    /// The reason why a machine cannot be moved in time.
    public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// The drive writes to its image, which cannot be taken back.
        case writesThrough(drive: Int)

        public var description: String {
            switch self {
            case .writesThrough(let drive):
                "drive \(drive) writes to its image, which cannot be taken back; use --snapshot to keep writes in memory"
            }
        }
    }

    /// The machine that is moved.
    public let pc: PC
    private var limits: Limits
    /// Oldest first, never empty.
    private var checkpoints: [Checkpoint]
    /// The checkpoint after which the machine is now.
    private var epoch = 0
    /// Ticks at which the processor forgot its translations, because a checkpoint was taken there: it has to do so again whenever it passes.
    private var boundaries: [UInt64]
    /// All outside input so far.
    private var inputs: [RunRecording.Entry] = []
    /// The recording that the machine repeats, from the beginning of this timeline on; nil where input comes from outside.
    private var recording: ArraySlice<RunRecording.Entry>?
    /// The input that enters from the present on: the rest of the recording, for all that has entered was from it.
    private var rest: ArraySlice<RunRecording.Entry>? { recording?.dropFirst(inputs.count) }
    /// `PC.replacements`, as far as they were this timeline's own.
    private var replacements = 0
    /// The place where the machine was when it left its present; nil while it is there.
    private var present: (tick: UInt64, input: InputGate.State)?

    /// Begins at the machine's state now. Takes over `InputGate.onDelivery` and passes on to who listened before.
    public init(_ pc: PC, limits: Limits = Limits()) throws(Refusal) {
        for (drive, store) in pc.configuration.writableStores.enumerated() {
            if let store, !store.isReadOnly, !(store is any OverlaidStore) { throw .writesThrough(drive: drive) }
        }
        self.pc = pc
        self.limits = limits
        // Half of what the host has is left for the run itself.
        self.limits.memoryBytes = HostMemory.room(upTo: 2 * limits.memoryBytes) / 2
        checkpoints = [Checkpoint(pc, inputCount: 0)]
        boundaries = [pc.clock.now]
        replacements = pc.replacements
        recording = pc.input.recorded
        enterEpoch(0)
        let next = pc.input.onDelivery
        pc.input.onDelivery = { [weak self] tick, input in
            guard let self, !isInPast else { return }
            inputs.append(RunRecording.Entry(tick: tick, input: input))
            next?(tick, input)
        }
    }

    deinit { pc.memory.copies = nil }

    /// The earliest tick that can be gone back to.
    public var earliest: UInt64 { checkpoints[0].tick }
    /// The last tick that the machine has been at.
    public var latest: UInt64 { present?.tick ?? pc.clock.now }
    /// The machine is at a tick before the last one that it has been at.
    public var isInPast: Bool { present != nil }
    /// Ticks of the checkpoints that are kept, oldest first.
    public var checkpointTicks: [UInt64] { checkpoints.map(\.tick) }
    /// Bytes of the host that are taken, about.
    public var byteCount: Int { checkpoints.reduce(0) { $0 + $1.byteCount } }

    // MARK: Moving

    /// Goes to `tick`, back or forward, but not before `earliest`. Forward beyond the present it runs on, with idle time skipped; it may stop
    /// earlier, where the machine ends or can do nothing. Answers why it stopped.
    @discardableResult
    public func go(to tick: UInt64) -> PC.Pause {
        noticeReplacement()
        if tick < pc.clock.now { restore(before: tick) }
        while true {
            let pause = run(until: tick)
            if pause != .paused { return pause }
        }
    }

    /// `PC.run(until:skipsIdleTime:)` with checkpoints on the way. In the past idle time is always skipped.
    public func run(until limit: UInt64, skipsIdleTime: Bool = true) -> PC.Pause {
        noticeReplacement()
        while true {
            let now = pc.clock.now
            let stop = min(limit, nextBoundary(after: now), present?.tick ?? .max)
            let pause = pc.run(until: stop, skipsIdleTime: skipsIdleTime || isInPast)
            if let present, pc.clock.now >= present.tick { returnToPresent() }
            if pc.clock.now == nextBoundary(after: now) { passBoundary() }
            guard pause == .limit, pc.clock.now < limit else {
                // A machine that waits for input waits longer in its past, as far as it did.
                if case .idle(.max) = pause, let present, pc.clock.now < min(limit, present.tick) {
                    pc.skip(to: min(limit, present.tick, nextBoundary(after: pc.clock.now)))
                    continue
                }
                return pause
            }
        }
    }

    /// Makes the machine's past up to now all there is: input from outside enters again from here on.
    public func forgetFuture() {
        guard present != nil else { return }
        let now = pc.clock.now
        checkpoints.removeSubrange((epoch + 1)...)
        boundaries.removeAll { $0 > now }
        inputs.removeAll { $0.tick > now }
        present = nil
        pc.input.replay(rest)
    }

    /// Somebody changed registers or memory of the machine, from outside: this is its present now, with what was before as its past. Going back
    /// before this tick undoes the change.
    public func machineWasChanged() {
        guard !noticeReplacement() else { return }
        forgetFuture()
        let now = pc.clock.now
        checkpoints[epoch].pages.dropUnchanged()
        if checkpoints[epoch].isChange, checkpoints[epoch].tick == now {
            // Changed once more: what was before the first change is undone with it.
            let first = checkpoints.removeLast()
            checkpoints[epoch - 1].pages.absorb(first.pages)
        } else {
            boundaries.append(now)
        }
        checkpoints.append(Checkpoint(pc, inputCount: inputs.count, isChange: true))
        enterEpoch(checkpoints.count - 1)
        makeRoom()
    }

    /// Begins again at the machine's state now: it was replaced by another one.
    public func restart() {
        present = nil
        recording = nil
        pc.input.replay(nil)
        inputs = []
        checkpoints = [Checkpoint(pc, inputCount: 0)]
        boundaries = [pc.clock.now]
        replacements = pc.replacements
        enterEpoch(0)
    }

    /// Begins again if a snapshot took the machine's place.
    @discardableResult
    private func noticeReplacement() -> Bool {
        guard pc.replacements != replacements else { return false }
        restart()
        return true
    }

    /// Takes back all changes behind checkpoint `target`, which the machine has been put to.
    private func undoChanges(behind target: Int) {
        guard let change = checkpoints[(target + 1)...].firstIndex(where: { $0.isChange }) else { return }
        let tick = checkpoints[change].tick
        present = (tick, checkpoints[change].input)
        checkpoints.removeSubrange(change...)
        boundaries.removeAll { $0 > tick }
        inputs.removeAll { $0.tick > tick }
    }

    // MARK: Checkpoints

    private func nextBoundary(after tick: UInt64) -> UInt64 {
        // Few, and the wanted one is near the end mostly.
        if let last = boundaries.last, tick >= last { return max(last &+ limits.interval, tick &+ 1) }
        return boundaries[boundaries.partitioningIndex { $0 > tick }]
    }

    private func passBoundary() {
        let now = pc.clock.now
        if boundaries.last.map({ $0 < now }) == true {
            boundaries.append(now)
            checkpoints[epoch].pages.dropUnchanged()
            checkpoints.append(Checkpoint(pc, inputCount: inputs.count))
            enterEpoch(checkpoints.count - 1)
            makeRoom()
        } else if epoch + 1 < checkpoints.count, checkpoints[epoch + 1].tick == now {
            checkpoints[epoch].pages.dropUnchanged()
            enterEpoch(epoch + 1)
        } else {
            // A checkpoint was here and was given up.
            pc.mapChanged()
        }
    }

    /// From now on pages are copied for checkpoint `index` before they are written.
    private func enterEpoch(_ index: Int) {
        epoch = index
        pc.memory.copies = checkpoints[index].pages
        pc.mapChanged()
    }

    private func restore(before tick: UInt64) {
        if present == nil { present = (pc.clock.now, pc.input.state) }
        let target = max(0, checkpoints.partitioningIndex { $0.tick > tick } - 1)
        pc.memory.copies = nil
        for index in (target...epoch).reversed() {
            checkpoints[index].pages.putBack { number in
                let physical = AddressMap.physical(memoryOffset: UInt64(number * MainMemory.pageSize))
                pc.memoryWritten(physical: physical, count: MainMemory.pageSize)
            }
        }
        checkpoints[target].putBack(pc)
        replacements = pc.replacements
        undoChanges(behind: target)
        pc.input.replay(inputs[checkpoints[target].inputCount...])
        enterEpoch(target)
    }

    private func returnToPresent() {
        guard let present else { return }
        self.present = nil
        pc.input.replay(rest)
        pc.input.state = present.input
    }

    /// Gives checkpoints up until the rest fits. Of old ones those go whose neighbours are nearest, compared with their age; the oldest
    /// of all when nothing else is left.
    private func makeRoom() {
        while byteCount > limits.memoryBytes, checkpoints.count > 2 {
            let now = pc.clock.now
            let old = checkpoints.indices.dropFirst().dropLast().filter {
                now - checkpoints[$0].tick > limits.denseTicks && !checkpoints[$0].isChange
            }
            let victim = old.min { crowding($0, now) < crowding($1, now) }
            if let victim {
                checkpoints[victim - 1].pages.absorb(checkpoints[victim].pages)
                checkpoints.remove(at: victim)
            } else {
                checkpoints.removeFirst()
                let first = checkpoints[0].tick
                boundaries.removeAll { $0 < first }
            }
            epoch -= 1
        }
    }

    /// The gap that giving up checkpoint `index` leaves, per tick of its age.
    private func crowding(_ index: Int, _ now: UInt64) -> Double {
        Double(checkpoints[index + 1].tick - checkpoints[index - 1].tick) / Double(now - checkpoints[index].tick)
    }
}

extension Array {
    /// The first index whose element fulfils `condition`, in an array in which all that do come last.
    fileprivate func partitioningIndex(where condition: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
