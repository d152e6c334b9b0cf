import Screen
import Testing
import Wiring

@testable import Session
@testable import swemu

@Suite("Options of the screen, and the pace of time") struct ScreenOptionsTests {
    @Test func speedsAndSizes() {
        #expect(Speed(argument: "max") == .max && Speed(argument: "real") == .factor(1) && Speed(argument: "0.5") == .factor(0.5))
        for wrong in ["", "fast", "0", "-1", "nan", "inf", "1e9"] { #expect(Speed(argument: wrong) == nil, "\(wrong)") }
        let size = FrameSize(argument: "640x480")
        #expect(size?.width == 640 && size?.height == 480)
        for wrong in ["640", "0x1", "640x", "axb", "5000x5000", "1x2x3"] { #expect(FrameSize(argument: wrong) == nil, "\(wrong)") }
    }

    @Test func contradictionsAreRefused() throws {
        for words in [
            ["--headless", "--display", "sdl"], ["--film-rate", "0"], ["--film-rate", "61"], ["--display", "paper"],
        ] {
            #expect(throws: (any Error).self, "\(words)") { try Run.parse(["disk.img"] + words) }
        }
        let options = try Run.parse(["disk.img", "--display", "none", "--headless"])
        #expect(!(try FrontEndOpener.open(options.plan).isThere))
    }

    @Test func aTerminalThatIsNotThereIsAnError() throws {
        // Tests have no terminal.
        #expect(throws: UserError.self) { try FrontEndOpener.open(try Run.parse(["disk.img", "--display", "terminal"]).plan) }
    }

    @Test func thePacerKeepsTimeAndDoesNotRace() {
        // A million ticks a second, twice as fast as the host.
        var pacer = Pacer(rate: 1_000_000, factor: 2, tick: 0, time: 1_000)
        #expect(pacer.slice(limit: 1_000_000) == 10_000 && pacer.slice(limit: 7) == 7)
        #expect(pacer.lead(tick: 20_000, time: 1_000) == 10_000_000)
        #expect(pacer.lead(tick: 20_000, time: 6_001_000) == 4_000_000)
        #expect(pacer.lead(tick: 20_000, time: 60_001_000) == 0)
        // Half a second late: the count begins anew.
        #expect(pacer.lead(tick: 20_000, time: 510_001_000) == 0)
        #expect(pacer.lead(tick: 40_000, time: 510_001_000) == 10_000_000)
    }

    @Test func theSpeedometerTellsIdlenessFromSpeed() {
        let clock = Clock(rate: 1_000_000)
        var speedometer = Speedometer(clock)
        #expect(speedometer.read(clock, 1_000) == nil)
        clock.cells.pointee.now += 50_000_000
        #expect(speedometer.read(clock, 500_001_000) == .init(MIPS: 100, isIdle: false))
        clock.skip(to: clock.now + 50_000_000)
        #expect(speedometer.read(clock, 1_000_001_000) == .init(MIPS: 0, isIdle: true))
    }
}
