/// One counter of the 8254, as a value that can be moved forward to any cycle of its CLK input without counting each cycle.
///
/// A count written during cycle c is loaded by the next CLK pulse, c + 1, as the datasheet's timing diagrams show.
/// The count of 1 is illegal in modes 2 and 3; here it leaves OUT high.
extension I8254 {
    /// A counter's mode, 0 to 5.
    public enum Mode: UInt8, Codable, Sendable {
        case interruptOnTerminalCount, hardwareRetriggerableOneShot, rateGenerator, squareWave
        case softwareTriggeredStrobe, hardwareTriggeredStrobe
    }

    /// The bytes of a count that are read and written.
    public enum Access: UInt8, Codable, Sendable {
        case latch, leastSignificantByte, mostSignificantByte, word
    }

    /// The state of a counter.
    public struct Counter: Codable, Equatable, Sendable {
        /// The six low bits of the last control word for this counter, as the read-back command shows them.
        public var controlWord: UInt8 = 0x30
        /// Count register: what was written last.
        public var CR: UInt16 = 0
        /// Counting element at cycle `since`: 0–10000h (0–10,000 in BCD mode, held in binary).
        public var CE: UInt32 = 0
        /// Level of the output.
        public var OUT = false
        /// Level of the GATE input.
        public var gate = true
        /// The count that was written is not in the counting element yet.
        public var nullCount = true
        /// The cycle for which `CE` and `OUT` are given.
        public var since: UInt64 = 0
        /// The cycle of the CLK pulse that will load CR into CE.
        public var loadAt: UInt64?
        /// A count was written since the control word.
        public var isArmed = false
        /// CE was loaded since the control word.
        public var isLoaded = false
        /// OUT will still answer when CE reaches zero (modes 0, 1, 4 and 5 answer once).
        public var awaitsZero = false
        /// Mode 3: the count loaded for this half-cycle was odd.
        public var isOdd = false
        /// First byte of a two-byte write.
        public var firstByte: UInt8?
        /// The next read of a two-byte format is the most significant byte.
        public var readsSecondByte = false
        /// Output latch.
        public var OL: UInt16?
        /// The status that read-back has latched; nil once it was read.
        public var latchedStatus: UInt8?

        /// A counter as it is after power-on.
        public init() {}

        /// The mode of the control word.
        public var mode: Mode {
            // M2 is "don't care" for modes 2 and 3.
            let bits = (controlWord >> 1) & 7
            return Mode(rawValue: bits > 5 ? bits - 4 : bits) ?? .interruptOnTerminalCount
        }
        /// The bytes that the control word says.
        public var access: Access { Access(rawValue: (controlWord >> 4) & 3) ?? .word }
        /// It counts in BCD, 0 to 9999.
        public var isBCD: Bool { controlWord & 1 != 0 }

        private var modulus: UInt64 { isBCD ? 10_000 : 0x10000 }
        private var count: UInt64 {
            let value = isBCD ? Self.binary(CR) : UInt64(CR)
            return value == 0 ? modulus : value
        }
        private var isCounting: Bool {
            guard isLoaded else { return false }
            switch mode {
            case .hardwareRetriggerableOneShot, .hardwareTriggeredStrobe: return true
            default: return gate
            }
        }
        /// Mode 3: CLK pulses until OUT toggles.
        private var restOfHalf: UInt64 { UInt64(CE / 2) + (isOdd && OUT ? 1 : 0) }

        // MARK: Time

        /// Moves on to `cycle`; earlier cycles do nothing.
        public mutating func advance(to cycle: UInt64) {
            if let load = loadAt, load <= cycle {
                run(to: load)
                self.load(at: load)
            }
            run(to: cycle)
        }

        /// The next cycle at which OUT may change by itself.
        public var nextChange: UInt64? {
            let change = isCounting ? nextChangeWhileCounting : nil
            return switch (change, loadAt) {
            case (let change?, let load?): min(change, load)
            case (let change, let load): change ?? load
            }
        }

