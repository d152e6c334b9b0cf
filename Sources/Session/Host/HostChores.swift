import Screen

/// The host's business between two slices of a run: what was printed goes out, what was typed comes in, screens and files are renewed, and whoever may
/// end the run is asked.
final class HostChores {
    /// Nanoseconds between two renewals of files.
    private static let fileInterval: UInt64 = 500_000_000
    private let timeout: UInt64
    private var nextFiles: UInt64
    private var nextDrawing: UInt64
    private var speedometer: Speedometer

    init(_ session: HostSession) {
        let now = hostNanoseconds()
        timeout = session.plan.ceilings.timeout.map { now + $0 } ?? .max
        (nextFiles, nextDrawing) = (now, now)
        speedometer = Speedometer(session.pc.clock)
    }

    /// Tells why the run has to end, if it has to. Does not return while somebody has to read first what the machine said, unless `wantsReturn`.
    func attend(_ session: HostSession, _ wantsReturn: () -> Bool = { false }) -> HostSession.Ending? {
        repeat {
            if let ending = look(session) { return ending }
        } while session.waitForReaders() && !wantsReturn()
        return nil
    }

    private func look(_ session: HostSession) -> HostSession.Ending? {
        if let words = session.reachedCeiling() { return .ceiling(words) }
        session.flush()
        if let number = Signals.pending { return .signal(Signals.name(number)) }
        session.takeInput()
        if session.wantsEnd { return .user }
        let time = hostNanoseconds()
        if time >= timeout { return .timeout }
        if time >= nextFiles {
            session.screenFiles.renew(from: session.pc.vga)
            nextFiles = time + Self.fileInterval
            if let speed = speedometer.read(session.pc.clock, time) { session.frontEnd.show(title: session.title(speed)) }
        }
        if session.frontEnd.isThere, time >= nextDrawing {
            session.frontEnd.draw(session.pc.vga)
            // A slow terminal gets a quarter of the time at most.
            nextDrawing = time + max(session.frontEnd.interval, 4 * (hostNanoseconds() - time))
        }
        return nil
    }
}
