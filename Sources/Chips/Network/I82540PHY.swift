/// The transceiver inside the 82540EM, as far as drivers ask it: IEEE 802.3 clause 22, and the registers of Marvell's 88E1011. Manual, section 13.4.8.
///
/// Its partner is always there, at 1000 Mb/s and full duplex, and negotiating with it takes no time.
enum I82540PHY {
    /// The PHY's address on the management bus.
    static let address: UInt32 = 1
    static let control = 0
    static let loopback: UInt16 = 1 << 14
    private static let reset: UInt16 = 1 << 15, restartNegotiation: UInt16 = 1 << 9

    /// By number: the values after a reset.
    static let powerOn: [UInt16] = {
        var registers = [UInt16](repeating: 0, count: 32)
        // PCTRL, PSTATUS with link up and negotiation done, PHY identifiers, advertisements, 1000BASE-T control and status, extended status.
        (registers[0], registers[1], registers[2], registers[3]) = (0x1140, 0x796D, 0x0141, 0x0C20)
        (registers[4], registers[5], registers[6]) = (0x0DE1, 0xC5E1, 0x000F)
        (registers[9], registers[10], registers[15]) = (0x0E00, 0x7C00, 0x3000)
        // Specific control and status (1000 Mb/s, full duplex, resolved, link up), extended control.
        (registers[16], registers[17], registers[20]) = (0x0068, 0xAC08, 0x0D60)
        return registers
    }()

    /// The bits that a driver can change, by register; none of those that are not there.
    private static let writable: [Int: UInt16] = [
        0: 0x7D40, 4: 0xFFFF, 7: 0xFFFF, 9: 0xFFFF, 16: 0xFFFF, 18: 0xFFFF, 20: 0xFFFF, 29: 0xFFFF, 30: 0xFFFF,
    ]

    /// Writes a register. True where the link went down and came back by that.
    static func write(_ registers: inout [UInt16], _ number: Int, _ value: UInt16) -> Bool {
        if number == control, value & reset != 0 {
            registers = powerOn
            return true
        }
        let mask = writable[number] ?? 0
        registers[number] = registers[number] & ~mask | value & mask
        return number == control && value & restartNegotiation != 0
    }
}
