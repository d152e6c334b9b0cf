import Executables
import Explanations
import Inspection
import Processor
import SoftFloat

/// A value with its type, and where it is.
public struct SourceValue {
    /// Its type in the source.
    public let type: SourceType
    let place: ValueLocation
    /// Whose registers and memory `place` is about.
    let frame: CallFrame
    /// Of a bit field: its lowest bit in the bytes at `place`, and how many there are.
    var bits: (first: UInt64, count: UInt64)?

    /// More than this is not read of one value.
    static let mostBytes: UInt64 = 1 << 16

    init(type: SourceType, place: ValueLocation, frame: CallFrame, bits: (first: UInt64, count: UInt64)? = nil) {
        self.type = type
        self.place = place
        self.frame = frame
        self.bits = bits
    }

    private var pointerSize: UInt64 { frame.word }
    private var mask: UInt64 { (frame.is64Bit ? AddressSpace.canonical48 : .bits32).mask }

    /// Linear address of its first byte; nil where it is not in memory.
    public var address: UInt64? {
        guard case .memory(let address) = place else { return nil }
        return frame.is64Bit ? address : (frame.view.state.ds.base &+ address) & 0xFFFF_FFFF
    }

    // MARK: Reading

    /// `count` bytes from `offset` on. Throws where they are lost, or not mapped.
    func bytes(_ offset: UInt64, _ count: UInt64) throws(DebuggerError) -> [UInt8] {
        guard count <= Self.mostBytes else { throw DebuggerError("more than \(Self.mostBytes) bytes are not shown at once") }
        switch place {
        case .memory:
            let start = ((address ?? 0) &+ offset) & mask
            let bytes = frame.view.bytes(at: start, count: Int(count))
            guard bytes.count == Int(count) else {
                throw DebuggerError(
                    "nothing is mapped at linear address \(h((start &+ UInt64(bytes.count)) & mask))", isOfTheMoment: true)
            }
            return bytes
        case .register(let number):
            guard let value = frame.register(number) else { throw lost }
            return slice(Self.bytes(of: value), offset, count)
        case .value(let value): return slice(Self.bytes(of: value), offset, count)
        case .bytes(let bytes): return slice(bytes, offset, count)
        case .pieces(let pieces): return try slice(self.bytes(of: pieces), offset, count)
        case .lost: throw lost
        }
    }

    private var lost: DebuggerError { DebuggerError("the compiler has optimised it away here", isOfTheMoment: true) }

