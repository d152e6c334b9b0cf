import Processor
import Wiring

/// A segment or gate descriptor read for explaining. SDM Vol. 3A, sections 3.4.5, 3.5 and 6.11.
public struct DescriptorInWords: Equatable {
    public let raw: UInt64
    /// The upper half of a system descriptor or gate in IA-32e mode.
    public let high: UInt64?

    public init(raw: UInt64, high: UInt64? = nil) {
        self.raw = raw
        self.high = high
    }

    public var type: UInt8 { UInt8(truncatingIfNeeded: raw >> 40) & 0xF }
    public var isSystem: Bool { raw >> 44 & 1 == 0 }
    public var DPL: UInt8 { UInt8(truncatingIfNeeded: raw >> 45) & 3 }
    public var isPresent: Bool { raw >> 47 & 1 != 0 }
    public var isCode: Bool { !isSystem && type & 8 != 0 }
    public var isConforming: Bool { isCode && type & 4 != 0 }
    public var isWritableData: Bool { !isSystem && type & 0xA == 2 }
    /// CS.L: 64-bit code, in IA-32e mode.
    public var isLong: Bool { isCode && raw >> 53 & 1 != 0 }
    /// CS.D, SS.B.
    public var isBig: Bool { raw >> 54 & 1 != 0 }
    public var base: UInt64 { raw >> 16 & 0xFF_FFFF | raw >> 32 & 0xFF00_0000 | (high ?? 0) << 32 }
    public var limit: UInt64 {
        let limit = raw & 0xFFFF | raw >> 32 & 0xF_0000
        return raw >> 55 & 1 != 0 ? limit << 12 | 0xFFF : limit
    }

    // Gates
    public var isGate: Bool { isSystem && [4, 5, 6, 7, 12, 14, 15].contains(type) }
    /// A gate that the IDT may hold.
    public var isInterruptGate: Bool { isSystem && [5, 6, 7, 14, 15].contains(type) }
    public var gateSelector: UInt16 { UInt16(truncatingIfNeeded: raw >> 16) }
    public var gateOffset: UInt64 { (type & 8 != 0 ? raw & 0xFFFF | raw >> 32 & 0xFFFF_0000 : raw & 0xFFFF) | (high ?? 0) << 32 }
    /// Number in the TSS of the stack that a gate of IA-32e mode names; 0 for none.
    public var IST: UInt8 { high == nil ? 0 : UInt8(truncatingIfNeeded: raw >> 32) & 7 }

    /// "a 32-bit code segment", "empty", "a 32-bit interrupt gate".
    public var kind: String {
        if raw == 0 { return "empty" }
        if !isSystem {
            let size = raw >> 53 & 1 != 0 ? "64-bit" : raw >> 54 & 1 != 0 ? "32-bit" : "16-bit"
            return isCode ? "a \(size) code segment" : type & 2 != 0 ? "a data segment" : "a read-only data segment"
        }
        let names = [
            "reserved", "a 16-bit TSS", "an LDT", "a busy 16-bit TSS", "a 16-bit call gate", "a task gate",
            "a 16-bit interrupt gate",
            "a 16-bit trap gate", "reserved", "a 32-bit TSS", "reserved", "a busy 32-bit TSS", "a 32-bit call gate", "reserved",
            "a 32-bit interrupt gate", "a 32-bit trap gate",
        ]
        let name = high == nil ? names[Int(type)] : names[Int(type)].replacing("32-bit", with: "64-bit")
        return name == "reserved" ? "of the reserved type \(type)" : name
    }
}

/// Finding the descriptor of a selector, and what may be in the way.
public enum DescriptorLookup: Equatable {
    case found(DescriptorInWords)
    case null
    /// The table ends before it.
    case beyondLimit(table: String, limit: UInt64)
    /// The table's own memory is not mapped.
    case unmapped(table: String, address: UInt64)

    public init(_ view: MachineView, selector: UInt16) {
        guard selector & 0xFFFC != 0 else {
            self = .null
            return
        }
        let isLocal = selector & 4 != 0
        let table = isLocal ? "LDT" : "GDT"
        let base = isLocal ? view.state.ldtr.base : view.state.gdtr.base
        let limit = isLocal ? UInt64(view.state.ldtr.limit) : UInt64(view.state.gdtr.limit)
        let offset = UInt64(selector & 0xFFF8)
        guard offset + 7 <= limit else {
            self = .beyondLimit(table: table, limit: limit)
            return
        }
        let address = (base &+ offset) & view.linearMask
        guard let raw = view.linear(address, 8) else {
            self = .unmapped(table: table, address: address)
            return
        }
        let isWide = view.state.operatingMode.isIA32e && raw >> 44 & 1 == 0 && raw != 0
        let high = isWide ? view.linear((address &+ 8) & view.linearMask, 8) : nil
        self = .found(DescriptorInWords(raw: raw, high: high))
    }

    public var descriptor: DescriptorInWords? {
        if case .found(let descriptor) = self { descriptor } else { nil }
    }
}
