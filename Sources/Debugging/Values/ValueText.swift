import Executables
import Explanations
import Inspection

/// Values as C writes them, in the letters of gdb's formats.
struct ValueText {
    /// x d u o t c z, or s for the type's own way.
    var format: Character = "s"
    private static let deepest = 8
    private static let mostElements = 200
    /// Values in a row that are told once with their count.
    private static let repeats = 10

    /// The letter behind the slash; nil for one that is none.
    init?(format: Character) {
        guard "xduotczsa".contains(format) else { return nil }
        self.format = format
    }

    init() {}

    func text(_ value: SourceValue) -> String {
        var room = Self.mostElements
        return text(value, depth: 0, &room)
    }

    private func text(_ value: SourceValue, depth: Int, _ room: inout Int) -> String {
        if case .lost = value.place { return "<optimized out>" }
        guard depth < Self.deepest, room > 0 else { return "…" }
        do throws(DebuggerError) {
            switch value.type.shape {
            case .void: return "void"
            case .number(let format):
                room -= 1
                return try number(value, format)
            case .enumeration(let format):
                room -= 1
                return self.format == "s"
                    ? Self.enumerator(try value.number(), value.type) : self.number(try value.number(), format.size)
            case .pointer(let target, let size):
                room -= 1
                return try pointer(value, target, size, depth)
            case .function: return Self.place(try value.number(), value)
            case .array(let element, let count): return try array(value, element, count ?? 0, depth, &room)
            case .structure: return try structure(value, depth, &room)
            }
        } catch {
            return "<\(error.description)>"
        }
    }

    // MARK: Numbers

    private func number(_ value: SourceValue, _ format: NumberFormat) throws(DebuggerError) -> String {
        if format.kind == .float {
            let bytes = try value.bytes(0, format.size)
            let raw = SourceValue.number(bytes)
            if self.format != "s" { return number(raw, min(8, format.size)) }
            switch format.size {
            case 4: return "\(Float(bitPattern: UInt32(truncatingIfNeeded: raw)))"
            case 8: return "\(Double(bitPattern: raw))"
            default: return FloatText(SourceValue.extended(bytes)).number
            }
        }
        if format.kind == .complex, self.format == "s" {
            let half = NumberFormat(.float, size: format.size / 2)
            func part(at offset: UInt64) throws(DebuggerError) -> String {
                let bytes = try value.bytes(offset, half.size)
                return try self.number(SourceValue(type: .number(name: "", half), place: .bytes(bytes), frame: value.frame), half)
            }
            return "\(try part(at: 0)) + \(try part(at: half.size))i"
        }
        guard (1...8).contains(format.size) else {
            return "0x" + (try value.bytes(0, format.size)).reversed().map { hexDigits(UInt64($0), 2, uppercase: false) }.joined()
        }
        let number = try value.number()
        guard self.format == "s" else { return self.number(number, format.size) }
        switch format.kind {
        case .boolean: return number == 0 ? "false" : number == 1 ? "true" : String(number)
        case .character, .unsignedCharacter:
            let text = format.isSigned ? String(Int64(bitPattern: number)) : String(number)
            if format.size == 1 { return "\(text) \(Self.character(UInt8(truncatingIfNeeded: number)))" }
            // A character of Rust, or one of C++ with 16 or 32 bits.
            guard number >= 0x20, let scalar = UInt32(exactly: number).flatMap(UnicodeScalar.init) else { return text }
            return "\(text) '\(Character(scalar))'"
        default: return format.isSigned ? String(Int64(bitPattern: number)) : String(number)
        }
    }

    /// A number of `size` bytes in the format's letter.
    func number(_ value: UInt64, _ size: UInt64) -> String {
        let raw = size >= 8 ? value : value & (1 << (8 * size) - 1)
        switch format {
        case "d": return String(Int64(bitPattern: SourceValue.extended(raw, 8 * size)))
        case "o": return "0" + String(raw, radix: 8)
        case "t": return String(raw, radix: 2)
        case "z": return "0x" + hexDigits(raw, Int(2 * size), uppercase: false)
        case "c": return "\(Int8(truncatingIfNeeded: raw)) \(Self.character(UInt8(truncatingIfNeeded: raw)))"
        case "u": return String(raw)
        case "s": return String(raw)
        default: return "0x" + String(raw, radix: 16)
        }
    }

    static func character(_ byte: UInt8) -> String { "'\(escaped(byte, quote: 0x27))'" }

    private static func escaped(_ byte: UInt8, quote: UInt8) -> String {
        let names: [UInt8: String] = [
            0: "\\000", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 27: "\\033", 0x5C: "\\\\",
        ]
        if let name = names[byte] { return name }
        if byte == quote { return "\\" + String(UnicodeScalar(byte)) }
        if (0x20..<0x7F).contains(byte) { return String(UnicodeScalar(byte)) }
        return "\\" + String(repeating: "0", count: max(0, 3 - String(byte, radix: 8).count)) + String(byte, radix: 8)
    }

    static func enumerator(_ number: UInt64, _ type: SourceType) -> String {
        let value = Int64(bitPattern: number)
        let names = type.enumerators
        if let name = names.first(where: { $0.value == value })?.name { return name }
        // A set of flags.
        var rest = number
        var parts: [String] = []
        for (name, flag) in names where flag > 0 && UInt64(flag).nonzeroBitCount == 1 && rest & UInt64(flag) != 0 {
            parts.append(name)
            rest &= ~UInt64(flag)
        }
        return parts.isEmpty || rest != 0 ? String(value) : "(\(parts.joined(separator: " | ")))"
    }

