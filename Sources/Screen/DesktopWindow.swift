import Wiring

/// A window of the host's desktop as the machine's screen, keyboard and mouse.
public protocol DesktopWindow: AnyObject {
    /// Takes the user's acts since the last call; never waits.
    func takeEvents() -> [UserEvent]
    /// Shows `frame`; costs little when nothing has changed.
    func draw(_ frame: PixelFrame)
    /// Waits until the user does something, `milliseconds` at most.
    func wait(milliseconds: Int)
    /// The title bar's text; how to get the mouse back is added while it is taken.
    var title: String { get set }
}

/// The reason why there is no window.
public enum WindowError: Error, Equatable, CustomStringConvertible {
    case notBuilt
    /// SDL's reason.
    case refused(String)

    public var description: String {
        switch self {
        case .notBuilt:
            "no window: swemu was built without SDL; install libsdl2-dev and run make build, or use --display terminal"
        case .refused(let reason): "no window: \(reason); check DISPLAY, or use --display terminal"
        }
    }
}

/// Opens a window, where the program was built with SDL.
public enum WindowOpener {
    /// The program was built with SDL.
    public static var isBuilt: Bool {
        #if SDL
            true
        #else
            false
        #endif
    }

    /// Opens a window with this title. Throws where the program was built without SDL, or the host refuses one.
    public static func open(title: String) throws(WindowError) -> any DesktopWindow {
        #if SDL
            return try SDLWindow(title: title)
        #else
            throw .notBuilt
        #endif
    }
}
