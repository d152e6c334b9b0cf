import Wiring

/// The discs of a CD-ROM drive: known from the start, so that a state only has to say which one is in.
public struct CDROMMedia {
    /// Each a whole number of blocks of 2048 bytes; what is left over cannot be read. Never written to.
    public var stores: [any BlockStore]
    /// The number of the one that is in the drive at power-on, counted from 0; nil for none.
    public var inserted: Int?

    /// The discs of a drive, and the one that is in it at power-on.
    public init(stores: [any BlockStore], inserted: Int?) {
        self.stores = stores
        self.inserted = inserted
    }
}

/// A CD-ROM drive as seen from outside.
public struct CDROMTray: Equatable, Sendable {
    /// The disc in the tray, counted from 0.
    public let medium: Int?
    /// The tray is out.
    public let isOpen: Bool
    /// The guest has locked it (PREVENT ALLOW MEDIUM REMOVAL): the button only tells the guest.
    public let isLocked: Bool

    /// A tray with or without a disc.
    public init(medium: Int?, isOpen: Bool, isLocked: Bool) {
        (self.medium, self.isOpen, self.isLocked) = (medium, isOpen, isLocked)
    }
}

/// A CD-ROM drive, which reads DVDs, too: a packet device of ATA/ATAPI-6 (T13/1410D) with the commands of SPC-2 and MMC-3.
///
/// Data goes by PIO, or by DMA where the channel has a bus master; the host takes the command packet without an interrupt (IDENTIFY PACKET DEVICE word 0), and each DRQ block and the
/// end of a command come with one. Every command takes a short fixed time of the virtual clock. One data track.
/// A change of the medium is told as UNIT ATTENTION 28h, power-on and RESET as 29h.
/// Not emulated: overlap, MODE SELECT, audio, raw sectors and sub-channels, writing, regions and keys of DVDs.
final class CDROMDrive: ATADevice {
    /// The drive's next step when its BSY time is over.
    enum Step: String, Codable, Sendable {
        /// Decode and begin the ATA command, the command packet.
        case command, packet
        /// Fetch the next DRQ block.
        case fetch
        /// End the packet command with good status.
        case finish
        /// Present the signature after a reset; with an interrupt after EXECUTE DEVICE DIAGNOSTIC.
        case reset, diagnostic
    }

    /// The purpose of a DRQ block.
    enum Phase: String, Codable, Sendable {
        case none
        /// The answer of IDENTIFY PACKET DEVICE.
        case identity
        /// The host hands the command packet over.
        case packet
        /// A packet command's answer, and what a disc holds.
        case answer, medium
    }

    /// Media events that GET EVENT STATUS NOTIFICATION has not told yet (MMC-3, 6.7.2.3).
    struct Events: OptionSet, Codable, Sendable {
        let rawValue: UInt8
        static let ejectRequest = Events(rawValue: 1)
        static let mediaRemoval = Events(rawValue: 2)
        static let newMedia = Events(rawValue: 4)
    }

    /// Everything the drive remembers.
    struct State: Codable, Equatable, Sendable {
        var features: UInt8 = 0
        /// The Sector Count register.
        var interruptReason: UInt8 = 0
        var LBALow: UInt8 = 0
        /// LBA Mid and LBA High: the limit as the host wrote it, the count of a DRQ block as the drive does.
        var byteCountLow: UInt8 = 0
        var byteCountHigh: UInt8 = 0
        var device: UInt8 = 0
        var status: UInt8 = 0
        var error: UInt8 = 0
        var command: UInt8 = 0
        var interruptPending = false

        var step: Step?
        /// Tick at which `step` is due.
        var deadline: UInt64 = 0
        var powerMode = ATAPowerMode.active

        var phase = Phase.none
        /// The DRQ block and how much of it the host has moved; filled in by `snapshot` only, see `ATABlock`.
        var block: [UInt8] = []
        var position = 0
        /// The running or last packet command: 12 bytes.
        var packet = [UInt8](repeating: 0, count: CommandPacket.length)
        var byteCountLimit: UInt64 = 0
        /// Bytes that the running command still moves, the current block included.
        var bytesLeft: UInt64 = 0
        /// The place where they are: in the medium, or in `answer`.
        var offset: UInt64 = 0
        var answer: [UInt8] = []

        /// The answer of REQUEST SENSE.
        var sense = SCSISense.none
        /// The UNIT ATTENTION that the next command will hear.
        var attention: SCSISense?
        var events: Events = []
        var isLocked = false
        /// The disc in the tray, counted from 0.
        var medium: Int?
        var isOpen = false
        /// The multiword DMA mode that SET FEATURES has chosen, 20h to 22h; nil on a channel without DMA.
        var dmaMode: UInt8?

        /// Tells whether a state that was put back keeps the bounds that transfers rely on.
        func isWellFormed(media: Int) -> Bool {
            block.count % 2 == 0 && block.count <= CDROMDrive.blockCapacity && (0...block.count).contains(position)
                && packet.count == CommandPacket.length && answer.count <= 4096 && byteCountLimit <= 0xFFFF
                && bytesLeft <= 1 << 44 && offset <= 1 << 44 && medium.map { (0..<media).contains($0) } ?? true
        }
    }

    /// The longest DRQ block: the greatest even byte count.
    static let blockCapacity = 0xFFFE

    let media: [any BlockStore]
    private let atPowerOn: Int?
    let serial: String
    private let clock: Clock
    private var event: Clock.Event?
    var interruptChanged: () -> Void = {}
    var onRequest: ((ATARequest) -> Void)?
    var dmaRequested: () -> Void = {}
    /// The channel has a bus master.
    let hasDMA: Bool
    let report: (String) -> Void
    /// All but the DRQ block.
    var state = State()
    let block = ATABlock(capacity: CDROMDrive.blockCapacity)