    // MARK: Pointers and texts

    private func pointer(_ value: SourceValue, _ target: SourceType, _ size: UInt64, _ depth: Int) throws(DebuggerError) -> String {
        let address = try value.number()
        guard "sa".contains(format) else { return number(address, size) }
        if target.isCharacter, address != 0, format == "s" {
            return "0x\(String(address, radix: 16)) \(Self.text(at: address, value))"
        }
        let head = depth == 0 && format == "s" ? "(\(value.type.name)) " : ""
        return head + Self.place(address, value)
    }

    /// "0x101000 <tasks+64>".
    static func place(_ address: UInt64, _ value: SourceValue) -> String {
        let number = "0x\(String(address, radix: 16))"
        guard address >= 0x1000, let (symbol, offset) = value.frame.sources?.symbols.symbol(at: address) else { return number }
        return "\(number) <\(symbol.name)\(offset == 0 ? "" : "+\(offset)")>"
    }

    private static let longestText = 200

    private static func text(at address: UInt64, _ value: SourceValue) -> String {
        let bytes =
            SourceValue(type: .void, place: .memory(address), frame: value.frame).address.map {
                value.frame.view.bytes(at: $0, count: longestText)
            } ?? []
        guard !bytes.isEmpty else { return "<nothing is mapped there>" }
        return quoted(bytes) + (bytes.count == longestText && !bytes.contains(0) ? "…" : "")
    }

    /// All bytes of an array but the zeros at its end: one that is no text has zeros in the middle, as an address of a network card may.
    static func quotedArray(_ bytes: [UInt8]) -> String {
        let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        return "\"" + bytes[..<end].map { escaped($0, quote: 0x22) }.joined() + "\""
    }

    /// The bytes up to the first zero in quotation marks.
    static func quoted(_ bytes: some Sequence<UInt8>) -> String {
        "\"" + bytes.prefix { $0 != 0 }.map { escaped($0, quote: 0x22) }.joined() + "\""
    }

    // MARK: Several

    private func array(
        _ value: SourceValue, _ element: SourceType, _ count: UInt64, _ depth: Int, _ room: inout Int
    ) throws(DebuggerError) -> String {
        if element.isCharacter, format == "s" {
            let shown = min(count, UInt64(Self.longestText))
            let bytes = try value.bytes(0, shown)
            room -= 1
            return Self.quotedArray(bytes) + (count > shown && !bytes.contains(0) ? "…" : "")
        }
        var parts: [(text: String, times: Int)] = []
        var index: UInt64 = 0
        while index < count {
            guard room > 0, index < 4096 else {
                parts.append(("…", 1))
                break
            }
            let text = text(try value.element(index), depth: depth + 1, &room)
            if parts.last?.text == text { parts[parts.count - 1].times += 1 } else { parts.append((text, 1)) }
            if parts[parts.count - 1].times > 1 { room += 1 }
            index += 1
        }
        let words = parts.map { part in
            part.times >= Self.repeats
                ? "\(part.text) <repeats \(part.times) times>"
                : Array(repeating: part.text, count: part.times).joined(separator: ", ")
        }
        return "{\(words.joined(separator: ", "))}"
    }

    private func structure(_ value: SourceValue, _ depth: Int, _ room: inout Int) throws(DebuggerError) -> String {
        if let text = try slice(value) { return text }
        if let variants = value.type.variants { return try variant(value, variants, depth, &room) }
        var parts: [String] = []
        for member in value.type.members {
            guard room > 0 else {
                parts.append("…")
                break
            }
            let text = text(value.part(member), depth: depth + 1, &room)
            parts.append(member.name.isEmpty ? text : "\(member.name) = \(text)")
        }
        return "{\(parts.joined(separator: ", "))}"
    }

    /// The text of Rust's `&str`: a pointer and a length; nil for other structures.
    private func slice(_ value: SourceValue) throws(DebuggerError) -> String? {
        guard format == "s", value.type.name.hasSuffix("&str"), value.type.members.map(\.name) == ["data_ptr", "length"] else {
            return nil
        }
        let (start, count) = (try value.member("data_ptr").number(), try value.member("length").number())
        guard count > 0 else { return "\"\"" }
        let shown = min(count, UInt64(Self.longestText))
        let bytes = try SourceValue(type: .void, place: .memory(start), frame: value.frame).bytes(0, shown)
        let text = String(validating: bytes, as: UTF8.self).map { "\"\($0.replacing("\"", with: "\\\""))\"" }
        let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        return (isPlain ? text ?? Self.quotedArray(bytes) : Self.quotedArray(bytes)) + (count > shown ? "…" : "")
    }

    /// An enum of Rust: the variant that its discriminant names.
    private func variant(
        _ value: SourceValue, _ variants: (discriminant: SourceMember, cases: [(value: UInt64?, member: SourceMember)]),
        _ depth: Int,
        _ room: inout Int
    ) throws(DebuggerError) -> String {
        let number = try value.part(variants.discriminant).number()
        guard let chosen = variants.cases.first(where: { $0.value == number }) ?? variants.cases.first(where: { $0.value == nil })
        else {
            return "<no variant has the number \(number)>"
        }
        let inside = text(value.part(chosen.member), depth: depth + 1, &room)
        return inside == "{}" ? chosen.member.name : "\(chosen.member.name) \(inside)"
    }
}
