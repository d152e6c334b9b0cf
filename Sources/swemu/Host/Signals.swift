/// SIGINT, SIGTERM and SIGHUP end the machine between two run slices, so that files are written and the terminal is put back.
enum Signals {
    /// SAFETY: written by the handler with one aligned store, read elsewhere.
    nonisolated(unsafe) private static var received: Int32 = 0

    static func install() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { Signals.received = $0 }
        }
        // A reader that went away is noticed by write(2).
        signal(SIGPIPE, SIG_IGN)
    }

    /// The signal that asked for the end, if one came.
    static var pending: Int32? { received == 0 ? nil : received }

    static func name(_ number: Int32) -> String {
        switch number {
        case SIGINT: "SIGINT"
        case SIGTERM: "SIGTERM"
        case SIGHUP: "SIGHUP"
        default: "signal \(number)"
        }
    }
}
