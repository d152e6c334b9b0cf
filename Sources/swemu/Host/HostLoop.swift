import Board
import Chips
import Screen

/// The loop of a run: slices of the machine's time, and the host's business between them.
extension HostSession {
    /// Ticks between two looks at the host: some milliseconds.
    private static let slice: UInt64 = 1_000_000
    /// Nanoseconds between two renewals of the screen: half a second in files, a thirtieth in the terminal.
    private static let fileInterval: UInt64 = 500_000_000
    private static let terminalInterval: UInt64 = 33_000_000

    func loop() -> Ending {
        let budget = min(options.maxInstructions?.value ?? .max, keeper.lastTick)
        let timeout = options.state.timeout.map { hostNanoseconds() + $0.nanoseconds } ?? .max
        var nextFiles = hostNanoseconds()
        var nextDrawing = nextFiles
        while true {
            let pause = pc.run(
                until: min(pc.clock.now.addingSaturating(Self.slice), budget, keeper.nextTick), skipsIdleTime: !waitsWhenIdle)
            keeper.afterSlice(pc)
            if case .ended(let ending) = pause { return .machine(ending) }
            if pc.clock.now >= budget { return .budget }
            flush()
            if let number = Signals.pending { return .signal(Signals.name(number)) }
            takeInput()
            if wantsEnd { return .user }

            let time = hostNanoseconds()
            if time >= timeout { return .timeout }
            if time >= nextFiles {
                screenFiles.renew(from: pc.vga)
                nextFiles = time + Self.fileInterval
            }
            if let terminal, time >= nextDrawing {
                terminal.draw(pc.vga.textFrame())
                nextDrawing = time + Self.terminalInterval
            }
            if case .idle(let until) = pause {
                if until == .max, inputDescriptors.isEmpty { return .nobodyThere }
                passIdleTime(until: min(until, budget, keeper.nextTick))
            }
        }
    }

    /// Whether halted time passes with the host's clock.
    private var waitsWhenIdle: Bool {
        if keeper.isReplaying { return false }
        switch options.idle {
        case .skip: return false
        case .wait: return true
        case .auto: return !inputDescriptors.isEmpty
        }
    }

    /// Where input may come from.
    private var inputDescriptors: [Int32] {
        serial.flatMap(\.inputDescriptors) + (keys.map { [$0.descriptor] } ?? []) + (terminal == nil ? [] : [0])
    }

    /// Moves what has arrived on the host to the machine's input gate, as far as that has room.
    private func takeInput() {
        if keeper.isReplaying { return takeQuit() }
        guard pc.input.hasRoom else { return }
        for (line, stream) in serial.enumerated() {
            let bytes = stream.take()
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
        for event in terminal?.readKeys() ?? [] {
            switch event {
            case .press(let chord): press(chord)
            case .quit: wantsEnd = true
            case .help, .monitor: break
            }
        }
    }

    /// A replay listens to the wish to end it alone.
    private func takeQuit() {
        for event in terminal?.readKeys() ?? [] {
            if case .quit = event { wantsEnd = true }
        }
    }

    private func press(_ chord: Screen.Key.Chord) {
        pc.input.press(chord.compactMap { Chips.Key(name: $0.rawValue) })
    }

    /// Waits as long as the machine would, but wakes when somebody types. Waits too short for the host's timer are saved up.
    private func passIdleTime(until tick: UInt64) {
        let rate = Double(pc.clock.rate)
        let now = pc.clock.now
        let wanted = Int64(min(Double(tick - now) / rate * 1e9, 100e6))
        let due = idleDebt + wanted
        guard due >= 2_000_000 else {
            idleDebt = due
            return pc.skip(to: now + UInt64(Double(wanted) / 1e9 * rate) + 1)
        }
        let start = hostNanoseconds()
        waitForInput(inputDescriptors, milliseconds: Int32(min(due / 1_000_000, 30)))
        let waited = Int64(hostNanoseconds() - start)
        // What was waited pays the debt first; the rest is time that passes for the guest.
        let passed = min(wanted, max(waited - idleDebt, 0))
        idleDebt = max(due - waited - (wanted - passed), -20_000_000)
        pc.skip(to: now + UInt64(Double(passed) / 1e9 * rate) + 1)
    }
}

extension UInt64 {
    fileprivate func addingSaturating(_ other: UInt64) -> UInt64 {
        let sum = addingReportingOverflow(other)
        return sum.overflow ? .max : sum.partialValue
    }
}
