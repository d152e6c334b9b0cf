/// The registers of the 82540EM that do something, with the manual's names. PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
/// Manual, chapter 13.
public struct I82540Registers: Codable, Equatable, Sendable {
    /// Device control.
    public var CTRL: UInt32 = I82540Registers.Control.powerOn
    /// SK, CS, DI and REQ as they were written.
    public var EECD: UInt32 = 0
    /// EEPROM read.
    public var EERD: UInt32 = 0
    /// MDI control: the way to the PHY's registers.
    public var MDIC: UInt32 = 0
    /// VLAN Ether type.
    public var VET: UInt32 = 0
    /// Interrupt cause.
    public var ICR: UInt32 = 0
    /// Interrupt throttling, in units of 256 ns.
    public var ITR: UInt32 = 0
    /// Interrupt mask.
    public var IMS: UInt32 = 0
    /// Receive control.
    public var RCTL: UInt32 = 0
    /// Transmit control.
    public var TCTL: UInt32 = 0
    /// The receive descriptors: RDBAL, RDBAH, RDLEN, RDH, RDT.
    public var receive = Ring()
    /// Receive delay timer.
    public var RDTR: UInt32 = 0
    /// Receive interrupt absolute delay.
    public var RADV: UInt32 = 0
    /// The transmit descriptors: TDBAL, TDBAH, TDLEN, TDH, TDT.
    public var transmit = Ring()
    /// Transmit interrupt delay value.
    public var TIDV: UInt32 = 0
    /// Transmit absolute interrupt delay.
    public var TADV: UInt32 = 0
    /// Receive checksum control.
    public var RXCSUM: UInt32 = 0
    /// 4096 bits, one for each hash of a multicast address.
    public var MTA = [UInt32](repeating: 0, count: I82540Registers.hashWords)
    /// RAL and RAH of sixteen receive addresses.
    public var RA = [UInt32](repeating: 0, count: I82540Registers.addressWords)
    /// 4096 bits, one for each virtual LAN.
    public var VFTA = [UInt32](repeating: 0, count: I82540Registers.hashWords)
    /// The counters from 4000h on.
    public var statistics = [UInt32](repeating: 0, count: I82540Registers.statisticWords)
    /// Registers without effect here, which keep what is written, in the order of `keptOffsets`.
    public var kept = [UInt32](repeating: 0, count: I82540Registers.keptOffsets.count)

    /// A ring of descriptors of 16 bytes: base address, length in bytes, head and tail.
    public struct Ring: Codable, Equatable, Sendable {
        /// Bits 31 to 0 of the base address; the lower four are ignored.
        public var low: UInt32 = 0
        /// Bits 63 to 32 of the base address.
        public var high: UInt32 = 0
        /// Length in bytes.
        public var length: UInt32 = 0
        /// The next descriptor of the chip's.
        public var head: UInt32 = 0
        /// The descriptor behind the last one of the chip's.
        public var tail: UInt32 = 0

        /// The base address.
        public var base: UInt64 { UInt64(high) << 32 | UInt64(low & ~0xF) }
        /// Number of descriptors.
        public var count: UInt32 { length / 16 }
        /// Descriptors that are the chip's: from the head up to the tail.
        public var available: UInt32 { count == 0 ? 0 : (tail &+ count &- head) % count }
        /// Head and tail lie in the ring.
        var isSound: Bool { count > 0 && head < count && tail < count }
        var address: UInt64 { base &+ 16 * UInt64(head) }
        mutating func advance() { head = head &+ 1 >= count ? 0 : head &+ 1 }
    }

    static let hashWords = 128, addressWords = 32, statisticWords = 64

    /// Those that say what is emulated elsewhere or nowhere: extended control, flash access, flow control, gaps, LEDs, the packet buffer's division,
    /// thresholds, wake-up, management.
    static let keptOffsets: [Int] =
        [
            0x18, 0x1C, 0x28, 0x2C, 0x30, 0x170, 0x178, 0x410, 0x458, 0xE00, 0x1000, 0x2160, 0x2168, 0x2828, 0x2C00, 0x3828, 0x3830,
            0x5800, 0x5808, 0x5810, 0x5820, 0x5838,
        ] + stride(from: 0x5840, through: 0x585C, by: 4) + stride(from: 0x5880, through: 0x588C, by: 4)

    enum Control {
        static let setLinkUp: UInt32 = 1 << 6, reset: UInt32 = 1 << 26, resetPHY: UInt32 = 1 << 31, VME: UInt32 = 1 << 30
        /// Full duplex, 1000 Mb/s, the link is up.
        static let powerOn: UInt32 = 1 | setLinkUp | 2 << 8
    }

