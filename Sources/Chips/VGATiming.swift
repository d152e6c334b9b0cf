import Wiring

/// Where the beam is: the CRTC's counters as a function of the virtual clock, derived from the registers.
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

    init(_ registers: VGARegisters) {
        let full: UInt64 = registers.miscellaneousOutput.contains(.clock28MHz) ? 28_322_000 : 25_175_000
        dotClock = registers.dotClockIsHalved ? full / 2 : full
        let character = UInt64(registers.dotsPerCharacter)
        dotsPerLine = (UInt64(registers.CRTC[0x00]) + 5) * character
        displayedDots = UInt64(registers.displayedCharacters) * character
        lines = UInt64(registers.verticalTotal)
        displayedLines = UInt64(registers.displayedLines)
        retraceStart = UInt64(registers.verticalRetraceStart)
        // The end register holds the low four bits of the line at which retrace ends.
        let length = (UInt64(registers.CRTC[0x11]) &- retraceStart) & 0x0F
        retraceLines = length == 0 ? 16 : length
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
}
