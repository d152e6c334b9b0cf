/// A plain value taken apart: what a chip's `State` becomes in a snapshot. Fields go by name, so a reader finds out what is missing.
enum StateValue: Equatable {
    case null
    case flag(Bool)
    case number(UInt64)
    /// A number below zero, by its magnitude.
    case negative(UInt64)
    case text(String)
    case bytes([UInt8])
    /// 32-bit words; in a file the lowest byte comes first.
    case words([UInt32])
    case list([StateValue])
    case record([Field])

    struct Field: Equatable {
        let name: String
        let value: StateValue
    }

    /// Nested records and lists at most.
    static let deepest = 24
}

/// The binary form. Each value is a tag and what it needs; numbers and counts are base-128, low digits first, as in DWARF's LEB128.
extension StateValue {
    private enum Tag: UInt8 {
        case null, no, yes, number, negative, text, bytes, words, list, record
    }

    func append(to bytes: inout [UInt8]) {
        func put(_ tag: Tag) { bytes.append(tag.rawValue) }
        switch self {
        case .null: put(.null)
        case .flag(let flag): put(flag ? .yes : .no)
        case .number(let number):
            put(.number)
            Self.append(number, to: &bytes)
        case .negative(let magnitude):
            put(.negative)
            Self.append(magnitude, to: &bytes)
        case .text(let text):
            put(.text)
            Self.append(text, to: &bytes)
        case .bytes(let content):
            put(.bytes)
            Self.append(UInt64(content.count), to: &bytes)
            bytes += content
        case .words(let words):
            put(.words)
            Self.append(UInt64(words.count), to: &bytes)
            words.map(\.littleEndian).withUnsafeBytes { bytes += $0 }
        case .list(let values):
            put(.list)
            Self.append(UInt64(values.count), to: &bytes)
            for value in values { value.append(to: &bytes) }
        case .record(let fields):
            put(.record)
            Self.append(UInt64(fields.count), to: &bytes)
            for field in fields {
                Self.append(field.name, to: &bytes)
                field.value.append(to: &bytes)
            }
        }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        append(UInt64(text.utf8.count), to: &bytes)
        bytes += text.utf8
    }

    /// The one value that `bytes` are; nil when they are not exactly one.
    init?(parsing bytes: [UInt8]) {
        var parser = Parser(bytes: bytes)
        guard let value = parser.value(depth: 0), parser.position == bytes.count else { return nil }
        self = value
    }

    /// Takes bytes from anybody: a count is never believed beyond the bytes that are there.
    private struct Parser {
        let bytes: [UInt8]
        var position = 0

        mutating func value(depth: Int) -> StateValue? {
            guard depth < StateValue.deepest, let byte = byte(), let tag = Tag(rawValue: byte) else { return nil }
            switch tag {
            case .null: return .null
            case .no: return .flag(false)
            case .yes: return .flag(true)
            case .number: return number().map { .number($0) }
            case .negative: return number().map { .negative($0) }
            case .text: return text().map { .text($0) }
            case .bytes: return count(unit: 1).flatMap { take($0) }.map { .bytes(Array($0)) }
            case .words: return words()
            case .list: return list(depth)
            case .record: return record(depth)
            }
        }

        private mutating func byte() -> UInt8? {
            guard position < bytes.count else { return nil }
            position += 1
            return bytes[position - 1]
        }

        private mutating func number() -> UInt64? {
            var number: UInt64 = 0
            var shift: UInt64 = 0
            while shift < 64, let byte = byte() {
                number |= UInt64(byte & 0x7F) << shift
                if byte & 0x80 == 0 { return number }
                shift += 7
            }
            return nil
        }

        /// A number of things of at least `unit` bytes each, which have to fit into the rest.
        private mutating func count(unit: Int) -> Int? {
            guard let number = number(), number <= UInt64((bytes.count - position) / unit) else { return nil }
            return Int(number)
        }

        private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count <= bytes.count - position else { return nil }
            position += count
            return bytes[position - count..<position]
        }

        private mutating func text() -> String? {
            guard let count = count(unit: 1), let content = take(count) else { return nil }
            return String(decoding: content, as: UTF8.self)
        }

        private mutating func words() -> StateValue? {
            guard let count = count(unit: 4), let content = take(4 * count) else { return nil }
            var words = [UInt32](repeating: 0, count: count)
            words.withUnsafeMutableBytes { $0.copyBytes(from: content) }
            for index in words.indices { words[index] = UInt32(littleEndian: words[index]) }
            return .words(words)
        }

        private mutating func list(_ depth: Int) -> StateValue? {
            guard let count = count(unit: 1) else { return nil }
            var values: [StateValue] = []
            for _ in 0..<count {
                guard let value = value(depth: depth + 1) else { return nil }
                values.append(value)
            }
            return .list(values)
        }

        private mutating func record(_ depth: Int) -> StateValue? {
            guard let count = count(unit: 2) else { return nil }
            var fields: [Field] = []
            for _ in 0..<count {
                guard let name = text(), let value = value(depth: depth + 1) else { return nil }
                fields.append(Field(name: name, value: value))
            }
            return .record(fields)
        }
    }
}
