import Chips
import Wiring

/// The one gate through which the outside reaches the machine. What is handed in waits here, in bounded queues, and enters
/// between two run slices at a tick that `onDelivery` hears: with the same inputs at the same ticks a run repeats itself.
public final class InputGate {
    /// Something that a person, or the other end of a serial line, does to the machine.
    public enum Input: Codable, Equatable, Sendable {
        case key(Key, down: Bool)
        /// A key that is down sends its make code once more.
        case repetition(Key)
        case mouse(dx: Int, dy: Int, wheel: Int, buttons: PS2Mouse.Buttons)
        /// A byte for COM1 (0) or COM2 (1).
        case serial(line: Int, byte: UInt8)
        /// The reset button.
        case reset
        /// The power button, where the board has one.
        case powerButton
        /// A disc is put into the CD-ROM drive, by its number; nil: the button is pressed and what was in is taken out.
        case medium(Int?)
        /// A diskette is put into drive A (0) or B (1), by its number; nil: what was in is taken out.
        case diskette(drive: Int, Int?)
    }

    /// Hears each input with the tick at which it entered.
    public var onDelivery: ((_ tick: UInt64, Input) -> Void)?

    private let clock: Clock
    private let keyboard: PS2Keyboard
    private let lines: [NS16550A]
    private let mouse: PS2Mouse
    /// The place where the CD-ROM drive is.
    private let channel: ATAChannel
    private let fdc: I82077AA
    private var waiting: State
    /// A recorded run's input that has not entered yet; nil when input comes from outside.
    private var script: ArraySlice<RunRecording.Entry>?
    /// Presses the board's reset button.
    var onReset: (() -> Void)?
    /// Presses its power button.
    var onPowerButton: (() -> Void)?
    /// Wakes the machine when the next input may enter.
    private var event: Clock.Event?

    /// The input that waits, and when the next of it may enter.
    struct State: Codable, Equatable {
        struct Movement: Codable, Equatable {
            var dx: Int
            var dy: Int
            var wheel: Int
            var buttons: PS2Mouse.Buttons
        }
        var wantsReset = false
        /// Nil in snapshots of earlier versions.
        var wantsPowerButton: Bool?
        var keys: [Input] = []
        var nextKeyTick: UInt64 = 0
        var movements: [Movement] = []
        var nextMovementTick: UInt64 = 0
        /// By line; each has its own pace.
        var bytes: [[UInt8]]
        var nextByteTicks: [UInt64]
        /// Changes of the disc and the diskettes; nil for none.
        var media: [Input]?
    }

    /// Virtual milliseconds between two key movements: as a very quick typist, so that every guest keeps up.
    static let keyInterval: UInt64 = 15
    static let keyLimit = 8192
    /// Changes of the mouse's buttons that wait; movements between two are added up.
    static let movementLimit = 256
    static let byteLimit = 65536
    static let mediaLimit = 64

    init(clock: Clock, keyboard: PS2Keyboard, mouse: PS2Mouse, lines: [NS16550A], channel: ATAChannel, fdc: I82077AA) {
        self.clock = clock
        self.keyboard = keyboard
        self.mouse = mouse
        self.lines = lines
        self.channel = channel
        self.fdc = fdc
        waiting = State(bytes: lines.map { _ in [] }, nextByteTicks: lines.map { _ in 0 })
        event = clock.register("input") {}
    }

    /// A chord and a piece of text still find room.
    public var hasRoom: Bool {
        waiting.keys.count < Self.keyLimit / 2 && waiting.bytes.allSatisfy { $0.count < Self.byteLimit / 2 }
    }

    /// Presses `chord` in order and releases it in reverse. What finds no room is lost.
    public func press(_ chord: [Key]) {
        guard waiting.keys.count + 2 * chord.count <= Self.keyLimit else { return }
        waiting.keys += chord.map { .key($0, down: true) }
        waiting.keys += chord.reversed().map { .key($0, down: false) }
        wake(at: clock.now)
    }