    enum Status {
        /// Full duplex, at 1000 Mb/s as set and as found.
        static let fixed: UInt32 = 1 | 2 << 6 | 2 << 8
        static let linkUp: UInt32 = 2
    }

    /// Bits of EECD. Section 13.4.3.
    enum EEPROMControl {
        static let clock: UInt32 = 1, select: UInt32 = 2, dataIn: UInt32 = 4, dataOut: UInt32 = 8
        static let request: UInt32 = 1 << 6, grant: UInt32 = 1 << 7, present: UInt32 = 1 << 8
        static let writable = clock | select | dataIn | request | 0x30
    }

    /// Causes of interrupts, in ICR, ICS, IMS and IMC. Section 13.4.17.
    enum Cause {
        static let TXDW: UInt32 = 1, TXQE: UInt32 = 2, LSC: UInt32 = 4, RXDMT0: UInt32 = 1 << 4, RXO: UInt32 = 1 << 6
        static let RXT0: UInt32 = 1 << 7, MDAC: UInt32 = 1 << 9
        static let all: UInt32 = 0x1_F6DF
    }

    /// Bits of RCTL. Section 13.4.22.
    enum Receive {
        static let enable: UInt32 = 1 << 1, UPE: UInt32 = 1 << 3, MPE: UInt32 = 1 << 4, LPE: UInt32 = 1 << 5
        static let loopback: UInt32 = 3 << 6, BAM: UInt32 = 1 << 15, VFE: UInt32 = 1 << 18, BSEX: UInt32 = 1 << 25
        static let SECRC: UInt32 = 1 << 26
    }

    static let transmitEnable: UInt32 = 1 << 1

    /// The cable is in use: CTRL.SLU.
    public var isLinkUp: Bool { CTRL & Control.setLinkUp != 0 }
    /// Frames are received: RCTL.EN.
    public var isReceiving: Bool { RCTL & Receive.enable != 0 }
    /// Frames are transmitted: TCTL.EN.
    public var isTransmitting: Bool { TCTL & Self.transmitEnable != 0 }

    /// Bytes of a receive buffer.
    var bufferSize: Int {
        let code = RCTL >> 16 & 3
        return RCTL & Receive.BSEX != 0 && code > 0 ? 32768 >> Int(code) : 2048 >> Int(code)
    }

    /// A state from outside has arrays of the lengths that there are.
    var isWellFormed: Bool {
        MTA.count == Self.hashWords && VFTA.count == Self.hashWords && RA.count == Self.addressWords
            && statistics.count == Self.statisticWords && kept.count == Self.keptOffsets.count
    }
}

/// The counters, by their offset. Section 13.7. Reading one clears it; of a pair, reading the upper half clears both.
enum I82540Statistic: Int {
    case MPC = 0x4010, PRC64 = 0x405C, GPRC = 0x4074, BPRC = 0x4078, MPRC = 0x407C, GPTC = 0x4080, GORCL = 0x4088, GOTCL = 0x4090
    case ROC = 0x40AC, TORL = 0x40C0, TOTL = 0x40C8, TPR = 0x40D0, TPT = 0x40D4, PTC64 = 0x40D8, MPTC = 0x40F0, BPTC = 0x40F4
    case TSCTC = 0x40F8

    static let range = 0x4000..<0x4100
    static let pairs: Set<Int> = [0x4088, 0x4090, 0x40C0, 0x40C8]
}

extension I82540Registers {
    mutating func count(_ statistic: I82540Statistic, plus more: Int = 0) {
        let index = (statistic.rawValue + more - I82540Statistic.range.lowerBound) / 4
        if statistics[index] < .max { statistics[index] += 1 }
    }

    mutating func count(bytes: Int, _ low: I82540Statistic) {
        let index = (low.rawValue - I82540Statistic.range.lowerBound) / 4
        let (sum, carry) = statistics[index].addingReportingOverflow(UInt32(truncatingIfNeeded: bytes))
        statistics[index] = sum
        if carry { statistics[index + 1] &+= 1 }
    }

    /// 0 for frames of 64 bytes, up to 5 for those of 1024 and more.
    static func sizeClass(_ bytes: Int) -> Int { [64, 127, 255, 511, 1023].firstIndex { bytes <= $0 } ?? 5 }

    /// Reads a counter as the guest does.
    mutating func takeStatistic(at offset: Int) -> UInt32 {
        let index = (offset - I82540Statistic.range.lowerBound) / 4
        let value = statistics[index]
        if I82540Statistic.pairs.contains(offset) { return value }
        statistics[index] = 0
        if I82540Statistic.pairs.contains(offset - 4) { statistics[index - 1] = 0 }
        return value
    }
}
