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
    let drives: [ATADrive?]
    private let diagnostics: (any DiagnosticSink)?
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
        drives = [master, slave].enumerated().map { number, store in
            guard let store, store.sectorCount > 0 else { return nil }
            let identity = ATAIdentity(serial: "SWEMU-\(name.uppercased())-\(number)", deviceNumber: number)
            return ATADrive(store: store, identity: identity, clock: clock) { message in
                diagnostics?.report(Diagnostic(chip: "ATA", message: "\(name) drive \(number): \(message)"))
            }
        }
        for drive in drives { drive?.interruptChanged = { [unowned self] in updateInterrupt() } }
        reset()
    }

    public func reset() {
        (selected, control) = (0, 0)
        for drive in drives { drive?.beginReset(hardware: true) }
        updateInterrupt()
    }

    public var state: State {
        get { State(selected: selected, control: control, master: drives[0]?.state, slave: drives[1]?.state) }
        set {
            selected = newValue.selected & 1
            control = newValue.control
            for (drive, state) in [(drives[0], newValue.master), (drives[1], newValue.slave)] {
                guard let drive, let state, state.isWellFormed else { continue }
                drive.state = state
                drive.rescheduleAfterRestore()
            }
            updateInterrupt()
        }
    }

    private func updateInterrupt() {
        let enabled = !ATADeviceControl(rawValue: control).contains(.nIEN)
        INTRQ.set(enabled && drives[selected]?.state.interruptPending == true)
    }

    // MARK: Reading

    public func read(offset: Int) -> UInt8 {
        switch offset {
        case 0:
            report("8-bit read of the data register; the high byte is lost")
            return UInt8(truncatingIfNeeded: read(offset: 0, width: .word))
        case ATARegister.status.rawValue:
            drives[selected]?.setInterrupt(false)
            return peek(offset: offset)
        default:
            return peek(offset: offset)
        }
    }

    public func peek(offset: Int) -> UInt8 {
        guard let other = drives[selected] ?? drives[1 - selected] else { return 0xFF }
        if offset == ATARegister.status.rawValue || offset == 8 { return drives[selected]?.state.status ?? 0 }
        // Only a device 0 answers for an absent device 1 (9.16).
        guard drives[selected] != nil || selected == 1 else { return 0 }
        let state = other.state
        if state.status & ATAStatus.BSY.rawValue != 0 { return state.status }
        let previous = ATADeviceControl(rawValue: control).contains(.HOB)
        func value(_ pair: ATAPair) -> UInt8 { previous ? pair.previous : pair.current }
        switch ATARegister(rawValue: offset) {
        case .features: return state.error
        case .sectorCount: return value(state.sectorCount)
        case .LBALow: return value(state.LBALow)
        case .LBAMid: return value(state.LBAMid)
        case .LBAHigh: return value(state.LBAHigh)
        case .device: return state.device & 0x4F | 0xA0 | UInt8(selected) << 4
        default: return 0xFF
        }
    }

    public func read(offset: Int, width: AccessWidth) -> UInt32 {
        guard offset == 0, width != .byte else { return splitRead(offset, width) }
        var value = width.mask
        guard let drive = drives[selected] else { return drives[1 - selected] == nil ? value : 0 }
        let moved = withUnsafeMutableBytes(of: &value) {
            drive.readData(into: UnsafeMutableRawBufferPointer(rebasing: $0[0..<width.rawValue]))
        }
        if moved == 0 { report("data register read while the drive offers no data") }
        return UInt32(littleEndian: value)
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
        guard let drive = drives[selected] else { return }
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
        guard let drive = drives[selected] else { return }
        let moved = withUnsafeBytes(of: value.littleEndian) {
            drive.writeData(from: UnsafeRawBufferPointer(rebasing: $0[0..<width.rawValue]))
        }
        if moved == 0 { report("data register written while the drive wants no data; lost") }
    }

    // MARK: Bulk transfers

    /// What a string of reads of the data register returns: fills as much of `buffer` as the current DRQ block has, and counts
    /// the bytes. The rest of a longer string must go through `read(offset:width:)`, after the block's end has been dealt with.
    public func readData(into buffer: UnsafeMutableRawBufferPointer) -> Int { drives[selected]?.readData(into: buffer) ?? 0 }

    /// The same for writes: bytes taken from the front of `buffer`.
    public func writeData(from buffer: UnsafeRawBufferPointer) -> Int { drives[selected]?.writeData(from: buffer) ?? 0 }

    private func report(_ message: String) {
        diagnostics?.report(Diagnostic(chip: "ATA", message: "\(name): \(message)"))
    }
}
