/// One signal line from a chip's output to whatever the board connects it to: an interrupt request, A20 gate, RESET.
/// The listener hears changes of level only.
public final class Wire {
    /// Current level; lines start low.
    public private(set) var isHigh = false
    private var listener: ((Bool) -> Void)?

    /// A wire at low level that leads nowhere.
    public init() {}

    /// Connects the far end. The listener is told at once when the line is already high.
    public func connect(_ listener: @escaping (_ isHigh: Bool) -> Void) {
        self.listener = listener
        if isHigh { listener(true) }
    }

    /// Drives the line. Driving the level it already has does nothing.
    public func set(_ level: Bool) {
        guard level != isHigh else { return }
        isHigh = level
        listener?(level)
    }

    /// A low-high-low pulse, for edge-triggered inputs.
    public func pulse() {
        set(true)
        set(false)
    }
}
