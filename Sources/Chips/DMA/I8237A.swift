import Wiring

/// Intel 8237A programmable DMA controller (datasheet 231466), one of the two of a PC.
///
/// Offsets: 0–7 are addresses and word counts of the channels 0–3, 8–15 the control registers. On the controller for 16-bit
/// channels A0–A3 are wired to SA1–SA4, so there the register number is the offset divided by two (0–31).
///
/// Emulated: programming through the first/last flip-flop, masks, modes, status, auto-initialize, address increment and decrement, verify,
/// read and write cycles with `SystemMemory`, controller disable, the cascade channel of a PC, page registers.
///
/// Not emulated: memory-to-memory transfers, software requests beyond their status bits, bus timing (compressed timing, extended write,
/// DREQ and DACK polarity). Single, block and demand mode differ in nothing but how many cycles the peripheral asks for.
public final class I8237A: Chip, PortDevice {
    /// The bits 3–2 of the mode register.
    public enum Transfer: UInt8, Codable, Sendable {
        case verify
        /// Peripheral to memory.
        case write
        /// Memory to peripheral.
        case read
        case illegal
    }

    /// The mode register of a channel.
    public struct Mode: Codable, Equatable, Sendable {
        /// The register's bits, with those of the channel's number.
        public var rawValue: UInt8 = 0
        /// The kind of transfer: bits 3 and 2.
        public var transfer: Transfer { Transfer(rawValue: (rawValue >> 2) & 3) ?? .illegal }
        /// The channel is loaded anew from its base registers at terminal count: bit 4.
        public var isAutoInitialized: Bool { rawValue & 0x10 != 0 }
        /// The address goes down: bit 5.
        public var decrements: Bool { rawValue & 0x20 != 0 }
        /// The channel leads to another controller: bits 7 and 6.
        public var isCascade: Bool { rawValue >> 6 == 3 }
    }

