import Chips
import Screen

/// The place where somebody sees the machine's screen, and from which they are heard.
enum HostDisplay {
    case none
    case terminal(TerminalScreen)
    case window(any Window)

    /// Opens what the options ask for. Without a wish a window where there is one, otherwise the terminal where nobody else writes to it, otherwise nothing.
    static func open(_ plan: SessionPlan) throws -> HostDisplay {
        switch plan.screen.headless ? DisplayChoice.none : plan.screen.display {
        case .some(.none): return .none
        case .terminal:
            guard isTerminal else {
                throw UserError(
                    .display, "no terminal to draw in", "--display terminal", remedy: "run it in one, or use --display none")
            }
            guard !usesStandardOutput(plan) else {
                throw UserError(
                    .display, "the terminal is taken", "--display terminal", remedy: "send --serial and --debugcon elsewhere")
            }
            return .terminal(TerminalScreen())
        case .sdl:
            do {
                return .window(try WindowOpener.open(title: "swemu"))
            } catch {
                throw UserError(.display, line: error.description)
            }
        case nil:
            if WindowOpener.isBuilt, hasDesktop, let window = try? WindowOpener.open(title: "swemu") { return .window(window) }
            return isTerminal && !usesStandardOutput(plan) ? .terminal(TerminalScreen()) : .none
        }
    }

    private static var isTerminal: Bool { TerminalScreen.isTerminal(0) && TerminalScreen.isTerminal(1) }

    private static func usesStandardOutput(_ plan: SessionPlan) -> Bool {
        plan.destinations.contains(.stdio) || plan.monitors.usesStandardOutput
            || [plan.logFile, plan.tracing.file, plan.postCodes, plan.state.record].contains("-")
    }

    /// The host says that a desktop is there.
    private static var hasDesktop: Bool {
        #if os(macOS)
            true
        #else
            ["DISPLAY", "WAYLAND_DISPLAY"].contains { (name: String) in getenv(name).map { $0.pointee != 0 } ?? false }
        #endif
    }

    /// Somebody can do something here.
    var isThere: Bool { if case .none = self { false } else { true } }
    /// The picture is on the terminal, where words on standard error would disturb it.
    var ownsTerminal: Bool { if case .terminal = self { true } else { false } }

    /// Nanoseconds between two drawings.
    var interval: UInt64 { if case .window = self { 16_000_000 } else { 33_000_000 } }

    /// Descriptors that tell of input.
    var inputDescriptors: [Int32] { ownsTerminal ? [0] : [] }

    func takeEvents() -> [UserEvent] {
        switch self {
        case .none: []
        case .terminal(let terminal): terminal.readKeys()
        case .window(let window): window.takeEvents()
        }
    }

    func draw(_ vga: VGA) {
        switch self {
        case .none: break
        case .terminal(let terminal):
            if vga.isTextMode { terminal.draw(vga.textFrame()) } else { terminal.draw(vga.pixelFrame()) }
        case .window(let window): window.draw(vga.pixelFrame())
        }
    }

    func show(title: String) {
        if case .window(let window) = self { window.title = title }
    }

    /// Waits for input at `descriptors` or in the window. A window and descriptors cannot be waited on together: then the wait is short.
    func wait(_ descriptors: [Int32], milliseconds: Int32) {
        guard case .window(let window) = self else {
            waitForInput(descriptors, milliseconds: milliseconds)
            return
        }
        window.wait(milliseconds: Int(descriptors.isEmpty ? milliseconds : min(milliseconds, 5)))
    }
}
