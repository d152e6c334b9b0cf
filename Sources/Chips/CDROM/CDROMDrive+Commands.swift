/// The ATA commands that a packet device answers (ATA/ATAPI-6, table 14); everything else ends in ABRT.
enum ATAPICommand: Equatable {
    case deviceReset, packet, identifyPacketDevice, executeDeviceDiagnostic, setFeatures
    case standbyImmediate, idleImmediate, checkPowerMode, sleep
    /// Those by which a host finds out what the device is: aborted, with the signature in the registers.
    case identifyDevice, readSectors
    case other

    init(code: UInt8) {
        self =
            switch code {
            case 0x08: .deviceReset
            case 0x20: .readSectors
            case 0x90: .executeDeviceDiagnostic
            case 0xA0: .packet
            case 0xA1: .identifyPacketDevice
            case 0x94, 0xE0: .standbyImmediate
            case 0x95, 0xE1: .idleImmediate
            case 0x98, 0xE5: .checkPowerMode
            case 0x99, 0xE6: .sleep
            case 0xEC: .identifyDevice
            case 0xEF: .setFeatures
            default: .other
            }
    }

    func name(code: UInt8) -> String {
        switch self {
        case .deviceReset: "DEVICE RESET"
        case .packet: "PACKET"
        case .identifyPacketDevice: "IDENTIFY PACKET DEVICE"
        default: ATACommand(code: code).name(code: code)
        }
    }
}

extension CDROMDrive {
    /// DEVICE RESET is heard at any time (ATA/ATAPI-6, 8.10).
    func accepts(command: UInt8) -> Bool { !isBusy || ATAPICommand(code: command) == .deviceReset }

    func write(command: UInt8) {
        let decoded = ATAPICommand(code: command)
        guard state.powerMode != .sleep || decoded == .deviceReset else {
            return report("command \(hex(command)) to a sleeping drive; only a reset wakes it")
        }
        setInterrupt(false)
        state.command = command
        if decoded != .packet { tell(decoded.name(code: command)) }
        stopTransfer()
        guard decoded != .deviceReset else {
            state.powerMode = .active
            return begin(.reset, after: 20)
        }
        begin(.command, after: 5)
    }

    func tell(_ command: String, sector: UInt64? = nil, count: UInt64? = nil, error: String? = nil) {
        onRequest?(ATARequest(drive: 0, command: command, sector: sector, count: count, error: error))
    }

    func execute(_ command: ATAPICommand) {
        switch command {
        case .packet: beginPacket()
        case .identifyPacketDevice:
            block.begin(with: identity)
            state.phase = .identity
            presentBlock(interrupt: true)
        case .executeDeviceDiagnostic: begin(.diagnostic, after: 50)
        case .setFeatures:
            // Transfer mode: PIO default, or flow control modes 0 to 4; multiword DMA modes 0 to 2 where there is DMA.
            let modes: [UInt8] = [0x00, 0x01, 0x08, 0x09, 0x0A, 0x0B, 0x0C]
            let choosesDMA = hasDMA && (0x20...0x22).contains(state.interruptReason)
            guard state.features == 0x03, choosesDMA || modes.contains(state.interruptReason) else { return abort() }
            if choosesDMA { state.dmaMode = state.interruptReason }
            done()
        case .standbyImmediate: enter(.standby)
        case .idleImmediate: enter(.idle)
        case .sleep: enter(.sleep)
        case .checkPowerMode:
            state.interruptReason = state.powerMode == .standby ? 0x00 : state.powerMode == .idle ? 0x80 : 0xFF
            done()
        case .identifyDevice, .readSectors:
            putSignature()
            abort()
        case .deviceReset: begin(.reset, after: 20)
        case .other: abort()
        }
    }

    private func enter(_ mode: ATAPowerMode) {
        state.powerMode = mode
        done()
    }

    /// An ATA command ends well.
    private func done() {
        stopTransfer()
        state.error = 0
        state.status = ATAStatus([.DRDY, .DSC]).rawValue
        setInterrupt(true)
    }

    /// The command ends with ABRT.
    func abort() {
        tell(ATAPICommand(code: state.command).name(code: state.command), error: "ABRT")
        stopTransfer()
        state.error = ATAError.ABRT.rawValue
        state.status = ATAStatus([.DRDY, .DSC, .ERR]).rawValue
        setInterrupt(true)
    }

    /// The answer of IDENTIFY PACKET DEVICE (ATA/ATAPI-6, 8.16).
    private var identity: [UInt8] {
        var words = ATAIdentityWords()
        words[0] = 0x85C0  // packet device, CD-ROM, removable medium, DRQ within 50 µs of PACKET, packets of 12 bytes
        words.put(serial, at: 10, count: 10)
        words.put("1.0", at: 23, count: 4)
        words.put("SWEMU CD-ROM", at: 27, count: 20)
        words[49] = 0x0A00  // IORDY, LBA
        words[50] = 0x4000
        words[51] = 0x0200  // PIO mode 2 without IORDY
        words[53] = 0x0002  // words 64-70 are valid
        words[64] = 0x0003  // PIO modes 3 and 4
        words[67] = 120
        words[68] = 120
        words.putDMA(state.dmaMode)
        words[80] = 0x0070  // ATA/ATAPI-4 to ATA/ATAPI-6
        words[82] = 0x0218  // DEVICE RESET, PACKET, power management
        words[83] = 0x4000
        words[84] = 0x4000
        words[85] = 0x0218
        words[87] = 0x4000
        words[93] = 0x400B  // self-test passed, number by jumper
        words[125] = 0  // a byte count limit of 0 is aborted
        return words.block
    }
}
