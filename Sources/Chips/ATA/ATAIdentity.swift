import Wiring

/// The answer of IDENTIFY DEVICE (ATA/ATAPI-6, 8.15). The same disk on the same connector tells the same in each run.
struct ATAIdentity {
    var model = "SWEMU HARDDISK"
    var firmware = "1.0"
    var serial: String
    /// 0 for the master, 1 for the slave.
    var deviceNumber: Int

    /// The 512 bytes of the answer.
    func block(capacity: UInt64, _ state: ATADrive.State) -> [UInt8] { words(capacity: capacity, state).block }

    private func words(capacity: UInt64, _ state: ATADrive.State) -> ATAIdentityWords {
        var words = ATAIdentityWords()
        let geometry = DiskGeometry(sectorCount: capacity)
        words[0] = 0x0040  // fixed ATA device
        words[1] = UInt16(truncatingIfNeeded: geometry.cylinders)
        words[3] = UInt16(truncatingIfNeeded: geometry.heads)
        words[4] = UInt16(truncatingIfNeeded: 512 * geometry.sectorsPerTrack)
        words[5] = 512
        words[6] = UInt16(truncatingIfNeeded: geometry.sectorsPerTrack)
        words.put(serial, at: 10, count: 10)
        words[20] = 3  // dual-ported buffer with read cache (retired)
        words[21] = UInt16(ATADrive.maximumMultiple)
        words[22] = 4
        words.put(firmware, at: 23, count: 4)
        words.put(model, at: 27, count: 20)
        words[47] = 0x8000 | UInt16(ATADrive.maximumMultiple)
        words[48] = 1  // 32-bit accesses of the data port (ATA-1)
        words[49] = 0x2E00  // standby timer, IORDY that can be disabled, LBA
        words[50] = 0x4000
        words[51] = 0x0200  // PIO mode 2 without IORDY
        words[53] = 0x0003  // words 54-58 and 64-70 are valid
        words[54] = UInt16(truncatingIfNeeded: state.geometry.cylinders)
        words[55] = UInt16(truncatingIfNeeded: state.geometry.heads)
        words[56] = UInt16(truncatingIfNeeded: state.geometry.sectorsPerTrack)
        words.put(min(state.geometry.capacity, 0xFFFF_FFFF), at: 57, count: 2)
        words[59] = state.multiple == 0 ? 0 : 0x0100 | UInt16(state.multiple)
        words.put(min(capacity, 0x0FFF_FFFF), at: 60, count: 2)
        words[64] = 0x0003  // PIO modes 3 and 4
        words[67] = 120
        words[68] = 120
        words.putDMA(state.dmaMode)
        words[80] = 0x007E  // ATA-1 to ATA/ATAPI-6
        words[82] = 0x7068  // NOP, READ and WRITE BUFFER, look-ahead, write cache, power management
        words[83] = 0x7400  // FLUSH CACHE EXT, FLUSH CACHE, 48-bit addresses
        words[84] = 0x4000
        words[85] = 0x7008 | (state.writeCache ? 0x20 : 0) | (state.lookAhead ? 0x40 : 0)
        words[86] = 0x3400
        words[87] = 0x4000
        words[93] = deviceNumber == 0 ? 0x400B : 0x4B00  // self-test passed, number by jumper
        words.put(capacity, at: 100, count: 4)
        return words
    }
}

/// The 256 words that a device tells of itself, with the checksum of ATA/ATAPI-6, table 27, word 255.
struct ATAIdentityWords {
    private var words = [UInt16](repeating: 0, count: 256)

    subscript(index: Int) -> UInt16 {
        get { words[index] }
        set { words[index] = newValue }
    }

    var block: [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(512)
        for word in words {
            bytes.append(UInt8(truncatingIfNeeded: word))
            bytes.append(UInt8(truncatingIfNeeded: word >> 8))
        }
        bytes[510] = 0xA5
        bytes[511] = 0 &- bytes[0..<511].reduce(0, &+)
        return bytes
    }

    /// Multiword DMA modes 0 to 2, of which `mode` is chosen (20h to 22h); none of them for nil.
    mutating func putDMA(_ mode: UInt8?) {
        guard let mode else { return }
        self[49] |= 0x0100
        self[63] = 0x0007 | 0x0100 << UInt16(min(mode & 7, 2))
        self[65] = 120
        self[66] = 120
    }

    mutating func put(_ number: UInt64, at index: Int, count: Int) {
        for place in 0..<count { words[index + place] = UInt16(truncatingIfNeeded: number >> UInt64(16 * place)) }
    }

    /// Text of the standard: padded with spaces, the first character of each pair in the high byte.
    mutating func put(_ text: String, at index: Int, count: Int) {
        let padded = Array(text.utf8.prefix(2 * count)) + [UInt8](repeating: 0x20, count: max(0, 2 * count - text.utf8.count))
        for place in 0..<count { words[index + place] = UInt16(padded[2 * place]) << 8 | UInt16(padded[2 * place + 1]) }
    }
}
