import ArgumentParser
import Session

/// The place where the screen goes: a window, the terminal, files.
struct ScreenOptions: ParsableArguments {
    @Flag(help: "Draw nothing: the same as --display none.")
    var headless = false
    @Option(
        help: ArgumentHelp(
            "Where the screen is shown: sdl (a window), terminal, none; otherwise the first of them that there is.",
            valueName: "where"))
    var display: DisplayChoice?
    @Option(help: ArgumentHelp("How fast time passes: max, real, or a factor of real, as in 0.5.", valueName: "factor"))
    var speed: Speed = .max
    @Option(
        help: ArgumentHelp("File for the text screen as UTF-8, renewed twice a second.", valueName: "file"), completion: .file())
    var screenText: String?
    @Option(
        help: ArgumentHelp("File for a picture of the screen (PNG), renewed twice a second.", valueName: "file"),
        completion: .file())
    var screenPNG: String?
    @Option(
        help: ArgumentHelp("The same as PPM, without compression.", valueName: "file"), completion: .file())
    var screenPPM: String?
    @Flag(help: "Print size and hash of the last frame at the end.")
    var screenHash = false
    @Option(
        help: ArgumentHelp("File for an animated PNG of the run, by virtual time.", valueName: "file"), completion: .file())
    var film: String?
    @Option(help: ArgumentHelp("Frames in a virtual second of --film, 1 to 60.", valueName: "count"))
    var filmRate = 10
    @Option(help: ArgumentHelp("Size of the film; otherwise that of its first frame.", valueName: "WxH"))
    var filmSize: FrameSize?
    @Option(help: ArgumentHelp("Film from this tick of the clock on, as in 50M.", valueName: "tick"))
    var filmFrom = Count(0)

    func validate() throws {
        if headless, let display, display != .none {
            throw ValidationError("--headless and --display \(display.rawValue) exclude each other; give one")
        }
        guard (1...60).contains(filmRate) else {
            throw ValidationError("--film-rate \(filmRate): a film has 1 to 60 frames a second")
        }
    }

    var plan: ScreenPlan {
        var plan = ScreenPlan()
        plan.headless = headless
        plan.display = display
        plan.speed = speed
        (plan.text, plan.png, plan.ppm, plan.hash) = (screenText, screenPNG, screenPPM, screenHash)
        (plan.film, plan.filmRate, plan.filmSize, plan.filmFrom) = (film, filmRate, filmSize, filmFrom.value)
        return plan
    }
}
