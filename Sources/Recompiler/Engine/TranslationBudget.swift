import Processor

/// Decides when translating pays: code that keeps changing, or is left soon, must not cost more than the interpreter alone.
///
/// Measured: an instruction takes 0.65 µs to translate and 5 to 20 ns to interpret. A block is translated when it has been entered
/// `threshold` times, which does not pay by itself; but most blocks that were entered so often go on. Where they do not, a block has to wait
/// until translating it costs a fifth at most of what interpreting it has cost already: in pages whose translations were dropped before
/// they can have paid, the longer the more often that happened, and everywhere while more is translated than the time that has passed can pay for. All of that is counted in ticks, so that
/// a run is the same each time.
struct TranslationBudget {
    /// Ticks that have to pass for each translated instruction.
    static let ticksPerInstruction: Int64 = 800
    /// Instructions of the guest that a region costs besides its own.
    static let instructionsPerRegion: Int64 = 16
    /// Instructions that may be translated in advance: 30 ms.
    static let advance: Int64 = 40_000
    /// Entries of a block, as a power of two: where the time does not pay for more translating, and at most.
    private static let usualPatience: UInt8 = 10
    private static let mostPatience: UInt8 = 13
    /// Ticks without a dropped translation after which all that is known about a page is forgotten.
    private static let memory: UInt64 = 1 << 26
    private static let pageCount = 1 << 12

    private let threshold: Int32
    private let isLimited: Bool
    private var credit = advance * ticksPerInstruction
    private var lastTick: UInt64 = 0
    /// By number of the physical page, as far as the table goes: pages that share a place share their fate.
    private var pages: [Page]

    private struct Page {
        /// Translations dropped too soon, those that paid taken off.
        var losses: UInt8 = 0
        var lastTick: UInt64 = 0
    }

    init(threshold: Int32, isLimited: Bool) {
        self.threshold = threshold
        self.isLimited = isLimited
        pages = [Page](repeating: Page(), count: isLimited ? Self.pageCount : 0)
    }

    /// Entries that a block at this physical address has to wait for besides `threshold`.
    mutating func wait(_ physical: UInt64, at tick: UInt64) -> Int32 {
        guard isLimited else { return 0 }
        earn(tick)
        let losses = losses(physical, tick)
        guard credit < 0 || losses >= 2 else { return 0 }
        let patience = min(Self.mostPatience, max(credit < 0 ? Self.usualPatience : 0, 6 + losses))
        return max(0, 1 << Int32(patience) - threshold)
    }

    /// Entries that a block must have to be translated along with another.
    var leastHeat: Int32 { isLimited ? (credit < 0 ? 8 : min(8, threshold / 8)) : 0 }

    mutating func charge(_ instructions: UInt64) {
        guard isLimited else { return }
        credit -= Self.ticks(instructions)
    }

    /// A translation of so many instructions, made at tick `birth`, was dropped because code in this page changed.
    mutating func dropped(_ physical: UInt64, _ instructions: UInt64, since birth: UInt64, at tick: UInt64) {
        guard isLimited else { return }
        let place = Self.place(physical)
        let hasPaid = Int64(clamping: tick &- birth) >= Self.ticks(instructions)
        if hasPaid {
            pages[place].losses -= pages[place].losses > 0 ? 1 : 0
        } else if pages[place].losses < 8 {
            pages[place].losses += 1
        }
        pages[place].lastTick = tick
    }

    private static func ticks(_ instructions: UInt64) -> Int64 {
        (Int64(clamping: instructions) + instructionsPerRegion) * ticksPerInstruction
    }

    private func losses(_ physical: UInt64, _ tick: UInt64) -> UInt8 {
        let page = pages[Self.place(physical)]
        return tick &- page.lastTick < Self.memory ? page.losses : 0
    }

    private mutating func earn(_ tick: UInt64) {
        // A debugger may have gone back.
        guard tick > lastTick else { return lastTick = tick }
        credit = min(Self.advance * Self.ticksPerInstruction, credit + Int64(clamping: tick - lastTick))
        lastTick = tick
    }

    private static func place(_ physical: UInt64) -> Int { Int(truncatingIfNeeded: physical >> 12) & (pageCount - 1) }
}
