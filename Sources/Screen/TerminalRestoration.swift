#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The terminal's settings from before it was taken over, kept where an exit or a signal finds them.
///
/// SAFETY: `saved` is written by `takeOver` and `restore` alone, which one thread calls; a signal handler that
/// interrupts them finds either no settings or complete ones, because the flag is set last and cleared first. The handler calls
/// tcsetattr(3), write(2), signal(2) and raise(3) only, all async-signal-safe.
enum TerminalRestoration {
    /// The purpose for which a terminal is taken over.
    enum Use {
        /// To draw on: nothing that is typed or written is touched on its way.
        case screen
        /// As the far end of a serial line; see `SerialTerminal`.
        case line(keepsSignals: Bool)

        fileprivate var drawsOnIt: Bool { if case .screen = self { true } else { false } }
    }

    private struct Saved {
        var isSet = false
        var use = Use.screen
        var settings = termios()
        var raw = termios()
        var input: Int32 = -1
        var output: Int32 = -1
    }
    nonisolated(unsafe) private static var saved = Saved()
    nonisolated(unsafe) private static var isHooked = false

    /// Alternate screen, no wrapping at the right margin.
    private static let greeting: StaticString = "\u{1B}[?1049h\u{1B}[?7l\u{1B}[2J"
    /// Mouse off, colours off, wrapping on, back to the normal screen, cursor visible.
    private static let farewell: StaticString = "\u{1B}[?1003l\u{1B}[?1006l\u{1B}[0m\u{1B}[?7h\u{1B}[?1049l\u{1B}[?25h"
    /// The program was stopped and goes on: what the terminal shows is not known.
    nonisolated(unsafe) static var isStale = false

    /// Remembers the settings of `input` and makes it raw. False when it is no terminal or one is taken over already.
    static func takeOver(input: Int32, output: Int32, as use: Use = .screen) -> Bool {
        var settings = termios()
        guard !saved.isSet, tcgetattr(input, &settings) == 0 else { return false }
        (saved.settings, saved.input, saved.output, saved.use) = (settings, input, output, use)
        hookOnce()
        saved.raw = settings
        cfmakeraw(&saved.raw)
        if case .line(let keepsSignals) = use {
            saved.raw.c_oflag = settings.c_oflag
            if keepsSignals { saved.raw.c_lflag |= settings.c_lflag & tcflag_t(ISIG) }
        }
        return enter()
    }

    private static func enter() -> Bool {
        guard tcsetattr(saved.input, TCSAFLUSH, &saved.raw) == 0 else { return false }
        saved.isSet = true
        if saved.use.drawsOnIt { _ = write(saved.output, greeting.utf8Start, greeting.utf8CodeUnitCount) }
        isStale = true
        return true
    }

    static func restore() {
        guard saved.isSet else { return }
        saved.isSet = false
        if saved.use.drawsOnIt { _ = write(saved.output, farewell.utf8Start, farewell.utf8CodeUnitCount) }
        _ = tcsetattr(saved.input, TCSAFLUSH, &saved.settings)
    }

    /// SIGTSTP from outside: the terminal is given back for as long as the program is stopped.
    private static func stopAndContinue() {
        let wasSet = saved.isSet
        restore()
        raise(SIGSTOP)
        if wasSet { _ = enter() }
    }

    private static func hookOnce() {
        guard !isHooked else { return }
        isHooked = true
        atexit { TerminalRestoration.restore() }
        signal(SIGTSTP) { _ in TerminalRestoration.stopAndContinue() }
        for number in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGILL, SIGTRAP] {
            signal(number) { number in
                TerminalRestoration.restore()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    /// Writes everything, waiting where the terminal is slow; gives up when it is gone, or takes nothing for a second.
    static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                guard hasRoom(descriptor) else {
                    isStale = true
                    return
                }
                let count = write(descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count > 0 { done += count } else if errno != EAGAIN && errno != EINTR { return }
            }
        }
    }

    private static func hasRoom(_ descriptor: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&waiting, 1, 1000) > 0
    }
}
