import Foundation
import Testing
import Wiring

@testable import Screen

@Suite("TerminalScreen: a pseudo-terminal", .serialized) struct TerminalScreenTests {
    /// Both ends of a pseudo-terminal.
    private final class PseudoTerminal {
        let far: Int32
        let near: Int32

        init?() {
            #if os(Linux)
                // Glibc's module hides posix_openpt(3); these are the ioctls behind unlockpt(3) and ptsname(3).
                far = open("/dev/ptmx", O_RDWR | O_NOCTTY)
                var unlocked: Int32 = 0
                var number: Int32 = 0
                guard far >= 0, ioctl(far, 0x4004_5431, &unlocked) == 0, ioctl(far, 0x8004_5430, &number) == 0 else { return nil }
                let name = "/dev/pts/\(number)"
            #else
                far = posix_openpt(O_RDWR | O_NOCTTY)
                guard far >= 0, grantpt(far) == 0, unlockpt(far) == 0, let name = ptsname(far) else { return nil }
            #endif
            near = open(name, O_RDWR | O_NOCTTY)
            guard near >= 0 else { return nil }
        }

        deinit {
            close(near)
            close(far)
        }

        var isRaw: Bool {
            var settings = termios()
            tcgetattr(near, &settings)
            return settings.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0
        }

        /// What the program has sent. The kernel passes it on when it gets to it: an answer that is `expected` is waited for.
        func received(expected: Bool = true) -> String {
            var all: [UInt8] = []
            var bytes = [UInt8](repeating: 0, count: 65536)
            while hasInput(far, milliseconds: !expected ? 0 : all.isEmpty ? 10_000 : 50) {
                let count = read(far, &bytes, bytes.count)
                guard count > 0 else { break }
                all += bytes[0..<count]
            }
            return String(decoding: all, as: UTF8.self)
        }

        private func hasInput(_ descriptor: Int32, milliseconds: Int32) -> Bool {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&waiting, 1, milliseconds) > 0
        }

        /// Types, and returns when it has arrived.
        func type(_ text: String) {
            _ = write(far, text, text.utf8.count)
            _ = hasInput(near, milliseconds: 10_000)
        }
    }

    @Test("raw mode and alternate screen while it runs; everything back afterwards") func startAndStop() throws {
        let terminal = try #require(PseudoTerminal())
        let screen = TerminalScreen(input: terminal.near, output: terminal.near, colours: .sixteen)
        screen.draw(.blank())
        #expect(!terminal.isRaw && terminal.received(expected: false).isEmpty, "nothing before start()")
        #expect(screen.start() && terminal.isRaw)
        var frame = TextFrame.blank()
        frame.cells[0].character = 0x41
        screen.draw(frame)
        let shown = terminal.received()
        #expect(shown.contains("\u{1B}[?1049h") && shown.contains("\u{1B}[1;1HA"))
        terminal.type("ls\r\u{1B}[A")
        #expect(screen.readKeys() == [.press([.l]), .press([.s]), .press([.enter]), .press([.up])])
        terminal.type("\u{1B}")
        #expect(screen.readKeys().isEmpty && screen.readKeys() == [.press([.escape])])
        screen.stop()
        #expect(!terminal.isRaw && terminal.received().hasSuffix("\u{1B}[?1049l\u{1B}[?25h"))
        screen.stop()
        #expect(screen.start() && terminal.isRaw, "it can be started again")
        screen.stop()
    }

    @Test("what is no terminal is left alone") func noTerminal() {
        let screen = TerminalScreen(input: open("/dev/null", O_RDWR), output: open("/dev/null", O_RDWR))
        #expect(!screen.start())
        screen.draw(.blank())
        #expect(screen.readKeys().isEmpty)
    }

    private static let dots = PixelFrame(width: 4, height: 4, bytes: [UInt8](repeating: 200, count: 48))

    @Test("dots are half blocks, and text after them starts on a cleared screen") func dotsThenText() throws {
        let terminal = try #require(PseudoTerminal())
        let screen = TerminalScreen(input: terminal.near, output: terminal.near, colours: .exact)
        #expect(screen.start())
        defer { screen.stop() }
        #expect(terminal.received().hasSuffix("\u{1B}[c"), "it asks what the terminal can do")
        screen.draw(Self.dots)
        #expect(terminal.received().contains("▀"))
        screen.draw(Self.dots)
        #expect(terminal.received(expected: false).isEmpty)
        screen.draw(.blank())
        let text = terminal.received()
        #expect(text.contains("\u{1B}[2J") && !text.contains("▀"))
    }

    @Test("a terminal that answers gets kitty's graphics, or sixels") func betterGraphics() throws {
        for (answer, sign) in [("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[?62c", "\u{1B}_Ga=T,f=100"), ("\u{1B}[?62;4c", "\u{1B}P0;1q")] {
            let terminal = try #require(PseudoTerminal())
            let screen = TerminalScreen(input: terminal.near, output: terminal.near, colours: .exact)
            #expect(screen.start())
            terminal.type(answer)
            #expect(screen.readKeys().isEmpty)
            _ = terminal.received()
            screen.draw(Self.dots)
            #expect(terminal.received().contains(sign))
            screen.stop()
        }
    }

    @Test("help covers the screen until a key is pressed, which is not the guest's; the mouse comes and goes, and goes at the end")
    func helpAndMouse() throws {
        let terminal = try #require(PseudoTerminal())
        let screen = TerminalScreen(input: terminal.near, output: terminal.near, colours: .sixteen)
        #expect(screen.start())
        terminal.type("\u{1B}[?62c\u{1}h")
        #expect(screen.readKeys().isEmpty)
        #expect(terminal.received().contains("Ctrl-A x  end the machine"))
        screen.draw(.blank())
        #expect(terminal.received(expected: false).isEmpty)
        terminal.type("q")
        #expect(screen.readKeys().isEmpty)
        screen.draw(.blank())
        #expect(terminal.received().contains("\u{1B}[2J"))
        terminal.type("\u{1}m")
        #expect(screen.readKeys().isEmpty && terminal.received().contains("\u{1B}[?1003h"))
        terminal.type("\u{1B}[<0;5;5M")
        #expect(screen.readKeys() == [.mouse(MouseMovement(buttons: 1))])
        screen.stop()
        #expect(terminal.received().contains("\u{1B}[?1003l\u{1B}[?1006l"))
    }
}