    /// The command register.
    public struct Command: OptionSet, Codable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Bit 0, memory-to-memory transfers, and bit 2, which disables the controller.
        public static let memoryToMemory = Self(rawValue: 0x01), controllerDisable = Self(rawValue: 0x04)
    }

    /// The registers of a channel.
    public struct Channel: Codable, Equatable, Sendable {
        /// The address as it was written.
        public var baseAddress: UInt16 = 0
        /// The address of the next transfer.
        public var currentAddress: UInt16 = 0
        /// The word count as it was written.
        public var baseWordCount: UInt16 = 0
        /// The transfers to come, minus one.
        public var currentWordCount: UInt16 = 0
        /// The mode register.
        public var mode = Mode()
        /// The channel's requests are masked.
        public var isMasked = true
        /// Terminal count was reached since the status was read.
        public var hasReachedTC = false
        /// A request is pending: the upper half of the status register.
        public var isRequesting = false
    }

    public struct State: Codable, Equatable, Sendable {
        /// Channel 0; 4 on the second controller of a PC.
        public var channel0 = Channel()
        /// Channel 1; 5 on the second controller of a PC.
        public var channel1 = Channel()
        /// Channel 2; 6 on the second controller of a PC.
        public var channel2 = Channel()
        /// Channel 3; 7 on the second controller of a PC.
        public var channel3 = Channel()
        /// The command register.
        public var command: Command = []
        /// The first/last flip-flop: the next byte is the high one.
        public var isLastByte = false
        /// The state after power-on.
        public init() {}
    }

    /// A device at DREQ and DACK of a channel.
    public protocol Peripheral: AnyObject {
        /// An IOR cycle: what the peripheral puts on the bus; a byte on 8-bit channels.
        func dmaRead() -> UInt16
        /// An IOW cycle.
        func dmaWrite(_ value: UInt16)
        /// EOP together with the last cycle.
        func dmaTerminalCount()
    }

    public let name: String
    /// Channels 4–7 of a PC: addresses count 16-bit words.
    public let isWordWide: Bool
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?

    private let memory: any SystemMemory
    private let pages: DMAPageRegisters
    private var channels = [Channel](repeating: Channel(), count: 4)
    private var command: Command = []
    private var isLastByte = false
    private var peripherals: [(any Peripheral)?] = [nil, nil, nil, nil]
    /// The controller whose channel 0 passes this one's requests on.
    private weak var master: I8237A?

    /// A controller as it is after power-on, which transfers to and from `memory`; `pages` has the upper bits of addresses.
    public init(name: String, isWordWide: Bool, memory: any SystemMemory, pages: DMAPageRegisters) {
        self.name = name
        self.isWordWide = isWordWide
        self.memory = memory
        self.pages = pages
    }

    public var state: State {
        get {
            var state = State()
            state.channel0 = channels[0]
            state.channel1 = channels[1]
            state.channel2 = channels[2]
            state.channel3 = channels[3]
            state.command = command
            state.isLastByte = isLastByte
            return state
        }
        set {
            channels = [newValue.channel0, newValue.channel1, newValue.channel2, newValue.channel3]
            command = newValue.command
            isLastByte = newValue.isLastByte
        }
    }

    /// RESET, and the master clear command: all channels masked, command, status, requests and flip-flop cleared.
    public func reset() {
        for index in 0..<4 {
            channels[index].isMasked = true
            channels[index].hasReachedTC = false
            channels[index].isRequesting = false
        }
        command = []
        isLastByte = false
    }

    /// Sends this controller's hold request through channel 0 of `master`, as a PC does (its channel 4).
    public func connectCascade(to master: I8237A) { self.master = master }

    /// Connects what asks for transfers of a channel, 0 to 3, and gives or takes the bytes.
    public func connect(_ peripheral: any Peripheral, to channel: Int) { peripherals[channel & 3] = peripheral }

    // MARK: Transfers

    /// Tells whether cycles of `channel` (0–3) would run now.
    public func isReady(channel: Int) -> Bool {
        let channel = channels[channel & 3]
        guard !channel.isMasked, !channel.mode.isCascade, !command.contains(.controllerDisable) else { return false }
        return master?.passesRequests ?? true
    }

    private var passesRequests: Bool {
        !command.contains(.controllerDisable) && channels[0].mode.isCascade && !channels[0].isMasked
    }

    /// The peripheral at `channel` (0–3) raises DREQ for up to `cycles` cycles. Returns how many ran: none while the channel is masked,
    /// fewer after terminal count. The rest stays requested as the status register shows, and is for the peripheral to ask for again.
    @discardableResult public func requestTransfer(channel number: Int, cycles: Int) -> Int {
        let index = number & 3
        var done = 0
        if channels[index].isMasked, cycles > 0 {
            diagnostics?.report(
                Diagnostic(
                    chip: "8237A", message: "\(name): a device requests channel \(index), which is masked",
                    unit: "requests unheard",
                    isUnbidden: true))
        }
        while done < cycles, isReady(channel: index) {
            let run = runLength(index, cycles - done)
            done += run
            if runCycles(index, run) { break }
        }
        channels[index].isRequesting = done < cycles && !channels[index].hasReachedTC
        return done
    }

    /// Counts those of `cycles` that follow one another in memory and end no later than with the terminal count.
    private func runLength(_ index: Int, _ cycles: Int) -> Int {
        let channel = channels[index]
        let rising = channel.mode.decrements ? 1 : 0x1_0000 - Int(channel.currentAddress)
        return min(cycles, Int(channel.currentWordCount) + 1, rising)
    }

    /// Moves one block between peripheral and memory; true when it reached terminal count.
    private func runCycles(_ index: Int, _ count: Int) -> Bool {
        let channel = channels[index]
        let peripheral = peripherals[index]
        let address = physicalAddress(channel.currentAddress, channel: index)
        let unit = isWordWide ? 2 : 1
        switch channel.mode.transfer {
        case .verify, .illegal: break
        case .write:
            var block: [UInt8] = []
            block.reserveCapacity(count * unit)
            for _ in 0..<count {
                let value = peripheral?.dmaRead() ?? 0xFFFF
                block.append(UInt8(truncatingIfNeeded: value))
                if isWordWide { block.append(UInt8(truncatingIfNeeded: value >> 8)) }
            }
            block.withUnsafeBytes { memory.write(physical: address, from: $0, by: .busMaster(name)) }
        case .read:
            var block = [UInt8](repeating: 0, count: count * unit)
            block.withUnsafeMutableBytes { memory.read(physical: address, into: $0, by: .busMaster(name)) }
            for place in stride(from: 0, to: block.count, by: unit) {
                peripheral?.dmaWrite(UInt16(block[place]) | (isWordWide ? UInt16(block[place + 1]) << 8 : 0))
            }
        }
        let cycles = UInt16(truncatingIfNeeded: count)
        channels[index].currentAddress &+= channel.mode.decrements ? 0 &- cycles : cycles
        channels[index].currentWordCount &-= cycles
        guard Int(channel.currentWordCount) + 1 == count else { return false }
        terminalCount(index)
        peripheral?.dmaTerminalCount()
        return true
    }

    private func terminalCount(_ index: Int) {
        channels[index].hasReachedTC = true
        channels[index].isRequesting = false
        if channels[index].mode.isAutoInitialized {
            channels[index].currentAddress = channels[index].baseAddress
            channels[index].currentWordCount = channels[index].baseWordCount
        } else {
            channels[index].isMasked = true
        }
    }

    /// The counter never carries into the page register: addresses wrap within 64 KByte (128 KByte).
    private func physicalAddress(_ address: UInt16, channel: Int) -> UInt64 {
        let page = UInt64(pages.page(ofChannel: isWordWide ? channel + 4 : channel))
        return isWordWide ? (page & 0xFE) << 16 | UInt64(address) << 1 : page << 16 | UInt64(address)
    }

    // MARK: Registers

    private func register(at offset: Int) -> Int { isWordWide ? offset >> 1 : offset }

    public func read(offset: Int) -> UInt8 {
        let value = peek(offset: offset)
        switch register(at: offset) {
        case 0...7: isLastByte.toggle()
        case 8: for index in 0..<4 { channels[index].hasReachedTC = false }
        default: break
        }
        return value
    }

    public func peek(offset: Int) -> UInt8 {
        let register = register(at: offset)
        switch register {
        case 0...7:
            let channel = channels[register >> 1]
            let value = register & 1 == 0 ? channel.currentAddress : channel.currentWordCount
            return UInt8(truncatingIfNeeded: isLastByte ? value >> 8 : value)
        case 8: return bits(\.hasReachedTC) | bits(\.isRequesting) << 4
        // The temporary register serves memory-to-memory transfers only.
        case 13: return 0
        // The 82C37A and chipsets let the masks be read; the upper bits are ones.
        case 15: return 0xF0 | bits(\.isMasked)
        default: return 0xFF
        }
    }

    private func bits(_ flag: KeyPath<Channel, Bool>) -> UInt8 {
        var value: UInt8 = 0
        for index in 0..<4 where channels[index][keyPath: flag] { value |= 1 << UInt8(truncatingIfNeeded: index) }
        return value
    }

    public func write(offset: Int, value: UInt8) {
        let register = register(at: offset)
        let selected = Int(value & 3)
        switch register {
        case 0...7: writeChannel(register >> 1, isCount: register & 1 != 0, value)
        case 8: writeCommand(value)
        case 9:
            channels[selected].isRequesting = value & 4 != 0
            if value & 4 != 0 { diagnostics?.report(Diagnostic(chip: "8237A", message: "software requests start no transfer")) }
        case 10: channels[selected].isMasked = value & 4 != 0
        case 11: channels[selected].mode.rawValue = value & ~3
        case 12: isLastByte = false
        case 13: reset()
        case 14: for index in 0..<4 { channels[index].isMasked = false }
        case 15: for index in 0..<4 { channels[index].isMasked = value & (1 << UInt8(truncatingIfNeeded: index)) != 0 }
        default: break
        }
    }

    private func writeChannel(_ index: Int, isCount: Bool, _ byte: UInt8) {
        func merged(_ old: UInt16) -> UInt16 {
            isLastByte ? old & 0x00FF | UInt16(byte) << 8 : old & 0xFF00 | UInt16(byte)
        }
        // Base and current registers are written together, byte by byte.
        if isCount {
            channels[index].baseWordCount = merged(channels[index].baseWordCount)
            channels[index].currentWordCount = merged(channels[index].currentWordCount)
        } else {
            channels[index].baseAddress = merged(channels[index].baseAddress)
            channels[index].currentAddress = merged(channels[index].currentAddress)
        }
        isLastByte.toggle()
    }

    private func writeCommand(_ value: UInt8) {
        command = Command(rawValue: value)
        if command.contains(.memoryToMemory) {
            diagnostics?.report(Diagnostic(chip: "8237A", message: "memory-to-memory transfers are not emulated"))
        }
    }
}

