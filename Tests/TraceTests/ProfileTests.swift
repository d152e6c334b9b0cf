import Board
import MachineKit
import Testing

@testable import Trace

@Suite struct ProfileTests {
    /// The stacks that were taken in so many ticks of an endless loop, and the samples that they stand for.
    private func profile(every interval: UInt64, isStretched: Bool, ticks: UInt64) throws -> (taken: Int, samples: UInt64) {
        let pc = try Guests.entered([0x40, 0xEB, 0xFD])
        let start = pc.clock.now
        var profile = try Profile(pc, every: interval, isStretched: isStretched, sources: nil)
        var taken = 0
        while profile.next <= start + ticks {
            _ = pc.run(until: profile.next)
            profile.take(pc)
            taken += 1
        }
        return (taken, profile.stacks.reduce(0) { $0 + $1.samples })
    }

    @Test func eachSampleStandsForItsInterval() throws {
        #expect(try profile(every: 1000, isStretched: false, ticks: 3_000_000) == (3000, 3000))
    }

    /// 500 stacks 1000 ticks apart, 500 that are 2000 apart, and the rest 4000.
    @Test func aStretchedProfileTakesFewerThatStandForMore() throws {
        #expect(try profile(every: 1000, isStretched: true, ticks: 3_500_000) == (1500, 3500))
    }

    /// One sample at a time that does not come is no overflow.
    @Test func anIntervalMayBeLongerThanAllTime() throws {
        let pc = try Guests.entered([0x40, 0xEB, 0xFD])
        var profile = try Profile(pc, every: .max, isStretched: true, sources: nil)
        profile.take(pc)
        #expect(profile.next == .max && profile.stacks.isEmpty)
    }
}
