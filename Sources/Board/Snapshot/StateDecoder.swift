/// Makes a `Decodable` value of a `StateValue`. Whatever does not fit is thrown as a `Misfit` that names the field.
struct StateDecoder: Decoder {
    struct Misfit: Error, Equatable {
        /// Names from the outside in: "counter0.CE".
        let field: String
    }

    let value: StateValue
    let path: String
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func decode<T: Decodable>(_ type: T.Type, from value: StateValue) throws(Misfit) -> T {
        do {
            return try StateDecoder(value: value, path: "").decode(type)
        } catch let error as Misfit {
            throw error
        } catch {
            throw Misfit(field: "\(type)")
        }
    }

    fileprivate var misfit: Misfit { Misfit(field: path.isEmpty ? "value" : path) }

    fileprivate func decode<T: Decodable>(_ type: T.Type) throws -> T {
        switch type {
        case let integer as any FixedWidthInteger.Type: return try result(number(integer))
        case is Bool.Type:
            guard case .flag(let flag) = value else { throw misfit }
            return try result(flag)
        case is String.Type:
            guard case .text(let text) = value else { throw misfit }
            return try result(text)
        case is [UInt8].Type: if case .bytes(let bytes) = value { return try result(bytes) }
        case is [UInt32].Type: if case .words(let words) = value { return try result(words) }
        default: break
        }
        do {
            return try T(from: self)
        } catch let error as Misfit {
            throw error
        } catch {
            throw misfit
        }
    }

    private func number<I: FixedWidthInteger>(_ type: I.Type) -> I? {
        switch value {
        case .number(let number): I(exactly: number)
        case .negative(let magnitude): magnitude <= 1 << 63 ? I(exactly: Int64(truncatingIfNeeded: 0 &- magnitude)) : nil
        default: nil
        }
    }

    private func result<T>(_ value: Any?) throws -> T {
        guard let result = value as? T else { throw misfit }
        return result
    }

    fileprivate func inner(_ name: String, _ value: StateValue) -> StateDecoder {
        StateDecoder(value: value, path: path.isEmpty ? name : "\(path).\(name)")
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .record(let fields) = value else { throw misfit }
        return KeyedDecodingContainer(Keyed<Key>(decoder: self, fields: fields))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        // Arrays whose elements were bytes or words by chance have their short forms.
        switch value {
        case .list(let values): return Unkeyed(decoder: self, values: values)
        case .bytes(let bytes): return Unkeyed(decoder: self, values: bytes.map { .number(UInt64($0)) })
        case .words(let words): return Unkeyed(decoder: self, values: words.map { .number(UInt64($0)) })
        default: throw misfit
        }
    }
    func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: StateDecoder
    let fields: [StateValue.Field]
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { fields.compactMap { Key(stringValue: $0.name) } }

    private func find(_ name: String) throws -> StateDecoder {
        guard let field = fields.first(where: { $0.name == name }) else { throw decoder.inner(name, .null).misfit }
        return decoder.inner(name, field.value)
    }

    func contains(_ key: Key) -> Bool { fields.contains { $0.name == key.stringValue } }
    func decodeNil(forKey key: Key) throws -> Bool { try find(key.stringValue).value == .null }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try find(key.stringValue).decode(type) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try find(key.stringValue).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try find(key.stringValue).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { try find("super") }
    func superDecoder(forKey key: Key) throws -> any Decoder { try find(key.stringValue) }
}

private struct Unkeyed: UnkeyedDecodingContainer {
    let decoder: StateDecoder
    let values: [StateValue]
    var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    var count: Int? { values.count }
    var isAtEnd: Bool { currentIndex >= values.count }

    init(decoder: StateDecoder, values: [StateValue]) {
        self.decoder = decoder
        self.values = values
    }

    private mutating func next() throws -> StateDecoder {
        guard currentIndex < values.count else { throw decoder.misfit }
        currentIndex += 1
        return decoder.inner("\(currentIndex - 1)", values[currentIndex - 1])
    }

    mutating func decodeNil() throws -> Bool {
        guard currentIndex < values.count else { throw decoder.misfit }
        guard values[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
}

private struct Single: SingleValueDecodingContainer {
    let decoder: StateDecoder
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { decoder.value == .null }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decode(type) }
}
