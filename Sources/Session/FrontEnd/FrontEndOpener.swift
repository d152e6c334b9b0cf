import Formats
import Screen

/// Opens the front end of a run.
enum FrontEndOpener {
    /// Opens what the plan asks for. Without a wish a window where there is one, otherwise the terminal where nobody else writes to it, otherwise nothing.
    static func open(_ plan: SessionPlan) throws -> any FrontEnd {
        switch plan.screen.headless ? DisplayChoice.none : plan.screen.display {
        case .some(.none): return NoFrontEnd()
        case .terminal:
            guard isTerminal else {
                throw UserError(
                    .display, "no terminal to draw in", "--display terminal", remedy: "run it in one, or use --display none")
            }
            guard !usesStandardOutput(plan) else {
                throw UserError(
                    .display, "the terminal is taken", "--display terminal", remedy: "send --serial and --debugcon elsewhere")
            }
            return TerminalFrontEnd()
        case .sdl:
            do {
                return WindowFrontEnd(try WindowOpener.open(title: "swemu"))
            } catch {
                throw UserError(.display, line: error.description)
            }
        case nil:
            if WindowOpener.isBuilt, hasDesktop, let window = try? WindowOpener.open(title: "swemu") {
                return WindowFrontEnd(window)
            }
            return isTerminal && !usesStandardOutput(plan) ? TerminalFrontEnd() : NoFrontEnd()
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
}
