import Wiring

/// The place in a window where a frame is shown: as large as its proportions let it, in the middle. All sizes in the window's dots.
struct WindowLayout: Equatable {
    var x: Int
    var y: Int
    var width: Int
    var height: Int
    /// Number of times as wide and high that each dot is drawn before the picture is brought to its size: whole numbers keep edges sharp.
    var sharpening: Int

    /// `frame` in a window of `window` dots. With `whole`, frames with square dots are enlarged by whole factors only, so that all dots have the
    /// same size; what fills a tube is not, because its dots were never square.
    init(_ frame: (width: Int, height: Int, shape: PixelFrame.Shape), window: (width: Int, height: Int), whole: Bool = true) {
        let wide = max(frame.width, 1), high = max(frame.height, 1)
        let proportions = frame.shape == .fourByThree ? (4, 3) : (wide, high)
        var size = Self.largest(proportions, in: window)
        if whole, frame.shape == .squareDots, size.width >= wide {
            let factor = max(min(window.width / wide, window.height / high), 1)
            size = (wide * factor, high * factor)
        }
        (width, height) = size
        x = (window.width - width) / 2
        y = (window.height - height) / 2
        sharpening = min(max((width + wide - 1) / wide, (height + high - 1) / high, 1), 4)
    }

    private static func largest(_ proportions: (Int, Int), in window: (width: Int, height: Int)) -> (width: Int, height: Int) {
        let height = window.width * proportions.1 / proportions.0
        if height <= window.height { return (max(window.width, 1), max(height, 1)) }
        return (max(window.height * proportions.0 / proportions.1, 1), max(window.height, 1))
    }

    /// The size of a window that shows `frame` in full, a factor of 1 for each dot or line at least.
    static func naturalSize(_ frame: (width: Int, height: Int, shape: PixelFrame.Shape)) -> (width: Int, height: Int) {
        guard frame.shape == .fourByThree else {
            // Small pictures twice as large.
            return frame.width < 512 ? (2 * frame.width, 2 * frame.height) : (frame.width, frame.height)
        }
        let width = max(frame.width, 640, (frame.height * 4 + 2) / 3)
        return (width, (width * 3 + 2) / 4)
    }
}
