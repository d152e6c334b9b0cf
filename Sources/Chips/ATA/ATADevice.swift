/// A device at one of the two places of an `ATAChannel`.
protocol ATADevice: AnyObject {
    /// The Status register.
    var status: UInt8 { get }
    var isInterruptPending: Bool { get set }
    /// Tells the channel that `isInterruptPending` has changed.
    var interruptChanged: () -> Void { get set }
    /// Hears each command, and again when one fails.
    var onRequest: ((ATARequest) -> Void)? { get set }

    /// The register as it is read; `previous` is what HOB asks for.
    func contents(of register: ATARegister, previous: Bool) -> UInt8
    func write(_ value: UInt8, to register: ATARegister)
    /// Tells whether the command register can be written with this now.
    func accepts(command: UInt8) -> Bool
    func write(command: UInt8)

    /// While SRST is set the device stays busy.
    func holdInReset()
    /// The end of SRST, or power-on and the RESET line.
    func beginReset(hardware: Bool)

    var block: ATABlock { get }
    /// The host may read the block through the data register, or write it.
    var offersData: Bool { get }
    var wantsData: Bool { get }
    /// DMARQ: the device waits for a bus master to move the block, which is memory's to read (`offersDMA`) or to fill (`wantsDMA`).
    var offersDMA: Bool { get }
    var wantsDMA: Bool { get }
    /// Tells the channel that one of them became true.
    var dmaRequested: () -> Void { get set }
    /// The host has moved all of it.
    func blockWasRead()
    func blockWasWritten()

    // Required, so that each device has its own: a word took 13 ns more where the channel called the ones below for any device.
    /// The next word for the host; nil when the device offers none.
    func readWord() -> UInt16?
    /// False when the device wants no data.
    func writeWord(_ word: UInt16) -> Bool
}

/// The power modes of ATA/ATAPI-6.
enum ATAPowerMode: UInt8, Codable, Sendable { case active, idle, standby, sleep }

extension ATADevice {
    /// BSY or DRQ is set: registers cannot be written.
    var isBusy: Bool { status & (ATAStatus.BSY.rawValue | ATAStatus.DRQ.rawValue) != 0 }

    func accepts(command: UInt8) -> Bool { !isBusy }

    func setInterrupt(_ pending: Bool) {
        guard isInterruptPending != pending else { return }
        isInterruptPending = pending
        interruptChanged()
    }

    // MARK: The data register

    @inline(__always) func readWord() -> UInt16? {
        guard offersData, let word = block.nextWord() else { return nil }
        if block.isFinished { blockWasRead() }
        return word
    }

    @inline(__always) func writeWord(_ word: UInt16) -> Bool {
        guard wantsData, block.putWord(word) else { return false }
        if block.isFinished { blockWasWritten() }
        return true
    }
}
