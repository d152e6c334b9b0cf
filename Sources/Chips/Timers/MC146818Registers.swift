/// The register file of the MC146818: numbers, bits, and what the chip remembers.
extension MC146818 {
    /// Register numbers by their datasheet names.
    public enum Register {
        /// Seconds, minutes and hours, each with the alarm's.
        public static let seconds = 0, secondsAlarm = 1, minutes = 2, minutesAlarm = 3, hours = 4, hoursAlarm = 5
        /// The calendar.
        public static let dayOfWeek = 6, dateOfMonth = 7, month = 8, year = 9
        /// Registers A to D.
        public static let A = 0x0A, B = 0x0B, C = 0x0C, D = 0x0D
        /// The century in PC chipsets; in RAM on the datasheet's chip.
        public static let century = 0x32
    }

    /// UIP aside: which time base the divider expects, and which of its taps makes the periodic interrupt.
    public struct RegisterA: Sendable {
        /// The register's bits.
        public var rawValue: UInt8
        /// DV2–DV0.
        public enum Divider: Sendable { case frequency4194304Hz, frequency1048576Hz, frequency32768Hz, test, reset }
        /// The time base that the divider expects.
        public var DV: Divider {
            switch (rawValue >> 4) & 7 {
            case 0: .frequency4194304Hz
            case 1: .frequency1048576Hz
            case 2: .frequency32768Hz
            case 3...5: .test
            default: .reset
            }
        }
        /// RS3–RS0.
        public var RS: UInt8 { rawValue & 15 }
    }

    /// Register B.
    public struct RegisterB: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Daylight saving; 24 hours; binary data.
        public static let DSE = Self(rawValue: 0x01), hours24 = Self(rawValue: 0x02), DM = Self(rawValue: 0x04)
        /// Square wave; the update-ended and the alarm interrupt.
        public static let SQWE = Self(rawValue: 0x08), UIE = Self(rawValue: 0x10), AIE = Self(rawValue: 0x20)
        /// The periodic interrupt; SET, which stops updates.
        public static let PIE = Self(rawValue: 0x40), SET = Self(rawValue: 0x80)
    }

    /// Register C.
    public struct RegisterC: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Update ended; alarm; periodic; any that is enabled.
        public static let UF = Self(rawValue: 0x10), AF = Self(rawValue: 0x20), PF = Self(rawValue: 0x40),
            IRQF = Self(rawValue: 0x80)
    }

    public struct State: Codable, Equatable, Sendable {
        /// All 128 bytes; registers A–D among them, without UIP and IRQF.
        public var RAM = [UInt8](repeating: 0, count: 128)
        /// The register number of port 70h.
        public var index: UInt8 = 0
        /// Bit 7 of port 70h: NMIs are masked.
        public var isNMIMasked = false
        /// Crystal cycle at which the current second's update ends. All divider taps have their edges in step with it.
        public var nextUpdate: UInt64 = MC146818.frequency
        /// Crystal cycle up to which the periodic tap has been looked at.
        public var periodicMark: UInt64 = 0
        /// The state after power-on.
        public init() {}
    }
}
