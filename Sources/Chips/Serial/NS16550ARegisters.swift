import Wiring

/// The register file of the NS16550A: what each register means and how the bus reaches it.
extension NS16550A {
    /// The interrupt enable register.
    public struct InterruptEnable: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Received data; transmitter holding register empty.
        public static let ERBFI = Self(rawValue: 0x01), ETBEI = Self(rawValue: 0x02)
        /// Receiver line status; modem status.
        public static let ELSI = Self(rawValue: 0x04), EDSSI = Self(rawValue: 0x08)
    }

    struct FIFOControl: OptionSet {
        let rawValue: UInt8
        static let enable = Self(rawValue: 0x01), receiverReset = Self(rawValue: 0x02), transmitterReset = Self(rawValue: 0x04)

        /// Characters in the receiver's FIFO that raise an interrupt.
        var triggerLevel: Int { [1, 4, 8, 14][Int(rawValue >> 6)] }
    }

    /// The line control register.
    public struct LineControl: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Two stop bits; parity enable; even parity.
        public static let STB = Self(rawValue: 0x04), PEN = Self(rawValue: 0x08), EPS = Self(rawValue: 0x10)
        /// Stick parity; break; the divisor latch is at offsets 0 and 1.
        public static let stickParity = Self(rawValue: 0x20), setBreak = Self(rawValue: 0x40), DLAB = Self(rawValue: 0x80)

        /// Start, data, parity and stop bits; 1½ stop bits count as 2.
        public var bitsPerCharacter: UInt64 {
            var bits: UInt64 = 1 + 5 + UInt64(rawValue & 3) + 1
            if contains(.PEN) { bits += 1 }
            if contains(.STB) { bits += 1 }
            return bits
        }
    }

    /// The modem control register.
    public struct ModemControl: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Outputs of the chip.
        public static let DTR = Self(rawValue: 0x01), RTS = Self(rawValue: 0x02), OUT1 = Self(rawValue: 0x04)
        /// OUT2, which gates a PC's interrupt; loopback.
        public static let OUT2 = Self(rawValue: 0x08), LOOP = Self(rawValue: 0x10)

        /// The modem inputs in loopback mode.
        var loopedBack: ModemStatus {
            var status: ModemStatus = []
            if contains(.RTS) { status.insert(.CTS) }
            if contains(.DTR) { status.insert(.DSR) }
            if contains(.OUT1) { status.insert(.RI) }
            if contains(.OUT2) { status.insert(.DCD) }
            return status
        }
    }

    /// The line status register.
    public struct LineStatus: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Data ready; overrun; parity error; framing error.
        public static let DR = Self(rawValue: 0x01), OE = Self(rawValue: 0x02), PE = Self(rawValue: 0x04), FE = Self(rawValue: 0x08)
        /// Break; transmitter holding register empty; transmitter empty.
        public static let BI = Self(rawValue: 0x10), THRE = Self(rawValue: 0x20), TEMT = Self(rawValue: 0x40)
    }

    /// The modem status register.
    public struct ModemStatus: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Changes of CTS and DSR; the trailing edge of RI.
        public static let DCTS = Self(rawValue: 0x01), DDSR = Self(rawValue: 0x02), TERI = Self(rawValue: 0x04)
        /// A change of DCD; the inputs CTS and DSR.
        public static let DDCD = Self(rawValue: 0x08), CTS = Self(rawValue: 0x10), DSR = Self(rawValue: 0x20)
        /// The inputs RI and DCD.
        public static let RI = Self(rawValue: 0x40), DCD = Self(rawValue: 0x80)
        static let levels: Self = [.CTS, .DSR, .RI, .DCD]
        static let deltas: Self = [.DCTS, .DDSR, .TERI, .DDCD]
    }

    /// The cause in the IIR's low four bits, in order of falling priority.
    public enum Interrupt: UInt8, Sendable {
        case receiverLineStatus = 0x06
        case receivedDataAvailable = 0x04
        case characterTimeout = 0x0C
        case transmitterHoldingRegisterEmpty = 0x02
        case modemStatus = 0x00
        case none = 0x01
    }

    public struct State: Codable, Equatable, Sendable {
        /// The last byte read from the receiver, which an empty one shows again.
        public var RBR: UInt8 = 0
        /// Interrupt enable.
        public var IER: InterruptEnable = []
        /// Line control.
        public var LCR: LineControl = []
        /// Modem control.
        public var MCR: ModemControl = []
        /// Modem status.
        public var MSR: ModemStatus = [.CTS, .DSR, .DCD]
        /// Scratch.
        public var SCR: UInt8 = 0
        /// Divisor latch; undefined at power-on, 9,600 baud here.
        public var DLL: UInt8 = 12
        /// Upper byte of the divisor latch.
        public var DLM: UInt8 = 0
        /// The FIFOs are on.
        public var isFIFOEnabled = false
        /// Characters in the FIFO that raise the received-data interrupt: 1, 4, 8 or 14.
        public var triggerLevel = 1
        /// The receiver's FIFO, oldest first; in 16450 mode the one byte of the RBR.
        public var receiveFIFO: [UInt8] = []
        /// The transmitter's FIFO; in 16450 mode the one byte of the THR.
        public var transmitFIFO: [UInt8] = []
        /// Transmitter shift register.
        public var TSR: UInt8?
        /// Errors that the line status shows until it is read.
        public var lineErrors: LineStatus = []
        /// The transmitter's interrupt is pending.
        public var isTHREPending = false
        /// The character timeout is pending.
        public var isTimeoutPending = false
        /// Levels at the pins CTS, DSR, RI and DCD.
        public var modemInputs: ModemStatus = [.CTS, .DSR, .DCD]
        /// Bytes on their way from the host.
        public var hostQueue: [UInt8] = []
        /// The tick at which the transmitter is done with its byte; nil while it has none.
        public var transmitDeadline: UInt64?
        /// The tick at which the next byte from outside arrives; nil while none waits.
        public var receiveDeadline: UInt64?
        /// The tick of the character timeout; nil while none is due.
        public var timeoutDeadline: UInt64?

        /// The state after power-on.
        public init() {}

        /// The line status register as a read would show it.
        public var LSR: LineStatus {
            var status = lineErrors
            if !receiveFIFO.isEmpty { status.insert(.DR) }
            if transmitFIFO.isEmpty {
                status.insert(.THRE)
                if TSR == nil { status.insert(.TEMT) }
            }
            return status
        }

        /// The pending enabled interrupt of the highest priority.
        public var interrupt: Interrupt {
            if IER.contains(.ELSI) && !lineErrors.isEmpty { return .receiverLineStatus }
            if IER.contains(.ERBFI) {
                if receiveFIFO.count >= (isFIFOEnabled ? triggerLevel : 1) { return .receivedDataAvailable }
                if isTimeoutPending { return .characterTimeout }
            }
            if IER.contains(.ETBEI) && isTHREPending { return .transmitterHoldingRegisterEmpty }
            if IER.contains(.EDSSI) && !MSR.isDisjoint(with: .deltas) { return .modemStatus }
            return .none
        }

        /// The interrupt identification register as a read would show it.
        public var IIR: UInt8 { interrupt.rawValue | (isFIFOEnabled ? 0xC0 : 0) }

        func bounded(receiveCapacity: Int) -> State {
            var state = self
            state.receiveFIFO = Array(receiveFIFO.prefix(isFIFOEnabled ? NS16550A.FIFOSize : 1))
            state.transmitFIFO = Array(transmitFIFO.prefix(isFIFOEnabled ? NS16550A.FIFOSize : 1))
            state.hostQueue = Array(hostQueue.prefix(receiveCapacity))
            return state
        }
    }

    // MARK: Bus

    public func read(offset: Int) -> UInt8 {
        let value = peek(offset: offset)
        switch offset {
        case 0 where !registers.LCR.contains(.DLAB): _ = takeReceived()
        case 2:
            if registers.interrupt == .transmitterHoldingRegisterEmpty { registers.isTHREPending = false }
        case 5: registers.lineErrors = []
        case 6: registers.MSR = registers.MSR.intersection(.levels)
        default: return value
        }
        drive()
        return value
    }

    /// LSR, as long as it has no errors to show once.
    public func isSteady(offset: Int) -> Bool { offset == 5 && registers.lineErrors.isEmpty }

    public func peek(offset: Int) -> UInt8 {
        let isDLAB = registers.LCR.contains(.DLAB)
        return switch offset {
        case 0: isDLAB ? registers.DLL : registers.receiveFIFO.first ?? registers.RBR
        case 1: isDLAB ? registers.DLM : registers.IER.rawValue
        case 2: registers.IIR
        case 3: registers.LCR.rawValue
        case 4: registers.MCR.rawValue
        case 5: registers.LSR.rawValue
        case 6: registers.MSR.rawValue
        case 7: registers.SCR
        default: 0xFF
        }
    }

    public func write(offset: Int, value: UInt8) {
        let isDLAB = registers.LCR.contains(.DLAB)
        switch offset {
        case 0 where isDLAB: registers.DLL = value
        case 0: transmit(value)
        case 1 where isDLAB: registers.DLM = value
        case 1:
            let old = registers.IER
            registers.IER = InterruptEnable(rawValue: value & 0x0F)
            // Enabling the interrupt while THRE is set asks at once.
            if !old.contains(.ETBEI) && registers.IER.contains(.ETBEI) && registers.transmitFIFO.isEmpty {
                registers.isTHREPending = true
            }
        case 2: writeFIFOControl(FIFOControl(rawValue: value))
        case 3:
            registers.LCR = LineControl(rawValue: value)
            if registers.LCR.contains(.setBreak) {
                diagnostics?.report(Diagnostic(chip: "16550A", message: "\(name): a break on the line reaches nobody"))
            }
        case 4:
            let wasLooping = registers.MCR.contains(.LOOP)
            registers.MCR = ModemControl(rawValue: value & 0x1F)
            modemControlChanged(wasLooping: wasLooping)
        case 7: registers.SCR = value
        default: return
        }
        drive()
    }
}
