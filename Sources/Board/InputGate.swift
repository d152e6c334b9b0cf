import Chips
import Wiring

/// The one gate through which the outside reaches the machine. What is handed in waits here, in bounded queues, and enters
/// between two run slices at a tick that `onDelivery` hears: with the same inputs at the same ticks a run repeats itself.
public final class InputGate {
    public enum Input: Equatable, Sendable {
        case key(Key, down: Bool)
        /// A key that is down sends its make code once more.
        case repetition(Key)
        case mouse(dx: Int, dy: Int, wheel: Int, buttons: PS2Mouse.Buttons)
        /// A byte for COM1 (0) or COM2 (1).
        case serial(line: Int, byte: UInt8)
    }

    /// Hears each input with the tick at which it entered.
    public var onDelivery: ((_ tick: UInt64, Input) -> Void)?

    private let clock: Clock
    private let keyboard: PS2Keyboard
    private let lines: [NS16550A]
    private let mouse: PS2Mouse
    private var keys: [Input] = []
    private var nextKeyTick: UInt64 = 0
    private var movements: [(dx: Int, dy: Int, wheel: Int, buttons: PS2Mouse.Buttons)] = []
    private var nextMovementTick: UInt64 = 0
    private var bytes: [[UInt8]]
    /// Wakes the machine when the next input may enter.
    private var event: Clock.Event?

    /// Virtual milliseconds between two key movements: as a very quick typist, so that every guest keeps up.
    static let keyInterval: UInt64 = 15
    static let keyLimit = 8192
    /// Changes of the mouse's buttons that wait; movements between two are added up.
    static let movementLimit = 256
    static let byteLimit = 65536

    init(clock: Clock, keyboard: PS2Keyboard, mouse: PS2Mouse, lines: [NS16550A]) {
        self.clock = clock
        self.keyboard = keyboard
        self.mouse = mouse
        self.lines = lines
        bytes = Array(repeating: [], count: lines.count)
        event = clock.register("input") {}
    }

    /// Whether a chord and a piece of text still find room.
    public var hasRoom: Bool { keys.count < Self.keyLimit / 2 && bytes.allSatisfy { $0.count < Self.byteLimit / 2 } }

    /// Presses `chord` in order and releases it in reverse. What finds no room is lost.
    public func press(_ chord: [Key]) {
        guard keys.count + 2 * chord.count <= Self.keyLimit else { return }
        keys += chord.map { .key($0, down: true) }
        keys += chord.reversed().map { .key($0, down: false) }
        wake(at: clock.now)
    }

    /// A key goes down or up. What finds no room is lost, but releases find some longer.
    public func move(_ key: Key, down: Bool) {
        guard keys.count < (down ? Self.keyLimit / 2 : Self.keyLimit) else { return }
        keys.append(.key(key, down: down))
        wake(at: clock.now)
    }

    /// A key that is down sends its make code once more, unless something waits already: a slow guest shall not hear a key for longer than it
    /// is held.
    public func repeatKey(_ key: Key) {
        guard keys.isEmpty else { return }
        keys.append(.repetition(key))
        wake(at: clock.now)
    }

    /// The mouse has moved by so many dots to the right and down, its wheel by notches towards the user; `buttons` are down now.
    public func moveMouse(dx: Int, dy: Int, wheel: Int, buttons: PS2Mouse.Buttons) {
        if let last = movements.last, last.buttons == buttons || movements.count >= Self.movementLimit {
            let index = movements.count - 1
            movements[index] = (last.dx &+ dx, last.dy &+ dy, last.wheel &+ wheel, last.buttons)
        } else {
            movements.append((dx, dy, wheel, buttons))
        }
        wake(at: clock.now)
    }

    /// Sends `text` to COM1 (0) or COM2 (1). What finds no room is lost.
    public func send(_ text: some Collection<UInt8>, to line: Int) {
        guard bytes.indices.contains(line) else { return }
        bytes[line] += text.prefix(Self.byteLimit - bytes[line].count)
        wake(at: clock.now)
    }

    /// Lets in what may enter now.
    func deliver() {
        deliverKeys()
        deliverMovements()
        for line in bytes.indices where !bytes[line].isEmpty { deliverBytes(line) }
    }

    private func deliverKeys() {
        guard let next = keys.first else { return }
        guard clock.now >= nextKeyTick else { return wake(at: nextKeyTick) }
        // The longest make code, Pause, has eight bytes.
        if keyboard.room >= 8 {
            keys.removeFirst()
            switch next {
            case .key(let key, let down): keyboard.press(key, down: down)
            case .repetition(let key): keyboard.repeatKey(key)
            case .mouse, .serial: break
            }
            onDelivery?(clock.now, next)
        }
        nextKeyTick = clock.now &+ clock.ticks(microseconds: Self.keyInterval * 1000)
        if !keys.isEmpty { wake(at: nextKeyTick) }
    }

    private func deliverMovements() {
        guard let next = movements.first else { return }
        guard clock.now >= nextMovementTick else { return wake(at: nextMovementTick) }
        movements.removeFirst()
        mouse.move(dx: next.dx, dy: next.dy, wheel: next.wheel)
        mouse.setButtons(next.buttons)
        onDelivery?(clock.now, .mouse(dx: next.dx, dy: next.dy, wheel: next.wheel, buttons: next.buttons))
        nextMovementTick = clock.now &+ clock.ticks(microseconds: Self.keyInterval * 1000)
        if !movements.isEmpty { wake(at: nextMovementTick) }
    }

    private func deliverBytes(_ line: Int) {
        var count = 0
        while count < bytes[line].count, lines[line].canReceive {
            lines[line].receive(bytes[line][count])
            onDelivery?(clock.now, .serial(line: line, byte: bytes[line][count]))
            count += 1
        }
        bytes[line].removeFirst(count)
        if !bytes[line].isEmpty { wake(at: clock.now &+ clock.ticks(microseconds: 1000)) }
    }

    private func wake(at tick: UInt64) {
        guard let event else { return }
        clock.schedule(event, at: min(tick, clock.deadline(of: event) ?? .max))
    }
}
