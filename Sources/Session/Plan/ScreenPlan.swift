/// The places that the screen goes to: a window, the terminal, files.
package struct ScreenPlan {
    package var headless = false
    /// Nil for the first of window, terminal and nothing that there is.
    package var display: DisplayChoice?
    package var speed = Speed.max
    /// Files of the text screen and of pictures of the screen.
    package var text: String?
    package var png: String?
    package var ppm: String?
    package var hash = false
    /// The file of an animated PNG, its frames in a virtual second, its size, and its first tick.
    package var film: String?
    package var filmRate = 10
    package var filmSize: FrameSize?
    package var filmFrom: UInt64 = 0

    package init() {}
}

/// The display that somebody sees.
package enum DisplayChoice: String, CaseIterable, Sendable {
    case sdl, terminal, none
}

/// The pace of virtual time on the host.
package enum Speed: Equatable {
    /// As fast as the host can.
    case max
    /// Virtual seconds in one of the host's.
    case factor(Double)

    package init?(argument: String) {
        switch argument {
        case "max": self = .max
        case "real": self = .factor(1)
        default:
            guard let factor = Double(argument), factor >= 0.001, factor <= 1000 else { return nil }
            self = .factor(factor)
        }
    }

    package static let allValueStrings = ["max", "real", "0.5"]
}

/// "640x480".
package struct FrameSize: Equatable {
    let width: Int
    let height: Int

    package init?(argument: String) {
        let numbers = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let width = numbers[0], let height = numbers[1], (1...4096).contains(width),
            (1...4096).contains(height)
        else { return nil }
        self.width = width
        self.height = height
    }
}