        private var nextChangeWhileCounting: UInt64? {
            switch mode {
            case .interruptOnTerminalCount, .hardwareRetriggerableOneShot:
                return awaitsZero ? since &+ UInt64(CE) : nil
            case .softwareTriggeredStrobe, .hardwareTriggeredStrobe:
                return awaitsZero ? since &+ UInt64(max(1, CE)) : nil
            case .rateGenerator:
                guard count > 1 else { return nil }
                return since &+ (CE > 1 ? UInt64(CE) - 1 : 1)
            case .squareWave:
                return count > 1 ? since &+ max(1, restOfHalf) : nil
            }
        }

        private mutating func run(to cycle: UInt64) {
            guard cycle > since else { return }
            let elapsed = cycle - since
            since = cycle
            guard isCounting else { return }
            switch mode {
            case .interruptOnTerminalCount, .hardwareRetriggerableOneShot:
                if awaitsZero && elapsed >= UInt64(CE) {
                    OUT = true
                    awaitsZero = false
                }
                decrement(by: elapsed)
            case .softwareTriggeredStrobe, .hardwareTriggeredStrobe:
                if awaitsZero {
                    OUT = elapsed != UInt64(CE)
                    awaitsZero = elapsed <= UInt64(CE)
                }
                decrement(by: elapsed)
            case .rateGenerator: runRateGenerator(elapsed)
            case .squareWave: runSquareWave(elapsed)
            }
        }

        /// Down to zero and around.
        private mutating func decrement(by elapsed: UInt64) {
            if elapsed < UInt64(CE) {
                CE -= UInt32(truncatingIfNeeded: elapsed)
            } else {
                let beyond = (elapsed - UInt64(CE)) % modulus
                CE = beyond == 0 ? 0 : UInt32(truncatingIfNeeded: modulus - beyond)
            }
        }

        private mutating func runRateGenerator(_ elapsed: UInt64) {
            if elapsed < UInt64(CE) {
                CE -= UInt32(truncatingIfNeeded: elapsed)
            } else {
                nullCount = false
                CE = UInt32(truncatingIfNeeded: count - (elapsed - UInt64(CE)) % count)
            }
            OUT = CE != 1 || count == 1
        }

        private mutating func runSquareWave(_ elapsed: UInt64) {
            guard elapsed >= restOfHalf else {
                CE -= min(CE, UInt32(truncatingIfNeeded: 2 * elapsed))
                return
            }
            var beyond = elapsed - restOfHalf
            OUT.toggle()
            reloadSquareWave()
            beyond %= count
            if beyond >= restOfHalf {
                beyond -= restOfHalf
                OUT.toggle()
            }
            // In an odd count's high half the last step stays at zero instead of passing it.
            CE -= min(CE, UInt32(truncatingIfNeeded: 2 * beyond))
        }

        private mutating func reloadSquareWave() {
            nullCount = false
            isOdd = count & 1 != 0
            CE = UInt32(truncatingIfNeeded: count & ~1)
        }

        /// The CLK pulse that moves CR into CE.
        private mutating func load(at cycle: UInt64) {
            loadAt = nil
            since = cycle
            isLoaded = true
            nullCount = false
            awaitsZero = true
            CE = UInt32(truncatingIfNeeded: count)
            switch mode {
            case .interruptOnTerminalCount, .hardwareRetriggerableOneShot: OUT = false
            case .rateGenerator, .softwareTriggeredStrobe, .hardwareTriggeredStrobe: OUT = true
            case .squareWave:
                OUT = true
                reloadSquareWave()
            }
        }

        /// Bounds what no counter taken from a chip has: times ahead of `cycle`, counts beyond the modulus.
        mutating func makeSane(at cycle: UInt64) {
            since = min(since, cycle)
            loadAt = loadAt.map { min($0, cycle &+ 1) }
            CE = min(CE, 0x10000)
            controlWord &= 0x3F
        }

