/// A command packet of 12 bytes, numbers with the high byte first (SPC-2, 4.3; MMC-3, chapter 6).
struct CommandPacket {
    static let length = 12
    private let bytes: [UInt8]

    /// `bytes` are 12.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    enum Operation: UInt8 {
        case testUnitReady = 0x00
        case requestSense = 0x03
        case inquiry = 0x12
        case modeSense6 = 0x1A
        case startStopUnit = 0x1B
        case preventAllowMediumRemoval = 0x1E
        case readCapacity = 0x25
        case read10 = 0x28
        case seek10 = 0x2B
        case readTOC = 0x43
        case getConfiguration = 0x46
        case getEventStatusNotification = 0x4A
        case readDiscInformation = 0x51
        case readTrackInformation = 0x52
        case modeSense10 = 0x5A
        case read12 = 0xA8
        case setCDSpeed = 0xBB
        case mechanismStatus = 0xBD
        case readCD = 0xBE

        var name: String {
            switch self {
            case .testUnitReady: "TEST UNIT READY"
            case .requestSense: "REQUEST SENSE"
            case .inquiry: "INQUIRY"
            case .modeSense6: "MODE SENSE(6)"
            case .startStopUnit: "START STOP UNIT"
            case .preventAllowMediumRemoval: "PREVENT ALLOW MEDIUM REMOVAL"
            case .readCapacity: "READ CAPACITY"
            case .read10: "READ(10)"
            case .seek10: "SEEK(10)"
            case .readTOC: "READ TOC/PMA/ATIP"
            case .getConfiguration: "GET CONFIGURATION"
            case .getEventStatusNotification: "GET EVENT STATUS NOTIFICATION"
            case .readDiscInformation: "READ DISC INFORMATION"
            case .readTrackInformation: "READ TRACK INFORMATION"
            case .modeSense10: "MODE SENSE(10)"
            case .read12: "READ(12)"
            case .setCDSpeed: "SET CD SPEED"
            case .mechanismStatus: "MECHANISM STATUS"
            case .readCD: "READ CD"
            }
        }

        /// A UNIT ATTENTION waits until another command comes (MMC-3, 4.1.6; SPC-2, 5.6.6).
        var ignoresAttention: Bool {
            [.inquiry, .requestSense, .getConfiguration, .getEventStatusNotification].contains(self)
        }

        /// It is about the medium.
        var needsMedium: Bool {
            switch self {
            case .testUnitReady, .readCapacity, .read10, .read12, .seek10, .readTOC, .readDiscInformation, .readTrackInformation,
                .readCD:
                true
            default: false
            }
        }
    }

    var operation: Operation? { Operation(rawValue: bytes[0]) }
    var code: UInt8 { bytes[0] }
    var name: String { operation?.name ?? hex(code) }

    func byte(_ index: Int) -> UInt8 { bytes[index] }
    func word(_ index: Int) -> Int { Int(bytes[index]) << 8 | Int(bytes[index + 1]) }
    func long(_ index: Int) -> UInt64 { UInt64(word(index)) << 16 | UInt64(word(index + 2)) }

    /// First block and number of blocks of a command that reads.
    var range: (first: UInt64, count: UInt64)? {
        switch operation {
        case .read10: (long(2), UInt64(word(7)))
        case .read12: (long(2), long(6))
        case .readCD: (long(2), UInt64(bytes[6]) << 16 | UInt64(word(7)))
        default: nil
        }
    }
}
