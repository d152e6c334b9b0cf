import Chips
import Screen

/// The place where somebody sees the machine's screen, and from which they are heard. A run has one; what it is nobody else need ask.
protocol FrontEnd: AnyObject {
    /// Somebody can do something here.
    var isThere: Bool { get }
    /// The picture is on the terminal, where words on standard error would disturb it.
    var ownsTerminal: Bool { get }
    /// Nanoseconds between two drawings.
    var interval: UInt64 { get }
    /// Descriptors that tell of input.
    var inputDescriptors: [Int32] { get }

    /// Takes the place, before the machine runs.
    func start()
    /// Gives the place back, and leaves on it what the machine showed last. The loss of that, in words.
    func leave(_ vga: VGA) -> String?
    /// Takes what the user did since the last call; never waits.
    func takeEvents() -> [UserEvent]
    func draw(_ vga: VGA)
    func show(title: String)
    /// Waits for the user, or for input at `descriptors`.
    func wait(_ descriptors: [Int32], milliseconds: Int32)
    /// Shows the last screen of a machine that has died for as long as somebody wants to look at it: until they quit, or `isOver`. Takes no machine's input;
    /// `takePicture` is for those who want to keep it.
    func mourn(_ vga: VGA, isOver: () -> Bool, takePicture: () -> Void)
}

extension FrontEnd {
    var isThere: Bool { true }
    var ownsTerminal: Bool { false }
    var inputDescriptors: [Int32] { [] }
    func start() {}
    func leave(_ vga: VGA) -> String? { nil }
    func show(title: String) {}
    func wait(_ descriptors: [Int32], milliseconds: Int32) { waitForInput(descriptors, milliseconds: milliseconds) }
    func mourn(_ vga: VGA, isOver: () -> Bool, takePicture: () -> Void) {}
}

/// Nobody looks.
final class NoFrontEnd: FrontEnd {
    let isThere = false
    let interval: UInt64 = 33_000_000
    func takeEvents() -> [UserEvent] { [] }
    func draw(_ vga: VGA) {}
}

/// The terminal that the program runs in.
final class TerminalFrontEnd: FrontEnd {
    let ownsTerminal = true
    let interval: UInt64 = 33_000_000
    let inputDescriptors: [Int32] = [0]
    private let terminal = TerminalScreen()

    func start() { terminal.start() }

    func leave(_ vga: VGA) -> String? {
        terminal.stop()
        let lines = vga.textFrame().lines.reversed().drop { $0.isEmpty }.reversed()
        guard let reason = OutputDescriptor(1).writeAll(lines.map { $0 + "\n" }.joined().utf8), reason != EPIPE else { return nil }
        return OutputFile.loss(of: "-", reason)
    }

    func takeEvents() -> [UserEvent] { terminal.readKeys() }

    func draw(_ vga: VGA) {
        if vga.isTextMode { terminal.draw(vga.textFrame()) } else { terminal.draw(vga.pixelFrame()) }
    }
}

/// A window of the host's desktop.
final class WindowFrontEnd: FrontEnd {
    let interval: UInt64 = 16_000_000
    private let window: any DesktopWindow

    init(_ window: any DesktopWindow) { self.window = window }

    func takeEvents() -> [UserEvent] { window.takeEvents() }
    func draw(_ vga: VGA) { window.draw(vga.pixelFrame()) }
    func show(title: String) { window.title = title }

    /// A window and descriptors cannot be waited on together: then the wait is short.
    func wait(_ descriptors: [Int32], milliseconds: Int32) {
        window.wait(milliseconds: Int(descriptors.isEmpty ? milliseconds : min(milliseconds, 5)))
    }

    func mourn(_ vga: VGA, isOver: () -> Bool, takePicture: () -> Void) {
        window.title = "swemu - the machine is dead; Ctrl-Alt-Q ends"
        while !isOver() {
            draw(vga)
            for event in window.takeEvents() {
                if event == .quit { return }
                if event == .screenshot { takePicture() }
            }
            window.wait(milliseconds: 50)
        }
    }
}
