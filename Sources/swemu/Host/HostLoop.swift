import Board
import Chips
import Debugging
import Screen

/// The loop of a run: slices of the machine's time, and the host's business between them.
extension HostSession {
    /// Ticks between two looks at the host: some milliseconds.
    private static let slice: UInt64 = 1_000_000
    /// Nanoseconds between two renewals of the screen: half a second in files, a thirtieth in the terminal.
    private static let fileInterval: UInt64 = 500_000_000
    private static let terminalInterval: UInt64 = 33_000_000

    func loop() -> Ending {
        let budget = options.maxInstructions?.value ?? .max
        var nextFiles = hostNanoseconds()
        var nextDrawing = nextFiles
        while true {
            // Slices end at multiples of their length, so that what is looked at between them is the same in every run.
            let end = (pc.clock.now / Self.slice).addingSaturating(1).multipliedSaturating(by: Self.slice)
            let pause = pc.run(until: min(end, budget), skipsIdleTime: !waitsWhenIdle)
            if case .ended(let ending) = pause { return .machine(ending) }
            if pc.clock.now >= budget { return .budget }
            if pc.clock.now == end, let script, case let progress = script.advance(pc), progress != .going {
                return .script(progress)
            }
            if pc.clock.now == end, let death = DeadMachine.find(in: pc) { return .dead(death) }
            flush()
            if let number = Signals.pending { return .signal(Signals.name(number)) }
            takeInput()
            if wantsEnd { return .user }

            let time = hostNanoseconds()
            if time >= nextFiles {
                screenFiles.renew(from: pc.vga)
                nextFiles = time + Self.fileInterval
            }
            if let terminal, time >= nextDrawing {
                terminal.draw(pc.vga.textFrame())
                nextDrawing = time + Self.terminalInterval
            }
            if case .idle(let until) = pause {
                if until == .max, inputDescriptors.isEmpty {
                    if let script, case let progress = script.advance(pc), progress != .going { return .script(progress) }
                    // The script may have typed something.
                    if case .idle(.max) = pc.run(until: end, skipsIdleTime: true) { return .nobodyThere }
                    continue
                }
                passIdleTime(until: min(until, budget))
            }
        }
    }

    /// Whether halted time passes with the host's clock.
    private var waitsWhenIdle: Bool {
        switch options.idle {
        case .skip: false
        case .wait: true
        // A script's moments are the guest's, whoever else could type.
        case .auto: !inputDescriptors.isEmpty && script == nil
        }
    }

    /// Where input may come from.
    private var inputDescriptors: [Int32] {
        serial.flatMap(\.inputDescriptors) + (keys.map { [$0.descriptor] } ?? []) + (terminal == nil ? [] : [0])
    }

    /// Moves what has arrived on the host to the machine's input gate, as far as that has room.
    private func takeInput() {
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

    fileprivate func multipliedSaturating(by other: UInt64) -> UInt64 {
        let product = multipliedReportingOverflow(by: other)
        return product.overflow ? .max : product.partialValue
    }
}
