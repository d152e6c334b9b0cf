import Board
import Chips
import Screen
import Wiring

/// Carries a `Script` out: between two slices it looks at what the guest has said and shown, and does what is next. Everything happens at ticks that
/// depend on the guest alone.
package final class ScriptRunner {
    enum Progress: Equatable {
        case going
        /// The last step came true, and none waits for the guest's own end.
        case done
        case failed(Failure)
    }

    /// A step that did not come true, and what was there instead.
    struct Failure: Equatable {
        let sentence: String
        let evidence: [String]
        /// A picture or a snapshot could not be written, which is not the guest's fault.
        var isLoss = false

        var verdict: Verdict {
            isLoss ? Verdict(.outputLost, .hostFailure, sentence) : Verdict(.expectation, .expectationNotMet, sentence)
        }
    }

    let script: Script
    /// Saves a snapshot, or says why not.
    var save: ((String) -> String?)?
    private var index = 0
    private var began: UInt64 = 0
    private var serial = SearchedOutput()
    private var debug = SearchedOutput()
    private var unjudgedSerial = SearchedOutput()
    private var unjudgedDebug = SearchedOutput()
    /// For each text that means failure, on the two lines.
    private var failureSearches: [(serial: PatternSearch, debug: PatternSearch)]
    /// Keys and bytes of the current step that found no room yet.
    private var waitingKeys: [Key.Chord]?
    private var waitingBytes: [UInt8]?
    /// The button of the CD-ROM drive was pressed while the guest had locked it; until when the guest may open the tray itself, once it has
    /// unlocked it.
    private var hasPressedButton = false
    private var patience: UInt64?

    init(_ script: Script) {
        self.script = script
        failureSearches = script.failures.map { (PatternSearch($0.pattern), PatternSearch($0.pattern)) }
    }

    /// Hears COM1 and the debug console, in front of whoever hears them already.
    func listen(to configuration: inout PC.Configuration) {
        let (nextSerial, nextDebug) = (configuration.serialOutput.first, configuration.debugOutput)
        let listener: (UInt8) -> Void = { [unowned self] byte in
            nextSerial?(byte)
            hear(byte)
        }
        if configuration.serialOutput.isEmpty {
            configuration.serialOutput = [listener]
        } else {
            configuration.serialOutput[0] = listener
        }
        configuration.debugOutput = { [unowned self] byte in
            nextDebug?(byte)
            debug.append(byte)
            unjudgedDebug.append(byte)
        }
    }

    private func hear(_ byte: UInt8) {
        serial.append(byte)
        unjudgedSerial.append(byte)
    }

    private var step: Script.Step? { index < script.steps.count ? script.steps[index] : nil }

    /// The step that is waited for.
    var waiting: String? { step.map { "\($0.words) (step \(index + 1), \($0.place))" } }

    /// Looks, and does what can be done now.
    func advance(_ pc: PC) -> Progress {
        var screen = ScreenText(pc)
        if let failure = judge(&screen) { return .failed(failure) }
        while let step {
            if let problem = attempt(step, pc, &screen) {
                guard problem.isEmpty else {
                    return .failed(Failure(sentence: "\(problem) (\(step.place))", evidence: [], isLoss: true))
                }
                guard pc.clock.passed(since: began) >= step.within, !isWait(step) else { return .going }
                return .failed(inVain(step, &screen, "\(step.within) ticks passed"))
            }
            index += 1
            began = pc.clock.now
            waitingKeys = nil
            waitingBytes = nil
            hasPressedButton = false
            patience = nil
        }
        return script.steps.isEmpty ? .going : .done
    }

    private func isWait(_ step: Script.Step) -> Bool { if case .wait = step.action { true } else { false } }

    /// nil: done. An empty text: not yet. Anything else: it cannot be done.
    private func attempt(_ step: Script.Step, _ pc: PC, _ screen: inout ScreenText) -> String? {
        switch step.action {
        case .expect(let expectation): return comesTrue(expectation, &screen) ? nil : ""
        case .wait(let count): return pc.clock.passed(since: began) >= count ? nil : ""
        case .exit, .ending: return ""
        case .keys(let chords): return press(chords, pc) ? nil : ""
        case .send(let bytes): return send(bytes, pc) ? nil : ""
        case .medium(let number): return changeMedium(to: number, pc) ? nil : ""
        case .diskette(let drive, let number):
            pc.input.changeDiskette(of: drive, to: number)
            return nil
        case .screenshot(let path): return ScreenFiles.write(pc.vga, to: path)
        case .snapshot(let path):
            guard let save else { return "no snapshot can be saved here; leave the step out" }
            return save(path)
        }
    }

    private func press(_ chords: [Key.Chord], _ pc: PC) -> Bool {
        var rest = waitingKeys ?? chords
        while pc.input.hasRoom, !rest.isEmpty { pc.input.press(rest.removeFirst()) }
        waitingKeys = rest
        return rest.isEmpty
    }

    private func send(_ bytes: [UInt8], _ pc: PC) -> Bool {
        var rest = waitingBytes ?? bytes
        while pc.input.hasRoom, !rest.isEmpty {
            pc.input.send(rest.prefix(1024), to: 0)
            rest.removeFirst(min(1024, rest.count))
        }
        waitingBytes = rest
        return rest.isEmpty
    }

    /// As a hand would: presses the button, and when the tray is open, changes what is in it. A guest that had locked it has half a virtual
    /// second after the unlocking to open it; then the button is pressed once more.
    private func changeMedium(to number: Int?, _ pc: PC) -> Bool {
        guard let tray = pc.parts.ide1.cdromTray else { return true }
        if !tray.isOpen {
            guard !tray.isLocked else {
                if !hasPressedButton { pc.input.changeMedium(to: nil) }
                (hasPressedButton, patience) = (true, nil)
                return false
            }
            let end = patience ?? pc.clock.now &+ (hasPressedButton ? pc.clock.rate / 2 : 0)
            patience = end
            guard pc.clock.now >= end else { return false }
        }
        pc.input.changeMedium(to: number)
        return true
    }

    private func comesTrue(_ expectation: Script.Expectation, _ screen: inout ScreenText) -> Bool {
        let pattern = expectation.pattern
        switch expectation.place {
        case .serial: return serial.consume(pattern)
        case .debugConsole: return debug.consume(pattern)
        case .screen(let rows, let columns): return pattern.end(in: screen.bytes(rows: rows, columns: columns)) != nil
        case .anywhere:
            return serial.consume(pattern) || debug.consume(pattern)
                || pattern.end(in: screen.bytes(rows: nil, columns: nil)) != nil
        }
    }

    /// Tells whether a text that means failure has come.
    private func judge(_ screen: inout ScreenText) -> Failure? {
        let (newSerial, newDebug) = (unjudgedSerial.takeAll(), unjudgedDebug.takeAll())
        for (index, expectation) in script.failures.enumerated() {
            let pattern = expectation.pattern
            func isOnSerial() -> Bool { failureSearches[index].serial.end(feeding: newSerial[...]) != nil }
            func isOnDebugConsole() -> Bool { failureSearches[index].debug.end(feeding: newDebug[...]) != nil }
            let found: Bool
            switch expectation.place {
            case .serial: found = isOnSerial()
            case .debugConsole: found = isOnDebugConsole()
            case .screen(let rows, let columns): found = pattern.end(in: screen.bytes(rows: rows, columns: columns)) != nil
            case .anywhere:
                found = isOnSerial() || isOnDebugConsole() || pattern.end(in: screen.bytes(rows: nil, columns: nil)) != nil
            }
            if found { return Failure(sentence: "\(expectation.words) came, which means failure", evidence: evidence(&screen)) }
        }
        return nil
    }

    private func inVain(_ step: Script.Step, _ screen: inout ScreenText, _ why: String) -> Failure {
        let last = serial.lastLine
        let instead = last.isEmpty ? "" : "; COM1's last line is \"\(last)\""
        return Failure(
            sentence: "waited in vain for \(step.words) (step \(index + 1), \(step.place)): \(why)\(instead)",
            evidence: evidence(&screen))
    }

    private func evidence(_ screen: inout ScreenText) -> [String] {
        let rows = screen.lines.enumerated().filter { !$0.element.isEmpty }
        return rows.isEmpty
            ? ["the screen is empty"]
            : ["the screen shows:"] + rows.map { "  \($0.offset + 1 < 10 ? " " : "")\($0.offset + 1) |\($0.element)" }
    }

    // MARK: The end of the machine

    /// The verdict of a machine that ended itself, by what the script makes of it; nil where the script has nothing to say.
    func verdict(of ending: Verdict, _ pc: PC) -> (Verdict, [String])? {
        for byte in pc.parts.serial1.untransmitted { hear(byte) }
        switch advance(pc) {
        case .failed(let failure): return (failure.verdict, failure.evidence)
        case .done: return (passed(ending.sentence), [])
        case .going: break
        }
        guard let step else { return nil }
        let isLast = index == script.steps.count - 1
        if case .ending(ending.kind) = step.action, isLast { return (passed(ending.sentence), []) }
        guard ending.guestCode != nil || ending.kind == .passed else { return nil }
        if case .exit(let code) = step.action, isLast {
            if ending.guestCode ?? 0 == code { return (passed(ending.sentence), []) }
            return (Verdict(.expectation, .expectationNotMet, "\(ending.sentence), and \(code) was expected (\(step.place))"), [])
        }
        var screen = ScreenText(pc)
        let failure = inVain(step, &screen, ending.sentence)
        return (Verdict(.expectation, .expectationNotMet, failure.sentence), failure.evidence)
    }

    /// All steps came true.
    func passed(_ sentence: String) -> Verdict {
        let count = script.steps.count
        return Verdict(
            .passed, .passed,
            "\(count == 1 ? "the one step" : "all \(count) steps") came true\(sentence.isEmpty ? "" : "; \(sentence)")")
    }
}

/// The text screen, read when it is first asked for.
private struct ScreenText {
    private let pc: PC
    private var read: [String]?

    init(_ pc: PC) { self.pc = pc }

    var lines: [String] {
        mutating get {
            if let read { return read }
            let lines = pc.vga.textFrame().lines
            read = lines
            return lines
        }
    }

    /// Rows and columns as one text, a line feed between rows.
    mutating func bytes(rows: ClosedRange<Int>?, columns: ClosedRange<Int>?) -> [UInt8] {
        let chosen = lines.enumerated().filter { rows?.contains($0.offset + 1) ?? true }.map(\.element)
        guard let columns else { return Array(chosen.joined(separator: "\n").utf8) }
        return Array(chosen.map { String($0.dropFirst(columns.lowerBound - 1).prefix(columns.count)) }.joined(separator: "\n").utf8)
    }
}