    init(_ media: CDROMMedia, serial: String, clock: Clock, hasDMA: Bool, report: @escaping (String) -> Void) {
        self.media = media.stores
        atPowerOn = media.inserted.flatMap { media.stores.indices.contains($0) ? $0 : nil }
        self.serial = serial
        self.clock = clock
        self.hasDMA = hasDMA
        self.report = report
        state.medium = atPowerOn
        if hasDMA { state.dmaMode = 0x22 }
        event = clock.register("\(serial) step") { [unowned self] in stepIsDue() }
    }

    var status: UInt8 { state.status }
    var isInterruptPending: Bool {
        get { state.interruptPending }
        set { state.interruptPending = newValue }
    }

    // MARK: Registers

    func contents(of register: ATARegister, previous: Bool) -> UInt8 {
        switch register {
        case .features: state.error
        case .sectorCount: state.interruptReason
        case .LBALow: state.LBALow
        case .LBAMid: state.byteCountLow
        case .LBAHigh: state.byteCountHigh
        case .device: state.device
        case .data, .command: 0xFF
        }
    }

    func write(_ value: UInt8, to register: ATARegister) {
        switch register {
        case .features: state.features = value
        case .sectorCount: state.interruptReason = value
        case .LBALow: state.LBALow = value
        case .LBAMid: state.byteCountLow = value
        case .LBAHigh: state.byteCountHigh = value
        case .device: state.device = value
        case .data, .command: break
        }
    }

    // MARK: Time

    /// Sets BSY and does `step` after `microseconds` of virtual time.
    func begin(_ step: Step, after microseconds: UInt64) {
        state.status = ATAStatus.BSY.rawValue
        state.step = step
        state.deadline = clock.now &+ clock.ticks(microseconds: microseconds)
        if let event { clock.schedule(event, at: state.deadline) }
    }

    private func cancelStep() {
        state.step = nil
        if let event { clock.cancel(event) }
    }

    private func stepIsDue() {
        guard let step = state.step else { return }
        state.step = nil
        switch step {
        case .command: execute(ATAPICommand(code: state.command))
        case .packet: perform(CommandPacket(state.packet))
        case .fetch: fetchBlock()
        case .finish: complete()
        case .reset: presentSignature()
        case .diagnostic:
            presentSignature()
            setInterrupt(true)
        }
    }

    /// The whole state, the DRQ block included. Putting one back makes the clock agree; a malformed one is not taken.
    var snapshot: State {
        get {
            var snapshot = state
            snapshot.block = Array(block.bytes)
            snapshot.position = block.position
            return snapshot
        }
        set {
            guard newValue.isWellFormed(media: media.count) else { return }
            state = newValue
            if !hasDMA { state.dmaMode = nil }
            block.begin(with: newValue.block)
            block.position = newValue.position
            (state.block, state.position) = ([], 0)
            guard let event else { return }
            if state.step != nil { clock.schedule(event, at: state.deadline) } else { clock.cancel(event) }
        }
    }

    // MARK: Resets

    /// A reset of the machine does not move the tray, but unlocks it.
    func beginReset(hardware: Bool) {
        stopTransfer()
        setInterrupt(false)
        if hardware {
            (state.isLocked, state.sense, state.attention) = (false, .none, .powerOn)
        }
        state.powerMode = .active
        begin(.reset, after: hardware ? 200 : 50)
    }

    func holdInReset() {
        cancelStep()
        stopTransfer()
        state.status = ATAStatus.BSY.rawValue
    }

    func stopTransfer() {
        state.phase = .none
        (state.answer, state.bytesLeft) = ([], 0)
        block.begin(count: 0)
    }

    /// The signature of a packet device, diagnostic code 01h, and a status without DRDY (ATA/ATAPI-6, 9.12).
    private func presentSignature() {
        stopTransfer()
        putSignature()
        state.device = 0
        state.error = 1
        state.status = 0
    }

    func putSignature() {
        (state.interruptReason, state.LBALow, state.byteCountLow, state.byteCountHigh) = (1, 1, 0x14, 0xEB)
    }
}

/// SPC-2, 7.20: sense key and additional sense code with its qualifier.
struct SCSISense: Codable, Equatable, Sendable {
    var key: UInt8
    var ASC: UInt8
    var ASCQ: UInt8

    private init(_ key: UInt8, _ ASC: UInt8, _ ASCQ: UInt8 = 0) { (self.key, self.ASC, self.ASCQ) = (key, ASC, ASCQ) }

    static let none = SCSISense(0, 0)
    /// The medium is not present, tray closed and tray open.
    static let noMedium = SCSISense(2, 0x3A, 1)
    static let trayOpen = SCSISense(2, 0x3A, 2)
    static let unreadable = SCSISense(3, 0x11)
    static let invalidOperation = SCSISense(5, 0x20)
    static let outOfRange = SCSISense(5, 0x21)
    static let invalidField = SCSISense(5, 0x24)
    static let savingNotSupported = SCSISense(5, 0x39)
    static let removalPrevented = SCSISense(5, 0x53, 2)
    static let wrongTrackMode = SCSISense(5, 0x64)
    static let mediumChanged = SCSISense(6, 0x28)
    static let powerOn = SCSISense(6, 0x29)

    /// "6/28/00".
    var text: String { [key, ASC, ASCQ].map { hex($0).dropLast() }.joined(separator: "/") }
}
