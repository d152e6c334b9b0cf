/// The registers of the keyboard controller, and what it remembers.
extension I8042 {
    /// The command byte, number 0 of the controller's RAM.
    public struct CommandByte: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Bits 0 and 1: IRQ 1 and IRQ 12 are asked for.
        public static let keyboardInterrupt = Self(rawValue: 0x01), auxiliaryInterrupt = Self(rawValue: 0x02)
        /// Bit 2: what the status register's bit 2 shows.
        public static let systemFlag = Self(rawValue: 0x04)
        /// Bits 4 and 5: the clock of the keyboard or the auxiliary device is held low.
        public static let disableKeyboard = Self(rawValue: 0x10), disableAuxiliary = Self(rawValue: 0x20)
        /// Bit 6: scan codes are translated from set 2 to set 1.
        public static let translate = Self(rawValue: 0x40)
    }

    /// The status register (port 64h).
    public struct Status: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Output buffer full, input buffer full, system flag.
        public static let OBF = Self(rawValue: 0x01), IBF = Self(rawValue: 0x02), SYS = Self(rawValue: 0x04)
        /// The last write was to port 64h.
        public static let A2 = Self(rawValue: 0x08)
        /// The keyboard lock is open.
        public static let unlocked = Self(rawValue: 0x10)
        /// The output buffer holds a byte of the auxiliary device.
        public static let AUXB = Self(rawValue: 0x20)
        /// Bits 6 and 7: a device did not answer in time, or not in a whole byte.
        public static let timeout = Self(rawValue: 0x40), parity = Self(rawValue: 0x80)
    }

    /// The output port's pins.
    public struct OutputPort: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Low resets the processor.
        public static let reset = Self(rawValue: 0x01), A20 = Self(rawValue: 0x02)
        /// The auxiliary device's lines.
        public static let auxiliaryData = Self(rawValue: 0x04), auxiliaryClock = Self(rawValue: 0x08)
        /// The interrupt lines.
        public static let IRQ1 = Self(rawValue: 0x10), IRQ12 = Self(rawValue: 0x20)
        /// The keyboard's lines.
        public static let keyboardClock = Self(rawValue: 0x40), keyboardData = Self(rawValue: 0x80)
    }

    /// A byte and the port it seems to come from.
    public struct Entry: Codable, Equatable, Sendable {
        /// The byte.
        public var byte: UInt8
        /// It comes from the auxiliary device.
        public var isAuxiliary = false
        /// It stands for a device that does not answer.
        public var isTimeout = false
    }

    public struct State: Codable, Equatable, Sendable {
        /// The controller's RAM; byte 0 is the command byte.
        public var RAM = [UInt8](repeating: 0, count: 32)
        /// The output buffer; keeps its last byte after the read.
        public var output = Entry(byte: 0)
        /// The output buffer is full.
        public var OBF = false
        /// The last write was to port 64h.
        public var A2 = false
        /// The system flag.
        public var SYS = false
        /// The output port.
        public var outputPort: OutputPort = [
            .reset, .A20, .auxiliaryData, .auxiliaryClock, .keyboardClock, .keyboardData,
        ]
        /// The command whose data byte is awaited.
        public var pendingCommand: UInt8?
        /// Answers of the controller that wait for the output buffer.
        public var replies: [Entry] = []
        /// The translator saw F0h.
        public var isBreak = false
        /// The moment when the next device byte has been clocked in.
        public var transferDeadline: UInt64?

        /// The state after power-on: both devices are inhibited, and translation is on.
        public init() { RAM[0] = CommandByte([.disableKeyboard, .disableAuxiliary, .translate]).rawValue }
    }
}
