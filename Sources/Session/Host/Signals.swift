/// SIGINT, SIGTERM and SIGHUP end the machine between two run slices, so that files are written and the terminal is put back.
package enum Signals {
    /// SAFETY: written by the handler with one aligned store, read elsewhere.
    nonisolated(unsafe) private static var received: Int32 = 0

    /// SAFETY: as `received`.
    nonisolated(unsafe) private static var saveWanted: Int32 = 0

    /// Tells whether SIGUSR1 came since the last call.
    static func takeSaveRequest() -> Bool {
        defer { saveWanted = 0 }
        return saveWanted != 0
    }

    package static func install() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            interrupt(on: number) {
                Signals.received = $0
                alarm(1)
            }
        }
        interrupt(on: SIGALRM) { _ in alarm(1) }
        signal(SIGUSR1) { _ in Signals.saveWanted = 1 }
        // A reader that went away is noticed by write(2).
        signal(SIGPIPE, SIG_IGN)
    }

    /// Wakes every second from `nanoseconds` on whatever waits in the host, so that it sees that its time is over.
    static func wake(after nanoseconds: UInt64) { alarm(UInt32(clamping: nanoseconds / 1_000_000_000 + 1)) }

    /// A handler that ends a call which waits, as signal(2) does not: without SA_RESTART.
    private static func interrupt(on number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        #if canImport(Darwin)
            action.__sigaction_u.__sa_handler = handler
        #else
            action.__sigaction_handler.sa_handler = handler
        #endif
        sigemptyset(&action.sa_mask)
        sigaction(number, &action, nil)
    }

    /// Makes one line and a status of its own of what the Swift runtime and the hardware raise when this program is wrong.
    package static func reportOwnBugs() {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
            signal(number) { _ in
                // Only calls that signal-safety(7) allows.
                let line: StaticString = "swemu: a bug in swemu itself, not in the guest; please report it with the command line\n"
                _ = write(2, line.utf8Start, line.utf8CodeUnitCount)
                _exit(ExitStatus.ownBug.rawValue)
            }
        }
    }

    /// The signal that asked for the end, if one came.
    package static var pending: Int32? { received == 0 ? nil : received }

    /// Tells whether SIGINT has come; it is forgotten.
    package static func takeInterrupt() -> Bool {
        guard received == SIGINT else { return false }
        received = 0
        return true
    }

    static func name(_ number: Int32) -> String {
        switch number {
        case SIGINT: "SIGINT"
        case SIGTERM: "SIGTERM"
        case SIGHUP: "SIGHUP"
        default: "signal \(number)"
        }
    }
}
