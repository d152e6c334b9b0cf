import Wiring

@testable import Chips

extension ATAHost {
    /// A host whose channel has a CD-ROM drive with these discs, the first of them in it; its UNIT ATTENTION of power-on has been heard.
    convenience init(discs: [ATATestStore], inserted: Int? = 0, slave: ATATestStore? = nil) {
        self.init(master: nil, slave: slave, cdrom: CDROMMedia(stores: discs, inserted: inserted))
        _ = packet([0x03, 0, 0, 0, 18])
    }

    /// What a packet command came to.
    struct Outcome: Equatable {
        var data: [UInt8] = []
        /// Byte counts of the DRQ blocks.
        var counts: [Int] = []
        var status: UInt8 = 0
        var error: UInt8 = 0
        /// The Interrupt Reason register at the end.
        var reason: UInt8 = 0
    }

    /// Carries out a packet command as a driver with interrupts does (ATA/ATAPI-6, 9.8).
    func packet(_ bytes: [UInt8], limit: UInt16 = 0xFFFE, features: UInt8 = 0) -> Outcome {
        set(6, 0xA0)
        set(1, features)
        set(4, UInt8(truncatingIfNeeded: limit))
        set(5, UInt8(truncatingIfNeeded: limit >> 8))
        set(7, 0xA0)
        wait()
        if alternateStatus & 0x08 != 0 { writeWords(bytes + [UInt8](repeating: 0, count: 12 - bytes.count)) }
        var outcome = Outcome()
        wait()
        while status & 0x08 != 0, outcome.counts.count < 10_000 {
            let count = Int(register(4)) | Int(register(5)) << 8
            outcome.counts.append(count)
            outcome.data += readWords((count + 1) / 2).prefix(count)
            wait()
        }
        (outcome.status, outcome.error, outcome.reason) = (alternateStatus, error, register(2))
        return outcome
    }

    /// READ(10).
    func readBlocks(_ first: UInt32, _ count: UInt16, limit: UInt16 = 0xFFFE) -> Outcome {
        let address = (0..<4).map { UInt8(truncatingIfNeeded: first >> (24 - 8 * UInt32($0))) }
        return packet([0x28, 0] + address + [0, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)], limit: limit)
    }

    /// Sense key, ASC and ASCQ by REQUEST SENSE.
    var sense: [UInt8] {
        let data = packet([0x03, 0, 0, 0, 18]).data
        return data.count == 18 ? [data[2], data[12], data[13]] : []
    }

    /// What GET EVENT STATUS NOTIFICATION tells of the media class: event and status.
    var mediaEvent: [UInt8] { Array(packet([0x4A, 1, 0, 0, 0x10, 0, 0, 0, 8]).data.suffix(4).prefix(2)) }

    var testUnitReady: Outcome { packet([0]) }
}
