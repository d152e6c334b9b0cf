import Wiring

/// An ATA host adapter as on the ISA bus: one channel with up to two drives, PIO only (ATA/ATAPI-6, T13/1410D).
///
/// Offsets 0 to 7 are the command block (data, error/features, sector count, LBA low, mid, high, device, status/command),
/// offset 8 is the control block (alternate status/device control).
/// A drive that is absent reads as the standard says for the device that is there (9.16): status 00h, other registers those of
/// the other drive. Without any drive nothing drives the bus: FFh.
/// Not emulated: DMA of any kind, SMART, security, host protected area settings, drive address register (3F7h).
public final class ATAChannel: Chip, PortDevice {
    public let name: String
    /// INTRQ of the selected drive.
    public let INTRQ = Wire()
    private let master: ATADrive?
    private let slave: ATADrive?
    private let diagnostics: (any DiagnosticSink)?
    /// Hears each command that a drive is given, and again when it fails; for logs.
    public var onRequest: ((ATARequest) -> Void)? {
        didSet {
            for drive in drives {
                drive?.onCommand = onRequest.map { hear in
                    { [name] drive, error in hear(drive.request(on: name, failed: error)) }
                }
            }
        }
    }
    private var selected = 0
    private var control: UInt8 = 0

    /// Everything the channel and its drives remember. A state belongs to a channel with the same drives present.
    public struct State: Codable, Equatable, Sendable {
        var selected: Int
        var control: UInt8
        var master: ATADrive.State?
        var slave: ATADrive.State?
    }

    /// A channel with the given disks as drive 0 and drive 1. An empty store counts as no drive.
    public init(
        name: String, clock: Clock, master: (any BlockStore)?, slave: (any BlockStore)?, diagnostics: (any DiagnosticSink)? = nil
    ) {
        self.name = name
        self.diagnostics = diagnostics
        func drive(_ number: Int, _ store: (any BlockStore)?) -> ATADrive? {
            guard let store, store.sectorCount > 0 else { return nil }
            let identity = ATAIdentity(serial: "SWEMU-\(name.uppercased())-\(number)", deviceNumber: number)
            return ATADrive(store: store, identity: identity, clock: clock) { message in
                diagnostics?.report(Diagnostic(chip: "ATA", message: "\(name) drive \(number): \(message)"))
            }
        }
        self.master = drive(0, master)
        self.slave = drive(1, slave)
        for drive in drives { drive?.interruptChanged = { [unowned self] in updateInterrupt() } }
        reset()
    }

    public func reset() {
        (selected, control) = (0, 0)
        for drive in drives { drive?.beginReset(hardware: true) }
        updateInterrupt()
    }

    private var drives: [ATADrive?] { [master, slave] }
    private var selectedDrive: ATADrive? { selected == 0 ? master : slave }
    private var otherDrive: ATADrive? { selected == 0 ? slave : master }

    public var state: State {
        get { State(selected: selected, control: control, master: master?.snapshot, slave: slave?.snapshot) }
        set {
            selected = newValue.selected & 1
            control = newValue.control
            if let state = newValue.master { master?.snapshot = state }
            if let state = newValue.slave { slave?.snapshot = state }
            updateInterrupt()
        }
    }

    private func updateInterrupt() {
        let enabled = !ATADeviceControl(rawValue: control).contains(.nIEN)
        INTRQ.set(enabled && selectedDrive?.state.interruptPending == true)
    }

    // MARK: Reading

    public func read(offset: Int) -> UInt8 {
        switch offset {
        case 0:
            report("8-bit read of the data register; the high byte is lost")
            return UInt8(truncatingIfNeeded: read(offset: 0, width: .word))
        case ATARegister.status.rawValue:
            guard let drive = selectedDrive else { return peek(offset: offset) }
            drive.setInterrupt(false)
            return drive.state.status
        default:
            return peek(offset: offset)
        }
    }

    /// The alternate status; the status, when there is no interrupt that reading it would take back.
    public func isSteady(offset: Int) -> Bool {
        offset == 8 || (offset == ATARegister.status.rawValue && selectedDrive?.state.interruptPending != true)
    }

    public func peek(offset: Int) -> UInt8 {
        guard let answering = selectedDrive ?? otherDrive else { return 0xFF }
        if offset == ATARegister.status.rawValue || offset == 8 { return selectedDrive?.state.status ?? 0 }
        // Only a device 0 answers for an absent device 1 (9.16).
        guard selectedDrive != nil || selected == 1 else { return 0 }
        if answering.state.status & ATAStatus.BSY.rawValue != 0 { return answering.state.status }
        let previous = ATADeviceControl(rawValue: control).contains(.HOB)
        func value(_ pair: ATAPair) -> UInt8 { previous ? pair.previous : pair.current }
        switch ATARegister(rawValue: offset) {
        case .features: return answering.state.error
        case .sectorCount: return value(answering.state.sectorCount)
        case .LBALow: return value(answering.state.LBALow)
        case .LBAMid: return value(answering.state.LBAMid)
        case .LBAHigh: return value(answering.state.LBAHigh)
        case .device: return answering.state.device & 0x4F | 0xA0 | UInt8(selected) << 4
        default: return 0xFF
        }
    }

