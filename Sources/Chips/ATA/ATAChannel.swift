import Wiring

/// An ATA host adapter: one channel with up to two drives, disks or a CD-ROM drive (ATA/ATAPI-6, T13/1410D). As on the ISA bus PIO only; or with a
/// bus master beside it (`ATABusMaster`) multiword DMA, too.
///
/// Offsets 0 to 7 are the command block (data, error/features, sector count, LBA low, mid, high, device, status/command),
/// offset 8 is the control block (alternate status/device control).
/// A drive that is absent reads as the standard says for the device that is there (9.16): status 00h, other registers those of
/// the other drive. Without any drive nothing drives the bus: FFh, and beside a bus master 7Fh, because its host pulls DD7 down so that nobody
/// waits for a busy drive that is none (ATA/ATAPI-6, on DD7).
/// Not emulated: Ultra DMA and queued commands, SMART, security, host protected area settings, drive address register (3F7h).
public final class ATAChannel: Chip, PortDevice {
    public let name: String
    /// INTRQ of the selected drive.
    public let INTRQ = Wire()
    private let master: (any ATADevice)?
    private let slave: ATADrive?
    /// The master, when it is a CD-ROM drive.
    private let cdrom: CDROMDrive?
    private let diagnostics: (any DiagnosticSink)?
    /// Hears each command that a drive is given, and again when it fails; for logs.
    public var onRequest: ((ATARequest) -> Void)? {
        didSet {
            for drive in drives {
                drive?.onRequest = onRequest.map { hear in
                    { [name] request in
                        var request = request
                        request.channel = name
                        hear(request)
                    }
                }
            }
        }
    }
    /// Hears that a drive waits for the bus master.
    var onDMARequest: (() -> Void)?
    /// The byte that a bus without drives reads as.
    private let floating: UInt8
    private var selected = 0
    private var control: UInt8 = 0

    /// Everything the channel and its drives remember. A state belongs to a channel with the same drives present.
    public struct State: Codable, Equatable, Sendable {
        var selected: Int
        var control: UInt8
        var master: ATADrive.State?
        var slave: ATADrive.State?
        var cdrom: CDROMDrive.State?
    }

    /// A channel with the given disks as drive 0 and drive 1. An empty store counts as no drive. With `cdrom` drive 0 is a CD-ROM
    /// drive in place of `master`.
    public init(
        name: String, clock: Clock, master: (any BlockStore)?, slave: (any BlockStore)?, cdrom: CDROMMedia? = nil,
        hasDMA: Bool = false, diagnostics: (any DiagnosticSink)? = nil
    ) {
        self.name = name
        self.diagnostics = diagnostics
        floating = hasDMA ? 0x7F : 0xFF
        func drive(_ number: Int, _ store: (any BlockStore)?) -> ATADrive? {
            guard let store, store.sectorCount > 0 else { return nil }
            let identity = ATAIdentity(serial: "SWEMU-\(name.uppercased())-\(number)", deviceNumber: number)
            return ATADrive(store: store, identity: identity, clock: clock, hasDMA: hasDMA) { message in
                diagnostics?.report(Diagnostic(chip: "ATA", message: "\(name) drive \(number): \(message)"))
            }
        }
        self.cdrom = cdrom.map { media in
            CDROMDrive(media, serial: "SWEMU-\(name.uppercased())-CD", clock: clock, hasDMA: hasDMA) { message in
                diagnostics?.report(Diagnostic(chip: "ATA", message: "\(name) CD-ROM drive: \(message)"))
            }
        }
        self.master = self.cdrom ?? drive(0, master)
        self.slave = drive(1, slave)
        for drive in drives {
            drive?.interruptChanged = { [unowned self] in updateInterrupt() }
            drive?.dmaRequested = { [unowned self] in onDMARequest?() }
        }
        reset()
    }

    public func reset() {
        (selected, control) = (0, 0)
        for drive in drives { drive?.beginReset(hardware: true) }
        updateInterrupt()
    }

    private var drives: [(any ATADevice)?] { [master, slave] }
    private var selectedDrive: (any ATADevice)? { selected == 0 ? master : slave }
    private var otherDrive: (any ATADevice)? { selected == 0 ? slave : master }

