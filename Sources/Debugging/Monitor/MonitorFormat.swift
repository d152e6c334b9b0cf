import Inspection
import X86

/// "/4xw": how many values, of which size, in which form, as QEMU's monitor and gdb write it.
struct MonitorFormat {
    enum Form: Character {
        case hexadecimal = "x", decimal = "d", unsigned = "u", octal = "o", character = "c", instruction = "i"
    }

    static let most = 65536
    var count = 1
    var form = Form.hexadecimal
    /// Bytes of a value.
    var size = 4

    /// Takes a format from the beginning of `text`, where there is one; what is not said stays as it was.
    mutating func take(from text: inout String) throws(DebuggerError) {
        count = 1
        guard text.hasPrefix("/") else { return }
        let word = text.dropFirst().prefix { !$0.isWhitespace }
        text = String(text.dropFirst(word.count + 1)).trimmed
        let digits = word.prefix { $0.isNumber }
        if !digits.isEmpty {
            guard let number = Int(digits), (1...Self.most).contains(number) else {
                throw DebuggerError("a count is 1 to \(Self.most)")
            }
            count = number
        }
        for letter in word.dropFirst(digits.count) {
            switch letter {
            case "b": size = 1
            case "h": size = 2
            case "w": size = 4
            case "g", "L": size = 8
            default:
                guard let form = Form(rawValue: letter) else { throw DebuggerError("invalid char in format: '\(letter)'") }
                self.form = form
            }
        }
    }

    /// A value as memory dumps print it: with all its digits.
    func padded(_ value: UInt64) -> String {
        switch form {
        case .hexadecimal, .instruction: "0x" + hexDigits(value, 2 * size, uppercase: false)
        case .octal: "0" + String(value, radix: 8)
        default: plain(value)
        }
    }

    /// A value alone.
    func plain(_ value: UInt64) -> String {
        switch form {
        case .hexadecimal, .instruction: return value == 0 ? "0" : "0x" + String(value, radix: 16)
        case .octal: return value == 0 ? "0" : "0" + String(value, radix: 8)
        case .unsigned: return String(value)
        case .decimal:
            let shift = UInt64(64 - 8 * size)
            return String(Int64(bitPattern: value << shift) >> Int64(shift))
        case .character:
            let byte = UInt8(truncatingIfNeeded: value)
            return (0x20..<0x7F).contains(byte)
                ? "'\(Character(Unicode.Scalar(byte)))'" : "'\\x\(hexDigits(UInt64(byte), 2, uppercase: false))'"
        }
    }
}
