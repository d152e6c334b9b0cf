import Chips
import Screen

/// The user's terminal as screen and keyboard of the machine.
///
/// Drawing is the Screen module's; here are the terminal's modes, and bytes that become keys. Ctrl-A x ends the machine, Ctrl-A a
/// sends Ctrl-A.
final class TerminalConsole {
    private var saved = termios()
    private var isRaw = false
    private var keys = TerminalKeys()
    private(set) var wantsEnd = false

    /// Whether there is a terminal to draw in, and nobody else writes to it.
    static func possible(_ options: Run) -> Bool {
        let streams = options.serial + [options.debugcon]
        return !options.headless && !streams.contains(.stdio) && isatty(0) == 1 && isatty(1) == 1
    }

    var inputDescriptors: [Int32] { [0] }

    func begin(_ vga: VGA) {
        guard tcgetattr(0, &saved) == 0 else { return }
        var raw = saved
        cfmakeraw(&raw)
        tcsetattr(0, TCSAFLUSH, &raw)
        isRaw = true
    }

    func end(_ vga: VGA) {
        guard isRaw else { return }
        isRaw = false
        tcsetattr(0, TCSAFLUSH, &saved)
    }

    func draw(_ vga: VGA) {}

    /// Chords that were typed.
    func takeChords() -> [KeyScript.Chord] {
        guard waitForInput([0], milliseconds: 0) else { return keys.finish() }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(0, &buffer, buffer.count)
        guard count > 0 else {
            // The terminal is gone.
            wantsEnd = count == 0
            return []
        }
        let chords = keys.take(buffer[..<count])
        wantsEnd = keys.wantsEnd
        return chords
    }
}
