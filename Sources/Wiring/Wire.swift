/// One signal line from a chip's output to whatever the board connects it to: an interrupt request, A20 gate, RESET.
/// The listener hears changes of level only.
public final class Wire {
    private final class Listener {
        let hear: (Bool) -> Void

        init(_ hear: @escaping (Bool) -> Void) { self.hear = hear }
    }

    /// Current level; lines start low.
    public private(set) var isHigh = false
    /// SAFETY: retained by `connect`, released by the next one or when the wire goes. It is called without another reference, which would cost more
    /// than most listeners do; so nobody connects a wire from its own listener.
    private var listener: Unmanaged<Listener>?

    /// A wire at low level that leads nowhere.
    public init() {}

    deinit { listener?.release() }

    /// Connects the far end, which is not done from a listener of this wire. The listener is told at once when the line is already high.
    public func connect(_ listener: @escaping (_ isHigh: Bool) -> Void) {
        self.listener?.release()
        self.listener = .passRetained(Listener(listener))
        if isHigh { listener(true) }
    }

    /// Drives the line. Driving the level it already has does nothing.
    public func set(_ level: Bool) {
        guard level != isHigh else { return }
        isHigh = level
        listener?._withUnsafeGuaranteedRef { $0.hear(level) }
    }

    /// A low-high-low pulse, for edge-triggered inputs.
    public func pulse() {
        set(true)
        set(false)
    }
}
