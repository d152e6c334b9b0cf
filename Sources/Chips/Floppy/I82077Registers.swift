/// Digital Output Register, offset 2 (82077AA datasheet, 2.1.2).
struct I82077DOR: OptionSet {
    let rawValue: UInt8
    /// RESET#: 0 holds the controller in reset.
    static let RESET = Self(rawValue: 0x04)
    /// DMAGATE#: 1 lets INT and DRQ out.
    static let DMAGATE = Self(rawValue: 0x08)

    /// The drive that is selected.
    var drive: Int { Int(rawValue & 3) }
    func isMotorOn(_ drive: Int) -> Bool { rawValue >> UInt8(4 + drive & 7) & 1 != 0 }
}

/// Main Status Register, offset 4 (2.1.4). Bits 0 to 3: the drive is seeking.
struct I82077MSR: OptionSet {
    let rawValue: UInt8
    /// CMD BSY: a command is in progress.
    static let CB = Self(rawValue: 0x10)
    /// NON-DMA: the execution phase of a command that goes without DMA.
    static let NDM = Self(rawValue: 0x20)
    /// 1: the host reads.
    static let DIO = Self(rawValue: 0x40)
    /// The host may access the FIFO.
    static let RQM = Self(rawValue: 0x80)
}

/// Status Register 0 (8.1). Bits 1-0 are the drive, bit 2 the head.
struct I82077ST0: OptionSet {
    let rawValue: UInt8
    static let EC = Self(rawValue: 0x10)
    static let SE = Self(rawValue: 0x20)
    /// IC: what became of the command.
    static let abnormal = Self(rawValue: 0x40)
    static let invalid = Self(rawValue: 0x80)
    static let pollChange = Self(rawValue: 0xC0)
}

/// Status Register 1 (8.2).
struct I82077ST1: OptionSet {
    let rawValue: UInt8
    /// Missing Address mark.
    static let MA = Self(rawValue: 0x01)
    /// Not Writable.
    static let NW = Self(rawValue: 0x02)
    /// No Data: the sector is not on the track.
    static let ND = Self(rawValue: 0x04)
    /// Overrun.
    static let OR = Self(rawValue: 0x10)
    /// Data Error.
    static let DE = Self(rawValue: 0x20)
    /// End of Cylinder.
    static let EN = Self(rawValue: 0x80)
}

/// Status Register 2 (8.3).
struct I82077ST2: OptionSet {
    let rawValue: UInt8
    /// Bad Cylinder.
    static let BC = Self(rawValue: 0x02)
    /// Scan Not Satisfied.
    static let SN = Self(rawValue: 0x04)
    /// Scan Equal Hit.
    static let SH = Self(rawValue: 0x08)
    /// Wrong Cylinder.
    static let WC = Self(rawValue: 0x10)
    /// Data Error in Data Field.
    static let DD = Self(rawValue: 0x20)
    /// Control Mark.
    static let CM = Self(rawValue: 0x40)
}

/// The second byte of CONFIGURE (6.2.7).
struct I82077Configuration: OptionSet {
    let rawValue: UInt8
    static let FIFOTHR = Self(rawValue: 0x0F)
    /// 1: no polling of the drives, so no interrupt after a reset.
    static let POLL = Self(rawValue: 0x10)
    /// 1: no FIFO.
    static let EFIFO = Self(rawValue: 0x20)
    /// Implied seeks.
    static let EIS = Self(rawValue: 0x40)
}

/// The commands (chapter 5, table 5-1), by their first byte.
enum I82077Command: CaseIterable {
    case readData, readDeletedData, writeData, writeDeletedData, readTrack, verify, version, formatTrack
    case scanEqual, scanLowOrEqual, scanHighOrEqual
    case recalibrate, senseInterruptStatus, specify, senseDriveStatus, seek, relativeSeek, configure, dumpreg, readID
    case perpendicularMode, lock

    /// The bits that name the command, those of them that are compared, and the length of the command phase.
    private var encoding: (code: UInt8, mask: UInt8, length: Int) {
        switch self {
        case .readData: (0x06, 0x1F, 9)
        case .readDeletedData: (0x0C, 0x1F, 9)
        case .writeData: (0x05, 0x3F, 9)
        case .writeDeletedData: (0x09, 0x3F, 9)
        case .readTrack: (0x02, 0xBF, 9)
        case .verify: (0x16, 0x1F, 9)
        case .version: (0x10, 0xFF, 1)
        case .formatTrack: (0x0D, 0xBF, 6)
        case .scanEqual: (0x11, 0x1F, 9)
        case .scanLowOrEqual: (0x19, 0x1F, 9)
        case .scanHighOrEqual: (0x1D, 0x1F, 9)
        case .recalibrate: (0x07, 0xFF, 2)
        case .senseInterruptStatus: (0x08, 0xFF, 1)
        case .specify: (0x03, 0xFF, 3)
        case .senseDriveStatus: (0x04, 0xFF, 2)
        case .seek: (0x0F, 0xFF, 3)
        case .relativeSeek: (0x8F, 0xBF, 3)
        case .configure: (0x13, 0xFF, 4)
        case .dumpreg: (0x0E, 0xFF, 1)
        case .readID: (0x0A, 0xBF, 2)
        case .perpendicularMode: (0x12, 0xFF, 2)
        case .lock: (0x14, 0x7F, 1)
        }
    }

    /// Nil for what the 82077AA answers with 80h.
    init?(code: UInt8) {
        guard let command = Self.allCases.first(where: { code & $0.encoding.mask == $0.encoding.code }) else { return nil }
        self = command
    }

    /// Bytes of the command phase.
    var length: Int { encoding.length }

    /// The command's use of the sectors it meets.
    enum Transfer { case toHost, toDevice, none }
    var transfer: Transfer {
        switch self {
        case .readData, .readDeletedData, .readTrack: .toHost
        case .writeData, .writeDeletedData, .formatTrack, .scanEqual, .scanLowOrEqual, .scanHighOrEqual: .toDevice
        default: .none
        }
    }

    var isScan: Bool { [.scanEqual, .scanLowOrEqual, .scanHighOrEqual].contains(self) }
    var writes: Bool { [.writeData, .writeDeletedData, .formatTrack].contains(self) }
    /// The commands whose data marks have to be the deleted ones.
    var wantsDeletedMark: Bool { self == .readDeletedData }
}