/// The page registers of a PC's DMA channels (74LS612 on the AT; ports 80h–8Fh): address bits 16–23.
///
/// Offsets 0–15. All are plain memory; those without a channel (0, 4–6, 8, 12–14) too. The board may give port 80h to somebody else.
public final class DMAPageRegisters: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The registers by offset.
        public var pages = [UInt8](repeating: 0, count: 16)
        /// The state after power-on.
        public init() {}
    }

    public let name: String
    private var registers = State()

    /// The chip as it is after power-on.
    public init(name: String = "dmapages") { self.name = name }

    public var state: State {
        get { registers }
        set { registers.pages = Array((newValue.pages + [UInt8](repeating: 0, count: 16)).prefix(16)) }
    }

    public func reset() { registers = State() }

    /// The page of DMA channel 0–7.
    public func page(ofChannel channel: Int) -> UInt8 {
        let offset = [7, 3, 1, 2, 15, 11, 9, 10][channel & 7]
        return registers.pages[offset]
    }

    public func read(offset: Int) -> UInt8 { peek(offset: offset) }
    public func peek(offset: Int) -> UInt8 { (0..<16).contains(offset) ? registers.pages[offset] : 0xFF }
    public func write(offset: Int, value: UInt8) {
        if (0..<16).contains(offset) { registers.pages[offset] = value }
    }
}