        // MARK: Programming; each call comes after `advance(to: cycle)`

        mutating func program(_ controlWord: UInt8) {
            self.controlWord = controlWord & 0x3F
            OUT = mode != .interruptOnTerminalCount
            CR = 0
            loadAt = nil
            isArmed = false
            isLoaded = false
            awaitsZero = false
            nullCount = true
            firstByte = nil
            readsSecondByte = false
            OL = nil
            latchedStatus = nil
        }

        mutating func write(_ byte: UInt8, at cycle: UInt64) {
            switch access {
            case .leastSignificantByte: CR = UInt16(byte)
            case .mostSignificantByte: CR = UInt16(byte) << 8
            case .word, .latch:
                guard let low = firstByte else {
                    firstByte = byte
                    if mode == .interruptOnTerminalCount { stopForNewCount() }
                    return
                }
                firstByte = nil
                CR = UInt16(low) | UInt16(byte) << 8
            }
            nullCount = true
            switch mode {
            case .interruptOnTerminalCount:
                stopForNewCount()
                loadAt = cycle &+ 1
            case .softwareTriggeredStrobe: loadAt = cycle &+ 1
            case .rateGenerator, .squareWave:
                if !isArmed { loadAt = cycle &+ 1 }
            case .hardwareRetriggerableOneShot, .hardwareTriggeredStrobe: break
            }
            isArmed = true
        }

        private mutating func stopForNewCount() {
            OUT = false
            isLoaded = false
            awaitsZero = false
            loadAt = nil
        }

        mutating func setGate(_ level: Bool, at cycle: UInt64) {
            guard level != gate else { return }
            gate = level
            switch mode {
            case .interruptOnTerminalCount, .softwareTriggeredStrobe: break
            case .hardwareRetriggerableOneShot, .hardwareTriggeredStrobe:
                if level && isArmed { loadAt = cycle &+ 1 }
            case .rateGenerator, .squareWave:
                if !level {
                    OUT = true
                } else if isArmed {
                    isLoaded = false
                    loadAt = cycle &+ 1
                }
            }
        }

        // MARK: Reading

        /// The counting element as the data bus shows it.
        private var value: UInt16 {
            isBCD ? Self.decimal(UInt64(CE) % modulus) : UInt16(truncatingIfNeeded: CE)
        }

        var status: UInt8 { (OUT ? 0x80 : 0) | (nullCount ? 0x40 : 0) | (controlWord & 0x3F) }

        mutating func latchCount() { OL = OL ?? value }
        mutating func latchStatus() { latchedStatus = latchedStatus ?? status }

        mutating func read() -> UInt8 {
            if let status = latchedStatus {
                latchedStatus = nil
                return status
            }
            let source = OL ?? value
            let low = UInt8(truncatingIfNeeded: source)
            let high = UInt8(truncatingIfNeeded: source >> 8)
            switch access {
            case .leastSignificantByte:
                OL = nil
                return low
            case .mostSignificantByte:
                OL = nil
                return high
            case .word, .latch:
                defer { readsSecondByte.toggle() }
                guard readsSecondByte else { return low }
                OL = nil
                return high
            }
        }

        private static func binary(_ digits: UInt16) -> UInt64 {
            let thousands = UInt64(digits >> 12) * 1000
            let hundreds = UInt64((digits >> 8) & 15) * 100
            let tens = UInt64((digits >> 4) & 15) * 10
            return (thousands + hundreds + tens + UInt64(digits & 15)) % 10_000
        }

        private static func decimal(_ value: UInt64) -> UInt16 {
            var digits = (value / 1000 % 10) << 12
            digits |= (value / 100 % 10) << 8
            digits |= (value / 10 % 10) << 4
            digits |= value % 10
            return UInt16(truncatingIfNeeded: digits)
        }
    }
}
