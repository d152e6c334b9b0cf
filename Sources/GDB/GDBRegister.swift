import Inspection
import Processor
import X86

/// A register as gdb sees it: its place in the `g` packet, its description, and how it is read and written.
struct GDBRegister: Sendable {
    let name: String
    /// A multiple of 8.
    let bits: Int
    /// A type of gdb's, or one that `TargetDescription` defines.
    let type: String
    let group: String?
    /// Little-endian, `bits` / 8 bytes.
    let read: @Sendable (MachineView) -> [UInt8]
    /// nil where it cannot be set.
    let write: (@Sendable (inout CPUState, [UInt8]) -> Void)?

    var byteCount: Int { bits / 8 }
    var isSelector: Bool { bits == 32 && name.count == 2 && name.hasSuffix("s") }

    // MARK: Makers

    /// A number of `bits` bits.
    static func number(
        _ name: String, bits: Int = 32, type: String, group: String?, _ read: @escaping @Sendable (MachineView) -> UInt64,
        _ write: (@Sendable (inout CPUState, UInt64) -> Void)?
    ) -> GDBRegister {
        var setter: (@Sendable (inout CPUState, [UInt8]) -> Void)?
        if let write {
            setter = { (state: inout CPUState, bytes: [UInt8]) in write(&state, value(bytes[...])) }
        }
        return GDBRegister(
            name: name, bits: bits, type: type, group: group, read: { (view: MachineView) in bytes(read(view), bits / 8) },
            write: setter)
    }

    /// A field of the state that is a number: its low `bits` bits.
    static func plain(
        _ name: String, _ path: any WritableKeyPath<CPUState, UInt64> & Sendable, bits: Int = 32, type: String? = nil,
        group: String = "general"
    ) -> GDBRegister {
        let mask = bits == 64 ? UInt64.max : 0xFFFF_FFFF
        return number(name, bits: bits, type: type ?? "uint\(bits)", group: group, { $0.state[keyPath: path] & mask }) {
            $0[keyPath: path] = $1
        }
    }

    /// A word of the x87 unit's.
    static func float(
        _ name: String, _ read: @escaping @Sendable (X87State) -> UInt64,
        _ write: @escaping @Sendable (inout X87State, UInt64) -> Void
    ) -> GDBRegister {
        number(name, type: "int", group: "float", { read($0.state.x87) }) { write(&$0.x87, $1) }
    }

    /// In real and virtual-8086 mode a selector brings its base along; elsewhere `GDBStub` looks into the descriptor table.
    static func selector(_ name: String, _ path: any WritableKeyPath<CPUState, SegmentRegister> & Sendable) -> GDBRegister {
        number(name, type: "uint32", group: "general", { UInt64($0.state[keyPath: path].selector) }) { state, value in
            state[keyPath: path] = .realMode(UInt16(truncatingIfNeeded: value))
        }
    }

    static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    static func value(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
