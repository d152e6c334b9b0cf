/// A command that a drive was given, or its bad end; for whoever listens with `ATAChannel.onRequest`.
public struct ATARequest: Equatable, Sendable {
    /// Filled in by the channel.
    public internal(set) var channel = ""
    /// 0 or 1.
    public let drive: Int
    /// The command as the standard names it: "READ SECTOR(S)", "PACKET READ(10)".
    public let command: String
    /// First sector, where the command has one and the drive's translation knows it; of 2048 bytes in packets.
    public let sector: UInt64?
    /// Sectors, where the command moves or verifies some.
    public let count: UInt64?
    /// The error register's bits by name, or a packet's sense, when this is the end of a command that failed.
    public let error: String?
}

extension ATADrive {
    /// The command that the registers hold now.
    func request(failed error: ATAError?) -> ATARequest {
        let command = ATACommand(code: state.command)
        var (sector, count): (UInt64?, UInt64?)
        if error != nil {
            sector = command.addressing == nil ? nil : state.nextSector
        } else if let addressing = command.addressing {
            sector = address(addressing)
            let short = UInt64(state.sectorCount.current)
            let long = UInt64(state.sectorCount.previous) << 8 | short
            count = addressing == .short ? (short == 0 ? 256 : short) : (long == 0 ? 65536 : long)
        }
        return ATARequest(
            drive: identity.deviceNumber, command: command.name(code: state.command), sector: sector,
            count: count,
            error: error.map { $0.names(writing: state.transfer == .toDevice) })
    }
}

extension ATACommand {
    /// The command's way of addressing the sectors that it moves or verifies; nil for commands without.
    var addressing: Addressing? {
        switch self {
        case .readSectors(let addressing), .readMultiple(let addressing), .writeSectors(let addressing),
            .writeMultiple(let addressing), .readDMA(let addressing), .writeDMA(let addressing),
            .readVerify(let addressing):
            addressing
        default: nil
        }
    }

    /// The name in ATA/ATAPI-6, chapter 8.
    func name(code: UInt8) -> String {
        func long(_ name: String, _ addressing: Addressing) -> String { addressing == .extended ? name + " EXT" : name }
        return switch self {
        case .nop: "NOP"
        case .recalibrate: "RECALIBRATE"
        case .readSectors(let addressing): long("READ SECTOR(S)", addressing)
        case .readMultiple(let addressing): long("READ MULTIPLE", addressing)
        case .writeSectors(let addressing): long("WRITE SECTOR(S)", addressing)
        case .writeMultiple(let addressing): long("WRITE MULTIPLE", addressing)
        case .readDMA(let addressing): long("READ DMA", addressing)
        case .writeDMA(let addressing): long("WRITE DMA", addressing)
        case .readVerify(let addressing): long("READ VERIFY SECTOR(S)", addressing)
        case .seek: "SEEK"
        case .executeDeviceDiagnostic: "EXECUTE DEVICE DIAGNOSTIC"
        case .initializeDeviceParameters: "INITIALIZE DEVICE PARAMETERS"
        case .setMultipleMode: "SET MULTIPLE MODE"
        case .standbyImmediate: "STANDBY IMMEDIATE"
        case .idleImmediate: "IDLE IMMEDIATE"
        case .standby: "STANDBY"
        case .idle: "IDLE"
        case .checkPowerMode: "CHECK POWER MODE"
        case .sleep: "SLEEP"
        case .readBuffer: "READ BUFFER"
        case .writeBuffer: "WRITE BUFFER"
        case .flushCache(let addressing): long("FLUSH CACHE", addressing)
        case .identifyDevice: "IDENTIFY DEVICE"
        case .setFeatures: "SET FEATURES"
        case .readNativeMaxAddress(let addressing): long("READ NATIVE MAX ADDRESS", addressing)
        case .unimplemented(let name): name
        case .optional, .unknown: "command \(hex(code))"
        }
    }
}

extension ATAError {
    /// "IDNF", "UNC ABRT".
    func names(writing: Bool) -> String {
        let all: [(ATAError, String)] = [(.UNC, writing ? "WP" : "UNC"), (.IDNF, "IDNF"), (.ABRT, "ABRT")]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: " ")
    }
}
