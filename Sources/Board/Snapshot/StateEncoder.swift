/// Turns an `Encodable` value into a `StateValue`.
struct StateEncoder {
    static func encode<T: Encodable>(_ value: T) throws -> StateValue {
        if let plain = plain(value) { return plain }
        let slot = Slot()
        try value.encode(to: SlotEncoder(slot: slot))
        return slot.content
    }

    /// Values that stand for themselves.
    private static func plain<T: Encodable>(_ value: T) -> StateValue? {
        switch value {
        case let integer as any FixedWidthInteger: number(integer)
        case let flag as Bool: .flag(flag)
        case let text as String: .text(text)
        case let bytes as [UInt8]: .bytes(bytes)
        case let words as [UInt32]: .words(words)
        default: nil
        }
    }

    private static func number<I: FixedWidthInteger>(_ number: I) -> StateValue {
        let magnitude = UInt64(truncatingIfNeeded: number.magnitude)
        return number < 0 ? .negative(magnitude) : .number(magnitude)
    }
}

/// The place where a value under construction is kept: containers outlive the call that makes them.
private final class Slot {
    private enum Content {
        case done(StateValue)
        case list([Slot])
        case record([(name: String, slot: Slot)])
    }
    private var kept = Content.done(.record([]))

    var content: StateValue {
        switch kept {
        case .done(let value): value
        case .list(let slots): .list(slots.map(\.content))
        case .record(let fields): .record(fields.map { StateValue.Field(name: $0.name, value: $0.slot.content) })
        }
    }

    func set(_ value: StateValue) { kept = .done(value) }

    func beginRecord() {
        if case .record = kept { return }
        kept = .record([])
    }
    func beginList() {
        if case .list = kept { return }
        kept = .list([])
    }
    func add(_ name: String) -> Slot {
        let slot = Slot()
        if case .record(var fields) = kept {
            fields.append((name, slot))
            kept = .record(fields)
        }
        return slot
    }
    func addItem() -> Slot {
        let slot = Slot()
        if case .list(var slots) = kept {
            slots.append(slot)
            kept = .list(slots)
        }
        return slot
    }
    var count: Int { if case .list(let slots) = kept { slots.count } else { 0 } }
}

private struct SlotEncoder: Encoder {
    let slot: Slot
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        slot.beginRecord()
        return KeyedEncodingContainer(Keyed<Key>(slot: slot))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.beginList()
        return Unkeyed(slot: slot)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { Single(slot: slot) }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { slot.add(key.stringValue).set(.null) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        slot.add(key.stringValue).set(try StateEncoder.encode(value))
    }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        SlotEncoder(slot: slot.add(key.stringValue)).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        SlotEncoder(slot: slot.add(key.stringValue)).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { SlotEncoder(slot: slot.add("super")) }
    func superEncoder(forKey key: Key) -> any Encoder { SlotEncoder(slot: slot.add(key.stringValue)) }
}

private struct Unkeyed: UnkeyedEncodingContainer {
    let slot: Slot
    var codingPath: [any CodingKey] { [] }
    var count: Int { slot.count }

    func encodeNil() { slot.addItem().set(.null) }
    func encode<T: Encodable>(_ value: T) throws { slot.addItem().set(try StateEncoder.encode(value)) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        SlotEncoder(slot: slot.addItem()).container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { SlotEncoder(slot: slot.addItem()).unkeyedContainer() }
    func superEncoder() -> any Encoder { SlotEncoder(slot: slot.addItem()) }
}

private struct Single: SingleValueEncodingContainer {
    let slot: Slot
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { slot.set(.null) }
    func encode<T: Encodable>(_ value: T) throws { slot.set(try StateEncoder.encode(value)) }
}
