import Wiring

/// One drive of an `ATAChannel`: registers, PIO protocols and commands of ATA/ATAPI-6 (T13/1410D), chapters 7 to 9.
/// The channel decides what reaches it; the drive says when its interrupt is pending.
///
/// Every command sets BSY for a short fixed time of the virtual clock, so that drivers meet the states a real drive shows.
/// A sector that is written reaches the store at the end of its DRQ block; FLUSH CACHE flushes the store.
/// A request that reaches past the end of the disk is refused whole, with IDNF and the first address that does not exist.
final class ATADrive: ATADevice {
    /// Longest DRQ block of READ/WRITE MULTIPLE.
    static let maximumMultiple = 16
    /// Sectors that a bus master moves at a time.
    static let dmaSectors = 128

    /// The drive's next step when its BSY time is over.
    enum Step: String, Codable, Sendable {
        /// Decode and begin the command.
        case command
        /// Fetch the next DRQ block from the store.
        case fetch
        /// Bring the DRQ block that the host has filled to the store.
        case store
        /// Present the signature after a reset; with an interrupt after EXECUTE DEVICE DIAGNOSTIC.
        case reset, diagnostic
    }

    enum Transfer: String, Codable, Sendable { case none, toHost, toDevice }

    /// Everything the drive remembers.
    struct State: Codable, Equatable, Sendable {
        var features = ATAPair()
        var sectorCount = ATAPair()
        var LBALow = ATAPair()
        var LBAMid = ATAPair()
        var LBAHigh = ATAPair()
        var device: UInt8 = 0
        var status: UInt8 = 0
        var error: UInt8 = 0
        var command: UInt8 = 0
        var interruptPending = false

        var step: Step?
        /// Tick at which `step` is due.
        var deadline: UInt64 = 0

        var transfer = Transfer.none
        /// The DRQ block and how much of it the host has moved; filled in by `snapshot` only, see `ATABlock`.
        var block: [UInt8] = []
        var position = 0
        /// Next sector of the running command and how many are left, the current block included.
        var nextSector: UInt64 = 0
        var sectorsLeft: UInt64 = 0
        /// Content of the buffer that READ BUFFER and WRITE BUFFER move.
        var sectorBuffer = [UInt8](repeating: 0, count: 512)

        var geometry: DiskGeometry
        /// Sectors in a DRQ block of READ/WRITE MULTIPLE; 0 when that mode is off. On at power-on, because Linux uses the mode
        /// only where it finds it on.
        var multiple = UInt8(ATADrive.maximumMultiple)
        var powerMode = ATAPowerMode.active
        var writeCache = true
        var lookAhead = true
        /// SET FEATURES CCh: a software reset puts the settings back to those at power-on.
        var revertsOnReset = false
        /// The multiword DMA mode that SET FEATURES has chosen, 20h to 22h; nil on a channel without DMA.
        var dmaMode: UInt8?

        /// A state that was put back keeps the bounds that the transfers rely on.
        var isWellFormed: Bool {
            block.count % 512 == 0 && block.count <= 512 * ATADrive.dmaSectors && (0...block.count).contains(position)
                && sectorBuffer.count == 512 && multiple <= ATADrive.maximumMultiple && sectorsLeft <= 65536
                && geometry.heads <= 16 && geometry.sectorsPerTrack <= 255 && geometry.cylinders <= 65535
        }
    }

    let store: any BlockStore
    let identity: ATAIdentity
    private let clock: Clock
    private var event: Clock.Event?
    /// Tells the channel that `interruptPending` has changed.
    var interruptChanged: () -> Void = {}
    let report: (String) -> Void
    var onRequest: ((ATARequest) -> Void)?
    var dmaRequested: () -> Void = {}
    /// The channel has a bus master.
    let hasDMA: Bool
    /// All but the DRQ block.
    var state: State
    let block = ATABlock(capacity: 512 * ATADrive.dmaSectors)

    init(store: any BlockStore, identity: ATAIdentity, clock: Clock, hasDMA: Bool, report: @escaping (String) -> Void) {
        self.store = store
        self.identity = identity
        self.clock = clock
        self.hasDMA = hasDMA
        self.report = report
        state = Self.powerOn(store, hasDMA)
        event = clock.register("\(identity.serial) step") { [unowned self] in stepIsDue() }
    }

    private static func powerOn(_ store: any BlockStore, _ hasDMA: Bool) -> State {
        var state = State(geometry: DiskGeometry(sectorCount: store.sectorCount))
        if hasDMA { state.dmaMode = 0x22 }
        return state
    }

