/// Walks a chip's `State` by way of `Encodable` and takes each value, with the name of its field, into a `StateHash`.
///
/// The order is the one in which the value encodes itself. Dictionaries and sets have no fixed order and do not belong into a
/// `State`.
final class StateHashEncoder: Encoder {
    private(set) var hash: StateHash
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(_ hash: StateHash) { self.hash = hash }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Keyed<Key>(encoder: self))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer { Unkeyed(encoder: self) }
    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    fileprivate func take<T: Encodable>(_ value: T) throws {
        if let number = value as? any FixedWidthInteger {
            hash.combine(UInt64(truncatingIfNeeded: number))
        } else if let bytes = value as? [UInt8] {
            hash.combine(UInt64(bytes.count))
            for byte in bytes { hash.combine(UInt64(byte)) }
        } else if let words = value as? [UInt32] {
            hash.combine(UInt64(words.count))
            for word in words { hash.combine(UInt64(word)) }
        } else if let flag = value as? Bool {
            hash.combine(flag ? 1 : 0)
        } else if let text = value as? String {
            hash.combine(text)
        } else if let number = value as? Double {
            hash.combine(number.bitPattern)
        } else if let number = value as? Float {
            hash.combine(UInt64(number.bitPattern))
        } else {
            try value.encode(to: self)
        }
    }

    fileprivate func takeNil() { hash.combine(0x6E69_6C6E_696C) }
}

extension StateHash {
    /// Takes a plain value in, field by field.
    mutating func combine<T: Encodable>(encoding value: T) {
        let encoder = StateHashEncoder(self)
        do {
            try encoder.take(value)
        } catch {
            preconditionFailure("a chip's state always encodes: \(error)")
        }
        self = encoder.hash
    }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: StateHashEncoder
    let codingPath: [any CodingKey] = []

    func encodeNil(forKey key: Key) throws { encoder.takeNil() }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try encoder.take(key.stringValue)
        try encoder.take(value)
    }
    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        encoder.container(keyedBy: Nested.self)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { Unkeyed(encoder: encoder) }
    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder { encoder }
}

private struct Unkeyed: UnkeyedEncodingContainer {
    let encoder: StateHashEncoder
    let codingPath: [any CodingKey] = []
    var count = 0

    init(encoder: StateHashEncoder) { self.encoder = encoder }

    mutating func encodeNil() throws {
        encoder.takeNil()
        count += 1
    }
    mutating func encode<T: Encodable>(_ value: T) throws {
        try encoder.take(count)
        try encoder.take(value)
        count += 1
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoder.container(keyedBy: Nested.self)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { Unkeyed(encoder: encoder) }
    mutating func superEncoder() -> any Encoder { encoder }
}

private struct Single: SingleValueEncodingContainer {
    let encoder: StateHashEncoder
    let codingPath: [any CodingKey] = []

    func encodeNil() throws { encoder.takeNil() }
    func encode<T: Encodable>(_ value: T) throws { try encoder.take(value) }
}
