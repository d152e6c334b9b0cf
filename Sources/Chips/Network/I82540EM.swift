import Wiring

/// Intel 82540EM, a PCI Gigabit Ethernet controller, as QEMU's `e1000` (PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
/// Manual, 317453).
///
/// BAR 0 is its registers, 128 KBytes of doublewords. BAR 1 shows the same by two ports: offset 0 IOADDR, 4 IODATA (section 13.3.1). It is a bus
/// master: descriptors and frames are moved behind the guest's back, some at each event of the clock.
///
/// Emulated: rings of legacy, context and data descriptors, checksums and segmentation of TCP and UDP by the chip, virtual LAN tags, address filters, the
/// packet buffer's 48 KBytes, interrupts with their delays and ITR, counters, EEPROM, PHY, loopback. Not emulated: flow control, wake-up, management,
/// flash, TXDCTL's and RXDCTL's thresholds, packet splitting. The link is up while CTRL.SLU is set.
public final class I82540EM: Chip, MemoryDevice, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        var configuration: [UInt8] = []
        var registers = I82540Registers()
        var EEPROM = I82540EEPROM.State()
        var PHY = I82540PHY.powerOn
        var transmitter = Transmitter()
        /// Received frames that wait for descriptors, the oldest first.
        var packetBuffer: [[UInt8]] = []
        /// The tick before which ITR allows no interrupt.
        var quietUntil: UInt64 = 0
        /// IOADDR.
        var address: UInt32 = 0
        // Ticks of events to come.
        var transmitTick: UInt64?
        var interruptTick: UInt64?
        var receiveTick: UInt64?
        var writtenBackTick: UInt64?
        /// The tick at which the first of the frames came whose interrupt is delayed.
        var firstReceivedTick: UInt64?
    }

    /// The PCI device identification.
    public static let deviceID: UInt16 = 0x100E
    static let windowSize = 0x2_0000, portCount = 64
    /// Bytes that wait for descriptors, of the packet buffer's 64 KBytes.
    static let packetBufferSize = 48 << 10
    /// The longest frame without its check sequence, and the shortest.
    static let longestFrame = 16380, shortestFrame = 60
    private static let usualLongest = 1518, taggedLongest = 1522

    public let name: String
    /// The function on the PCI bus.
    public let function: PCIFunction
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    /// Takes each frame that leaves by the cable, without its check sequence.
    public var onFrame: (([UInt8]) -> Void)?

    let clock: Clock
    let memory: any SystemMemory
    /// The registers.
    public internal(set) var registers = I82540Registers()
    var transmitter = Transmitter()
    var packetBuffer: [[UInt8]] = []
    var packetBufferBytes = 0
    private var EEPROM: I82540EEPROM
    var PHY = I82540PHY.powerOn
    private var quietUntil: UInt64 = 0
    private var address: UInt32 = 0
    private var firstReceivedTick: UInt64?
    private var transmitEvent, interruptEvent, receiveEvent, writtenBackEvent: Clock.Event?

    /// `address`: the six bytes that its EEPROM has as the card's own.
    public init(name: String = "e1000", address: [UInt8], clock: Clock, memory: any SystemMemory) {
        self.name = name
        self.clock = clock
        self.memory = memory
        EEPROM = I82540EEPROM(address: address, deviceID: Self.deviceID)
        function = PCIFunction(
            name: name, PCIHeader(vendor: 0x8086, device: Self.deviceID, classCode: 0x02_0000, revision: 3, interruptPin: 1))
        function.declareBAR(0, size: Self.windowSize, self as any MemoryDevice)
        function.declareBAR(1, size: Self.portCount, self as any PortDevice)
        transmitEvent = clock.register("\(name) transmit") { [unowned self] in transmit() }
        interruptEvent = clock.register("\(name) interrupt") { [unowned self] in updateInterrupt() }
        receiveEvent = clock.register("\(name) receive delay") { [unowned self] in
            firstReceivedTick = nil
            cause(I82540Registers.Cause.RXT0)
        }
        writtenBackEvent = clock.register("\(name) transmit delay") { [unowned self] in cause(I82540Registers.Cause.TXDW) }
        resetRegisters()
    }

    // MARK: State

    public var state: State {
        get {
            State(
                configuration: function.configuration, registers: registers, EEPROM: EEPROM.state, PHY: PHY,
                transmitter: transmitter,
                packetBuffer: packetBuffer, quietUntil: quietUntil, address: address, transmitTick: tick(transmitEvent),
                interruptTick: tick(interruptEvent), receiveTick: tick(receiveEvent), writtenBackTick: tick(writtenBackEvent),
                firstReceivedTick: firstReceivedTick)
        }
        set {
            function.configuration = newValue.configuration
            registers = newValue.registers.isWellFormed ? newValue.registers : I82540Registers()
            EEPROM.state = newValue.EEPROM
            PHY = newValue.PHY.count == I82540PHY.powerOn.count ? newValue.PHY : I82540PHY.powerOn
            transmitter = newValue.transmitter.isWellFormed ? newValue.transmitter : Transmitter()
            (packetBuffer, packetBufferBytes) = ([], 0)
            for frame in newValue.packetBuffer { keep(frame) }
            (quietUntil, address, firstReceivedTick) = (newValue.quietUntil, newValue.address, newValue.firstReceivedTick)
            put(transmitEvent, at: newValue.transmitTick)
            put(interruptEvent, at: newValue.interruptTick)
            put(receiveEvent, at: newValue.receiveTick)
            put(writtenBackEvent, at: newValue.writtenBackTick)
            function.setInterrupt(isAsking && newValue.interruptTick == nil)
        }
    }

    private func tick(_ event: Clock.Event?) -> UInt64? { event.flatMap { clock.deadline(of: $0) } }

    private func put(_ event: Clock.Event?, at tick: UInt64?) {
        guard let event else { return }
        if let tick { clock.schedule(event, at: tick) } else { clock.cancel(event) }
    }

    public func reset() {
        function.reset()
        PHY = I82540PHY.powerOn
        address = 0
        resetRegisters()
    }

    /// Resets all that CTRL.RST does: everything but PCI's registers and the PHY.
    private func resetRegisters() {
        registers = I82540Registers()
        let words = EEPROM.words
        registers.RA[0] = UInt32(words[0]) | UInt32(words[1]) << 16
        registers.RA[1] = UInt32(words[2]) | 1 << 31
        EEPROM.deselect()
        transmitter = Transmitter()
        (packetBuffer, packetBufferBytes, quietUntil, firstReceivedTick) = ([], 0, 0, nil)
        for event in [transmitEvent, interruptEvent, receiveEvent, writtenBackEvent] { put(event, at: nil) }
        function.setInterrupt(false)
    }

    var isLinkUp: Bool { registers.isLinkUp }

    func report(_ message: String, unit: String? = nil) {
        diagnostics?.report(Diagnostic(chip: "82540EM", message: message, unit: unit, isUnbidden: true))
    }

    // MARK: Interrupts

    private var isAsking: Bool { registers.ICR & registers.IMS != 0 }

    /// Notes causes of an interrupt.
    func cause(_ causes: UInt32) {
        registers.ICR |= causes & I82540Registers.Cause.all
        updateInterrupt()
    }

    private func updateInterrupt() {
        guard isAsking else {
            put(interruptEvent, at: nil)
            return function.setInterrupt(false)
        }
        guard !function.INTx.isHigh else { return }
        guard clock.now >= quietUntil else { return put(interruptEvent, at: quietUntil) }
        function.setInterrupt(true)
        // ITR counts 256 ns.
        quietUntil = registers.ITR == 0 ? 0 : clock.now &+ clock.tick(ofCycle: UInt64(registers.ITR) * 256, of: 1_000_000_000)
    }

    /// Ticks in so many units of 1.024 µs, in which the delay registers count.
    private func delay(_ register: UInt32) -> UInt64 { clock.tick(ofCycle: UInt64(register & 0xFFFF) * 1024, of: 1_000_000_000) }

    /// A frame is in memory. RDTR delays its interrupt, and each further frame once more, until RADV has passed.
    func frameWasStored() {
        guard registers.RDTR & 0xFFFF != 0, let receiveEvent else { return cause(I82540Registers.Cause.RXT0) }
        let first = firstReceivedTick ?? clock.now
        firstReceivedTick = first
        var deadline = clock.now + delay(registers.RDTR)
        if registers.RADV != 0 { deadline = min(deadline, first &+ delay(registers.RADV)) }
        clock.schedule(receiveEvent, at: deadline)
    }

    /// A descriptor with RS is done; TIDV delays its interrupt where IDE is set.
    func descriptorWasWrittenBack(isDelayed: Bool) {
        guard isDelayed, registers.TIDV & 0xFFFF != 0, let writtenBackEvent else { return cause(I82540Registers.Cause.TXDW) }
        var deadline = clock.now + delay(registers.TIDV)
        if registers.TADV != 0 {
            deadline = min(deadline, clock.deadline(of: writtenBackEvent) ?? .max, clock.now + delay(registers.TADV))
        }
        clock.schedule(writtenBackEvent, at: deadline)
    }

    /// There are descriptors to be transmitted: that begins in a microsecond, unless it goes on already.
    func startTransmitting() {
        guard let transmitEvent, clock.deadline(of: transmitEvent) == nil, mayTransmit else { return }
        clock.schedule(transmitEvent, at: clock.now + clock.ticks(microseconds: 1))
    }

    func continueTransmitting(after microseconds: UInt64) {
        put(transmitEvent, at: clock.now + clock.ticks(microseconds: microseconds))
    }

    // MARK: Registers

    public func readMemory(offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: readMemory(offset: offset, width: .byte)) }
    public func readMemory(offset: Int, width: AccessWidth) -> UInt32 {
        let shift = UInt32(8 * (offset & 3))
        return take(offset & ~3) >> shift & width.mask
    }
    public func peekMemory(offset: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: register(at: offset & ~3) >> UInt32(8 * (offset & 3)))
    }

    public func writeMemory(offset: Int, value: UInt8) { writeMemory(offset: offset, width: .byte, value: UInt32(value)) }
    public func writeMemory(offset: Int, width: AccessWidth, value: UInt32) {
        guard width == .doubleword, offset & 3 == 0 else {
            return report("a write to its registers that is not of 32 bits is lost", unit: "writes lost")
        }
        write(offset, value)
    }

    public func read(offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: read(offset: offset, width: .byte)) }
    public func read(offset: Int, width: AccessWidth) -> UInt32 {
        let shift = UInt32(8 * (offset & 3))
        switch offset & ~3 {
        case 0: return address >> shift & width.mask
        case 4: return take(Int(address) & ~3) >> shift & width.mask
        default: return 0
        }
    }
    public func peek(offset: Int) -> UInt8 {
        let value = offset & ~3 == 0 ? address : offset & ~3 == 4 ? register(at: Int(address) & ~3) : 0
        return UInt8(truncatingIfNeeded: value >> UInt32(8 * (offset & 3)))
    }

    public func write(offset: Int, value: UInt8) { write(offset: offset, width: .byte, value: UInt32(value)) }
    public func write(offset: Int, width: AccessWidth, value: UInt32) {
        guard width == .doubleword, offset == 0 || offset == 4 else { return }
        if offset == 0 { address = value & UInt32(Self.windowSize - 1) } else { write(Int(address) & ~3, value) }
    }

    /// Reads a register, with the side effects of that.
    private func take(_ offset: Int) -> UInt32 {
        if I82540Statistic.range.contains(offset) { return registers.takeStatistic(at: offset) }
        let value = register(at: offset)
        if offset == 0xC0 {
            registers.ICR = 0
            updateInterrupt()
        }
        return value
    }

    /// A doubleword of the registers, without side effects.
    private func register(at offset: Int) -> UInt32 {
        switch offset {
        case 0x00: return registers.CTRL
        case 0x08: return I82540Registers.Status.fixed | (isLinkUp ? I82540Registers.Status.linkUp : 0)
        case 0x10: return EEPROMPins
        case 0x14: return registers.EERD
        case 0x20: return registers.MDIC
        case 0x38: return registers.VET
        case 0xC0: return registers.ICR
        case 0xC4: return registers.ITR
        case 0xD0: return registers.IMS
        case 0x100: return registers.RCTL
        case 0x400: return registers.TCTL
        case 0x2800...0x2818: return value(of: registers.receive, offset - 0x2800)
        case 0x2820: return registers.RDTR
        case 0x282C: return registers.RADV
        case 0x3800...0x3818: return value(of: registers.transmit, offset - 0x3800)
        case 0x3820: return registers.TIDV
        case 0x382C: return registers.TADV
        case 0x5000: return registers.RXCSUM
        case 0x5200..<0x5400: return registers.MTA[(offset - 0x5200) / 4]
        case 0x5400..<0x5480: return registers.RA[(offset - 0x5400) / 4]
        case 0x5600..<0x5800: return registers.VFTA[(offset - 0x5600) / 4]
        case I82540Statistic.range: return registers.statistics[(offset - I82540Statistic.range.lowerBound) / 4]
        default: return I82540Registers.keptOffsets.firstIndex(of: offset).map { registers.kept[$0] } ?? 0
        }
    }

    private func value(of ring: I82540Registers.Ring, _ offset: Int) -> UInt32 {
        switch offset {
        case 0x00: ring.low
        case 0x04: ring.high
        case 0x08: ring.length
        case 0x10: ring.head
        case 0x18: ring.tail
        default: 0
        }
    }

    private func set(_ ring: inout I82540Registers.Ring, _ offset: Int, _ value: UInt32) {
        switch offset {
        case 0x00: ring.low = value & ~0xF
        case 0x04: ring.high = value
        case 0x08: ring.length = value & 0xF_FF80
        case 0x10: ring.head = value & 0xFFFF
        case 0x18: ring.tail = value & 0xFFFF
        default: break
        }
    }

    private func write(_ offset: Int, _ value: UInt32) {
        switch offset {
        case 0x00: control(value)
        case 0x10: setEEPROMPins(value)
        case 0x14:
            let address = value >> 8 & 0xFF
            // START; DONE at once.
            registers.EERD = value & 1 == 0 ? value & 0xFF00 : UInt32(EEPROM.word(at: address)) << 16 | address << 8 | 0x10
        case 0x20: manage(value)
        case 0x38: registers.VET = value & 0xFFFF
        case 0xC0:
            registers.ICR &= ~value
            updateInterrupt()
        case 0xC4: registers.ITR = value & 0xFFFF
        case 0xC8: cause(value)
        case 0xD0:
            registers.IMS |= value & I82540Registers.Cause.all
            updateInterrupt()
        case 0xD8:
            registers.IMS &= ~value
            updateInterrupt()
        case 0x100:
            registers.RCTL = value & ~1
            storeFrames()
        case 0x400:
            registers.TCTL = value
            startTransmitting()
        case 0x2800...0x2818:
            set(&registers.receive, offset - 0x2800, value)
            if offset == 0x2818 { storeFrames() }
        case 0x2820: registers.RDTR = value & 0xFFFF
        case 0x282C: registers.RADV = value & 0xFFFF
        case 0x3800...0x3818:
            set(&registers.transmit, offset - 0x3800, value)
            if offset == 0x3818 { startTransmitting() }
        case 0x3820: registers.TIDV = value & 0xFFFF
        case 0x382C: registers.TADV = value & 0xFFFF
        case 0x5000: registers.RXCSUM = value & 0x7FF
        case 0x5200..<0x5400: registers.MTA[(offset - 0x5200) / 4] = value
        case 0x5400..<0x5480: registers.RA[(offset - 0x5400) / 4] = value
        case 0x5600..<0x5800: registers.VFTA[(offset - 0x5600) / 4] = value
        default: if let index = I82540Registers.keptOffsets.firstIndex(of: offset) { registers.kept[index] = value }
        }
    }

    private func control(_ value: UInt32) {
        let wasUp = isLinkUp
        if value & I82540Registers.Control.reset != 0 { resetRegisters() } else { registers.CTRL = value }
        if value & I82540Registers.Control.resetPHY != 0 {
            PHY = I82540PHY.powerOn
            registers.CTRL &= ~I82540Registers.Control.resetPHY
        }
        if isLinkUp != wasUp { cause(I82540Registers.Cause.LSC) }
    }

    /// MDIC: data, register, PHY, operation (1 write, 2 read), ready, interrupt enable, error. Section 13.4.8.
    private func manage(_ value: UInt32) {
        let ready: UInt32 = 1 << 28, wantsInterrupt: UInt32 = 1 << 29, error: UInt32 = 1 << 30
        let number = Int(value >> 16 & 31)
        registers.MDIC = value & ~error | ready
        switch (value >> 21 & 31, value >> 26 & 3) {
        case (I82540PHY.address, 1):
            if I82540PHY.write(&PHY, number, UInt16(truncatingIfNeeded: value)) { cause(I82540Registers.Cause.LSC) }
        case (I82540PHY.address, 2): registers.MDIC = registers.MDIC & ~0xFFFF | UInt32(PHY[number])
        default: registers.MDIC |= error
        }
        if value & wantsInterrupt != 0 { cause(I82540Registers.Cause.MDAC) }
    }

    // MARK: EEPROM

    private typealias Pins = I82540Registers.EEPROMControl

    private var EEPROMPins: UInt32 {
        registers.EECD | Pins.present | (registers.EECD & Pins.request != 0 ? Pins.grant : 0)
            | (EEPROM.state.dataOut ? Pins.dataOut : 0)
    }

    private func setEEPROMPins(_ value: UInt32) {
        let old = registers.EECD
        registers.EECD = value & Pins.writable
        guard value & Pins.select != 0 else { return EEPROM.deselect() }
        guard value & ~old & Pins.clock != 0 else { return }
        if EEPROM.clock(dataIn: value & Pins.dataIn != 0) != nil {
            report("a command to the EEPROM that does not read is not emulated")
        }
    }

    // MARK: The filter of addresses

    /// The lengths and addresses that RCTL, the receive addresses and the hash table let in. Section 3.2.
    func accepts(_ frame: [UInt8]) -> Bool {
        typealias Receive = I82540Registers.Receive
        let control = registers.RCTL
        let isTagged = frame.word(at: 12) == UInt16(truncatingIfNeeded: registers.VET)
        if frame.count + 4 > (isTagged ? Self.taggedLongest : Self.usualLongest), control & Receive.LPE == 0 {
            registers.count(.ROC)
            return false
        }
        if control & Receive.VFE != 0, isTagged {
            let network = Int(frame.word(at: 14) & 0xFFF)
            guard registers.VFTA[network / 32] >> UInt32(network % 32) & 1 != 0 else { return false }
        }
        let isMulticast = frame[0] & 1 != 0
        if frame[..<6].allSatisfy({ $0 == 0xFF }), control & Receive.BAM != 0 { return true }
        if control & (isMulticast ? Receive.MPE : Receive.UPE) != 0 { return true }
        let low = UInt32(frame[0]) | UInt32(frame[1]) << 8 | UInt32(frame[2]) << 16 | UInt32(frame[3]) << 24
        let high = UInt32(frame[4]) | UInt32(frame[5]) << 8
        for place in stride(from: 0, to: I82540Registers.addressWords, by: 2)
        where registers.RA[place] == low && registers.RA[place + 1] & 0x8000_FFFF == high | 1 << 31 { return true }
        guard isMulticast else { return false }
        // RCTL.MO says which twelve bits of the address.
        let hash = Int(high >> [4, 3, 2, 0][Int(control >> 12 & 3)] & 0xFFF)
        return registers.MTA[hash / 32] >> UInt32(hash % 32) & 1 != 0
    }
}
