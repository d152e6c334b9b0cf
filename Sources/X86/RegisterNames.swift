/// Printed names of registers: SDM Vol. 1, sections 3.4 and 3.7.2.
public enum RegisterNames {
    private static let low = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"]
    private static let high = ["ah", "ch", "dh", "bh"]
    private static let words = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]

    /// Name of a general register 0…15 of a width; byte registers 16…19 are AH CH DH BH.
    public static func general(_ number: UInt8, _ width: Width) -> String {
        let index = Int(number)
        if number >= 16 { return width == .byte && number < 20 ? high[index - 16] : "?" }
        if number >= 8 { return "r\(number)" + ["b", "w", "d", ""][Int(width.rawValue)] }
        switch width {
        case .byte: return low[index]
        case .word: return words[index]
        case .doubleword: return "e" + words[index]
        case .quadword: return "r" + words[index]
        }
    }

    /// Name of a segment register.
    public static func segment(_ number: UInt8) -> String {
        SegmentRegisterName(rawValue: number).map { "\($0)" } ?? "?"
    }
}

/// A number as the disassembly prints it: below ten in decimal, else in hexadecimal.
func printed(_ value: UInt64) -> String {
    value < 10 ? String(value) : "0x" + String(value, radix: 16)
}

/// A signed number as the disassembly prints it.
func printed(signed value: Int64) -> String {
    value < 0 ? "-" + printed(value.magnitude) : printed(UInt64(value))
}

extension Width {
    /// The low bits of a value that this width has.
    func truncating(_ value: UInt64) -> UInt64 {
        self == .quadword ? value : value & (1 << UInt64(bits) - 1)
    }
}
