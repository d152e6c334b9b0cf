import Session

#if Web
    import Board

    /// Lets the host's time pass where the machine's would run away: idle time always, all time with --speed.
    struct WebPace {
        private let host: HostSession
        private var pacer: Pacer?
        private var idleTicks: UInt64 = 0
        /// Nanoseconds that are still to be waited.
        private var debt: Int64 = 0
        /// A sleep of the host's timer is about as long at least.
        private static let least: Int64 = 2_000_000, most: Int64 = 100_000_000

        init(_ host: HostSession) { self.host = host }

        private var idle: UInt64 { host.pc.clock.now - min(host.pc.clock.instructions, host.pc.clock.now) }

        /// The machine begins to run.
        mutating func begin() {
            (idleTicks, debt) = (idle, 0)
            guard case .factor(let factor) = host.plan.screen.speed else { return }
            pacer = Pacer(rate: host.pc.clock.rate, factor: factor, tick: host.pc.clock.now, time: hostNanoseconds())
        }

        /// Waits until the machine may go on, `descriptor` can be read, or `isOver`.
        mutating func wait(for descriptor: Int32, unless isOver: () -> Bool) {
            // Time that was gone through already passes as fast as it can.
            guard !host.past.isNow(), host.plan.idle != .skip else { return }
            let now = idle
            let passed = now > idleTicks ? now - idleTicks : 0
            idleTicks = now
            if let lead = pacer?.lead(tick: host.pc.clock.now, time: hostNanoseconds()) {
                debt = Int64(min(lead, UInt64(Self.most)))
            } else {
                debt = min(debt + Int64(min(Double(passed) / Double(host.pc.clock.rate) * 1e9, 1e8)), Self.most)
            }
            while debt >= Self.least, !isOver() {
                let start = hostNanoseconds()
                let isCalled = waitForInput([descriptor], milliseconds: Int32(debt / 1_000_000))
                debt -= Int64(hostNanoseconds() - start)
                if isCalled { return }
            }
        }
    }
#endif