    /// A key goes down or up. What finds no room is lost, but releases find some longer.
    public func move(_ key: Key, down: Bool) {
        guard waiting.keys.count < (down ? Self.keyLimit / 2 : Self.keyLimit) else { return }
        waiting.keys.append(.key(key, down: down))
        wake(at: clock.now)
    }

    /// A key that is down sends its make code once more, unless something waits already: a slow guest shall not hear a key for longer than it
    /// is held.
    public func repeatKey(_ key: Key) {
        guard waiting.keys.isEmpty else { return }
        waiting.keys.append(.repetition(key))
        wake(at: clock.now)
    }

    /// The mouse has moved by so many dots to the right and down, its wheel by notches towards the user; `buttons` are down now.
    public func moveMouse(dx: Int, dy: Int, wheel: Int, buttons: PS2Mouse.Buttons) {
        if let last = waiting.movements.last, last.buttons == buttons || waiting.movements.count >= Self.movementLimit {
            let index = waiting.movements.count - 1
            waiting.movements[index] = State.Movement(
                dx: last.dx &+ dx, dy: last.dy &+ dy, wheel: last.wheel &+ wheel, buttons: last.buttons)
        } else {
            waiting.movements.append(State.Movement(dx: dx, dy: dy, wheel: wheel, buttons: buttons))
        }
        wake(at: clock.now)
    }

    /// Sends `text` to COM1 (0) or COM2 (1). What finds no room is lost.
    public func send(_ text: some Collection<UInt8>, to line: Int) {
        guard waiting.bytes.indices.contains(line) else { return }
        waiting.bytes[line] += text.prefix(Self.byteLimit - waiting.bytes[line].count)
        wake(at: clock.now)
    }

    /// Presses the reset button.
    public func reset() {
        waiting.wantsReset = true
        wake(at: clock.now)
    }

    /// Presses the power button; without effect on a board that has none.
    public func pressPowerButton() {
        waiting.wantsPowerButton = true
        wake(at: clock.now)
    }

    /// Puts disc `number` into the CD-ROM drive, or with nil presses its button and takes out what is in. What finds no room is lost.
    public func changeMedium(to number: Int?) { change(.medium(number)) }

    /// Puts diskette `number` of drive A (0) or B (1) into it, or with nil takes out what is in. What finds no room is lost.
    public func changeDiskette(of drive: Int, to number: Int?) { change(.diskette(drive: drive, number)) }

    private func change(_ change: Input) {
        waiting.media = Array((waiting.media ?? []).prefix(Self.mediaLimit - 1)) + [change]
        wake(at: clock.now)
    }

    /// Lets in what may enter now. When that is depends on the machine's clock alone, not on how often this is called.
    func deliver() {
        if script != nil { return deliverScript() }
        if waiting.wantsReset {
            waiting.wantsReset = false
            enter(.reset)
        }
        if waiting.wantsPowerButton == true {
            waiting.wantsPowerButton = nil
            enter(.powerButton)
        }
        if let media = waiting.media {
            waiting.media = nil
            for change in media { enter(change) }
        }
        deliverKeys()
        deliverMovements()
        for line in waiting.bytes.indices where !waiting.bytes[line].isEmpty { deliverBytes(line) }
    }

    private func deliverKeys() {
        guard let next = waiting.keys.first else { return }
        guard clock.now >= waiting.nextKeyTick else { return wake(at: waiting.nextKeyTick) }
        // The longest make code, Pause, has eight bytes.
        if keyboard.room >= 8 {
            waiting.keys.removeFirst()
            enter(next)
        }
        waiting.nextKeyTick = clock.now &+ clock.ticks(microseconds: Self.keyInterval * 1000)
        if !waiting.keys.isEmpty { wake(at: waiting.nextKeyTick) }
    }

