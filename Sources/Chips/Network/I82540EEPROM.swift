/// The serial EEPROM of a network card: 64 words on a Microwire bus, as a 93C46 has them. Manual, chapter 5.
///
/// Emulated: reading, by the pins of EECD and by EERD. Not emulated: writing.
struct I82540EEPROM {
    struct State: Codable, Equatable, Sendable {
        /// Bits of the command that have been shifted in, the start bit first.
        var command: UInt16 = 0
        var commandBits: UInt8 = 0
        /// The next bit to be shifted out, counted through all words; nil while a command is taken in.
        var nextBit: UInt16?
        var dataOut = false
    }

    /// Start bit, two of the operation, six of the address.
    private static let commandLength = 9
    private static let read = 0b110
    /// Sum of all words. Section 5.6.35.
    private static let checksum: UInt16 = 0xBABA

    let words: [UInt16]
    var state = State()

    /// `address`: six bytes, as they are sent.
    init(address: [UInt8], deviceID: UInt16) {
        var words = [UInt16](repeating: 0xFFFF, count: 64)
        for word in 0..<3 { words[word] = UInt16(address[2 * word]) | UInt16(address[2 * word + 1]) << 8 }
        words[0x0A] = 0x4408
        (words[0x0B], words[0x0C], words[0x0D], words[0x0E]) = (0x1100, 0x1AF4, deviceID, 0x8086)
        // Flow control both ways, and no wake-up.
        (words[0x0F], words[0x14], words[0x24]) = (0x3040, 0, 0)
        words[0x3F] = words[..<0x3F].reduce(Self.checksum) { $0 &- $1 }
        self.words = words
    }

    func word(at address: UInt32) -> UInt16 { words[Int(address & 63)] }

    mutating func deselect() { state = State() }

    /// A rising edge of SK while CS is high. Nil, or a command that is not emulated.
    mutating func clock(dataIn: Bool) -> UInt16? {
        if let bit = state.nextBit {
            let place = Int(bit) & 1023
            state.dataOut = words[place / 16] >> UInt16(15 - place % 16) & 1 != 0
            state.nextBit = UInt16(place + 1) & 1023
            return nil
        }
        // Zeros before the start bit are none of the command.
        guard state.commandBits > 0 || dataIn else { return nil }
        state.command = state.command << 1 | (dataIn ? 1 : 0)
        state.commandBits += 1
        guard state.commandBits >= Self.commandLength else { return nil }
        let command = state.command & 0x1FF
        (state.command, state.commandBits, state.dataOut) = (0, 0, false)
        guard command >> 6 == Self.read else { return command }
        state.nextBit = (command & 63) * 16
        return nil
    }
}
