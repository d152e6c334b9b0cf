/// What an `ATAChannel` asks of the device at one of its two places.
protocol ATADevice: AnyObject {
    /// BSY or DRQ is set: registers cannot be written.
    var isBusy: Bool { get }
    /// The Status register.
    var status: UInt8 { get }
    var isInterruptPending: Bool { get }
    func setInterrupt(_ pending: Bool)
    /// Tells the channel that `isInterruptPending` has changed.
    var interruptChanged: () -> Void { get set }
    /// Hears each command, and again when one fails.
    var onRequest: ((ATARequest) -> Void)? { get set }

    /// The register as it is read; `previous` is what HOB asks for.
    func contents(of register: ATARegister, previous: Bool) -> UInt8
    func write(_ value: UInt8, to register: ATARegister)
    /// Whether the command register can be written with this now.
    func accepts(command: UInt8) -> Bool
    func write(command: UInt8)

    /// While SRST is set the device stays busy.
    func holdInReset()
    /// The end of SRST, or power-on and the RESET line.
    func beginReset(hardware: Bool)

    /// The next word for the host; nil when the device offers none.
    func readWord() -> UInt16?
    /// False when the device wants no data.
    func writeWord(_ word: UInt16) -> Bool
    /// As much as `buffer` and the DRQ block have. Counts bytes moved.
    func readData(into buffer: UnsafeMutableRawBufferPointer) -> Int
    func writeData(from buffer: UnsafeRawBufferPointer) -> Int
}

extension ATADevice {
    func accepts(command: UInt8) -> Bool { !isBusy }
}