    private func deliverMovements() {
        guard let next = waiting.movements.first else { return }
        guard clock.now >= waiting.nextMovementTick else { return wake(at: waiting.nextMovementTick) }
        waiting.movements.removeFirst()
        enter(.mouse(dx: next.dx, dy: next.dy, wheel: next.wheel, buttons: next.buttons))
        waiting.nextMovementTick = clock.now &+ clock.ticks(microseconds: Self.keyInterval * 1000)
        if !waiting.movements.isEmpty { wake(at: waiting.nextMovementTick) }
    }

    private func deliverBytes(_ line: Int) {
        guard clock.now >= waiting.nextByteTicks[line] else { return wake(at: waiting.nextByteTicks[line]) }
        var count = 0
        while count < waiting.bytes[line].count, lines[line].canReceive {
            enter(.serial(line: line, byte: waiting.bytes[line][count]))
            count += 1
        }
        waiting.bytes[line].removeFirst(count)
        waiting.nextByteTicks[line] = clock.now &+ clock.ticks(microseconds: 1000)
        if !waiting.bytes[line].isEmpty { wake(at: waiting.nextByteTicks[line]) }
    }

    private func enter(_ input: Input) {
        switch input {
        case .key(let key, let down): keyboard.press(key, down: down)
        case .repetition(let key): keyboard.repeatKey(key)
        case .mouse(let dx, let dy, let wheel, let buttons):
            mouse.move(dx: dx, dy: dy, wheel: wheel)
            mouse.setButtons(buttons)
        case .serial(let line, let byte): if lines.indices.contains(line) { lines[line].receive(byte) }
        case .reset: onReset?()
        case .powerButton: onPowerButton?()
        case .medium(let number): channel.changeMedium(to: number)
        case .diskette(let drive, let number): fdc.changeMedium(of: drive, to: number)
        }
        onDelivery?(clock.now, input)
    }

    /// The gate is looked at now, for which its deadline was there.
    func dropDeadline() {
        if let event, let deadline = clock.deadline(of: event), deadline <= clock.now { clock.cancel(event) }
    }

    private func wake(at tick: UInt64) {
        guard let event else { return }
        clock.schedule(event, at: min(tick, clock.deadline(of: event) ?? .max))
    }
}

/// The input that waits, kept and put back; and input that comes from a recording.
extension InputGate {
    /// Everything that waits here. One that is put back is cut to what can wait.
    var state: State {
        get { waiting }
        set {
            let count = lines.count
            waiting = newValue
            waiting.keys = Array(newValue.keys.prefix(Self.keyLimit))
            waiting.media = newValue.media.map { Array($0.prefix(Self.mediaLimit)) }
            waiting.movements = Array(newValue.movements.prefix(Self.movementLimit))
            let none = [[UInt8]](repeating: [], count: count)
            waiting.bytes = (newValue.bytes + none).prefix(count).map { Array($0.prefix(Self.byteLimit)) }
            waiting.nextByteTicks = Array((newValue.nextByteTicks + [UInt64](repeating: 0, count: count)).prefix(count))
            wakeForWhatWaits()
        }
    }

    private func wakeForWhatWaits() {
        if let event { clock.cancel(event) }
        if let script {
            if let next = script.first { wake(at: next.tick) }
            return
        }
        if waiting.wantsReset || waiting.media != nil { wake(at: clock.now) }
        if !waiting.keys.isEmpty { wake(at: waiting.nextKeyTick) }
        if !waiting.movements.isEmpty { wake(at: waiting.nextMovementTick) }
        for line in waiting.bytes.indices where !waiting.bytes[line].isEmpty { wake(at: waiting.nextByteTicks[line]) }
    }

    /// From now on what enters is `entries`, each at its tick, and nothing else; nil goes back to input from outside.
    public func replay(_ entries: ArraySlice<RunRecording.Entry>?) {
        script = entries
        wakeForWhatWaits()
    }

    /// The entries that are left to enter instead of input from outside; nil where that comes in.
    var recorded: ArraySlice<RunRecording.Entry>? { script }

    private func deliverScript() {
        while let next = script?.first, next.tick <= clock.now {
            script?.removeFirst()
            enter(next.input)
        }
        if let next = script?.first { wake(at: next.tick) }
    }
}