    public var state: State {
        get {
            State(
                selected: selected, control: control, master: (master as? ATADrive)?.snapshot, slave: slave?.snapshot,
                cdrom: cdrom?.snapshot)
        }
        set {
            selected = newValue.selected & 1
            control = newValue.control
            if let state = newValue.master { (master as? ATADrive)?.snapshot = state }
            if let state = newValue.slave { slave?.snapshot = state }
            if let state = newValue.cdrom { cdrom?.snapshot = state }
            updateInterrupt()
        }
    }

    private func updateInterrupt() {
        let enabled = !ATADeviceControl(rawValue: control).contains(.nIEN)
        INTRQ.set(enabled && selectedDrive?.isInterruptPending == true)
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
            return drive.status
        default:
            return peek(offset: offset)
        }
    }

    /// The alternate status; the status, when there is no interrupt that reading it would take back.
    public func isSteady(offset: Int) -> Bool {
        offset == 8 || (offset == ATARegister.status.rawValue && selectedDrive?.isInterruptPending != true)
    }

    public func peek(offset: Int) -> UInt8 {
        guard let answering = selectedDrive ?? otherDrive else { return floating }
        if offset == ATARegister.status.rawValue || offset == 8 { return selectedDrive?.status ?? 0 }
        // Only a device 0 answers for an absent device 1 (9.16), and a packet device not with its signature.
        guard selectedDrive != nil || (selected == 1 && cdrom == nil) else { return 0 }
        if answering.status & ATAStatus.BSY.rawValue != 0 { return answering.status }
        guard let register = ATARegister(rawValue: offset), register != .data else { return 0xFF }
        let value = answering.contents(of: register, previous: ATADeviceControl(rawValue: control).contains(.HOB))
        return register == .device ? value & 0x4F | 0xA0 | UInt8(selected) << 4 : value
    }

    public func read(offset: Int, width: AccessWidth) -> UInt32 {
        guard offset == 0, width != .byte else { return splitRead(offset, width) }
        guard let drive = selectedDrive else { return otherDrive == nil ? width.mask & (0xFFFF_FF00 | UInt32(floating)) : 0 }
        guard let low = drive.readWord() else {
            report("data register read while the drive offers no data", unit: "reads of nothing")
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
            if let register = ATARegister(rawValue: offset) { drive.write(value, to: register) }
        }
        guard offset == ATARegister.device.rawValue else {
            if selectedDrive?.isBusy == true {
                report("a register is written while BSY or DRQ is set; the drive does not hear it", unit: "writes lost")
            }
            return
        }
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
        guard drive.accepts(command: value) else {
            return report("command \(hex(value)) written while BSY or DRQ is set; ignored", unit: "commands lost")
        }
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
            return report("data register written while the drive wants no data; lost", unit: "writes lost")
        }
        if width == .doubleword { _ = drive.writeWord(UInt16(truncatingIfNeeded: value >> 16)) }
    }

    // MARK: DMA

    /// The drive at DMARQ, if there is one, and whether it is memory that is to be written.
    var dmaRequest: (device: any ATADevice, toMemory: Bool)? {
        for drive in drives {
            if let drive, drive.offersDMA { return (drive, true) }
            if let drive, drive.wantsDMA { return (drive, false) }
        }
        return nil
    }

    // MARK: Media

    /// The CD-ROM drive as seen from outside; nil without one.
    public var cdromTray: CDROMTray? { cdrom?.tray }

    /// Somebody puts medium `number` into the CD-ROM drive and closes the tray, or with nil presses the button and takes out what is in
    /// it. A drive that the guest has locked only tells the guest of the wish.
    public func changeMedium(to number: Int?) { cdrom?.changeMedium(to: number) }

    // MARK: Bulk transfers

    public func readString(offset: Int, width: AccessWidth, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard offset == 0, width != .byte, let drive = selectedDrive, drive.offersData else { return 0 }
        // The read that ends the block has to come at its time: the drive does something then.
        let count = min(buffer.count, drive.block.remaining - width.rawValue)
        guard count > 0 else { return 0 }
        return drive.block.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count & ~(width.rawValue - 1))]))
    }

    private func report(_ message: String, unit: String? = nil) {
        diagnostics?.report(Diagnostic(chip: "ATA", message: "\(name): \(message)", unit: unit))
    }
}
