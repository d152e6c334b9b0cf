import Board
import Chips
import Inspection
import Recompiler
import Screen
import Wiring

/// The loop of a run: slices of the machine's time, and the host's business between them.
extension HostSession {
    /// Ticks between two looks at the host: some milliseconds.
    static let slice: UInt64 = 1_000_000

    /// The tick at which the run ends at the latest.
    var budget: UInt64 { min(plan.ceilings.ticks ?? .max, keeper.lastTick) }

    /// Runs to the end. A window stays after a machine that has died, until the user closes it: the last words are on it.
    func loop() -> Ending {
        let ending = runLoop()
        switch ending {
        case .machine(.deadHalt), .machine(.tripleFault), .dead, .nobodyThere: break
        default: return ending
        }
        flush()
        screenFiles.renew(from: pc.vga)
        frontEnd.mourn(pc.vga, isOver: { Signals.pending != nil }, takePicture: { obey(.screenshot) })
        return ending
    }

    private func runLoop() -> Ending {
        let budget = self.budget
        let chores = HostChores(self)
        var patience = LoopPatience()
        var pacer: Pacer?
        if case .factor(let factor) = plan.screen.speed {
            pacer = Pacer(rate: pc.clock.rate, factor: factor, tick: pc.clock.now, time: hostNanoseconds())
        }
        while true {
            if let ending = serveDebugger(chores) { return ending }
            var pause = PC.Pause.limit
            let slice = pacer?.slice(limit: Self.slice) ?? Self.slice
            // Slices end at multiples of their length, so that what is looked at between them is the same in every run.
            let end = (pc.clock.now / slice).addingSaturating(1).multipliedSaturating(by: slice)
            if !isPaused {
                let goal = min(end, budget, keeper.nextTick, max(min(film?.next ?? .max, measures.next), pc.clock.now &+ 1))
                if let lockstep {
                    let (both, difference) = lockstep.run(pc, until: goal)
                    if let difference { return .difference(difference) }
                    pause = both
                } else {
                    pause = runMachine(until: goal, skipsIdleTime: !waitsWhenIdle)
                }
                keeper.afterSlice(pc)
                film?.take(from: pc.vga, at: pc.clock.now)
                measures.take(pc)
                if keeper.isDone { return .saved }
            }
            if case .ended(let ending) = pause { return .machine(ending) }
            if pause == .spent { return .budget }
            // A recorded run may have ended while its machine waited for input.
            if keeper.isReplaying, case .idle = pause { pc.skip(to: budget) }
            // A script looks at this very tick: the search for endless loops executes some more instructions.
            let looks = pc.clock.now % Self.slice == 0
            if looks, pc.clock.now < budget, let progress = follow() { return .script(progress) }
            if looks,
                let death = DeadMachine.find(
                    in: pc, until: budget, patience: &patience, run: { runMachine(until: $0, skipsIdleTime: true) },
                    afterStep: { keeper.afterSlice(pc) }
                )
            {
                return .dead(death)
            }
            if pc.clock.now >= budget { return .budget }
            if case .idle(.max) = pause, !somebodyIsThere, !plan.awaitsDebugger {
                if let progress = follow() { return .script(progress) }
                // The script may have typed something.
                if case .idle(.max) = pc.run(until: end, skipsIdleTime: true) { return .nobodyThere }
            }
            if let ending = chores.attend(self) { return ending }
            pass(pause, budget, &pacer)
        }
    }

    /// A recompiler for all processors, if the host can have one.
    static func recompiler(_ pc: PC, _ plan: SessionPlan) -> Recompiler? {
        Recompiler(pc.processors, threshold: UInt32(clamping: plan.recompileAfter), countsTransfers: plan.stats)
    }

    /// The run is at its end by the ticks or instructions that it may have.
    var isSpent: Bool { pc.clock.now >= budget || pc.clock.instructions >= pc.instructionLimit }

    /// The machine up to a tick, traced or not.
    func runMachine(until limit: UInt64, skipsIdleTime: Bool) -> PC.Pause {
        if let trace { return trace.tracer.run(until: limit, skipsIdleTime: skipsIdleTime) }
        if let qemuLog { return qemuLog.log.run(until: limit, skipsIdleTime: skipsIdleTime) }
        if let timeline { return timeline.observer.run(until: limit, skipsIdleTime: skipsIdleTime) }
        return pc.run(until: limit, skipsIdleTime: skipsIdleTime)
    }

    /// Lets the host's time pass where the machine is not to run on at once.
    private func pass(_ pause: PC.Pause, _ budget: UInt64, _ pacer: inout Pacer?) {
        if isPaused {
            frontEnd.wait(inputDescriptors, milliseconds: 20)
            _ = pacer?.lead(tick: pc.clock.now, time: hostNanoseconds())
        } else if let lead = pacer?.lead(tick: pc.clock.now, time: hostNanoseconds()) {
            if lead >= 1_000_000 { frontEnd.wait(inputDescriptors, milliseconds: Int32(min(lead / 1_000_000, 20))) }
        } else if case .idle(.max) = pause, !somebodyIsThere {
            // A debugger may still come, and nobody else.
            frontEnd.wait(gdb?.link.descriptors ?? editor?.descriptors ?? [], milliseconds: 100)
        } else if case .idle(let until) = pause {
            passIdleTime(until: min(until, budget, keeper.nextTick, film?.next ?? .max, measures.next))
        }
    }

