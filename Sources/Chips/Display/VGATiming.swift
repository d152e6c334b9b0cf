import Wiring

/// The place where the beam is: the CRTC's counters as a function of the virtual clock, derived from the registers.
/// The first dot of the first frame is at tick 0, whenever the mode was set.
struct VGATiming: Equatable {
    /// Dots per second.
    let dotClock: UInt64
    let dotsPerLine: UInt64
    let displayedDots: UInt64
    let lines: UInt64
    let displayedLines: UInt64
    let retraceStart: UInt64
    let retraceLines: UInt64

    init(_ registers: VGARegisters, _ dispi: DispiRegisters) {
        self = dispi.isEnabled ? VGATiming(width: UInt64(dispi.XRES), height: UInt64(dispi.YRES)) : VGATiming(registers)
    }

    private init(_ registers: VGARegisters) {
        let full: UInt64 = registers.miscellaneousOutput.contains(.clock28MHz) ? 28_322_000 : 25_175_000
        dotClock = registers.dotClockIsHalved ? full / 2 : full
        let character = UInt64(registers.dotsPerCharacter)
        dotsPerLine = UInt64(registers.horizontalTotal) * character
        displayedDots = UInt64(registers.displayedCharacters) * character
        lines = UInt64(registers.verticalTotal) * registers.linesPerCount
        displayedLines = UInt64(registers.displayedLines)
        retraceStart = UInt64(registers.verticalRetraceStart) * registers.linesPerCount
        // The end register holds the low four bits of the line at which retrace ends.
        let length = (UInt64(registers.CRTC[0x11]) &- UInt64(registers.verticalRetraceStart)) & 0x0F
        retraceLines = (length == 0 ? 16 : length) * registers.linesPerCount
    }

    /// A picture of the display interface, which has no timing registers: 60 frames a second, a quarter of a line and a twentieth of the lines
    /// for retrace, about as VESA's timings have it.
    private init(width: UInt64, height: UInt64) {
        (displayedDots, displayedLines) = (width, height)
        dotsPerLine = width + width / 4
        lines = height + height / 20 + 4
        (retraceStart, retraceLines) = (height + 1, 3)
        dotClock = 60 * dotsPerLine * lines
    }

    /// Frames completed so far; blinking counts them.
    func frame(_ clock: Clock) -> UInt64 { clock.cycles(of: dotClock) / (dotsPerLine * lines) }

    /// Bit 0 (not displaying) and bit 3 (vertical retrace) of Input Status 1.
    func inputStatus1(_ clock: Clock) -> UInt8 {
        let dots = clock.cycles(of: dotClock)
        let line = dots / dotsPerLine % lines
        let isDisplaying = line < displayedLines && dots % dotsPerLine < displayedDots
        let isRetracing = line >= retraceStart && line - retraceStart < retraceLines
        return (isDisplaying ? 0 : 0x01) | (isRetracing ? 0x08 : 0)
    }

    /// The first tick after now at which a vertical retrace begins.
    func nextRetrace(_ clock: Clock) -> UInt64 {
        let frame = dotsPerLine * lines, start = dotsPerLine * min(retraceStart, lines - 1)
        let dots = clock.cycles(of: dotClock)
        var cycle = dots / frame * frame + start
        while clock.tick(ofCycle: cycle, of: dotClock) <= clock.now { cycle += frame }
        return clock.tick(ofCycle: cycle, of: dotClock)
    }
}
