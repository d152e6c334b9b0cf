import Chips
import Wiring

/// The one gate through which the outside reaches the machine. What is handed in waits here, in bounded queues, and enters
/// between two run slices at a tick that `onDelivery` hears: with the same inputs at the same ticks a run repeats itself.
public final class InputGate {
    public enum Input: Equatable, Sendable {
        case key(Key, down: Bool)
        /// A byte for COM1 (0) or COM2 (1).
        case serial(line: Int, byte: UInt8)
    }

    /// Hears each input with the tick at which it entered.
    public var onDelivery: ((_ tick: UInt64, Input) -> Void)?

    private let clock: Clock
    private let keyboard: PS2Keyboard
    private let lines: [NS16550A]
    private var waiting: State
    /// A recorded run's input that has not entered yet; nil when input comes from outside.
    private var script: ArraySlice<Recording.Entry>?
    /// Wakes the machine when the next input may enter.
    private var event: Clock.Event?

    /// What waits, and when the next of it may enter.
    struct State: Codable, Equatable {
        struct Movement: Codable, Equatable {
            var key: Key
            var down: Bool
        }
        var keys: [Movement] = []
        var nextKeyTick: UInt64 = 0
        /// By line; each has its own pace.
        var bytes: [[UInt8]]
        var nextByteTicks: [UInt64]
    }

    /// Virtual milliseconds between two key movements: as a very quick typist, so that every guest keeps up.
    static let keyInterval: UInt64 = 15
    static let keyLimit = 8192
    static let byteLimit = 65536

    init(clock: Clock, keyboard: PS2Keyboard, lines: [NS16550A]) {
        self.clock = clock
        self.keyboard = keyboard
        self.lines = lines
        waiting = State(bytes: lines.map { _ in [] }, nextByteTicks: lines.map { _ in 0 })
        event = clock.register("input") {}
    }

    /// Everything that waits here. One that is put back is cut to what can wait.
    var state: State {
        get { waiting }
        set {
            waiting.keys = Array(newValue.keys.prefix(Self.keyLimit))
            waiting.nextKeyTick = newValue.nextKeyTick
            for line in waiting.bytes.indices {
                waiting.bytes[line] = line < newValue.bytes.count ? Array(newValue.bytes[line].prefix(Self.byteLimit)) : []
                waiting.nextByteTicks[line] = line < newValue.nextByteTicks.count ? newValue.nextByteTicks[line] : 0
            }
            guard let event else { return }
            clock.cancel(event)
            if !waiting.keys.isEmpty { wake(at: waiting.nextKeyTick) }
            for line in waiting.bytes.indices where !waiting.bytes[line].isEmpty { wake(at: waiting.nextByteTicks[line]) }
        }
    }

    /// Whether a chord and a piece of text still find room.
    public var hasRoom: Bool {
        waiting.keys.count < Self.keyLimit / 2 && waiting.bytes.allSatisfy { $0.count < Self.byteLimit / 2 }
    }

    /// Presses `chord` in order and releases it in reverse. What finds no room is lost.
    public func press(_ chord: [Key]) {
        guard waiting.keys.count + 2 * chord.count <= Self.keyLimit else { return }
        waiting.keys += chord.map { State.Movement(key: $0, down: true) }
        waiting.keys += chord.reversed().map { State.Movement(key: $0, down: false) }
        wake(at: clock.now)
    }

    /// Sends `text` to COM1 (0) or COM2 (1). What finds no room is lost.
    public func send(_ text: some Collection<UInt8>, to line: Int) {
        guard waiting.bytes.indices.contains(line) else { return }
        waiting.bytes[line] += text.prefix(Self.byteLimit - waiting.bytes[line].count)
        wake(at: clock.now)
    }

    /// Lets in what may enter now. When that is depends on the machine's clock alone, not on how often this is called.
    func deliver() {
        if script != nil { return deliverScript() }
        deliverKeys()
        for line in waiting.bytes.indices where !waiting.bytes[line].isEmpty { deliverBytes(line) }
    }

    private func deliverKeys() {
        guard let next = waiting.keys.first else { return }
        guard clock.now >= waiting.nextKeyTick else { return wake(at: waiting.nextKeyTick) }
        // The longest make code, Pause, has eight bytes.
        if keyboard.room >= 8 {
            waiting.keys.removeFirst()
            enter(.key(next.key, down: next.down))
        }
        waiting.nextKeyTick = clock.now &+ clock.ticks(microseconds: Self.keyInterval * 1000)
        if !waiting.keys.isEmpty { wake(at: waiting.nextKeyTick) }
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

    /// From now on what enters is `entries`, each at its tick, and nothing else.
    public func replay(_ entries: [Recording.Entry]) {
        script = entries[...]
        if let first = entries.first { wake(at: first.tick) }
    }

    private func deliverScript() {
        while let next = script?.first, next.tick <= clock.now {
            script?.removeFirst()
            enter(next.input)
        }
        if let next = script?.first { wake(at: next.tick) }
    }

    private func enter(_ input: Input) {
        switch input {
        case .key(let key, let down): keyboard.press(key, down: down)
        case .serial(let line, let byte): if lines.indices.contains(line) { lines[line].receive(byte) }
        }
        onDelivery?(clock.now, input)
    }

    private func wake(at tick: UInt64) {
        guard let event else { return }
        clock.schedule(event, at: min(tick, clock.deadline(of: event) ?? .max))
    }
}
