/// The commands that an ATA drive without the PACKET feature set answers, by their codes in ATA/ATAPI-6, table 14 (and, for the
/// codes that ATA-1 had twice, ATA-1 table 8). Everything else ends in ABRT.
enum ATACommand: Equatable {
    /// The reach of the address: the 28-bit commands take CHS or LBA by the Device register, the EXT commands 48-bit LBA.
    enum Addressing: Equatable { case short, extended }

    case nop
    case recalibrate
    case readSectors(Addressing)
    case readMultiple(Addressing)
    case writeSectors(Addressing)
    case writeMultiple(Addressing)
    /// Aborted by a drive on a channel without DMA.
    case readDMA(Addressing)
    case writeDMA(Addressing)
    case readVerify(Addressing)
    case seek
    case executeDeviceDiagnostic
    case initializeDeviceParameters
    case setMultipleMode
    case standbyImmediate, idleImmediate, standby, idle, checkPowerMode, sleep
    case readBuffer, writeBuffer
    case flushCache(Addressing)
    case identifyDevice
    case setFeatures
    case readNativeMaxAddress(Addressing)
    /// Answered with ABRT as a drive without the feature does; drivers ask on purpose, so it is no surprise.
    case optional
    /// Answered with ABRT although many drives have it.
    case unimplemented(String)
    /// Not a command of the standard.
    case unknown

    init(code: UInt8) {
        switch code {
        case 0x00: self = .nop
        case 0x08, 0xA0, 0xA1: self = .optional  // DEVICE RESET, PACKET, IDENTIFY PACKET DEVICE: ATAPI devices only
        case 0x10...0x1F: self = .recalibrate
        case 0x20, 0x21: self = .readSectors(.short)
        case 0x22, 0x23: self = .unimplemented("READ LONG")
        case 0x24: self = .readSectors(.extended)
        case 0x25: self = .readDMA(.extended)
        case 0x27: self = .readNativeMaxAddress(.extended)
        case 0x29: self = .readMultiple(.extended)
        case 0x30, 0x31: self = .writeSectors(.short)
        case 0x32, 0x33: self = .unimplemented("WRITE LONG")
        case 0x34: self = .writeSectors(.extended)
        case 0x35: self = .writeDMA(.extended)
        case 0x37: self = .unimplemented("SET MAX ADDRESS EXT")
        case 0x39: self = .writeMultiple(.extended)
        case 0x3C: self = .unimplemented("WRITE VERIFY")
        case 0x40, 0x41: self = .readVerify(.short)
        case 0x42: self = .readVerify(.extended)
        case 0x50: self = .unimplemented("FORMAT TRACK")
        case 0x70...0x7F: self = .seek
        case 0x90: self = .executeDeviceDiagnostic
        case 0x91: self = .initializeDeviceParameters
        case 0x92: self = .unimplemented("DOWNLOAD MICROCODE")
        case 0x94, 0xE0: self = .standbyImmediate
        case 0x95, 0xE1: self = .idleImmediate
        case 0x96, 0xE2: self = .standby
        case 0x97, 0xE3: self = .idle
        case 0x98, 0xE5: self = .checkPowerMode
        case 0x99, 0xE6: self = .sleep
        case 0xB0, 0xB1, 0x2F: self = .optional  // SMART, DEVICE CONFIGURATION, READ LOG EXT
        case 0xC4: self = .readMultiple(.short)
        case 0xC5: self = .writeMultiple(.short)
        case 0xC6: self = .setMultipleMode
        case 0xC7, 0xCC: self = .unimplemented("DMA QUEUED")
        case 0xC8, 0xC9: self = .readDMA(.short)
        case 0xCA, 0xCB: self = .writeDMA(.short)
        case 0xDA, 0xDE, 0xDF, 0xED: self = .optional  // media status: removable media only
        case 0xE4: self = .readBuffer
        case 0xE7: self = .flushCache(.short)
        case 0xE8: self = .writeBuffer
        case 0xEA: self = .flushCache(.extended)
        case 0xEC: self = .identifyDevice
        case 0xEF: self = .setFeatures
        case 0xF1...0xF6: self = .optional  // security
        case 0xF8: self = .readNativeMaxAddress(.short)
        case 0xF9: self = .unimplemented("SET MAX ADDRESS")
        default: self = .unknown
        }
    }
}
