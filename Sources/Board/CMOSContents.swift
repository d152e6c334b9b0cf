/// The battery-backed memory of the MC146818 when the machine is delivered: bytes that a BIOS reads to learn what is
/// installed. IBM AT Technical Reference, section "CMOS RAM"; 30h–35h as BIOSes since have used them.
struct CMOSContents {
    /// Values by address, 10h and up; what is not listed is 0.
    private(set) var bytes: [UInt8: UInt8] = [:]

    /// `memory` is all RAM in bytes, `processors` how many there are, `disks` whether a drive is there: primary master and slave first; `floppies` are the types of drive A and B.
    /// `bootOrder` are numbers of device kinds, and empty when nothing but the hard disk can boot.
    init(memory: UInt64, disks: [Bool], processors: Int, floppies: [UInt8?], bootOrder: [UInt8]) {
        // 10h: types of the floppy drives, A in the high nibble.
        let types = (floppies + [nil, nil]).map { $0 ?? 0 }
        bytes[0x10] = types[0] << 4 | types[1]
        // 12h: disk types, master in the high nibble; Fh means "see 19h/1Ah", where 47 is "ask the drive".
        let master = disks.first ?? false
        let slave = disks.dropFirst().first ?? false
        bytes[0x12] = (master ? 0xF0 : 0) | (slave ? 0x0F : 0)
        bytes[0x19] = master ? 47 : 0
        bytes[0x1A] = slave ? 47 : 0
        // 14h, equipment: floppy drives (bit 0, and bits 7–6 one less than how many), x87 present (bit 1), display adapter with own BIOS (bits 5–4 = 00).
        let count = types[1] > 0 ? 2 : types[0] > 0 ? 1 : 0
        bytes[0x14] = 0x02 | (count > 0 ? UInt8(count - 1) << 6 | 1 : 0)

        let low = AddressMap.lowMemory(of: memory)
        setWord(0x15, min(low / 1024, 640))
        let extendedKB = low > 0x10_0000 ? (low - 0x10_0000) / 1024 : 0
        setWord(0x17, min(extendedKB, 0xFFFF))
        setWord(0x30, min(extendedKB, 0xFFFF))
        // 34h/35h: memory above 16 MB in units of 64 KB; 5Bh to 5Dh: above 4 GB.
        setWord(0x34, low > 0x100_0000 ? min((low - 0x100_0000) / 0x1_0000, 0xFFFF) : 0)
        let high = UInt64(AddressMap.highMemory(of: memory).count) / 0x1_0000
        setWord(0x5B, high)
        bytes[0x5D] = UInt8(truncatingIfNeeded: high >> 16)
        bytes.merge(Self.order(bootOrder)) { $1 }
        // 5Fh: processors besides the bootstrap processor, as QEMU tells firmware.
        bytes[0x5F] = UInt8(processors - 1)
        setChecksum()
    }

    /// 3Dh, boot order, low nibble first, then the high one of 38h: 1 is the floppy drive, 2 the hard disk, 3 the CD-ROM drive.
    static func order(_ kinds: [UInt8]) -> [UInt8: UInt8] {
        [
            0x3D: kinds.isEmpty ? 0x02 : kinds.prefix(2).reversed().reduce(0) { $0 << 4 | $1 },
            0x38: kinds.count > 2 ? kinds[2] << 4 : 0,
        ]
    }

    private mutating func setWord(_ address: UInt8, _ value: UInt64) {
        bytes[address] = UInt8(truncatingIfNeeded: value)
        bytes[address + 1] = UInt8(truncatingIfNeeded: value >> 8)
    }

    /// 2Eh/2Fh: the sum of 10h–2Dh, high byte first.
    private mutating func setChecksum() {
        var sum: UInt16 = 0
        for address in UInt8(0x10)...0x2D { sum &+= UInt16(bytes[address] ?? 0) }
        bytes[0x2E] = UInt8(truncatingIfNeeded: sum >> 8)
        bytes[0x2F] = UInt8(truncatingIfNeeded: sum)
    }
}
