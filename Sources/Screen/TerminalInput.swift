/// Turns the bytes that a terminal sends into keys as an editor of lines wants them: characters in UTF-8, control characters, and the CSI and SS3
/// sequences of ECMA-48 as xterm and the Linux console send them.
public struct TerminalInput {
    /// A key as an editor of lines wants it.
    public enum Keystroke: Equatable, Sendable {
        case character(Character)
        /// Ctrl and a small letter.
        case control(Character)
        case enter, tab, backspace, delete, escape
        case up, down, left, right, home, end, pageUp, pageDown
        case function(Int)
    }

    private enum Pending: Equatable { case none, escape, CSI([UInt8]), SS3, linuxFunction, UTF8([UInt8], remaining: Int) }
    private var pending = Pending.none
    private static let longestSequence = 32

    /// A decoder to which nothing has come yet.
    public init() {}

    /// A beginning waits for what follows it.
    public var isWaiting: Bool { pending != .none }

    /// Decodes the next bytes. What is incomplete waits for the next call.
    public mutating func decode(_ bytes: some Sequence<UInt8>) -> [Keystroke] {
        var keys: [Keystroke] = []
        for byte in bytes { if let key = decode(byte) { keys.append(key) } }
        return keys
    }

    /// Nothing more comes: a lone ESC byte was the Esc key.
    public mutating func finish() -> [Keystroke] {
        defer { pending = .none }
        return pending == .escape ? [.escape] : []
    }

    private mutating func decode(_ byte: UInt8) -> Keystroke? {
        let before = pending
        pending = .none
        switch before {
        case .none: return single(byte)
        case .escape:
            switch byte {
            case UInt8(ascii: "["): pending = .CSI([])
            case UInt8(ascii: "O"): pending = .SS3
            case 0x1B:
                pending = .escape
                return .escape
            default: return single(byte)
            }
            return nil
        case .CSI(let parameters):
            switch byte {
            case UInt8(ascii: "[") where parameters.isEmpty: pending = .linuxFunction
            case 0x40...0x7E: return sequence(parameters, byte)
            case 0x20...0x3F: pending = .CSI(parameters.count < Self.longestSequence ? parameters + [byte] : parameters)
            case 0x1B: pending = .escape
            default: break
            }
            return nil
        case .SS3: return Self.letters[byte]
        case .linuxFunction: return (0x41...0x45).contains(byte) ? .function(Int(byte) - 0x40) : nil
        case .UTF8(let bytes, let remaining):
            guard byte & 0xC0 == 0x80 else { return single(byte) }
            if remaining > 1 {
                pending = .UTF8(bytes + [byte], remaining: remaining - 1)
                return nil
            }
            return String(decoding: bytes + [byte], as: UTF8.self).first.map { .character($0) }
        }
    }

    private mutating func single(_ byte: UInt8) -> Keystroke? {
        switch byte {
        case 0x1B:
            pending = .escape
            return nil
        case 0x08, 0x7F: return .backspace
        case 0x09: return .tab
        case 0x0A, 0x0D: return .enter
        case 0x01...0x1A: return .control(Character(UnicodeScalar(byte + 0x60)))
        case 0x20...0x7E: return .character(Character(UnicodeScalar(byte)))
        case 0xC2...0xF4:
            pending = .UTF8([byte], remaining: byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3)
            return nil
        default: return nil
        }
    }

    private func sequence(_ parameters: [UInt8], _ final: UInt8) -> Keystroke? {
        guard final == UInt8(ascii: "~") else { return Self.letters[final] }
        let number = String(decoding: parameters.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
        return Int(number).flatMap { Self.numbered[$0] }
    }

    private static let letters: [UInt8: Keystroke] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right, UInt8(ascii: "D"): .left,
        UInt8(ascii: "H"): .home,
        UInt8(ascii: "F"): .end, UInt8(ascii: "M"): .enter, UInt8(ascii: "P"): .function(1), UInt8(ascii: "Q"): .function(2),
        UInt8(ascii: "R"): .function(3), UInt8(ascii: "S"): .function(4),
    ]

    private static let numbered: [Int: Keystroke] = [
        1: .home, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end, 11: .function(1), 12: .function(2),
        13: .function(3),
        14: .function(4), 15: .function(5), 17: .function(6), 18: .function(7), 19: .function(8), 20: .function(9),
        21: .function(10),
        23: .function(11), 24: .function(12),
    ]
}
