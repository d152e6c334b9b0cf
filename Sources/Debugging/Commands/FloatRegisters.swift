import Explanations
import Inspection
import Processor
import SoftFloat

/// The registers of the x87 as numbers and of SSE and AVX by their lanes, with the words that rule them. SDM Vol. 1, sections 8.1 and 10.2.
struct FloatRegisters {
    private var state: CPUState

    init(_ state: CPUState) { self.state = state }

    private var top: UInt8 { UInt8(state.x87.status.rawValue >> 11 & 7) }

    private func physical(_ index: UInt8) -> Extended {
        var x87 = state.x87
        return x87[(top &+ index) & 7]
    }

    /// "st0", "st(0)".
    private static func stackIndex(_ name: String) -> UInt8? {
        guard name.hasPrefix("st") else { return nil }
        let digits = name.dropFirst(2)
        let number = digits.hasPrefix("(") && digits.hasSuffix(")") ? digits.dropFirst().dropLast() : digits
        return UInt8(number).flatMap { $0 < 8 ? $0 : nil }
    }

    /// The number in ST(i); nil for another name.
    func stack(_ name: String) -> Extended? { Self.stackIndex(name).map(physical) }

    /// The bytes of an XMM or YMM register, the lowest first; nil for another name.
    func vector(_ name: String) -> [UInt8]? {
        guard ["xmm", "ymm"].contains(name.prefix(3)), let number = UInt8(name.dropFirst(3)), number < 16 else { return nil }
        var (sse, avx) = (state.sse, state.avx)
        let words = [sse[number].low, sse[number].high] + (name.hasPrefix("y") ? [avx[number].low, avx[number].high] : [])
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
    }

    /// Writes the lines that `registers xmm0` and `print $st0` say; nil for another name.
    func lines(_ name: String) -> [String]? {
        if let index = Self.stackIndex(name) { return [line(index)] }
        switch name {
        case "fctrl", "fcw": return [control]
        case "fstat", "fsw": return [status]
        case "mxcsr": return [mxcsr]
        default: break
        }
        guard let bytes = vector(name) else { return nil }
        func lanes(_ size: Int, _ text: (UInt64) -> String) -> String {
            stride(from: 0, to: bytes.count, by: size).map { start in
                text(bytes[start..<start + size].reversed().reduce(0) { $0 << 8 | UInt64($1) })
            }.joined(separator: ", ")
        }
        return [
            "\(name) = \(Self.number(bytes)); lanes, the lowest first:",
            "  float   \(lanes(4) { "\(Float(bitPattern: UInt32($0)))" })", "  double  \(lanes(8) { "\(Double(bitPattern: $0))" })",
            "  int32   \(lanes(4) { String(Int32(truncatingIfNeeded: $0)) })",
            "  int64   \(lanes(8) { String(Int64(bitPattern: $0)) })",
            "  int16   \(lanes(2) { String(Int16(truncatingIfNeeded: $0)) })",
            "  int8    \(lanes(1) { String(Int8(truncatingIfNeeded: $0)) })",
        ]
    }

    /// All bytes as one number.
    private static func number(_ bytes: [UInt8]) -> String { bytes.reversed().map { hexDigits(UInt64($0), 2) }.joined() + "h" }

    // MARK: The x87

    private static let tags = ["valid", "zero", "special", "empty"]

    private func line(_ index: UInt8) -> String {
        var x87 = state.x87
        let number = (top &+ index) & 7
        let tag = Self.tags[Int(x87.tagWord() >> (2 * UInt16(number)) & 3)]
        let text = FloatText(physical(index))
        return "ST(\(index)) = \(text.number)  (\(text.bits), R\(number), \(tag))"
    }

    private static let exceptions = ["I", "D", "Z", "O", "U", "P"]

    private static func names(_ suffix: String, _ bits: UInt64) -> [String] {
        exceptions.enumerated().filter { bits >> UInt64($0.offset) & 1 != 0 }.map { $0.element + suffix }
    }

    private static let roundings = ["to nearest", "down", "up", "toward zero"]

    private var control: String {
        let word = UInt64(state.x87.control)
        let masks = Self.names("M", word)
        let precision = ["24 bits", "reserved", "53 bits", "64 bits"][Int(word >> 8 & 3)]
        return
            "control word \(h(word, 4)): masked \(masks.isEmpty ? "none" : masks.joined(separator: " ")); PC: \(precision); RC: \(Self.roundings[Int(word >> 10 & 3)])"
    }

    private var status: String {
        let word = UInt64(state.x87.status.rawValue)
        var names = Self.names("E", word)
        for (name, bit) in [("SF", 6), ("ES", 7), ("C0", 8), ("C1", 9), ("C2", 10), ("C3", 14), ("B", 15)]
        where word >> UInt64(bit) & 1 != 0 {
            names.append(name)
        }
        return "status word \(h(word, 4)): TOP=\(top)\(names.isEmpty ? "" : " " + names.joined(separator: " "))"
    }

    /// ST(0) to ST(7) with their tags, the words, and the last instruction.
    var x87: [String] {
        var x87 = state.x87
        return (0..<8).map { line($0) } + [
            control, status, "tag word \(h(UInt64(x87.tagWord()), 4)), R0 in its lowest bits: 0 valid, 1 zero, 2 special, 3 empty",
            "last instruction at \(h(UInt64(state.x87.FCS), 4)):\(h(state.x87.FIP)), operand \(h(UInt64(state.x87.FDS), 4)):\(h(state.x87.FDP)), opcode \(h(UInt64(state.x87.FOP) | 0xD800, 4))",
        ]
    }

    // MARK: SSE and AVX

    private var mxcsr: String {
        let word = UInt64(state.sse.mxcsr.rawValue)
        let (raised, masks) = (Self.names("E", word), Self.names("M", word >> 7))
        let flags = (word >> 6 & 1 != 0 ? " DAZ" : "") + (word >> 15 & 1 != 0 ? " FZ" : "")
        return
            "MXCSR \(h(word)): raised \(raised.isEmpty ? "none" : raised.joined(separator: " ")); masked \(masks.isEmpty ? "none" : masks.joined(separator: " ")); RC: \(Self.roundings[Int(word >> 13 & 3)])\(flags)"
    }

    /// MXCSR and the registers that this code has, each as one number and as four of single precision.
    var sse: [String] {
        let isWide = state.avx != AVXState()
        let count = state.operatingMode == .bits64 ? 16 : 8
        return [mxcsr]
            + (0..<count).map { number in
                let name = "\(isWide ? "ymm" : "xmm")\(number)"
                let bytes = vector(name) ?? []
                let singles = stride(from: 0, to: bytes.count, by: 4).map { start in
                    "\(Float(bitPattern: bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }))"
                }
                return "\(Columns.pad(name, to: 5)) \(Self.number(bytes))  \(singles.joined(separator: ", "))"
            }
    }
}