    /// Lets the script look and act; what it comes to, if it is at its end.
    private func follow() -> ScriptRunner.Progress? {
        guard let script, case let progress = script.advance(pc), progress != .going else { return nil }
        return progress
    }

    /// Makes a window's title.
    func title(_ speed: Speedometer.Reading) -> String {
        if isPaused { return "swemu - paused" }
        return speed.isIdle ? "swemu - idle" : "swemu - \(speed.MIPS) MIPS"
    }

    /// Halted time passes with the host's clock.
    var waitsWhenIdle: Bool {
        if keeper.isReplaying { return false }
        // A pacer lets all time pass with it.
        guard plan.screen.speed == .max else { return false }
        switch plan.idle {
        case .skip: return false
        case .wait: return true
        // A script's moments are the guest's, whoever else could type.
        case .auto: return somebodyIsThere && script == nil
        }
    }

    /// The place where input may come from.
    var inputDescriptors: [Int32] {
        serial.flatMap(\.inputDescriptors) + monitors.flatMap(\.descriptors) + (keys.map { [$0.descriptor] } ?? [])
            + frontEnd.inputDescriptors
    }

    var somebodyIsThere: Bool { frontEnd.isThere || !inputDescriptors.isEmpty }

    /// Moves what has arrived on the host to the machine's input gate, as far as that has room.
    func takeInput() {
        for monitor in monitors { monitor.serve() }
        if keeper.isReplaying { return takeQuit() }
        guard pc.input.hasRoom, lockstep == nil else { return }
        for (line, stream) in serial.enumerated() {
            let typed = stream.take()
            let bytes = line == 0 ? serialMonitor?.hear(typed: typed) ?? typed : typed
            if !bytes.isEmpty { pc.input.send(bytes, to: line) }
        }
        for line in keys?.takeLines() ?? [] {
            if let chords = KeyScript.chords(ofLine: line) {
                for chord in chords { press(chord) }
            } else {
                complain(
                    "swemu: not a line of keys: \(line); write \"a text\\n\" or [\"ctrl-alt-delete\"], with QEMU's names of keys")
            }
        }
        for event in frontEnd.takeEvents() { obey(event) }
    }

    private func obey(_ event: UserEvent) {
        switch event {
        case .press(let chord): press(chord)
        case .key(let key, let movement):
            switch movement {
            case .down: pc.input.move(key, down: true)
            case .up: pc.input.move(key, down: false)
            case .repetition: pc.input.repeatKey(key)
            }
        case .text(let text): for character in text.unicodeScalars { press(Key.chord(typing: character) ?? []) }
        case .mouse(let movement):
            pc.input.moveMouse(
                dx: movement.dx, dy: movement.dy, wheel: movement.wheel, buttons: .init(rawValue: movement.buttons & 0x07))
        case .quit: wantsEnd = true
        case .pause: isPaused.toggle()
        case .reset: pc.input.reset()
        case .screenshot:
            let path = ScreenFiles.screenshot(of: pc.vga)
            if !frontEnd.ownsTerminal { complain("swemu: \(path.map { "picture in \($0)" } ?? "no picture: \(hostReason())")") }
        case .disc: if let words = putInNextDisc(), !frontEnd.ownsTerminal { complain("swemu: \(words)") }
        case .help, .monitor, .grab: break
        }
    }

    /// A replay listens to the wish to end it alone.
    private func takeQuit() {
        for event in frontEnd.takeEvents() where event == .quit { wantsEnd = true }
    }

    func press(_ chord: Key.Chord) {
        pc.input.press(chord)
    }

    /// Waits as long as the machine would, but wakes when somebody types. Waits too short for the host's timer are saved up.
    func passIdleTime(until tick: UInt64) {
        let rate = Double(pc.clock.rate)
        let now = pc.clock.now
        let wanted = Int64(min(Double(tick > now ? tick - now : 0) / rate * 1e9, 100e6))
        let due = idleDebt + wanted
        guard due >= 2_000_000 else {
            idleDebt = due
            return pc.skip(to: now + UInt64(Double(wanted) / 1e9 * rate) + 1)
        }
        let start = hostNanoseconds()
        frontEnd.wait(inputDescriptors, milliseconds: Int32(min(due / 1_000_000, 30)))
        let waited = Int64(hostNanoseconds() - start)
        // What was waited pays the debt first; the rest is time that passes for the guest.
        let passed = min(wanted, max(waited - idleDebt, 0))
        idleDebt = max(due - waited - (wanted - passed), -20_000_000)
        pc.skip(to: now + UInt64(Double(passed) / 1e9 * rate) + 1)
    }
}
