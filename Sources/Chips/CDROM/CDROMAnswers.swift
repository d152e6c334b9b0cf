/// The drive's answers about itself and its disc, in the formats of SPC-2 and MMC-3. Pure functions: bytes, high byte of a number first.
enum CDROMAnswers {
    /// Blocks beyond what any CD holds (99 minutes): then the disc is a DVD.
    private static let longestCD: UInt64 = 99 * 60 * 75

    private static func big(_ value: UInt64, bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    private static func text(_ text: String, _ count: Int) -> [UInt8] {
        Array((text + String(repeating: " ", count: count)).utf8.prefix(count))
    }

    /// CD-ROM device, removable medium, ATAPI as in SFF-8020i (SPC-2, 7.3).
    static let inquiry: [UInt8] =
        [0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0] + text("SWEMU", 8) + text("CD-ROM", 16) + text("1.0", 4)

    /// Fixed format, current error (SPC-2, 7.20.2).
    static func sense(_ sense: SCSISense) -> [UInt8] {
        [0x70, 0, sense.key, 0, 0, 0, 0, 10, 0, 0, 0, 0, sense.ASC, sense.ASCQ, 0, 0, 0, 0]
    }

    static func capacity(_ blocks: UInt64) -> [UInt8] { big(blocks > 0 ? blocks - 1 : 0, bytes: 4) + big(2048, bytes: 4) }

    // MARK: Mode pages

    /// Pages 01h and 2Ah, or 3Fh for both; nil for another. What is changeable: nothing.
    static func pages(_ code: UInt8, isLocked: Bool, changeable: Bool) -> [UInt8]? {
        var pages: [[UInt8]] = []
        if code == 0x01 || code == 0x3F { pages.append(recovery) }
        if code == 0x2A || code == 0x3F { pages.append(capabilities(isLocked: isLocked)) }
        guard !pages.isEmpty else { return nil }
        if changeable { pages = pages.map { $0.prefix(2) + [UInt8](repeating: 0, count: $0.count - 2) } }
        return pages.flatMap { $0 }
    }

    /// Read error recovery: five retries (MMC-3, 7.3.3).
    private static let recovery: [UInt8] = [0x01, 6, 0, 5, 0, 0, 0, 0]

    /// CD capabilities and mechanical status (MMC-3, 7.3.8): reads CD-R, CD-RW and DVD-ROM; tray, eject, lock; 4 × 176 KB/s.
    private static func capabilities(isLocked: Bool) -> [UInt8] {
        let speed = big(4 * 176, bytes: 2)
        return [0x2A, 20, 0x0B, 0, 0, 0, isLocked ? 0x2B : 0x29, 0] + speed + [0, 0] + big(512, bytes: 2) + speed
            + [0, 0, 0, 0, 0, 0]
    }

    // MARK: Tracks

    /// An address as four bytes: the block, or minute, second and frame of it, two seconds behind the disc's start.
    private static func address(_ block: UInt64, inMSF: Bool) -> [UInt8] {
        guard inMSF else { return big(block, bytes: 4) }
        let frame = min(block + 150, 99 * 60 * 75 + 59 * 75 + 74)
        return [0, UInt8(frame / 75 / 60), UInt8(frame / 75 % 60), UInt8(frame % 75)]
    }

    /// Format 0: the one data track and the lead-out, from a track on; nil when there is no such track (MMC-3, 6.26.3).
    static func TOC(blocks: UInt64, from track: UInt8, inMSF: Bool) -> [UInt8]? {
        guard track <= 1 || track == 0xAA else { return nil }
        var descriptors: [UInt8] = []
        if track <= 1 { descriptors += [0, 0x14, 1, 0] + address(0, inMSF: inMSF) }
        descriptors += [0, 0x14, 0xAA, 0] + address(blocks, inMSF: inMSF)
        return big(UInt64(descriptors.count + 2), bytes: 2) + [1, 1] + descriptors
    }

    /// Format 1: one session, which begins with track 1.
    static func sessions(inMSF: Bool) -> [UInt8] { [0, 10, 1, 1, 0, 0x14, 1, 0] + address(0, inMSF: inMSF) }

    /// Complete disc, complete session, one track (MMC-3, 6.22).
    static let discInformation: [UInt8] = [0, 32, 0x0E, 1, 1, 1, 1, 0x20] + [UInt8](repeating: 0, count: 26)

    /// Track 1 of session 1: data, mode 1, from block 0 (MMC-3, 6.27).
    static func trackInformation(blocks: UInt64) -> [UInt8] {
        [0, 34, 1, 1, 0, 4, 1, 0] + [UInt8](repeating: 0, count: 16) + big(blocks, bytes: 4) + [UInt8](repeating: 0, count: 8)
    }

    // MARK: Features

    /// The feature descriptors of GET CONFIGURATION, from feature `first` on. `blocks` are those of the disc; nil for none.
    static func configuration(blocks: UInt64?, isLocked: Bool, from first: Int, onlyCurrent: Bool, onlyOne: Bool) -> [UInt8] {
        let isDVD = blocks.map { $0 > longestCD } ?? false
        let isCD = blocks != nil && !isDVD
        let profile: UInt64 = isDVD ? 0x10 : isCD ? 0x08 : 0
        func flag(_ isCurrent: Bool) -> UInt8 { isCurrent ? 1 : 0 }
        // Feature, always there, current, data.
        let features: [(code: Int, isPersistent: Bool, isCurrent: Bool, data: [UInt8])] = [
            (0x00, true, true, [0, 0x10, flag(isDVD), 0, 0, 0x08, flag(isCD), 0]),  // profiles: DVD-ROM, CD-ROM
            (0x01, true, true, [0, 0, 0, 2]),  // core: ATAPI
            (0x02, true, true, [0, 0, 0, 0]),  // morphing, told when polled
            (0x03, true, true, [0x29, 0, 0, 0]),  // removable: tray, eject, lock
            (0x10, false, blocks != nil, [0, 0, 8, 0, 0, 1, 0, 0]),  // random readable: blocks of 2048 bytes
            (0x1E, false, isCD, [0, 0, 0, 0]),  // CD read
            (0x1F, false, isDVD, []),  // DVD read
        ]
        var descriptors: [UInt8] = []
        for feature in features where onlyOne ? feature.code == first : feature.code >= first {
            guard feature.isCurrent || !onlyCurrent else { continue }
            descriptors += big(UInt64(feature.code), bytes: 2)
            descriptors += [(feature.isPersistent ? 2 : 0) | flag(feature.isCurrent), UInt8(feature.data.count)] + feature.data
        }
        return big(UInt64(descriptors.count + 4), bytes: 4) + [0, 0] + big(profile, bytes: 2) + descriptors
    }
}
