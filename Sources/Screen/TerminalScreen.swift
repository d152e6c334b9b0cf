import Wiring

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A terminal as the machine's screen and keyboard: raw input, the alternate screen, and both put back at the end,
/// also when the program exits elsewhere or is ended by a signal.
public final class TerminalScreen {
    private let input: Int32
    private let output: Int32
    private var painter: TerminalPainter
    private var keys = TerminalKeys()
    private var isActive = false

    /// Whether `descriptor` is a terminal.
    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// A screen on the given terminal; nothing happens to it until `start()`.
    public init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO, colours: TerminalPainter.Colours? = nil) {
        self.input = input
        self.output = output
        painter = TerminalPainter(colours: colours ?? Self.usualColours)
    }

    deinit { stop() }

    /// Terminals that know more than sixteen colours say so in COLORTERM.
    private static var usualColours: TerminalPainter.Colours {
        guard let value = getenv("COLORTERM").map({ String(cString: $0) }) else { return .sixteen }
        return value == "truecolor" || value == "24bit" ? .exact : .sixteen
    }

    /// Takes the terminal over. Nothing happens, and `false` is returned, when the input is not a terminal.
    @discardableResult public func start() -> Bool {
        guard !isActive, TerminalRestoration.takeOver(input: input, output: output) else { return isActive }
        isActive = true
        // Alternate screen, no wrapping at the right margin.
        send(Array("\u{1B}[?1049h\u{1B}[?7l\u{1B}[2J".utf8))
        painter.forget()
        return true
    }

    /// Gives the terminal back as it was.
    public func stop() {
        guard isActive else { return }
        isActive = false
        TerminalRestoration.restore()
    }

    /// Shows `frame`; costs little when nothing has changed.
    public func draw(_ frame: TextFrame) {
        guard isActive else { return }
        let size = self.size
        send(painter.paint(frame, columns: size.columns, rows: size.rows))
    }

    /// What was typed since the last call, without waiting. Call it a few times in a tenth of a second: a lone Esc is told from
    /// a function key by what the next call finds.
    public func readKeys() -> [TerminalKeys.Event] {
        var bytes = [UInt8](repeating: 0, count: 256)
        var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 0) > 0 else { return keys.finish() }
        let count = read(input, &bytes, bytes.count)
        return count > 0 ? keys.decode(bytes[0..<count]) : []
    }

    /// The terminal's size in characters, 80 × 25 when it does not tell.
    private var size: (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(output, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else { return (80, 25) }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    private func send(_ bytes: [UInt8]) { TerminalRestoration.writeAll(output, bytes) }
}

/// The terminal's settings from before it was taken over, kept where an exit or a signal finds them.
///
/// SAFETY: `saved` is written by `takeOver` and `restore` alone, which the one thread that draws calls; a signal handler that
/// interrupts them finds either no settings or complete ones, because the flag is set last and cleared first. The handler calls
/// tcsetattr(3), write(2), signal(2) and raise(3) only, all async-signal-safe.
enum TerminalRestoration {
    private struct Saved {
        var isSet = false
        var settings = termios()
        var input: Int32 = -1
        var output: Int32 = -1
    }
    nonisolated(unsafe) private static var saved = Saved()
    nonisolated(unsafe) private static var isHooked = false

    /// Back to the normal screen, wrapping on, cursor visible, colours off.
    private static let farewell: StaticString = "\u{1B}[0m\u{1B}[?7h\u{1B}[?1049l\u{1B}[?25h"

    /// Remembers the settings of `input` and makes it raw. False when it is no terminal or one is taken over already.
    static func takeOver(input: Int32, output: Int32) -> Bool {
        var settings = termios()
        guard !saved.isSet, tcgetattr(input, &settings) == 0 else { return false }
        (saved.settings, saved.input, saved.output) = (settings, input, output)
        hookOnce()
        cfmakeraw(&settings)
        guard tcsetattr(input, TCSAFLUSH, &settings) == 0 else { return false }
        saved.isSet = true
        return true
    }

    static func restore() {
        guard saved.isSet else { return }
        saved.isSet = false
        _ = write(saved.output, farewell.utf8Start, farewell.utf8CodeUnitCount)
        _ = tcsetattr(saved.input, TCSAFLUSH, &saved.settings)
    }

    private static func hookOnce() {
        guard !isHooked else { return }
        isHooked = true
        atexit { TerminalRestoration.restore() }
        for number in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGILL, SIGTRAP] {
            signal(number) { number in
                TerminalRestoration.restore()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    /// Writes everything, waiting where the terminal is slow; gives up when it is gone.
    static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = write(descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count > 0 { done += count } else if !(count < 0 && waitUntilWritable(descriptor)) { return }
            }
        }
    }

    private static func waitUntilWritable(_ descriptor: Int32) -> Bool {
        guard errno == EAGAIN || errno == EINTR else { return false }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&waiting, 1, 1000) >= 0 || errno == EINTR
    }
}
