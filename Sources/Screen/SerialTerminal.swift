#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The host's terminal as the far end of a serial line: each key goes out as it is pressed, and is seen when the guest sends it back.
///
/// Lines that are written to the terminal are still lines.
public enum SerialTerminal {
    /// Makes standard input one. False, and nothing happens, where that is no terminal, or one that belongs to another program for now.
    /// `keepsSignals`: Ctrl-C, Ctrl-\ and Ctrl-Z are for this program; otherwise they are the guest's.
    public static func begin(keepsSignals: Bool) -> Bool {
        guard tcgetpgrp(STDIN_FILENO) == getpgrp() else { return false }
        return TerminalRestoration.takeOver(input: STDIN_FILENO, output: STDOUT_FILENO, as: .line(keepsSignals: keepsSignals))
    }

    /// Gives the terminal back as it was.
    public static func end() { TerminalRestoration.restore() }
}
