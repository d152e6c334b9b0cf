/// Takes apart what arrives from gdb. "Debugging with GDB", appendix E.1, "Overview" of the remote serial protocol.
///
/// Any bytes are survived: what is no packet is passed over, a packet that is too long or damaged is one event.
public struct PacketReader: Sendable {
    /// Something that arrived whole.
    public enum Event: Equatable, Sendable {
        /// A packet's body, its escapes undone.
        case packet([UInt8])
        /// `+`: the last packet arrived.
        case acknowledged
        /// `-`: the last packet is wanted again.
        case refused
        /// 03h outside packets: Ctrl-C.
        case interrupt
        /// A packet with a wrong checksum, or longer than `limit`.
        case damaged
    }

    /// Bytes in a packet's body at most, escapes counted.
    public static let limit = 0x4000

    private enum State { case outside, body, firstDigit, secondDigit }

    private var state = State.outside
    private var body: [UInt8] = []
    private var isTooLong = false
    private var sum: UInt8 = 0
    private var digits: UInt8 = 0
    private var isValid = true

    /// A reader of a new connection.
    public init() {}

    /// Takes the next bytes, and returns what became whole with them.
    public mutating func take(_ bytes: some Sequence<UInt8>) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            if let event = take(byte) { events.append(event) }
        }
        return events
    }

    private mutating func take(_ byte: UInt8) -> Event? {
        switch state {
        case .outside:
            switch byte {
            case UInt8(ascii: "$"): begin()
            case UInt8(ascii: "+"): return .acknowledged
            case UInt8(ascii: "-"): return .refused
            case 0x03: return .interrupt
            default: break
            }
        case .body:
            switch byte {
            case UInt8(ascii: "#"): state = .firstDigit
            // A packet that lost its end: the next one begins.
            case UInt8(ascii: "$"): begin()
            default:
                sum &+= byte
                if body.count < Self.limit { body.append(byte) } else { isTooLong = true }
            }
        case .firstDigit:
            let digit = hexDigit(byte)
            isValid = digit != nil
            digits = (digit ?? 0) << 4
            state = .secondDigit
        case .secondDigit:
            let digit = hexDigit(byte)
            isValid = isValid && digit != nil && digits | (digit ?? 0) == sum && !isTooLong
            state = .outside
            return isValid ? .packet(Self.unescaped(body)) : .damaged
        }
        return nil
    }

    private mutating func begin() {
        state = .body
        body.removeAll(keepingCapacity: true)
        (sum, isTooLong) = (0, false)
    }

    /// `}` says that the next byte was changed by 20h.
    static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(UInt8(ascii: "}")) else { return bytes }
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                plain.append(byte ^ 0x20)
                isEscaped = false
            } else if byte == UInt8(ascii: "}") {
                isEscaped = true
            } else {
                plain.append(byte)
            }
        }
        return plain
    }
}

/// The value of a hexadecimal digit of either case.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
}