    var status: UInt8 { state.status }
    var isInterruptPending: Bool {
        get { state.interruptPending }
        set { state.interruptPending = newValue }
    }

    // MARK: Time

    /// Sets BSY and does `step` after `microseconds` of virtual time.
    func begin(_ step: Step, after microseconds: UInt64) {
        state.status = ATAStatus.BSY.rawValue | (state.status & ATAStatus.DSC.rawValue)
        state.step = step
        state.deadline = clock.now &+ clock.ticks(microseconds: microseconds)
        clock.schedule(event!, at: state.deadline)
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
            guard newValue.isWellFormed else { return }
            state = newValue
            if !hasDMA { state.dmaMode = nil }
            block.begin(with: newValue.block)
            block.position = newValue.position
            (state.block, state.position) = ([], 0)
            if state.step != nil { clock.schedule(event!, at: state.deadline) } else { clock.cancel(event!) }
        }
    }

    private func stepIsDue() {
        guard let step = state.step else { return }
        state.step = nil
        switch step {
        case .command: execute(ATACommand(code: state.command))
        case .fetch: fetchBlock()
        case .store: storeBlock()
        case .reset: presentSignature()
        case .diagnostic:
            presentSignature()
            // Drive 1 reports to drive 0, which speaks for both.
            if identity.deviceNumber == 0 { setInterrupt(true) }
        }
    }

    // MARK: What the channel asks

    func beginReset(hardware: Bool) { beginReset(hardware: hardware, .reset) }

    /// A hardware or software reset: everything stops; `presentSignature` follows when `step` is due.
    func beginReset(hardware: Bool, _ step: Step) {
        stopTransfer()
        setInterrupt(false)
        if hardware {
            state = Self.powerOn(store, hasDMA)
        } else if step == .reset, state.revertsOnReset {
            (state.multiple, state.writeCache, state.lookAhead) = (UInt8(Self.maximumMultiple), true, true)
        }
        state.powerMode = .active
        begin(step, after: hardware ? 200 : 50)
    }

    /// While SRST is set the drive stays busy.
    func holdInReset() {
        clock.cancel(event!)
        state.step = nil
        state.status = ATAStatus.BSY.rawValue
    }

    func write(command: UInt8) {
        guard state.powerMode != .sleep else { return report("command \(hex(command)) to a sleeping drive; only a reset wakes it") }
        setInterrupt(false)
        state.command = command
        onRequest?(request(failed: nil))
        stopTransfer()
        begin(.command, after: 5)
    }

    func contents(of register: ATARegister, previous: Bool) -> UInt8 {
        func value(_ pair: ATAPair) -> UInt8 { previous ? pair.previous : pair.current }
        return switch register {
        case .features: state.error
        case .sectorCount: value(state.sectorCount)
        case .LBALow: value(state.LBALow)
        case .LBAMid: value(state.LBAMid)
        case .LBAHigh: value(state.LBAHigh)
        case .device: state.device
        case .data, .command: 0xFF
        }
    }

    func write(_ value: UInt8, to register: ATARegister) {
        switch register {
        case .features: state.features.write(value)
        case .sectorCount: state.sectorCount.write(value)
        case .LBALow: state.LBALow.write(value)
        case .LBAMid: state.LBAMid.write(value)
        case .LBAHigh: state.LBAHigh.write(value)
        case .device: state.device = value
        case .data, .command: break
        }
    }

    // MARK: Ends of commands

    /// The command ends well.
    func complete() {
        stopTransfer()
        state.error = 0
        state.status = ATAStatus([.DRDY, .DSC]).rawValue
        setInterrupt(true)
    }

    /// The command ends with ERR and `error`.
    func fail(_ error: ATAError, deviceFault: Bool = false) {
        onRequest?(request(failed: error))
        stopTransfer()
        state.error = error.rawValue
        state.status = ATAStatus(deviceFault ? [.DRDY, .DSC, .ERR, .DF] : [.DRDY, .DSC, .ERR]).rawValue
        setInterrupt(true)
    }

    func stopTransfer() {
        state.transfer = .none
        block.begin(count: 0)
    }

    /// The signature of an ATA device and diagnostic code 01h, no error (ATA/ATAPI-6, 9.12).
    private func presentSignature() {
        stopTransfer()
        state.sectorCount.set(1)
        state.LBALow.set(1)
        state.LBAMid.set(0)
        state.LBAHigh.set(0)
        state.device = 0
        state.error = 1
        state.status = ATAStatus([.DRDY, .DSC]).rawValue
    }
}

/// A byte as the manuals write it: 5Ah.
func hex(_ value: UInt8) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return (value < 0x10 ? "0" : "") + digits + "h"
}
