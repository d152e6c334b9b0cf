/// The Status register (ATA/ATAPI-6, 7.15).
struct ATAStatus: OptionSet {
    let rawValue: UInt8
    static let ERR = ATAStatus(rawValue: 0x01)
    static let DRQ = ATAStatus(rawValue: 0x08)
    /// Seek complete; obsolete since ATA-4 and still set by drives.
    static let DSC = ATAStatus(rawValue: 0x10)
    static let DF = ATAStatus(rawValue: 0x20)
    static let DRDY = ATAStatus(rawValue: 0x40)
    static let BSY = ATAStatus(rawValue: 0x80)
}

/// The Error register (ATA/ATAPI-6, 7.9).
struct ATAError: OptionSet {
    let rawValue: UInt8
    static let ABRT = ATAError(rawValue: 0x04)
    static let IDNF = ATAError(rawValue: 0x10)
    /// On reads: the data could not be read.
    static let UNC = ATAError(rawValue: 0x40)
    /// On writes, the same bit: the medium is write-protected.
    static let WP = ATAError(rawValue: 0x40)
}

/// The Device Control register (ATA/ATAPI-6, 7.8).
struct ATADeviceControl: OptionSet {
    let rawValue: UInt8
    static let nIEN = ATADeviceControl(rawValue: 0x02)
    static let SRST = ATADeviceControl(rawValue: 0x04)
    static let HOB = ATADeviceControl(rawValue: 0x80)
}

/// The registers of the command block by their offset, as written; 0 and 7 are handled apart.
enum ATARegister: Int {
    case data, features, sectorCount, LBALow, LBAMid, LBAHigh, device, command

    /// The registers at these offsets when read: Error and Status.
    static let error = ATARegister.features
    static let status = ATARegister.command
}

/// A register of the command block that remembers its previous content, for 48-bit addresses.
struct ATAPair: Codable, Equatable, Sendable {
    var current: UInt8 = 0
    var previous: UInt8 = 0

    mutating func write(_ value: UInt8) {
        previous = current
        current = value
    }

    /// Both set by the device: after a reset or with an answer.
    mutating func set(_ value: UInt8) {
        current = value
        previous = 0
    }
}