    public func read(offset: Int, width: AccessWidth) -> UInt32 {
        guard offset == 0, width != .byte else { return splitRead(offset, width) }
        guard let drive = selectedDrive else { return otherDrive == nil ? width.mask : 0 }
        guard let low = drive.readWord() else {
            report("data register read while the drive offers no data")
            return width.mask
        }
        guard width == .doubleword else { return UInt32(low) }
        return UInt32(low) | UInt32(drive.readWord() ?? 0xFFFF) << 16
    }

    private func splitRead(_ offset: Int, _ width: AccessWidth) -> UInt32 {
        var value: UInt32 = 0
        for byte in 0..<width.rawValue { value |= UInt32(read(offset: offset + byte)) << UInt32(8 * byte) }
        return value
    }

    // MARK: Writing

    public func write(offset: Int, value: UInt8) {
        switch offset {
        case 0:
            report("8-bit write of the data register; the high byte is undefined")
            write(offset: 0, width: .word, value: UInt32(value))
        case 1...6: writeRegister(offset, value)
        case 7: writeCommand(value)
        case 8: writeControl(value)
        default: break
        }
    }

    /// Both drives hear the command block; one that is busy does not listen.
    private func writeRegister(_ offset: Int, _ value: UInt8) {
        control &= ~ATADeviceControl.HOB.rawValue
        for drive in drives {
            guard let drive, !drive.isBusy else { continue }
            switch ATARegister(rawValue: offset) {
            case .features: drive.state.features.write(value)
            case .sectorCount: drive.state.sectorCount.write(value)
            case .LBALow: drive.state.LBALow.write(value)
            case .LBAMid: drive.state.LBAMid.write(value)
            case .LBAHigh: drive.state.LBAHigh.write(value)
            default: drive.state.device = value
            }
        }
        guard offset == ATARegister.device.rawValue else { return }
        selected = Int(value >> 4 & 1)
        updateInterrupt()
    }

    private func writeCommand(_ value: UInt8) {
        control &= ~ATADeviceControl.HOB.rawValue
        if ATACommand(code: value) == .executeDeviceDiagnostic, !drives.contains(where: { $0?.isBusy == true }) {
            selected = 0
            for drive in drives { drive?.write(command: value) }
            return updateInterrupt()
        }
        guard let drive = selectedDrive else { return }
        guard !drive.isBusy else { return report("command \(hex(value)) written while BSY or DRQ is set; ignored") }
        drive.write(command: value)
    }

    private func writeControl(_ value: UInt8) {
        let wasReset = ATADeviceControl(rawValue: control).contains(.SRST)
        control = value
        if ATADeviceControl(rawValue: value).contains(.SRST) {
            for drive in drives {
                drive?.setInterrupt(false)
                drive?.holdInReset()
            }
        } else if wasReset {
            selected = 0
            for drive in drives { drive?.beginReset(hardware: false) }
        }
        updateInterrupt()
    }

    public func write(offset: Int, width: AccessWidth, value: UInt32) {
        guard offset == 0, width != .byte else {
            for byte in 0..<width.rawValue {
                write(offset: offset + byte, value: UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)))
            }
            return
        }
        guard let drive = selectedDrive else { return }
        guard drive.writeWord(UInt16(truncatingIfNeeded: value)) else {
            return report("data register written while the drive wants no data; lost")
        }
        if width == .doubleword { _ = drive.writeWord(UInt16(truncatingIfNeeded: value >> 16)) }
    }

    // MARK: Bulk transfers

    /// What a string of reads of the data register returns: fills as much of `buffer` as the current DRQ block has, and counts
    /// the bytes. The rest of a longer string must go through `read(offset:width:)`, after the block's end has been dealt with.
    public func readData(into buffer: UnsafeMutableRawBufferPointer) -> Int { selectedDrive?.readData(into: buffer) ?? 0 }

    /// The same for writes: bytes taken from the front of `buffer`.
    public func writeData(from buffer: UnsafeRawBufferPointer) -> Int { selectedDrive?.writeData(from: buffer) ?? 0 }

    private func report(_ message: String) {
        diagnostics?.report(Diagnostic(chip: "ATA", message: "\(name): \(message)"))
    }
}