    static func bytes(of value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) } }

    private func slice(_ bytes: [UInt8], _ offset: UInt64, _ count: UInt64) -> [UInt8] {
        let rest = offset < UInt64(bytes.count) ? bytes.dropFirst(Int(offset)).prefix(Int(count)) : []
        return Array(rest) + [UInt8](repeating: 0, count: Int(count) - rest.count)
    }

    private func bytes(of pieces: [ValueLocation.Piece]) throws(DebuggerError) -> [UInt8] {
        var bytes: [UInt8] = []
        for piece in pieces where UInt64(bytes.count) < Self.mostBytes {
            let part = SourceValue(type: .void, place: piece.location, frame: frame)
            bytes += try part.bytes(0, min(piece.size, Self.mostBytes))
        }
        return bytes
    }

    /// The number that it is: extended to 64 bits as its type says; a pointer's address; of an array, a structure or a function its place.
    func number() throws(DebuggerError) -> UInt64 {
        switch type.shape {
        case .number(let format), .enumeration(let format): return try number(format)
        case .pointer(_, let size): return try Self.number(bytes(0, min(max(size, 1), 8)))
        case .array, .structure, .function, .void:
            guard let address else { throw DebuggerError("\(type.name) is no number, and is not in memory") }
            return address
        }
    }

    private func number(_ format: NumberFormat) throws(DebuggerError) -> UInt64 {
        guard format.kind != .float else {
            throw DebuggerError("a number with a point is no address, no count and has no bits here; cast it, as in (int)f")
        }
        guard (1...8).contains(format.size) else {
            throw DebuggerError("\(type.name) has \(format.size) bytes; numbers have 1 to 8 here")
        }
        if let bits {
            let count = (bits.first &+ bits.count &+ 7) / 8
            let raw = try Self.number(bytes(0, min(count, 8))) >> bits.first & (bits.count >= 64 ? .max : 1 << bits.count &- 1)
            return format.isSigned ? Self.extended(raw, bits.count) : raw
        }
        let raw = try Self.number(bytes(0, format.size))
        return format.isSigned ? Self.extended(raw, 8 * format.size) : raw
    }

    /// Of a number with a point its value, as near as a double is; nil for other types.
    var real: Double? {
        get throws(DebuggerError) {
            guard case .number(let format) = type.shape, format.kind == .float else { return nil }
            let bytes = try bytes(0, format.size)
            switch format.size {
            case 4: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: Self.number(bytes))))
            case 8: return Double(bitPattern: Self.number(bytes))
            default: return FloatText(Self.extended(bytes)).double
            }
        }
    }

    /// The x87's format, in 10, 12 or 16 bytes of memory.
    static func extended(_ bytes: [UInt8]) -> Extended {
        Extended(significand: number(bytes), signExponent: UInt16(truncatingIfNeeded: number(Array(bytes.dropFirst(8).prefix(2)))))
    }

    /// The bytes of a number in the format of a type with a point.
    static func bytes(of real: Double, size: UInt64) -> [UInt8] {
        switch size {
        case 4: return Array(bytes(of: UInt64(Float(real).bitPattern)).prefix(4))
        case 8: return bytes(of: real.bitPattern)
        default:
            let value = Extended(real)
            return bytes(of: value.significand) + bytes(of: UInt64(value.signExponent)).prefix(2)
        }
    }

    /// Without what is behind the point; what has no such number is the least one, as CVTTSD2SI has it.
    static func whole(_ real: Double) -> UInt64 { UInt64(bitPattern: Int64(exactly: real.rounded(.towardZero)) ?? .min) }

    static func number(_ bytes: [UInt8]) -> UInt64 { bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }

    static func extended(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        bits >= 64 ? value : UInt64(bitPattern: Int64(bitPattern: value << (64 - bits)) >> Int64(64 - bits))
    }

    /// Its number has a sign in C's arithmetic, where what is smaller than `int` becomes one.
    var isSigned: Bool {
        switch type.shape {
        case .number(let format), .enumeration(let format): format.isSigned || format.size < 4
        default: false
        }
    }

    // MARK: Parts

    /// A member of the structure; those of anonymous structures and unions inside are its own, and those of a class that it inherits from.
    func member(_ name: String) throws(DebuggerError) -> SourceValue {
        guard case .structure = type.shape else { throw DebuggerError("\(type.name) has no members") }
        if let found = member(name, depth: 0) { return found }
        let names = type.members.map(\.name).filter { !$0.isEmpty }
        throw DebuggerError("\(type.name) has no member \(name); it has \(names.prefix(20).joined(separator: ", "))")
    }

    private func member(_ name: String, depth: Int) -> SourceValue? {
        guard depth < 8 else { return nil }
        let members = type.members
        // The parts of Rust's tuples are numbers, which DWARF writes behind two lines.
        let isNumber = name.allSatisfy { ("0"..."9").contains($0) }
        if let own = members.first(where: { ($0.name == name || isNumber && $0.name == "__" + name) && !$0.isBase }) {
            return part(own)
        }
        for member in members where member.name.isEmpty || member.isBase {
            if let found = part(member).member(name, depth: depth + 1) { return found }
        }
        return nil
    }

    func part(_ member: SourceMember) -> SourceValue { part(member.type, at: member.offset, bits: member.bits).referred }

    /// That which a reference of C++ stands for; of everything else itself.
    var referred: SourceValue {
        guard let target = type.referenced, let address = try? number(), address != 0 else { return self }
        return SourceValue(type: target, place: .memory(address & mask), frame: frame)
    }

    private func part(_ type: SourceType, at offset: UInt64, bits: (first: UInt64, count: UInt64)? = nil) -> SourceValue {
        let place: ValueLocation
        switch self.place {
        case .memory(let address): place = .memory((address &+ offset) & mask)
        case .lost: place = .lost
        default:
            do throws(DebuggerError) {
                place = .bytes(try bytes(offset, min(max(type.size, 8), Self.mostBytes)))
            } catch {
                place = .lost
            }
        }
        return SourceValue(type: type, place: place, frame: frame, bits: bits)
    }

    /// An element of the array, or of the one that a pointer leads to.
    func element(_ index: UInt64) throws(DebuggerError) -> SourceValue {
        switch type.shape {
        case .array(let element, _): return part(element, at: index &* element.size)
        case .pointer(let target, _): return try pointed(target, at: number() &+ index &* max(1, target.size))
        default: throw DebuggerError("\(type.name) is no array and no pointer")
        }
    }

    /// That which a pointer leads to.
    func target() throws(DebuggerError) -> SourceValue {
        switch type.shape {
        case .pointer(let target, _): return try pointed(target, at: number())
        case .array: return try element(0)
        default: throw DebuggerError("\(type.name) is no pointer")
        }
    }

    private func pointed(_ type: SourceType, at address: UInt64) throws(DebuggerError) -> SourceValue {
        if case .void = type.shape { throw DebuggerError("void has no value; cast the pointer, as in *(int *)p") }
        return SourceValue(type: type, place: .memory(address & mask), frame: frame)
    }

    /// A pointer to it.
    func pointer() throws(DebuggerError) -> SourceValue {
        guard case .memory(let address) = place, bits == nil else {
            throw DebuggerError(bits == nil ? "it is not in memory here, so it has no address" : "a bit field has no address")
        }
        return SourceValue(type: .pointer(to: type, size: pointerSize), place: .value(address), frame: frame)
    }

    /// Bytes of what a pointer leads to, or of an array's element; nil for what is neither.
    var sizeOfElement: UInt64? {
        switch type.shape {
        case .pointer(let target, _): target.size
        case .array(let element, _): element.size
        default: nil
        }
    }

    /// A pointer, or an array as one, moved by elements; nil where this is neither.
    func moved(by count: UInt64) throws(DebuggerError) -> SourceValue? {
        guard let size = sizeOfElement else { return nil }
        var type = type
        if case .array(let element, _) = type.shape { type = .pointer(to: element, size: pointerSize) }
        return SourceValue(type: type, place: .value((try number() &+ count &* max(1, size)) & mask), frame: frame)
    }

    func cast(to type: SourceType) throws(DebuggerError) -> SourceValue {
        if case .structure = type.shape {
            throw DebuggerError("a structure cannot be made of a number; cast a pointer to it instead")
        }
        let own = try real
        if case .number(let format) = type.shape, format.kind == .float {
            let value = try Quantity.typed(self).double()
            return SourceValue(type: type, place: .bytes(Self.bytes(of: value, size: format.size)), frame: frame)
        }
        if let own { return SourceValue(type: type, place: .value(Self.whole(own)), frame: frame) }
        return SourceValue(type: type, place: .value(try number()), frame: frame)
    }
}
