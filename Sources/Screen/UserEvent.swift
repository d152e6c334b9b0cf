import Wiring

/// An act of the user's at a window or a terminal.
public enum UserEvent: Equatable, Sendable {
    /// Keys pressed in order and released in the opposite one: what a terminal tells.
    case press(Key.Chord)
    /// One key as it moves: what a window tells.
    case key(Key, KeyMovement)
    /// A text to be typed, from the clipboard.
    case text(String)
    case mouse(MouseMovement)
    case quit, help, monitor, pause, reset, screenshot
    /// The next disc into the CD-ROM drive.
    case disc
    /// The mouse is to be the guest's, or no longer.
    case grab
}

/// The movement of a key.
public enum KeyMovement: Equatable, Sendable {
    case down, up
    /// Still down, and the host repeats it.
    case repetition
}

/// The movement of a mouse since it was last asked for.
public struct MouseMovement: Equatable, Sendable {
    /// To the right and down, in dots.
    public var dx: Int
    /// Downwards, in dots.
    public var dy: Int
    /// Notches towards the user.
    public var wheel: Int
    /// Buttons that are down now: bit 0 left, 1 right, 2 middle.
    public var buttons: UInt8

    /// A movement of nothing, but for what is said.
    public init(dx: Int = 0, dy: Int = 0, wheel: Int = 0, buttons: UInt8 = 0) {
        self.dx = dx
        self.dy = dy
        self.wheel = wheel
        self.buttons = buttons
    }
}
