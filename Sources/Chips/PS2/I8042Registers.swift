/// The registers of the keyboard controller, and what it remembers.
extension I8042 {
    public struct CommandByte: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let keyboardInterrupt = Self(rawValue: 0x01), auxiliaryInterrupt = Self(rawValue: 0x02)
        public static let systemFlag = Self(rawValue: 0x04)
        public static let disableKeyboard = Self(rawValue: 0x10), disableAuxiliary = Self(rawValue: 0x20)
        public static let translate = Self(rawValue: 0x40)
    }

    public struct Status: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let OBF = Self(rawValue: 0x01), IBF = Self(rawValue: 0x02), SYS = Self(rawValue: 0x04)
        /// The last write was to port 64h.
        public static let A2 = Self(rawValue: 0x08)
        /// The keyboard lock is open.
        public static let unlocked = Self(rawValue: 0x10)
        /// The output buffer holds a byte of the auxiliary device.
        public static let AUXB = Self(rawValue: 0x20)
        public static let timeout = Self(rawValue: 0x40), parity = Self(rawValue: 0x80)
    }

    public struct OutputPort: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Low resets the processor.
        public static let reset = Self(rawValue: 0x01), A20 = Self(rawValue: 0x02)
        public static let auxiliaryData = Self(rawValue: 0x04), auxiliaryClock = Self(rawValue: 0x08)
        public static let IRQ1 = Self(rawValue: 0x10), IRQ12 = Self(rawValue: 0x20)
        public static let keyboardClock = Self(rawValue: 0x40), keyboardData = Self(rawValue: 0x80)
    }

    /// A byte and the port it seems to come from.
    public struct Entry: Codable, Equatable, Sendable {
        public var byte: UInt8
        public var isAuxiliary = false
        public var isTimeout = false
    }

    public struct State: Codable, Equatable, Sendable {
        /// The controller's RAM; byte 0 is the command byte.
        public var RAM = [UInt8](repeating: 0, count: 32)
        /// The output buffer; keeps its last byte after the read.
        public var output = Entry(byte: 0)
        public var OBF = false
        public var A2 = false
        public var SYS = false
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

        public init() { RAM[0] = CommandByte([.disableKeyboard, .disableAuxiliary, .translate]).rawValue }
    }
}
